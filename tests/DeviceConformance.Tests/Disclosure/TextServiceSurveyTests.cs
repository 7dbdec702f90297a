using System.Net;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Mqtt;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class TextServiceSurveyTests
{
    [TestCase("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "OpenSSH", "OpenSSH 9.2p1")]
    [TestCase("SSH-2.0-dropbear_2019.78\r\n", "dropbear", "dropbear 2019.78")]
    [TestCase("SSH-1.99-Cisco-1.25\n", "Cisco", "Cisco 1.25")]
    [TestCase("SSH-2.0-dropbear_2022.83\r\n\0\0\x02\x1c\x0b\x14 and the rest of a KEXINIT", "dropbear", "dropbear 2022.83")]
    [MaxTime(8000)]
    public async Task Ssh_tells_product_and_version_and_asks_for_a_login(string banner, string product, string version)
    {
        await using var device = Saying(banner);

        var seen = await SurveyAsync(device, ServiceProtocol.Ssh);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Product), Has.Some.EqualTo(product));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.EqualTo(version));
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Ssh }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.Coverage.Statement, Does.Contain("authentication methods"));
        });
    }

    [TestCase(ServiceProtocol.Smtp, "220 heater ESMTP Postfix 3.7.11\r\n", "Postfix 3.7.11")]
    [TestCase(ServiceProtocol.Pop3, "+OK Dovecot v2.3.19 ready.\r\n", "Dovecot v2.3.19")]
    public async Task Mail_greeting_tells_a_version(ServiceProtocol protocol, string banner, string version)
    {
        await using var device = Saying(banner);

        var seen = await SurveyAsync(device, protocol);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items(DisclosureKind.Version), Is.EqualTo(new[] { version }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Greeting_without_a_product_tells_nothing()
    {
        await using var device = Saying("220 Service ready\r\n");

        Assert.That((await SurveyAsync(device, ServiceProtocol.Smtp)).Items, Is.Empty);
    }

    [TestCase(ServiceProtocol.Unknown)]
    [TestCase(ServiceProtocol.Dns)]
    [TestCase(ServiceProtocol.Adb)]
    public async Task Service_that_is_not_spoken_is_never_complete(ServiceProtocol protocol)
    {
        await using var device = new FakeDevice((_, end) => Task.Delay(Timeout.Infinite, end));

        var seen = await SurveyAsync(device, protocol, new FastTime(10));

        Assert.Multiple(() =>
        {
            Assert.That(seen.Items, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.False);
        });
    }

    [Test]
    public async Task Shell_that_waits_for_a_key_is_woken()
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            await stream.ReadExactlyAsync(new byte[2], end);
            await stream.WriteAsync("\r\nBusyBox v1.24.1 built-in shell (ash)\r\n\x1b[1m/ # \x1b[0m"u8.ToArray(), end);
            await Task.Delay(Timeout.Infinite, end);
        });

        var seen = await SurveyAsync(device, ServiceProtocol.Unknown, new FastTime(2));

        Assert.Multiple(() =>
        {
            Assert.That(seen.Open.Single().What, Is.EqualTo("command prompt without login: / #"));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.EqualTo("BusyBox v1.24.1"));
        });
    }

    [Test]
    public async Task Telnet_options_are_declined_before_the_prompt_comes()
    {
        var declined = new byte[6];
        await using var device = new FakeDevice(async (stream, end) =>
        {
            await stream.WriteAsync(new byte[] { 255, 253, 24, 255, 251, 1 }, end);
            await stream.ReadExactlyAsync(declined, end);
            await stream.WriteAsync("Debian GNU/Linux 12\r\nheater-4711 login: "u8.ToArray(), end);
            await Task.Delay(Timeout.Infinite, end);
        });

        var seen = await SurveyAsync(device, ServiceProtocol.Telnet);

        Assert.Multiple(() =>
        {
            Assert.That(declined, Is.EqualTo(new byte[] { 255, 252, 24, 255, 254, 1 }));
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Telnet }));
            Assert.That(seen.Items(DisclosureKind.Network), Is.EqualTo(new[] { "host name heater-4711" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("12"));
            Assert.That(seen.Open, Is.Empty);
        });
    }

    [TestCase("# ")]
    [TestCase("\r\nroot@gw24:~# ")]
    [TestCase("Router>")]
    public async Task Telnet_without_login_is_open(string prompt)
    {
        await using var device = Saying(prompt);

        var seen = await SurveyAsync(device, ServiceProtocol.Telnet);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "command prompt" }));
            Assert.That(seen.Logins, Is.Empty);
        });
    }

    [Test]
    public async Task Password_in_a_greeting_is_named_and_not_kept()
    {
        await using var device = Saying("Default password: lavender19\r\nlogin: ");
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(device.Endpoint.Port, ServiceProtocol.Telnet);

        Assert.That($"{string.Concat(seen.Items)}{seen.Coverage}{bench.Said}", Does.Not.Contain("lavender"));
    }

    [Test]
    public async Task Telnet_that_says_nothing_is_incomplete()
    {
        await using var device = new FakeDevice((_, end) => Task.Delay(Timeout.Infinite, end));

        var seen = await SurveyAsync(device, ServiceProtocol.Telnet, new FastTime(10));

        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Service_that_never_stops_talking_is_left()
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            while (true)
            {
                await stream.WriteAsync("lorem ipsum "u8.ToArray(), end);
            }
        });

        var seen = await SurveyAsync(device, ServiceProtocol.Unknown);

        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Ftp_without_anonymous_login_asks_for_a_password()
    {
        await using var device = Ftp(("SYST", "215 UNIX"), ("USER", "331 Password"), ("PASS", "530 No"));

        var seen = await SurveyAsync(device, ServiceProtocol.Ftp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.LoginProtocols(), Is.EqualTo(new[] { LoginProtocol.Ftp }));
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Items(DisclosureKind.Version), Is.EqualTo(new[] { "TestFTP 1.3.5" }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Ftp_data_comes_from_the_device_or_not_at_all()
    {
        var connected = 0;
        await using var data = new FakeDevice((_, _) => Task.FromResult(Interlocked.Increment(ref connected)));
        await using var device = Ftp(("USER", "230 Welcome"), ("PWD", "257 \"/pub\""), ("EPSV", "500 no"), ("PASV", $"227 Entering (192,0,2,1,{data.Endpoint.Port >> 8},{data.Endpoint.Port & 255})"), ("LIST", "150 here"));
        using var bench = new SurveyBench();

        var seen = await bench.SeeAsync(device.Endpoint.Port, ServiceProtocol.Ftp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Has.Some.EqualTo("/pub"));
            Assert.That(connected, Is.EqualTo(1));
            Assert.That(bench.Connections.Keys.Select(endpoint => endpoint.Address.Address), Is.All.EqualTo(IPAddress.Loopback));
        });
    }

    [TestCase("500 OOPS: cannot change directory")]
    [TestCase("421 Try later")]
    public async Task Ftp_that_is_broken_has_not_refused(string reply)
    {
        await using var device = Ftp(("USER", "331 Password"), ("PASS", reply));

        Assert.That((await SurveyAsync(device, ServiceProtocol.Ftp)).Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Ftp_that_breaks_off_is_incomplete()
    {
        await using var device = Saying("421 Too many connections\r\n");

        Assert.That((await SurveyAsync(device, ServiceProtocol.Ftp)).Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Camera_that_guards_its_streams_asks_for_a_login()
    {
        await using var device = Rtsp(path => path == "/live" ? "RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm=\"IPCAM-7\", nonce=\"0\"\r\n\r\n" : "RTSP/1.0 404 Not Found\r\nCSeq: 1\r\nServer: Rtsp Server/2.0\r\n\r\n");

        var seen = await SurveyAsync(device, ServiceProtocol.Rtsp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Logins, Is.EqualTo(new[] { new LoginPoint(LoginProtocol.RtspDigest, device.Endpoint.Port, false, "/live", null) }));
            Assert.That(seen.Open, Is.Empty);
            Assert.That(seen.Items(DisclosureKind.Version), Is.Not.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Camera_that_describes_a_stream_is_open()
    {
        const string sdp = "v=0\r\ns=Live from CAM 1\r\na=tool:LIVE555 Streaming Media v2020.03.06\r\n";
        await using var device = Rtsp(path => path == "/" ? $"RTSP/1.0 200 OK\r\nContent-Length: {sdp.Length}\r\n\r\n{sdp}" : "RTSP/1.0 404 Not Found\r\n\r\n");

        var seen = await SurveyAsync(device, ServiceProtocol.Rtsp);

        Assert.That(seen.Open, Is.EqualTo(new[] { new OpenAccess("description of a stream without login", "/") }));
    }

    [Test]
    public async Task Camera_that_answers_in_another_language_is_incomplete()
    {
        await using var device = new FakeDevice(async (stream, end) =>
        {
            await FakeDevice.ReadHeadAsync(stream, end);
            await stream.WriteAsync("HTTP/1.0 400 Bad Request\r\n\r\n"u8.ToArray(), end);
        });

        Assert.That((await SurveyAsync(device, ServiceProtocol.Rtsp)).Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Broker_that_hangs_up_is_incomplete()
    {
        await using var device = new FakeDevice(async (stream, end) => await stream.ReadExactlyAsync(new byte[14], end));

        var seen = await SurveyAsync(device, ServiceProtocol.Mqtt);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Logins, Is.Empty);
            Assert.That(seen.Coverage.IsComplete, Is.False);
        });
    }

    [Test]
    public async Task Broker_gives_away_messages_but_no_secret_is_kept()
    {
        var messages = new (string Topic, string Value)[] { ("home/temp", "21.5"), ("home/wifi/password", "lavender-kettle"), ("home/config", """{"mqtt_password":"kettle-77","fw_version":"3.1.4"}"""), ("$SYS/broker/version", "mosquitto version 2.0.11") };
        await using var device = new FakeDevice(async (stream, end) =>
        {
            var buffer = new byte[512];
            var count = await stream.ReadAsync(buffer, end);
            MqttPacket.TryParse(buffer.AsSpan(0, count), 4, out var packet, out _, out _);
            var level = ((MqttPacket.Connect)packet).Level;
            await stream.WriteAsync(new MqttPacket.ConnAck(false, level == 4 ? (byte)0 : (byte)0x84, []).ToBytes(level), end);
            count = await stream.ReadAsync(buffer, end);
            await stream.WriteAsync(new MqttPacket.SubAck(1, [0, 0], []).ToBytes(level), end);
            foreach (var (topic, value) in messages)
            {
                await stream.WriteAsync(new MqttPacket.Publish(topic, Encoding.UTF8.GetBytes(value), 0, true, false, 0, []).ToBytes(level), end);
            }

            await Task.Delay(Timeout.Infinite, end);
        });
        using var bench = new SurveyBench(time: new FastTime(2));

        var seen = await bench.SeeAsync(device.Endpoint.Port, ServiceProtocol.Mqtt);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "CONNECT" }));
            Assert.That(seen.Items(DisclosureKind.Messages), Is.EquivalentTo(new[] { "home/temp = 21.5", "home/wifi/password (value not kept)", """home/config = {"mqtt_password":"(secret)","fw_version":"3.1.4"}""" }));
            Assert.That(seen.Items(DisclosureKind.Credential), Has.Exactly(2).Items);
            Assert.That(seen.Items(DisclosureKind.Version), Is.SupersetOf(new[] { "mosquitto version 2.0.11", "fw_version 3.1.4" }));
            Assert.That($"{string.Concat(seen.Items)}{bench.Said}", Does.Not.Contain("kettle"));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [TestCase(ServiceProtocol.Http)]
    [TestCase(ServiceProtocol.Mqtt)]
    [TestCase(ServiceProtocol.Ftp)]
    [TestCase(ServiceProtocol.Telnet)]
    [TestCase(ServiceProtocol.Ssh)]
    [TestCase(ServiceProtocol.Rtsp)]
    [TestCase(ServiceProtocol.Unknown)]
    public async Task Garbage_is_never_a_complete_survey(ServiceProtocol protocol)
    {
        var garbage = new byte[20_000];
        new Random(4711).NextBytes(garbage);
        await using var device = new FakeDevice(async (stream, end) => await stream.WriteAsync(garbage, end));
        using var bench = new SurveyBench(time: new FastTime(4));

        var outcome = await bench.AskAsync(device.Endpoint.Port, protocol);

        Assert.That(outcome is ProbeOutcome.Unanswered or ProbeOutcome.Observed { Observation.Coverage.IsComplete: false }, Is.True, outcome.Summary);
    }

    private static FakeDevice Saying(string greeting) => new(async (stream, end) =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(greeting), end);
        await Task.Delay(Timeout.Infinite, end);
    });

    private static FakeDevice Ftp(params (string Verb, string Reply)[] replies) => new(async (stream, end) =>
    {
        await stream.WriteAsync("220-Welcome\r\n220 TestFTP 1.3.5\r\n"u8.ToArray(), end);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(end) is { } line)
        {
            var reply = replies.FirstOrDefault(reply => line.StartsWith(reply.Verb, StringComparison.Ordinal)).Reply ?? "502 What?";
            await stream.WriteAsync(Encoding.Latin1.GetBytes(reply + "\r\n"), end);
        }
    });

    private static FakeDevice Rtsp(Func<string, string> answer) => new(async (stream, end) =>
    {
        while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
        {
            var path = new Uri(head.Split(' ')[1]).PathAndQuery;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer(path)), end);
        }
    });

    private static async Task<DisclosureSeen> SurveyAsync(FakeDevice device, ServiceProtocol protocol, TimeProvider? time = null)
    {
        using var bench = new SurveyBench(time: time);
        return await bench.SeeAsync(device.Endpoint.Port, protocol);
    }
}
