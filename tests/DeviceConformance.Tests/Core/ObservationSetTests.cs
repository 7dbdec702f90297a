using System.Net;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

/// <summary>A session that goes on with a run adds to what was seen and never takes from it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ObservationSetTests
{
    private static readonly TcpPortSweep _sweep = new(new DutAddress(IPAddress.Loopback));

    [Test]
    public void An_open_port_stays_seen_when_a_later_sweep_lacks_it() =>
        Assert.That(After(Sweep(isComplete: false, 23, 80), Sweep(isComplete: true, 80)), Is.EqualTo("first"));

    [Test]
    public void What_was_seen_stays_when_the_DUT_is_gone_later() =>
        Assert.That(After(Sweep(isComplete: false, 80), new ProbeOutcome.NotRun(NotRunReason.DutGone, "gone")), Is.EqualTo("first"));

    [Test]
    public void A_later_sweep_that_saw_as_much_takes_the_place_of_an_incomplete_one() =>
        Assert.That(After(Sweep(isComplete: false, 80), Sweep(isComplete: true, 23, 80)), Is.EqualTo("second"));

    [Test]
    public void An_answer_takes_the_place_of_none() =>
        Assert.That(After(new ProbeOutcome.NotRun(NotRunReason.DutGone, "gone"), Sweep(isComplete: true, 80)), Is.EqualTo("second"));

    [Test]
    public void Later_last_look_takes_the_place_unless_a_port_that_was_open_is_not_even_said_to_be_gone()
    {
        Assert.That(After(ClosingPortSweep.Of(_sweep.Address), AtEnd([80, 2323], []), AtEnd([80], [2323])), Is.EqualTo(["second"]));
        Assert.That(After(ClosingPortSweep.Of(_sweep.Address), AtEnd([80, 2323], []), AtEnd([80], [])), Is.EqualTo(["first"]));
    }

    [Test]
    public void Traffic_of_fewer_captures_does_not_take_the_place_of_more() =>
        Assert.That(AfterTraffic(Traffic(["a", "b"]), Traffic(["a"])), Is.EqualTo(["first"]));

    [Test]
    public void Traffic_of_more_captures_takes_the_place_of_fewer() =>
        Assert.That(AfterTraffic(Traffic(["a"]), Traffic(["b", "a"])), Is.EqualTo(["second"]));

    [Test]
    public void Traffic_of_other_captures_stands_beside_the_first()
    {
        var (first, second) = (Traffic(["a"]), Traffic(["b"]));
        Assert.That(AfterTraffic(first, second), Is.EqualTo(["first", "second"]));
        Assert.That(AfterTraffic(first, second, first, second), Is.EqualTo(["third", "fourth"]), "the same again is not there twice");
        Assert.That(AfterTraffic(first, second, Traffic(["c", "b", "a"])), Is.EqualTo(["third"]));
    }

    [Test]
    public void Traffic_of_a_capture_that_was_read_less_far_does_not_replace() =>
        Assert.That(AfterTraffic(Traffic(["a"], frames: 100), Traffic(["a"], frames: 99)), Is.EqualTo(["first"]));

    [Test]
    public void What_a_later_analysis_of_the_same_captures_no_longer_shows_stays()
    {
        Assert.That(AfterTraffic(Traffic(["a"], item: "e-mail address"), Traffic(["a"])), Is.EqualTo(["first"]));
        Assert.That(AfterTraffic(Traffic(["a"]), Traffic(["a"], item: "e-mail address")), Is.EqualTo(["second"]));
        Assert.That(AfterTraffic(Traffic(["a"], item: "e-mail address"), Traffic(["a", "b"])), Is.EqualTo(["first", "second"]));
        Assert.That(AfterTraffic(Traffic(["a"], peer: "192.0.2.9"), Traffic(["a"])), Is.EqualTo(["first"]));
    }

    [Test]
    public void Traffic_stays_seen_when_a_later_session_has_no_captures()
    {
        Assert.That(AfterTraffic(Traffic(["a"]), new ProbeOutcome.NotRun(NotRunReason.InputMissing, "no capture")), Is.EqualTo(["first"]));
        Assert.That(AfterTraffic(new ProbeOutcome.NotRun(NotRunReason.InputMissing, "no capture"), Traffic(["a"])), Is.EqualTo(["second"]));
        Assert.That(AfterTraffic(Traffic(["a"]), Traffic(["b"]), new ProbeOutcome.NotRun(NotRunReason.InputMissing, "no capture")), Is.EqualTo(["first", "second"]));
    }

    private static ProbeOutcome.Observed AtEnd(int[] open, int[] gone) =>
        new(new TcpPortsAtEnd(_sweep.Address, [.. open], [.. gone], PortSet.Empty, 1, 1, 1, "connect") { Coverage = Coverage.Complete("all") });

    private static string After(ProbeOutcome first, ProbeOutcome second) => After(_sweep, first, second).Single();

    private static List<string> AfterTraffic(params ProbeOutcome[] outcomes) => After(new TrafficWatch(), outcomes);

    private static List<string> After(ProbeRequest request, params ProbeOutcome[] outcomes)
    {
        var seen = new ObservationSet();
        foreach (var (outcome, name) in outcomes.Zip(["first", "second", "third", "fourth"]))
        {
            seen.Add(new ProbeRecord(request, outcome, default, default, []), new EvidenceRef(name, ""));
        }

        return [.. seen.Records.Select(entry => entry.Ref.Address)];
    }

    private static ProbeOutcome.Observed Traffic(string[] files, long frames = 100, string? item = null, string? peer = null)
    {
        var where = new FrameSet(files[0], [1], 1, "");
        return new ProbeOutcome.Observed(new TrafficSeen(
            [.. files.Select(file => new CaptureSeen($"{file}.pcap", file, "pcap", frames, 1, null, null, null, ""))],
            [],
            [],
            peer is null ? [] : [new ConversationSeen(ConversationOpener.Dut, peer, [], Transport.Tcp, 443, ServiceProtocol.Tls, "TLS", ContentProtection.Encrypted, "", 1, 1, 1, 1, default, default, [], [], null, [], where)],
            [],
            [],
            [],
            [],
            item is null ? [] : [new ClearItemSeen(ClearItemKind.PersonalDatum, item, "clear", true, "192.0.2.9", [], Transport.Tcp, 80, "", where)],
            new TrafficTally(frames, 1, 1, 0, 0, 0, 0, null, 0, 0))
        {
            Coverage = Coverage.Complete("all"),
        });
    }

    private static ProbeOutcome.Observed Sweep(bool isComplete, params int[] open) =>
        new(new TcpPortsSeen(_sweep.Address, [.. open], 65535 - open.Length, 0, 0, 65535, 1, "connect") { Coverage = isComplete ? Coverage.Complete("all") : Coverage.Partial("some") });
}
