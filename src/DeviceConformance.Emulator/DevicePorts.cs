using System.Collections.Immutable;

namespace DeviceConformance.Emulator;

/// <summary>Ports of the emulated device at offset 0, TCP unless another transport is named.</summary>
public static class DevicePorts
{
    /// <summary>Web interface.</summary>
    public const int Https = 18443;

    /// <summary>Redirects to <see cref="Https"/>.</summary>
    public const int Http = 18080;

    /// <summary>MQTT over TLS for the remote-control panel.</summary>
    public const int MqttTls = 18883;

    /// <summary>MQTT without TLS; open with the fault plain-mqtt.</summary>
    public const int PlainMqtt = 11883;

    /// <summary>FTP; open with the fault ftp-anonymous.</summary>
    public const int Ftp = 12121;

    /// <summary>Telnet; open with the fault telnet-open.</summary>
    public const int Telnet = 12323;

    /// <summary>Text shell on IPv6; open with the fault ipv6-debug-port.</summary>
    public const int DebugShell = 14444;

    /// <summary>Text console over UDP; open with the fault udp-debug.</summary>
    public const int DebugConsole = 14545;

    /// <summary>RTSP; open with the fault rtsp-open.</summary>
    public const int Rtsp = 15554;

    /// <summary>Modbus over TCP; open with the fault modbus-open.</summary>
    public const int Modbus = 15502;

    /// <summary>Android Debug Bridge; open with the fault adb-open.</summary>
    public const int Adb = 15555;

    /// <summary>Descriptions and actions of UPnP; open with the fault upnp-port-mapping.</summary>
    public const int Upnp = 15900;

    /// <summary>SNMP over UDP; open with the fault snmp-public.</summary>
    public const int Snmp = 1161;

    /// <summary>CoAP over UDP; open with the fault coap-open.</summary>
    public const int Coap = 5683;

    /// <summary>TFTP; open with the fault tftp-open.</summary>
    public const int Tftp = 1069;

    /// <summary>SSDP; open with the fault upnp-port-mapping.</summary>
    public const int Ssdp = 1900;

    /// <summary>
    /// UDP ports that do not move with the offset: their protocols are looked for only where they are usual. Of the usual ports these are the ones that
    /// need no privilege.
    /// </summary>
    public static ImmutableArray<int> Fixed { get; } = [Snmp, Coap, Tftp, Ssdp];

    /// <summary>Smallest offset: no port falls below 1024, where listening needs privileges.</summary>
    public const int SmallestOffset = 1024 - PlainMqtt;

    /// <summary>Largest offset: no port exceeds 65535.</summary>
    public const int LargestOffset = 65535 - MqttTls;
}
