using System.Net;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.PortSweep;
using NUnit.Framework;

namespace DeviceConformance.Tests.PortSweep;

/// <summary>What the last look of a campaign asks.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ClosingPortsTests
{
    private static readonly DutAddress _address = new(IPAddress.Loopback);

    private static TcpPortsSeen First => new(_address, [80, 61234], 65533, 0, 0, 65535, 4, "connect") { Unsettled = PortSet.Empty, Coverage = Coverage.Complete("all") };

    [Test]
    public void Ports_that_were_open_or_unsettled_usual_ones_and_a_sample_are_asked_once_each()
    {
        var chosen = ClosingPorts.Choose(ClosingPortSweep.After(First with { Unsettled = new PortSet([64000, 64001]) }), 7);

        Assert.That(chosen.Order, Is.Unique.And.SupersetOf(new[] { 80, 61234, 64000, 64001, 1, 23, 1023, 2323, 4444, 5555, 9222 }));
        Assert.That(chosen.Order, Has.Length.EqualTo(ClosingPorts.Usual.Count + 3 + ClosingPorts.SampleSize));
        Assert.That(chosen.Statement, Does.Contain("seed 7").And.Contain("2 ports that had been open, 2 of 2"));
    }

    [Test]
    public void Seed_repeats_the_sample_and_another_draws_another()
    {
        var request = ClosingPortSweep.After(First);

        var again = ClosingPorts.Choose(request, 303645);
        Assert.That(ClosingPorts.Choose(request, 303645).Order, Is.EqualTo(again.Order));
        Assert.That(ClosingPorts.Choose(request, 1).Order.Intersect(ClosingPorts.Choose(request, 2).Order).Count(), Is.LessThan(ClosingPorts.Usual.Count + 300));
    }

    [Test]
    public void Sample_is_spread_over_all_ports()
    {
        var sample = ClosingPorts.Choose(ClosingPortSweep.After(First), 1).Order.Where(port => !ClosingPorts.Usual.Contains(port)).ToList();

        // 2,048 in eight parts of equal width: 256 each, give or take six standard deviations.
        Assert.That(sample.GroupBy(port => port / 8192).Select(part => part.Count()), Is.All.InRange(170, 342));
    }

    [Test]
    public void More_unsettled_ports_than_a_last_look_can_bear_are_left_to_the_sample()
    {
        var chosen = ClosingPorts.Choose(ClosingPortSweep.After(First with { Unsettled = new PortSet(Enumerable.Range(2000, 60000)) }), 1);

        Assert.That(chosen.Order, Has.Length.LessThan(4000));
        Assert.That(chosen.Statement, Does.Contain("0 of 60000 of which"));
    }

    [Test]
    public void Where_a_sweep_takes_seconds_all_ports_are_asked_again()
    {
        var chosen = ClosingPorts.Choose(ClosingPortSweep.After(First with { Method = SweepFindings.Syn }), 1);

        Assert.That((chosen.Order.Length, chosen.Seed), Is.EqualTo((65535, 0)));
        Assert.That(ClosingPortSweep.After(First with { Method = SweepFindings.Syn, Seconds = 20 }).IsWhole, Is.False);
    }

    [Test]
    public void Question_is_the_same_for_an_address_whatever_it_starts_from_and_keeps_what_was_ever_open()
    {
        var again = ClosingPortSweep.After(First, new TcpPortsAtEnd(_address, [80, 2323], [9999], PortSet.Empty, 1, 9, 1, "connect") { Coverage = Coverage.Complete("all") });

        Assert.That(again, Is.EqualTo(ClosingPortSweep.Of(_address)));
        Assert.That(again.Before.ToString(), Is.EqualTo("80,2323,9999,61234"));
    }
}
