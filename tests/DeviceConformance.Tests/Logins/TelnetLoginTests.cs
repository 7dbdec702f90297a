using System.Text;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable(ParallelScope.All)]
public sealed class TelnetLoginTests
{
    private static readonly Secret _right = new("GW24-service");
    private static readonly Secret _wrong = new("not-the-password");

    [Test]
    public async Task The_service_login_of_the_emulated_heater_tells_right_from_wrong()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TelnetOpen);
        using var bench = new LoginBench(address: device.Address);
        var endpoint = new Endpoint(new DutAddress(device.Address), device.Device.Port(DevicePorts.Telnet));
        var login = new LoginPoint(LoginProtocol.Telnet, endpoint.Port, false, "/", null);

        var right = await LoginClient.TryAsync(endpoint, login, "root", _right, bench.Context, default);
        var wrong = await LoginClient.TryAsync(endpoint, login, "root", _wrong, bench.Context, default);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That(wrong.Result, Is.EqualTo(AccessResult.Refused), wrong.Answer);
            Assert.That(wrong.Answer, Does.Contain("Login incorrect"));
            Assert.That(bench.Transcript, Does.Contain("-> (secret)").And.Not.Contain(_right.Reveal()).And.Not.Contain(_wrong.Reveal()));
        });
    }

    [Test]
    public async Task A_server_that_negotiates_at_length_and_echoes_the_password_is_understood()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            // DO terminal type, DO window size, WILL echo, WILL suppress go ahead, a subnegotiation, a doubled 255, and once more.
            await terminal.WriteAsync("\u00ff\u00fd\u0018\u00ff\u00fd\u001f\u00ff\u00fb\u0001\u00ff\u00fb\u0003\u00ff\u00fa\u0018\u0001\u00ff\u00ff\u00ff\u00f0\u00ff\u00fd\u0018");
            await terminal.WriteAsync("\x1b[2J\x1b[1;1HWelcome to unit \u00ff\u00ff 7\r\n\r\nUserna");
            await terminal.WriteAsync("me: ");
            _ = await terminal.ReadLineAsync("\r\0", "\r\n");
            await terminal.WriteAsync("operator\r\nPassword: ");
            var password = await terminal.ReadLineAsync("\r\0", "\r\n");
            foreach (var character in password!)
            {
                await terminal.WriteAsync($"{character}");
            }

            await terminal.WriteAsync(password == _right.Reveal() ? "\r\nLast login: yesterday\r\nunit> " : "\r\nAccess denied\r\n\r\nUsername: ");
            _ = await terminal.ReadLineAsync("\r\0");
        });

        var (right, wrong, transcript) = await TryBothAsync(device);

        Assert.Multiple(() =>
        {
            Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
            Assert.That(wrong.Result, Is.EqualTo(AccessResult.Refused), wrong.Answer);
            Assert.That(transcript, Does.Not.Contain(_right.Reveal()).And.Not.Contain(_wrong.Reveal()));
        });
    }

    [Test]
    public async Task A_server_that_asks_for_a_password_only_gets_the_password_only()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            await terminal.WriteAsync("User Access Verification\r\n\r\nPassword: ");
            while (await terminal.ReadLineAsync("\r\0") is { } password)
            {
                await terminal.WriteAsync(password == _right.Reveal() ? "\r\nswitch>" : "\r\n% Bad passwords\r\nPassword: ");
            }
        });

        var (right, wrong, _) = await TryBothAsync(device);

        Assert.That((right.Result, wrong.Result), Is.EqualTo((AccessResult.Granted, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}");
    }

    [Test]
    public async Task Lines_that_end_with_CR_LF_are_tried_where_CR_NUL_is_not_understood()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            await terminal.WriteAsync("login: ");
            while (await terminal.ReadLineAsync("\n") is { } user)
            {
                await terminal.WriteAsync("Password: ");
                var password = await terminal.ReadLineAsync("\n");
                await terminal.WriteAsync(user == "operator\r" && password == _right.Reveal() + "\r" ? "# " : "Login incorrect\nlogin: ");
            }
        });

        var (right, _, _) = await TryBothAsync(device, onlyRight: true);

        Assert.That(right.Result, Is.EqualTo(AccessResult.Granted), right.Answer);
    }

    [Test]
    public async Task A_notice_to_intruders_is_not_taken_for_a_refusal()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            await terminal.WriteAsync("login: ");
            while (await terminal.ReadLineAsync("\r\0") is not null)
            {
                await terminal.WriteAsync("Password: ");
                var password = await terminal.ReadLineAsync("\r\0");
                await terminal.WriteAsync(password == _right.Reveal() ? "\r\nAccess by others is illegal.\r\n$ " : "\r\nlogin: ");
            }
        });

        var (right, wrong, _) = await TryBothAsync(device);

        Assert.That((right.Result, wrong.Result), Is.EqualTo((AccessResult.Unclear, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}");
    }

    [Test]
    public async Task A_device_that_closes_after_a_wrong_password_refuses_as_it_refuses_nonsense()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            await terminal.WriteAsync("login: ");
            _ = await terminal.ReadLineAsync("\r\0");
            await terminal.WriteAsync("password: ");
            if (await terminal.ReadLineAsync("\r\0") == _right.Reveal())
            {
                await terminal.WriteAsync("\r\n~ # ");
                _ = await terminal.ReadLineAsync("\r\0");
            }
        });

        var (right, wrong, _) = await TryBothAsync(device);

        Assert.That((right.Result, wrong.Result, wrong.IsInferred), Is.EqualTo((AccessResult.Granted, AccessResult.Refused, true)), $"{right.Answer}; {wrong.Answer}");
    }

    [TestCase("login: ", TerminalPrompt.User)]
    [TestCase("\nGW24 login:", TerminalPrompt.User)]
    [TestCase("User Name (admin): ", TerminalPrompt.User)]
    [TestCase("Benutzername:", TerminalPrompt.User)]
    [TestCase("Password for root: ", TerminalPrompt.Password)]
    [TestCase("Enter PIN>", TerminalPrompt.Password)]
    [TestCase("admin's password:", TerminalPrompt.Password)]
    [TestCase("~ # ", TerminalPrompt.Command)]
    [TestCase("root@unit:~$ ", TerminalPrompt.Command)]
    [TestCase("GW24>", TerminalPrompt.Command)]
    [TestCase("Last login: Fri Nov 21 09:00:00", TerminalPrompt.None)]
    [TestCase("login: \n", TerminalPrompt.None)]
    [TestCase("", TerminalPrompt.None)]
    [TestCase("Choose 1-4:", TerminalPrompt.None)]
    public void The_last_line_shows_what_the_device_waits_for(string text, TerminalPrompt prompt) => Assert.That(TelnetScreen.PromptOf(text), Is.EqualTo(prompt));

    [FsCheck.NUnit.Property]
    public bool Commands_are_taken_out_the_same_way_however_the_bytes_are_cut(byte[] received, int cut)
    {
        var (whole, pieces) = (new List<byte>(), new List<byte>());
        var (wholeReply, pieceReply) = (new List<byte>(), new List<byte>());
        new TelnetData().Take(received, whole, wholeReply);
        var at = received.Length == 0 ? 0 : (cut & int.MaxValue) % received.Length;
        var inPieces = new TelnetData();
        inPieces.Take(received.AsSpan(0, at), pieces, pieceReply);
        inPieces.Take(received.AsSpan(at), pieces, pieceReply);
        return whole.SequenceEqual(pieces) && wholeReply.SequenceEqual(pieceReply) && wholeReply.Count <= received.Length;
    }

    [FsCheck.NUnit.Property]
    public void Any_screen_is_read_without_harm(byte[] screen)
    {
        var text = TelnetScreen.TextOf(screen);
        _ = TelnetScreen.PromptOf(text);
        _ = TelnetScreen.SaysRefused(text);
    }

    [Test]
    public async Task Endless_output_ends_as_unclear()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var noise = Encoding.ASCII.GetBytes(new string('x', 4096));
            while (true)
            {
                await stream.WriteAsync(noise, cancellationToken);
            }
        });

        var (right, _, _) = await TryBothAsync(device, onlyRight: true);

        Assert.That((right.Result, right.Silence), Is.EqualTo((AccessResult.Unclear, (Silence?)null)), right.Answer);
    }

    private static async Task<(LoginAttempt Right, LoginAttempt Wrong, string Transcript)> TryBothAsync(RawDevice device, bool onlyRight = false)
    {
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.Telnet, device.Port, false, "/", null);
        var right = await LoginClient.TryAsync(LoginBench.At(device.Port), login, "operator", _right, bench.Context, default);
        var wrong = onlyRight ? right : await LoginClient.TryAsync(LoginBench.At(device.Port), login, "operator", _wrong, bench.Context, default);
        return (right, wrong, bench.Transcript);
    }
}
