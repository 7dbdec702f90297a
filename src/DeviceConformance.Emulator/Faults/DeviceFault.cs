using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace DeviceConformance.Emulator.Faults;

/// <summary>A fault with its name on the command line and what a laboratory should find.</summary>
/// <param name="Flag">The fault, a single flag.</param>
/// <param name="Name">Kebab-case name.</param>
/// <param name="Finding">What a laboratory should find, one line, with the provision of EN 303 645 it offends.</param>
public sealed record DeviceFault(DeviceFaults Flag, string Name, string Finding)
{
    private const DeviceFaults OfSpeaking = DeviceFaults.TelemetryClear | DeviceFaults.ClearLogin | DeviceFaults.PersonalDataClear | DeviceFaults.PersonalDataBase64
        | DeviceFaults.UndeclaredServer | DeviceFaults.UpdateCheckClear | DeviceFaults.ForeignDns | DeviceFaults.OldTlsClient | DeviceFaults.UnencryptedFallback
        | DeviceFaults.BroadcastDisclosure | DeviceFaults.FixedTelemetrySecret;

    /// <summary>Whether it shows only in what the device says by itself (<see cref="Outgoing.SpeakingDevice"/>).</summary>
    public bool NeedsSpeaking => (OfSpeaking & Flag) != 0;

    /// <summary>Every fault, in the order of the flags.</summary>
    public static ImmutableArray<DeviceFault> All { get; } =
    [
        new(DeviceFaults.UniversalPassword, "universal-password", "web login accepts admin/admin, the same on every unit (5.1-1)"),
        new(DeviceFaults.TelnetOpen, "telnet-open", "undeclared Telnet login on port 12323 (5.6-1, 5.5-1)"),
        new(DeviceFaults.ObsoleteTls, "obsolete-tls", "HTTPS port 18443 also answers TLS 1.0 and TLS 1.1 (5.5-1)"),
        new(DeviceFaults.HttpLogin, "http-login", "HTTP port 18080 takes the web login in clear text (5.1-3, 5.5-1)"),
        new(DeviceFaults.OpenStatus, "open-status", "/status is readable without login (5.6-2)"),
        new(DeviceFaults.VerboseBanner, "verbose-banner", "Server header and 404 page tell software, firmware and kernel versions (5.6-2)"),
        new(DeviceFaults.OpenMqtt, "open-mqtt", "MQTT port 18883 lets anonymous clients read all topics (5.6-2, 5.5-5)"),
        new(DeviceFaults.PlainMqtt, "plain-mqtt", "undeclared MQTT without TLS on port 11883 (5.6-1, 5.5-1)"),
        new(DeviceFaults.UpdateUnsigned, "update-unsigned", "an update image whose signature was taken away is installed (5.3-9, 5.3-10)"),
        new(DeviceFaults.UpdateBitFlip, "update-bit-flip", "an update image with a flipped bit is installed (5.3-9, 5.3-10)"),
        new(DeviceFaults.UpdateForeignKey, "update-foreign-key", "an update image signed with a key that is not the maker's is installed (5.3-9, 5.3-10)"),
        new(DeviceFaults.UpdateDowngrade, "update-downgrade", "a genuine older update image is installed (5.3-2)"),
        new(DeviceFaults.Ipv6DebugPort, "ipv6-debug-port", "undeclared debug shell on [::1]:14444, absent on IPv4 (5.6-1, 5.6-4)"),
        new(DeviceFaults.FtpAnonymous, "ftp-anonymous", "undeclared FTP on port 12121 gives logs to anonymous users (5.6-1, 5.6-2)"),
        new(DeviceFaults.NoLockOut, "no-lock-out", "web and MQTT logins never lock (5.1-5)"),
        new(DeviceFaults.OpenSettings, "open-settings", "POST /settings changes settings without login (5.5-5)"),
        new(DeviceFaults.DebugPage, "debug-page", "/debug shows files, a stack trace and the Wi-Fi password without login (5.6-2, 5.6-4)"),
        new(DeviceFaults.SharedLabelPassword, "shared-label-password", "samples A and B have the same label password (5.1-1)"),
        new(DeviceFaults.UdpDebug, "udp-debug", "undeclared debug console on UDP port 14545 (5.6-1, 5.6-4)"),
        new(DeviceFaults.OpenBackup, "open-backup", "/backup.tar.gz gives the settings with the Wi-Fi password to anybody (5.6-2)"),
        new(DeviceFaults.KeptSession, "kept-session", "the web session's identifier is the one of before the login and outlives the logout (a fact beside 5.5-4)"),
        new(DeviceFaults.TelemetryClear, "telemetry-clear", "telemetry goes to the cloud by MQTT without TLS (5.5-1, 5.8-1)"),
        new(DeviceFaults.ClearLogin, "clear-login", "the device logs in to the cloud by HTTP Basic in clear text (5.5-1, 5.5-7)"),
        new(DeviceFaults.PersonalDataClear, "personal-data-clear", "e-mail address and place of the owner go to the cloud in an HTTP query in clear text (5.8-1, 5.8-2)"),
        new(DeviceFaults.PersonalDataBase64, "personal-data-base64", "e-mail address and place of the owner go to the cloud over HTTP, in base64 (5.8-1, 5.8-2)"),
        new(DeviceFaults.UndeclaredServer, "undeclared-server", "the device reports to collect.adtrack.example, which nobody declared (5.5-1, open)"),
        new(DeviceFaults.UpdateCheckClear, "update-check-clear", "the search for updates goes by HTTP in clear text (5.3-10, 5.5-1)"),
        new(DeviceFaults.ForeignDns, "foreign-dns", "the device asks a resolver of its own choice for names, not the one it was given (5.5-1, open)"),
        new(DeviceFaults.OldTlsClient, "old-tls-client", "the device talks with the cloud by TLS 1.1, RSA key transport and CBC (5.5-1)"),
        new(DeviceFaults.UnencryptedFallback, "unencrypted-fallback", "when the cloud refuses TLS, telemetry goes without it (5.5-1, 5.8-1)"),
        new(DeviceFaults.BroadcastDisclosure, "broadcast-disclosure", "model, serial number and firmware are broadcast to the whole network (5.6-2)"),
        new(DeviceFaults.FixedTelemetrySecret, "fixed-telemetry-secret", "a token that is the same on every unit goes to the cloud in a URL, in clear text (5.4-3, 5.5-7)"),
        new(DeviceFaults.RtspOpen, "rtsp-open", "undeclared RTSP on port 15554 describes its stream to anybody (5.6-1, 5.6-2)"),
        new(DeviceFaults.ModbusOpen, "modbus-open", "undeclared Modbus on port 15502 tells readings and software version to anybody (5.6-1, 5.6-2)"),
        new(DeviceFaults.SnmpPublic, "snmp-public", "undeclared SNMP on UDP port 1161 is read with the community public and changed with private (5.5-5, 5.6-1, 5.6-2)"),
        new(DeviceFaults.CoapOpen, "coap-open", "undeclared CoAP without DTLS on UDP port 5683 lists and gives its resources to anybody (5.6-1, 5.6-2)"),
        new(DeviceFaults.TftpOpen, "tftp-open", "undeclared TFTP on UDP port 1069 gives the settings with the Wi-Fi password to anybody (5.6-1, 5.6-2)"),
        new(DeviceFaults.UpnpPortMapping, "upnp-port-mapping", "undeclared UPnP on UDP port 1900 and TCP port 15900 adds port mappings for anybody (5.5-5, 5.6-1)"),
        new(DeviceFaults.AdbOpen, "adb-open", "undeclared Android Debug Bridge on port 15555 lets anybody in without a key (5.6-1, 5.6-2, 5.6-4)"),
    ];

    /// <summary>Finds faults by their names.</summary>
    /// <param name="names">Kebab-case names; <c>all</c> stands for every fault.</param>
    /// <param name="faults">The faults together; none when a name is unknown.</param>
    /// <param name="unknown">The first name that no fault has, otherwise null.</param>
    /// <returns>Whether every name is known.</returns>
    public static bool TryParse(IEnumerable<string> names, out DeviceFaults faults, [NotNullWhen(false)] out string? unknown)
    {
        ArgumentNullException.ThrowIfNull(names);
        faults = DeviceFaults.None;
        unknown = null;
        foreach (var name in names)
        {
            if (name == "all")
            {
                faults |= All.Aggregate(DeviceFaults.None, (sum, fault) => sum | fault.Flag);
            }
            else if (All.FirstOrDefault(fault => fault.Name == name) is { } known)
            {
                faults |= known.Flag;
            }
            else
            {
                faults = DeviceFaults.None;
                unknown = name;
                return false;
            }
        }

        return true;
    }

    /// <summary>Names of the faults that are on, in the order of the table.</summary>
    public static IEnumerable<string> NamesOf(DeviceFaults faults) => All.Where(fault => faults.HasFlag(fault.Flag)).Select(fault => fault.Name);
}
