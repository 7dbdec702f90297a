using System.Text;
using System.Text.Json;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Emulator;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Endpoint = DeviceConformance.Model.Network.Endpoint;

namespace DeviceConformance.Tests.Logins;

[Parallelizable(ParallelScope.All)]
public sealed class AccessTrialTests
{
    private const string Mechanism = "AuthMech-1";
    private const string Password = "Warm-Water-42";
    private const string Label = "q7TzB2mK9xWd";
    private static readonly LoginForm _form = new("user", "password", "/login", "Wrong user name or password", "");

    [TestCase("GET", "/home")]
    [TestCase("GET", "/status")]
    [TestCase("GET", "/settings")]
    [TestCase("POST", "/settings")]
    [TestCase("GET", "/")]
    public async Task The_sound_heater_lets_in_whoever_logs_in_and_nobody_else(string method, string path)
    {
        await using var device = await TestDevice.StartAsync();
        var setPoint = device.Device.SetPoint;

        var seen = await AskWebAsync(device, method, path);

        Assert.Multiple(() =>
        {
            Assert.That(
                (seen.Anonymous, seen.Wrong, seen.LowRights, seen.Valid),
                Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.NotTried, AccessResult.Granted)), seen.Details);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.PasswordInClear, Is.False);
            Assert.That(device.Device.SetPoint, Is.EqualTo(setPoint));
        });
    }

    [Test]
    public async Task A_declared_path_that_only_refuses_is_asked_for_as_a_resource()
    {
        await using var device = await TestDevice.StartAsync();
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/home", _form);

        var seen = await AskAsync(device, login, "GET", "/home", [LoginBench.Credential(Mechanism, "admin", Password)]);

        Assert.That((seen.Anonymous, seen.Wrong, seen.Valid), Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.Granted)), seen.Details);
        Assert.That(seen.Coverage.IsComplete, Is.True);
    }

    [TestCase(DeviceFaults.OpenStatus, "GET", "/status")]
    [TestCase(DeviceFaults.OpenSettings, "POST", "/settings")]
    public async Task A_resource_that_a_fault_opens_is_given_to_everybody(DeviceFaults fault, string method, string path)
    {
        await using var device = await TestDevice.StartAsync(fault);
        var setPoint = device.Device.SetPoint;

        var seen = await AskWebAsync(device, method, path);

        Assert.Multiple(() =>
        {
            Assert.That((seen.Anonymous, seen.Wrong, seen.Valid), Is.EqualTo((AccessResult.Granted, AccessResult.Granted, AccessResult.Granted)), seen.Details);
            Assert.That(device.Device.SetPoint, Is.EqualTo(setPoint));
        });
    }

    [Test]
    public async Task A_login_over_HTTP_sends_the_password_in_clear()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.HttpLogin);

        var seen = await AskWebAsync(device, "GET", "/status", tls: false);

        Assert.That((seen.PasswordInClear, seen.Tls, seen.Valid), Is.EqualTo((true, false, AccessResult.Granted)), seen.Details);
    }

    [Test]
    public async Task A_port_that_only_redirects_to_HTTPS_takes_no_password_in_clear()
    {
        await using var device = await TestDevice.StartAsync();

        var seen = await AskWebAsync(device, "GET", "/status", tls: false);

        Assert.Multiple(() =>
        {
            Assert.That(seen.PasswordInClear, Is.False, seen.Details);
            Assert.That(seen.Anonymous, Is.EqualTo(AccessResult.Refused), seen.Details);
            Assert.That(seen.Valid, Is.Not.EqualTo(AccessResult.Granted), seen.Details);
        });
    }

    [TestCase(DeviceFaults.None, AccessResult.Refused)]
    [TestCase(DeviceFaults.OpenMqtt, AccessResult.Granted)]
    public async Task The_broker_is_asked_for_a_session(DeviceFaults fault, AccessResult anonymous)
    {
        await using var device = await TestDevice.StartAsync(fault);
        var login = new LoginPoint(LoginProtocol.Mqtt, device.Device.Port(DevicePorts.MqttTls), true, "/", null);

        var seen = await AskAsync(device, login, "GET", "/", [LoginBench.Credential(Mechanism, "panel", Label)]);

        Assert.That((seen.Anonymous, seen.Wrong, seen.Valid), Is.EqualTo((anonymous, AccessResult.Refused, AccessResult.Granted)), seen.Details);
    }

    [Test]
    public async Task Telnet_and_FTP_are_asked_for_a_session()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen | DeviceFaults.FtpAnonymous);
        var telnet = new LoginPoint(LoginProtocol.Telnet, device.Device.Port(DevicePorts.Telnet), false, "/", null);
        var ftp = new LoginPoint(LoginProtocol.Ftp, device.Device.Port(DevicePorts.Ftp), false, "/", null);

        var overTelnet = await AskAsync(device, telnet, "GET", "/", [LoginBench.Credential(Mechanism, "root", "GW24-service")]);
        var overFtp = await AskAsync(device, ftp, "GET", "/", []);

        Assert.Multiple(() =>
        {
            Assert.That((overTelnet.Anonymous, overTelnet.Wrong, overTelnet.Valid, overTelnet.PasswordInClear), Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.Granted, true)), overTelnet.Details);
            Assert.That((overFtp.Anonymous, overFtp.Wrong, overFtp.Valid, overFtp.PasswordInClear), Is.EqualTo((AccessResult.Granted, AccessResult.Refused, AccessResult.NotTried, true)), overFtp.Details);
            Assert.That(overFtp.Coverage.IsComplete, Is.False);
            Assert.That(overFtp.Coverage.Statement, Does.Contain("lab.yaml"));
        });
    }

    [Test]
    public async Task Many_trials_at_once_do_not_lock_the_account()
    {
        await using var device = await TestDevice.StartAsync();
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [LoginBench.Credential(Mechanism, "admin", Password)] }, address: device.Address);
        using var probe = new AccessTrialProbe();
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/", _form);
        var endpoint = new Endpoint(new DutAddress(device.Address), login.Port);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => ((Probe)probe).AskAsync(new AccessTrial(endpoint, Mechanism, login, "GET", "/status"), bench.Context, default)));

        Assert.That(outcomes.OfType<ProbeOutcome.Observed>().Select(outcome => ((AccessSeen)outcome.Observation).Valid), Is.EqualTo(Enumerable.Repeat(AccessResult.Granted, 12)));
    }

    [Test]
    public async Task Without_a_valid_credential_wrong_ones_are_tried_twice_at_the_most()
    {
        await using var device = await TestDevice.StartAsync();
        using var bench = new LoginBench(address: device.Address);
        using var probe = new AccessTrialProbe();
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/", _form);
        var request = new AccessTrial(new Endpoint(new DutAddress(device.Address), login.Port), Mechanism, login, "GET", "/status");

        var results = new List<AccessResult>();
        for (var trial = 0; trial < 4; trial++)
        {
            results.Add(Seen(await ((Probe)probe).AskAsync(request, bench.Context, default)).Wrong);
        }

        Assert.That(results, Is.EqualTo([AccessResult.Refused, AccessResult.Refused, AccessResult.NotTried, AccessResult.NotTried]));
    }

    [Test]
    public async Task A_credential_that_is_refused_is_not_tried_again()
    {
        await using var device = await TestDevice.StartAsync();
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [LoginBench.Credential(Mechanism, "admin", "mistyped")] }, address: device.Address);
        using var probe = new AccessTrialProbe();
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/", _form);
        var request = new AccessTrial(new Endpoint(new DutAddress(device.Address), login.Port), Mechanism, login, "GET", "/status");

        var first = Seen(await ((Probe)probe).AskAsync(request, bench.Context, default));
        var second = Seen(await ((Probe)probe).AskAsync(request, bench.Context, default));

        Assert.That((first.Valid, second.Valid), Is.EqualTo((AccessResult.Refused, AccessResult.NotTried)), second.Details);
    }

    [Test]
    public async Task A_locked_login_is_waited_out_once()
    {
        var time = new SkippingTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { TimeProvider = time.ForDevice });
        var lockOut = Fact<LockOut>.Declared(new LockOut(5, 60), default);
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/", _form);
        using var bench = new LoginBench(ixit: LoginBench.AuthMechs((Mechanism, new AuthMechFacts { Logins = [login], LockOut = lockOut })), time: time, address: device.Address);
        var endpoint = new Endpoint(new DutAddress(device.Address), login.Port);
        for (var wrong = 0; wrong < 5; wrong++)
        {
            _ = await LoginClient.TryAsync(endpoint, login, "admin", new Secret($"wrong-{wrong}"), bench.Context, default);
        }

        var opened = await LoginClient.OpenHttpSessionAsync(endpoint, login, "admin", new Secret(Password), bench.Context, default);

        Assert.That(bench.Progress, Does.Contain("the login is locked; waiting 61 s"));
        Assert.That(opened.TryGet(out var http), Is.True, opened.Attempt.Answer);
        await using (http)
        {
            Assert.That((await http.GetAsync("/status", default)).Status, Is.EqualTo(200));
        }
    }

    [Test]
    public async Task A_device_that_answers_every_path_alike_leaves_access_unclear()
    {
        await using var device = await WebDevice.StartAsync(context => context.Response.WriteAsync("<html>the one page of this device</html>"));

        var seen = await AskLocalAsync(device, new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/", null), "/status");

        Assert.That((seen.Anonymous, seen.Coverage.IsComplete), Is.EqualTo((AccessResult.Unclear, false)), seen.Details);
        Assert.That(seen.PasswordInClear, Is.False);
    }

    [Test]
    public async Task An_error_message_with_status_200_is_not_access()
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var isIn = context.Request.Headers.Authorization.ToString().StartsWith("Basic ", StringComparison.Ordinal)
                && Encoding.UTF8.GetString(Convert.FromBase64String(context.Request.Headers.Authorization.ToString()[6..])) == "admin:sesame";
            context.Response.StatusCode = context.Request.Path == "/status" ? 200 : isIn ? 404 : 401;
            await context.Response.WriteAsync(isIn ? "{\"temperature\":48,\"pressure\":2}" : "{\"error\":\"no rights, sorry\",\"hint\":\"sign in\"}");
        });

        var seen = await AskLocalAsync(device, new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/login", null), "/status", LoginBench.Credential(Mechanism, "admin", "sesame"));

        Assert.That((seen.Anonymous, seen.Valid, seen.PasswordInClear), Is.EqualTo((AccessResult.Unclear, AccessResult.Granted, true)), seen.Details);
    }

    [Test]
    public async Task An_open_page_of_settings_with_a_password_field_is_not_taken_for_the_login_page()
    {
        await using var device = await WebDevice.StartAsync(context => context.Request.Path.Value switch
        {
            "/" => context.Response.WriteAsync("<form><input name=user><input name=password type=password></form>"),
            "/wifi" => context.Response.WriteAsync("<form><input name=ssid value=Home><input name=password type=password value=secret></form>"),
            _ => NotFound(context),
        });

        var seen = await AskLocalAsync(device, new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", _form), "/wifi");

        Assert.That(seen.Anonymous, Is.EqualTo(AccessResult.Granted), seen.Details);
    }

    [Test]
    public async Task A_device_that_looks_at_the_user_name_only_gives_access_to_a_wrong_password()
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var header = context.Request.Headers.Authorization.ToString();
            var pair = header.StartsWith("Basic ", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])) : "";
            context.Response.StatusCode = pair.StartsWith("admin:", StringComparison.Ordinal) ? 200 : 401;
            await context.Response.WriteAsync(context.Response.StatusCode == 200 && context.Request.Path == "/status" ? "pressure 2 bar" : "");
        });

        var seen = await AskLocalAsync(device, new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/status", null), "/status", LoginBench.Credential(Mechanism, "admin", "sesame"));

        Assert.That((seen.Anonymous, seen.Wrong), Is.EqualTo((AccessResult.Refused, AccessResult.Granted)), seen.Details);
    }

    [Test]
    public async Task A_login_that_is_not_spoken_is_not_tried()
    {
        using var bench = new LoginBench();
        using var probe = new AccessTrialProbe();
        var request = new AccessTrial(LoginBench.At(22), Mechanism, new LoginPoint(LoginProtocol.Other, 22, false, "/", null), "GET", "/");

        var seen = Seen(await ((Probe)probe).AskAsync(request, bench.Context, default));

        Assert.That((seen.Anonymous, seen.Valid, seen.Coverage.IsComplete), Is.EqualTo((AccessResult.NotTried, AccessResult.NotTried, false)));
        Assert.That(seen.Coverage.Statement, Does.Contain("does not speak"));
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private static Task<AccessSeen> AskWebAsync(TestDevice device, string method, string path, bool tls = true)
    {
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(tls ? DevicePorts.Https : DevicePorts.Http), tls, "/", _form);
        return AskAsync(device, login, method, path, [LoginBench.Credential(Mechanism, "admin", Password)]);
    }

    private static async Task<AccessSeen> AskAsync(TestDevice device, LoginPoint login, string method, string path, TestCredential[] credentials)
    {
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [.. credentials] }, address: device.Address);
        return await AskAsync(bench, new AccessTrial(new Endpoint(new DutAddress(device.Address), login.Port), Mechanism, login, method, path));
    }

    private static async Task<AccessSeen> AskLocalAsync(WebDevice device, LoginPoint login, string path, params TestCredential[] credentials)
    {
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [.. credentials] });
        return await AskAsync(bench, new AccessTrial(LoginBench.At(device.Port), Mechanism, login, "GET", path));
    }

    private static async Task<AccessSeen> AskAsync(LoginBench bench, AccessTrial request)
    {
        using var probe = new AccessTrialProbe();
        var outcome = await ((Probe)probe).AskAsync(request, bench.Context, default);

        // Nothing that is kept may show a password that logs in.
        var json = JsonSerializer.Serialize(outcome, RunJson.Default.ProbeOutcome);
        foreach (var secret in bench.Context.Declared.Lab.Credentials.Select(credential => credential.Password.Reveal()).Append(Password).Append(Label))
        {
            Assert.That(bench.Transcript + json, Does.Not.Contain(secret));
        }

        return Seen(outcome);
    }

    private static AccessSeen Seen(ProbeOutcome outcome)
    {
        Assert.That(outcome, Is.TypeOf<ProbeOutcome.Observed>(), outcome.Summary);
        return (AccessSeen)((ProbeOutcome.Observed)outcome).Observation;
    }
}
