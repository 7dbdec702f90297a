using DeviceConformance.Probing.PortSweep;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.PortSweep;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class SweepPartsTests
{
    [Test]
    public void Order_holds_every_port_once_and_hardly_any_neighbours()
    {
        var order = PortOrder.All();

        Assert.That(order.Order(), Is.EqualTo(Enumerable.Range(1, 65535)));
        Assert.That(order.Zip(order.Skip(1), (left, right) => Math.Abs(left - right)).Count(step => step < 32), Is.LessThan(100));
        Assert.That(order.Chunk(1000).Max(chunk => chunk.Count(port => port <= 1024)), Is.LessThan(60), "well-known ports are spread over the sweep");
    }

    [Test]
    public void Rate_rises_to_the_limit_and_never_above_it()
    {
        var rate = new SweepRate(20000);
        Assert.That(rate.PerSecond, Is.EqualTo(1000));
        for (var answer = 0; answer < 5; answer++)
        {
            rate.Answered(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(rate.PerSecond, Is.EqualTo(20000));
    }

    [Test]
    public void Rate_halves_at_a_loss_and_rises_slowly_afterwards()
    {
        var rate = new SweepRate(1000);
        rate.Restart(1);
        rate.Lost(0);
        rate.Answered(TimeSpan.FromMilliseconds(1));

        Assert.That(rate.PerSecond, Is.EqualTo(550));
        Assert.That(rate.Lowest, Is.EqualTo(500));
    }

    [Test]
    public void Rate_does_not_fall_below_what_the_device_answers()
    {
        var rate = new SweepRate(1000);
        rate.Restart(1);
        rate.Lost(answeredPerSecond: 700);

        Assert.That(rate.PerSecond, Is.EqualTo(875));
    }

    [Test]
    public void Rate_falls_when_answers_come_much_later_than_the_first()
    {
        var rate = new SweepRate(1000);
        rate.Answered(TimeSpan.FromMilliseconds(20));
        var before = rate.PerSecond;
        rate.Answered(TimeSpan.FromMilliseconds(90));

        Assert.That(rate.PerSecond, Is.EqualTo(Math.Max(SweepRate.Slowest, before * 0.7)));
    }

    [TestCase(5)]
    [TestCase(50)]
    [TestCase(20000)]
    public void Rate_stays_between_its_floor_and_the_laboratory_s_limit(int limit) =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Gen.ListOf(Gen.Choose(0, 2)).ToArbitrary(), events =>
        {
            var rate = new SweepRate(limit);
            foreach (var what in events)
            {
                Action act = what switch { 0 => () => rate.Lost(what), 1 => rate.Unknown, _ => () => rate.Answered(TimeSpan.FromMilliseconds(3)) };
                act();
                if (rate.PerSecond > limit || rate.PerSecond < Math.Min(limit, SweepRate.Slowest))
                {
                    return false;
                }
            }

            return true;
        }));

    [Test]
    public void Wait_for_an_answer_is_learnt_and_stays_within_its_bounds()
    {
        var times = new AnswerTimes(TimeSpan.FromSeconds(1));
        Assert.That(times.Timeout, Is.EqualTo(TimeSpan.FromSeconds(1)), "nothing learnt yet");
        times.Add(TimeSpan.FromMilliseconds(1));
        Assert.That(times.Timeout, Is.EqualTo(AnswerTimes.Shortest));
        for (var answer = 0; answer < 100; answer++)
        {
            times.Add(TimeSpan.FromMilliseconds(200));
        }

        Assert.That(times.Timeout, Is.InRange(TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(450)));
        times.Add(TimeSpan.FromSeconds(30));
        Assert.That(times.Timeout, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That(new AnswerTimes(TimeSpan.FromMilliseconds(50)).Timeout, Is.EqualTo(TimeSpan.FromMilliseconds(50)));
    }

    [Test]
    public void Silence_that_follows_port_numbers_is_not_bunched_in_time()
    {
        var order = PortOrder.All();
        Assert.That(Table(order, port => port is > 8000 and < 9000).SilenceIsBunched(), Is.False);
        Assert.That(Table(order, port => port < 1024).SilenceIsBunched(), Is.False);
        Assert.That(Table(order, port => port % 2 == 0).SilenceIsBunched(), Is.False);
        Assert.That(Table(order, _ => true).SilenceIsBunched(), Is.False);
    }

    [Test]
    public void Silence_that_began_at_some_time_is_bunched()
    {
        var order = PortOrder.All();
        var late = order[50000..].ToHashSet();
        var between = order[20000..20030].ToHashSet();

        Assert.That(Table(order, late.Contains).SilenceIsBunched(), Is.True);
        Assert.That(Table(order, between.Contains).SilenceIsBunched(), Is.True);
    }

    [Test]
    public void What_came_after_the_last_sign_of_life_is_void_but_for_completed_connections()
    {
        var table = new PortTable([1, 2, 3, 4, 5]);
        table.Note(1, PortState.Closed, 0);
        table.Confirm(table.Mark());
        table.Note(2, PortState.Closed, 0);
        table.Note(3, PortState.Open, 0);
        table.Note(4, PortState.Silent, 0);
        table.Void();

        Assert.That(table.Unsettled(), Is.EqualTo(new[] { 2, 4, 5 }));
        Assert.That(table.In(PortState.Open), Is.EqualTo(new[] { 3 }));
        Assert.That(table.Count(PortState.Closed), Is.EqualTo(1));
        Assert.That(table.Count(PortState.NotTried), Is.EqualTo(3));
    }

    [Test]
    public void Port_that_was_open_stays_open_in_the_record()
    {
        var table = new PortTable([7]);
        table.Note(7, PortState.Open, 0);
        table.Note(7, PortState.Closed, 1);

        Assert.That(table.In(PortState.Open), Is.EqualTo(new[] { 7 }));
    }

    [Test]
    public void Silence_counts_only_in_sound_passes()
    {
        var table = new PortTable([1, 2]);
        table.Note(1, PortState.Silent, 0);
        table.Note(1, PortState.Silent, 1);
        table.Note(1, PortState.Silent, 2);
        table.Note(2, PortState.Silent, 1);
        table.Note(2, PortState.Silent, 2);

        Assert.That(table.FewestSilences(0b111), Is.EqualTo(2));
        Assert.That(table.FewestSilences(0b101), Is.EqualTo(1));
    }

    private static PortTable Table(int[] order, Func<int, bool> isSilent)
    {
        var table = new PortTable(order);
        foreach (var port in order)
        {
            table.Note(port, isSilent(port) ? PortState.Silent : PortState.Closed, 0);
        }

        return table;
    }
}
