using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Tests.TestCases;

/// <summary>What captures show, made by hand: all that was needed was watched, and nothing was lost.</summary>
internal static class Watched
{
    public static readonly DateTimeOffset From = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);
    public static readonly FrameSet Frames = new("dut.pcapng", [17, 18], 2, "tcp.stream == 3");

    public static TrafficSeen Traffic(params ConversationSeen[] conversations) => new(
        [new CaptureSeen("dut.pcapng", "00", "pcapng", 100, 10000, From, From.AddMinutes(20), 0, "")],
        [.. new[] { "start-up", "idle", "in use", "update" }.Select((name, index) => new CapturePhase(name, From.AddMinutes(5 * index), From.AddMinutes(5 * (index + 1))))],
        [],
        [.. conversations],
        [],
        [],
        [],
        [],
        [],
        new TrafficTally(100, 9000, 100, 0, 0, 0, 0, 0, 0, 0))
    { Coverage = Bench.All };

    /// <summary>A conversation of the DUT as a client, readable.</summary>
    public static ConversationSeen Clear(string name, int port, ServiceProtocol protocol, string application) => new(
        ConversationOpener.Dut, "198.51.100.9", [name], Transport.Tcp, port, protocol, application, ContentProtection.Clear, "readable", 1, 1, 300, 200, From, From, ["start-up", "in use", "update"], [From], null, [], Frames);

    /// <summary>A conversation of the DUT as a client inside TLS.</summary>
    public static ConversationSeen Encrypted(string name, int port, params TlsVersion[] versions) =>
        Clear(name, port, ServiceProtocol.Tls, "TLS") with
        {
            Protection = ContentProtection.Encrypted,
            Tls = new SeenTls(1, 1, 0, [.. versions], ["TLS_AES_128_GCM_SHA256"], [.. versions], [name], [], [], [], [], false),
        };
}
