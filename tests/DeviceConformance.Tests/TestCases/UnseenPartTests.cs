using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>Units that have seen a part of what they judge, and none of the rest, do not pass by that part.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class UnseenPartTests
{
    private static readonly LoginPoint _telnet = new(LoginProtocol.Telnet, 23, false, "/", null);
    private static readonly ProbeOutcome _silence = new ProbeOutcome.Unanswered(Silence.NoReply, "silent");

    [TestCase("5.1-1-2 b")]
    [TestCase("5.1-3-2 a")]
    [TestCase("5.1-5-2 b")]
    public void Login_on_a_second_port_that_nobody_saw_is_open(string unit)
    {
        var bench = new Bench(StandardEdition.V3);
        Assert.That(VerdictOf(bench, unit), Is.EqualTo(Verdict.Pass));

        bench.Facts<AuthMechFacts>("AuthMech-1", facts => facts with { Logins = [.. facts.Logins, _telnet] });
        Assert.That(VerdictOf(bench, unit), Is.EqualTo(Verdict.Inconclusive));
    }

    [Test]
    public void Preset_password_of_a_login_that_nobody_saw_is_open()
    {
        var bench = new Bench(StandardEdition.V3);
        bench.Facts<AuthMechFacts>("AuthMech-2", facts => facts with { Logins = [.. facts.Logins, _telnet] });

        Assert.That(VerdictOf(bench, "5.1-1-2 c"), Is.EqualTo(Verdict.Inconclusive));
    }

    [TestCase("5.5-4-2 a")]
    [TestCase("5.5-4-2 b")]
    public void Service_whose_second_port_nobody_saw_is_open(string unit)
    {
        var bench = new Bench(StandardEdition.V3);
        Assert.That(VerdictOf(bench, unit), Is.EqualTo(Verdict.Pass));

        bench.Facts<AuthMechFacts>("AuthMech-1", facts => facts with { Logins = [.. facts.Logins, _telnet] });
        bench.Facts<SoftServFacts>("SoftServ-1", facts => facts with { Ports = [.. facts.Ports, 23] });
        Assert.That(VerdictOf(bench, unit), Is.EqualTo(Verdict.Inconclusive));
    }

    [Test]
    public void Service_on_an_open_port_without_a_trial_needs_its_survey()
    {
        var bench = new Bench(StandardEdition.V3);
        bench.OpenUndeclared(8080, ServiceProtocol.Http);
        bench.Facts<SoftServFacts>("SoftServ-1", facts => facts with { Ports = [.. facts.Ports, 8080] });
        Assert.That(VerdictOf(bench, "5.5-4-2 a"), Is.EqualTo(Verdict.Pass));

        bench.Lose<DisclosureSurvey>(_silence);
        Assert.That(VerdictOf(bench, "5.5-4-2 a"), Is.EqualTo(Verdict.Inconclusive));

        bench.Lose<ServiceIdentification>(_silence);
        Assert.That(VerdictOf(bench, "5.5-4-2 a"), Is.EqualTo(Verdict.Inconclusive));
    }

    [Test]
    public void Machine_login_passes_by_all_of_its_ports()
    {
        var bench = new Bench(StandardEdition.V3);
        Declare([new LoginPoint(LoginProtocol.Other, Bench.Https, true, "/", null)]);
        Assert.That(VerdictOf(bench, "5.1-2A-2 b"), Is.EqualTo(Verdict.Pass));

        Declare([new LoginPoint(LoginProtocol.Other, Bench.Https, true, "/", null), new LoginPoint(LoginProtocol.Mqtt, 1883, false, "/", null)]);
        Assert.That(VerdictOf(bench, "5.1-2A-2 b"), Is.EqualTo(Verdict.Inconclusive));

        void Declare(LoginPoint[] logins) => bench.Facts<AuthMechFacts>("AuthMech-3", facts => facts with { Logins = [.. logins] });
    }

    [Test]
    public void Clear_service_that_may_offer_the_login_needs_its_survey()
    {
        var bench = new Bench(StandardEdition.V3);
        bench.OpenUndeclared(80, ServiceProtocol.Http);
        bench.OpenUndeclared(25, ServiceProtocol.Smtp);
        Assert.That(VerdictOf(bench, "5.1-3-2 a"), Is.EqualTo(Verdict.Pass));

        bench.Lose<DisclosureSurvey>(_silence);
        var open = bench.Findings()[TestUnitId.Parse("5.1-3-2 a")].Where(finding => finding.Verdict != Verdict.Pass).ToList();
        Assert.That(open.Select(finding => (finding.Subject, finding.Verdict, finding.Statement.Contains(":80 ", StringComparison.Ordinal))), Is.EqualTo(new[] { ("AuthMech-1", Verdict.Inconclusive, true), ("AuthMech-2", Verdict.Inconclusive, true) }));
    }

    [Test]
    public void Login_over_tls_that_no_mechanism_declares_is_open_and_fails_where_it_protects_nobody()
    {
        var bench = new Bench(StandardEdition.V3);
        bench.Remove("SecComMech-1");
        Assert.That(VerdictOf(bench, "5.1-3-2 a"), Is.EqualTo(Verdict.Inconclusive));

        bench.Change<TlsAttacksTried>(tried => tried with { Attacks = [new TlsAttackSeen(TlsAttack.Heartbleed, Exposure.Vulnerable, "It gave memory.")] });
        Assert.That(VerdictOf(bench, "5.1-3-2 a"), Is.EqualTo(Verdict.Fail));

        bench.Lose<TlsEnumeration>(_silence);
        Assert.That(VerdictOf(bench, "5.1-3-2 a"), Is.EqualTo(Verdict.Inconclusive));
    }

    [Test]
    public void Console_that_nobody_looked_at_is_open()
    {
        var screen = new Bench(StandardEdition.V3);
        screen.OpenUndeclared(5900, ServiceProtocol.Rfb);
        Assert.That(VerdictOf(screen, "5.6-4A-2 b"), Is.EqualTo(Verdict.Pass));
        screen.Lose<DisclosureSurvey>(_silence);
        Assert.That(screen.Findings()[TestUnitId.Parse("5.6-4A-2 b")].Select(finding => finding.Subject), Has.Some.EndsWith(":5900"));

        var datagrams = new Bench(StandardEdition.V3);
        datagrams.AnswerUdp(9999, ServiceProtocol.Unknown);
        Assert.That(VerdictOf(datagrams, "5.6-4A-2 b"), Is.EqualTo(Verdict.Pass));
        datagrams.Lose<DisclosureSurvey>(_silence);
        Assert.That(datagrams.Findings()[TestUnitId.Parse("5.6-4A-2 b")].Select(finding => finding.Subject), Has.Some.EndsWith(":9999"));
    }

    [TestCase("5.5-5-2 a")]
    [TestCase("5.6-2-2 a")]
    [TestCase("5.6-4A-2 b")]
    public void Udp_ports_that_nobody_asked_are_open(string unit)
    {
        var bench = new Bench(StandardEdition.V3);
        Assert.That(VerdictOf(bench, unit), Is.EqualTo(Verdict.Pass));

        bench.Lose<UdpPortSweep>(new ProbeOutcome.NotRun(NotRunReason.BudgetExhausted, "no time"));
        Assert.That(VerdictOf(bench, unit), Is.EqualTo(Verdict.Inconclusive));
    }

    private static Verdict? VerdictOf(Bench bench, string unit) => bench.Verdicts()[TestUnitId.Parse(unit)];
}
