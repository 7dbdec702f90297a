using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Judgement.Statement;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class IcsVerifierTests
{
    private static readonly StandardEdition[] Editions = [StandardEdition.V2, StandardEdition.V3];

    public static IEnumerable<TestCaseData> BrokenRules()
    {
        static TestCaseData V2(string rule, string provision, Verdict verdict, Action<DeclarationFolder> spoil) => new TestCaseData(StandardEdition.V2, rule, provision, verdict, spoil).SetName($"{rule} at {provision} of V2.1.1 gives {verdict}");
        static TestCaseData V3(string rule, string provision, Verdict verdict, Action<DeclarationFolder> spoil) => new TestCaseData(StandardEdition.V3, rule, provision, verdict, spoil).SetName($"{rule} at {provision} of V3.1.3 gives {verdict}");

        yield return V3("unknown-provision", "5.3-4", Verdict.Inconclusive, folder => folder.Answer("5.3-4", "Y"));
        yield return V3("missing-row", "5.1-1", Verdict.Fail, folder => Drop(folder, "5.1-1"));
        yield return V3("missing-row", "5.2-2", Verdict.Inconclusive, folder => Drop(folder, "5.2-2"));
        yield return V3("missing-row", "5.0-1", Verdict.Inconclusive, folder => Drop(folder, "5.0-1"));
        yield return V3("mandatory-not-supported", "5.2-1", Verdict.Fail, folder => folder.Answer("5.2-1", "N", "There is no policy yet."));
        yield return V3("mandatory-not-supported", "5.1-1", Verdict.Fail, folder => folder.Answer("5.1-1", "N", "Planned for next year."));
        yield return V3("not-applicable-answered-no", "5.3-7", Verdict.Inconclusive, folder => folder.Empty(IxitRole.UpdMech).Answer("5.3-7", "N", "There are no updates."));
        yield return V3("unconditional-not-applicable", "5.2-1", Verdict.Fail, folder => folder.Answer("5.2-1", "N/A", "There are no vulnerabilities."));
        yield return V3("unconditional-not-applicable", "5.6-8", Verdict.Inconclusive, folder => folder.Answer("5.6-8", "N/A", "The processor has no memory protection."));
        yield return V3("condition-holds", "5.6-4A", Verdict.Fail, folder => folder.Answer("5.6-4A", "N/A", "There is no debug interface."));
        yield return V3("condition-holds", "5.1-5", Verdict.Fail, folder => folder.Answer("5.1-5", "N/A", "There is no network."));
        yield return V2("condition-holds", "5.1-2", Verdict.Fail, folder => folder.Answer("5.1-2", "N/A", "There are no preset passwords."));
        yield return V3("condition-open", "5.4-2", Verdict.Inconclusive, folder => folder.WithoutStatements().Answer("5.4-2", "N/A", "There is no such identity."));
        yield return V3("claim-without-condition", "5.3-14", Verdict.Fail, folder => folder.Answer("5.3-14", "Y"));
        yield return V3("claim-without-condition", "5.3-3", Verdict.Fail, folder => folder.Empty(IxitRole.UpdMech));
        yield return V2("claim-without-condition", "5.3-14", Verdict.Fail, folder => folder.Answer("5.3-14", "Y"));
        yield return V3("missing-justification", "5.6-6", Verdict.Fail, folder => folder.Answer("5.6-6", "N"));
        yield return V3("missing-justification", "5.6-6", Verdict.Fail, folder => folder.Answer("5.6-6", "N", "n/a"));
        yield return V3("missing-justification", "5.6-6", Verdict.Fail, folder => folder.Answer("5.6-6", "N", "Because TBD"));
        yield return V3("missing-justification", "5.3-14", Verdict.Fail, folder => folder.Answer("5.3-14", "N/A"));

        yield return V3("missing-table", "5.7-1", Verdict.Inconclusive, folder => folder.Without(IxitRole.SecBoot));
        yield return V3("empty-table", "5.7-1", Verdict.Fail, folder => folder.Empty(IxitRole.SecBoot));
        yield return V3("empty-table", "5.3-2", Verdict.Fail, folder => folder.Empty(IxitRole.UpdMech));
        yield return V2("empty-table", "5.3-2", Verdict.Fail, folder => folder.Empty(IxitRole.UpdMech));
        yield return V3("empty-table", "5.5-1", Verdict.Inconclusive, folder => folder.Empty(IxitRole.ComMech));
        yield return V3("empty-table", "5.6-2", Verdict.Inconclusive, folder => folder.Empty(IxitRole.LogIntf));
        yield return V2("empty-table", "5.6-2", Verdict.Inconclusive, folder => folder.Empty(IxitRole.Intf));
        yield return V3("empty-table", "5.5-8", Verdict.Fail, folder => folder.Empty(IxitRole.SecMgmt));
        yield return V3("empty-table", "5.11-1", Verdict.Fail, folder => folder.Empty(IxitRole.DelFunc));

        yield return V3("condition-against-facts", "5.6-4A", Verdict.Inconclusive, folder => folder.State("q", "no"));
        yield return V3("answers-disagree", "5.11-2", Verdict.Fail, folder => Undecided(folder).State("z", "no"));
        yield return V3("answers-disagree", "5.4-4", Verdict.Fail, folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: other").Without(IxitRole.SecParam).State("16", "no"));
        yield return V3("answers-disagree", "6-3A", Verdict.Fail, folder => folder.WithoutStatements().Cut(IxitRole.PersData, "Obtaining Consent:").Answer("6-3A", "N/A", "Nothing rests on consent."));
        yield return V3("answers-disagree", "5.3-8", Verdict.Fail, folder => folder.WithoutStatements().Without(IxitRole.UpdMech).Answer("5.3-14", "Y"));
        yield return V3("answers-disagree", "5.3-9", Verdict.Fail, folder => folder.WithoutStatements().Without(IxitRole.UpdMech).Answer("5.3-9", "N/A", "The boot loader does it."));
        yield return V2("answers-disagree", "5.3-8", Verdict.Fail, folder => folder.WithoutStatements().Without(IxitRole.UpdMech).Answer("5.3-8", "N/A", "There are none."));
        yield return V3("conditions-disagree", "5.8-1", Verdict.Inconclusive, folder => folder.WithoutStatements()
            .Write("dut.yaml", folder.Text("dut.yaml") + "conditions:\n  t: {holds: no, because: nothing is sent}\n  u: {holds: yes, because: the weather service gets the location}\n"));

        yield return V3("shared-password", "5.1-1", Verdict.Fail, folder => folder.Replace(IxitRole.AuthMech, "preset-unique", "preset-universal"));
        yield return V3("password-between-machines", "5.1-2A", Verdict.Fail, folder => folder.Replace(IxitRole.AuthMech, "subject: user", "subject: machine"));
        yield return V3("no-guessing-defence", "5.1-5", Verdict.Fail, folder => folder.Cut(IxitRole.AuthMech, "lock-out:").Replace(IxitRole.AuthMech, "Brute Force Prevention: Described in the design file.", "Brute Force Prevention: None"));
        yield return V3("denied-confirmation", "5.3-8", Verdict.Fail, folder => folder.Replace(IxitRole.Conf, "Confirmation of Update Procedures: Yes", "Confirmation of Update Procedures: No"));
        yield return V2("component-without-update", "5.3-1", Verdict.Fail, folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: none"));
        yield return V3("component-without-update", "5.3-1", Verdict.Fail, folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: none"));
        yield return V2("no-automatic-update", "5.3-4", Verdict.Fail, folder => folder.Replace(IxitRole.UpdMech, "automatic: yes", "automatic: no"));
        yield return V3("no-automatic-update", "5.3-4A", Verdict.Fail, folder => folder.Replace(IxitRole.UpdMech, "automatic: yes", "automatic: no"));
        yield return V3("clear-text", "5.5-1", Verdict.Fail, folder => ClearText(folder));
        yield return V2("clear-text", "5.5-6", Verdict.Fail, folder => ClearText(folder));
        yield return V2("clear-text", "5.5-7", Verdict.Fail, folder => ClearText(folder).Replace(IxitRole.ComMech, "remotely-accessible: no", "remotely-accessible: yes"));
        yield return V3("configuration-without-login", "5.5-5", Verdict.Fail, folder => folder.Replace(IxitRole.SoftServ, "Authentication Mechanism: AuthMech-1", "Authentication Mechanism: none, the network is trusted"));
        yield return V3("service-without-login", "5.5-4", Verdict.Fail, folder => folder.Replace(IxitRole.SoftServ, "Authentication Mechanism: AuthMech-1", "Authentication Mechanism: none"));
        yield return V3("service-without-need", "5.6-5", Verdict.Fail, folder => folder.Replace(IxitRole.SoftServ, "Justification: Described in the design file.", "Justification: none"));
        yield return V3("unused-interface-enabled", "5.6-1", Verdict.Fail, folder => folder.Replace(IxitRole.LogIntf, "needed: yes", "needed: no"));
        yield return V2("debug-interface-enabled", "5.6-4", Verdict.Fail, folder => EnableDebug(folder));
        yield return V3("debug-interface-enabled", "5.6-4A", Verdict.Fail, folder => EnableDebug(folder).Replace(IxitRole.Intf, "Protection: Described in the design file.", "Protection: none"));
    }

    [TestCaseSource(nameof(BrokenRules))]
    public void Broken_rule(StandardEdition edition, string rule, string provision, Verdict verdict, Action<DeclarationFolder> spoil)
    {
        using var folder = new DeclarationFolder(edition);
        spoil(folder);
        var reading = folder.Read();
        var declared = reading.Declaration!;

        var remark = IcsRules.Check(folder.Catalogue, declared).FirstOrDefault(remark => remark.Rule == rule && remark.Provision == ProvisionId.Parse(provision));
        var verification = IcsVerifier.Verify(folder.Catalogue, declared);

        Assert.That(remark, Is.Not.Null, string.Join('\n', IcsRules.Check(folder.Catalogue, declared)));
        Assert.That(verification.Findings.Where(finding => finding.Subject == provision).Select(finding => (finding.Verdict, finding.Statement)), Does.Contain((verdict, remark!.Message)));
        Assert.That(verification.Verdict, Is.Not.EqualTo(Verdict.Pass));
        Assert.That(
            reading.Complaints.Where(complaint => complaint.Rule == rule).Select(complaint => (complaint.Severity, complaint.At, complaint.Remedy)),
            Does.Contain((ComplaintSeverity.Error, remark.At, remark.Remedy)));
    }

    [Test]
    public void A_table_that_many_claims_need_is_missed_once()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Without(IxitRole.UpdMech);

        var complaint = folder.Complaints("missing-table").Single();

        Assert.That((complaint.Table, complaint.At.File), Is.EqualTo(("7-UpdMech", "ics.yaml")));
        Assert.That(complaint.Message, Does.StartWith("Provisions 5.3-1, 5.3-2, 5.3-3, ").And.Contain("7-UpdMech"));
    }

    [Test]
    public void Every_rule_on_the_ICS_is_seen_broken()
    {
        var sources = Directory.EnumerateFiles(SourceFolder("src/DeviceConformance.Model/Judgement/Statement"), "*.cs").Select(File.ReadAllText).ToList();
        var rules = sources.SelectMany(source => System.Text.RegularExpressions.Regex.Matches(source, "\"([a-z]+(?:-[a-z]+)+)\"").Select(match => match.Groups[1].Value)).ToHashSet();

        Assert.That(rules, Is.Not.Empty);
        Assert.That(rules.Except(BrokenRules().Select(data => (string)data.Arguments[1]!)), Is.EquivalentTo(new[] { "missing-reason" }));
    }

    [TestCaseSource(nameof(Editions))]
    public void A_sound_ICS_passes_with_a_finding_for_every_provision(StandardEdition edition)
    {
        using var folder = new DeclarationFolder(edition);

        var verification = IcsVerifier.Verify(folder.Catalogue, folder.Declared());

        Assert.That(verification.Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(verification.Findings.Select(finding => finding.Subject), Is.EqualTo(folder.Catalogue.Provisions.Select(provision => provision.Id.ToString())));
        Assert.That(verification.Findings.Single(finding => finding.Subject == "5.1-2").Statement, Does.StartWith("ics.yaml:").And.Contain("AuthMech-1"));
    }

    [Test]
    public void A_row_for_4_1_is_not_asked_of_the_older_edition()
    {
        using var folder = new DeclarationFolder(StandardEdition.V2);
        Drop(folder, "4-1");

        var reading = folder.Read();

        Assert.That(reading.Complaints, Is.Empty);
        Assert.That(IcsVerifier.Verify(folder.Catalogue, reading.Declaration!).Verdict, Is.EqualTo(Verdict.Pass));
    }

    [Test]
    public void A_justified_N_on_a_recommendation_is_no_fault()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Answer("5.6-6", "N", "The library of the module comes whole.");

        var verification = IcsVerifier.Verify(folder.Catalogue, folder.Declared());

        Assert.That(verification.Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(verification.Findings.Single(finding => finding.Subject == "5.6-6").Statement, Does.Contain("N with a justification"));
    }

    [Test]
    public void A_mandatory_provision_rightly_not_applicable_without_words_is_only_warned_of()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Empty(IxitRole.ExtSens).Answer("5.8-3", "N/A");

        var reading = folder.Read();

        Assert.That(reading.Complaints.Select(complaint => (complaint.Rule, complaint.Severity)), Is.EqualTo(new[] { ("missing-reason", ComplaintSeverity.Warning) }));
        Assert.That(IcsVerifier.Verify(folder.Catalogue, reading.Declaration!).Verdict, Is.EqualTo(Verdict.Pass));
    }

    [Test]
    public void Not_applicable_rests_on_what_dut_yaml_states_where_tables_are_silent()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.State("l", "no").Answer("5.4-2", "N/A", "There is no such identity.");

        var finding = IcsVerifier.Verify(folder.Catalogue, folder.Declared()).Findings.Single(finding => finding.Subject == "5.4-2");

        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Pass));
        Assert.That(finding.Statement, Does.Contain("Condition l does not hold: dut.yaml:"));
        Assert.That(finding.Evidence.Select(item => item.Address), Is.EqualTo(new[] { "ics/5.4-2", "dut" }));
    }

    [Test]
    public void One_condition_that_does_not_hold_is_enough_for_not_applicable()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Empty(IxitRole.AuthMech).Answer("5.1-5", "N/A", "Nobody logs in over a network.");

        var findings = IcsVerifier.Verify(folder.Catalogue, folder.Declared()).Findings;

        Assert.That(findings.Single(finding => finding.Subject == "5.1-5").Verdict, Is.EqualTo(Verdict.Pass));
    }

    [Test]
    public void Conditions_3_and_12_may_both_hold_in_the_older_edition_where_only_some_components_can_be_updated()
    {
        using var folder = new DeclarationFolder(StandardEdition.V2);
        folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: none, it is in a mask ROM")
            .Replace("dut.yaml", "conditions:\n", "conditions:\n  '3': {holds: yes, because: the start-up code can not be replaced}\n");

        Assert.That(folder.Read().Complaints, Is.Empty);
    }

    [Test]
    public void An_empty_ICS_fails()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write("ics.yaml", "ics: []\n");

        var verification = IcsVerifier.Verify(folder.Catalogue, folder.Declared());

        Assert.That(verification.Verdict, Is.EqualTo(Verdict.Fail));
        Assert.That(verification.Findings, Has.None.Matches<Finding>(finding => finding!.Verdict == Verdict.Pass));
    }

    [TestCase("5.1-1", "Y", true, "Tested: ics.yaml:")]
    [TestCase("5.6-6", "N", false, "answers N, so the supplier does not claim it.")]
    [TestCase("5.3-14", "N/A", false, "Condition 3 does not hold: UpdMech-1 of 7-UpdMech updates software.")]
    [TestCase("5.0-1", "N/A", true, "whatever the ICS answers")]
    public void A_test_group_is_run_when_the_supplier_claims_its_provision(string provision, string support, bool isTested, string reason)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Answer(provision, support, "The reason is given here.");

        var decision = ApplicabilityRules.Decide(folder.Catalogue.Provisions.First(known => known.Id == ProvisionId.Parse(provision)), folder.Declared());

        Assert.That(decision.IsTested, Is.EqualTo(isTested));
        Assert.That(decision.Reason, Does.Contain(reason));
    }

    [Test]
    public void A_provision_without_a_row_is_not_tested()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        Drop(folder, "5.1-1");

        var decision = ApplicabilityRules.Decide(folder.Catalogue.Provisions.First(known => known.Id == ProvisionId.Parse("5.1-1")), folder.Declared());

        Assert.That((decision.IsTested, decision.Reason), Is.EqualTo((false, "Not tested: the ICS has no row for 5.1-1. Condition a holds: AuthMech-1 of 1-AuthMech uses a password.")));
    }

    private static string SourceFolder(string path)
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "DeviceConformance.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, path);
    }

    private static void Drop(DeclarationFolder folder, string provision) =>
        folder.Write("ics.yaml", string.Join('\n', folder.Text("ics.yaml").Split('\n').Where(line => !line.StartsWith($"- {{provision: {provision},", StringComparison.Ordinal))));

    private static DeclarationFolder Undecided(DeclarationFolder folder) => folder.Without(IxitRole.PersData);

    private static DeclarationFolder ClearText(DeclarationFolder folder) =>
        folder.Replace(IxitRole.ComMech, "protocol: tls", "protocol: none").Cut(IxitRole.ComMech, "versions:").Cut(IxitRole.ComMech, "suites:").Cut(IxitRole.ComMech, "certificate-sha256:");

    private static DeclarationFolder EnableDebug(DeclarationFolder folder) =>
        folder.Replace(IxitRole.Intf, "status: disabled", "status: enabled").Replace(IxitRole.Intf, "Status: Disabled permanently", "Status: Enabled for service");
}
