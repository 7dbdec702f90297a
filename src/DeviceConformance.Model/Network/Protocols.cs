namespace DeviceConformance.Model.Network;

/// <summary>What speaks on a port, found by speaking to it.</summary>
public enum ServiceProtocol
{
    /// <summary>The port accepts connections but said nothing that is known.</summary>
    Unknown,

    /// <summary>HTTP/1.x (RFC 9112).</summary>
    Http,

    /// <summary>MQTT 3.1.1 or 5.0 (OASIS).</summary>
    Mqtt,

    /// <summary>SSH (RFC 4253).</summary>
    Ssh,

    /// <summary>FTP (RFC 959).</summary>
    Ftp,

    /// <summary>Telnet (RFC 854).</summary>
    Telnet,

    /// <summary>RTSP (RFC 7826, RFC 2326).</summary>
    Rtsp,

    /// <summary>SMTP (RFC 5321).</summary>
    Smtp,

    /// <summary>POP3 (RFC 1939).</summary>
    Pop3,

    /// <summary>IMAP (RFC 9051).</summary>
    Imap,

    /// <summary>SIP (RFC 3261).</summary>
    Sip,

    /// <summary>RFB, the protocol of VNC (RFC 6143).</summary>
    Rfb,

    /// <summary>Android Debug Bridge.</summary>
    Adb,

    /// <summary>Modbus/TCP.</summary>
    Modbus,

    /// <summary>DNS over TCP (RFC 1035).</summary>
    Dns,

    /// <summary>SMB.</summary>
    Smb,

    /// <summary>TLS whose inner protocol did not show.</summary>
    Tls,

    /// <summary>CoAP (RFC 7252, RFC 8323).</summary>
    Coap,

    /// <summary>Multicast DNS (RFC 6762).</summary>
    Mdns,

    /// <summary>SSDP, the discovery of UPnP (UPnP Device Architecture 2.0, 1).</summary>
    Ssdp,

    /// <summary>WS-Discovery (OASIS), as ONVIF cameras and printers use it.</summary>
    WsDiscovery,

    /// <summary>SNMP (RFC 1157, RFC 3416, RFC 3414).</summary>
    Snmp,

    /// <summary>NTP (RFC 5905).</summary>
    Ntp,

    /// <summary>TFTP (RFC 1350).</summary>
    Tftp,

    /// <summary>DHCP (RFC 2131).</summary>
    Dhcp,

    /// <summary>NetBIOS name service (RFC 1002).</summary>
    Netbios,

    /// <summary>STUN (RFC 8489).</summary>
    Stun,

    /// <summary>QUIC (RFC 9000).</summary>
    Quic,

    /// <summary>BACnet/IP (ASHRAE 135, annex J).</summary>
    Bacnet,

    /// <summary>KNXnet/IP (EN ISO 22510).</summary>
    Knx,

    /// <summary>Matter (Connectivity Standards Alliance).</summary>
    Matter,

    /// <summary>Something else that the declaration or the probe names in words.</summary>
    Other,
}

/// <summary>A version of TLS or its forerunners, by its number on the wire.</summary>
public enum TlsVersion
{
    /// <summary>SSL 2.0 (deprecated by RFC 6176).</summary>
    Ssl2 = 0x0002,

    /// <summary>SSL 3.0 (deprecated by RFC 7568).</summary>
    Ssl3 = 0x0300,

    /// <summary>TLS 1.0 (deprecated by RFC 8996).</summary>
    Tls10 = 0x0301,

    /// <summary>TLS 1.1 (deprecated by RFC 8996).</summary>
    Tls11 = 0x0302,

    /// <summary>TLS 1.2 (RFC 5246).</summary>
    Tls12 = 0x0303,

    /// <summary>TLS 1.3 (RFC 8446).</summary>
    Tls13 = 0x0304,

    /// <summary>DTLS 1.3 (RFC 9147).</summary>
    Dtls13 = 0xfefc,

    /// <summary>DTLS 1.2 (RFC 6347).</summary>
    Dtls12 = 0xfefd,

    /// <summary>DTLS 1.0 (RFC 4347; deprecated by RFC 8996).</summary>
    Dtls10 = 0xfeff,
}

/// <summary>Names of TLS versions as people write them.</summary>
public static class TlsVersionNames
{
    /// <summary>SSL 3.0, TLS 1.2 and so on.</summary>
    public static string DisplayName(this TlsVersion version) => version switch
    {
        TlsVersion.Ssl2 => "SSL 2.0",
        TlsVersion.Ssl3 => "SSL 3.0",
        TlsVersion.Tls10 => "TLS 1.0",
        TlsVersion.Tls11 => "TLS 1.1",
        TlsVersion.Tls12 => "TLS 1.2",
        TlsVersion.Tls13 => "TLS 1.3",
        TlsVersion.Dtls10 => "DTLS 1.0",
        TlsVersion.Dtls12 => "DTLS 1.2",
        TlsVersion.Dtls13 => "DTLS 1.3",
        _ => $"TLS 0x{(int)version:x4}",
    };

    /// <summary>Whether a current recommendation (RFC 8996) forbids the version.</summary>
    public static bool IsObsolete(this TlsVersion version) => version.AsTls() < TlsVersion.Tls12;

    /// <summary>Whether it runs over datagrams.</summary>
    public static bool IsDatagram(this TlsVersion version) => version >= TlsVersion.Dtls13;

    /// <summary>The version of TLS that a version of DTLS is made from (RFC 4347, 6347, 9147); any other version itself.</summary>
    public static TlsVersion AsTls(this TlsVersion version) => version switch
    {
        TlsVersion.Dtls10 => TlsVersion.Tls11,
        TlsVersion.Dtls12 => TlsVersion.Tls12,
        TlsVersion.Dtls13 => TlsVersion.Tls13,
        _ => version,
    };
}
