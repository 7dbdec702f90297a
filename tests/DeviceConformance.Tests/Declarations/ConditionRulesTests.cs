using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class ConditionRulesTests
{
    private const string Holds = "holds";
    private const string Not = "does not hold";
    private const string Open = "is open";

    private static readonly StandardEdition[] Editions = [StandardEdition.V2, StandardEdition.V3];

    public static IEnumerable<TestCaseData> Cases()
    {
        static TestCaseData V2(string condition, string expected, string when, Action<DeclarationFolder> spoil) =>
            new TestCaseData(StandardEdition.V2, condition, expected, spoil).SetName($"V2.1.1 condition {condition} {expected} when {when}");
        static TestCaseData V3(string condition, string expected, string when, Action<DeclarationFolder> spoil) =>
            new TestCaseData(StandardEdition.V3, condition, expected, spoil).SetName($"V3.1.3 condition {condition} {expected} when {when}");

        foreach (var (edition, id) in new[] { (nameof(V2), "1"), (nameof(V3), "a") })
        {
            Func<string, string, string, Action<DeclarationFolder>, TestCaseData> of = edition == nameof(V2) ? V2 : V3;
            yield return of(id, Holds, "a mechanism takes a password", _ => { });
            yield return of(id, Not, "all mechanisms use certificates", folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: certificate"));
            yield return of(id, Not, "there is no mechanism", folder => folder.Empty(IxitRole.AuthMech));
            yield return of(id, Open, "a mechanism does not name its factor", folder => folder.Cut(IxitRole.AuthMech, "factor: password"));
            yield return of(id, Open, "the table is missing", folder => folder.Without(IxitRole.AuthMech));
        }

        yield return V2("2", Holds, "the password is preset", _ => { });
        yield return V2("2", Holds, "the password is preset and shared", folder => folder.Replace(IxitRole.AuthMech, "preset-unique", "preset-universal"));
        yield return V2("2", Not, "the user defines it", folder => folder.Replace(IxitRole.AuthMech, "preset-unique", "user-defined"));
        yield return V2("2", Open, "the origin is not declared", folder => folder.Cut(IxitRole.AuthMech, "origin:"));
        yield return V3("b", Holds, "the password is preset and unique", _ => { });
        yield return V3("b", Not, "the password is preset and shared", folder => folder.Replace(IxitRole.AuthMech, "preset-unique", "preset-universal"));
        yield return V3("b", Not, "the user defines it", folder => folder.Replace(IxitRole.AuthMech, "preset-unique", "user-defined"));
        yield return V3("b", Not, "it is no password", folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: token").Cut(IxitRole.AuthMech, "origin:"));
        yield return V3("b", Open, "the origin is not declared", folder => folder.Cut(IxitRole.AuthMech, "origin:"));
        yield return V3("c", Holds, "the factor is a password", folder => folder.Replace(IxitRole.AuthMech, "cryptographic: yes", "cryptographic: no"));
        yield return V3("c", Holds, "it is declared cryptographic", folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: other"));
        yield return V3("c", Not, "it is presence only", folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: presence").Replace(IxitRole.AuthMech, "cryptographic: yes", "cryptographic: no"));
        yield return V3("c", Open, "nothing is said", folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: other").Cut(IxitRole.AuthMech, "cryptographic:"));
        yield return V2("8", Holds, "users log in", _ => { });
        yield return V3("d", Holds, "users log in", _ => { });
        yield return V3("d", Not, "machines log in", folder => folder.Replace(IxitRole.AuthMech, "subject: user", "subject: machine"));
        yield return V2("8", Open, "the subject is not declared", folder => folder.Cut(IxitRole.AuthMech, "subject:"));
        yield return V3("e", Holds, "a mechanism is addressable", _ => { });
        yield return V3("e", Holds, "a mechanism has a login port", folder => folder.Cut(IxitRole.AuthMech, "network-addressable:"));
        yield return V3("e", Not, "none is addressable", folder => NoLogins(folder).Replace(IxitRole.AuthMech, "network-addressable: yes", "network-addressable: no"));
        yield return V3("e", Open, "nothing is said", folder => NoLogins(folder).Cut(IxitRole.AuthMech, "network-addressable:"));

        yield return V2("3", Not, "all components can be updated", _ => { });
        yield return V2("3", Open, "some components can be updated and others not", folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: none, it is in a mask ROM"));
        yield return V2("3", Holds, "there is no mechanism", folder => folder.Empty(IxitRole.UpdMech));
        yield return V3("3", Not, "there is a mechanism", folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: none, it is in a mask ROM"));
        yield return V3("3", Holds, "there is no mechanism", folder => folder.Empty(IxitRole.UpdMech));
        yield return V3("3", Open, "the table is missing", folder => folder.Without(IxitRole.UpdMech));
        foreach (var id in new[] { "12", "g" })
        {
            yield return V3(id, Holds, "there is a mechanism", _ => { });
            yield return V3(id, Not, "there is no mechanism", folder => folder.Empty(IxitRole.UpdMech));
            yield return V3(id, Open, "the table is missing", folder => folder.Without(IxitRole.UpdMech));
        }

        yield return V2("12", Not, "there is no mechanism", folder => folder.Empty(IxitRole.UpdMech));
        yield return V3("f", Holds, "a component has a mechanism", _ => { });
        yield return V3("f", Open, "no component has a mechanism", folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: none, it is in a mask ROM"));
        yield return V3("f", Open, "no component is named at all", folder => folder.Empty(IxitRole.SoftComp));
        yield return V3("h", Holds, "a mechanism is automatic", _ => { });
        yield return V3("h", Not, "none is automatic", folder => folder.Replace(IxitRole.UpdMech, "automatic: yes", "automatic: no"));
        yield return V3("h", Open, "nothing is said", folder => folder.Cut(IxitRole.UpdMech, "automatic:"));
        yield return V3("i", Holds, "a mechanism notifies", _ => { });
        yield return V3("i", Not, "none notifies", folder => folder.Replace(IxitRole.UpdMech, "notifies: yes", "notifies: no"));
        yield return V2("9", Holds, "a mechanism only notifies", folder => folder.Replace(IxitRole.UpdMech, "automatic: yes", "automatic: no"));
        yield return V2("9", Not, "a mechanism does neither", folder => folder.Replace(IxitRole.UpdMech, "automatic: yes", "automatic: no").Replace(IxitRole.UpdMech, "notifies: yes", "notifies: no"));
        yield return V2("9", Open, "half is not said and the other is no", folder => folder.Replace(IxitRole.UpdMech, "automatic: yes", "automatic: no").Cut(IxitRole.UpdMech, "notifies:"));
        foreach (var of in new Func<string, string, Action<DeclarationFolder>, TestCaseData>[] { (expected, when, spoil) => V2("11", expected, when, spoil), (expected, when, spoil) => V3("j", expected, when, spoil) })
        {
            yield return of(Holds, "updates come over the network", folder => folder.Cut(IxitRole.UpdMech, "offer:"));
            yield return of(Holds, "updates can be offered", folder => folder.Cut(IxitRole.UpdMech, "network:"));
            yield return of(Not, "they do not come over the network", folder => folder.Cut(IxitRole.UpdMech, "offer:").Replace(IxitRole.UpdMech, "network: yes", "network: no"));
            yield return of(Open, "nothing is said", folder => folder.Cut(IxitRole.UpdMech, "offer:").Cut(IxitRole.UpdMech, "network:"));
        }

        yield return V2("4", Not, "the DUT is not constrained", _ => { });
        yield return V2("5", Holds, "the DUT is not constrained", _ => { });
        yield return V2("4", Holds, "the DUT is constrained", folder => Constrain(folder));
        yield return V2("5", Not, "the DUT is constrained", folder => Constrain(folder));
        yield return V2("5", Open, "nothing is said", folder => folder.Replace("dut.yaml", "constrained: {answer: no, justification: ''}", "constrained:"));
        yield return V3("14", Holds, "the DUT is not constrained", folder => folder.Cut(IxitRole.AuthMech, "lock-out:"));
        yield return V3("14", Holds, "a constrained DUT locks logins", folder => Constrain(folder));
        yield return V3("14", Open, "a constrained DUT declares no lock", folder => Constrain(folder).Cut(IxitRole.AuthMech, "lock-out:"));
        yield return V3("15", Holds, "the DUT is not constrained", folder => folder.Empty(IxitRole.UpdMech));
        yield return V3("15", Holds, "a constrained DUT has a mechanism", folder => Constrain(folder));
        yield return V3("15", Open, "a constrained DUT has no mechanism", folder => Constrain(folder).Empty(IxitRole.UpdMech));

        yield return V3("16", Holds, "logins rest on a secret", folder => folder.Empty(IxitRole.SecParam));
        yield return V3("16", Holds, "a parameter is critical", folder => NoSecretLogin(folder));
        yield return V3("16", Not, "all parameters are public", folder => NoSecretLogin(folder).Replace(IxitRole.SecParam, "Type: Critical security parameter", "Type: Public security parameter"));
        yield return V3("16", Not, "there are no parameters", folder => NoSecretLogin(folder).Empty(IxitRole.SecParam));
        yield return V3("16", Open, "the type is not said", folder => NoSecretLogin(folder).Replace(IxitRole.SecParam, "Type: Critical security parameter", "Type: a key"));
        yield return V3("k", Holds, "a preset password has to outlast power-off", _ => { });
        yield return V3("k", Not, "there are neither parameters nor secrets of logins", folder => NoSecretLogin(folder).Empty(IxitRole.SecParam));
        yield return V3("k", Open, "parameters may be kept in memory only", folder => NoSecretLogin(folder));
        yield return V3("l", Not, "there are no parameters", folder => folder.Empty(IxitRole.SecParam));
        yield return V3("l", Open, "prose would have to be read", _ => { });
        yield return V2("10", Not, "there are no parameters", folder => folder.Empty(IxitRole.SecParam));
        yield return V2("10", Open, "prose would have to be read", _ => { });
        yield return V3("m", Not, "nothing critical exists", folder => NoSecretLogin(folder).Empty(IxitRole.SecParam));
        yield return V3("m", Open, "prose would have to be read", _ => { });
        yield return V3("o", Holds, "a critical parameter is communicated", _ => { });
        yield return V3("o", Not, "nothing critical exists", folder => NoSecretLogin(folder).Empty(IxitRole.SecParam));
        yield return V3("o", Not, "the critical parameters stay inside", folder => NoSecretLogin(folder).Replace(IxitRole.SecParam, "Mechanisms: SecComMech-1", "Mechanisms: none, it stays inside"));
        yield return V3("o", Open, "a password may travel although no parameter does", folder => folder.Replace(IxitRole.SecParam, "Mechanisms: SecComMech-1", "Mechanisms: none, it stays inside"));
        yield return V3("o", Open, "the communication is not said", folder => folder.Replace(IxitRole.SecParam, "Mechanisms: SecComMech-1", "Mechanisms: ''"));

        yield return V3("n", Holds, "a network service changes settings", _ => { });
        yield return V3("n", Holds, "a service with ports says so in its column", folder => folder.Cut(IxitRole.SoftServ, "allows-configuration:").Cut(IxitRole.SoftServ, "network:"));
        yield return V3("n", Not, "no service changes settings", folder => folder.Replace(IxitRole.SoftServ, "allows-configuration: yes", "allows-configuration: no"));
        yield return V3("n", Not, "the service is not reachable", folder => folder.Replace(IxitRole.SoftServ, "network: yes", "network: no"));
        yield return V3("n", Open, "the service does not say", folder => folder.Cut(IxitRole.SoftServ, "allows-configuration:").Replace(IxitRole.SoftServ, "Allows Configuration: Yes", "Allows Configuration: partly"));
        yield return V3("p", Open, "all listed interfaces are used", _ => { });
        yield return V3("p", Open, "no interface is listed", folder => folder.Empty(IxitRole.Intf).Empty(IxitRole.LogIntf));
        yield return V3("p", Holds, "a network interface is off", folder => folder.Replace(IxitRole.LogIntf, "status: enabled", "status: disabled"));
        yield return V3("p", Holds, "a network interface is not needed", folder => folder.Replace(IxitRole.LogIntf, "needed: yes", "needed: no"));
        yield return V3("q", Holds, "a physical interface is for debugging", _ => { });
        yield return V3("q", Holds, "the column says so", folder => folder.Replace(IxitRole.Intf, "debug: yes, ", ""));
        yield return V3("q", Holds, "a logical interface is for debugging", folder => NoDebug(folder).Replace(IxitRole.LogIntf, "Debug Interface: No", "Debug Interface: Yes, a shell"));
        yield return V3("q", Not, "no interface is", folder => NoDebug(folder));
        yield return V3("q", Open, "a logical interface does not say", folder => NoDebug(folder).Cut(IxitRole.LogIntf, "Debug Interface:"));
        yield return V3("q", Open, "the table of physical interfaces is missing", folder => folder.Without(IxitRole.Intf));
        yield return V3("r", Holds, "a port is for debugging", _ => { });
        yield return V3("r", Not, "what is for debugging is no port", folder => folder.Replace(IxitRole.Intf, "Type: Physical port", "Type: Air interface"));
        yield return V3("r", Open, "the type is not said", folder => folder.Replace(IxitRole.Intf, "Type: Physical port", "Type: ''"));
        yield return V2("13", Holds, "a physical interface is for debugging", _ => { });
        yield return V2("13", Not, "what is for debugging is logical", folder => folder.Replace(IxitRole.Intf, "physical: yes", "physical: no"));
        yield return V2("13", Open, "it is not said whether it is for debugging", folder => folder.Replace(IxitRole.Intf, "debug: yes, ", "").Replace(IxitRole.Intf, "Debug Interface: Yes, until it is fused", "Debug Interface: ''"));

        foreach (var (id, role) in new[] { ("s", IxitRole.SecBoot), ("v", IxitRole.ExtSens), ("w", IxitRole.TelData), ("z", IxitRole.PersData) })
        {
            yield return V3(id, Holds, $"{role} has an entry", _ => { });
            yield return V3(id, Not, $"{role} has none", folder => folder.Empty(role));
            yield return V3(id, Open, $"{role} is missing", folder => folder.Without(role));
        }

        yield return V2("6", Holds, "TelData has an entry", _ => { });
        yield return V2("6", Not, "TelData has none", folder => folder.Empty(IxitRole.TelData));
        foreach (var id in new[] { "t", "u" })
        {
            yield return V3(id, Open, "it is communicated, perhaps to a service", _ => { });
            yield return V3(id, Not, "there are no services", folder => NoServices(folder));
            yield return V3(id, Not, "there is no personal data", folder => folder.Empty(IxitRole.PersData));
            yield return V3(id, Not, "nothing communicates it", folder => folder.Replace(IxitRole.PersData, "Mechanisms: SecComMech-1", "Mechanisms: none, it stays on the device"));
        }

        yield return V3("u", Not, "none is sensitive", folder => folder.Replace(IxitRole.PersData, "Sensitive: Yes", "Sensitive: No"));
        yield return V3("x", Not, "there are no services", folder => NoServices(folder));
        yield return V3("x", Not, "there is no personal data", folder => folder.Empty(IxitRole.PersData));
        yield return V3("x", Open, "prose would have to be read", _ => { });
        foreach (var of in new Func<string, string, Action<DeclarationFolder>, TestCaseData>[] { (expected, when, spoil) => V2("7", expected, when, spoil), (expected, when, spoil) => V3("y", expected, when, spoil) })
        {
            yield return of(Holds, "consent is asked for", _ => { });
            yield return of(Not, "there is none", folder => folder.Replace(IxitRole.PersData, "Obtaining Consent: A dialogue in the set-up asks for it.", "Obtaining Consent: None, a contract is the basis."));
            yield return of(Open, "nothing is said", folder => folder.Cut(IxitRole.PersData, "Obtaining Consent:"));
        }

        yield return V3("aa", Holds, "data is for an aggregate only", _ => { });
        yield return V3("aa", Not, "no data is", folder => folder.Replace(IxitRole.PersData, "Aggregation: Yes, daily means.", "Aggregation: No"));
        yield return V3("aa", Open, "it is not said", folder => folder.Replace(IxitRole.PersData, "Aggregation: Yes, daily means.", "Aggregation: perhaps"));
    }

    [TestCaseSource(nameof(Cases))]
    public void Condition(StandardEdition edition, string condition, string expected, Action<DeclarationFolder> spoil)
    {
        using var folder = new DeclarationFolder(edition);
        spoil(folder.WithoutStatements());
        var declared = folder.Declared();

        var truth = ConditionRules.Evaluate(condition, declared);

        Assert.That((truth.Word, truth.Reason), Is.EqualTo((expected, truth.Reason)));
        Assert.That(truth.Reason, Does.EndWith(".").And.Not.Contain(".."));
        Assert.That(truth is Truth.Unknown { Missing: var missing } ? missing : "State it in dut.yaml.", Does.Contain("dut.yaml").Or.Contain("Name the components"));
    }

    [TestCaseSource(nameof(Editions))]
    public void Every_condition_of_an_edition_has_a_rule_with_cases(StandardEdition edition)
    {
        using var folder = new DeclarationFolder(edition);
        var declared = folder.Declared();
        var tested = Cases().Where(data => data.Arguments[0] == edition).Select(data => (string)data.Arguments[1]!).ToHashSet();

        Assert.That(folder.Catalogue.Conditions.Select(condition => condition.Id), Is.EquivalentTo(tested));
        Assert.That(folder.Catalogue.Conditions.Select(condition => ConditionRules.Derive(condition.Id, declared).Reason), Has.None.Contains("has no condition"));
    }

    [Test]
    public void An_unknown_condition_is_open()
    {
        using var folder = new DeclarationFolder(StandardEdition.V2);

        Assert.That(ConditionRules.Evaluate("aa", folder.Declared()), Is.InstanceOf<Truth.Unknown>());
    }

    [TestCase("yes", Holds)]
    [TestCase("no", Not)]
    public void What_dut_yaml_states_decides_what_the_tables_leave_open(string stated, string expected)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.State("l", stated);

        var truth = ConditionRules.Evaluate("l", folder.Declared());

        Assert.That(truth.Word, Is.EqualTo(expected));
        Assert.That(truth.Reason, Is.EqualTo("dut.yaml:14 states so: the design makes it so."));
        Assert.That(truth.Evidence.Single().Address, Is.EqualTo("dut"));
    }

    [Test]
    public void What_the_tables_show_outweighs_what_dut_yaml_states()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.State("q", "no");

        var truth = ConditionRules.Evaluate("q", folder.Declared());

        Assert.That(truth, Is.InstanceOf<Truth.Holds>());
        Assert.That(truth.Reason, Is.EqualTo("PhyIntf-1 of 15-PhyIntf is a debug interface."));
        Assert.That(truth.Evidence.Single().Address, Is.EqualTo("ixit/PhyIntf-1"));
    }

    private static DeclarationFolder NoLogins(DeclarationFolder folder) => folder.Cut(IxitRole.AuthMech, "logins:").Cut(IxitRole.AuthMech, "- {protocol").Cut(IxitRole.AuthMech, "- {protocol");

    private static DeclarationFolder Constrain(DeclarationFolder folder) => folder.Replace("dut.yaml", "answer: no, justification: ''", "answer: yes, justification: a button cell has to last ten years");

    private static DeclarationFolder NoSecretLogin(DeclarationFolder folder) => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: presence");

    private static DeclarationFolder NoDebug(DeclarationFolder folder) => folder.Replace(IxitRole.Intf, "debug: yes", "debug: no");

    private static DeclarationFolder NoServices(DeclarationFolder folder) => folder.Replace("dut.yaml", "[weather service]", "[none]");
}
