using System.Text.Json;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class TlsPolicyTests
{
    private static readonly Endpoint _endpoint = new(ProbeBench.Loopback, 443);

    [Test]
    public void Every_suite_that_a_policy_names_is_known()
    {
        var names = CipherSuite.ByCode.Values.Select(suite => suite.Name).ToHashSet();
        Assert.That(TlsPolicy.All.SelectMany(policy => policy.Suites).Where(name => !names.Contains(name)), Is.Empty);
        Assert.That(TlsPolicy.All.Select(policy => policy.Suites.Count), Is.EqualTo(new[] { 0, 23, 36, 12 }));
    }

    [Test]
    public void Modern_server_lies_within_every_policy() =>
        Assert.That(TlsPolicy.All.SelectMany(policy => policy.Outside(Server((TlsVersion.Tls12, [0xc02b]), (TlsVersion.Tls13, [0x1301])))), Is.Empty);

    [Test]
    public void What_is_outside_is_named()
    {
        var outside = TlsPolicy.All.Single(policy => policy.Name == "RFC 9325").Outside(Server((TlsVersion.Tls10, [0x002f, 0x0005]), (TlsVersion.Tls12, [0xc02b]))).ToList();
        Assert.That(outside, Is.EqualTo(new[] { "versions TLS 1.0", "suites TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_RC4_128_SHA" }));
    }

    [TestCase(0x0005, TlsVersion.Tls12, ExpectedResult = "RC4, static key")]
    [TestCase(0x000a, TlsVersion.Tls12, ExpectedResult = "3DES, static key")]
    [TestCase(0x0009, TlsVersion.Tls11, ExpectedResult = "DES, old CBC, static key")]
    [TestCase(0x0007, TlsVersion.Tls12, ExpectedResult = "small block, static key")]
    [TestCase(0x0017, TlsVersion.Tls10, ExpectedResult = "anonymous, EXPORT, RC4, MD5")]
    [TestCase(0xc013, TlsVersion.Tls12, ExpectedResult = "")]
    [TestCase(0xc013, TlsVersion.Dtls10, ExpectedResult = "old CBC")]
    [TestCase(0x00a8, TlsVersion.Tls12, ExpectedResult = "static key, PSK")]
    public string Classes_of_a_suite_depend_on_the_version(int code, TlsVersion version) =>
        string.Join(", ", TlsSuiteClass.Of(CipherSuite.Seen(code, ""), version).Select(kind => kind.Name));

    [Test]
    public void Attacks_follow_from_the_offer()
    {
        var seen = TlsConclusions.Of(Server((TlsVersion.Ssl2, []), (TlsVersion.Ssl3, [0x000a]), (TlsVersion.Tls10, [0x0008, 0x0014]))).ToDictionary(attack => attack.Attack, attack => attack.Exposure);
        foreach (var attack in new[] { TlsAttack.Poodle, TlsAttack.Drown, TlsAttack.Freak, TlsAttack.Logjam, TlsAttack.Sweet32, TlsAttack.Beast })
        {
            Assert.That(seen[attack], Is.EqualTo(Exposure.Vulnerable), $"{attack}");
        }

        Assert.That(seen[TlsAttack.Crime], Is.EqualTo(Exposure.Undecided));
    }

    [Test]
    public void Nothing_is_ruled_out_by_an_incomplete_offer()
    {
        var partly = Server((TlsVersion.Tls12, [0xc02b])) with { Coverage = Coverage.Partial("half of it") };
        Assert.That(TlsConclusions.Of(partly).Select(attack => attack.Exposure), Is.All.EqualTo(Exposure.Undecided));
    }

    [Test]
    public void Recording_from_before_still_loads()
    {
        const string old = """
            {"kind":"observed","observation":{"kind":"tls-server","endpoint":"tcp/192.0.2.7:443","versions":[{"version":"Tls12","accepted":true,"suites":[{"code":49195,"name":"x","group":"","classes":"SmallBlock, Cbc"}],"serverPreference":true}],
            "certificates":[{"subject":"CN=a","issuer":"CN=a","notBefore":"2026-01-01T00:00:00+00:00","notAfter":"2027-01-01T00:00:00+00:00","keyAlgorithm":"RSA","keyBits":2048,"signatureAlgorithm":"sha256RSA","names":[],"selfSigned":true,"sha256":"00"}],
            "connections":9,"coverage":{"isComplete":true,"statement":"all"}}}
            """;
        var outcome = JsonSerializer.Deserialize(old, RunJson.Default.ProbeOutcome);
        var seen = (TlsServerSeen)((ProbeOutcome.Observed)outcome!).Observation;
        Assert.That((seen.Details, seen.Issuers.Length, seen.StartTls, seen.Certificates[0].KeySha256, seen.Certificates[0].Time), Is.EqualTo(((TlsDetails?)null, 0, StartTls.None, "", CertificateTime.NotCompared)));
        Assert.That(TlsConclusions.Of(seen).Single(attack => attack.Attack == TlsAttack.Drown).Exposure, Is.EqualTo(Exposure.Undecided));
        Assert.That(TlsPolicy.All.SelectMany(policy => policy.Outside(seen)), Is.Not.Empty);
    }

    [Test]
    public void Request_from_before_is_the_request_of_today()
    {
        const string old = """{"request":{"kind":"tls-enumeration","endpoint":"tcp/192.0.2.7:443"},"outcome":{"kind":"unanswered","silence":"NoReply","text":"x"},"started":"2026-01-01T00:00:00+00:00","finished":"2026-01-01T00:00:00+00:00","artefacts":[]}""";
        Assert.That(JsonSerializer.Deserialize(old, RunJson.Default.ProbeRecord)!.Request, Is.EqualTo(new TlsEnumeration(Endpoint.Parse("tcp/192.0.2.7:443", null))));
    }

    [Test]
    public void Everything_new_survives_the_journal()
    {
        var seen = Server((TlsVersion.Tls12, [0xc02b])) with
        {
            StartTls = StartTls.Smtp,
            OneAtATime = true,
            Details = new TlsDetails([new TlsGroupSeen(29, "x25519", TlsVersion.Tls12)], [new TlsSignatureSeen(0x0403, "a", TlsVersion.Tls12)], [new DhPrimeSeen(1024, "00", "b")], [new TlsFeatureSeen(TlsFeature.Alpn, Presence.Yes, "h2")], 5, ["c"]),
        };
        var text = JsonSerializer.Serialize(new ProbeOutcome.Observed(seen), RunJson.Default.ProbeOutcome);
        var read = (TlsServerSeen)((ProbeOutcome.Observed)JsonSerializer.Deserialize(text, RunJson.Default.ProbeOutcome)!).Observation;
        Assert.That(JsonSerializer.Serialize(new ProbeOutcome.Observed(read), RunJson.Default.ProbeOutcome), Is.EqualTo(text));
        Assert.That(read.Details!.Features.Single(), Is.EqualTo(new TlsFeatureSeen(TlsFeature.Alpn, Presence.Yes, "h2")));
    }

    private static TlsServerSeen Server(params (TlsVersion Version, int[] Suites)[] versions) =>
        new(_endpoint, [.. versions.Select(version => new TlsVersionSeen(version.Version, true, null, [.. version.Suites.Select(code => CipherSuite.Seen(code, ""))], false))], [], 1) { Coverage = Coverage.Complete("all") };
}
