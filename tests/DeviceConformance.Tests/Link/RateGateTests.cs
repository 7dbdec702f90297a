using DeviceConformance.Probing.Link;
using DeviceConformance.Tests.Emulator;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Link;

[TestFixture]
[Parallelizable]
public sealed class RateGateTests
{
    [Test]
    public void No_second_holds_more_than_the_rate_and_one_burst_however_callers_come()
    {
        var rates = Gen.Choose(1, 20000);
        var pauses = Gen.ListOf(Gen.Frequency((5, Gen.Constant(0)), (2, Gen.Choose(1, 40)), (1, Gen.Choose(500, 3000))));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(rates.ToArbitrary(), pauses.ToArbitrary(), (rate, waits) =>
        {
            var time = new ManualTime();
            var gate = new RateGate(rate, time);
            var events = new List<double>();
            foreach (var wait in waits)
            {
                time.Advance(TimeSpan.FromMilliseconds(wait));
                for (var caller = 0; caller < 50; caller++)
                {
                    events.Add((time.GetTimestamp() / (double)TimeSpan.TicksPerSecond) + gate.Reserve().TotalSeconds);
                }
            }

            var most = (int)(rate * (1 + RateGate.Burst.TotalSeconds)) + 2;
            return Enumerable.Range(0, Math.Max(0, events.Count - most)).All(first => events[first + most] - events[first] >= 1);
        }));
    }

    [Test]
    public void Callers_that_come_at_once_get_places_one_after_the_other()
    {
        var gate = new RateGate(100, new ManualTime());

        var waits = Enumerable.Range(0, 4).Select(_ => gate.Reserve().TotalMilliseconds).ToList();

        Assert.That(waits, Is.EqualTo(new double[] { 0, 10, 20, 30 }).Within(0.01));
    }

    [Test]
    public void Idle_time_earns_one_burst_and_no_more()
    {
        var time = new ManualTime();
        var gate = new RateGate(1000, time);
        time.Advance(TimeSpan.FromHours(1));

        var atOnce = Enumerable.Range(0, 100).Count(_ => gate.Reserve() == TimeSpan.Zero);

        Assert.That(atOnce, Is.EqualTo(21), "20 ms at 1000 a second, and the one that is due");
    }

    [Test]
    public void Lower_rate_holds_from_the_next_place_on()
    {
        var gate = new RateGate(1000, new ManualTime());
        gate.Reserve();
        gate.PerSecond = 10;
        gate.Reserve();

        Assert.That(gate.Reserve().TotalMilliseconds, Is.EqualTo(101).Within(0.01));
    }
}
