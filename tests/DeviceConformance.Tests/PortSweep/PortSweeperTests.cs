using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Link;
using NUnit.Framework;

namespace DeviceConformance.Tests.PortSweep;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class PortSweeperTests
{
    [Test]
    public async Task Device_that_answers_everywhere_is_swept_completely([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()));
        Assert.That(found.Closed, Is.EqualTo(SimulatedDevice.SomePorts.Length - 3));
        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
        Assert.That(found.SignsOfLife, Is.GreaterThan(0), "also during the sweep");
    }

    [Test]
    public async Task Firewall_that_drops_all_but_the_open_ports_is_swept_completely_and_the_miss_is_stated([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight };
        var filtered = new SimulatedDevice { IsLight = isLight, Open = device.Open, Drops = port => !device.Open.Contains(port) };

        var (open, found) = await filtered.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()));
        Assert.That(found.Silent, Is.EqualTo(SimulatedDevice.SomePorts.Length - 3));
        Assert.That(found.FewestSilences, Is.GreaterThanOrEqualTo(2));
        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
        Assert.That(found.ToCoverage().Statement, Does.Contain("missed with a probability of"));
    }

    [Test]
    public async Task A_few_filtered_ports_among_refusing_ones_are_silent_and_not_closed([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, Drops = port => port % 100 == 7 };

        var (_, found) = await device.SweepAsync();

        Assert.That(found.Silent, Is.EqualTo(SimulatedDevice.SomePorts.Count(port => port % 100 == 7 && !device.Open.Contains(port))));
        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
    }

    [Test]
    public async Task Loss_is_made_good_by_repeats([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, Loss = 0.05 };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()));
        Assert.That(found.Silent, Is.LessThanOrEqualTo(2));
        Assert.That(found.Passes, Has.Count.GreaterThan(1));
    }

    [Test]
    public async Task Silence_on_a_network_that_loses_a_third_proves_nothing([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, Loss = 0.35, Drops = port => port % 4 == 0 };

        var (_, found) = await device.SweepAsync(ports: SimulatedDevice.SomePorts[..800]);

        Assert.That(found.Silent, Is.GreaterThan(150));
        Assert.That(found.ToCoverage().IsComplete, Is.False, found.ToCoverage().Statement);
    }

    [Test]
    public async Task Device_that_stops_refusing_is_not_swept_completely([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, RefusesAtMost = 3000 };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()), "open ports still answer and are found");
        Assert.That(found.Silent, Is.GreaterThan(2000));
        Assert.That(found.ToCoverage().IsComplete, Is.False);
        Assert.That(found.ToCoverage().Statement, Does.Contain("stopped answering").And.Contain("throttle"));
    }

    [Test]
    public async Task Device_that_blocks_the_laboratory_s_address_is_gone_for_the_sweep([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, RefusesAtMost = 3000, BlocksEverything = true };

        var (_, found) = await device.SweepAsync();

        Assert.That(found.NotTried, Is.GreaterThan(2000));
        Assert.That(found.ToCoverage().IsComplete, Is.False);
    }

    [Test]
    public async Task Device_that_dies_in_the_middle_ends_the_sweep_early_and_keeps_what_was_found([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, GoneAfter = 2000 };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(new[] { SimulatedDevice.SomePorts[10] }));
        Assert.That(found.NotTried, Is.GreaterThan(3500));
        Assert.That(found.Silent, Is.Zero, "silence of a device that is gone says nothing about its ports");
        Assert.That(found.ToCoverage().IsComplete, Is.False);
        Assert.That(found.ToCoverage().Statement, Does.Match(@"At \d+\.\d s the DUT gave no sign of life any more"));
        Assert.That(device.Questions, Is.LessThan(isLight ? 7000 : 6000), "what waits for no place may all be on the way, but nothing is asked again");
    }

    [Test]
    public async Task Refusals_by_the_host_s_kernel_do_not_stand_for_a_device_that_died()
    {
        var device = new SimulatedDevice { GoneAfter = 5500, KernelRefuses = true };

        var (_, found) = await device.SweepAsync();

        Assert.That(found.NotTried, Is.GreaterThan(400));
        Assert.That(found.ToCoverage().IsComplete, Is.False);
    }

    [Test]
    public async Task Defence_that_refuses_in_the_place_of_open_ports_does_not_make_them_closed([Values] bool singlesFindPauses)
    {
        var device = new SimulatedDevice
        {
            IsLight = true,
            Open = [.. SimulatedDevice.SomePorts.Where((_, index) => index % 100 == 0)],
            RefusesAbove = 3000,
            SinglesFindPauses = singlesFindPauses,
        };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()), found.ToCoverage().Statement);
        Assert.That(found.ToCoverage().Statement, Does.Contain("refused though it is open"));
    }

    [Test]
    public async Task Device_that_stalls_for_a_moment_is_asked_again_and_swept_completely([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, GoneAfter = 2000, GoneFor = TimeSpan.FromSeconds(1.5) };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()));
        Assert.That(found.NotTried, Is.Zero);
        Assert.That(found.Closed, Is.EqualTo(SimulatedDevice.SomePorts.Length - 3));
        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
    }

    [Test]
    public async Task Host_without_descriptors_for_a_while_is_no_answer_of_the_device()
    {
        var device = new SimulatedDevice { HostFault = question => question is > 1000 and < 1100 ? SocketError.TooManyOpenSockets : null };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()));
        Assert.That(found.Closed, Is.EqualTo(SimulatedDevice.SomePorts.Length - 3));
        Assert.That(found.ToCoverage().IsComplete, Is.True);
        Assert.That(found.ToCoverage().Statement, Does.Contain("could not bear more than"));
    }

    [Test]
    public async Task Host_that_can_not_send_for_a_while_is_no_answer_of_the_device()
    {
        var device = new SimulatedDevice { IsLight = true, HostFault = question => question is > 1000 and < 1010 ? SocketError.NoBufferSpaceAvailable : null };

        var (open, found) = await device.SweepAsync();

        Assert.That(open, Is.EqualTo(device.Open.Order()));
        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
    }

    [Test]
    public void Host_that_can_not_connect_at_all_is_a_fault_of_the_laboratory([Values] bool isLight)
    {
        var device = new SimulatedDevice { IsLight = isLight, HostFault = question => question > 100 ? SocketError.AddressNotAvailable : null };

        Assert.That(async () => await device.SweepAsync(), Throws.TypeOf<LabFaultException>().With.Message.Contain("AddressNotAvailable"));
    }

    [Test]
    public async Task Port_that_accepted_only_once_leaves_the_sweep_incomplete()
    {
        var device = new SimulatedDevice();
        var once = new HashSet<int>(device.Open);
        // The last port of the order closes after its first connection.
        var shy = new SimulatedDevice { Open = once, Drops = port => port == SimulatedDevice.SomePorts[5990] && !once.Add(-1) };

        var (open, found) = await shy.SweepAsync();

        Assert.That(open, Does.Contain(SimulatedDevice.SomePorts[5990]));
        Assert.That(found.Vanished, Is.EqualTo(new[] { SimulatedDevice.SomePorts[5990] }));
        Assert.That(found.ToCoverage().IsComplete, Is.False);
    }

    [Test]
    public async Task One_connection_at_a_time_is_enough()
    {
        var device = new SimulatedDevice();
        var limits = LabLimits.Default with { ConcurrentConnections = 1, ConnectTimeoutMilliseconds = 250 };

        var (open, found) = await device.SweepAsync(limits, SimulatedDevice.SomePorts[..200]);

        Assert.That(open, Is.EqualTo(new[] { SimulatedDevice.SomePorts[10] }));
        Assert.That(found.ToCoverage().IsComplete, Is.True, found.ToCoverage().Statement);
    }

    [Test]
    public void Cancelled_sweep_ends_as_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var device = new SimulatedDevice
        {
            OnQuestion = question =>
            {
                if (question == 1000)
                {
                    cancel.Cancel();
                }
            },
        };

        Assert.That(async () => await device.SweepAsync(cancellationToken: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(device.Questions, Is.LessThan(6000));
    }
}
