using System.Net;
using DeviceConformance.Emulator.Faults;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class WebFaultTests
{
    [Test]
    public async Task Universal_password_takes_admin_admin_beside_the_right_one()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.UniversalPassword);
        using var browser = device.Browse();
        Assert.That((await browser.LogInAsync("admin", "admin")).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await browser.LogInAsync("admin", "wrong")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Http_login_takes_the_login_in_clear()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.HttpLogin);
        using var browser = device.Browse(tls: false);
        Assert.That(await browser.TextAsync("/"), Does.Contain("action=\"/login\""));
        Assert.That((await browser.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using var login = await browser.LogInAsync();
        Assert.That(login.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(login.Headers.GetValues("Set-Cookie").Single(), Does.Not.Contain("secure").IgnoreCase, "a Secure cookie would not come back over HTTP");
        Assert.That((await browser.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Open_status_shows_the_status_and_nothing_more()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.OpenStatus);
        using var browser = device.Browse();
        Assert.That(await browser.TextAsync("/status"), Does.Contain("\"waterTemperature\":48.5"));
        Assert.That((await browser.GetAsync("/settings")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Verbose_banner_tells_versions_on_both_ports()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.VerboseBanner);
        using var secure = device.Browse();
        using var plain = device.Browse(tls: false);
        using var notFound = await secure.GetAsync("/nothing");
        using var redirect = await plain.GetAsync("/");
        Assert.That(notFound.Headers.GetValues("Server"), Is.EqualTo(new[] { "thermoweb/1.2.3", "(Linux 4.9.118)" }));
        Assert.That(redirect.Headers.GetValues("Server"), Is.EqualTo(new[] { "thermoweb/1.2.3", "(Linux 4.9.118)" }));
        Assert.That(notFound.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await notFound.Content.ReadAsStringAsync(), Does.Contain("2.1.0").And.Contain("4.9.118"));
    }

    [Test]
    public async Task Open_settings_lets_anybody_change_but_not_read_settings()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.OpenSettings);
        using var browser = device.Browse();
        Assert.That((await browser.PostAsync("/settings", DeviceBrowser.Form(("setPoint", "41")))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(device.Device.SetPoint, Is.EqualTo(41));
        Assert.That((await browser.GetAsync("/settings")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await browser.PostAsync("/update/check")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Debug_page_shows_files_stack_trace_and_wifi_password()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.DebugPage);
        using var browser = device.Browse();
        Assert.That(await browser.TextAsync("/debug"), Does.Contain("Index of").And.Contain("Traceback").And.Contain("wifi_password"));
    }

    [Test]
    public async Task No_lock_out_never_locks()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.NoLockOut);
        using var browser = device.Browse();
        for (var attempt = 0; attempt < 20; attempt++)
        {
            Assert.That((await browser.LogInAsync(password: "wrong")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        }

        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
    }

    [Test]
    public async Task Faults_can_be_switched_while_the_device_runs()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        Assert.That((await browser.GetAsync("/status")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        device.Device.Faults = DeviceFaults.OpenStatus;
        Assert.That((await browser.GetAsync("/status")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        device.Device.Faults = DeviceFaults.None;
        Assert.That((await browser.GetAsync("/status")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }
}
