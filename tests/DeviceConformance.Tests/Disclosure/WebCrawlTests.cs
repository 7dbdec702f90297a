using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Tests.Emulator;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>What a survey of a web port follows, and what it notes beside disclosures.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class WebCrawlTests
{
    [Test]
    public async Task Scripts_lead_to_data_logins_and_requests_that_are_not_sent()
    {
        await using var web = new FakeWeb(
            ("/", FakeWeb.Ok("""<html><head><base href="/ui/"><script src="main.js"></script></head><body><div id=root></div></body></html>""")),
            ("/ui/main.js", FakeWeb.Ok("""import("./part-2.js"); fetch("/api/login",{method:"POST",body:JSON.stringify({user:u,pass:p})});""", "text/javascript")),
            ("/ui/part-2.js", FakeWeb.Ok("""get(`/v3/rooms/${id}`); fetch("/v3/mode",{method:"PUT",body:m}); get("readings.json"); //# sourceMappingURL=part-2.js.map""", "text/javascript")),
            ("/ui/readings.json", FakeWeb.Json("""{"flow": 12}""")),
            ("/ui/part-2.js.map", FakeWeb.Json("""{"version":3,"sources":["src/a.ts"],"sourcesContent":["let a"],"mappings":"AAAA"}""")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EquivalentTo(new[] { "/ui/readings.json", "/ui/part-2.js.map" }));
            Assert.That(seen.Items.Select(item => item.Where), Is.All.EqualTo("/ui/readings.json"));
            Assert.That(seen.Logins, Is.EqualTo(new[] { new LoginPoint(LoginProtocol.HttpJson, web.Port, false, "/ui/", new LoginForm("user", "pass", "/api/login", "", "")) }));
            Assert.That(seen.Web!.Writes.Select(write => $"{write.Method} {write.Path}"), Is.EquivalentTo(new[] { "PUT /v3/mode", "POST /api/login" }));
            Assert.That(web.Asked, Does.Contain("/v3/rooms/"));
            Assert.That(seen.Web.Depth, Is.EqualTo(3));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Description_of_an_API_is_followed_by_GET_only()
    {
        await using var web = new FakeWeb(
            ("/openapi.json", FakeWeb.Json("""{"openapi":"3.0.1","servers":[{"url":"/rest"}],"paths":{"/boiler":{"get":{},"put":{}},"/boiler/{id}":{"get":{}},"/reboot":{"get":{}}}}""")),
            ("/rest/boiler", FakeWeb.Json("""{"pressure": 1.6}""")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/rest/boiler" }));
            Assert.That(seen.Web!.Writes.Single(), Is.EqualTo(new WebWrite("PUT", "/rest/boiler", "/openapi.json")));
            Assert.That(seen.Web.Actions, Is.EqualTo(new[] { "/rest/reboot" }));
            Assert.That(web.Asked, Has.None.Contains("reboot").And.None.Contains("{"));
        });
    }

    [TestCase("/fw/GW24.bin", "hsqs\x10\0\0\0", "firmware or part of it to take away (squashfs file system)")]
    [TestCase("/data/heater", "SQLite format 3\0\x10\0", "file to take away (SQLite database)")]
    public async Task Files_that_pages_name_are_known_by_their_content(string path, string content, string open)
    {
        await using var web = new FakeWeb(("/", FakeWeb.Ok($"<a href={path}>x</a>")), (path, FakeWeb.Ok(content, "text/html")));

        var seen = await web.SurveyAsync();

        Assert.That(seen.Open, Is.EqualTo(new[] { new OpenAccess(open, path) }));
    }

    [Test]
    public async Task Server_with_one_page_for_every_path_has_no_files_sockets_or_keys()
    {
        await using var web = new FakeWeb(_ => FakeWeb.Ok("""<!doctype html><html><head><script src="/app.js"></script></head><body><div id="root"></div></body></html>"""));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.Web!.WebSockets, Is.Empty);
        });
    }

    [Test]
    public async Task Cookies_and_forms_are_facts()
    {
        await using var web = new FakeWeb(
            ("/", FakeWeb.Ok("<form method=post action=/mode><input name=mode value=eco></form><form method=post action=/flow><input type=hidden name=csrf_token value=0123456789ab><input name=flow value=3></form>", headers: "Set-Cookie: sid=0123456789abcdef; Path=/; HttpOnly; samesite=lax\r\nSet-Cookie: lang=en\r\n")));

        var seen = await web.SurveyAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Web!.Cookies, Is.EqualTo(new[] { new WebCookie("sid", "/", 16, false, true, "lax"), new WebCookie("lang", "/", 2, false, false, "") }));
            Assert.That(seen.Web.Forms.Select(form => (form.Action, form.HasToken)), Is.EqualTo(new[] { ("/mode", false), ("/flow", true) }));
            Assert.That(seen.Web.InClear, Does.Contain("/"));
            Assert.That(seen.Coverage.Statement, Does.Contain("in clear there is /"));
        });
    }

    [Test]
    public async Task Port_that_only_leads_to_TLS_gives_nothing_in_clear()
    {
        await using var device = await TestDevice.StartAsync();
        using var bench = new SurveyBench(device.Address);

        var seen = await bench.SeeAsync(DevicePorts.Http, ServiceProtocol.Http);

        Assert.That(seen.Web!.InClear, Is.Empty);
        Assert.That(seen.Web.ToTls, Is.GreaterThan(200));
        Assert.That(seen.Coverage.Statement, Does.Contain("all content is behind TLS"));
    }

    [Test]
    public async Task Recording_without_facts_of_the_web_still_loads()
    {
        await using var device = await TestDevice.StartAsync();
        using var bench = new SurveyBench(device.Address);
        var seen = await bench.SeeAsync(DevicePorts.Https, ServiceProtocol.Http, tls: true);
        var json = JsonNode.Parse(JsonSerializer.Serialize<ProbeOutcome>(new ProbeOutcome.Observed(seen), RunJson.Default.ProbeOutcome))!;
        var observation = json["observation"]!.AsObject();
        Assert.That(observation.Remove("web"), Is.True);
        Assert.That(observation["logins"]![0]!["form"]!.AsObject().Remove("tokenField"), Is.True);

        var older = (DisclosureSeen)((ProbeOutcome.Observed)JsonSerializer.Deserialize(json.ToJsonString(), RunJson.Default.ProbeOutcome)!).Observation;

        Assert.That((older.Web, older.Logins[0]), Is.EqualTo(((WebSeen?)null, seen.Logins[0])));
    }

    [Test]
    public async Task WebSocket_is_seen_with_what_it_tells_and_whom_it_lets_in()
    {
        await using var device = new FakeDevice(ServeSocketAsync);
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(device.Endpoint.Port, ServiceProtocol.Http);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Web!.WebSockets.Select(socket => (socket.Path, socket.WithoutLogin, socket.ForeignOrigin)), Is.EquivalentTo(new[]
            {
                ("/api/ws", AccessResult.Granted, AccessResult.Granted), ("/ws", AccessResult.Refused, AccessResult.NotTried), ("/websocket", AccessResult.Granted, AccessResult.Refused),
            }));
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "/api/ws" }));
            Assert.That(seen.Items(DisclosureKind.Credential), Is.Not.Empty);
            Assert.That($"{seen.Web}{string.Concat(seen.Web.WebSockets)}{bench.Said}", Does.Not.Contain("kettle-77"));
        });
    }

    [Test]
    public async Task Interface_of_scripts_with_its_JSON_login_is_found()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { JsonInterface = true });
        using var bench = new SurveyBench(device.Address);
        var seen = await bench.SeeAsync(DevicePorts.Https, ServiceProtocol.Http, tls: true);

        // Nothing links to it from the start page of the device, so that the list has to name it.
        Assert.That(seen.Logins.Select(login => login.Protocol), Does.Contain(LoginProtocol.HttpForm));
        Assert.That(seen.Logins, Does.Contain(new LoginPoint(LoginProtocol.HttpJson, DevicePorts.Https, true, "/app/", new LoginForm("username", "password", "/app/api/login", "", ""))));
        Assert.That(seen.Open, Is.Empty);
    }

    [Test]
    public async Task Copy_of_the_settings_is_known_and_its_secrets_are_not_kept()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.OpenBackup);
        using var bench = new SurveyBench(device.Address);

        var seen = await bench.SeeAsync(DevicePorts.Https, ServiceProtocol.Http, tls: true);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open, Is.EqualTo(new[] { new OpenAccess("copy of the settings to take away (gzip archive)", "/backup.tar.gz") }));
            Assert.That(seen.Items(DisclosureKind.Credential), Is.EqualTo(new[] { "a password hash of root", "a value under the name wifi_password" }));
            Assert.That(seen.Items(DisclosureKind.Status), Has.One.Contains("etc/wifi.conf"));
            Assert.That($"{string.Concat(seen.Items)}{seen.Coverage}{bench.Said}", Does.Not.Contain("1q2w3e4r5t6z").And.Not.Contain("lavender"));
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 150)]
    public Property Damaged_answers_to_an_upgrade_never_throw()
    {
        const string sound = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x05hello\x82\x7e\x01\x00";
        var damaged = from at in Gen.Choose(0, sound.Length - 1)
                      from value in Gen.Choose(0, 255)
                      from cut in Gen.Choose(0, sound.Length)
                      select Encoding.Latin1.GetBytes(string.Concat(sound.AsSpan(0, at), [(char)value], sound.AsSpan(at + 1))[..cut]).ToList();
        return Prop.ForAll(damaged.ToArbitrary(), bytes =>
            WebSocketAsking.ReadHead(bytes, "dGhlIHNhbXBsZSBub25jZQ==").Status is >= 0 and < 1000 && WebSocketAsking.FirstMessage(bytes).Length < 5000);
    }

    [Test]
    public void Upgrade_counts_with_its_proof_only()
    {
        List<byte> Bytes(string text) => [.. Encoding.Latin1.GetBytes(text)];
        // The example of RFC 6455, 1.3.
        const string key = "dGhlIHNhbXBsZSBub25jZQ==";
        Assert.Multiple(() =>
        {
            Assert.That(WebSocketAsking.ReadHead(Bytes("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"), key), Is.EqualTo((101, true)));
            Assert.That(WebSocketAsking.ReadHead(Bytes("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"), key).Status, Is.Zero);
            Assert.That(WebSocketAsking.FirstMessage(Bytes("\x89\x02hi\x81\x03you")), Is.EqualTo("you"));
            Assert.That(WebSocketAsking.FirstMessage(Bytes("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff")), Is.Empty);
        });
    }

    private static async Task ServeSocketAsync(System.Net.Sockets.NetworkStream stream, CancellationToken end)
    {
        while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
        {
            var path = head.Split(' ')[1];
            var isForeign = head.Contains(WebSocketAsking.ForeignOrigin, StringComparison.Ordinal);
            if (!head.Contains("Upgrade: websocket", StringComparison.Ordinal) || path is not ("/ws" or "/websocket" or "/api/ws"))
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(FakeWeb.NotFound), end);
                continue;
            }

            if (path == "/ws" || (path == "/websocket" && isForeign))
            {
                await stream.WriteAsync("HTTP/1.1 403 Forbidden\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), end);
                return;
            }

            var key = head.Split("Sec-WebSocket-Key: ")[1].Split("\r\n")[0];
            var proof = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
            var message = path == "/api/ws" ? """{"wifi_password":"kettle-77"}""" : "";
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {proof}\r\n\r\n"), end);
            await stream.WriteAsync((byte[])[0x81, (byte)message.Length, .. Encoding.ASCII.GetBytes(message)], end);
            _ = await FakeDevice.ReadHeadAsync(stream, end);
            return;
        }
    }
}
