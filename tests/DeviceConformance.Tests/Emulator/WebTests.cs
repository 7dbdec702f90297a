using System.Net;
using System.Text.Json;
using DeviceConformance.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class WebTests
{
    private static readonly string[] Protected = ["/home", "/status", "/settings", "/api/version", "/update", "/update/check"];

    [Test]
    public async Task Start_page_is_a_login_form_that_names_neither_maker_model_nor_version()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        using var answer = await browser.GetAsync("/");
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(page, Does.Contain("action=\"/login\"").And.Contain("name=\"user\"").And.Contain("name=\"password\""));
            Assert.That(page, Does.Not.Contain("2.1.0").And.Not.Contain("GW").And.Not.Contain("Thermona"));
            Assert.That(answer.Headers.Server, Is.Empty);
        });
    }

    [Test]
    public async Task Right_login_gives_a_session_cookie_that_opens_the_device()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        using var login = await browser.LogInAsync();
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        Assert.Multiple(() =>
        {
            Assert.That(login.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
            Assert.That(login.Headers.Location, Is.EqualTo(new Uri("/home", UriKind.Relative)));
            Assert.That(cookie, Does.StartWith("sid=").And.Contain("secure").IgnoreCase.And.Contain("httponly").IgnoreCase.And.Contain("samesite=strict").IgnoreCase);
        });
        Assert.That((await browser.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await browser.VersionAsync(), Is.EqualTo("2.1.0"));
        using var status = JsonDocument.Parse(await browser.TextAsync("/status"));
        Assert.That(status.RootElement.GetProperty("setPoint").GetInt32(), Is.EqualTo(50));
    }

    [TestCase("admin", "wrong")]
    [TestCase("admin", "admin")]
    [TestCase("admin", "")]
    [TestCase("root", DeviceBrowser.RightPassword)]
    [TestCase("", "")]
    public async Task Wrong_login_is_refused_in_words(string user, string password)
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        using var answer = await browser.LogInAsync(user, password);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("Wrong user name or password"));
        Assert.That(browser.Session, Is.Empty);
    }

    [TestCaseSource(nameof(Protected))]
    public async Task Without_session_everything_behind_the_login_is_401(string path)
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Head, HttpMethod.Delete })
        {
            using var answer = await browser.SendAsync(method, path, null);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), $"{method} {path}");
            Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.Empty);
        }
    }

    [Test]
    public async Task A_made_up_session_is_401()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        await browser.LogInAsync();
        using var stranger = device.Browse();
        Assert.That((await browser.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await stranger.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("/nothing-here")]
    [TestCase("/debug")]
    [TestCase("/login/x")]
    [TestCase("/%2e%2e/etc/passwd")]
    public async Task Unknown_path_is_a_bare_404(string path)
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        using var answer = await browser.GetAsync(path);
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(answer.Content.Headers.ContentLength, Is.Zero);
            Assert.That(answer.Headers.Select(header => header.Key), Is.EquivalentTo(new[] { "Date" }));
        });
    }

    [Test]
    public async Task Settings_are_kept_and_nonsense_is_refused()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That((await browser.PostAsync("/settings", DeviceBrowser.Form(("setPoint", "44"), ("ecoMode", "on")))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await browser.PostAsync("/settings", DeviceBrowser.Form(("setPoint", "95")))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await browser.PostAsync("/settings")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await browser.TextAsync("/settings"), Is.EqualTo("""{"setPoint":44,"ecoMode":true}"""));
        Assert.That(device.Device.SetPoint, Is.EqualTo(44));
    }

    [Test]
    public async Task Plain_http_answers_everything_with_a_redirect_and_nothing_else()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse(tls: false);
        foreach (var path in new[] { "/", "/home", "/nothing", "/login" })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Options })
            {
                using var answer = await browser.SendAsync(method, path, null);
                Assert.Multiple(() =>
                {
                    Assert.That((int)answer.StatusCode, Is.EqualTo(308));
                    Assert.That(answer.Headers.Location, Is.EqualTo(new Uri($"https://{device.Address}:18443/")));
                    Assert.That(answer.Content.Headers.ContentLength, Is.Zero);
                    Assert.That(answer.Headers.Select(header => header.Key), Is.EquivalentTo(new[] { "Date", "Location" }));
                });
            }
        }
    }

    [Test]
    public async Task Fifth_wrong_login_locks_the_name_for_a_minute()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { TimeProvider = time });
        using var browser = device.Browse();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Assert.That((await browser.LogInAsync(password: "wrong")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        }

        using var locked = await browser.LogInAsync();
        Assert.That(locked.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(await locked.Content.ReadAsStringAsync(), Does.Contain("Too many attempts"));
        Assert.That((await browser.LogInAsync("somebody", "else")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "another name is not locked");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
    }

    [Test]
    public async Task A_right_login_between_wrong_ones_starts_the_count_again()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        for (var round = 0; round < 3; round++)
        {
            for (var attempt = 0; attempt < 4; attempt++)
            {
                Assert.That((await browser.LogInAsync(password: "wrong")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            }

            Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        }
    }

    [Test]
    public async Task Attempts_at_the_same_time_do_not_slip_past_the_lock()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => browser.LogInAsync(password: "wrong")));
        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized), Is.EqualTo(5));
    }

    [Test]
    public async Task Idle_session_ends()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { TimeProvider = time });
        using var browser = device.Browse();
        await browser.LogInAsync();
        time.Advance(TimeSpan.FromMinutes(14));
        Assert.That((await browser.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.That((await browser.GetAsync("/home")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task No_log_line_holds_a_password()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        await browser.LogInAsync();
        await browser.LogInAsync("admin\r\nfake line", "secret-of-mine");
        Assert.That(device.Log, Has.Some.Contains("'admin??fake line'"));
        Assert.That(string.Join('\n', device.Log), Does.Not.Contain(DeviceBrowser.RightPassword).And.Not.Contain("secret-of-mine"));
    }

    [Test]
    public async Task Body_that_is_no_form_or_too_long_is_refused_and_the_device_goes_on()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        Assert.That((await browser.PostAsync("/login", new StringContent("{}"))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await browser.PostAsync("/login", DeviceBrowser.Form(("user", new string('x', 10_000))))).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
    }
}
