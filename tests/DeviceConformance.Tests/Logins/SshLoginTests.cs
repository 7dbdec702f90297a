using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Tests.Ssh;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable(ParallelScope.All)]
public sealed class SshLoginTests
{
    private const string User = "operator";
    private static readonly Secret _right = new("Steam & brass+7!");
    private static readonly Secret _wrong = new("not-the-password");

    [Test]
    public async Task Password_is_told_from_wrong_one_and_never_written_down()
    {
        await using var device = new FakeSshServer(asked => [asked.Password == _right.Reveal() ? FakeSshServer.Success : FakeSshServer.Failure()]);
        using var bench = new LoginBench();
        await using var session = LoginClient.Open(device.Endpoint, Login(device), bench.Context)!;

        var wrong = await session.TryAsync(User, _wrong, default);
        var again = await session.TryAsync(User, _wrong, default);
        var right = await session.TryAsync(User, _right, default);

        Assert.Multiple(() =>
        {
            Assert.That((wrong.Result, again.Result, right.Result), Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.Granted)), $"{wrong.Answer}; {right.Answer}");
            Assert.That((wrong.Code, wrong.IsInferred, wrong.Reconnected, right.Reconnected), Is.EqualTo(("51", false, false, false)));
            Assert.That(device.Connections, Is.EqualTo(1), "one connection serves one user");
            Assert.That(bench.Transcript, Does.Contain(User).And.Not.Contain(_right.Reveal()).And.Not.Contain(_wrong.Reveal()));
        });
    }

    [Test]
    public async Task Server_that_asks_questions_is_answered()
    {
        await using var device = new FakeSshServer(asked => asked.Method switch
        {
            "keyboard-interactive" => [FakeSshServer.Question("Please", "Password: ")],
            "answer" when asked.Password == _right.Reveal() => [FakeSshServer.Question("Welcome")],
            "answer" when asked.Password.Length == 0 => [FakeSshServer.Success],
            _ => [FakeSshServer.Failure("publickey,keyboard-interactive")],
        });
        var (right, wrong) = await BothAsync(device);
        Assert.That((right.Result, wrong.Result), Is.EqualTo((AccessResult.Granted, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}");
    }

    [Test]
    public async Task Second_factor_after_the_password_is_no_refusal_and_no_login()
    {
        await using var device = new FakeSshServer(asked => asked.Method switch
        {
            "keyboard-interactive" => [FakeSshServer.Question("", "Password: ")],
            "answer" when asked.Password == _right.Reveal() => [FakeSshServer.Question("", "Code: ")],
            _ => [FakeSshServer.Failure("keyboard-interactive")],
        });
        var (right, wrong) = await BothAsync(device);
        Assert.That((right.Result, wrong.Result), Is.EqualTo((AccessResult.Unclear, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}");
        Assert.That(right.Answer, Does.Contain("asks further").And.Contain("Code:"));
    }

    [TestCase("partial")]
    [TestCase("change")]
    public async Task Right_password_that_is_not_enough_differs_from_a_wrong_one(string kind)
    {
        await using var device = new FakeSshServer(asked => [asked.Password == "root" && asked.User == "root" ? kind == "partial" ? FakeSshServer.Failure("publickey", partial: true) : FakeSshServer.ChangeRequest : FakeSshServer.Failure()]);
        var seen = await TryDefaultsAsync(device);
        Assert.That(seen.Accepted.Select(pair => pair.User), Is.EqualTo(new[] { "root" }), seen.Coverage.Statement);
    }

    [Test]
    public async Task Default_password_is_found_and_a_server_that_takes_anything_is_a_finding_of_its_own()
    {
        await using var device = new FakeSshServer(asked => [asked is { User: "admin", Password: "admin" } ? FakeSshServer.Success : FakeSshServer.Failure()]);
        await using var open = new FakeSshServer(asked => [asked.Method == "none" ? FakeSshServer.Failure() : FakeSshServer.Success]);
        await using var free = new FakeSshServer(_ => [FakeSshServer.Success]);
        var (found, any, none) = (await TryDefaultsAsync(device), await TryDefaultsAsync(open), await TryDefaultsAsync(free));
        Assert.Multiple(() =>
        {
            Assert.That(found.Accepted.Select(pair => (pair.Pair, pair.User)), Is.EqualTo(new[] { ("D-001", "admin") }), found.Coverage.Statement);
            Assert.That(found.NonsenseAccepted, Is.False);
            Assert.That((any.NonsenseAccepted, any.Accepted.Length), Is.EqualTo((true, 0)), any.Coverage.Statement);
            Assert.That(none.NonsenseAccepted, Is.True, none.Coverage.Statement);
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Connection_that_ends_after_some_attempts_is_counted_by_connection(bool politely)
    {
        // Like OpenSSH with MaxAuthTries 3, and like dropbear, which hangs up.
        await using var device = new FakeSshServer(asked =>
            asked.OnConnection < 3 ? [FakeSshServer.Failure()] : politely ? [FakeSshServer.Parting(2, "Too many authentication failures")] : null);
        var seen = await TryDefaultsAsync(device, 40);
        Assert.That((seen.Reaction, seen.ReactionAfter), Is.EqualTo((GuessingReaction.Disconnect, politely ? 3 : 2)), seen.Coverage.Statement);
    }

    [Test]
    public async Task Lock_out_is_told_by_its_text()
    {
        var wrong = 0;
        await using var device = new FakeSshServer(asked => asked.Method == "none" ? [FakeSshServer.Failure()]
            : Interlocked.Increment(ref wrong) > 6 ? [FakeSshServer.Banner("Account locked out, try again in 60 seconds"), FakeSshServer.Failure()] : [FakeSshServer.Failure()]);
        var seen = await TryDefaultsAsync(device);
        Assert.That(seen.Reaction, Is.EqualTo(GuessingReaction.LockOut), seen.Coverage.Statement);
        Assert.That(seen.ReactionAfter, Is.InRange(1, 7));
    }

    [Test]
    public async Task Server_for_keys_only_refuses_passwords_without_being_sent_one()
    {
        var passwords = 0;
        await using var device = new FakeSshServer(asked =>
        {
            passwords += asked.Method == "none" ? 0 : 1;
            return [FakeSshServer.Failure("publickey")];
        });
        var (right, _) = await BothAsync(device);
        Assert.That((right.Result, right.Answer, passwords), Is.EqualTo((AccessResult.Refused, "the server takes no passwords, only publickey", 0)));
    }

    [TestCase("Not allowed at this time\r\n", true)]
    [TestCase("Exceeded MaxStartups\r\n", true)]
    [TestCase("SSH-1.5-old\r\n", false)]
    public async Task What_is_said_in_place_of_an_opening_is_no_refusal_of_a_password(string opening, bool blocked)
    {
        await using var device = new FakeSshServer(_ => null, opening: opening);
        using var bench = new LoginBench();
        var attempt = await LoginClient.TryAsync(device.Endpoint, Login(device), User, _right, bench.Context, default);
        Assert.That(attempt.Blocked, Is.EqualTo(blocked), attempt.Answer);
        Assert.That(attempt.Result, Is.Not.EqualTo(AccessResult.Granted));
    }

    [Test]
    public async Task Password_is_not_sent_to_a_server_that_does_not_prove_its_host_key()
    {
        var asked = 0;
        await using var device = new FakeSshServer(
            _ =>
            {
                asked++;
                return [FakeSshServer.Success];
            },
            (number, bytes) => number == 1 ? [.. bytes[..^3], (byte)(bytes[^3] ^ 1), .. bytes[^2..]] : bytes);
        using var bench = new LoginBench();
        var attempt = await LoginClient.TryAsync(device.Endpoint, Login(device), User, _right, bench.Context, default);
        Assert.That((attempt.Silence, asked), Is.EqualTo((Silence.Malformed, 0)), attempt.Answer);
        Assert.That(attempt.Answer, Does.Contain("signs the key exchange wrongly"));
    }

    [Test]
    public async Task Access_trial_tells_nobody_wrong_and_valid_apart()
    {
        await using var device = new FakeSshServer(asked => [asked.User == User && asked.Password == _right.Reveal() ? FakeSshServer.Success : FakeSshServer.Failure()]);
        using var bench = new LoginBench(LabSetup.Default with { Credentials = [LoginBench.Credential("AuthMech-1", User, _right.Reveal())] });
        using var probe = new AccessTrialProbe();
        var outcome = await ((Probe)probe).AskAsync(new AccessTrial(device.Endpoint, "AuthMech-1", Login(device), "GET", "/"), bench.Context, default);
        var seen = (AccessSeen)((ProbeOutcome.Observed)outcome).Observation;
        Assert.That((seen.Anonymous, seen.Wrong, seen.Valid), Is.EqualTo((AccessResult.Refused, AccessResult.Refused, AccessResult.Granted)), seen.Details);
        Assert.That((seen.PasswordInClear, seen.Coverage.IsComplete), Is.EqualTo((false, true)), seen.Coverage.Statement);
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public bool Any_answer_to_a_login_ends_in_some_result(byte[] bytes, byte number)
    {
        return RunAsync().GetAwaiter().GetResult();

        async Task<bool> RunAsync()
        {
            await using var device = new FakeSshServer(asked => asked.Method == "none" ? [FakeSshServer.Failure("password,keyboard-interactive")] : [[(byte)(50 + (number % 12)), .. bytes], FakeSshServer.Parting(2, "end")]);
            using var bench = new LoginBench();
            var attempt = await LoginClient.TryAsync(device.Endpoint, Login(device), User, _right, bench.Context, default);
            // One message, 52 without content, lets in; nothing else may.
            return (attempt.Result == AccessResult.Granted) == (50 + (number % 12) == SshMessage.AuthSuccess);
        }
    }

    [Test]
    public async Task Messages_altered_in_any_place_never_let_in()
    {
        using var bench = new LoginBench();
        for (var message = 0; message < 4; message++)
        {
            for (var at = 0; at < 60; at += 7)
            {
                var (which, place) = (message, at);
                await using var device = new FakeSshServer(_ => [FakeSshServer.Failure()], (number, bytes) =>
                {
                    byte[] altered = [.. bytes];
                    altered[place % bytes.Length] ^= number == which ? (byte)0x5a : (byte)0;
                    return altered;
                });
                var attempt = await LoginClient.TryAsync(device.Endpoint, Login(device), User, _right, bench.Context with { Transcript = Probing.Link.Transcript.None }, default).WaitAsync(TimeSpan.FromSeconds(60));
                Assert.That(attempt.Result, Is.Not.EqualTo(AccessResult.Granted), $"message {message}, byte {at}");
            }
        }
    }

    private static LoginPoint Login(FakeSshServer device) => new(LoginProtocol.Ssh, device.Endpoint.Port, false, "/", null);

    private static async Task<(LoginAttempt Right, LoginAttempt Wrong)> BothAsync(FakeSshServer device)
    {
        using var bench = new LoginBench();
        return (await LoginClient.TryAsync(device.Endpoint, Login(device), User, _right, bench.Context, default), await LoginClient.TryAsync(device.Endpoint, Login(device), User, _wrong, bench.Context, default));
    }

    private static async Task<DefaultCredentialsTried> TryDefaultsAsync(FakeSshServer device, int attempts = 25)
    {
        using var bench = new LoginBench(LabSetup.Default with { Limits = LabLimits.Default with { CredentialAttempts = attempts } });
        var outcome = await new DefaultCredentialTrialProbe().AskAsync(new DefaultCredentialTrial(device.Endpoint, Login(device)), bench.Context, default);
        return (DefaultCredentialsTried)((ProbeOutcome.Observed)outcome).Observation;
    }
}
