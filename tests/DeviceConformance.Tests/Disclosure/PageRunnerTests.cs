using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Browser;
using DeviceConformance.Probing.Disclosure;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>Pages that scripts make, shown by Chromium; where it is missing, the survey has to say so.</summary>
[TestFixture, Category("Daemon"), Parallelizable(ParallelScope.All)]
public sealed class PageRunnerTests
{
    private const string Shell = """<!doctype html><html><head><script src="/app.js"></script></head><body><div id="root"></div></body></html>""";

    [Test]
    public async Task What_scripts_show_and_ask_for_is_read_and_nothing_else_is_reached()
    {
        var elsewhere = 0;
        await using var other = new FakeDevice(async (stream, end) =>
        {
            Interlocked.Increment(ref elsewhere);
            _ = await FakeDevice.ReadHeadAsync(stream, end);
        });
        var script = $$"""
            window.onload = async () => {
              const part = "measure";
              const data = await (await fetch("/x/" + part + "ments")).json();
              fetch("/x/mo" + "de", { method: "POST", body: "a" }).catch(() => 0);
              fetch("/re" + "boot").catch(() => 0);
              fetch("http://127.0.0.1:{{other.Endpoint.Port}}/").catch(() => 0);
              fetch("http://outside.invalid/").catch(() => 0);
              document.getElementById("root").innerHTML = "<h1>Heater</h1><p>Firmware version 2.1.0</p><p>flow " + data.flow + "</p><input id=pw type=password>";
            };
            """;
        await using var web = new FakeWeb(("/", FakeWeb.Ok(Shell)), ("/app.js", FakeWeb.Ok(script, "text/javascript")), ("/x/measurements", FakeWeb.Json("""{"flow": 12}""")));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(web.Port, ServiceProtocol.Http, browser: PageRunner.Find());

        // Chromium is large and no part of the harness: a host without it still tests what the survey says then.
        if (PageRunner.Find() is null)
        {
            Assert.That(seen.Coverage.Statement, Does.Contain("Chromium is not installed"));
            return;
        }

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Does.Contain("/x/measurements"), seen.Coverage.Statement);
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("2.1.0"));
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Other }));
            Assert.That(seen.Web!.Writes.Select(write => $"{write.Method} {write.Path}"), Does.Contain("POST /x/mode"));
            Assert.That(web.Asked, Has.None.Contains("reboot").And.None.EqualTo("/x/mode"));
            Assert.That(elsewhere, Is.Zero);
            Assert.That(seen.Coverage.Statement, Does.Contain("were run in Chromium"));
        });
    }

    [Test]
    public async Task Stand_in_passes_on_what_is_read_and_refuses_the_rest()
    {
        await using var web = new FakeWeb(("/a", FakeWeb.Ok("yes", "text/plain")));
        using var bench = new SurveyBench();
        var request = new DisclosureSurvey(new Endpoint(bench.Declared.Addresses[0], web.Port), ServiceProtocol.Http, false);
        await using var device = new DeviceStandIn(request, new InformationReader(bench.Declared), bench.Context);
        using var client = new HttpClient();

        Assert.That(await client.GetStringAsync(new Uri(device.Origin, "/a")), Is.EqualTo("yes"));
        Assert.That((await client.PostAsync(new Uri(device.Origin, "/a"), new StringContent("x"))).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await client.GetAsync(new Uri(device.Origin, "/api/reboot"))).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        using var through = new HttpClient(new HttpClientHandler { Proxy = new WebProxy(device.Origin), UseProxy = true });
        Assert.That((await through.GetAsync(new Uri("http://outside.invalid/"))).StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(web.Asked, Is.EqualTo(new[] { "/a" }));
        Assert.That(device.Held.Select(held => held.Method), Is.EqualTo(new[] { "POST", "GET", "GET" }));
    }

    [TestCase("/usr/bin/no-such-browser")]
    [TestCase("/bin/false")]
    public async Task Browser_that_does_not_start_or_shows_nothing_leaves_a_remark(string browser)
    {
        await using var web = new FakeWeb(("/", FakeWeb.Ok(Shell)));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(web.Port, ServiceProtocol.Http, browser: browser);

        Assert.That(seen.Coverage.Statement, Does.Contain("Chromium did not show the page"));
    }

    [Test]
    public async Task Without_a_browser_the_coverage_says_so()
    {
        await using var web = new FakeWeb(("/", FakeWeb.Ok(Shell)));

        var seen = await web.SurveyAsync();

        Assert.That(seen.Coverage.Statement, Does.Contain("Chromium is not installed"));
    }
}
