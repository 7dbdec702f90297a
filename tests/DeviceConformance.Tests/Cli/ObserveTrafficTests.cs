using System.Text.Json.Nodes;
using DeviceConformance.Tests.EndToEnd;
using DeviceConformance.Tests.Tls;
using DeviceConformance.Tests.Traffic;
using NUnit.Framework;
using static DeviceConformance.Tests.Traffic.TrafficScript;

namespace DeviceConformance.Tests.Cli;

/// <summary><c>dct observe traffic</c> as a process.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ObserveTrafficTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Shows_conversations_with_frames_and_filter()
    {
        var ended = await Dct.RunAsync("observe", "traffic", Capture("talk.pcap"), "--dut", "00:00:5e:10:00:07", "--laboratory", Laboratory);
        Assert.That((ended.Code, ended.Errors), Is.EqualTo((0, "")), ended.Output);
        Assert.That(ended.Output, Does.Contain("CLEAR: to updates.example (203.0.113.5) tcp/80, HTTP/1.1: readable HTTP/1.1").And.Contain("(ip.addr == 203.0.113.5 && tcp.port == 80)")
            .And.Contain("Credential: HTTP Basic").And.Contain("of the harness").And.Not.Contain("YTpi"));
    }

    [Test]
    public async Task Without_the_device_it_lists_who_may_be_meant_or_takes_the_only_one()
    {
        var open = await Dct.RunAsync("observe", "traffic", Capture("open.pcap"));
        Assert.That(open.Code, Is.EqualTo(64));
        Assert.That(open.Errors, Does.Contain("Name it with --dut").And.Contain("00:00:5e:10:00:07 (vendor's number 00:00:5e), 192.0.2.7").And.Contain("02:00:5e:10:00:02 (locally administered), 192.0.2.2"));
        var script = new TrafficScript();
        script.Udp(Dut, 5000, Server, 123, new byte[48]);
        script.Packet(Server, Dut, 17, Probe(), hopLimit: 55);
        var only = await Dct.RunAsync("observe", "traffic", Written("only.pcap", script.ToPcap()), "--json");
        Assert.That(only.Errors, Does.Contain("taken for the device, as the only sender that is no router: 00:00:5e:10:00:07"));
        Assert.That(JsonNode.Parse(only.Output)!["observation"]!["conversations"]!.AsArray(), Has.Count.EqualTo(1), only.Output);
    }

    [TestCase("text", "is no pcap or pcapng file")]
    [TestCase("cut", "ended at byte ")]
    [TestCase("nothing", "can not be read")]
    public async Task Bad_files_are_told_with_the_byte_and_without_a_stack_trace(string kind, string told)
    {
        var path = kind switch
        {
            "text" => Written("text.pcap", "no capture at all"u8.ToArray()),
            "cut" => Written("cut.pcap", File.ReadAllBytes(Capture("whole.pcap"))[..^5]),
            _ => _folder.File("there-is-none.pcap"),
        };
        var ended = await Dct.RunAsync("observe", "traffic", path, "--dut", Dut);
        Assert.That((ended.Code, ended.Output + ended.Errors), Is.EqualTo((kind == "cut" ? 2 : 3, ended.Output + ended.Errors)));
        Assert.That(ended.Output + ended.Errors, Does.Contain(told).And.Not.Contain("   at "));
    }

    [TestCase("there-is-none.txt", 3, "can not be read")]
    [TestCase("keys.txt", 2, "1 lines of the key logs hold no secret")]
    public async Task Key_log_without_secrets_is_told(string name, int code, string told)
    {
        Written("keys.txt", "# a comment\nno secret\n"u8.ToArray());
        var ended = await Dct.RunAsync("observe", "traffic", Capture("talk.pcap"), "--dut", Dut, "--key-log", _folder.File(name));
        Assert.That((ended.Code, ended.Output + ended.Errors), Is.EqualTo((code, ended.Output + ended.Errors)));
        Assert.That(ended.Output + ended.Errors, Does.Contain(told).And.Not.Contain("   at "));
    }

    [TestCase("7")]
    [TestCase("02:00:5e")]
    [TestCase("heater")]
    public async Task What_is_no_address_is_refused(string dut)
    {
        var ended = await Dct.RunAsync("observe", "traffic", "x.pcap", "--dut", dut);
        Assert.That((ended.Code, ended.Errors.Trim()), Is.EqualTo((64, $"dct: '{dut}' is no MAC or IP address, such as 02:00:5e:10:00:01 or 192.0.2.7.")));
    }

    private static byte[] Probe() => [0, 123, 0x13, 0x88, 0, 56, 0, 0, .. new byte[48]];

    private string Capture(string name)
    {
        var script = new TrafficScript();
        script.Connect(Dut, 40000, Server, 80).Client("GET /v HTTP/1.1\r\nHost: updates.example\r\nAuthorization: Basic YTpi\r\n\r\n").Server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").Close();
        script.Connect(Laboratory, 50000, Dut, 22).Client("SSH-2.0-x\r\n");
        return Written(name, script.ToPcap());
    }

    private string Written(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }
}
