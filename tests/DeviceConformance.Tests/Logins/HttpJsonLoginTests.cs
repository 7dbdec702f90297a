using System.Text;
using System.Text.Json;
using DeviceConformance.Emulator;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Emulator;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable(ParallelScope.All)]
public sealed class HttpJsonLoginTests
{
    private const string User = "operator";
    private static readonly Secret _right = new("Steam & \"brass\"+7!");
    private static readonly Secret _wrong = new("not-the-password");
    private static readonly LoginForm _form = new("user", "pass", "/api/login", "", "");

    [TestCase("token")]
    [TestCase("sessionKey")]
    public async Task A_token_that_the_answer_gives_goes_along_from_then_on(string name)
    {
        await using var device = await WebDevice.StartAsync(context => AnswerAsync(context, granted => $$"""{"result":{"{{name}}":"{{(granted ? "T0ken-4711" : "")}}"} }""", "Bearer T0ken-4711"));
        var login = new LoginPoint(LoginProtocol.HttpJson, device.Port, false, "/api/state", _form with { TokenField = name == "token" ? "" : name });

        var (right, wrong, transcript) = await TryBothAsync(device, login);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That((wrong.Result, wrong.IsInferred), Is.EqualTo((AccessResult.Refused, false)), wrong.Answer);
            Assert.That(transcript, Does.Not.Contain("T0ken").And.Not.Contain("brass"));
        });
    }

    [Test]
    public async Task A_cookie_does_where_there_is_no_token_and_200_refuses_too()
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            if (context.Request.Path == "/api/login")
            {
                using var json = await JsonDocument.ParseAsync(context.Request.Body);
                var granted = json.RootElement.GetProperty("auth").GetProperty("pw").GetString() == _right.Reveal() && context.Request.Headers["X-XSRF-TOKEN"] == "abc123";
                if (granted)
                {
                    context.Response.Cookies.Append("sid", "in");
                }

                await context.Response.WriteAsync($$"""{"ok":{{(granted ? "true" : "false")}} }""");
                return;
            }

            context.Response.Cookies.Append("XSRF-TOKEN", "abc123");
            context.Response.StatusCode = context.Request.Path == "/" || context.Request.Cookies["sid"] == "in" ? 200 : 401;
            await context.Response.WriteAsync(context.Response.StatusCode == 200 ? """{"pressure":1.6}""" : "");
        });
        var login = new LoginPoint(LoginProtocol.HttpJson, device.Port, false, "/api/state", new LoginForm("", "auth.pw", "/api/login", "", ""));

        var (right, wrong, _) = await TryBothAsync(device, login);

        Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
        Assert.That((wrong.Result, wrong.IsInferred), Is.EqualTo((AccessResult.Refused, true)), wrong.Answer);
    }

    [Test]
    public async Task A_login_that_takes_anything_is_no_refusal()
    {
        await using var device = await WebDevice.StartAsync(context => AnswerAsync(context, _ => """{"token":"T0ken-4711"}""", "Bearer T0ken-4711", always: true));
        var login = new LoginPoint(LoginProtocol.HttpJson, device.Port, false, "/api/state", _form);

        var (_, wrong, _) = await TryBothAsync(device, login);

        Assert.That(wrong.Result, Is.EqualTo(AccessResult.Granted), wrong.Answer);
    }

    [Test]
    public async Task A_place_without_such_a_login_is_unclear()
    {
        await using var device = await WebDevice.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Method == "POST" ? 415 : 401;
            return Task.CompletedTask;
        });

        var (right, _, _) = await TryBothAsync(device, new LoginPoint(LoginProtocol.HttpJson, device.Port, false, "/", _form));

        Assert.That(right.Result, Is.EqualTo(AccessResult.Unclear));
        Assert.That(right.Answer, Does.Contain("no such login"));
    }

    [Test]
    public async Task The_emulated_device_is_tried_through_JSON()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { JsonInterface = true });
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [LoginBench.Credential("AuthMech-1", "admin", "Warm-Water-42")] }, address: device.Address);
        using var probe = new AccessTrialProbe();
        var login = new LoginPoint(LoginProtocol.HttpJson, DevicePorts.Https, true, "/app/api/status", new LoginForm("username", "password", "/app/api/login", "", ""));

        var outcome = await ((Probe)probe).AskAsync(new AccessTrial(new Model.Network.Endpoint(new DutAddress(device.Address), DevicePorts.Https), "AuthMech-1", login, "GET", "/app/api/status"), bench.Context, default);

        var seen = (AccessSeen)((ProbeOutcome.Observed)outcome).Observation;
        Assert.That((seen.Anonymous, seen.Wrong, seen.Valid, seen.PasswordInClear), Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.Granted, false)), seen.Details);
        Assert.That(bench.Transcript, Does.Not.Contain("Warm-Water"));
    }

    [FsCheck.NUnit.Property(MaxTest = 150)]
    public Property Damaged_answers_give_no_token_that_a_header_could_not_hold()
    {
        const string sound = """{"data":{"access_token":"abc\u0000def","token":"ok-1234","list":[1,{"jwt":"e30.e30.e30"}]}}""";
        var damaged = from at in Gen.Choose(0, sound.Length - 1)
                      from value in Gen.Choose(0, 255)
                      from cut in Gen.Choose(0, sound.Length)
                      select Encoding.Latin1.GetBytes(string.Concat(sound.AsSpan(0, at), [(char)value], sound.AsSpan(at + 1))[..cut]);
        return Prop.ForAll(damaged.ToArbitrary(), bytes => JsonNames.TokenIn(bytes, "").All(character => character is > ' ' and < '\u007f'));
    }

    private static async Task AnswerAsync(HttpContext context, Func<bool, string> loginAnswer, string authorization, bool always = false)
    {
        if (context.Request.Path == "/api/login")
        {
            using var json = await JsonDocument.ParseAsync(context.Request.Body);
            var granted = always || (json.RootElement.GetProperty("user").GetString() == User && json.RootElement.GetProperty("pass").GetString() == _right.Reveal());
            context.Response.StatusCode = granted ? 200 : 401;
            await context.Response.WriteAsync(loginAnswer(granted));
            return;
        }

        context.Response.StatusCode = context.Request.Headers.Authorization == authorization ? 200 : 401;
        await context.Response.WriteAsync(context.Response.StatusCode == 200 ? """{"pressure":1.6}""" : "");
    }

    private static async Task<(LoginAttempt Right, LoginAttempt Wrong, string Transcript)> TryBothAsync(WebDevice device, LoginPoint login)
    {
        using var bench = new LoginBench();
        var right = await LoginClient.TryAsync(LoginBench.At(device.Port), login, User, _right, bench.Context, default);
        var wrong = await LoginClient.TryAsync(LoginBench.At(device.Port), login, User, _wrong, bench.Context, default);
        return (right, wrong, bench.Transcript);
    }
}
