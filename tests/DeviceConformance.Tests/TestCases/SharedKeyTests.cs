using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>Case 5.5-1-2 where a second sample lies in the laboratory's network.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SharedKeyTests
{
    private static readonly TestUnitId _unit = TestUnitId.Parse("5.5-1-2 a");
    private static readonly DutAddress _other = DutAddress.Parse("192.0.2.8");
    private static readonly Endpoint _otherWeb = new(_other, Bench.Https);

    private static IEnumerable<StandardEdition> Editions => StandardEdition.All;

    [TestCaseSource(nameof(Editions))]
    public void Key_of_its_own_passes_the_same_key_and_an_unseen_one_are_open(StandardEdition edition)
    {
        var bench = With(edition, _other);
        bench.Change<TlsServerSeen>(server => server with { Certificates = [Certificate("aa"), Certificate("bb")] });
        Assert.That(bench.Findings()[_unit].Single(finding => finding.Verdict != Verdict.Pass).Statement, Does.Contain("sample B").And.Contain("was not seen"));

        bench.See(new TlsEnumeration(_otherWeb), Server(Certificate("cc")));
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Pass));

        bench.See(new TlsEnumeration(_otherWeb), Server(Certificate("cc"), Certificate("bb")));
        var shared = bench.Findings()[_unit].Single(finding => finding.Verdict != Verdict.Pass);
        Assert.That((shared.Verdict, shared.Statement.Contains("the same key (SHA-256 bb)", StringComparison.Ordinal), shared.Evidence.Length), Is.EqualTo((Verdict.Inconclusive, true, 3)));

        bench.See(new TlsEnumeration(_otherWeb), Server(Certificate("cc")) with { Coverage = Bench.Part });
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Inconclusive), "a further key may be the same");

        bench.See(new TlsEnumeration(_otherWeb), Server());
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Inconclusive), "no key was shown");
    }

    [Test]
    public void Host_keys_of_ssh_are_compared_too()
    {
        var bench = With(StandardEdition.V3, _other);
        bench.Facts<ComMechFacts>("SecComMech-1", facts => facts with { Protocol = Bench.Fact(CommProtocol.Ssh), Port = Bench.Fact(22) });
        bench.See(new SshEnumeration(new Endpoint(Bench.Address, 22)), Bench.Ssh("publickey"));
        bench.See(new SshEnumeration(new Endpoint(_other, 22)), Bench.Ssh("publickey"));

        Assert.That(bench.Findings()[_unit].Select(finding => finding.Statement), Has.Some.Contains("the same key (SHA-256 AAAA)"));
    }

    [Test]
    public void Sample_at_the_first_ones_address_or_without_one_is_left_out()
    {
        var (same, none) = (With(StandardEdition.V3, Bench.Address), With(StandardEdition.V3));

        Assert.Multiple(() =>
        {
            Assert.That(same.Verdicts()[_unit], Is.EqualTo(Verdict.Pass));
            Assert.That(none.Verdicts()[_unit], Is.EqualTo(Verdict.Pass));
        });
    }

    private static Bench With(StandardEdition edition, params ImmutableArray<DutAddress> addresses) =>
        new(edition) { OtherSamples = [new DutSample("B", "S2", [], addresses)] };

    private static TlsServerSeen Server(params ImmutableArray<CertificateSeen> certificates) => new(_otherWeb, [], certificates, 1) { Coverage = Bench.All };

    private static CertificateSeen Certificate(string key) => new("CN=lamp", "CN=lamp", default, default, "ECDSA", 256, "ES256", [], true, "00") { KeySha256 = key };
}
