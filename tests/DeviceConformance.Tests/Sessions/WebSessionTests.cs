using System.Security.Cryptography;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Sessions;
using DeviceConformance.Tests.Emulator;
using DeviceConformance.Tests.Logins;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace DeviceConformance.Tests.Sessions;

[Parallelizable(ParallelScope.All)]
public sealed class WebSessionTests
{
    [Test]
    public async Task Sound_session_by_cookie()
    {
        await using var device = await TestDevice.StartAsync();

        var seen = await SessionBench.AskAsync(device, endpoint => new WebSessionTrial(endpoint, SessionBench.Mechanism, SessionBench.Form, "/status"));

        Assert.Multiple(() =>
        {
            Assert.That((seen.Valid, seen.Carrier, seen.Characters, seen.BitsAtMost, seen.Logins), Is.EqualTo((AccessResult.Granted, SessionCarrier.Cookie, 64, 256.0, 3)), seen.Details);
            Assert.That(seen.Cookies.Single(), Is.EqualTo(new WebCookie("sid", "/login", 64, true, true, "strict")));
            Assert.That(seen.Invented, Is.EqualTo(AccessResult.Refused));
            Assert.That((seen.KeptAtLogin, seen.Repeats, seen.Regular, seen.InUrl, seen.OutlivesLogout), Is.EqualTo((SessionSign.No, SessionSign.No, SessionSign.No, SessionSign.No, SessionSign.No)), seen.Details);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Sound_session_by_token()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { JsonInterface = true });

        var seen = await SessionBench.AskAsync(device, endpoint => new WebSessionTrial(endpoint, SessionBench.Mechanism, SessionBench.Json, "/app/api/status"));

        Assert.That((seen.Carrier, seen.Characters, seen.Invented, seen.Repeats, seen.Logins), Is.EqualTo((SessionCarrier.Bearer, 64, AccessResult.Refused, SessionSign.No, 3)), seen.Details);
    }

    [Test]
    public async Task Identifier_that_stays_is_seen()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.KeptSession);

        var seen = await SessionBench.AskAsync(device, endpoint => new WebSessionTrial(endpoint, SessionBench.Mechanism, SessionBench.Form, "/status"));

        Assert.That((seen.KeptAtLogin, seen.OutlivesLogout, seen.Invented), Is.EqualTo((SessionSign.Yes, SessionSign.Yes, AccessResult.Refused)), seen.Details);
    }

    [Test]
    public async Task Any_cookie_of_the_right_shape_opens_a_careless_device()
    {
        await using var device = await StartAsync((context, _) => context.Request.Cookies["auth"] is { Length: 8 } auth && auth.All(char.IsAsciiDigit), _ => "00000001");

        var seen = await SeeAsync(device);

        Assert.Multiple(() =>
        {
            Assert.That((seen.Valid, seen.Carrier, seen.Invented, seen.Repeats), Is.EqualTo((AccessResult.Granted, SessionCarrier.Cookie, AccessResult.Granted, SessionSign.Yes)), seen.Details);
            Assert.That(seen.BitsAtMost, Is.LessThan(32));
        });
    }

    [Test]
    public async Task Identifiers_that_count_up_are_regular()
    {
        var given = new HashSet<string>();
        var number = 0;
        await using var device = await StartAsync((context, _) => given.Contains(context.Request.Cookies["auth"] ?? ""), _ =>
        {
            given.Add($"GW24-SESSION-{++number:x8}");
            return $"GW24-SESSION-{number:x8}";
        });

        var seen = await SeeAsync(device);

        Assert.That((seen.Repeats, seen.Regular, seen.Invented), Is.EqualTo((SessionSign.No, SessionSign.Yes, AccessResult.Refused)), seen.Details);
    }

    [Test]
    public async Task Device_that_knows_its_client_by_address_has_no_identifier()
    {
        var isIn = false;
        await using var device = await StartAsync((_, login) => login ? isIn = true : isIn, null);

        var seen = await SeeAsync(device);

        // Nobody is asked after the login, when nobody is somebody.
        Assert.That(seen.Carrier, Is.EqualTo(SessionCarrier.Unknown).Or.EqualTo(SessionCarrier.Neither), seen.Details);
        Assert.That(seen.Invented, Is.EqualTo(AccessResult.NotTried));
    }

    [TestCase("sid=abc; Path=/; Secure; HttpOnly; SameSite=Strict", true, true, "Strict")]
    [TestCase("sid = \"abc\" ;secure ; httponly", true, true, "")]
    [TestCase("sid=abc; SameSite=<script>", false, false, "script")]
    public void Flags_of_a_cookie_are_read(string header, bool secure, bool httpOnly, string sameSite)
    {
        Assert.That(SetCookie.TryParse(header, "/", out var cookie, out var value), Is.True);
        Assert.That((cookie, value), Is.EqualTo((new WebCookie("sid", "/", 3, secure, httpOnly, sameSite), "abc")));
    }

    [TestCase("")]
    [TestCase("=x")]
    [TestCase("sid=; Max-Age=0")]
    [TestCase("no pair; Secure")]
    public void What_is_no_cookie_is_none(string header) => Assert.That(SetCookie.TryParse(header, "/", out _, out _), Is.False);

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool Any_header_is_read_and_any_identifier_has_a_like(string? header)
    {
        _ = SetCookie.TryParse(header ?? "", "/", out _, out var value);
        var invented = Identifier.Invent(value);
        return invented.Length == value.Length && Identifier.BitsAtMost(value) >= 0 && (invented.Count(char.IsAsciiLetterOrDigit) == value.Count(char.IsAsciiLetterOrDigit));
    }

    [Test]
    public void Random_identifiers_are_not_regular()
    {
        string[] random = [.. Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetHexString(32))];
        Assert.That(Identifier.AreRegular(random), Is.False);
        Assert.That(Identifier.AreRegular(["user-1-20261121", "user-1-20261122"]), Is.True);
        Assert.That(Identifier.AreRegular(["a"]), Is.False);
    }

    private static Task<WebSessionSeen> SeeAsync(WebDevice device) =>
        SessionBench.AskAsync(device, endpoint => new WebSessionTrial(endpoint, SessionBench.Mechanism, SessionBench.Form with { Port = endpoint.Port, Tls = false, Path = "/status" }, "/status"));

    /// <summary>A device with a login at /login and a resource at /status.</summary>
    private static Task<WebDevice> StartAsync(Func<HttpContext, bool, bool> isIn, Func<HttpContext, string>? identifier) => WebDevice.StartAsync(async context =>
    {
        if (context.Request.Path == "/login" && context.Request.Method == "POST")
        {
            var form = await context.Request.ReadFormAsync();
            if (form["password"] != SessionBench.Password)
            {
                context.Response.StatusCode = 401;
                return;
            }

            if (identifier is not null)
            {
                context.Response.Headers.SetCookie = $"auth={identifier(context)}; Path=/";
            }

            _ = isIn(context, true);
            await context.Response.WriteAsync("welcome");
            return;
        }

        context.Response.StatusCode = context.Request.Path != "/status" ? 404 : isIn(context, false) ? 200 : 401;
        await context.Response.WriteAsync(context.Response.StatusCode == 200 ? "pressure 2 bar" : "");
    });
}
