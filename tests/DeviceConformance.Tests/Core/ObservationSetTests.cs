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

    private static string After(ProbeOutcome first, ProbeOutcome second)
    {
        var seen = new ObservationSet();
        seen.Add(new ProbeRecord(_sweep, first, default, default, []), new EvidenceRef("first", ""));
        seen.Add(new ProbeRecord(_sweep, second, default, default, []), new EvidenceRef("second", ""));
        return seen.Records.Single().Ref.Address;
    }

    private static ProbeOutcome.Observed Sweep(bool isComplete, params int[] open) =>
        new(new TcpPortsSeen(_sweep.Address, [.. open], 65535 - open.Length, 0, 0, 65535, 1, "connect") { Coverage = isComplete ? Coverage.Complete("all") : Coverage.Partial("some") });
}
