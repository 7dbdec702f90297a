using System.Net.Security;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable]
public sealed class CipherSuiteTests
{
    [Test]
    public void Every_suite_that_the_platform_names_is_known_by_the_same_name()
    {
        var platform = Enum.GetValues<TlsCipherSuite>();
        Assert.That(platform, Has.Length.GreaterThan(300));
        Assert.That(
            platform.Select(suite => (int)suite).Select(code => $"{code:x4} {(CipherSuite.ByCode.TryGetValue(code, out var known) ? known.Name : "unknown")}"),
            Is.EqualTo(platform.Select(suite => $"{(int)suite:x4} {suite}")));
    }

    [Test]
    public void Every_suite_is_offered_in_some_version_and_none_twice()
    {
        TlsVersion[] versions = [TlsVersion.Ssl3, TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13];
        Assert.That(CipherSuite.InOrderOfUse.Select(suite => suite.Code), Is.Unique.And.EquivalentTo(CipherSuite.ByCode.Keys));
        Assert.That(CipherSuite.InOrderOfUse.Where(suite => !versions.Any(suite.FitsInto)), Is.Empty);
        Assert.That(CipherSuite.InOrderOfUse.Where(suite => suite.FitsInto(TlsVersion.Tls13)).Select(suite => suite.Code >> 8).Distinct(), Is.EquivalentTo(new[] { 0x00, 0x13, 0xc0, 0xc1 }));
        Assert.That(CipherSuite.ByCode[0x009c].FitsInto(TlsVersion.Tls11), Is.False);
        Assert.That(CipherSuite.ByCode[0x003c].FitsInto(TlsVersion.Tls11), Is.False);
        Assert.That(CipherSuite.ByCode[0x002f].FitsInto(TlsVersion.Tls12), Is.True);
        Assert.That(CipherSuite.ByCode[0x1301].FitsInto(TlsVersion.Tls12), Is.False);
    }

    [TestCase(0x0000, SuiteWeakness.NullCipher | SuiteWeakness.Anonymous | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x0001, SuiteWeakness.NullCipher | SuiteWeakness.Md5 | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x0003, SuiteWeakness.Export | SuiteWeakness.Rc4 | SuiteWeakness.Md5 | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x0007, SuiteWeakness.SmallBlock | SuiteWeakness.Cbc | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x0016, SuiteWeakness.SmallBlock | SuiteWeakness.TripleDes | SuiteWeakness.Cbc)]
    [TestCase(0x0018, SuiteWeakness.Anonymous | SuiteWeakness.Rc4 | SuiteWeakness.Md5)]
    [TestCase(0x002f, SuiteWeakness.Cbc | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x0033, SuiteWeakness.Cbc)]
    [TestCase(0x0062, SuiteWeakness.Export | SuiteWeakness.SmallBlock | SuiteWeakness.Des | SuiteWeakness.Cbc | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x0081, SuiteWeakness.SmallBlock | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x009d, SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0x00a8, SuiteWeakness.NoForwardSecrecy | SuiteWeakness.PreSharedKey)]
    [TestCase(0x00a6, SuiteWeakness.Anonymous)]
    [TestCase(0xc004, SuiteWeakness.Cbc | SuiteWeakness.NoForwardSecrecy)]
    [TestCase(0xc015, SuiteWeakness.NullCipher | SuiteWeakness.Anonymous)]
    [TestCase(0xc01d, SuiteWeakness.Cbc)]
    [TestCase(0xc02b, SuiteWeakness.None)]
    [TestCase(0xc0ae, SuiteWeakness.None)]
    [TestCase(0xc0b4, SuiteWeakness.NullCipher)]
    [TestCase(0xcca8, SuiteWeakness.None)]
    [TestCase(0xd001, SuiteWeakness.PreSharedKey)]
    [TestCase(0x1303, SuiteWeakness.None)]
    public void Weakness_follows_from_the_parts_of_a_suite(int code, SuiteWeakness weakness) =>
        Assert.That(CipherSuite.Seen(code, "").Classes, Is.EqualTo(weakness), CipherSuite.Seen(code, "").Name);

    [Test]
    public void Short_offer_holds_what_small_devices_speak()
    {
        var names = CipherSuite.InOrderOfUse.Where(suite => suite.FitsInto(TlsVersion.Tls12)).Take(16).Select(suite => suite.Name).ToList();
        Assert.That(names, Does.Contain("TLS_RSA_WITH_AES_128_CBC_SHA").And.Contain("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256").And.Contain("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8").And.Contain("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    }

    [Test]
    public void Unregistered_number_is_its_own_name() => Assert.That(CipherSuite.Seen(0xeeee, "").Name, Is.EqualTo("0xeeee"));
}
