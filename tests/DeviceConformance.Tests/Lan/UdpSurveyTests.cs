using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Snmp;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Tls;
using DeviceConformance.Tests.UdpSweep;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>Surveys over UDP against a port that a test plays: silence and refusal are told apart, and devices that Debian has none of answer.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class UdpSurveyTests
{
    private static readonly ServiceProtocol[] _spoken =
    [
        ServiceProtocol.Snmp, ServiceProtocol.Coap, ServiceProtocol.Mdns, ServiceProtocol.Dns, ServiceProtocol.Ssdp, ServiceProtocol.WsDiscovery, ServiceProtocol.Tftp, ServiceProtocol.Netbios, ServiceProtocol.Ntp,
        ServiceProtocol.Sip, ServiceProtocol.Bacnet, ServiceProtocol.Modbus, ServiceProtocol.Stun, ServiceProtocol.Other,
    ];

    [Test]
    public async Task Silence_is_no_answer_and_a_closed_port_is_refused()
    {
        using var silent = new UdpPort();
        using var closed = new UdpPort();
        closed.Dispose();
        var outcomes = await Task.WhenAll(_spoken.SelectMany(protocol => new[] { AskAsync(silent.Port, protocol), AskAsync(closed.Port, protocol) }));
        for (var index = 0; index < _spoken.Length; index++)
        {
            Assert.That((outcomes[2 * index] as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.NoReply), $"{_spoken[index]} silent: {outcomes[2 * index]}");
            Assert.That((outcomes[(2 * index) + 1] as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Refused), $"{_spoken[index]} closed: {outcomes[(2 * index) + 1]}");
        }
    }

    [Test]
    public async Task Nonsense_for_an_answer_is_no_answer()
    {
        using var port = new UdpPort();
        _ = port.AnswerAsync(port, new byte[3], Encoding.ASCII.GetBytes("what?"), Enumerable.Repeat((byte)0xff, 600).ToArray());
        var outcomes = await Task.WhenAll(_spoken.Where(protocol => protocol != ServiceProtocol.Other && protocol != ServiceProtocol.Stun).Select(protocol => AskAsync(port.Port, protocol)));
        Assert.That(outcomes, Is.All.InstanceOf<ProbeOutcome.Unanswered>());
    }

    [Test]
    public async Task Agent_that_turns_in_a_circle_is_left()
    {
        using var port = new UdpPort();
        var answers = 0;
        _ = port.AnswerEachAsync(question =>
        {
            answers++;
            var id = question.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x02, 0x04, 0x64, 0x63]);
            return id < 0 || question[4] == 3 ? null : SnmpMessage.Request(question[4], "public", 0xa2, (question[id + 2] << 24) | (question[id + 3] << 16) | (question[id + 4] << 8) | question[id + 5], 0, new SnmpBinding("1.3.6.1.2.1.1.1.0", 0x04, "round 1.2.3"u8.ToArray()));
        });

        var seen = await SeeAsync(port.Port, ServiceProtocol.Snmp);

        Assert.That(seen.OpenPaths().Count(), Is.EqualTo(34), "it lets every community in");
        Assert.That(answers, Is.LessThan(80));
    }

    [Test]
    public async Task Camera_that_answers_onvif_without_login_shows_its_users()
    {
        using var port = new UdpPort();
        await using var web = new FakeDevice(async (stream, end) =>
        {
            while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
            {
                var length = int.Parse(head.Split('\n').Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim());
                var body = new byte[length];
                await stream.ReadExactlyAsync(body, end);
                var answer = Onvif(Encoding.UTF8.GetString(body));
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {answer.Status} X\r\nContent-Type: application/soap+xml\r\nContent-Length: {answer.Body.Length}\r\n\r\n{answer.Body}"), end);
            }
        });
        _ = port.AnswerAsync(port, Encoding.UTF8.GetBytes(
            "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:4d454930-0000-1000-8000-02005e100001</a:Address></a:EndpointReference>"
            + $"<d:Scopes>onvif://www.onvif.org/name/GW24 onvif://www.onvif.org/location/country/cellar</d:Scopes><d:XAddrs>http://192.0.2.99/onvif http://127.0.0.1:{web.Endpoint.Port}/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"));

        var seen = await SeeAsync(port.Port, ServiceProtocol.WsDiscovery);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "GetDeviceInformation", "GetUsers" }));
            Assert.That(seen.Items(DisclosureKind.UserName), Is.EqualTo(new[] { "Username operator" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("2.1.0"));
            Assert.That(seen.Items(DisclosureKind.MacAddress), Is.Not.Empty, "the endpoint's name ends with the hardware address");
            Assert.That(seen.Items(DisclosureKind.Status), Has.Some.EqualTo("location country/cellar"));
            Assert.That(seen.Coverage.Statement, Does.Contain("192.0.2.99").And.Contain("refused: GetProfiles"));
        });
    }

    [Test]
    public async Task Node_status_tells_names_and_the_hardware_address()
    {
        using var port = new UdpPort();
        byte[] answer = [.. Hex("6463 8400 0000 0001 0000 0000 20 434b"), .. Enumerable.Repeat((byte)'A', 30), .. Hex("00 0021 0001 00000000 0041 01"), .. Encoding.ASCII.GetBytes("HEATER-100001  "), .. Hex("00 0400 02005e100001"), .. new byte[40]];
        _ = port.AnswerAsync(port, answer);

        var seen = await SeeAsync(port.Port, ServiceProtocol.Netbios);

        Assert.That(seen.Items(DisclosureKind.MacAddress), Has.Some.EqualTo("02:00:5e:10:00:01").And.Some.Contains("HEATER-100001 has digits"));
    }

    [Test]
    public async Task Bacnet_and_modbus_tell_their_versions()
    {
        using var bacnet = new UdpPort();
        _ = bacnet.AnswerEachAsync(question => [.. Hex("810a 001b 0100 30"), question[8], .. Hex("0c 0c02000001 194d 3e 75 07 00 322e312e3061 3f")]);
        await using var modbus = new FakeDevice(async (stream, end) =>
        {
            var question = new byte[11];
            while (true)
            {
                await stream.ReadExactlyAsync(question, end);
                await stream.WriteAsync(new byte[] { 0x64, question[1], 0, 0, 0, 0x12, 1, 0x2b, 0x0e, 2, 1, 0, 0, 2, 0, 2, (byte)'A', (byte)'B', 2, 4, (byte)'2', (byte)'.', (byte)'1', (byte)'0' }, end);
            }
        });

        var seen = await SeeAsync(bacnet.Port, ServiceProtocol.Bacnet);
        using var bench = new SurveyBench();
        var unit = await bench.SeeAsync(modbus.Endpoint.Port, ServiceProtocol.Modbus);

        Assert.That(seen.Items(DisclosureKind.Version), Has.Some.EqualTo("2.1.0a"));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(unit.Items(DisclosureKind.Version), Has.Some.EqualTo("2.10"));
        Assert.That(unit.Coverage.IsComplete, Is.True, unit.Coverage.Statement);
    }

    [Test]
    public async Task Ntp_server_that_lists_its_clients_and_versions_says_so()
    {
        using var port = new UdpPort();
        _ = port.AnswerEachAsync(question => (question[0] & 7) switch
        {
            6 => [0x16, 0x82, 0x64, 0x63, 0, 0, 0, 0, 0, 0, 0, 60, .. Encoding.ASCII.GetBytes("version=\"ntpd 4.2.6p5@1.2349-o\", processor=\"mips\", system=\"Linux/3.10.14\"")],
            7 => [0x97, 0, 3, 42, 0, 6, 0, 72, .. new byte[432]],
            _ => [0x24, 2, 6, 0xec, .. new byte[20], .. question[40..48], .. new byte[16]],
        });

        var seen = await SeeAsync(port.Port, ServiceProtocol.Ntp);

        Assert.Multiple(() =>
        {
            Assert.That(seen.OpenPaths(), Is.EqualTo(new[] { "mode 6", "mode 7 monlist" }));
            Assert.That(seen.Items(DisclosureKind.Version), Has.Some.EqualTo("Linux/3.10.14").And.Some.Contains("4.2.6p5"));
            Assert.That(seen.Items(DisclosureKind.Network), Is.EqualTo(new[] { "addresses of 6 clients in the first datagram" }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Password_in_packed_bytes_is_in_neither_the_observation_nor_the_transcript()
    {
        using var port = new UdpPort();
        _ = port.AnswerEachAsync(question => [0x60, 0x45, question[2], question[3], 0xff, .. Encoding.ASCII.GetBytes("{\"fw_version\":\"2.1.0\",\"wifi_password\":\"Grill-Kohle-9\"}")]);
        using var bench = new SurveyBench(time: new FastTime(3));

        var seen = await bench.SeeAsync(port.Port, ServiceProtocol.Coap, transport: Transport.Udp);

        Assert.That($"{string.Join(' ', seen.Items)} {seen.Coverage.Statement} {bench.Said}", Does.Not.Contain("Grill-Kohle-9"));
    }

    [Test]
    public async Task Console_over_udp_is_debugging()
    {
        using var port = new UdpPort();
        _ = port.AnswerEachAsync(question => question.AsSpan().StartsWith("help"u8) ? "dbg> help heap tasks\r\n"u8.ToArray() : null);

        var seen = await SeeAsync(port.Port, ServiceProtocol.Unknown);

        Assert.That(seen.Open.Select(open => open.Kind), Is.EqualTo(new[] { AccessKind.Debug }));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    private static async Task<ProbeOutcome> AskAsync(int port, ServiceProtocol protocol)
    {
        using var bench = new SurveyBench(time: new FastTime(10));
        return await bench.AskAsync(port, protocol, transport: Transport.Udp);
    }

    private static async Task<DisclosureSeen> SeeAsync(int port, ServiceProtocol protocol)
    {
        using var bench = new SurveyBench(time: new FastTime(3));
        return await bench.SeeAsync(port, protocol, transport: Transport.Udp);
    }

    private static (int Status, string Body) Onvif(string question) =>
        question.Contains("<GetUsers ", StringComparison.Ordinal) ? (200, "<GetUsersResponse><tt:User><tt:Username>operator</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tt:User></GetUsersResponse>")
        : question.Contains("<GetDeviceInformation ", StringComparison.Ordinal) ? (200, "<GetDeviceInformationResponse><Manufacturer>Maker</Manufacturer><FirmwareVersion>2.1.0</FirmwareVersion></GetDeviceInformationResponse>")
        : question.Contains("<GetSystemDateAndTime ", StringComparison.Ordinal) ? (200, "<GetSystemDateAndTimeResponse/>")
        : question.Contains("<GetProfiles ", StringComparison.Ordinal) ? (400, "<Fault><Subcode>ter:NotAuthorized</Subcode></Fault>")
        : (500, "<Fault/>");

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
