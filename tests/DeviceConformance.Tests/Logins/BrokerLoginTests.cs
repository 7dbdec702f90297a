using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable(ParallelScope.All)]
public sealed class BrokerLoginTests
{
    private const string Label = "q7TzB2mK9xWd";

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_broker_of_the_emulated_heater_tells_right_from_wrong(bool tls)
    {
        await using var device = await TestDevice.StartAsync(tls ? DeviceFaults.None : DeviceFaults.PlainMqtt);
        using var bench = new LoginBench(address: device.Address);
        var endpoint = new Endpoint(new DutAddress(device.Address), device.Device.Port(tls ? DevicePorts.MqttTls : DevicePorts.PlainMqtt));
        var login = new LoginPoint(LoginProtocol.Mqtt, endpoint.Port, tls, "/", null);

        var right = await LoginClient.TryAsync(endpoint, login, "panel", new Secret(Label), bench.Context, default);
        var wrong = await LoginClient.TryAsync(endpoint, login, "panel", new Secret("not-the-password"), bench.Context, default);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That((wrong.Result, wrong.Code), Is.EqualTo((AccessResult.Refused, "4")), wrong.Answer);
            Assert.That(bench.Transcript, Does.Not.Contain(Label).And.Not.Contain("not-the-password"));
        });
    }

    [Test]
    public async Task A_broker_of_version_5_alone_is_asked_again_in_version_5()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var connect = new byte[512];
            var count = await stream.ReadAsync(connect, cancellationToken);
            var isFive = count > 8 && connect[8] == 5;
            await stream.WriteAsync(isFive ? new byte[] { 0x20, 3, 0, 0x86, 0 } : new byte[] { 0x20, 2, 0, 1 }, cancellationToken);
        });
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.Mqtt, device.Port, false, "/", null);

        var attempt = await LoginClient.TryAsync(LoginBench.At(device.Port), login, "panel", new Secret("not-the-password"), bench.Context, default);

        Assert.That((attempt.Result, attempt.Code), Is.EqualTo((AccessResult.Refused, "134")), attempt.Answer);
    }

    [Test]
    public async Task A_banned_client_is_blocked()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var connect = new byte[512];
            var count = await stream.ReadAsync(connect, cancellationToken);
            await stream.WriteAsync(count > 8 && connect[8] == 5 ? new byte[] { 0x20, 3, 0, 0x8A, 0 } : new byte[] { 0x20, 2, 0, 1 }, cancellationToken);
        });
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.Mqtt, device.Port, false, "/", null);

        var attempt = await LoginClient.TryAsync(LoginBench.At(device.Port), login, "panel", new Secret("not-the-password"), bench.Context, default);

        Assert.That((attempt.Result, attempt.Blocked), Is.EqualTo((AccessResult.Refused, true)), attempt.Answer);
    }
}
