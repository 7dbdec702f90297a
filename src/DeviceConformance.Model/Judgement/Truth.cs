using System.Collections.Immutable;

namespace DeviceConformance.Model.Judgement;

/// <summary>Whether a condition of the ICS holds, as far as the declaration shows. Closed: holds, does not hold or unknown.</summary>
public abstract record Truth
{
    private Truth(string reason, ImmutableArray<EvidenceRef> evidence)
    {
        Reason = reason;
        Evidence = evidence;
    }

    /// <summary>Why, as a sentence that names table and entry.</summary>
    public string Reason { get; }

    /// <summary>Entries and statements that it rests on; empty when it is unknown.</summary>
    public ImmutableArray<EvidenceRef> Evidence { get; }

    /// <summary>It holds.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Evidence">What shows it.</param>
    public sealed record Holds(string Reason, params ImmutableArray<EvidenceRef> Evidence) : Truth(Reason, Evidence);

    /// <summary>It does not hold.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Evidence">What shows it.</param>
    public sealed record DoesNotHold(string Reason, params ImmutableArray<EvidenceRef> Evidence) : Truth(Reason, Evidence);

    /// <summary>The declaration shows neither.</summary>
    /// <param name="Reason">What is not said.</param>
    /// <param name="Missing">What to add, as an instruction.</param>
    public sealed record Unknown(string Reason, string Missing) : Truth(Reason, []);

    /// <summary>Holds, does not hold or open, for sentences.</summary>
    public string Word => this switch
    {
        Holds => "holds",
        DoesNotHold => "does not hold",
        _ => "is open",
    };
}
