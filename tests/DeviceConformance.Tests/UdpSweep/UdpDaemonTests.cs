using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.UdpSweep;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.UdpSweep;

/// <summary>Debian's UDP servers play the device: each is found and named, TFTP too, which answers from another port.</summary>
[Category("Daemon")]
[Parallelizable]
public sealed class UdpDaemonTests
{
    private const string Remedy = "apt-get install dnsmasq-base snmpd tftpd-hpa chrony libcoap3-bin miniupnpd-nftables coturn openssl";

    [Test]
    [CancelAfter(120_000)]
    public async Task Every_server_is_found_and_named(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        foreach (var tool in new[] { "dnsmasq", "snmpd", "in.tftpd", "chronyd", "coap-server-notls", "miniupnpd", "turnserver", "openssl" })
        {
            if (!NetworkNamespace.HasTool(tool))
            {
                Assert.Ignore($"needs the program '{tool}': {Remedy}");
            }
        }

        var folder = Directory.CreateTempSubdirectory("dct-udp-");
        try
        {
            await StartAsync(device, folder.FullName);

            using var bench = new DutBench(device.DeviceAddress, [80], LabLimits.Default with { UdpSeconds = 8 });
            var seen = await bench.SeeAsync(new UdpPortSweepProbe(), new UdpPortSweep(bench.Address));
            TestContext.Out.WriteLine(seen.Summary);
            Assert.Multiple(() =>
            {
                AssertOpen(seen, 53, ServiceProtocol.Dns, "DNS");
                AssertOpen(seen, 67, ServiceProtocol.Dhcp, "DHCP");
                AssertOpen(seen, 69, ServiceProtocol.Tftp, "TFTP");
                AssertOpen(seen, 123, ServiceProtocol.Ntp, "NTP, stratum 8");
                AssertOpen(seen, 161, ServiceProtocol.Snmp, "SNMPv");
                AssertOpen(seen, 1900, ServiceProtocol.Ssdp, "MiniUPnPd");
                AssertOpen(seen, 3478, ServiceProtocol.Stun, "STUN");
                AssertOpen(seen, 5351, ServiceProtocol.Other, "NAT-PMP");
                AssertOpen(seen, 5683, ServiceProtocol.Coap, "CoAP");
                AssertOpen(seen, 5684, ServiceProtocol.Tls, "DTLS");
                Assert.That(seen.Open, Has.Length.EqualTo(10));
                Assert.That(seen.Open.Single(open => open.Port == 69).AnsweredFrom, Is.Not.EqualTo(69));
                Assert.That(bench.Said, Does.Contain("File not found").And.Contain("M-SEARCH"));
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void AssertOpen(UdpPortsSeen seen, int port, ServiceProtocol protocol, string name)
    {
        var open = seen.Open.SingleOrDefault(service => service.Port == port);
        Assert.That((open?.Protocol, open?.Name), Is.EqualTo(((ServiceProtocol?)protocol, open?.Name)), $"UDP {port}");
        Assert.That(open?.Name, Does.Contain(name), $"UDP {port}");
    }

    /// <summary>Starts the ten servers on their usual ports, and a TCP port 80 as sign of life.</summary>
    internal static async Task StartAsync(NetworkNamespace device, string folder)
    {
        string Write(string name, string text)
        {
            File.WriteAllText(Path.Combine(folder, name), text);
            return Path.Combine(folder, name);
        }

        device.Listen(80);
        var network = string.Join('.', device.HostAddress.ToString().Split('.')[..3]) + $".{device.HostAddress.GetAddressBytes()[3] - 1}";
        device.Start("dnsmasq", "-k", "-p", "53", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", $"--dhcp-range={network},static", "--user=root", $"--pid-file={folder}/dnsmasq.pid", "--interface=eth0", "--bind-interfaces", $"--dhcp-leasefile={folder}/leases");
        device.Start("snmpd", "-C", "-c", Write("snmpd.conf", "rocommunity public\nagentAddress udp:161\n"), "-Lf", "/dev/null", "-p", $"{folder}/snmpd.pid", "-f");
        device.Start("in.tftpd", "-L", "--secure", "--user", "root", folder);
        device.Start("chronyd", "-d", "-x", "-f", Write("chrony.conf", $"local stratum 8\nallow\ncmdport 0\npidfile {folder}/chrony.pid\nbindcmdaddress /\n"));
        device.Start("coap-server-notls", "-A", "0.0.0.0", "-p", "5683");
        device.Start("turnserver", "-n", "-L", $"{device.DeviceAddress}", "--no-cli", "--log-file=/dev/null", "--no-dtls", "--no-tls", $"--pidfile={folder}/turn.pid", $"--db={folder}/turn.db");
        device.Start("miniupnpd", "-d", "-f", Write("upnp.conf", "ext_ifname=lo\nlistening_ip=eth0\nenable_upnp=yes\nenable_natpmp=yes\nuuid=64637401-0000-4000-8000-000000000001\next_ip=8.8.8.8\n"), "-P", $"{folder}/upnp.pid");
        device.Run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", $"{folder}/k.pem", "-out", $"{folder}/c.pem", "-subj", "/CN=device", "-days", "30");
        device.Start("openssl", "s_server", "-dtls", "-accept", "5684", "-cert", $"{folder}/c.pem", "-key", $"{folder}/k.pem", "-quiet");
        await device.WaitForUdpPortsAsync(53, 67, 69, 123, 161, 1900, 3478, 5351, 5683, 5684);
    }
}
