using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class StrictTransportTests
{
    [TestCase("max-age=31536000", 31_536_000, false)]
    [TestCase("Max-Age=\"600\" ; INCLUDESUBDOMAINS", 600, true)]
    [TestCase(";includeSubDomains; max-age = 0;preload;other=1", 0, true)]
    public void Header_is_read(string header, long maxAge, bool includesSubDomains)
    {
        Assert.That(StrictTransport.TryParse(header, "/a", out var seen), Is.True);
        Assert.That(seen, Is.EqualTo(new WebStrictTransport(true, maxAge, includesSubDomains, "/a")));
    }

    [TestCase("")]
    [TestCase("includeSubDomains")]
    [TestCase("max-age=")]
    [TestCase("max-age=-1")]
    [TestCase("max-age=1; max-age=2")]
    [TestCase("max-age=1; includeSubDomains; includeSubDomains")]
    [TestCase("max-age=99999999999999999999")]
    public void Header_that_clients_have_to_ignore_is_none(string header) => Assert.That(StrictTransport.TryParse(header, "/", out _), Is.False);
}
