using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>Services that development leaves behind: told by speaking to them, and those that guard themselves told from those that do not.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class DebugSurveyTests
{
    [Test]
    public async Task Adb_that_connects_without_a_key_is_open_and_tells_its_model()
    {
        await using var device = Answering(Adb("CNXN", "device::ro.product.name=heater;ro.product.model=GW24;features=shell_v2\0"));

        var seen = await SurveyAsync(device, ServiceProtocol.Adb);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open.Select(open => (open.Where, open.Kind)), Is.EqualTo(new[] { ("ADB", AccessKind.Debug) }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Adb_that_asks_for_a_key_is_not_open()
    {
        await using var device = Answering(Adb("AUTH", new string('t', 20)));

        var seen = await SurveyAsync(device, ServiceProtocol.Adb);

        Assert.That(seen.Open, Is.Empty);
        Assert.That(seen.Coverage.Statement, Does.Contain("asks for a key"));
    }

    [Test]
    public async Task Java_debugger_is_told_from_an_echo()
    {
        await using var debugger = new FakeDevice(async (stream, end) =>
        {
            var asked = new byte[14];
            await stream.ReadExactlyAsync(asked, end);
            if (asked.AsSpan().SequenceEqual("JDWP-Handshake"u8))
            {
                await stream.WriteAsync(asked, end);
                await stream.ReadExactlyAsync(new byte[11], end);
                await stream.WriteAsync(new byte[] { 0, 0, 0, 15, 0, 0, 0x64, 0x63, 0x80, 0, 0, (byte)'1', (byte)'.', (byte)'8', 0 }, end);
            }

            await Task.Delay(Timeout.Infinite, end);
        });
        await using var echo = new FakeDevice(async (stream, end) => await stream.CopyToAsync(stream, end));

        Assert.Multiple(async () =>
        {
            Assert.That((await SurveyAsync(debugger, ServiceProtocol.Unknown, 4)).OpenPaths(), Is.EqualTo(new[] { "JDWP" }));
            Assert.That((await SurveyAsync(echo, ServiceProtocol.Unknown, 10)).Open, Is.Empty);
        });
    }

    [Test]
    public async Task Gdb_server_that_answers_is_open()
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            var asked = new byte[15];
            await stream.ReadExactlyAsync(asked, end);
            if (asked.AsSpan().SequenceEqual("+$qSupported#37"u8))
            {
                await stream.WriteAsync("+$PacketSize=47ff;QPassSignals+;QProgramSignals+#a1"u8.ToArray(), end);
            }

            await Task.Delay(Timeout.Infinite, end);
        });

        Assert.That((await SurveyAsync(device, ServiceProtocol.Unknown, 4)).Open.Select(open => (open.Where, open.Kind)), Is.EqualTo(new[] { ("GDB remote protocol", AccessKind.Debug) }));
    }

    [TestCase("RFB 003.008\n", new byte[] { 2, 2, 1 }, true)]
    [TestCase("RFB 003.008\n", new byte[] { 1, 2 }, false)]
    [TestCase("RFB 003.003\n", new byte[] { 0, 0, 0, 1 }, true)]
    [TestCase("RFB 003.003\n", new byte[] { 0, 0, 0, 2 }, false)]
    public async Task Vnc_without_a_password_is_open(string greeting, byte[] types, bool open)
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(greeting), end);
            await stream.ReadExactlyAsync(new byte[12], end);
            await stream.WriteAsync(types, end);
            await Task.Delay(Timeout.Infinite, end);
        });

        var seen = await SurveyAsync(device, ServiceProtocol.Rfb);

        Assert.That(seen.Open.Select(access => access.Kind), open ? Is.EqualTo(new[] { AccessKind.Control }) : Is.Empty);
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [TestCase((byte)1, true)]
    [TestCase((byte)0, false)]
    public async Task X_server_without_authorisation_is_open(byte status, bool open)
    {
        var answer = new byte[80];
        (answer[0], answer[2]) = (status, 11);
        answer[24] = 8;
        "The X org"u8[..8].CopyTo(answer.AsSpan(40));
        await using var device = new FakeDevice(async (stream, end) =>
        {
            var first = new byte[1];
            await stream.ReadExactlyAsync(first, end);
            if (first[0] == 'l')
            {
                await stream.WriteAsync(answer, end);
            }

            await Task.Delay(Timeout.Infinite, end);
        });

        var seen = await SurveyAsync(device, ServiceProtocol.Unknown, 4);

        Assert.That(seen.OpenPaths(), open ? Is.EqualTo(new[] { "X11" }) : Is.Empty);
    }

    [Test]
    public async Task Programs_of_a_portmapper_are_listed()
    {
        var reply = new byte[4 + 24 + 20 + 4];
        int[] words = [unchecked((int)0x80000000) | (reply.Length - 4), 0x64637401, 1, 0, 0, 0, 0, 1, 100003, 3, 6, 2049, 0];
        for (var index = 0; index < words.Length; index++)
        {
            BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(index * 4), words[index]);
        }

        await using var device = new FakeDevice(async (stream, end) =>
        {
            var first = new byte[4];
            await stream.ReadExactlyAsync(first, end);
            if (first[0] == 0x80)
            {
                await stream.WriteAsync(reply, end);
            }

            await Task.Delay(Timeout.Infinite, end);
        });

        Assert.That((await SurveyAsync(device, ServiceProtocol.Unknown, 4)).Items(DisclosureKind.Status), Is.EqualTo(new[] { "NFS version 3 on port 2049" }));
    }

    [Test]
    public async Task Shell_is_debugging_and_is_given_no_command_and_a_menu_is_not()
    {
        var said = new MemoryStream();
        await using var shell = new FakeDevice(async (stream, end) =>
        {
            await stream.WriteAsync("\r\nBusyBox v1.31.1 () built-in shell (ash)\r\n\r\n/ # "u8.ToArray(), end);
            await stream.CopyToAsync(said, end);
        });
        await using var menu = new FakeDevice(async (stream, end) =>
        {
            await stream.WriteAsync("Heater\r\n> "u8.ToArray(), end);
            await Task.Delay(Timeout.Infinite, end);
        });

        Assert.That((await SurveyAsync(shell, ServiceProtocol.Other, 4)).Open.Select(open => open.Kind), Is.EqualTo(new[] { AccessKind.Debug }));
        Assert.That((await SurveyAsync(menu, ServiceProtocol.Other, 4)).Open.Select(open => open.Kind), Is.EqualTo(new[] { AccessKind.Use }));
        Assert.That(said.Length, Is.Zero);
    }

    [TestCase("/json/version", "{\"Browser\": \"node.js/v18.20\", \"Protocol-Version\": \"1.1\"}", "X-A: b", true)]
    [TestCase("/containers/json", "[]", "Api-Version: 1.41", true)]
    [TestCase("/containers/json", "[]", "X-A: b", false)]
    public async Task Debuggers_inside_http_are_told_by_their_answer(string path, string body, string header, bool debug)
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
            {
                var text = head.StartsWith($"GET {path} ", StringComparison.Ordinal) ? $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{header}\r\nContent-Length: {body.Length}\r\n\r\n{body}" : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(text), end);
            }
        });

        Assert.That((await SurveyAsync(device, ServiceProtocol.Http)).Open.Any(open => open.Kind == AccessKind.Debug), Is.EqualTo(debug));
    }

    [Test, Category("Daemon")]
    public async Task Real_stores_and_copies_are_recognised()
    {
        var (redis, memcached, rsync) = (Daemon.Find("redis-server", "redis-server"), Daemon.Find("memcached", "memcached"), Daemon.Find("rsync", "rsync"));
        using var folder = new TemporaryFolder();
        var ports = Enumerable.Range(0, 4).Select(_ => Daemon.FreePort()).ToArray();
        await File.WriteAllTextAsync(folder.File("rsyncd.conf"), $"use chroot = no\npid file = {folder.File("rsync.pid")}\n[logs]\npath = /tmp\ncomment = logs of the heater\n");
        await using var store = await Daemon.StartAsync(redis, ports[0], "--port", $"{ports[0]}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.File("."));
        await using var guarded = await Daemon.StartAsync(redis, ports[1], "--port", $"{ports[1]}", "--bind", "127.0.0.1", "--save", "", "--requirepass", "not-a-default-7", "--dir", folder.File("."));
        await using var cache = await Daemon.StartAsync(memcached, ports[2], "-u", "root", "-l", "127.0.0.1", "-p", $"{ports[2]}", "-U", "0");
        await using var copies = await Daemon.StartAsync(rsync, ports[3], "--daemon", "--no-detach", "--address=127.0.0.1", $"--port={ports[3]}", $"--config={folder.File("rsyncd.conf")}");

        var seen = await Task.WhenAll(ports.Select(async port =>
        {
            using var bench = new SurveyBench();
            return await bench.SeeAsync(port, ServiceProtocol.Other);
        }));

        Assert.Multiple(() =>
        {
            Assert.That(seen[0].OpenPaths(), Is.EqualTo(new[] { "Redis" }), seen[0].Coverage.Statement);
            Assert.That(seen[0].Items(DisclosureKind.Version), Has.Some.StartsWith("Redis 7."));
            Assert.That(seen[1].Open, Is.Empty);
            Assert.That(seen[1].Coverage.Statement, Does.Contain("a password is asked for"));
            Assert.That(seen[2].OpenPaths(), Is.EqualTo(new[] { "memcached" }), seen[2].Coverage.Statement);
            Assert.That(seen[3].Items(DisclosureKind.Status), Is.EqualTo(new[] { "logs" }), seen[3].Coverage.Statement);
            Assert.That(seen.Where(survey => !survey.Coverage.IsComplete), Is.Empty);
        });
    }

    private static async Task<DisclosureSeen> SurveyAsync(FakeDevice device, ServiceProtocol protocol, int faster = 2)
    {
        using var bench = new SurveyBench(time: new FastTime(faster));
        return await bench.SeeAsync(device.Endpoint.Port, protocol);
    }

    private static FakeDevice Answering(byte[] answer) => new(async (stream, end) =>
    {
        var first = new byte[4];
        await stream.ReadExactlyAsync(first, end);
        if (first.AsSpan().SequenceEqual("CNXN"u8))
        {
            await stream.WriteAsync(answer, end);
        }

        await Task.Delay(Timeout.Infinite, end);
    });

    private static byte[] Adb(string command, string payload)
    {
        var packet = new byte[24 + payload.Length];
        Encoding.ASCII.GetBytes(command).CopyTo(packet, 0);
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(12), payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(20), ~BinaryPrimitives.ReadUInt32LittleEndian(packet));
        Encoding.ASCII.GetBytes(payload).CopyTo(packet, 24);
        return packet;
    }
}
