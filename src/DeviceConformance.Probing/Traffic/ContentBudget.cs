namespace DeviceConformance.Probing.Traffic;

/// <summary>What the content readers of all flows may hold together of messages that are not whole yet.</summary>
/// <remarks>
/// Each reader has bounds of its own, but thousands of connections that all stop in the middle of a long message would fill any memory.
/// When <see cref="Most"/> is exceeded, <see cref="FlowTable"/> gives up flows that hold something, those silent for longest first.
/// </remarks>
internal sealed class ContentBudget
{
    /// <summary>Bytes at the most.</summary>
    public const long Most = 24 * 1024 * 1024;

    /// <summary>Bytes to which flows are given up once there are more: an eighth is freed at a time, so that looking for them is rare.</summary>
    public const long Rest = Most / 8 * 7;

    /// <summary>Bytes held now.</summary>
    public long Bytes { get; set; }
}
