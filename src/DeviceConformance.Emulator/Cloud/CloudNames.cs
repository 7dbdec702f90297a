namespace DeviceConformance.Emulator.Cloud;

/// <summary>Names of the invented vendor's servers (RFC 6761: names under .example belong to nobody).</summary>
public static class CloudNames
{
    /// <summary>Registration of devices and orders of their owners.</summary>
    public const string Api = "api.nordwarm.example";

    /// <summary>Broker that takes telemetry.</summary>
    public const string Telemetry = "telemetry.nordwarm.example";

    /// <summary>Tells which version of the software is the newest.</summary>
    public const string Updates = "updates.nordwarm.example";

    /// <summary>Time of day.</summary>
    public const string Time = "time.nordwarm.example";

    /// <summary>Somebody else's server, which no declaration names.</summary>
    public const string Tracker = "collect.adtrack.example";
}

/// <summary>Ports of the cloud at offset 0.</summary>
public static class CloudPorts
{
    /// <summary>DNS over UDP.</summary>
    public const int Dns = 15053;

    /// <summary>NTP.</summary>
    public const int Time = 15123;

    /// <summary>HTTP inside TLS.</summary>
    public const int Https = 15443;

    /// <summary>HTTP in clear; asked by faults only.</summary>
    public const int Http = 15080;

    /// <summary>MQTT inside TLS.</summary>
    public const int MqttTls = 15884;

    /// <summary>MQTT in clear; asked by faults only.</summary>
    public const int Mqtt = 15883;

    /// <summary>Port of the device's broadcasts (fault broadcast-disclosure); nobody listens.</summary>
    public const int Discovery = 15667;
}
