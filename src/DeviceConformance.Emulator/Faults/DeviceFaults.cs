namespace DeviceConformance.Emulator.Faults;

/// <summary>Weaknesses that the emulated device can have. Each is independent of the others.</summary>
[Flags]
public enum DeviceFaults : long
{
    /// <summary>The sound device.</summary>
    None = 0,

    /// <summary>The web login also takes admin/admin.</summary>
    UniversalPassword = 1 << 0,

    /// <summary>An undeclared Telnet login.</summary>
    TelnetOpen = 1 << 1,

    /// <summary>HTTPS also answers TLS 1.0 and 1.1.</summary>
    ObsoleteTls = 1 << 2,

    /// <summary>The web login works over plain HTTP.</summary>
    HttpLogin = 1 << 3,

    /// <summary>The state of the device is readable without login.</summary>
    OpenStatus = 1 << 4,

    /// <summary>HTTP answers tell the versions of the software.</summary>
    VerboseBanner = 1 << 5,

    /// <summary>The MQTT broker lets anonymous clients read.</summary>
    OpenMqtt = 1 << 6,

    /// <summary>An undeclared MQTT port without TLS.</summary>
    PlainMqtt = 1 << 7,

    /// <summary>An update image without signature is installed.</summary>
    UpdateUnsigned = 1 << 8,

    /// <summary>The signature of an update image need not match its content.</summary>
    UpdateBitFlip = 1 << 9,

    /// <summary>An update image signed with a second key is installed.</summary>
    UpdateForeignKey = 1 << 10,

    /// <summary>A genuine older update image is installed.</summary>
    UpdateDowngrade = 1 << 11,

    /// <summary>An undeclared text shell on IPv6 only.</summary>
    Ipv6DebugPort = 1 << 12,

    /// <summary>An undeclared FTP server with anonymous login.</summary>
    FtpAnonymous = 1 << 13,

    /// <summary>Logins never lock.</summary>
    NoLockOut = 1 << 14,

    /// <summary>Settings can be changed without login.</summary>
    OpenSettings = 1 << 15,

    /// <summary>A forgotten page shows internals without login.</summary>
    DebugPage = 1 << 16,

    /// <summary>Two units have the same label password.</summary>
    SharedLabelPassword = 1 << 17,

    /// <summary>An undeclared text console over UDP.</summary>
    UdpDebug = 1 << 18,

    /// <summary>A copy of the settings can be taken away without login.</summary>
    OpenBackup = 1 << 24,

    /// <summary>The session identifier of before the login stays, and outlives the logout.</summary>
    KeptSession = 1 << 25,

    /// <summary>Telemetry goes to the cloud without TLS.</summary>
    TelemetryClear = 1L << 26,

    /// <summary>The device logs in to the cloud in clear.</summary>
    ClearLogin = 1L << 27,

    /// <summary>The owner's data go to the cloud in clear.</summary>
    PersonalDataClear = 1L << 28,

    /// <summary>The owner's data go to the cloud in an encoding that protects nothing.</summary>
    PersonalDataBase64 = 1L << 29,

    /// <summary>The device talks with a server that nobody declared.</summary>
    UndeclaredServer = 1L << 30,

    /// <summary>The search for updates goes without TLS.</summary>
    UpdateCheckClear = 1L << 31,

    /// <summary>The device asks another resolver than the given one.</summary>
    ForeignDns = 1L << 32,

    /// <summary>The device talks with the cloud by TLS 1.1.</summary>
    OldTlsClient = 1L << 33,

    /// <summary>When TLS is refused, telemetry goes without it.</summary>
    UnencryptedFallback = 1L << 34,

    /// <summary>The device tells everybody in its network what it is.</summary>
    BroadcastDisclosure = 1L << 35,

    /// <summary>A token that is the same on all units stands in a URL, in clear.</summary>
    FixedTelemetrySecret = 1L << 36,

    /// <summary>An undeclared RTSP server that describes its stream to anybody.</summary>
    RtspOpen = 1L << 37,

    /// <summary>An undeclared Modbus unit, which answers anybody.</summary>
    ModbusOpen = 1L << 38,

    /// <summary>An undeclared SNMP agent with the communities of the factory.</summary>
    SnmpPublic = 1L << 39,

    /// <summary>An undeclared CoAP server without DTLS.</summary>
    CoapOpen = 1L << 40,

    /// <summary>An undeclared TFTP server with the settings.</summary>
    TftpOpen = 1L << 41,

    /// <summary>An undeclared UPnP gateway that adds port mappings for anybody.</summary>
    UpnpPortMapping = 1L << 42,

    /// <summary>An undeclared Android Debug Bridge that asks for no key.</summary>
    AdbOpen = 1L << 43,
}
