using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Statement;

/// <summary>What a remark on the ICS means for its verification.</summary>
public enum IcsWeight
{
    /// <summary>A rule is broken beyond doubt: the ICS is not valid.</summary>
    Violation,

    /// <summary>Something is missing or contradicts itself, so that it stays open whether the ICS is valid.</summary>
    Doubt,

    /// <summary>Nothing that the verdict rests on; it would still be better otherwise.</summary>
    Advice,
}

/// <summary>Something that a rule found in the ICS: the one source of the findings of the verification and of the reader's complaints.</summary>
/// <param name="Rule">Which rule, in kebab-case.</param>
/// <param name="Weight">What it means.</param>
/// <param name="Provision">The provision that it is about.</param>
/// <param name="At">Where it stands.</param>
/// <param name="Table">IXIT table that it is about as well, or <c>ICS</c>.</param>
/// <param name="Message">What is wrong, as a sentence that names ICS line, table and entry.</param>
/// <param name="Remedy">What to do, as an instruction.</param>
/// <param name="Evidence">What it rests on.</param>
public sealed record IcsRemark(
    string Rule,
    IcsWeight Weight,
    ProvisionId Provision,
    SourceSpan At,
    string Table,
    string Message,
    string Remedy,
    ImmutableArray<EvidenceRef> Evidence);
