using System.Net;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

/// <summary>TLS of the emulated water heater.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class EmulatedTlsTests
{
    [TestCase(DevicePorts.Https)]
    [TestCase(DevicePorts.MqttTls)]
    public async Task Sound_device_speaks_tls_1_2_and_1_3_with_nothing_weak(int port)
    {
        await using var device = await TestDevice.StartAsync();
        var seen = await SeeAsync(device, port);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls12, TlsVersion.Tls13 }));
            Assert.That(seen.Accepted.SelectMany(version => version.Suites).Select(suite => suite.Classes), Is.All.EqualTo(SuiteWeakness.None));
            Assert.That(seen.Versions.Where(version => !version.Accepted && version.Version != TlsVersion.Ssl2).Select(version => version.Refusal), Is.All.EqualTo(Silence.HandshakeRefused));
            Assert.That(seen.Certificates.Select(certificate => certificate.Sha256), Is.EqualTo(new[] { device.Device.CertificateSha256 }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Obsolete_versions_are_seen_on_https_only()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        var seen = await SeeAsync(device, DevicePorts.Https);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13 }));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That((await SeeAsync(device, DevicePorts.MqttTls)).Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls12, TlsVersion.Tls13 }));
    }

    [Test]
    public async Task Port_without_tls_is_told_apart()
    {
        await using var device = await TestDevice.StartAsync();
        using var bench = new ProbeBench(address: device.Address);
        var outcome = await bench.AskAsync(new TlsEnumerationProbe(), Request(device, DevicePorts.Http));
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Malformed), outcome.Summary);
    }

    private static TlsEnumeration Request(TestDevice device, int port) => new(new Endpoint(new DutAddress(device.Address), device.Device.Port(port)));

    private static Task<TlsServerSeen> SeeAsync(TestDevice device, int port) => SeeAsync(device.Address, Request(device, port));

    private static async Task<TlsServerSeen> SeeAsync(IPAddress address, TlsEnumeration request)
    {
        using var bench = new ProbeBench(address: address);
        var seen = await bench.SeeAsync(new TlsEnumerationProbe(), request);
        TestContext.Out.WriteLine(seen.Coverage.Statement);
        return seen;
    }
}
