using System.Collections.Immutable;
using System.Diagnostics;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>What the analysis says of captures, held against tshark: conversations with their connections and frames, names asked for, server names.</summary>
[Category("Capture")]
[Parallelizable]
public sealed class TsharkAgreementTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder()
    {
        if (!File.Exists("/usr/bin/tshark"))
        {
            Assert.Ignore("needs tshark");
        }

        _folder = Directory.CreateTempSubdirectory("dct-agree-").FullName;
    }

    [TearDown]
    public void RemoveFolder()
    {
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, true);
        }
    }

    [TestCase(1, 3_000_000, false)]
    [TestCase(2, 6_000_000, false)]
    [TestCase(3, 2_000_000, true)]
    public void Generated_day_agrees(int seed, int length, bool shuffled)
    {
        var day = new DayOfTraffic(seed);
        var file = Path.Combine(_folder, "day.pcap");
        using (var stream = File.Create(file))
        {
            day.Write(stream, length, TimeSpan.FromHours(2));
        }

        if (shuffled)
        {
            // Two captures with a part in common, put together by Wireshark's own tools: frames twice, in the order of time.
            Tool("editcap", file, Path.Combine(_folder, "part.pcap"), "1-200", "-r");
            Tool("mergecap", "-F", "pcap", "-w", Path.Combine(_folder, "both.pcap"), file, Path.Combine(_folder, "part.pcap"));
            file = Path.Combine(_folder, "both.pcap");
        }

        var seen = TrafficAnalysis.Analyse([file], new TrafficSubject([LinkAddress.Read(DayOfTraffic.DutMac)], []), CancellationToken.None);
        Agree(seen, file, $"ip.addr == {DayOfTraffic.Dut}", DayOfTraffic.Dut);
        if (!shuffled)
        {
            Assert.That((seen.Tally.Frames, seen.Tally.DutFrames, seen.Conversations.Where(row => row.Transport == Transport.Tcp).Sum(row => row.Connections)), Is.EqualTo((day.FrameCount, day.DutFrames, (long)day.TcpConnections)));
            Assert.That(seen.NameQueries.Select(query => (query.Name, query.Count)), Is.EquivalentTo(day.Queries.Select(query => (query.Key, (long)query.Value))));
            Assert.That(seen.Conversations.Where(row => row.Protocol == ServiceProtocol.Tls).Sum(row => row.Tls!.Completed), Is.EqualTo(day.TlsConnections));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        }
    }

    [TestCase(DeviceFaults.None)]
    [TestCase(DeviceFaults.TelemetryClear)]
    public async Task Recording_of_the_emulated_device_agrees(DeviceFaults fault)
    {
        using var recording = await SpeakingCaptureTests.RecordAsync(fault);
        var seen = TrafficAnalysis.Analyse([recording.File], new TrafficSubject([], [recording.Device]), CancellationToken.None);
        // The mark at the end of the recording goes from the device's address to itself: which side is the device nobody can tell.
        Assert.That(seen.Coverage.Statement, Does.Contain("frames have addresses of the DUT on both sides"));
        Agree(seen, recording.File, $"ip.addr == {recording.Device} && !(ip.src == {recording.Device} && ip.dst == {recording.Device}) && !icmp", $"{recording.Device}");
        Assert.That(seen.NameQueries.Select(query => query.Name).Distinct(), Is.EquivalentTo(new[] { CloudNames.Time, CloudNames.Api, CloudNames.Telemetry, CloudNames.Updates }));
        Assert.That(seen.Conversations.SelectMany(row => row.Tls?.ServerNames ?? []).Distinct(), Is.EquivalentTo(recording.Read("tls.handshake.type == 1", "tls.handshake.extensions_server_name").Distinct()));
        Assert.That(seen.Conversations.Any(row => row.Protocol == ServiceProtocol.Mqtt && row.Protection == ContentProtection.Clear), Is.EqualTo(fault == DeviceFaults.TelemetryClear));
    }

    private void Agree(TrafficSeen seen, string file, string filter, string dut)
    {
        // Frames of each peer and service port, as the display filters of the conversations ask for them.
        var rows = Fields(file, $"{filter} && (tcp || udp) && !(udp.port == 67)", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport")
            .Select(fields => (IsTcp: fields[2].Length > 0, FromDut: fields[0] == dut, Peer: fields[0] == dut ? fields[1] : fields[0], Ports: fields.Skip(2).Where(field => field.Length > 0).Select(int.Parse).ToArray()))
            .ToList();
        foreach (var row in seen.Conversations.Where(row => row.Transport is not null && row.Port is not 67))
        {
            var theirs = rows.Count(frame => frame.IsTcp == (row.Transport == Transport.Tcp) && frame.Peer == row.Peer && frame.Ports[frame.FromDut == (row.Opener != ConversationOpener.Peer) ? 1 : 0] == row.Port);
            Assert.That(row.Where.Count, Is.EqualTo(theirs), row.Title);
        }

        Assert.That(seen.Conversations.Where(row => row.Transport is not null && row.Port is not 67).Sum(row => row.Where.Count), Is.EqualTo(rows.Count));

        // Connections, as tshark counts those between the same ports together: the generated day does not use any twice.
        Assert.That(seen.Conversations.Where(row => row.Transport == Transport.Tcp).Sum(row => row.Connections), Is.EqualTo(Conversations(file, "tcp", filter)));
        Assert.That(seen.Conversations.Where(row => row.Transport == Transport.Udp && row.Port != 67).Sum(row => row.Connections), Is.GreaterThanOrEqualTo(Conversations(file, "udp", $"{filter} && udp.port != 67")));
        var questions = Fields(file, $"{filter} && dns.flags.response == 0 && !mdns", "dns.qry.name").Select(fields => fields[0]).GroupBy(name => name).Select(group => (group.Key, (long)group.Count()));
        if (questions.Any())
        {
            Assert.That(seen.NameQueries.GroupBy(query => query.Name).Select(group => (group.Key, group.Sum(query => query.Count))), Is.EquivalentTo(questions));
        }

        foreach (var (name, count) in Fields(file, $"{filter} && tls.handshake.type == 1", "tls.handshake.extensions_server_name").GroupBy(fields => fields[0]).Select(group => (group.Key, group.Count())))
        {
            Assert.That(seen.Conversations.Where(row => row.Tls?.ServerNames.Contains(name) == true).Sum(row => row.Tls!.Handshakes + row.Tls.Refused), Is.GreaterThanOrEqualTo(count - 1), name);
        }
    }

    private static int Conversations(string file, string kind, string filter) =>
        Tool("tshark", "-n", "-r", file, "-q", "-z", $"conv,{kind},{filter}").Count(line => line.Contains("<->", StringComparison.Ordinal));

    private static ImmutableArray<string[]> Fields(string file, string filter, params string[] fields) =>
        [.. Tool("tshark", ["-n", "-r", file, "-o", "tcp.desegment_tcp_streams:TRUE", "-Y", filter, "-T", "fields", .. fields.SelectMany(field => new[] { "-e", field })]).Select(line => line.Split('\t'))];

    private static string[] Tool(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, errors.GetAwaiter().GetResult());
        return lines;
    }
}
