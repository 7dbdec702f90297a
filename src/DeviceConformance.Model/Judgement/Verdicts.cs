using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace DeviceConformance.Model.Judgement;

/// <summary>The three verdicts of TS 103 701. There is no other.</summary>
public enum Verdict
{
    /// <summary>What is needed was available and the criteria are met.</summary>
    [JsonStringEnumMemberName("pass")]
    Pass,

    /// <summary>What is needed was available and the criteria are not met.</summary>
    [JsonStringEnumMemberName("fail")]
    Fail,

    /// <summary>Something is missing, so that neither can be justified.</summary>
    [JsonStringEnumMemberName("inconclusive")]
    Inconclusive,
}

/// <summary>How verdicts are combined (TS 103 701, clause 4).</summary>
public static class Verdicts
{
    /// <summary>Any Fail gives Fail; else any Inconclusive, or nothing at all, gives Inconclusive; else Pass.</summary>
    public static Verdict AllOf(IEnumerable<Verdict> verdicts)
    {
        ArgumentNullException.ThrowIfNull(verdicts);
        var all = verdicts.ToList();
        return all.Contains(Verdict.Fail) ? Verdict.Fail
            : all.Count == 0 || all.Contains(Verdict.Inconclusive) ? Verdict.Inconclusive
            : Verdict.Pass;
    }

    /// <summary>Any Pass gives Pass; else any Inconclusive, or nothing at all, gives Inconclusive; else Fail.</summary>
    public static Verdict AnyOf(IEnumerable<Verdict> verdicts)
    {
        ArgumentNullException.ThrowIfNull(verdicts);
        var all = verdicts.ToList();
        return all.Contains(Verdict.Pass) ? Verdict.Pass
            : all.Count == 0 || all.Contains(Verdict.Inconclusive) ? Verdict.Inconclusive
            : Verdict.Fail;
    }
}

/// <summary>An address of evidence inside the run folder, with the hash of what stands there.</summary>
/// <param name="Address">For example <c>obs/0042</c>, <c>ixit/LogIntf-3</c>, <c>artefacts/1f…</c>.</param>
/// <param name="Sha256">SHA-256 in lower-case hex.</param>
public sealed record EvidenceRef(string Address, string Sha256)
{
    /// <summary>The address.</summary>
    public override string ToString() => Address;
}

/// <summary>What a unit concludes about one subject.</summary>
public sealed record Finding
{
    private Finding(string subject, Verdict verdict, string statement, string missing, ImmutableArray<EvidenceRef> evidence)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(subject);
        ArgumentException.ThrowIfNullOrWhiteSpace(statement);
        Subject = subject;
        Verdict = verdict;
        Statement = statement;
        Missing = missing;
        Evidence = evidence;
    }

    /// <summary>IXIT entry, endpoint or DUT that it is about.</summary>
    public string Subject { get; }

    /// <summary>The verdict.</summary>
    public Verdict Verdict { get; }

    /// <summary>One English sentence, present tense, that names port, table and entry.</summary>
    public string Statement { get; }

    /// <summary>For Inconclusive: what would decide it. Empty otherwise.</summary>
    public string Missing { get; }

    /// <summary>What it rests on.</summary>
    public ImmutableArray<EvidenceRef> Evidence { get; }

    /// <summary>A passing finding.</summary>
    /// <exception cref="ArgumentException">There is no evidence: a pass without any is a guess.</exception>
    public static Finding Pass(string subject, string statement, params IEnumerable<EvidenceRef> evidence) =>
        new(subject, Verdict.Pass, statement, "", Required(evidence));

    /// <summary>A failing finding.</summary>
    /// <exception cref="ArgumentException">There is no evidence.</exception>
    public static Finding Fail(string subject, string statement, params IEnumerable<EvidenceRef> evidence) =>
        new(subject, Verdict.Fail, statement, "", Required(evidence));

    /// <summary>A finding that could not be decided.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="statement">What was seen or not seen.</param>
    /// <param name="missing">What would decide it, as an instruction.</param>
    /// <param name="evidence">What it rests on; may be none.</param>
    public static Finding Inconclusive(string subject, string statement, string missing, params IEnumerable<EvidenceRef> evidence)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(missing);
        return new Finding(subject, Verdict.Inconclusive, statement, missing, [.. evidence.Where(item => item is not null)]);
    }

    private static ImmutableArray<EvidenceRef> Required(IEnumerable<EvidenceRef> evidence)
    {
        ImmutableArray<EvidenceRef> all = [.. evidence.Where(item => item is not null)];
        return all.IsEmpty ? throw new ArgumentException("A pass or fail needs at least one piece of evidence.", nameof(evidence)) : all;
    }
}
