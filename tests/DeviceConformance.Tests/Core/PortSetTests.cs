using System.Text.Json;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class PortSetTests
{
    [Test]
    public void Ports_are_written_as_ranges_and_read_back() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Gen.ListOf(Gen.Choose(1, 65535)).ToArbitrary(), ports =>
        {
            var set = new PortSet(ports);
            return PortSet.Parse(set.ToString()).Equals(set) && set.Count == ports.Distinct().Count() && ports.All(set.Contains) && set.Ports.SequenceEqual(ports.Distinct().Order());
        }));

    [Test]
    public void Observation_of_UDP_ports_is_read_back_as_it_was_written()
    {
        var open = new UdpServiceSeen(69, ServiceProtocol.Tftp, false, "TFTP", "question", 40123, "\\x00");
        ProbeOutcome outcome = new ProbeOutcome.Observed(new UdpPortsSeen(DutAddress.Parse("192.0.2.7"), [open], new PortSet([1, 2]), new PortSet([3]), PortSet.Empty, 9, 1.5, 1, "test") { Coverage = Coverage.Partial("part") });
        var text = JsonSerializer.Serialize(outcome, RunJson.Default.ProbeOutcome);
        var read = JsonSerializer.Deserialize(text, RunJson.Default.ProbeOutcome);

        Assert.That(text, Does.Contain("\"udp-ports\"").And.Contain("\"1-2\""));
        Assert.That(JsonSerializer.Serialize(read, RunJson.Default.ProbeOutcome), Is.EqualTo(text));
    }

    [Test]
    public void Neighbours_are_one_range() => Assert.That(new PortSet([3, 1, 2, 7, 65535]).ToString(), Is.EqualTo("1-3,7,65535"));

    [TestCase("0")]
    [TestCase("65536")]
    [TestCase("5-3")]
    [TestCase("a")]
    [TestCase("1-65535,1-65535")]
    public void Text_without_ports_is_refused(string text) => Assert.That(PortSet.TryParse(text, null, out _), Is.False);
}
