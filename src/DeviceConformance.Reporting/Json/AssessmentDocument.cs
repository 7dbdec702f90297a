using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Reporting.Json;

/// <summary>The file <c>assessment.json</c>. Its shape is published in <c>reports/schema/assessment.schema.json</c>.</summary>
/// <remarks>Model records stand in it as they are; a record of its own has only what the file shows in another form.</remarks>
internal sealed record AssessmentDocument(
    string SchemaVersion,
    RunInfo Run,
    StandardEdition Edition,
    StandardsDocument Standards,
    string CatalogueVersion,
    string Laboratory,
    DutDocument Dut,
    IcsVerificationDocument IcsVerification,
    OverallResult Overall,
    AssessmentCounts Counts,
    ImmutableArray<GroupDocument> Groups,
    ImmutableArray<ScopeLine> Scope,
    ImmutableArray<EvidenceItem> Evidence)
{
    /// <summary>Absent in files of version 1.1 and older.</summary>
    public ImmutableArray<AssessedTraffic> Traffic { get; init; } = [];

    public static AssessmentDocument Of(Assessment assessment) => new(
        AssessmentJson.SchemaVersion,
        assessment.Run,
        assessment.Edition,
        new StandardsDocument(assessment.Edition.Requirements, assessment.Edition.Assessment),
        assessment.CatalogueVersion,
        assessment.Laboratory,
        DutDocument.Of(assessment.Dut),
        new IcsVerificationDocument(assessment.IcsVerification.Verdict, [.. assessment.IcsVerification.Findings.Select(FindingDocument.Of)]),
        assessment.Overall,
        AssessmentCounts.Of(assessment),
        [.. assessment.Groups.Select(GroupDocument.Of)],
        assessment.Scope,
        assessment.Evidence)
    {
        Traffic = assessment.Traffic,
    };

    public Assessment ToAssessment() => new(
        Run,
        Edition,
        CatalogueVersion,
        Dut.ToDut(),
        Laboratory,
        new IcsVerification(IcsVerification.Verdict, [.. IcsVerification.Findings.Select(finding => finding.ToFinding())]),
        Overall,
        [.. Groups.Select(group => group.ToGroup())],
        Scope,
        Evidence)
    {
        Traffic = Traffic,
    };
}

/// <summary>Full names of the two standards, for readers who do not know the edition.</summary>
internal sealed record StandardsDocument(string Requirements, string Assessment);

internal sealed record IcsVerificationDocument(Verdict Verdict, ImmutableArray<FindingDocument> Findings);

internal sealed record GroupDocument(
    ProvisionId Provision,
    string Title,
    string Status,
    bool IsMandatory,
    ImmutableArray<string> Conditions,
    string? Support,
    Applicability Applicability,
    Verdict? Verdict,
    ImmutableArray<CaseDocument> Cases)
{
    public static GroupDocument Of(GroupResult group) => new(
        group.Provision,
        group.Title,
        group.Status.Text,
        group.Status.IsMandatory,
        group.Status.Conditions,
        group.Support is null ? null : Words.Of(group.Support),
        group.Applicability,
        group.Verdict,
        [.. group.Cases.Select(CaseDocument.Of)]);

    public GroupResult ToGroup() => Applicability.IsTested != Verdict.HasValue
        ? throw new FormatException($"Group {Provision} has a verdict exactly when it is tested, but the file says otherwise.")
        : new GroupResult(
            Provision,
            Title,
            new ProvisionStatus(Status, IsMandatory, Conditions),
            Support switch
            {
                null => null,
                "Y" => Model.Declared.Support.Yes,
                "N" => Model.Declared.Support.No,
                "N/A" => Model.Declared.Support.NotApplicable,
                _ => throw new FormatException($"'{Support}' is no support: Y, N, N/A or null."),
            },
            Applicability,
            Verdict,
            [.. Cases.Select(testCase => testCase.ToCase())]);
}

internal sealed record CaseDocument(TestCaseId Id, TestKind Kind, string Purpose, Verdict Verdict, ImmutableArray<UnitDocument> Units)
{
    public static CaseDocument Of(CaseResult testCase) =>
        new(testCase.Id, testCase.Kind, testCase.Purpose, testCase.Verdict, [.. testCase.Units.Select(UnitDocument.Of)]);

    public CaseResult ToCase() => new(Id, Kind, Purpose, Verdict, [.. Units.Select(unit => unit.ToUnit(Id))]);
}

internal sealed record UnitDocument(
    string Letter,
    string Check,
    Verdict Verdict,
    ImmutableArray<string> DecidedBy,
    ImmutableArray<FindingDocument> Findings)
{
    public static UnitDocument Of(UnitResult unit) => new(
        unit.Id.Letter.ToString(),
        unit.Check,
        unit.Verdict,
        [.. Words.Each(unit.DecidedBy)],
        [.. unit.Findings.Select(FindingDocument.Of)]);

    public UnitResult ToUnit(TestCaseId testCase) => new(
        Letter is [>= 'a' and <= 'z'] ? new TestUnitId(testCase, Letter[0]) : throw new FormatException($"'{Letter}' is no letter of a unit."),
        Check,
        Verdict,
        DecidedBy.Aggregate(Deciders.None, (all, word) => all | ToDecider(word)),
        [.. Findings.Select(finding => finding.ToFinding())]);

    private static Deciders ToDecider(string word) => word switch
    {
        "probe" => Deciders.Probe,
        "rule" => Deciders.Rule,
        "operator" => Deciders.Operator,
        _ => throw new FormatException($"'{word}' is no decider: probe, rule or operator."),
    };
}

internal sealed record FindingDocument(string Subject, Verdict Verdict, string Statement, string Missing, ImmutableArray<EvidenceRef> Evidence)
{
    public static FindingDocument Of(Finding finding) =>
        new(finding.Subject, finding.Verdict, finding.Statement, finding.Missing, finding.Evidence);

    public Finding ToFinding() => Verdict switch
    {
        Verdict.Pass => Finding.Pass(Subject, Statement, Evidence),
        Verdict.Fail => Finding.Fail(Subject, Statement, Evidence),
        _ => Finding.Inconclusive(Subject, Statement, Missing, Evidence),
    };
}

internal sealed record DutDocument(
    string Maker,
    string Brand,
    string Model,
    string Kind,
    string Firmware,
    string Hardware,
    FactDocument Constrained,
    string ConstrainedJustification,
    ImmutableArray<string> States,
    ImmutableArray<string> AssociatedServices,
    ImmutableArray<DutSample> Samples,
    ImmutableArray<ConditionDocument> Conditions,
    EvidenceRef Ref)
{
    public static DutDocument Of(Dut dut) => new(
        dut.Maker,
        dut.Brand,
        dut.Model,
        dut.Kind,
        dut.Firmware,
        dut.Hardware,
        dut.IsConstrained.TryGet(out var constrained) ? new FactDocument(constrained, PlaceDocument.Of(dut.IsConstrained.At)) : new FactDocument(null, null),
        dut.ConstrainedJustification,
        dut.States,
        dut.AssociatedServices,
        dut.Samples,
        [
            .. ConditionOrder.Sort(dut.Conditions).Select(pair =>
                new ConditionDocument(pair.Key, pair.Value.Holds, pair.Value.Because, PlaceDocument.Of(pair.Value.At))),
        ],
        dut.Ref);

    public Dut ToDut() => new(
        Maker,
        Brand,
        Model,
        Kind,
        Firmware,
        Hardware,
        Constrained is { Answer: { } answer, At: { } at } ? Fact<bool>.Declared(answer, at.ToSpan()) : Fact<bool>.Missing,
        ConstrainedJustification,
        States,
        AssociatedServices,
        Samples,
        Conditions.ToImmutableDictionary(
            condition => condition.Id,
            condition => new StatedCondition(condition.Holds, condition.Because, condition.At.ToSpan())),
        Ref);
}

/// <summary>A yes or no that the declaration gives, or null for one that it leaves out.</summary>
internal sealed record FactDocument(bool? Answer, PlaceDocument? At);

internal sealed record ConditionDocument(string Id, bool Holds, string Because, PlaceDocument At);

internal sealed record PlaceDocument(string File, int Line, int Column)
{
    public static PlaceDocument Of(SourceSpan at) => new(at.File ?? "", at.Line, at.Column);

    public SourceSpan ToSpan() => new(File, Line, Column);
}

/// <summary>Conditions in the order of the standard: numbers by value, then letters, two letters last.</summary>
internal static class ConditionOrder
{
    public static IEnumerable<KeyValuePair<string, StatedCondition>> Sort(ImmutableDictionary<string, StatedCondition> conditions) =>
        conditions
            .OrderBy(pair => int.TryParse(pair.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue)
            .ThenBy(pair => pair.Key.Length)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal);
}

/// <summary>Enums as words with dashes; numbers are refused.</summary>
internal sealed class WordConverter<TEnum>() : JsonStringEnumConverter<TEnum>(new DashedWords(), allowIntegerValues: false)
    where TEnum : struct, Enum;

/// <summary>Words with dashes, in which IPv4 is one word.</summary>
internal sealed class DashedWords : JsonNamingPolicy
{
    public override string ConvertName(string name) => KebabCaseLower.ConvertName(name.Replace("IPv", "Ipv", StringComparison.Ordinal));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    Converters =
    [
        typeof(WordConverter<Verdict>), typeof(WordConverter<TestKind>), typeof(WordConverter<HealthKind>), typeof(WordConverter<Transport>),
        typeof(WordConverter<TrafficStanding>), typeof(WordConverter<ConversationOpener>), typeof(WordConverter<ContentProtection>), typeof(WordConverter<ServiceProtocol>),
        typeof(WordConverter<TlsVersion>), typeof(WordConverter<AddressKind>), typeof(WordConverter<ClearItemKind>),
    ])]
[JsonSerializable(typeof(AssessmentDocument))]
internal sealed partial class AssessmentContext : JsonSerializerContext;
