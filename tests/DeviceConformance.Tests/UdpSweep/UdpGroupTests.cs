using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.UdpSweep;
using DeviceConformance.TestCases.Interfaces;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.UdpSweep;

/// <summary>Services that listen to a multicast group alone, as Debian's minidlna does.</summary>
[Category("Daemon")]
[Parallelizable(ParallelScope.All)]
public sealed class UdpGroupTests
{
    private static readonly LabLimits _short = LabLimits.Default with { UdpSeconds = 3 };

    [Test]
    [CancelAfter(60_000)]
    public async Task Undeclared_services_that_answer_their_groups_alone_are_found_and_fail_the_unit(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        if (!NetworkNamespace.HasTool("minidlnad"))
        {
            Assert.Ignore("needs the program 'minidlnad': apt-get install minidlna");
        }

        var folder = Directory.CreateTempSubdirectory("dct-groups-");
        try
        {
            folder.CreateSubdirectory("media");
            folder.CreateSubdirectory("db");
            var conf = Path.Combine(folder.FullName, "conf");
            await File.WriteAllTextAsync(conf, $"port=8200\nmedia_dir={folder}/media\ndb_dir={folder}/db\nlog_dir={folder}\nnetwork_interface=eth0\ninotify=no\n", cancellationToken);
            device.Start("minidlnad", "-S", "-f", conf, "-P", $"{folder}/pid");
            await device.WaitForPortAsync(8200);
            await device.WaitForUdpPortsAsync(1900);
            using var names = Member(device, IPAddress.Parse("224.0.0.251"), 5353);
            using var cameras = Member(device, IPAddress.Parse("239.255.255.250"), 3702);
            using var locals = Member(device, IPAddress.Parse("224.0.0.252"), 5355);
            var answering = Task.WhenAll(AnswerAsync(names, Named), AnswerAsync(cameras, static _ => Encoding.ASCII.GetBytes("<d:ProbeMatches/>")), AnswerAsync(locals, Named));

            using var bench = new DutBench(device.DeviceAddress, [8200], _short, networkInterface: device.HostLink);
            var seen = await bench.SeeAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));
            using var outside = new DutBench(device.DeviceAddress, [8200], _short with { UdpSeconds = 1 });
            var without = await outside.SeeAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));
            foreach (var socket in new[] { names, cameras, locals })
            {
                socket.Dispose();
            }

            await answering;
            TestContext.Out.WriteLine($"{seen.Summary}\n  {seen.Coverage.Statement}\n{without.Coverage.Statement}");
            var findings = Judge(bench, seen);
            Assert.Multiple(() =>
            {
                Assert.That(seen.Open.Select(open => (open.Port, open.Protocol, open.Group)), Is.EqualTo(new[]
                {
                    (1900, ServiceProtocol.Ssdp, "239.255.255.250"),
                    (3702, ServiceProtocol.WsDiscovery, "239.255.255.250"),
                    (5353, ServiceProtocol.Mdns, "224.0.0.251"),
                    (5355, ServiceProtocol.Other, "224.0.0.252"),
                }));
                Assert.That(seen.Open[0].Question, Is.EqualTo("SSDP M-SEARCH, asked of the group 239.255.255.250"));
                Assert.That(seen.Closed.Contains(1900) || seen.Silent.Contains(1900) || seen.NotTried.Contains(1900), Is.False, "a port is either open or not");
                Assert.That(seen.Coverage.Statement, Does.EndWith($"were asked on {device.HostLink}; 4 brought an answer of {bench.Address} itself, others do not count."));
                Assert.That(without.Open, Is.Empty);
                Assert.That(without.Coverage.Statement, Does.EndWith("were not asked (lab.yaml names no 'interface' towards the DUT): a service that listens to a group alone stays unseen."));
                Assert.That(findings.Where(finding => finding.Verdict == Verdict.Fail).Select(finding => finding.Subject), Is.EqualTo(new[] { 1900, 3702, 5353, 5355 }.Select(port => $"{new Endpoint(bench.Address, port, Transport.Udp)}")));
                Assert.That(findings[0].Statement, Does.EndWith("It answers the multicast group 239.255.255.250 and not the DUT's own address."));
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Neighbour_that_answers_a_group_is_not_the_device()
    {
        using var device = NetworkNamespace.CreateOrSkip();
        device.Listen(80);
        var other = new IPAddress([10, 79, .. device.DeviceAddress.GetAddressBytes()[2..]]);
        using var cameras = Member(device, IPAddress.Parse("239.255.255.250"), 3702);
        // Answers leave from another address of the same link, as a neighbour's do.
        using var neighbour = Neighbour(device, other);
        var answering = AnswerAsync(cameras, static _ => Encoding.ASCII.GetBytes("<d:ProbeMatches/>"), neighbour);
        using var bench = new DutBench(device.DeviceAddress, [80], _short with { UdpSeconds = 1 }, networkInterface: device.HostLink);

        var seen = await bench.SeeAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));

        cameras.Dispose();
        Assert.That(await answering, Is.GreaterThan(0), "the neighbour was asked and answered");
        Assert.That(seen.Open, Is.Empty, seen.Summary);
        Assert.That(seen.Coverage.Statement, Does.Contain("; 0 brought an answer"));
    }

    private static List<Finding> Judge(DutBench bench, UdpPortsSeen ports)
    {
        var seen = new ObservationSet();
        seen.Add(new ProbeRecord(new UdpPortSweep(bench.Address), new ProbeOutcome.Observed(ports), default, default, []), new EvidenceRef("obs/0001", "00"));
        return [.. new ExposedInterfacesMatchDeclaration().Units(StandardEdition.V3).Single(unit => unit.Letter == 'c').Judge(bench.Declared, seen)];
    }

    // Bound to the group itself, so that the device's own address is closed.
    private static Socket Member(NetworkNamespace device, IPAddress group, int port) => device.InDeviceNetwork(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(group, port));
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(group, device.DeviceAddress));
        return socket;
    });

    private static Socket Neighbour(NetworkNamespace device, IPAddress address)
    {
        device.Run("ip", "address", "add", $"{address}/32", "dev", "eth0");
        NetworkNamespace.RunOnHost("ip", "route", "add", $"{address}/32", "dev", device.HostLink);
        return device.InDeviceNetwork(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, 0));
            return socket;
        });
    }

    private static byte[] Named(byte[] question)
    {
        // The same with the QR bit is a response without records (RFC 1035, 4.1.1).
        question[2] |= 0x80;
        return question;
    }

    private static async Task<int> AnswerAsync(Socket socket, Func<byte[], byte[]> answer, Socket? from = null)
    {
        var answers = 0;
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var asked = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await (from ?? socket).SendToAsync(answer(buffer[..asked.ReceivedBytes]), asked.RemoteEndPoint);
                answers++;
            }
        }
        catch (Exception fault) when (fault is ObjectDisposedException or SocketException)
        {
            return answers;
        }
    }
}
