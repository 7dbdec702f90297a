using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Tests.Packets;
using NUnit.Framework;
using static DeviceConformance.Tests.Traffic.TrafficScript;

namespace DeviceConformance.Tests.Traffic;

/// <summary>Captures that may be of somebody else, or may lack something: none of them is complete, so that nothing passes by them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CaptureDoubtTests
{
    private static readonly byte[] _otherMac = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x99];

    [Test]
    public void Sound_capture_is_complete()
    {
        Assert.That(Of(Said()), Is.Empty);
        var learned = new TrafficScript();
        learned.Arp(Dut, Router, DutMac);
        Assert.That(Of(Said(learned), byMac: false), Is.Empty, "ARP tells the MAC address");
    }

    [Test]
    public void Capture_of_another_device_with_the_same_address_is_told([Values] bool withArp)
    {
        var script = new TrafficScript { Macs = { [Dut] = _otherMac } };
        if (withArp)
        {
            script.Arp(Dut, Router, _otherMac);
        }

        Assert.That(Of(Said(script)), Does.Contain(withArp ? "02:00:5e:10:00:99 has an address of the DUT, and is none of the MAC addresses that are declared" : "7 frames with an address of the DUT came from MAC addresses that are not known as its own"));
    }

    [Test]
    public void Frames_that_somebody_sends_with_the_address_of_the_dut_are_told()
    {
        var script = Said();
        script.Packet(Dut, Server, 17, Frames.Udp(5000, 9, [1]), source: _otherMac);
        Assert.That(Of(script), Does.Contain("1 frames with an address of the DUT came from MAC addresses"));
    }

    [Test]
    public void Dut_known_by_its_ip_address_alone_is_not_told_from_others() =>
        Assert.That(Of(Said(), byMac: false), Does.Contain("no MAC address of the DUT is known"));

    [Test]
    public void Capture_behind_a_router_that_stands_for_others_is_told([Values((byte)63, (byte)127, (byte)254)] byte hopLimit)
    {
        var script = new TrafficScript();
        script.Packet(Dut, Server, 17, Frames.Udp(5000, 123, new byte[48]), hopLimit);
        Assert.That(Of(script), Does.Contain("1 packets with an address of the DUT have passed a router"));
    }

    [Test]
    public void Other_beginnings_of_the_hop_limit_are_no_router([Values((byte)1, (byte)32, (byte)64, (byte)128, (byte)255)] byte hopLimit)
    {
        var script = new TrafficScript();
        script.Packet(Dut, Server, 17, Frames.Udp(5000, 123, new byte[48]), hopLimit);
        script.Packet(Dut, "239.255.255.250", 17, Frames.Udp(5000, 1900, new byte[48]), 62);
        Assert.That(Of(script), Is.Empty);
    }

    [TestCase(30L * 3600, true)]
    [TestCase(20L * 3600, false)]
    [TestCase(-120L, true)]
    [TestCase(-3L, false)]
    public void Leap_of_the_clock_is_no_time_of_watching(long seconds, bool isTold)
    {
        var script = new TrafficScript { Now = 1_000_000_000 };
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Now += seconds * 1_000_000;
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        Assert.That(Of(script), isTold ? Does.Contain("1 times the clock of the recorder leaps") : Is.Empty);
    }

    [TestCase("ether host 00:00:5e:10:00:07", true)]
    [TestCase("ether host 00:00:5e:10:00:07 or host 192.0.2.7", true)]
    [TestCase("host 192.0.2.7", false, Description = "it may have other addresses")]
    [TestCase("ether host 02:00:5e:10:00:99", false)]
    [TestCase("tcp port 443", false)]
    [TestCase("ether host 00:00:5e:10:00:07 and not port 23", false)]
    [TestCase("not host 192.0.2.9", false)]
    [TestCase("ether host", false)]
    [TestCase("or ether host 00:00:5e:10:00:07", false)]
    [TestCase("ether src host 00:00:5e:10:00:07", false)]
    public void Filter_that_can_have_hidden_something_is_told(string filter, bool isWhole)
    {
        Assert.That(CaptureScope.IsWhole(filter, [LinkAddress.Read(DutMac)], [IPAddress.Parse(Dut)]), Is.EqualTo(isWhole));
        var seen = Recorded(filter, beside: true);
        Assert.That(seen.Coverage.IsComplete, Is.EqualTo(isWhole), seen.Coverage.ToString());
        Assert.That(seen.Coverage.ToString(), isWhole ? Does.Not.Contain("filter") : Does.Contain($"a.pcapng was recorded with the filter '{filter}'"));
    }

    [TestCase("host 127.0.1.1", true)]
    [TestCase("host 127.0.1.1 or host ::1", true)]
    [TestCase("host 127.0.1.2", false)]
    [TestCase("host 127.0.1.1 and tcp", false)]
    public void On_loopback_a_filter_for_the_address_hides_nothing(string filter, bool isWhole) =>
        Assert.That(CaptureScope.IsWhole(filter, [], [IPAddress.Parse("127.0.1.1")]), Is.EqualTo(isWhole));

    [Test]
    public void Loss_that_nobody_counted_to_the_end_is_not_none()
    {
        Assert.That(Recorded("", beside: true).Tally.Dropped, Is.Zero);
        Assert.That(Recorded("", beside: false).Tally.Dropped, Is.Null, "frames follow the last count");
    }

    private static TrafficScript Said(TrafficScript? script = null)
    {
        script ??= new TrafficScript();
        script.Connect(Dut, 40000, Server, 443).Client("hello").Close();
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        return script;
    }

    // What is missing, beside that pcap counts no loss.
    private static string Of(TrafficScript script, bool byMac = true)
    {
        var coverage = Analyse(script, Subject(byMac)).Coverage;
        return coverage.IsComplete ? "" : coverage.ToString();
    }

    private static TrafficSeen Recorded(string filter, bool beside)
    {
        var folder = Directory.CreateTempSubdirectory("dct-doubt-");
        try
        {
            var path = Path.Combine(folder.FullName, "a.pcapng");
            using (var reader = Read(Said().ToPcap()))
            using (var writer = CaptureWriter.Create(path, new CaptureOrigin("eth0", LinkType.Ethernet, Filter: filter)))
            {
                Write(reader, writer);
            }

            if (!beside)
            {
                // A frame behind the statistics, as in a file whose recorder went on and was killed.
                var bytes = File.ReadAllBytes(path);
                File.WriteAllBytes(path, [.. bytes, .. FirstFrame(bytes)]);
            }

            return TrafficAnalysis.Analyse([path], Subject(), CancellationToken.None);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CaptureReader Read(byte[] pcap) => CaptureReader.Open(new MemoryStream(pcap), "said.pcap");

    private static void Write(CaptureReader reader, CaptureWriter writer)
    {
        while (reader.TryRead(out var frame))
        {
            writer.Write(frame.Nanoseconds, frame.Length, frame.Bytes);
        }

        writer.Complete(new CaptureCounts(reader.Frames, 0, 0));
    }

    private static byte[] FirstFrame(byte[] pcapng)
    {
        for (var at = 0; ; at += BitConverter.ToInt32(pcapng, at + 4))
        {
            if (BitConverter.ToInt32(pcapng, at) == 6)
            {
                return pcapng[at..(at + BitConverter.ToInt32(pcapng, at + 4))];
            }
        }
    }
}
