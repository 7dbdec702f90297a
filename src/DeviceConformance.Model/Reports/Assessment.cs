using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Reports;

/// <summary>The result of a run: everything that a report shows, and nothing that it has to work out.</summary>
/// <param name="Run">The run that it rests on.</param>
/// <param name="Edition">Edition of the standard.</param>
/// <param name="CatalogueVersion">Version and hash of the catalogue.</param>
/// <param name="Dut">Identification of the DUT.</param>
/// <param name="Laboratory">Name of the laboratory; empty when not given.</param>
/// <param name="IcsVerification">Verification of the ICS.</param>
/// <param name="Overall">Overall verdict with its reason.</param>
/// <param name="Groups">One for each provision, in order, tested or not.</param>
/// <param name="Scope">What was looked at, and how completely, one line for each observation that matters.</param>
/// <param name="Evidence">What the findings rest on, by address.</param>
public sealed record Assessment(
    RunInfo Run,
    StandardEdition Edition,
    string CatalogueVersion,
    Dut Dut,
    string Laboratory,
    IcsVerification IcsVerification,
    OverallResult Overall,
    ImmutableArray<GroupResult> Groups,
    ImmutableArray<ScopeLine> Scope,
    ImmutableArray<EvidenceItem> Evidence)
{
    /// <summary>Captured traffic, one for each analysis; empty when the run has none.</summary>
    public ImmutableArray<AssessedTraffic> Traffic { get; init; } = [];

    /// <summary>All units that were judged.</summary>
    public IEnumerable<UnitResult> Units => Groups.SelectMany(group => group.Cases).SelectMany(testCase => testCase.Units);
}

/// <summary>Identification and circumstances of a run.</summary>
/// <param name="Id">Id of the run: its folder's name.</param>
/// <param name="Started">Start, UTC.</param>
/// <param name="Finished">End of the last session, UTC.</param>
/// <param name="Harness">Name and version of the harness.</param>
/// <param name="Command">Command line, secrets masked.</param>
/// <param name="Host">Operating system and architecture of the host.</param>
/// <param name="Health">Faults of the harness or the laboratory; apart from the verdicts.</param>
public sealed record RunInfo(
    string Id,
    DateTimeOffset Started,
    DateTimeOffset Finished,
    string Harness,
    string Command,
    string Host,
    RunHealth Health)
{
    /// <summary>How often ports of the DUT were asked, all sessions together; empty for a run of an older harness.</summary>
    public ImmutableArray<PortRequests> Requests { get; init; } = [];
}

/// <summary>State of the run itself: what it says of the harness and the laboratory, never of the DUT.</summary>
/// <param name="Problems">What went wrong; empty when nothing did.</param>
public sealed record RunHealth(ImmutableArray<HealthProblem> Problems)
{
    /// <summary>Whether nothing went wrong.</summary>
    public bool IsSound => Problems.IsEmpty;
}

/// <summary>Who is at fault.</summary>
public enum HealthKind
{
    /// <summary>A bug of the harness.</summary>
    Harness,

    /// <summary>The laboratory: link, clock, disk, right.</summary>
    Lab,

    /// <summary>The DUT stopped answering or changed its address.</summary>
    DutGone,

    /// <summary>The run was interrupted and not finished.</summary>
    Interrupted,

    /// <summary>What the run folder holds does not match its hashes.</summary>
    Evidence,

    /// <summary>A recording was judged with other rules than those it was recorded with.</summary>
    Rejudged,
}

/// <summary>Something that went wrong in a run.</summary>
/// <param name="Kind">Who is at fault.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Text">What happened and what follows from it.</param>
public sealed record HealthProblem(HealthKind Kind, DateTimeOffset At, string Text);

/// <summary>Result of the ICS verification (TS 103 701, clause 4.4).</summary>
/// <param name="Verdict">Pass when the ICS is valid; Fail makes the overall verdict Fail.</param>
/// <param name="Findings">What was found.</param>
public sealed record IcsVerification(Verdict Verdict, ImmutableArray<Finding> Findings);

/// <summary>The overall verdict.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Reason">Which rule gave it, in one sentence.</param>
public sealed record OverallResult(Verdict Verdict, string Reason);

/// <summary>Whether a test group is run, and why. It is not a verdict.</summary>
/// <param name="IsTested">Whether the group is run.</param>
/// <param name="Reason">Condition and ICS line that decided it, in one sentence.</param>
public sealed record Applicability(bool IsTested, string Reason);

/// <summary>Result of a test group.</summary>
/// <param name="Provision">The provision.</param>
/// <param name="Title">Its short title.</param>
/// <param name="Status">Status as printed in the ICS.</param>
/// <param name="Support">The supplier's answer; null when the ICS has none.</param>
/// <param name="Applicability">Whether it is tested, and why.</param>
/// <param name="Verdict">The verdict; null when the group is not tested.</param>
/// <param name="Cases">Its cases; empty when it is not tested.</param>
public sealed record GroupResult(
    ProvisionId Provision,
    string Title,
    ProvisionStatus Status,
    Support? Support,
    Applicability Applicability,
    Verdict? Verdict,
    ImmutableArray<CaseResult> Cases);

/// <summary>Result of a test case.</summary>
/// <param name="Id">Number.</param>
/// <param name="Kind">Conceptual, functional or both.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Units">Its units.</param>
public sealed record CaseResult(TestCaseId Id, TestKind Kind, string Purpose, Verdict Verdict, ImmutableArray<UnitResult> Units);

/// <summary>Result of a test unit.</summary>
/// <param name="Id">The unit.</param>
/// <param name="Check">What is done.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="DecidedBy">Who or what contributed.</param>
/// <param name="Findings">What was found.</param>
public sealed record UnitResult(TestUnitId Id, string Check, Verdict Verdict, Deciders DecidedBy, ImmutableArray<Finding> Findings);

/// <summary>One line on what was looked at.</summary>
/// <param name="Title">What was asked.</param>
/// <param name="Statement">What was tried and how complete it is.</param>
/// <param name="IsComplete">Whether all of it was looked at.</param>
/// <param name="Ref">The record.</param>
public sealed record ScopeLine(string Title, string Statement, bool IsComplete, EvidenceRef Ref);

/// <summary>A piece of evidence as a report shows it.</summary>
/// <param name="Ref">Address and hash.</param>
/// <param name="Title">What it is.</param>
/// <param name="Excerpt">Text of it, shortened, without secrets; empty when it is not text.</param>
public sealed record EvidenceItem(EvidenceRef Ref, string Title, string Excerpt);
