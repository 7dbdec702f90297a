using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Emulator.Updates;

/// <summary>What became of an update.</summary>
/// <param name="Installed">Whether it was installed.</param>
/// <param name="Reason">Why not, in a few words; <c>installed</c> otherwise.</param>
/// <param name="Version">Version that runs now.</param>
internal sealed record UpdateOutcome(bool Installed, string Reason, string Version);

/// <summary>The software that runs, and the rule by which another takes its place.</summary>
internal sealed class Firmware(Version initial, DeviceLog log)
{
    private readonly Lock gate = new();
    private Version running = initial;

    /// <summary>Version that runs.</summary>
    public string Version => Volatile.Read(ref running).ToString(3);

    /// <summary>Installs an image if it may be.</summary>
    /// <param name="bytes">The image as it came in.</param>
    /// <param name="faults">Faults that are on.</param>
    public UpdateOutcome Offer(ReadOnlySpan<byte> bytes, DeviceFaults faults)
    {
        if (!UpdateImage.TryParse(bytes, out var image))
        {
            return Refuse("not an update image");
        }

        if (Objection(image, faults) is { } objection)
        {
            return Refuse(objection);
        }

        lock (gate)
        {
            if (image.Version <= running && !faults.HasFlag(DeviceFaults.UpdateDowngrade))
            {
                return Refuse("not newer than what runs");
            }

            Volatile.Write(ref running, image.Version);
        }

        log.Note($"update: version {image.Version.ToString(3)} installed");
        return new UpdateOutcome(true, "installed", image.Version.ToString(3));
    }

    /// <summary>Notes that an update was not installed.</summary>
    public UpdateOutcome Refuse(string reason)
    {
        log.Note($"update: refused, {reason}");
        return new UpdateOutcome(false, reason, Version);
    }

    // Each fault lets exactly one kind of spoiled image through. A signature of a known foreign key is told apart from an altered image, so
    // that update-bit-flip does not bring update-foreign-key along.
    private static string? Objection(UpdateImage image, DeviceFaults faults)
    {
        if (!image.HasSignature)
        {
            return faults.HasFlag(DeviceFaults.UpdateUnsigned) ? null : "no signature";
        }

        using var vendor = VendorKeys.OpenVendor();
        if (image.IsSignedBy(vendor))
        {
            return null;
        }

        using var other = VendorKeys.OpenOther();
        if (image.IsSignedBy(other))
        {
            return faults.HasFlag(DeviceFaults.UpdateForeignKey) ? null : "signature of another key";
        }

        return faults.HasFlag(DeviceFaults.UpdateBitFlip) && image.HasWellFormedSignature ? null : "signature does not match";
    }
}
