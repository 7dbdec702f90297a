using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>Debian's UDP servers play the device: what each shows before login is read, and nothing is changed.</summary>
[Category("Daemon")]
[Parallelizable]
public sealed class UdpServersTests
{
    private const string Remedy = "apt-get install dnsmasq-base snmpd tftpd-hpa chrony libcoap3-bin miniupnpd-nftables avahi-daemon";

    [Test]
    [CancelAfter(120_000)]
    public async Task What_real_servers_show_before_login_is_read(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        foreach (var tool in new[] { "dnsmasq", "snmpd", "in.tftpd", "chronyd", "coap-server-notls", "miniupnpd", "avahi-daemon" })
        {
            if (!NetworkNamespace.HasTool(tool))
            {
                Assert.Ignore($"needs the program '{tool}': {Remedy}");
            }
        }

        var folder = Directory.CreateTempSubdirectory("dct-lan-");
        try
        {
            await StartAsync(device, folder.FullName);
            using var bench = new DutBench(device.DeviceAddress, []);
            var seen = (await Task.WhenAll(
                new[] { (161, ServiceProtocol.Snmp), (5683, ServiceProtocol.Coap), (53, ServiceProtocol.Dns), (123, ServiceProtocol.Ntp), (69, ServiceProtocol.Tftp), (1900, ServiceProtocol.Ssdp), (5353, ServiceProtocol.Mdns) }
                    .Select(pair => SeeAsync(bench, pair.Item1, pair.Item2)))).ToDictionary(survey => survey.Protocol);
            var snmpWrite = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(new Endpoint(bench.Address, 161, Transport.Udp), ServiceProtocol.Snmp));
            var mapping = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(new Endpoint(bench.Address, 1900, Transport.Udp), ServiceProtocol.Ssdp));
            foreach (var survey in seen.Values)
            {
                TestContext.Out.WriteLine($"{survey.Summary}\n  {survey.Coverage.Statement}\n  {string.Join("\n  ", survey.Items.Take(40).Select(item => $"{item.Kind} {item.What} ({item.Where})"))}\n  {string.Join("\n  ", survey.Open.Select(open => $"open: {open.Where} ({open.What})"))}");
            }

            Assert.Multiple(() =>
            {
                // libcoap's resource /async answers after five seconds: what did not come is missing, not absent.
                Assert.That(seen.Values.Where(survey => !survey.Coverage.IsComplete).Select(survey => survey.Protocol), Is.EqualTo(new[] { ServiceProtocol.Coap }));
                Assert.That(seen[ServiceProtocol.Coap].Coverage.Statement, Does.Contain("Missing: GET /async: no answer (NoReply)."));

                var snmp = seen[ServiceProtocol.Snmp];
                Assert.That(snmp.OpenPaths(), Is.EquivalentTo(new[] { "SNMPv2c community public", "SNMPv1 community public", "SNMPv2c community manager", "SNMPv1 community manager" }));
                Assert.That(snmp.Items(DisclosureKind.Network), Has.Some.EqualTo("host name boiler-17"));
                Assert.That(snmp.Items(DisclosureKind.Status), Has.Some.EqualTo("contact service@example.invalid"));
                Assert.That(snmp.Items(DisclosureKind.Version), Is.Not.Empty);
                Assert.That(snmp.Items(DisclosureKind.MacAddress), Is.Not.Empty);

                var coap = seen[ServiceProtocol.Coap];
                Assert.That(coap.OpenPaths(), Has.Some.EqualTo("/.well-known/core").And.Some.EqualTo("/time").And.Some.EqualTo("/time (observe)"));
                Assert.That(bench.Said, Does.Contain("give up observing /time"));

                Assert.That(seen[ServiceProtocol.Dns].Items(DisclosureKind.Version), Has.Some.StartsWith("dnsmasq"));
                Assert.That(seen[ServiceProtocol.Ntp].Open, Is.Empty);
                Assert.That(seen[ServiceProtocol.Tftp].OpenPaths(), Is.EquivalentTo(new[] { "config.txt" }));
                Assert.That(seen[ServiceProtocol.Tftp].Items(DisclosureKind.Credential), Is.Not.Empty);
                Assert.That(bench.Said, Does.Not.Contain("Grill-Kohle-9"));

                var upnp = seen[ServiceProtocol.Ssdp];
                Assert.That(upnp.OpenPaths(), Has.Some.Matches("^WANIPConnection:[12] GetStatusInfo$"));
                Assert.That(upnp.Items(DisclosureKind.Network), Has.Some.EqualTo("external address 8.8.8.8"));
                Assert.That(upnp.Coverage.Statement, Does.Contain("AddPortMapping"));

                Assert.That((snmpWrite.Result, snmpWrite.Restored), Is.EqualTo((AccessResult.Granted, true)), snmpWrite.What);
                Assert.That((mapping.Result, mapping.Restored), Is.EqualTo((AccessResult.Granted, true)), mapping.What);

                Assert.That(seen[ServiceProtocol.Mdns].Items(DisclosureKind.Version), Has.Some.Contains("2.1.0"));
                Assert.That(seen[ServiceProtocol.Mdns].Items(DisclosureKind.Product), Has.Some.EqualTo("Boiler in the cellar"));
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<DisclosureSeen> SeeAsync(DutBench bench, int port, ServiceProtocol protocol) =>
        bench.SeeAsync(new DisclosureSurveyProbe(), new DisclosureSurvey(new Endpoint(bench.Address, port, Transport.Udp), protocol, false));

    private static async Task StartAsync(NetworkNamespace device, string folder)
    {
        string Write(string name, string text)
        {
            File.WriteAllText(Path.Combine(folder, name), text);
            return Path.Combine(folder, name);
        }

        Write("config.txt", "ssid=Cellar\nwifi_password=Grill-Kohle-9\n");
        device.Start("dnsmasq", "-k", "-p", "53", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", $"--pid-file={folder}/dnsmasq.pid", "--interface=eth0", "--bind-interfaces");
        // A view, for the processes of this host are not the device's.
        device.Start("snmpd", "-C", "-c", Write("snmpd.conf", "view device included .1.3.6.1.2.1.1\nview device included .1.3.6.1.2.1.2\nview device included .1.3.6.1.2.1.4\nrocommunity public default -V device\nrwcommunity manager default -V device\nagentAddress udp:161\nsysName boiler-17\nsysContact service@example.invalid\n"), "-Lf", "/dev/null", "-p", $"{folder}/snmpd.pid", "-f");
        device.Start("in.tftpd", "-L", "--secure", "--user", "root", folder);
        device.Start("chronyd", "-d", "-x", "-f", Write("chrony.conf", $"local stratum 8\nallow\ncmdport 0\npidfile {folder}/chrony.pid\nbindcmdaddress /\n"));
        device.Start("coap-server-notls", "-A", "0.0.0.0", "-p", "5683");
        device.Filter("""
            table inet filter {
              chain miniupnpd { }
              chain prerouting_miniupnpd { }
              chain postrouting_miniupnpd { }
              chain forward { type filter hook forward priority 0; jump miniupnpd; }
              chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
              chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; }
            }

            """);
        device.Start("miniupnpd", "-d", "-f", Write("upnp.conf", "ext_ifname=lo\nlistening_ip=eth0\nenable_upnp=yes\nenable_natpmp=no\nuuid=64637401-0000-4000-8000-000000000001\next_ip=8.8.8.8\n"), "-P", $"{folder}/upnp.pid");
        Directory.CreateDirectory(Path.Combine(folder, "services"));
        Write("services/boiler.service", "<service-group><name>Boiler in the cellar</name><service><type>_http._tcp</type><port>80</port><txt-record>fw_version=2.1.0</txt-record></service></service-group>");
        // Without a bus of its own and without leaving root: it plays a device, it is none.
        device.Run("mkdir", "-p", "/run/avahi-daemon");
        device.Start("sh", "-c", $"mount --bind {folder}/services /etc/avahi/services && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f {Write("avahi.conf", "[server]\nhost-name=boiler-17\nenable-dbus=no\nallow-interfaces=eth0\nuse-ipv6=no\n[publish]\npublish-hinfo=no\npublish-workstation=no\n")}");
        await device.WaitForUdpPortsAsync(53, 69, 123, 161, 1900, 5353, 5683);
    }
}
