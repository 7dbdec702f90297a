using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using DeviceConformance.Reporting.Json;

namespace DeviceConformance.Reporting.Plan;

/// <summary>Writes a test plan as JSON, for other programs. It is not read back: a plan follows from declaration and catalogue.</summary>
public static class PlanJson
{
    /// <summary>Version of the file's shape; see <see cref="AssessmentJson.SchemaVersion"/>.</summary>
    public const string SchemaVersion = "1.0";

    private static readonly PlanContext Context = new(new JsonSerializerOptions(PlanContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    });

    /// <summary>Writes a plan; the same plan always gives the same bytes (UTF-8, LF, two blanks of indentation).</summary>
    public static void Write(Stream stream, TestPlan plan)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(plan);
        JsonSerializer.Serialize(stream, PlanDocument.Of(plan), Context.PlanDocument);
        stream.Write("\n"u8);
    }
}

internal sealed record PlanDocument(
    string SchemaVersion,
    StandardEdition Edition,
    StandardsDocument Standards,
    ImmutableArray<PlannedGroupDocument> Groups,
    ImmutableArray<PlanGapDocument> Gaps)
{
    public static PlanDocument Of(TestPlan plan) => new(
        PlanJson.SchemaVersion,
        plan.Edition,
        new StandardsDocument(plan.Edition.Requirements, plan.Edition.Assessment),
        [.. plan.Groups.Select(PlannedGroupDocument.Of)],
        [.. PlanGap.Of(plan).Select(gap => new PlanGapDocument(gap.Add, gap.Units))]);
}

internal sealed record PlanGapDocument(string Add, ImmutableArray<TestUnitId> Units);

internal sealed record PlannedGroupDocument(
    ProvisionId Provision,
    string Title,
    string Status,
    bool IsMandatory,
    string? Support,
    Applicability Applicability,
    ImmutableArray<PlannedCaseDocument> Cases)
{
    public static PlannedGroupDocument Of(PlannedGroup group) => new(
        group.Provision.Id,
        group.Provision.Title,
        group.Provision.Status.Text,
        group.Provision.Status.IsMandatory,
        group.Support is null ? null : Words.Of(group.Support),
        group.Applicability,
        [
            .. group.Cases.Select(testCase => new PlannedCaseDocument(
                testCase.Definition.Id,
                testCase.Definition.Kind,
                testCase.Definition.Purpose,
                [.. testCase.Units.Select(PlannedUnitDocument.Of)])),
        ]);
}

internal sealed record PlannedCaseDocument(TestCaseId Id, TestKind Kind, string Purpose, ImmutableArray<PlannedUnitDocument> Units);

internal sealed record PlannedUnitDocument(
    string Letter,
    string Check,
    ImmutableArray<string> DecidedBy,
    int? PerTable,
    ImmutableArray<PlannedRequestDocument> Requests,
    ImmutableArray<string> QuestionsOn,
    ImmutableArray<PlannedNeedDocument> Needs,
    ImmutableArray<string> Gaps)
{
    public static PlannedUnitDocument Of(PlannedUnit unit) => new(
        unit.Definition.Id.Letter.ToString(),
        unit.Definition.Check,
        [.. Words.Each(unit.Definition.DecidedBy)],
        (int?)unit.Definition.Per,
        [.. unit.Requests.Where(request => request is not OperatorQuestion).Select(request => new PlannedRequestDocument(request.Title, request.Impact))],
        [.. unit.Questions.Select(question => question.Subject)],
        [.. unit.Needs.Select(need => new PlannedNeedDocument(need.What, need.Impact))],
        unit.Gaps);
}

internal sealed record PlannedRequestDocument(string Title, ProbeImpact Impact);

internal sealed record PlannedNeedDocument(string What, ProbeImpact? Impact);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(WordConverter<TestKind>), typeof(WordConverter<ProbeImpact>)])]
[JsonSerializable(typeof(PlanDocument))]
internal sealed partial class PlanContext : JsonSerializerContext;
