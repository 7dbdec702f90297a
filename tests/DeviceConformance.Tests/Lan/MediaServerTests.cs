using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Lab;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>Debian's minidlna plays a media player that describes itself by UPnP.</summary>
[TestFixture]
[Category("Daemon")]
[Parallelizable]
public sealed class MediaServerTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task What_a_media_server_shows_is_read_and_nothing_of_it_is_a_gateway(CancellationToken cancellationToken)
    {
        using var device = NetworkNamespace.CreateOrSkip();
        if (!NetworkNamespace.HasTool("minidlnad"))
        {
            Assert.Ignore("needs the program 'minidlnad': apt-get install minidlna");
        }

        var folder = Directory.CreateTempSubdirectory("dct-dlna-");
        try
        {
            foreach (var name in new[] { "media", "db" })
            {
                folder.CreateSubdirectory(name);
            }

            var conf = Path.Combine(folder.FullName, "conf");
            await File.WriteAllTextAsync(conf, $"port=8200\nmedia_dir={folder}/media\ndb_dir={folder}/db\nlog_dir={folder}\nfriendly_name=Player in the hall\nserial=4711-0815\nmodel_number=2.1.0\nnetwork_interface=eth0\ninotify=no\n", cancellationToken);
            device.Start("minidlnad", "-S", "-f", conf, "-P", $"{folder}/pid");
            await device.WaitForPortAsync(8200);
            await device.WaitForUdpPortsAsync(1900);
            using var bench = new DutBench(device.DeviceAddress, [], networkInterface: device.HostLink);
            var endpoint = new Endpoint(bench.Address, 1900, Transport.Udp);

            // It listens to the group alone: its own address is closed, which ICMP says.
            using var outside = new DutBench(device.DeviceAddress, []);
            var refused = await outside.AskAsync(new DisclosureSurveyProbe(), new DisclosureSurvey(endpoint, ServiceProtocol.Ssdp, false));
            var seen = await bench.SeeAsync(new DisclosureSurveyProbe(), new DisclosureSurvey(endpoint, ServiceProtocol.Ssdp, false));
            var mapping = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(endpoint, ServiceProtocol.Ssdp));
            TestContext.Out.WriteLine($"{seen.Summary}\n  {seen.Coverage.Statement}\n  {string.Join("\n  ", seen.Items.Select(item => $"{item.Kind} {item.What} ({item.Where})"))}\n  {string.Join("\n  ", seen.OpenPaths())}");

            Assert.Multiple(() =>
            {
                Assert.That(refused, Is.InstanceOf<ProbeOutcome.Unanswered>().With.Property(nameof(ProbeOutcome.Unanswered.Silence)).EqualTo(Silence.Refused));
                Assert.That(seen.Items(DisclosureKind.SerialNumber), Has.Some.Contains("4711-0815"));
                Assert.That(seen.Items(DisclosureKind.Version), Has.Some.Contains("1.3"));
                Assert.That(seen.Items(DisclosureKind.ApiDescription), Has.Some.Contains("ContentDirectory"));
                Assert.That(seen.OpenPaths(), Has.Some.EqualTo("/rootDesc.xml").And.Some.StartsWith("ContentDirectory:1 Get"));
                Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
                Assert.That(mapping.Result, Is.EqualTo(AccessResult.NotTried), mapping.What);
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
