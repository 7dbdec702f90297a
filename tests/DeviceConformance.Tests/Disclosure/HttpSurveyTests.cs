using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class HttpSurveyTests
{
    private const string Login = """<html><title>Sign in</title><body><form method=post action="/do_login"><input name=u><input type=password name=p></form></body></html>""";

    private static int SocketPaths => HttpPathList.All.Count(path => path.Kind == HttpPathKind.WebSocket);

    [Test]
    public void List_of_paths_is_long_sound_and_harmless()
    {
        var paths = HttpPathList.All;

        Assert.Multiple(() =>
        {
            Assert.That(paths, Has.Length.GreaterThanOrEqualTo(80));
            Assert.That(paths.Where(path => path.Kind != HttpPathKind.WebSocket).Select(path => path.Path), Is.Unique);
            Assert.That(paths.Select(path => path.Kind).Distinct(), Is.SupersetOf(Enum.GetValues<HttpPathKind>().Except([HttpPathKind.Linked])));
            Assert.That(paths.Where(path => path.Path.Contains("reboot", StringComparison.OrdinalIgnoreCase) || path.Path.Contains("reset", StringComparison.OrdinalIgnoreCase) || path.Path.Contains("logout", StringComparison.OrdinalIgnoreCase)), Is.Empty);
        });
    }

    [Test]
    public async Task Server_that_answers_everything_alike_opens_nothing()
    {
        var count = 0;
        await using var web = new FakeWeb(path => FakeWeb.Ok($"<html><head><title>Portal</title></head><body><h1>Welcome to the portal of this device</h1><p>You asked for {path} at {DateTime.UnixEpoch.AddSeconds(count++):HH:mm:ss}.</p><p>Please contact the manufacturer for further help with your product.</p></body></html>"));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Logins, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Page_for_every_path_stays_itself_at_the_path_whose_name_it_says()
    {
        await using var web = new FakeWeb(_ => FakeWeb.Ok("Device status here", "text/plain"));

        var seen = await web.SurveyAsync();

        Assert.That(seen.OpenPaths(), Is.Empty, seen.Coverage.Statement);
        Assert.That(seen.Items, Is.Empty);
    }

    [Test]
    public async Task Application_in_one_page_hides_no_open_api()
    {
        await using var web = new FakeWeb(path => path == "/api/status"
            ? FakeWeb.Json("""{"temperature": 48.5, "uptime": 120}""")
            : FakeWeb.Ok("""<!doctype html><html><head><script src="/app.js"></script></head><body><div id="root"></div></body></html>"""));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/api/status" }));
            Assert.That(seen.Coverage.Statement, Does.Contain("scripts were not run"));
        });
    }

    [Test]
    public async Task Data_in_the_dress_of_the_page_for_unknown_paths_is_seen()
    {
        const string dress = "home devices rooms automations settings help about imprint privacy legal notice contact support forum news blog shop cart account";
        await using var web = new FakeWeb(path => FakeWeb.Ok($"<html><body><p>{dress}</p><pre>{(path == "/debug" ? "wifi_password=kettle-77" : "")}</pre></body></html>"));

        var seen = await web.SurveyAsync();

        Assert.That(seen.Items, Is.EqualTo(new[] { new DisclosedItem(DisclosureKind.Credential, "a value under the name wifi_password", "/debug") }));
        Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/debug" }));
    }

    [Test]
    public async Task Server_that_makes_up_pages_leaves_the_survey_incomplete()
    {
        await using var web = new FakeWeb(_ => FakeWeb.Ok($"<html><body>{string.Join(' ', Enumerable.Range(0, 40).Select(_ => string.Concat(Enumerable.Range(0, 8).Select(_ => (char)('a' + Random.Shared.Next(26))))))}</body></html>"));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.False);
        });
    }

    [Test]
    public async Task Challenge_is_one_login_for_each_realm()
    {
        await using var web = new FakeWeb(path => FakeWeb.Challenge(path.StartsWith("/admin", StringComparison.Ordinal) ? "Digest realm=\"VMG-3312\", nonce=\"a\", qop=\"auth\"" : "Basic realm=\"Login\""));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Logins, Has.Length.EqualTo(2));
            Assert.That(seen.Logins[0], Is.EqualTo(new LoginPoint(LoginProtocol.HttpBasic, web.Port, false, "/", null)));
            Assert.That(seen.Logins[1], Is.EqualTo(new LoginPoint(LoginProtocol.HttpDigest, web.Port, false, "/admin", null)));
            Assert.That(seen.Items, Is.EqualTo(new[] { new DisclosedItem(DisclosureKind.Model, "VMG-3312", "header WWW-Authenticate") }));
            Assert.That(seen.Open, Is.Empty);
        });
    }

    [Test]
    public async Task Login_form_is_read_with_its_fields_wherever_it_stands()
    {
        await using var web = new FakeWeb(("/", FakeWeb.Redirect("ui/start.html")), ("/ui/start.html", FakeWeb.Ok(Login)), ("/login", FakeWeb.Ok(Login)));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Logins, Has.Length.EqualTo(1));
            Assert.That(seen.Logins[0].Form, Is.EqualTo(new LoginForm("u", "p", "/do_login", "", "")));
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Items, Is.Empty);
        });
    }

    [Test]
    public async Task Password_field_without_a_form_is_a_login_that_a_script_sends()
    {
        await using var web = new FakeWeb(("/", FakeWeb.Ok("""<body><input id="pw" type="password"><button onclick="send()">Go</button><script>function send() {}</script></body>""")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Other }));
            Assert.That(seen.Coverage.Statement, Does.Contain("scripts were not run"));
        });
    }

    [Test]
    public async Task Pages_that_the_start_page_names_are_asked_for_unless_they_name_an_action()
    {
        await using var web = new FakeWeb(
            ("/", FakeWeb.Ok("""<a href="/pages/overview.html">o</a> <a href='reboot.cgi'>r</a> <a href="/index.cgi?relay=off">x</a> <a href=http://192.0.2.1/>away</a> <img src=/logo.png> <script>fetch("/v2/readings")</script> <a href="#top">t</a>""")),
            ("/pages/overview.html", FakeWeb.Ok("<table><tr><td>Flow</td><td>12 l/min</td></tr><tr><td>Pressure</td><td>1.6 bar</td></tr><tr><td>Hours</td><td>4711</td></tr></table>")),
            ("/v2/readings", FakeWeb.Json("""{"flow": 12}""")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EquivalentTo(new[] { "/pages/overview.html", "/v2/readings" }));
            Assert.That(web.Asked, Has.None.Contains("reboot").And.None.Contains("relay").And.None.Contains("logo"));
            Assert.That(seen.Coverage.Statement, Does.Contain("/reboot.cgi"));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Forms_that_change_something_are_open()
    {
        await using var web = new FakeWeb(
            ("/", FakeWeb.Ok("""<form method="post" action="/set"><input name="ssid"><input name="channel" value="6"></form>""")),
            ("/update", FakeWeb.Ok("""<form method="POST" enctype="multipart/form-data"><input type="file" name="image"></form>""")),
            ("/setup", FakeWeb.Ok("""<form method="post"><input type=password name=new1><input type=password name=new2></form>""")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.EquivalentTo(new[] { new OpenAccess("form with ssid, channel", "/"), new OpenAccess("form that takes a file", "/update"), new OpenAccess("form that sets a password", "/setup") }));
            Assert.That(seen.Logins, Is.Empty);
        });
    }

    [Test]
    public async Task What_says_nothing_is_no_disclosure()
    {
        await using var web = new FakeWeb(
            ("/", FakeWeb.Ok("<html><title>Welcome</title><body>It works! HTML 4.01, HTTP/1.1, TLS 1.2.</body></html>")),
            ("/status", FakeWeb.Json("""{"status":"error","message":"login required"}""")),
            ("/config", FakeWeb.Ok("Access denied", "text/plain")),
            ("/favicon.ico", FakeWeb.Ok("x", "image/x-icon")),
            ("/robots.txt", FakeWeb.Ok("User-agent: *\nDisallow: /", "text/plain")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.Open, Is.Empty);
        });
    }

    [Test]
    public async Task Secrets_are_named_and_never_kept()
    {
        await using var web = new FakeWeb(
            ("/config.json", FakeWeb.Json("""{"wifi":{"ssid":"Homestead","psk":"correct horse battery"},"mqtt_password":"s3cr3t!","password_set":true,"min_password_length":8}""")),
            ("/wpa_supplicant.conf", FakeWeb.Ok("network={\n ssid=\"Homestead\"\n psk=\"another one 99\"\n}\n", "text/plain")),
            ("/etc/passwd", FakeWeb.Ok("root:$1$abcdefgh$1234567890abcdefghijkl:0:0:root:/root:/bin/sh\n", "text/plain")),
            ("/.env", FakeWeb.Ok("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBkg\n-----END EC PRIVATE KEY-----\n", "text/plain")),
            ("/about", FakeWeb.Ok("<p>The administrator's password is Warm-Water-42</p>")));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(web.Port, ServiceProtocol.Http);

        var kept = $"{string.Concat(seen.Items)}{string.Concat(seen.Open)}{seen.Coverage}{bench.Said}";
        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Credential), Is.EquivalentTo(new[]
            {
                "a value under the name psk", "a value under the name mqtt_password", "a password hash of root", "a private key", "a password of AuthMech-1 that the laboratory holds",
            }));
            foreach (var secret in new[] { "correct horse", "s3cr3t!", "another one", "$1$abcdefgh", "MHcCAQEEIBkg", "Warm-Water-42" })
            {
                Assert.That(kept, Does.Not.Contain(secret));
            }
        });
    }

    [Test]
    public async Task Declared_identity_is_found_by_its_letters()
    {
        await using var web = new FakeWeb(
            ("/", FakeWeb.Ok("<p>Thermona GW-24 Connect v2.1.0</p><!-- unit GW24-004711, 02005E100001 -->")),
            ("/version", FakeWeb.Ok("12.1.0", "text/plain")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Model), Is.EqualTo(new[] { "GW-24 Connect" }));
            Assert.That(seen.Items(DisclosureKind.SerialNumber), Is.EqualTo(new[] { "serial number GW24-004711" }));
            Assert.That(seen.Items(DisclosureKind.MacAddress), Is.EqualTo(new[] { "02:00:5e:10:00:01" }));
            Assert.That(seen.Items.Where(item => item.What == "firmware version 2.1.0").Select(item => item.Where), Is.EqualTo(new[] { "/" }));
        });
    }

    [TestCase("/error.log", "2026-03-02 11:04:31 a\n2026-03-02 11:04:32 b\n2026-03-02 11:04:33 c\n", "text/plain", DisclosureKind.Log)]
    [TestCase("/metrics", "# TYPE x counter\nx_total 4\ny_total{a=\"b\"} 5\nz 1.5\n", "text/plain", DisclosureKind.Status)]
    [TestCase("/debug/", "<html><title>Index of /debug/</title><body><h1>Index of /debug/</h1><a href=\"../\">../</a></body></html>", "text/html", DisclosureKind.DirectoryListing)]
    [TestCase("/test", "Traceback (most recent call last):\n  File \"/opt/x.py\", line 3, in f\n", "text/plain", DisclosureKind.InternalError)]
    [TestCase("/config.txt", "a=1\nb=2\nmode = auto\nlevel=3\nfive=5\n", "text/plain", DisclosureKind.Status)]
    [TestCase("/snapshot.jpg", "\xff\xd8\xff\xe0", "image/jpeg", DisclosureKind.PersonalData)]
    [TestCase("/backup.bin", "\0\x01\x02\x03\0\0\0\x04", "application/octet-stream", DisclosureKind.Status)]
    [TestCase("/.git/HEAD", "ref: refs/heads/master\n", "text/plain", DisclosureKind.Status)]
    public async Task Content_is_known_by_its_shape(string path, string body, string type, DisclosureKind kind)
    {
        await using var web = new FakeWeb((path, FakeWeb.Ok(body, type)));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { path }));
            Assert.That(seen.Items.Select(item => item.Kind), Has.Some.EqualTo(kind));
            Assert.That(seen.Items.Select(item => item.What.Length), Is.All.LessThanOrEqualTo(120));
        });
    }

    [Test]
    public async Task Descriptions_tell_without_being_open()
    {
        await using var web = new FakeWeb(
            ("/rootDesc.xml", FakeWeb.Ok("<?xml version=\"1.0\"?><root><device><friendlyName>Heater</friendlyName><modelNumber>GW24</modelNumber><serialNumber>4711-0815</serialNumber></device></root>", "text/xml")),
            ("/openapi.json", FakeWeb.Json("""{"openapi":"3.0.1","paths":{"/users":{"post":{"password":"string"}}}}""")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Items(DisclosureKind.SerialNumber), Is.EqualTo(new[] { "serialNumber 4711-0815" }));
            Assert.That(seen.Items(DisclosureKind.ApiDescription), Is.Not.Empty);
            Assert.That(seen.Items(DisclosureKind.Credential), Is.Empty);
        });
    }

    [TestCase("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n")]
    public async Task Device_that_asks_for_a_pause_gets_it(string pause)
    {
        await using var web = new FakeWeb(path => path == "/status.json" ? pause : FakeWeb.NotFound);

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(web.Asked.Last(), Is.EqualTo("/status.json"));
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("asks for a pause"));
        });
    }

    [Test]
    public async Task Device_that_becomes_slow_is_left_alone()
    {
        var time = new LeapingTime();
        var asked = 0;
        await using var web = new FakeWeb(_ =>
        {
            if (++asked > 30)
            {
                time.Leap(TimeSpan.FromSeconds(4));
            }

            return FakeWeb.NotFound;
        });

        var seen = await web.SurveyAsync(time);

        Assert.Multiple(() =>
        {
            Assert.That(asked, Is.LessThan(40));
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("has become slow"));
        });
    }

    [Test]
    public async Task Slow_device_meets_the_end_of_the_time()
    {
        var time = new LeapingTime();
        await using var web = new FakeWeb(_ =>
        {
            time.Leap(TimeSpan.FromSeconds(1));
            return FakeWeb.NotFound;
        });

        var seen = await web.SurveyAsync(time);

        Assert.Multiple(() =>
        {
            Assert.That(web.Asked, Has.Count.InRange(60, 121));
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("time of 120 s is over"));
        });
    }

    [Test]
    public async Task Device_that_falls_silent_leaves_the_survey_incomplete()
    {
        var asked = 0;
        await using var web = new FakeWeb(_ => ++asked > 30 ? "" : FakeWeb.NotFound);

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(asked, Is.LessThan(50));
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("no answer to 3 requests"));
        });
    }

    [Test]
    public async Task One_path_without_an_answer_is_named()
    {
        await using var web = new FakeWeb(path => path == "/debug" ? "" : FakeWeb.NotFound);

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("/debug (ClosedByPeer)"));
            Assert.That(web.Asked, Has.Some.EqualTo("/robots.txt"));
        });
    }

    [Test]
    public async Task Site_without_end_meets_the_budget()
    {
        await using var web = new FakeWeb(path => path == "/" || path.StartsWith("/p", StringComparison.Ordinal) && path.Length > 12
            ? FakeWeb.Ok(string.Concat(Enumerable.Range(0, 60).Select(_ => $"<a href=/p{Guid.NewGuid():N}.html>x</a>")))
            : FakeWeb.NotFound);

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(web.Asked, Has.Count.EqualTo(400 + SocketPaths));
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("within 400 requests"));
        });
    }

    [Test]
    public async Task Stream_without_end_is_open_and_does_not_hold_the_survey()
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
            {
                if (!head.StartsWith("GET /video.mjpg ", StringComparison.Ordinal))
                {
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(FakeWeb.NotFound), end);
                    continue;
                }

                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\n"u8.ToArray(), end);
                while (true)
                {
                    await stream.WriteAsync(new byte[64 * 1024], end);
                }
            }
        });
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(device.Endpoint.Port, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/video.mjpg" }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Port_that_speaks_no_http_is_unanswered()
    {
        await using var device = new FakeDevice(async (stream, end) => await stream.WriteAsync("SSH-2.0-dropbear\r\n"u8.ToArray(), end));
        using var bench = new SurveyBench();

        var outcome = await bench.AskAsync(device.Endpoint.Port, ServiceProtocol.Http);

        Assert.That(outcome, Is.TypeOf<ProbeOutcome.Unanswered>().With.Property("Silence").EqualTo(Silence.Malformed).Or.Property("Silence").EqualTo(Silence.Reset).Or.Property("Silence").EqualTo(Silence.ClosedByPeer));
    }

    [Test]
    public async Task Closed_port_is_unanswered()
    {
        using var bench = new SurveyBench();

        var outcome = await bench.AskAsync(Daemon.FreePort(), ServiceProtocol.Http);

        Assert.That(outcome, Is.TypeOf<ProbeOutcome.Unanswered>().With.Property("Silence").EqualTo(Silence.Refused));
    }
}
