using System.Collections.Concurrent;
using System.Net;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Listening;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

/// <summary>
/// An emulated device for one test. Each has a loopback address of its own, so that tests run side by side on the usual ports; a test that
/// needs IPv6 gets a port offset instead, since there is only one IPv6 loopback address.
/// </summary>
internal sealed class TestDevice : IAsyncDisposable
{
    private const int Tries = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static int addresses;
    private static int offsets = Environment.ProcessId % 400 * 100;

    private readonly ConcurrentQueue<string> log;

    private TestDevice(EmulatedDevice device, ConcurrentQueue<string> log)
    {
        Device = device;
        this.log = log;
    }

    public EmulatedDevice Device { get; }

    public IPAddress Address => Device.Addresses[0];

    public IReadOnlyCollection<string> Log => log;

    /// <summary>A deadline for one test.</summary>
    public static CancellationToken Deadline => new CancellationTokenSource(Patience).Token;

    /// <summary>An address of 127.0.0.0/8 that no other test of this process gets.</summary>
    public static IPAddress NextAddress()
    {
        var number = Interlocked.Increment(ref addresses);
        return new IPAddress(new[] { (byte)127, (byte)(64 + (Environment.ProcessId % 64)), (byte)((Environment.ProcessId / 64) + (number / 250)), (byte)(1 + (number % 250)) });
    }

    public static Task<TestDevice> StartAsync(DeviceFaults faults = DeviceFaults.None) => StartAsync(new EmulatedDeviceOptions { Faults = faults });

    public static async Task<TestDevice> StartAsync(EmulatedDeviceOptions options)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartOnceAsync(options with { Addresses = [NextAddress()] });
            }
            catch (PortTakenException) when (attempt < Tries)
            {
                // Another test run on this machine has the address.
            }
        }
    }

    public static async Task<TestDevice> StartOnBothFamiliesAsync(DeviceFaults faults = DeviceFaults.None)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartOnceAsync(new EmulatedDeviceOptions { Faults = faults, PortOffset = NextOffset() });
            }
            catch (PortTakenException) when (attempt < Tries)
            {
                // Another test run on this machine has the offset.
            }
        }
    }

    public static int NextOffset() => 1000 + (Interlocked.Add(ref offsets, 7) % 40000);

    public IPEndPoint EndPoint(int port) => new(Address, Device.Port(port));

    public DeviceBrowser Browse(bool tls = true) => new(EndPoint(tls ? DevicePorts.Https : DevicePorts.Http), tls);

    public static string RepositoryRoot()
    {
        var folder = TestContext.CurrentContext.TestDirectory;
        while (!File.Exists(Path.Combine(folder, "DeviceConformance.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
        }

        return folder;
    }

    /// <summary>Switches the device off; a mistake in the emulator that its log tells of fails the test.</summary>
    public async ValueTask DisposeAsync()
    {
        await Device.DisposeAsync();
        Assert.That(log.Where(line => line.StartsWith("internal error", StringComparison.Ordinal)), Is.Empty);
    }

    private static async Task<TestDevice> StartOnceAsync(EmulatedDeviceOptions options)
    {
        var log = new ConcurrentQueue<string>();
        return new TestDevice(await EmulatedDevice.StartAsync(options with { Log = log.Enqueue }, Deadline), log);
    }
}
