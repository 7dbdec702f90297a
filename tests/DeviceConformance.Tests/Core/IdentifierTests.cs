using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

[Parallelizable(ParallelScope.All)]
public sealed class IdentifierTests
{
    [Test]
    public void Provisions_sort_in_the_standards_order()
    {
        string[] ordered = ["4-1", "5.0-1", "5.1-2", "5.1-2A", "5.1-3", "5.3-9", "5.3-10", "5.3-15A", "5.3-15B", "5.3-16", "5.10-1", "6-1", "6-10"];
        Assert.That(ordered.Reverse().Select(text => ProvisionId.Parse(text)).Order().Select(id => id.ToString()), Is.EqualTo(ordered));
    }

    [TestCase("")]
    [TestCase("5.3")]
    [TestCase("5.3-")]
    [TestCase("5.3-x")]
    [TestCase("-1")]
    [TestCase("5.3.1-2")]
    [TestCase("5.3-+2")]
    public void What_is_no_provision_number_is_refused(string text) => Assert.That(ProvisionId.TryParse(text, out _), Is.False);

    [Test]
    public void Cases_and_units_are_read_back_as_written()
    {
        Assert.Multiple(() =>
        {
            Assert.That(TestCaseId.Parse("5.13-1A-2").ToString(), Is.EqualTo("5.13-1A-2"));
            Assert.That(TestCaseId.Parse("5.13-1A-2").Provision.Suffix, Is.EqualTo("A"));
            Assert.That(TestUnitId.Parse("6-1-2 b"), Is.EqualTo(new TestUnitId(TestCaseId.Parse("6-1-2"), 'b')));
            Assert.That(TestUnitId.Parse("6-1-2b"), Is.EqualTo(TestUnitId.Parse("6-1-2 b")));
            Assert.That(TestUnitId.TryParse("6-1-2", null, out _), Is.False);
        });
    }

    [TestCase("tcp/192.0.2.7:443", "tcp/192.0.2.7:443")]
    [TestCase("192.0.2.7:443", "tcp/192.0.2.7:443")]
    [TestCase("udp/[2001:db8::1]:5353", "udp/[2001:db8::1]:5353")]
    public void Endpoints_are_read_back(string text, string written) => Assert.That(Endpoint.Parse(text).ToString(), Is.EqualTo(written));

    [TestCase("192.0.2.7")]
    [TestCase("192.0.2.7:0")]
    [TestCase("192.0.2.7:65536")]
    [TestCase("host:80")]
    [TestCase("1:80")]
    public void What_is_no_endpoint_is_refused(string text) => Assert.That(Endpoint.TryParse(text, null, out _), Is.False);

    [TestCase("10.1.2.3", false)]
    [TestCase("172.16.0.1", false)]
    [TestCase("172.32.0.1", true)]
    [TestCase("192.168.1.1", false)]
    [TestCase("169.254.1.1", false)]
    [TestCase("100.64.0.1", false)]
    [TestCase("127.0.0.1", false)]
    [TestCase("192.0.2.1", false)]
    [TestCase("11.0.0.1", true)]
    [TestCase("fe80::1", false)]
    [TestCase("fd00::1", false)]
    [TestCase("::1", false)]
    [TestCase("2001:db8::1", false)]
    [TestCase("2a00::1", true)]
    [TestCase("::ffff:11.0.0.1", true)]
    public void Public_addresses_are_told_from_the_laboratorys(string text, bool isPublic) => Assert.That(DutAddress.Parse(text).IsPublic, Is.EqualTo(isPublic));
}
