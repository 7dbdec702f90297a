using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable]
public sealed class ClientHelloTests
{
    private const int ServerName = 0;

    [TestCase(TlsVersion.Ssl3, 0x0300, 0x0300)]
    [TestCase(TlsVersion.Tls10, 0x0301, 0x0301)]
    [TestCase(TlsVersion.Tls11, 0x0301, 0x0302)]
    [TestCase(TlsVersion.Tls12, 0x0301, 0x0303)]
    [TestCase(TlsVersion.Tls13, 0x0301, 0x0303)]
    public void Offer_names_one_version_the_given_suites_and_no_server(TlsVersion version, int record, int legacy)
    {
        var offer = OfferRead.Parse(new ClientHello(version, [0xc02f, 0x1301]).ToBytes());
        Assert.Multiple(() =>
        {
            Assert.That(offer.Version, Is.EqualTo(version));
            Assert.That((int)offer.Record, Is.EqualTo(record));
            Assert.That((int)offer.Legacy, Is.EqualTo(legacy));
            Assert.That(offer.Suites.Take(2), Is.EqualTo(new[] { 0xc02f, 0x1301 }));
            Assert.That(offer.Suites.Skip(2), Is.EqualTo(version == TlsVersion.Tls13 ? [] : new[] { 0x00ff }));
            Assert.That(offer.SessionIdLength, Is.EqualTo(version == TlsVersion.Tls13 ? 32 : 0));
            Assert.That(offer.Extensions.Keys, Does.Not.Contain(ServerName));
        });
    }

    [Test]
    public void Offer_of_ssl_3_has_no_extensions() => Assert.That(OfferRead.Parse(new ClientHello(TlsVersion.Ssl3, [5]).ToBytes()).Extensions, Is.Empty);

    [Test]
    public void Offer_of_tls_1_3_carries_shares_for_the_two_usual_groups()
    {
        var shares = OfferRead.Parse(new ClientHello(TlsVersion.Tls13, [0x1301]).ToBytes()).Extensions[51];
        Assert.That(shares, Has.Length.EqualTo(2 + 4 + 32 + 4 + 65));
        Assert.That(shares[2..6], Is.EqualTo(new byte[] { 0, 29, 0, 32 }));
        Assert.That(shares[38..43], Is.EqualTo(new byte[] { 0, 23, 0, 65, 4 }));
    }
}
