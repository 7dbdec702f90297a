namespace DeviceConformance.Probing.Packets;

/// <summary>A 48-bit MAC address as a value; the default stands for none.</summary>
/// <param name="Value">The address in the low 48 bits, first byte highest.</param>
public readonly record struct LinkAddress(ulong Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 6;

    /// <summary>Whether there is none (or the all-zero address, which loopback shows).</summary>
    public bool IsNone => Value == 0;

    /// <summary>Whether it is a group address, broadcast included (IEEE 802: lowest bit of the first byte).</summary>
    public bool IsGroup => (Value >> 40 & 1) != 0;

    /// <summary>Whether it is locally administered, as randomised addresses are (IEEE 802: second lowest bit of the first byte).</summary>
    public bool IsLocal => (Value >> 40 & 2) != 0;

    /// <summary>Reads six bytes; the span has to hold them.</summary>
    public static LinkAddress Read(ReadOnlySpan<byte> bytes) =>
        new((ulong)System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32 | System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    /// <summary>Reads "02:00:5e:10:00:01", with colons, hyphens or nothing between.</summary>
    public static bool TryParse(string? text, out LinkAddress address)
    {
        address = default;
        var digits = (text ?? "").Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal);
        if (digits.Length != 2 * Size || !ulong.TryParse(digits, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
        {
            return false;
        }

        address = new(value);
        return true;
    }

    /// <summary>Lower case with colons.</summary>
    public override string ToString() =>
        $"{Value >> 40 & 0xff:x2}:{Value >> 32 & 0xff:x2}:{Value >> 24 & 0xff:x2}:{Value >> 16 & 0xff:x2}:{Value >> 8 & 0xff:x2}:{Value & 0xff:x2}";
}
