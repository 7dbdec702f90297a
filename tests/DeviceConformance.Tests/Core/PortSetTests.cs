using DeviceConformance.Model.Network;
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
    public void Neighbours_are_one_range() => Assert.That(new PortSet([3, 1, 2, 7, 65535]).ToString(), Is.EqualTo("1-3,7,65535"));

    [TestCase("0")]
    [TestCase("65536")]
    [TestCase("5-3")]
    [TestCase("a")]
    [TestCase("1-65535,1-65535")]
    public void Text_without_ports_is_refused(string text) => Assert.That(PortSet.TryParse(text, null, out _), Is.False);
}
