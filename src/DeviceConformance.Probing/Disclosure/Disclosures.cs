using System.Collections.Immutable;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What a text tells.</summary>
/// <param name="Items">Pieces of information; credentials without their value.</param>
/// <param name="Secrets">Values of credentials, to be masked in every text that is kept.</param>
internal sealed record Disclosures(ImmutableArray<(DisclosureKind Kind, string What)> Items, ImmutableArray<string> Secrets)
{
    /// <summary>Nothing.</summary>
    public static Disclosures None { get; } = new([], []);

    /// <summary>Whether a piece of one of the kinds is among them.</summary>
    public bool HasAny(params ReadOnlySpan<DisclosureKind> kinds)
    {
        foreach (var (kind, _) in Items)
        {
            if (kinds.Contains(kind))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A text without the values of credentials.</summary>
    public string Redact(string text) =>
        Secrets.OrderByDescending(secret => secret.Length).Aggregate(text, (redacted, secret) => redacted.Replace(secret, Model.Lab.Secret.Mask, StringComparison.Ordinal));
}
