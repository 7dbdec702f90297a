using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Logins;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable]
public sealed class HttpLoginTests
{
    private const string User = "operator";
    private static readonly Secret _right = new("Steam & brass+7!");
    private static readonly Secret _wrong = new("not-the-password");

    [Test]
    public async Task Basic_tells_right_from_wrong()
    {
        await using var device = await WebDevice.StartAsync(AnswerBasicAsync);
        var login = new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/status", null);

        var (right, wrong, transcript) = await TryBothAsync(device, login);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That(wrong.Result, Is.EqualTo(AccessResult.Refused), wrong.Answer);
            Assert.That(wrong.IsInferred, Is.False);
            Assert.That(transcript, Does.Contain("Authorization: Basic (secret)"));
        });
    }

    [TestCase("MD5", "auth")]
    [TestCase("MD5", "")]
    [TestCase("SHA-256", "auth")]
    [TestCase("MD5-sess", "auth")]
    [TestCase("SHA-256-sess", "auth,auth-int")]
    public async Task Digest_tells_right_from_wrong(string algorithm, string qop)
    {
        var server = new DigestServer(algorithm, qop, usesPerNonce: 2);
        await using var device = await WebDevice.StartAsync(server.AnswerAsync);
        var login = new LoginPoint(LoginProtocol.HttpDigest, device.Port, false, "/status?unit=1", null);

        var (right, wrong, _) = await TryBothAsync(device, login);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That(wrong.Result, Is.EqualTo(AccessResult.Refused), wrong.Answer);
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_logged_in_digest_session_survives_a_nonce_that_runs_out(bool saysStale)
    {
        var server = new DigestServer("SHA-256", "auth", usesPerNonce: 2) { SaysStale = saysStale };
        await using var device = await WebDevice.StartAsync(server.AnswerAsync);
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.HttpDigest, device.Port, false, "/status", null);

        var opened = await LoginClient.OpenHttpSessionAsync(LoginBench.At(device.Port), login, User, _right, bench.Context, default);

        Assert.That(opened.TryGet(out var http), Is.True, opened.Attempt.Answer);
        await using (http)
        {
            for (var request = 0; request < 5; request++)
            {
                var answer = await http.SendAsync(HttpMethod.Post, "/update", () => new StringContent("image"), default);
                Assert.That((answer.Status, answer.Text), Is.EqualTo((200, "image")));
            }
        }
    }

    [Test]
    public async Task A_form_is_sent_with_the_tokens_of_its_page()
    {
        var token = "";
        await using var device = await WebDevice.StartAsync(async context =>
        {
            switch (context.Request.Path)
            {
                case "/":
                    context.Response.Redirect("/login.html");
                    break;
                case "/login.html":
                    token = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
                    context.Response.Cookies.Append("pre", token);
                    await context.Response.WriteAsync($"<form action=/go method=post><input type=hidden name=csrf value={token}><input name=u><input type=password name=p></form>");
                    break;
                case "/go":
                    var form = await context.Request.ReadFormAsync();
                    if (form["csrf"] != token || context.Request.Cookies["pre"] != token)
                    {
                        context.Response.StatusCode = 400;
                    }
                    else if (form["u"] == User && form["p"] == _right.Reveal())
                    {
                        context.Response.Cookies.Append("sid", "in");
                        context.Response.Redirect("/home");
                    }
                    else
                    {
                        context.Response.Redirect("/login.html?failed=1");
                    }

                    break;
                default:
                    if (context.Request.Cookies["sid"] != "in")
                    {
                        context.Response.Redirect("/login.html");
                        break;
                    }

                    await context.Response.WriteAsync("at home");
                    break;
            }
        });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("u", "p", "/go", "", ""));

        var (right, wrong, _) = await TryBothAsync(device, login);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That(wrong.Result, Is.EqualTo(AccessResult.Refused), wrong.Answer);
            Assert.That(wrong.IsInferred, Is.True);
        });
    }

    [Test]
    public async Task Declared_texts_decide_where_every_status_is_200()
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var right = context.Request.Method == "POST" && (await context.Request.ReadFormAsync())["pin"] == _right.Reveal();
            await context.Response.WriteAsync(right ? "<p>Welcome" : "<form><input name=pin type=password></form><p>Wrong PIN");
        });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("", "pin", "", "Wrong PIN", "Welcome"));

        var (right, wrong, _) = await TryBothAsync(device, login);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted));
            Assert.That((wrong.Result, wrong.IsInferred), Is.EqualTo((AccessResult.Refused, false)));
        });
    }

    [Test]
    public async Task An_answer_that_only_differs_from_nonsense_is_unclear_and_one_that_does_not_is_refusal()
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var right = context.Request.Method == "POST" && (await context.Request.ReadFormAsync())["p"] == _right.Reveal();
            await context.Response.WriteAsync($"{{\"result\":{(right ? 0 : 1)},\"stamp\":{Random.Shared.NextInt64(1_000_000_000, 9_999_999_999)}}}");
        });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("u", "p", "/api/login", "", ""));

        var (right, wrong, _) = await TryBothAsync(device, login);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Unclear), right.Answer);
            Assert.That((wrong.Result, wrong.IsInferred), Is.EqualTo((AccessResult.Refused, true)), wrong.Answer);
        });
    }

    [TestCase(429, "")]
    [TestCase(423, "")]
    [TestCase(200, "<p>Too many failed login attempts. Please wait 60 seconds.")]
    [TestCase(401, "Account temporarily locked")]
    public async Task A_blocked_login_is_told_from_a_refused_one(int status, string text)
    {
        await using var device = await WebDevice.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Method == "POST" ? status : 200;
            return context.Response.WriteAsync(context.Request.Method == "POST" ? text : "<form><input type=password name=p></form>");
        });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("u", "p", "", "", ""));
        using var bench = new LoginBench();

        var attempt = await LoginClient.TryAsync(LoginBench.At(device.Port), login, User, _right, bench.Context, default);

        Assert.That((attempt.Result, attempt.Blocked), Is.EqualTo((AccessResult.Refused, true)), attempt.Answer);
    }

    [Test]
    public async Task Basic_at_a_path_that_needs_no_login_is_unclear_and_sends_no_password()
    {
        await using var device = await WebDevice.StartAsync(context => context.Response.WriteAsync("open to all"));
        var login = new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/", null);

        var (right, _, transcript) = await TryBothAsync(device, login);

        Assert.That(right.Result, Is.EqualTo(AccessResult.Unclear));
        Assert.That(transcript, Does.Not.Contain("Authorization"));
    }

    [TestCase("")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx")]
    [TestCase("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest nonce=\"\u0001\"\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 302 Found\r\nLocation: http://203.0.113.9/\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("SSH-2.0-dropbear\r\n")]
    public async Task A_hostile_answer_is_neither_granted_nor_refused(string answer)
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var request = new byte[4096];
            _ = await stream.ReadAsync(request, cancellationToken);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), cancellationToken);
        });
        foreach (var protocol in (LoginProtocol[])[LoginProtocol.HttpBasic, LoginProtocol.HttpDigest, LoginProtocol.HttpForm])
        {
            using var bench = new LoginBench();
            var login = new LoginPoint(protocol, device.Port, false, "/", protocol == LoginProtocol.HttpForm ? new LoginForm("u", "p", "", "", "") : null);

            var attempt = await LoginClient.TryAsync(LoginBench.At(device.Port), login, User, _wrong, bench.Context, default);

            // 401 to the posted form itself is a plain refusal, whatever challenge comes with it.
            var isPlainRefusal = protocol == LoginProtocol.HttpForm && attempt is { Result: AccessResult.Refused, Code: "401" };
            Assert.That(
                isPlainRefusal || attempt is { Result: AccessResult.Unclear } or { Result: AccessResult.Refused, IsInferred: true }, Is.True, $"{protocol}: {attempt.Answer}");
        }
    }

    [TestCase(LoginProtocol.Other)]
    public async Task A_login_that_the_harness_does_not_speak_is_not_tried(LoginProtocol protocol)
    {
        using var bench = new LoginBench();

        var attempt = await LoginClient.TryAsync(LoginBench.At(9), new LoginPoint(protocol, 9, false, "/", null), User, _right, bench.Context, default);

        Assert.That(attempt.Result, Is.EqualTo(AccessResult.NotTried));
        Assert.That(attempt.Answer, Is.Not.Empty);
    }

    [Test]
    public async Task A_port_that_refuses_connections_gives_no_session()
    {
        await using var device = new RawDevice((_, _) => Task.CompletedTask);
        device.StopListening();
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/", null);

        var opened = await LoginClient.OpenHttpSessionAsync(LoginBench.At(device.Port), login, User, _right, bench.Context, default);

        Assert.That(opened.TryGet(out _), Is.False);
        Assert.That((opened.Attempt.Silence, opened.Attempt.Blocked), Is.EqualTo(((Silence?)Silence.Refused, false)));
    }

    private static Task AnswerBasicAsync(HttpContext context)
    {
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{_right.Reveal()}"));
        if (context.Request.Headers.Authorization != expected)
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"device\", charset=\"UTF-8\"";
            return Task.CompletedTask;
        }

        return context.Response.WriteAsync("status");
    }

    private static async Task<(LoginAttempt Right, LoginAttempt Wrong, string Transcript)> TryBothAsync(WebDevice device, LoginPoint login)
    {
        using var bench = new LoginBench();
        var right = await LoginClient.TryAsync(LoginBench.At(device.Port), login, User, _right, bench.Context, default);
        var wrong = await LoginClient.TryAsync(LoginBench.At(device.Port), login, User, _wrong, bench.Context, default);
        Assert.That(bench.Transcript, Does.Not.Contain(_right.Reveal()).And.Not.Contain(Uri.EscapeDataString(_right.Reveal())).And.Not.Contain("Steam"));
        return (right, wrong, bench.Transcript);
    }

    /// <summary>A server for Digest, written from the server's side of RFC 7616.</summary>
    private sealed class DigestServer(string algorithm, string qop, int usesPerNonce)
    {
        private readonly Dictionary<string, int> _uses = [];

        public bool SaysStale { get; init; } = true;

        public async Task AnswerAsync(HttpContext context)
        {
            var header = context.Request.Headers.Authorization.ToString();
            var stale = false;
            if (AuthChallenge.TryParse(header, out var parsed) && parsed[0] is { Scheme: "digest" } given && _uses.TryGetValue(given["nonce"], out var uses))
            {
                stale = uses >= usesPerNonce;
                _uses[given["nonce"]] = uses + 1;
                if (!stale && given["uri"] == context.Request.Path + context.Request.QueryString && given["response"] == Response(given, context.Request.Method))
                {
                    using var reader = new StreamReader(context.Request.Body);
                    await context.Response.WriteAsync(await reader.ReadToEndAsync() is { Length: > 0 } body ? body : "status");
                    return;
                }
            }

            var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
            _uses[nonce] = 0;
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate =
                $"Digest realm=\"device\", nonce=\"{nonce}\", algorithm={algorithm}{(qop.Length > 0 ? $", qop=\"{qop}\"" : "")}{(stale && SaysStale ? ", stale=true" : "")}";
        }

        private string Response(AuthChallenge given, string method)
        {
            var first = Hash($"{User}:device:{_right.Reveal()}");
            if (algorithm.EndsWith("-sess", StringComparison.Ordinal))
            {
                first = Hash($"{first}:{given["nonce"]}:{given["cnonce"]}");
            }

            var second = Hash($"{method}:{given["uri"]}");
            return qop.Length == 0
                ? Hash($"{first}:{given["nonce"]}:{second}")
                : Hash($"{first}:{given["nonce"]}:{given["nc"]}:{given["cnonce"]}:{given["qop"]}:{second}");
        }

        private string Hash(string text) => Convert.ToHexStringLower(
            algorithm.StartsWith("SHA", StringComparison.Ordinal) ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : MD5.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
