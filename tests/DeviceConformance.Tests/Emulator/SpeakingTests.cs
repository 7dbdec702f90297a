using System.Collections.Concurrent;
using System.Net;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Outgoing;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

/// <summary>What the cloud hears of the device, sound and with each fault of speaking alone.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SpeakingTests
{
    private static readonly string[] _sound =
    [
        "api.nordwarm.example: POST /v1/devices HTTP/1.1 (TLS)",
        "updates.nordwarm.example: GET /version.json HTTP/1.1 (TLS)",
        "telemetry.nordwarm.example: CONNECT (TLS)",
        "telemetry.nordwarm.example: PUBLISH gw24/GW24-004711/telemetry (TLS)",
        "telemetry.nordwarm.example: PUBLISH gw24/GW24-004711/telemetry (TLS)",
        "telemetry.nordwarm.example: PUBLISH gw24/GW24-004711/telemetry (TLS)",
        "api.nordwarm.example: POST /v1/setpoint HTTP/1.1 (TLS)",
        "updates.nordwarm.example: GET /version.json HTTP/1.1 (TLS)",
        "telemetry.nordwarm.example: TLS refused",
    ];

    [Test]
    public async Task Sound_device_says_everything_inside_tls_and_nothing_while_tls_is_refused()
    {
        Assert.That(await HearAsync(DeviceFaults.None), Is.EqualTo(_sound));
    }

    [TestCase(DeviceFaults.ClearLogin, "api.nordwarm.example: POST /v1/login HTTP/1.1 (clear)")]
    [TestCase(DeviceFaults.PersonalDataClear, "api.nordwarm.example: GET /v1/profile (clear)")]
    [TestCase(DeviceFaults.PersonalDataBase64, "api.nordwarm.example: POST /v1/usage HTTP/1.1 (clear)")]
    [TestCase(DeviceFaults.UndeclaredServer, "collect.adtrack.example: POST /collect HTTP/1.1 (TLS)")]
    [TestCase(DeviceFaults.FixedTelemetrySecret, "api.nordwarm.example: GET /v1/alive (clear)")]
    [TestCase(DeviceFaults.UnencryptedFallback, "telemetry.nordwarm.example: CONNECT (clear)", "telemetry.nordwarm.example: PUBLISH gw24/GW24-004711/telemetry (clear)")]
    public async Task Fault_adds_what_it_is_named_after_and_changes_nothing_else(DeviceFaults fault, params string[] added)
    {
        Assert.That(await HearAsync(fault), Is.EquivalentTo(_sound.Concat(added)));
    }

    [TestCase(DeviceFaults.OldTlsClient, "api.nordwarm.example: POST /v1/devices HTTP/1.1 (TLS)", "api.nordwarm.example: POST /v1/devices HTTP/1.1 (TLS 1.1)")]
    [TestCase(DeviceFaults.UpdateCheckClear, "updates.nordwarm.example: GET /version.json HTTP/1.1 (TLS)", "updates.nordwarm.example: GET /version.json HTTP/1.1 (clear)")]
    public async Task Fault_says_the_same_in_a_weaker_way(DeviceFaults fault, string strong, string weak)
    {
        Assert.That(await HearAsync(fault), Is.EqualTo(_sound.Select(line => line == strong ? weak : line)));
    }

    [Test]
    public async Task Telemetry_in_clear_uses_no_tls_at_all()
    {
        var heard = await HearAsync(DeviceFaults.TelemetryClear);
        Assert.That(heard.Where(line => line.StartsWith("telemetry", StringComparison.Ordinal)), Has.Exactly(4).Items.And.All.EndsWith("(clear)"));
    }

    [TestCase(DeviceFaults.ForeignDns)]
    [TestCase(DeviceFaults.BroadcastDisclosure)]
    public async Task Faults_of_datagrams_change_nothing_for_the_servers(DeviceFaults fault)
    {
        Assert.That(await HearAsync(fault), Is.EqualTo(_sound));
    }

    [Test]
    public async Task Telemetry_keeps_its_rhythm_by_the_clock_it_is_given()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync();
        await using var cloud = await VendorCloud.StartAsync(new VendorCloudOptions { Network = NextNetwork() });
        var options = new SpeakingOptions { TelemetryInterval = TimeSpan.FromHours(1), TelemetryMessages = 2, TimeProvider = time };
        var cycle = new SpeakingDevice(device.Device, cloud, options).RunCycleAsync(TestDevice.Deadline);
        while (Published(cloud) == 0)
        {
            await Task.Delay(10, TestDevice.Deadline);
        }

        Assert.That(cycle.IsCompleted, Is.False);
        Assert.That(Published(cloud), Is.EqualTo(1));
        while (!cycle.IsCompleted)
        {
            time.Advance(TimeSpan.FromHours(1));
            await Task.WhenAny(cycle, Task.Delay(10, TestDevice.Deadline));
        }

        await cycle;
        Assert.That(Published(cloud), Is.EqualTo(2));
    }

    private static int Published(VendorCloud cloud) => cloud.Received.Count(line => line.Contains("PUBLISH", StringComparison.Ordinal));

    /// <summary>A network of 256 loopback addresses that no other test of this process gets.</summary>
    public static IPAddress NextNetwork()
    {
        var bytes = TestDevice.NextAddress().GetAddressBytes();
        return new IPAddress(new byte[] { 127, (byte)(128 + (bytes[1] % 64)), (byte)(bytes[2] + bytes[3]), 0 });
    }

    private static async Task<string[]> HearAsync(DeviceFaults faults)
    {
        var log = new ConcurrentQueue<string>();
        await using var device = await TestDevice.StartAsync(faults);
        string[] heard;
        await using (var cloud = await VendorCloud.StartAsync(new VendorCloudOptions { Network = NextNetwork(), Log = log.Enqueue }))
        {
            await new SpeakingDevice(device.Device, cloud, new SpeakingOptions { TelemetryInterval = TimeSpan.Zero }).RunCycleAsync(TestDevice.Deadline);
            heard = [.. cloud.Received];
        }

        Assert.That(log.Where(line => line.StartsWith("internal error", StringComparison.Ordinal)), Is.Empty);
        return heard;
    }
}
