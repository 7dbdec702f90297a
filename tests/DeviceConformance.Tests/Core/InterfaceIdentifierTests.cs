using DeviceConformance.Model.Network;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class InterfaceIdentifierTests
{
    // The second is the example of RFC 4291, appendix A, with the universal bit turned.
    [TestCase("fe80::200:5eff:fe10:1", "00:00:5e:10:00:01")]
    [TestCase("2001:db8::3656:78ff:fe9a:bcde", "34:56:78:9a:bc:de")]
    [TestCase("2001:db8::5c1f:9d3a:77b2:e08a", null)]
    [TestCase("fd77::2", null)]
    [TestCase("192.0.2.7", null)]
    public void Hardware_address_in_an_address_is_recognised(string address, string? mac) =>
        Assert.That(InterfaceIdentifier.HardwareAddressIn(DutAddress.Parse(address)), Is.EqualTo(mac));
}
