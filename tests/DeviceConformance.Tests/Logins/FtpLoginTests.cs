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
public sealed class FtpLoginTests
{
    private static readonly Secret _right = new("Steam & brass+7!");
    private static readonly Secret _wrong = new("not-the-password");

    [Test]
    public async Task The_emulated_heater_lets_anonymous_in_and_nobody_else()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.FtpAnonymous);
        using var bench = new LoginBench(address: device.Address);
        var endpoint = new Endpoint(new DutAddress(device.Address), device.Device.Port(DevicePorts.Ftp));
        var login = new LoginPoint(LoginProtocol.Ftp, endpoint.Port, false, "/", null);

        var anonymous = await LoginClient.TryAsync(endpoint, login, "anonymous", new Secret("guest@"), bench.Context, default);
        var wrong = await LoginClient.TryAsync(endpoint, login, "root", _wrong, bench.Context, default);

        Assert.Multiple(() =>
        {
            Assert.That(anonymous.Result, Is.EqualTo(AccessResult.Granted), anonymous.Answer);
            Assert.That((wrong.Result, wrong.Code), Is.EqualTo((AccessResult.Refused, "530")), wrong.Answer);
            Assert.That(bench.Transcript, Does.Contain("PASS (secret)").And.Not.Contain(_wrong.Reveal()));
        });
    }

    [Test]
    public async Task A_greeting_of_many_lines_in_pieces_is_understood()
    {
        await using var device = new RawDevice(async (stream, cancellationToken) =>
        {
            var terminal = new TerminalDevice(stream, cancellationToken);
            await terminal.WriteAsync("120 Soon\r\n220-Welcome\r\n 220 not yet\r\n22");
            await terminal.WriteAsync("0 Ready\r\n");
            _ = await terminal.ReadLineAsync("\r\n");
            await terminal.WriteAsync("331 Password\r\n");
            var password = await terminal.ReadLineAsync("\r\n");
            await terminal.WriteAsync(password == $"PASS {_right.Reveal()}" ? "230 In\r\n" : "530 Out\r\n");
            _ = await terminal.ReadLineAsync("\r\n");
        });
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.Ftp, device.Port, false, "/", null);

        var right = await LoginClient.TryAsync(LoginBench.At(device.Port), login, "operator", _right, bench.Context, default);
        var wrong = await LoginClient.TryAsync(LoginBench.At(device.Port), login, "operator", _wrong, bench.Context, default);

        Assert.That((right.Result, wrong.Result), Is.EqualTo((AccessResult.Granted, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}");
    }

    [TestCase("")]
    [TestCase("SSH-2.0-x\r\n")]
    [TestCase("22\u00ff\r\n")]
    [TestCase("220-never ends\r\n")]
    [TestCase("500 No\r\n")]
    [TestCase("220 Hello\r\n999 What\r\n")]
    public async Task A_server_that_breaks_the_protocol_neither_grants_nor_refuses(string greeting)
    {
        await using var device = new RawDevice((stream, cancellationToken) => stream.WriteAsync(Encoding.Latin1.GetBytes(greeting), cancellationToken).AsTask());
        using var bench = new LoginBench();
        var login = new LoginPoint(LoginProtocol.Ftp, device.Port, false, "/", null);

        var attempt = await LoginClient.TryAsync(LoginBench.At(device.Port), login, "operator", _right, bench.Context, default);

        Assert.That(attempt.Result, Is.EqualTo(AccessResult.Unclear), attempt.Answer);
    }

    [TestCase("220 Ready\r\n", 220, 11)]
    [TestCase("220\r\n331 x", 220, 5)]
    [TestCase("220-a\r\n221 b\r\n220 c\nrest", 220, 20)]
    public void A_reply_ends_with_its_last_line(string bytes, int code, int length)
    {
        Assert.That(FtpReply.TryParse(Encoding.ASCII.GetBytes(bytes), out var reply, out var taken), Is.True);
        Assert.That((reply?.Code, taken), Is.EqualTo(((int?)code, length)));
    }

    [TestCase("")]
    [TestCase("2")]
    [TestCase("220")]
    [TestCase("220-a\r\n220")]
    public void The_beginning_of_a_reply_waits_for_more(string bytes)
    {
        Assert.That(FtpReply.TryParse(Encoding.ASCII.GetBytes(bytes), out var reply, out _), Is.True);
        Assert.That(reply, Is.Null);
    }

    [TestCase("x")]
    [TestCase("99")]
    [TestCase("720 no\r\n")]
    [TestCase("2200 no\r\n")]
    public void What_can_not_become_a_reply_is_refused(string bytes) =>
        Assert.That(FtpReply.TryParse(Encoding.ASCII.GetBytes(bytes + "\r\n"), out _, out _), Is.False);

    [FsCheck.NUnit.Property]
    public bool Any_bytes_are_read_without_harm(byte[] bytes) => !FtpReply.TryParse(bytes, out var reply, out var length) || (length <= bytes.Length && reply is null == (length == 0));
}
