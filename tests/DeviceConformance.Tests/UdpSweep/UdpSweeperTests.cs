using System.Collections.Concurrent;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Probing.UdpSweep;
using NUnit.Framework;

namespace DeviceConformance.Tests.UdpSweep;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class UdpSweeperTests
{
    private static readonly int[] _ports = [.. PortOrder.All().Take(1500).Union([53, 161, 5683])];

    private static readonly LabLimits _limits = LabLimits.Default with { UdpSeconds = 30 };

    [Test]
    public async Task Answers_errors_and_silence_are_kept_apart()
    {
        var device = new Device { Reply = (port, question) => port == 53 && question.Protocol == ServiceProtocol.Dns ? Open : port % 100 == 1 ? Silent : Closed };

        var found = await device.SweepAsync();

        Assert.That(found.Open.Select(open => open.Port), Is.EqualTo(new[] { 53 }));
        Assert.That(found.Silent.Ports, Is.EquivalentTo(_ports.Where(port => port % 100 == 1)));
        Assert.That(found.Closed.Count, Is.EqualTo(_ports.Length - 1 - found.Silent.Count));
        Assert.That(found.ToCoverage().IsComplete, Is.False, "silent ports were not asked in a protocol that is known for them");
    }

    [Test]
    public async Task Device_that_proves_all_closed_ports_is_swept_completely_with_one_datagram_a_port()
    {
        var device = new Device { Reply = (_, _) => Closed };

        var found = await device.SweepAsync();

        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
        Assert.That(found.Closed.Count, Is.EqualTo(_ports.Length));
        Assert.That(device.Asked, Has.Count.EqualTo(_ports.Length));
    }

    [Test]
    public async Task Declared_ports_come_first_with_every_question_then_common_ones()
    {
        var device = new Device { Reply = (port, _) => port == _ports[7] ? Silent : Closed, Declared = new() { [_ports[7]] = ServiceProtocol.Coap } };

        await device.SweepAsync();

        var declared = device.Asked.TakeWhile(asked => asked.Port == _ports[7]).Select(asked => asked.Question).ToHashSet();
        Assert.That(declared, Is.SupersetOf(UdpQuestions.All));
        var order = device.Asked.Select(asked => asked.Port).Where(port => port != _ports[7]).Distinct().ToList();
        var common = order.Count(CommonUdpPorts.All.Contains);
        Assert.That(order.Take(common).All(CommonUdpPorts.All.Contains), Is.True);
    }

    [Test]
    public async Task Silent_port_is_asked_three_times_each_time_otherwise_where_no_protocol_is_known()
    {
        var strange = _ports.First(port => !CommonUdpPorts.All.Contains(port));
        var device = new Device { Reply = (port, _) => port == strange || port == 161 ? Silent : Closed };

        await device.SweepAsync();

        Assert.That(device.Asked.Where(asked => asked.Port == strange).Select(asked => asked.Question), Is.EqualTo(UdpQuestions.ForAnyPort));
        Assert.That(device.Asked.Count(asked => asked.Port == 161), Is.EqualTo(3 * UdpQuestions.For(161).Count()));
    }

    [Test]
    public async Task Loss_is_made_good_by_repeats()
    {
        var random = new Random(3);
        var device = new Device
        {
            Reply = (port, question) =>
            {
                lock (random)
                {
                    return random.NextDouble() < 0.1 ? Silent : port == 5683 && question.Protocol == ServiceProtocol.Coap ? Open : Closed;
                }
            },
        };

        var found = await device.SweepAsync();

        Assert.That(found.Open.Select(open => open.Port), Is.EqualTo(new[] { 5683 }));
        Assert.That(found.Silent.Count, Is.LessThan(12));
    }

    [Test]
    public async Task Port_that_answers_strangely_is_asked_everything_to_name_it()
    {
        var strange = _ports.First(port => !CommonUdpPorts.All.Contains(port));
        var device = new Device { Reply = (port, question) => port != strange ? Closed : question.Protocol == ServiceProtocol.Snmp ? Open : new UdpReply(PortAnswer.Open, 0, default, default, ServiceProtocol.Unknown, "") };

        var found = await device.SweepAsync();

        Assert.That(found.Open.Single().Reply.Name, Is.EqualTo("named"));
        Assert.That(found.Open.Single().Question.Protocol, Is.EqualTo(ServiceProtocol.Snmp));
    }

    [Test]
    public async Task Device_that_dies_in_the_middle_ends_the_sweep_and_its_silence_does_not_count()
    {
        var device = new Device { GoneAfter = 700, Reply = (port, _) => Closed };

        var found = await device.SweepAsync();

        Assert.That(found.ToCoverage().IsComplete, Is.False);
        Assert.That(found.ToCoverage().Statement, Does.Contain("gave no sign of life"));
        Assert.That(found.Closed.Count, Is.InRange(1, 700));
        Assert.That(found.Silent.Count, Is.Zero);
        Assert.That(found.NotTried.Count, Is.EqualTo(_ports.Length - found.Closed.Count));
    }

    [Test]
    public async Task Time_that_does_not_suffice_leaves_ports_untried_and_says_so()
    {
        var device = new Device { Reply = (_, _) => Silent };

        var found = await device.SweepAsync(_limits with { UdpSeconds = 1, ConnectionsPerSecond = 100 });

        Assert.That(found.NotTried.Count, Is.GreaterThan(1000));
        Assert.That(found.ToCoverage().Statement, Does.Contain("udp-seconds"));
        Assert.That(found.ToCoverage().IsComplete, Is.False);
    }

    [Test]
    public void Host_that_can_not_send_is_a_fault_of_the_laboratory() =>
        Assert.That(
            async () => await new Device { Reply = (_, _) => new UdpReply(PortAnswer.HostFault, 0, default, default, ServiceProtocol.Unknown, "") }.SweepAsync(),
            Throws.TypeOf<LabFaultException>());

    [Test]
    public void Cancelled_sweep_ends_as_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var device = new Device { Reply = (_, _) => Closed, OnQuestion = count => { if (count == 100) { cancel.Cancel(); } } };

        Assert.That(async () => await device.SweepAsync(cancellationToken: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(device.Asked, Has.Count.LessThan(1500));
    }

    [Test]
    public void Pace_doubles_while_ports_answer_and_stays_moderate_in_silence()
    {
        var pace = new UdpPace(20000);
        for (var window = 0; window < 10; window++)
        {
            pace.Window(100, 100, 100, 0.1, 60000, 60);
        }

        Assert.That(pace.PerSecond, Is.EqualTo(20000));
        pace.Window(2000, 3, 3, 0.1, 60000, 60);
        Assert.That(pace.PerSecond, Is.EqualTo(UdpPace.MostInSilence));
    }

    [Test]
    public void Limit_of_errors_shows_when_closed_ports_fall_silent_and_then_the_sweep_takes_its_time()
    {
        var pace = new UdpPace(20000);
        pace.Window(100, 1, 1, 1, 6000, 60);
        for (var control = 0; control < 3; control++)
        {
            Assert.That(pace.WantsControl, Is.True);
            pace.Control(answered: false);
        }

        pace.Window(100, 1, 1, 1, 6000, 60);

        Assert.That(pace.IsLimited, Is.True);
        Assert.That(pace.WantsControl, Is.False);
        Assert.That(pace.UnreachablesPerSecond, Is.EqualTo(1));
        Assert.That(pace.PerSecond, Is.EqualTo(100));
    }

    private static UdpReply Open => new(PortAnswer.Open, 53, new byte[1], new byte[1], ServiceProtocol.Dns, "named");

    private static UdpReply Closed => new(PortAnswer.Closed, 0, default, default, ServiceProtocol.Unknown, "");

    private static UdpReply Silent => new(PortAnswer.Silent, 0, default, default, ServiceProtocol.Unknown, "");

    /// <summary>A device that answers at once, as it is told.</summary>
    private sealed class Device
    {
        private int _questions;

        public required Func<int, UdpQuestion, UdpReply> Reply { get; init; }

        public Dictionary<int, ServiceProtocol> Declared { get; init; } = [];

        public int GoneAfter { get; init; } = int.MaxValue;

        public Action<int> OnQuestion { get; init; } = _ => { };

        public ConcurrentQueue<(int Port, UdpQuestion Question)> Asked { get; } = [];

        public async Task<UdpSweepFindings> SweepAsync(LabLimits? limits = null, CancellationToken cancellationToken = default)
        {
            var ground = new UdpGround(
                (port, question, _, _) =>
                {
                    Asked.Enqueue((port, question));
                    OnQuestion(Interlocked.Increment(ref _questions));
                    return ValueTask.FromResult(_questions > GoneAfter ? Silent : Reply(port, question));
                },
                _ => Task.FromResult(new SignOfLife(_questions <= GoneAfter, "test")));
            using var sweeper = new UdpSweeper(ground, limits ?? _limits, _ports, Declared, TimeProvider.System, (_, _) => { });
            return await sweeper.RunAsync(cancellationToken);
        }
    }
}
