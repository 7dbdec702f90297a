using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>Case 5.5-1-2 on servers that the sound bench does not have: DTLS, STARTTLS, private certificates.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DeclaredTlsTests
{
    private static readonly TestUnitId _unit = TestUnitId.Parse("5.5-1-2 a");
    private static readonly Endpoint _coaps = new(Bench.Address, 5684, Transport.Udp);
    private static readonly Endpoint _mail = new(Bench.Address, 25);

    private static IEnumerable<StandardEdition> Editions => StandardEdition.All;

    [TestCaseSource(nameof(Editions))]
    public void Dtls_as_declared_passes_and_an_older_version_fails(StandardEdition edition)
    {
        var bench = new Bench(edition);
        Declare(bench, CommProtocol.Dtls, 5684, TlsVersion.Tls12);
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Inconclusive), "not observed");
        bench.See(new TlsEnumeration(_coaps), Server(_coaps, TlsVersion.Dtls12));
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Pass));
        bench.See(new TlsEnumeration(_coaps), Server(_coaps, TlsVersion.Dtls10, TlsVersion.Dtls12));
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Fail));
        bench.See(new TlsEnumeration(_coaps), Server(_coaps, TlsVersion.Dtls12) with { Coverage = Bench.Part });
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Inconclusive), "not all of it seen");
    }

    [TestCaseSource(nameof(Editions))]
    public void Starttls_is_judged_as_tls_and_what_comes_before_it_stays_open(StandardEdition edition)
    {
        var bench = new Bench(edition);
        Declare(bench, CommProtocol.Tls, 25, TlsVersion.Tls12);
        bench.See(new ServiceIdentification(_mail), new ServiceSeen(_mail, ServiceProtocol.Smtp, false, "", "220 ready") { Coverage = Bench.All });
        bench.See(new TlsEnumeration(_mail, StartTls.Smtp), Server(_mail, TlsVersion.Tls12) with { StartTls = StartTls.Smtp });
        bench.See(new TlsAttackTrial(_mail, StartTls.Smtp), new TlsAttacksTried(_mail, [.. new[] { TlsAttack.Heartbleed, TlsAttack.CcsInjection, TlsAttack.Robot, TlsAttack.Ticketbleed }.Select(attack => new TlsAttackSeen(attack, Exposure.NotVulnerable, "no"))], 1) { Coverage = Bench.All });
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Inconclusive));
        bench.See(new TlsEnumeration(_mail, StartTls.Smtp), Server(_mail, TlsVersion.Tls10) with { StartTls = StartTls.Smtp });
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Fail));
        bench.See(new TlsEnumeration(_mail, StartTls.Smtp), Server(_mail, TlsVersion.Tls12));
        bench.Lose<TlsEnumeration>(new ProbeOutcome.Unanswered(Silence.Malformed, "refuses STARTTLS"));
        Assert.That(bench.Verdicts()[_unit], Is.EqualTo(Verdict.Fail), "clear text where TLS is declared");
    }

    [TestCaseSource(nameof(Editions))]
    public void Private_and_expired_certificates_are_remarks_and_no_fault(StandardEdition edition)
    {
        var bench = new Bench(edition);
        var certificate = new CertificateSeen("CN=lamp", "CN=lamp", default, default, "RSA", 1024, "sha1RSA", [], true, "00") { Time = CertificateTime.Expired };
        bench.Change<TlsServerSeen>(server => server with { Certificates = [certificate] });
        var finding = bench.Findings()[_unit].Single();
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(finding.Statement, Does.Contain("CN=lamp is self-signed").And.Contain("is expired").And.Contain("RFC 9325 (2022-11) leaves out a RSA key of 1024 bits"));
    }

    private static void Declare(Bench bench, CommProtocol protocol, int port, params TlsVersion[] versions) => bench.Entry(
        IxitRole.ComMech,
        bench.Catalogue.Table(IxitRole.ComMech).Stem + "-2",
        new ComMechFacts { Protocol = Bench.Fact(protocol), Role = Bench.Fact(CommRole.Server), Port = Bench.Fact(port), Versions = [.. versions] });

    private static TlsServerSeen Server(Endpoint endpoint, params TlsVersion[] versions) => new(
        endpoint,
        [.. versions.Select(version => new TlsVersionSeen(version, true, null, [new TlsSuiteSeen(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519", SuiteWeakness.None)], true))],
        [],
        5)
    { Coverage = Bench.All };
}
