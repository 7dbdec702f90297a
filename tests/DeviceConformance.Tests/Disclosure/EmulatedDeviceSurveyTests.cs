using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class EmulatedDeviceSurveyTests
{
    private static readonly LoginForm _form = new("user", "password", "/login", "", "");

    [Test]
    public async Task Sound_device_shows_a_login_form_and_nothing_else()
    {
        var seen = await SurveyAsync(DeviceFaults.None, DevicePorts.Https, ServiceProtocol.Http, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Logins, Is.EqualTo(new[] { new LoginPoint(LoginProtocol.HttpForm, DevicePorts.Https, true, "/", _form) }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Port_that_only_redirects_shows_nothing()
    {
        var seen = await SurveyAsync(DeviceFaults.None, DevicePorts.Http, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Logins, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.Coverage.Statement, Does.Contain("redirected to https://").And.Contain($":{DevicePorts.Https}"));
        });
    }

    [Test]
    public async Task Sound_broker_asks_for_a_login()
    {
        var seen = await SurveyAsync(DeviceFaults.None, DevicePorts.MqttTls, ServiceProtocol.Mqtt, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Mqtt }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Open_status_is_seen()
    {
        var seen = await SurveyAsync(DeviceFaults.OpenStatus, DevicePorts.Https, ServiceProtocol.Http, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/status" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("2.1.0"));
            Assert.That(seen.Items(DisclosureKind.Status), Has.Some.StartsWith("values of "));
            Assert.That(seen.Items.Select(item => item.Where), Is.All.EqualTo("/status"));
        });
    }

    [Test]
    public async Task Verbose_banner_tells_versions_and_opens_nothing()
    {
        var seen = await SurveyAsync(DeviceFaults.VerboseBanner, DevicePorts.Https, ServiceProtocol.Http, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items, Has.Some.Matches<DisclosedItem>(item => item is { Kind: DisclosureKind.Version, What: "thermoweb/1.2.3", Where: "header Server" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("4.9.118"));
            Assert.That(seen.Items, Has.Some.Matches<DisclosedItem>(item => item!.Kind == DisclosureKind.Version && item.What.Contains("2.1.0", StringComparison.Ordinal) && item.Where == "answer to an unknown path"));
            Assert.That(seen.Items(DisclosureKind.Product), Has.Some.EqualTo("thermoweb"));
            Assert.That(seen.Open, Is.Empty);
        });
    }

    [Test]
    public async Task Debug_page_is_seen_and_its_password_is_not_kept()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.DebugPage);
        using var bench = new SurveyBench(device.Address);

        var seen = await bench.SeeAsync(DevicePorts.Https, ServiceProtocol.Http, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/debug" }));
            Assert.That(seen.Items.Select(item => item.Kind).Distinct(), Is.SupersetOf(new[] { DisclosureKind.DirectoryListing, DisclosureKind.InternalError, DisclosureKind.Credential, DisclosureKind.Network, DisclosureKind.Version }));
            Assert.That(seen.Items(DisclosureKind.Credential), Has.Some.Contains("wifi_password"));
            Assert.That($"{string.Concat(seen.Items)}{string.Concat(seen.Open)}{seen.Coverage}{seen.Summary}", Does.Not.Contain("lavender"));
            Assert.That(bench.Said, Does.Contain("wifi_password").And.Not.Contain("lavender"));
        });
    }

    [Test]
    public async Task Login_in_clear_is_a_login_without_tls()
    {
        var seen = await SurveyAsync(DeviceFaults.HttpLogin, DevicePorts.Http, ServiceProtocol.Http);

        Assert.That(seen.Logins, Is.EqualTo(new[] { new LoginPoint(LoginProtocol.HttpForm, DevicePorts.Http, false, "/", _form) }));
    }

    [Test]
    public async Task Open_broker_is_listened_to()
    {
        var seen = await SurveyAsync(DeviceFaults.OpenMqtt, DevicePorts.MqttTls, ServiceProtocol.Mqtt, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.EqualTo(new[] { new OpenAccess("broker accepts clients without login", "CONNECT") }));
            Assert.That(seen.Items(DisclosureKind.Messages), Is.Not.Empty);
            Assert.That(seen.Logins, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Broker_in_clear_asks_for_a_login_without_tls()
    {
        var seen = await SurveyAsync(DeviceFaults.PlainMqtt, DevicePorts.PlainMqtt, ServiceProtocol.Mqtt);

        Assert.That(seen.Logins, Is.EqualTo(new[] { new LoginPoint(LoginProtocol.Mqtt, DevicePorts.PlainMqtt, false, "/", null) }));
    }

    [Test]
    public async Task Telnet_login_is_seen()
    {
        var seen = await SurveyAsync(DeviceFaults.TelnetOpen, DevicePorts.Telnet, ServiceProtocol.Telnet);

        Assert.Multiple(() =>
        {
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Telnet }));
            Assert.That(seen.Items(DisclosureKind.Model), Is.EqualTo(new[] { "GW-24 Connect" }));
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Anonymous_ftp_is_open_and_still_asks_named_users_for_a_password()
    {
        var seen = await SurveyAsync(DeviceFaults.FtpAnonymous, DevicePorts.Ftp, ServiceProtocol.Ftp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.EqualTo(new[] { new OpenAccess("anonymous FTP login", "/") }));
            Assert.That(seen.Items(DisclosureKind.DirectoryListing).Single(), Does.Contain("heater.log").And.Contain("readme.txt"));
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Ftp }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [TestCase(ServiceProtocol.Unknown)]
    [TestCase(ServiceProtocol.Other)]
    [TestCase(ServiceProtocol.Telnet)]
    public async Task Debug_shell_on_ipv6_is_open_whatever_it_was_taken_for(ServiceProtocol protocol)
    {
        await using var device = await TestDevice.StartOnBothFamiliesAsync(DeviceFaults.Ipv6DebugPort);
        using var bench = new SurveyBench(System.Net.IPAddress.IPv6Loopback);

        var seen = await bench.SeeAsync(device.Device.Port(DevicePorts.DebugShell), protocol);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "command prompt" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("2.1.0"));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    private static async Task<DisclosureSeen> SurveyAsync(DeviceFaults faults, int port, ServiceProtocol protocol, bool tls = false)
    {
        await using var device = await TestDevice.StartAsync(faults);
        using var bench = new SurveyBench(device.Address);
        return await bench.SeeAsync(port, protocol, tls);
    }
}
