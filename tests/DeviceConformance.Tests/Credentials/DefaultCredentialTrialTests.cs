using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Tests.Emulator;
using DeviceConformance.Tests.Logins;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Endpoint = DeviceConformance.Model.Network.Endpoint;

namespace DeviceConformance.Tests.Credentials;

[Parallelizable(ParallelScope.All)]
public sealed class DefaultCredentialTrialTests
{
    private const string Mechanism = "AuthMech-1";
    private const string Password = "Warm-Water-42";
    private const string Label = "q7TzB2mK9xWd";
    private static readonly LoginForm _form = new("user", "password", "/login", "Wrong user name or password", "");

    [Test]
    public async Task The_sound_heater_locks_its_web_login_after_five_wrong_attempts()
    {
        await using var device = await TestDevice.StartAsync();

        var seen = await TryWebAsync(device);

        Assert.Multiple(() =>
        {
            Assert.That((seen.Reaction, seen.ReactionAfter), Is.EqualTo((GuessingReaction.LockOut, 5)), seen.Coverage.Statement);
            Assert.That(seen.Accepted, Is.Empty);
            Assert.That((seen.Attempts, seen.NonsenseAccepted, seen.Coverage.IsComplete), Is.EqualTo((5, false, false)), seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task A_universal_password_is_found_and_confirmed()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.UniversalPassword);

        var seen = await TryWebAsync(device);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Accepted.Select(pair => (pair.Pair, pair.User)), Is.EqualTo([("D-001", "admin")]), seen.Coverage.Statement);
            Assert.That(seen.Reaction, Is.EqualTo(GuessingReaction.LockOut));
        });
    }

    [Test]
    public async Task Without_a_lock_the_whole_dictionary_is_tried()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.NoLockOut);

        var seen = await TryWebAsync(device);

        Assert.Multiple(() =>
        {
            Assert.That((seen.Reaction, seen.ReactionAfter), Is.EqualTo((GuessingReaction.None, 0)), seen.Coverage.Statement);
            Assert.That(seen.Attempts, Is.EqualTo(seen.Planned).And.GreaterThanOrEqualTo(CredentialDictionary.For(LoginProtocol.HttpForm).Count()));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That((seen.FirstMilliseconds, seen.LastMilliseconds), Is.GreaterThan((0.0, 0.0)));
        });
    }

    [Test]
    public async Task The_laboratory_s_own_list_comes_before_the_dictionary()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { AdministratorPassword = "Maker-9-default" });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/home", _form);
        ImmutableArray<DefaultPair> own =
        [
            new("L1-1", "admin", new Secret("not-this-0"), ["telnet"], "list own.csv, line 1"),
            new("L1-2", "admin", new Secret("nor-this-1"), ["http"], "list own.csv, line 2"),
            new("L1-3", "admin", new Secret("Maker-9-default"), [], "list own.csv, line 3"),
        ];
        using var bench = new LoginBench(
            LabSetup.Default with { CredentialLists = [new CredentialList("own.csv", own)] },
            LoginBench.AuthMechs((Mechanism, new AuthMechFacts { Logins = [login] })),
            address: device.Address);

        var seen = await TryAsync(bench, new DefaultCredentialTrial(new Endpoint(new DutAddress(device.Address), login.Port), login));

        Assert.That(seen.Accepted, Is.EqualTo([new AcceptedDefault("L1-3", "admin", "list own.csv, line 3")]), seen.Coverage.Statement);
        Assert.That((seen.Reaction, seen.ReactionAfter), Is.EqualTo((GuessingReaction.LockOut, 5)), seen.Coverage.Statement);
        Assert.That(bench.Transcript.IndexOf("L1-2 admin", StringComparison.Ordinal), Is.LessThan(bench.Transcript.IndexOf("L1-3 admin", StringComparison.Ordinal)));
        Assert.That(bench.Transcript, Does.Not.Contain("L1-1").And.Not.Contain("Maker-9-default").And.Not.Contain("nor-this-1"));
    }

    [Test]
    public async Task A_password_from_the_serial_number_is_found_and_told_apart()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { AdministratorPassword = "24004711", Faults = DeviceFaults.NoLockOut });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/home", _form);
        using var bench = new LoginBench(
            LabSetup.Default,
            LoginBench.AuthMechs((Mechanism, new AuthMechFacts { Logins = [login] })),
            [new DutSample("A", "GW24-004711", [], [new DutAddress(device.Address)])],
            address: device.Address);

        var seen = await TryAsync(bench, new DefaultCredentialTrial(new Endpoint(new DutAddress(device.Address), login.Port), login));

        Assert.That(seen.Accepted.Select(pair => (pair.Pair, pair.User, pair.IsOfUnit)), Is.EqualTo([("P-02", "admin", true)]), seen.Coverage.Statement);
    }

    [TestCase(DeviceFaults.None, GuessingReaction.LockOut, 5)]
    [TestCase(DeviceFaults.NoLockOut, GuessingReaction.None, 0)]
    public async Task The_broker_shows_its_lock_by_another_code(DeviceFaults fault, GuessingReaction reaction, int after)
    {
        await using var device = await TestDevice.StartAsync(fault);
        var login = new LoginPoint(LoginProtocol.Mqtt, device.Device.Port(DevicePorts.MqttTls), true, "/", null);

        var seen = await TryAsync(device, login, [LoginBench.Credential(Mechanism, "panel", Label)]);

        Assert.That((seen.Reaction, seen.ReactionAfter, seen.Accepted.Length), Is.EqualTo((reaction, after, 0)), seen.Coverage.Statement);
        Assert.That(seen.Coverage.IsComplete, Is.EqualTo(fault == DeviceFaults.NoLockOut), seen.Coverage.Statement);
    }

    [Test]
    public async Task A_lock_from_before_is_waited_out()
    {
        var time = new SkippingTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { TimeProvider = time.ForDevice });

        var first = await TryWebAsync(device, time);
        var second = await TryWebAsync(device, time, credentials: []);

        Assert.That((first.Attempts, second.Attempts, second.Reaction, second.ReactionAfter), Is.EqualTo((5, 5, GuessingReaction.LockOut, 5)), second.Coverage.Statement);
        Assert.That(second.Coverage.Statement, Does.Contain("waited out"));
    }

    [Test]
    public async Task Telnet_that_closes_after_three_attempts_but_takes_new_ones_disconnects_only()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen);
        var login = new LoginPoint(LoginProtocol.Telnet, device.Device.Port(DevicePorts.Telnet), false, "/", null);

        var seen = await TryAsync(device, login, [], limits: 12);

        Assert.Multiple(() =>
        {
            Assert.That((seen.Reaction, seen.ReactionAfter), Is.EqualTo((GuessingReaction.Disconnect, 3)), seen.Coverage.Statement);
            Assert.That((seen.Planned, seen.Attempts, seen.Coverage.IsComplete), Is.EqualTo((10, 10, false)), seen.Coverage.Statement);
            Assert.That(seen.Coverage.Statement, Does.Contain("credential-attempts"));
        });
    }

    [Test]
    public async Task Anonymous_FTP_lets_in_nonsense()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.FtpAnonymous);
        var login = new LoginPoint(LoginProtocol.Ftp, device.Device.Port(DevicePorts.Ftp), false, "/", null);

        var seen = await TryAsync(device, login, []);

        Assert.That((seen.NonsenseAccepted, seen.Accepted.Length), Is.EqualTo((true, 0)), seen.Coverage.Statement);
    }

    [Test]
    public async Task A_login_that_lets_everybody_in_ends_the_trial()
    {
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (_, _) => 200));

        var seen = await TryBasicAsync(device);

        Assert.That((seen.NonsenseAccepted, seen.Attempts), Is.EqualTo((true, 0)), seen.Coverage.Statement);
    }

    [Test]
    public async Task A_user_name_that_lets_in_any_password_is_no_accepted_pair()
    {
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (user, _) => user == "root" ? 200 : 401));

        var seen = await TryBasicAsync(device);

        Assert.That((seen.NonsenseAccepted, seen.Accepted.Length), Is.EqualTo((true, 0)), seen.Coverage.Statement);
    }

    [Test]
    public async Task A_pair_deep_in_the_dictionary_is_found()
    {
        var deep = CredentialDictionary.For(LoginProtocol.HttpBasic).Last();
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (user, password) => user == deep.User && password == deep.Password.Reveal() ? 200 : 401));

        var seen = await TryBasicAsync(device);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Accepted.Select(pair => pair.Pair), Is.EqualTo([deep.Id]), seen.Coverage.Statement);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task A_lock_of_all_accounts_counts_all_wrong_attempts()
    {
        var wrong = 0;
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (_, _) => ++wrong > 9 ? 429 : 401));

        var seen = await TryBasicAsync(device);

        // Two of the nine are the nonsense logins before the first pair.
        Assert.That((seen.Reaction, seen.ReactionAfter, seen.Attempts), Is.EqualTo((GuessingReaction.LockOut, 7, 7)), seen.Coverage.Statement);
    }

    [Test]
    public async Task A_lock_that_looks_like_a_wrong_password_is_found_by_the_valid_credential()
    {
        var wrong = 0;
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (user, password) =>
        {
            var right = user == "admin" && password == "sesame-7" && wrong < 6;
            wrong = user != "admin" ? wrong : right ? 0 : wrong + 1;
            return right ? 200 : 401;
        }));

        var seen = await TryBasicAsync(device, LoginBench.Credential(Mechanism, "admin", "sesame-7"));

        Assert.That(seen.Reaction, Is.EqualTo(GuessingReaction.LockOut), seen.Coverage.Statement);
    }

    [Test]
    public async Task Locks_by_name_are_found_by_guessing_at_one_name()
    {
        var wrong = 0;
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (user, password) =>
        {
            wrong = user != "owner" ? wrong : password == "valve-12" ? 0 : wrong + 1;
            return user != "owner" || wrong is > 0 and <= 10 ? 401 : wrong == 0 ? 200 : 423;
        }));

        var seen = await TryBasicAsync(device, LoginBench.Credential(Mechanism, "owner", "valve-12"));

        Assert.That((seen.Reaction, seen.ReactionAfter, seen.Coverage.IsComplete), Is.EqualTo((GuessingReaction.LockOut, 10, true)), seen.Coverage.Statement);
    }

    [Test]
    public async Task Common_passwords_are_tried_for_the_declared_user_name_first()
    {
        await using var device = await WebDevice.StartAsync(context => AnswerBasicAsync(context, (user, password) => user == "owner" && password == "1234" ? 200 : 401));
        var login = new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/status", null);
        var facts = new AuthMechFacts { Logins = [login], UserName = Fact<string>.Declared("owner", default) };

        var seen = await TryLocalAsync(device.Port, login, LoginBench.AuthMechs((Mechanism, facts)));

        Assert.That(seen.Accepted.Select(pair => (pair.Pair, pair.User)), Is.EqualTo([("D-003", "owner")]), seen.Coverage.Statement);
    }

    [Test]
    public async Task Growing_delays_end_the_trial()
    {
        var wrong = 0;
        await using var device = await WebDevice.StartAsync(async context =>
        {
            if (context.Request.Headers.Authorization.Count > 0 && ++wrong > 6)
            {
                await Task.Delay(TimeSpan.FromSeconds(2.2), context.RequestAborted);
            }

            await AnswerBasicAsync(context, (_, _) => 401);
        });

        var seen = await TryBasicAsync(device);

        Assert.That((seen.Reaction, seen.ReactionAfter), Is.EqualTo((GuessingReaction.Delay, 4)), seen.Coverage.Statement);
        Assert.That(seen.LastMilliseconds, Is.GreaterThanOrEqualTo(seen.FirstMilliseconds));
    }

    [Test]
    public async Task A_constant_delay_is_no_reaction_and_ends_with_the_time()
    {
        var time = new SkippingTime();
        await using var device = await WebDevice.StartAsync(async context =>
        {
            if (context.Request.Headers.Authorization.Count > 0)
            {
                // As long as a lock, for the clock of the harness; the device itself does not wait.
                _ = time.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(31), Timeout.InfiniteTimeSpan);
            }

            await AnswerBasicAsync(context, (_, _) => 401);
        });

        var seen = await TryLocalAsync(device.Port, new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/status", null), time: time);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Reaction, Is.EqualTo(GuessingReaction.None), seen.Coverage.Statement);
            Assert.That(seen.Attempts, Is.EqualTo(3));
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(seen.Coverage.Statement, Does.Contain("90 s"));
        });
    }

    [Test]
    public async Task A_form_that_tells_nothing_leaves_the_trial_incomplete()
    {
        await using var device = await WebDevice.StartAsync(context => context.Response.WriteAsync("<form><input name=user><input name=password type=password></form>"));
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("user", "password", "", "", ""));

        var seen = await TryLocalAsync(device.Port, login);

        Assert.That((seen.Accepted.Length, seen.Coverage.IsComplete), Is.EqualTo((0, false)));
        Assert.That(seen.Coverage.Statement, Does.Contain("failure-text"));
    }

    [Test]
    public async Task A_form_that_answers_only_by_a_number_is_decided_by_comparison()
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var form = context.Request.Method == "POST" ? await context.Request.ReadFormAsync() : FormCollection.Empty;
            await context.Response.WriteAsync($"{{\"result\":{(form["user"] == "root" && form["password"] == "root" ? 0 : 1)},\"time\":{Stopwatch.GetTimestamp() + 10_000_000_000}}}");
        });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("user", "password", "/api", "", ""));

        var seen = await TryLocalAsync(device.Port, login);

        Assert.That(seen.Accepted.Select(pair => pair.User), Is.EqualTo(["root"]), seen.Coverage.Statement);
    }

    [Test]
    public async Task A_form_without_a_user_name_is_tried_with_passwords_only()
    {
        var passwords = new List<string>();
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var form = context.Request.Method == "POST" ? await context.Request.ReadFormAsync() : FormCollection.Empty;
            if (form.ContainsKey("pin"))
            {
                passwords.Add(form["pin"].ToString());
            }

            await context.Response.WriteAsync(form["pin"] == "0000" ? "Welcome" : "Wrong PIN <form><input name=pin type=password></form>");
        });
        var login = new LoginPoint(LoginProtocol.HttpForm, device.Port, false, "/", new LoginForm("", "pin", "", "Wrong PIN", "Welcome"));

        var seen = await TryLocalAsync(device.Port, login);

        Assert.That(seen.Accepted.Select(pair => pair.User), Is.EqualTo([""]), seen.Coverage.Statement);
        Assert.That(passwords.Where(password => password != "0000"), Is.Unique);
    }

    [Test]
    public async Task A_port_that_refuses_after_attempts_is_not_a_lock_when_nothing_shows_that_the_device_is_there()
    {
        RawDevice? device = null;
        device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            await terminal.WriteAsync("220 Ready\r\n");
            for (var wrong = 0; wrong < 4; wrong++)
            {
                _ = await terminal.ReadLineAsync("\r\n");
                await terminal.WriteAsync("331 Password\r\n");
                _ = await terminal.ReadLineAsync("\r\n");
                await terminal.WriteAsync("530 No\r\n");
            }

            device!.StopListening();
        });
        await using (device)
        {
            var seen = await TryLocalAsync(device.Port, new LoginPoint(LoginProtocol.Ftp, device.Port, false, "/", null));

            Assert.That((seen.Reaction, seen.Coverage.IsComplete), Is.EqualTo((GuessingReaction.None, false)), seen.Coverage.Statement);
            Assert.That(seen.Coverage.Statement, Does.Contain("no longer answered"));
        }
    }

    [Test]
    public async Task A_port_that_is_silent_from_the_start_is_unanswered()
    {
        await using var device = new RawDevice((_, _) => Task.CompletedTask);
        using var bench = new LoginBench();
        var request = new DefaultCredentialTrial(LoginBench.At(device.Port), new LoginPoint(LoginProtocol.Ftp, device.Port, false, "/", null));

        var outcome = await new DefaultCredentialTrialProbe().AskAsync(request, bench.Context, default);

        Assert.That(outcome, Is.TypeOf<ProbeOutcome.Unanswered>());
    }

    [Test]
    public async Task Login_that_is_not_spoken_is_not_tried_and_says_what_to_do()
    {
        using var bench = new LoginBench();
        var request = new DefaultCredentialTrial(LoginBench.At(22), new LoginPoint(LoginProtocol.Other, 22, false, "/", null));

        var outcome = await new DefaultCredentialTrialProbe().AskAsync(request, bench.Context, default);

        Assert.That(outcome, Is.TypeOf<ProbeOutcome.NotRun>());
        Assert.That(outcome.Summary, Does.Contain("Other").And.Contain("dct answer"));
    }

    private static async Task AnswerBasicAsync(HttpContext context, Func<string, string, int> judge)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var pair = header.StartsWith("Basic ", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])).Split(':', 2) : null;
        context.Response.StatusCode = pair is null ? 401 : judge(pair[0], pair[1]);
        if (context.Response.StatusCode == 401)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"device\"";
        }

        await context.Response.WriteAsync(context.Response.StatusCode == 200 ? "pressure 2 bar" : "");
    }

    private static Task<DefaultCredentialsTried> TryBasicAsync(WebDevice device, params TestCredential[] credentials)
    {
        var login = new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/status", null);
        return TryLocalAsync(device.Port, login, LoginBench.AuthMechs((Mechanism, new AuthMechFacts { Logins = [login] })), credentials: credentials);
    }

    private static async Task<DefaultCredentialsTried> TryLocalAsync(int port, LoginPoint login, Ixit? ixit = null, TimeProvider? time = null, TestCredential[]? credentials = null)
    {
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [.. credentials ?? []] }, ixit, time: time);
        return await TryAsync(bench, new DefaultCredentialTrial(LoginBench.At(port), login));
    }

    private static Task<DefaultCredentialsTried> TryWebAsync(TestDevice device, TimeProvider? time = null, TestCredential[]? credentials = null) =>
        TryAsync(
            device,
            new LoginPoint(LoginProtocol.HttpForm, device.Device.Port(DevicePorts.Https), true, "/home", _form),
            credentials ?? [LoginBench.Credential(Mechanism, "admin", Password)],
            time: time);

    private static async Task<DefaultCredentialsTried> TryAsync(TestDevice device, LoginPoint login, TestCredential[] credentials, int limits = 500, TimeProvider? time = null)
    {
        var lab = LabSetup.Default with { Credentials = [.. credentials], Limits = LabLimits.Default with { CredentialAttempts = limits } };
        using var bench = new LoginBench(lab, LoginBench.AuthMechs((Mechanism, new AuthMechFacts { Logins = [login] })), time: time, address: device.Address);
        return await TryAsync(bench, new DefaultCredentialTrial(new Endpoint(new DutAddress(device.Address), login.Port), login));
    }

    private static async Task<DefaultCredentialsTried> TryAsync(LoginBench bench, DefaultCredentialTrial request)
    {
        var outcome = await new DefaultCredentialTrialProbe().AskAsync(request, bench.Context, default);

        // Nothing that is kept may show a password, not even one that is public.
        var json = JsonSerializer.Serialize(outcome, RunJson.Default.ProbeOutcome);
        var kept = bench.Transcript + json + string.Concat(bench.Progress);
        var users = CredentialDictionary.All.Select(pair => pair.User).ToHashSet();
        string[] secrets =
        [
            Password,
            Label,
            // Passwords that are words would show by chance.
            .. CredentialDictionary.All.Select(pair => pair.Password.Reveal()).Where(password => password.Length > 6 && password.Any(char.IsDigit) && password.Any(char.IsLetter) && !users.Contains(password)),
        ];
        Assert.That(secrets, Has.Length.GreaterThan(20));
        Assert.That(secrets.Where(secret => kept.Contains(secret, StringComparison.Ordinal)), Is.Empty);

        Assert.That(outcome, Is.TypeOf<ProbeOutcome.Observed>(), outcome.Summary);
        return (DefaultCredentialsTried)((ProbeOutcome.Observed)outcome).Observation;
    }
}
