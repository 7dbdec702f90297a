using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;

namespace DeviceConformance.Evidence;

/// <summary>One line of <c>observations.jsonl</c>: exactly one of record, problem, session, end or requests is set.</summary>
/// <param name="Seq">Number of the line, from 1.</param>
/// <param name="Previous">SHA-256 of the line before, so that a removed or altered line shows; empty for the first.</param>
/// <param name="Record">What was asked and what came of it.</param>
/// <param name="Problem">Something that went wrong.</param>
/// <param name="Session">Start of a session that writes to the run.</param>
/// <param name="End">End of a session in good order.</param>
/// <param name="Requests">How often ports of the DUT were asked since the last such line.</param>
public sealed record JournalLine(
    int Seq,
    string Previous,
    ProbeRecord? Record = null,
    HealthProblem? Problem = null,
    RunSession? Session = null,
    SessionEnd? End = null,
    ImmutableArray<PortRequests>? Requests = null);

/// <summary>Start of a session.</summary>
/// <param name="Started">When, UTC.</param>
/// <param name="Harness">Name and version of the harness.</param>
/// <param name="Command">Command line, secrets masked.</param>
/// <param name="Host">Operating system and architecture.</param>
/// <param name="Probes">Whether the session asks the DUT; false when it only takes answers of the operator.</param>
public sealed record RunSession(DateTimeOffset Started, string Harness, string Command, string Host, bool Probes);

/// <summary>End of a session.</summary>
/// <param name="Finished">When, UTC.</param>
/// <param name="Complete">Whether everything the units wanted was asked.</param>
public sealed record SessionEnd(DateTimeOffset Finished, bool Complete);

/// <summary>The manifest of a run folder.</summary>
/// <param name="SchemaVersion">Version of this file's layout.</param>
/// <param name="Run">Id of the run.</param>
/// <param name="Created">When it was created, UTC, by the host's clock.</param>
/// <param name="TimeZone">Offset of the host's local time from UTC, so that wall clocks on photos can be matched.</param>
/// <param name="Harness">Name and version of the harness.</param>
/// <param name="Edition">Edition of the standard.</param>
/// <param name="Catalogue">Version of the catalogue.</param>
/// <param name="CatalogueSha256">SHA-256 of the catalogue file.</param>
/// <param name="Command">Command line, secrets masked.</param>
/// <param name="DeclarationFolder">Where the declaration was read from.</param>
/// <param name="Sources">SHA-256 of each file of the declaration as it was read, by path relative to its folder.</param>
/// <param name="Files">SHA-256 of each file in the run folder at the end of the last session, by relative path; empty before that.</param>
public sealed record RunManifest(
    int SchemaVersion,
    string Run,
    DateTimeOffset Created,
    string TimeZone,
    string Harness,
    string Edition,
    string Catalogue,
    string CatalogueSha256,
    string Command,
    string DeclarationFolder,
    SortedDictionary<string, string> Sources,
    SortedDictionary<string, string> Files)
{
    /// <summary>Captures that the run's command named, by full path, so that an interrupted run finds them again. What they held is in the journal.</summary>
    public IReadOnlyList<string>? Captures { get; init; }
}

/// <summary>JSON of the run folder.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalLine))]
[JsonSerializable(typeof(RunManifest))]
[JsonSerializable(typeof(ProbeOutcome))]
[JsonSerializable(typeof(ProbeRecord))]
public sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>Indented, for files and output that people read.</summary>
    // Made on first use: the generated defaults are not there yet while this class is initialised.
    public static RunJson Indented => field ??= new RunJson(new JsonSerializerOptions(Default.Options) { WriteIndented = true });
}
