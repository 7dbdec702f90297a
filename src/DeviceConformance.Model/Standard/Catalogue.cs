using System.Collections.Immutable;

namespace DeviceConformance.Model.Standard;

/// <summary>One edition of the standard as data, in our own words: provisions, test groups, cases, units, IXIT tables and conditions.</summary>
/// <param name="Edition">The pair of standards.</param>
/// <param name="Version">Version of this catalogue, written into every run.</param>
/// <param name="Sha256">SHA-256 of the catalogue file, lower-case hex.</param>
/// <param name="Conditions">Numbered and lettered conditions of the ICS.</param>
/// <param name="Tables">The IXIT tables in their order.</param>
/// <param name="Provisions">The provisions in the standard's order; each is also the test group of the same number.</param>
public sealed record Catalogue(
    StandardEdition Edition,
    string Version,
    string Sha256,
    ImmutableArray<Condition> Conditions,
    ImmutableArray<IxitTable> Tables,
    ImmutableArray<Provision> Provisions)
{
    /// <summary>All test cases in order.</summary>
    public IEnumerable<TestCaseDefinition> Cases => Provisions.SelectMany(provision => provision.Cases);

    /// <summary>All test units in order.</summary>
    public IEnumerable<TestUnitDefinition> Units => Cases.SelectMany(testCase => testCase.Units);

    /// <summary>The table of a role in this edition.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The edition has no such table.</exception>
    public IxitTable Table(IxitRole role) =>
        Tables.FirstOrDefault(table => table.Role == role) ?? throw new ArgumentOutOfRangeException(nameof(role), role, $"{Edition} has no such IXIT table.");
}

/// <summary>A condition, feature, capability or mechanism that the status of a provision names.</summary>
/// <param name="Id">Number (12) or letter (aa).</param>
/// <param name="Meaning">What has to be true of the device.</param>
public sealed record Condition(string Id, string Meaning);

/// <summary>What an IXIT table is about; the same in both editions, whatever its name there.</summary>
public enum IxitRole
{
    /// <summary>1-AuthMech: authentication mechanisms.</summary>
    AuthMech = 1,

    /// <summary>2-UserInfo: what users are told, and where.</summary>
    UserInfo,

    /// <summary>3-VulnTypes: kinds of vulnerability and the reaction.</summary>
    VulnTypes,

    /// <summary>4-Conf: confirmations by the supplier.</summary>
    Conf,

    /// <summary>5-VulnMon: vulnerability monitoring.</summary>
    VulnMon,

    /// <summary>6-SoftComp: software components.</summary>
    SoftComp,

    /// <summary>7-UpdMech: update mechanisms.</summary>
    UpdMech,

    /// <summary>8-UpdProc: update procedures of the supplier.</summary>
    UpdProc,

    /// <summary>9-ReplSup: isolation and replacement support.</summary>
    ReplSup,

    /// <summary>10-SecParam: security parameters.</summary>
    SecParam,

    /// <summary>11-ComMech (V2.1.1) or 11-SecComMech (V3.1.3): communication mechanisms.</summary>
    ComMech,

    /// <summary>12-NetSecImpl: implementations of network and security functions.</summary>
    NetSecImpl,

    /// <summary>13-SoftServ: software services.</summary>
    SoftServ,

    /// <summary>14-SecMgmt: management of critical security parameters.</summary>
    SecMgmt,

    /// <summary>15-Intf (V2.1.1: network, logical and physical) or 15-PhyIntf (V3.1.3: physical only).</summary>
    Intf,

    /// <summary>16-CodeMin: code minimisation.</summary>
    CodeMin,

    /// <summary>17-PrivlCtrl: privilege control.</summary>
    PrivlCtrl,

    /// <summary>18-AccCtrl: memory access control.</summary>
    AccCtrl,

    /// <summary>19-SecDev: secure development.</summary>
    SecDev,

    /// <summary>20-SecBoot: secure boot and other detection of changes.</summary>
    SecBoot,

    /// <summary>21-PersData: personal data.</summary>
    PersData,

    /// <summary>22-ExtSens: external sensing capabilities.</summary>
    ExtSens,

    /// <summary>23-ResMech: resilience mechanisms.</summary>
    ResMech,

    /// <summary>24-TelData: telemetry data.</summary>
    TelData,

    /// <summary>25-DelFunc: deletion functions.</summary>
    DelFunc,

    /// <summary>26-UserDec: decisions of the user.</summary>
    UserDec,

    /// <summary>27-UserIntf: user interfaces.</summary>
    UserIntf,

    /// <summary>28-ExtAPI (V2.1.1: remotely accessible APIs) or 28-LogIntf (V3.1.3: logical interfaces).</summary>
    LogIntf,

    /// <summary>29-InpVal: data input validation.</summary>
    InpVal,
}

/// <summary>An IXIT table of the pro forma.</summary>
/// <param name="Id">Name in the edition, for example <c>28-LogIntf</c>.</param>
/// <param name="Title">Title in our own words.</param>
/// <param name="Fields">Columns of the pro forma, in order.</param>
public sealed record IxitTable(string Id, string Title, ImmutableArray<IxitField> Fields)
{
    /// <summary>What the table is about: its number is the same in both editions.</summary>
    public IxitRole Role => (IxitRole)int.Parse(Id.AsSpan(0, Id.IndexOf('-', StringComparison.Ordinal)));

    /// <summary>The name without the number, which is also the stem of entry ids: <c>LogIntf</c> gives <c>LogIntf-3</c>.</summary>
    public string Stem => Id[(Id.IndexOf('-', StringComparison.Ordinal) + 1)..];

    /// <summary>Whether the table has rows with ids; 2-UserInfo, 4-Conf and 9-ReplSup are a single form each.</summary>
    public bool HasRows => Fields.Any(column => column.Name == IxitField.IdName);
}

/// <summary>A column of an IXIT table.</summary>
/// <param name="Name">Name as the pro forma prints it.</param>
/// <param name="Meaning">What belongs there, in our own words.</param>
public sealed record IxitField(string Name, string Meaning)
{
    /// <summary>Name of the column that holds the label of a row.</summary>
    public const string IdName = "ID";
}

/// <summary>A field that a test unit reads: a column of an IXIT table, or of the ICS.</summary>
/// <param name="Table">Table id, or <c>ICS</c>.</param>
/// <param name="Field">Column name.</param>
public readonly record struct IxitFieldReference(string Table, string Field)
{
    /// <summary>Table, dot, column.</summary>
    public override string ToString() => $"{Table}.{Field}";
}

/// <summary>A provision of EN 303 645 and, by the same number, a test group of TS 103 701.</summary>
/// <param name="Id">The number.</param>
/// <param name="Title">Short title in our own words.</param>
/// <param name="Status">Mandatory or recommended, and under what conditions (EN 303 645, Table B.1).</param>
/// <param name="Requires">What is required, in our own words.</param>
/// <param name="Tables">IXIT tables that a supplier who claims the provision fills in.</param>
/// <param name="Cases">The test cases.</param>
/// <param name="Confidence">How sure we are of this data, and why.</param>
public sealed record Provision(
    ProvisionId Id,
    string Title,
    ProvisionStatus Status,
    string Requires,
    ImmutableArray<string> Tables,
    ImmutableArray<TestCaseDefinition> Cases,
    string Confidence);

/// <summary>The status column of the ICS.</summary>
/// <param name="Text">As printed, for example <c>M C F (14, e)</c>.</param>
/// <param name="IsMandatory">M, against R.</param>
/// <param name="Conditions">Ids of the conditions that must all hold for the provision to apply; empty when it always applies.</param>
public sealed record ProvisionStatus(string Text, bool IsMandatory, ImmutableArray<string> Conditions)
{
    /// <summary>Whether the provision can be not applicable at all.</summary>
    public bool IsConditional => !Conditions.IsEmpty;

    /// <summary>The status as printed.</summary>
    public override string ToString() => Text;
}

/// <summary>Whether a case or unit judges the design (documents) or the implementation (the DUT).</summary>
public enum TestKind
{
    /// <summary>The design as declared against the provision.</summary>
    Conceptual,

    /// <summary>The DUT against the declaration and the provision.</summary>
    Functional,

    /// <summary>A case that has units of both kinds (5.3-10-1).</summary>
    Mixed,
}

/// <summary>How the findings of a case become its verdict.</summary>
public enum Fold
{
    /// <summary>Every unit, for every subject, has to pass.</summary>
    AllOf,

    /// <summary>It is enough that all units pass for one declared mechanism.</summary>
    AnyEntry,
}

/// <summary>A test case of TS 103 701.</summary>
/// <param name="Id">The number.</param>
/// <param name="Kind">Conceptual, functional or, for 5.3-10-1, both.</param>
/// <param name="Purpose">What the case is for, in our own words.</param>
/// <param name="Fold">How findings become the verdict.</param>
/// <param name="Units">The lettered units.</param>
/// <param name="PassIf">When the case passes, in our own words.</param>
/// <param name="FailIf">When the case fails, in our own words.</param>
public sealed record TestCaseDefinition(
    TestCaseId Id,
    TestKind Kind,
    string Purpose,
    Fold Fold,
    ImmutableArray<TestUnitDefinition> Units,
    string PassIf,
    string FailIf);

/// <summary>A lettered test unit.</summary>
/// <param name="Id">Case and letter.</param>
/// <param name="Kind">Conceptual or functional.</param>
/// <param name="Check">What is done, in our own words.</param>
/// <param name="Fields">IXIT fields that the unit reads.</param>
/// <param name="DecidedBy">Who or what decides.</param>
/// <param name="Per">Table whose entries the unit is done for, one by one; null when it is done once for the DUT.</param>
/// <param name="Question">What the operator is asked; the check itself unless a probe already covers part of it.</param>
/// <param name="Uses">Another case whose units this one re-runs (5.3-1-2 uses 5.3-2-2), or null.</param>
public sealed record TestUnitDefinition(
    TestUnitId Id,
    TestKind Kind,
    string Check,
    ImmutableArray<IxitFieldReference> Fields,
    Deciders DecidedBy,
    IxitRole? Per,
    string Question,
    TestCaseId? Uses);

/// <summary>What decides a test unit. Several together: each contributes findings, and all have to pass.</summary>
[Flags]
public enum Deciders
{
    /// <summary>Nothing; no unit has it.</summary>
    None = 0,

    /// <summary>Code over what probes saw of the DUT.</summary>
    Probe = 1,

    /// <summary>Code over the declaration alone.</summary>
    Rule = 2,

    /// <summary>A person who looks, reads or handles the DUT.</summary>
    Operator = 4,
}
