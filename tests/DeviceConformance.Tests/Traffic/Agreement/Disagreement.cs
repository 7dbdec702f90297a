namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>Where we and tshark say different things.</summary>
/// <param name="What">About what.</param>
/// <param name="Frame">Frame; 0 where it is no single one.</param>
/// <param name="Ours">What we say.</param>
/// <param name="Theirs">What tshark says.</param>
internal sealed record Disagreement(string What, long Frame, string Ours, string Theirs)
{
    public override string ToString() => $"{What}{(Frame > 0 ? $", frame {Frame}" : "")}: here '{Ours}', tshark '{Theirs}'";
}
