using System.Buffers.Binary;

namespace DeviceConformance.Probing.Packets;

/// <summary>Decodes IEEE 802.11 frames, with or without a radiotap header: data frames of open networks to what they carry, others to their addresses.</summary>
/// <remarks>Not read: aggregated (A-MSDU) and fragmented data frames; they count as undecoded.</remarks>
internal static class WirelessFrame
{
    public static void DecodeRadiotap(ReadOnlySpan<byte> bytes, ref PacketView packet)
    {
        if (bytes.Length < 8 || bytes[0] != 0)
        {
            return;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        if (length < 8 || length > bytes.Length)
        {
            return;
        }

        // Presence words follow each other while bit 31 is set; the fields begin behind them: TSFT (bit 0, 8 bytes, aligned), flags (bit 1).
        var at = 4;
        var present = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        for (var word = present; (word & 0x80000000) != 0 && at + 8 <= length; word = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]))
        {
            at += 4;
        }

        at += 4;
        at = (present & 1) == 0 ? at : (at + 7) / 8 * 8 + 8;
        var flags = (present & 2) != 0 && at < length ? bytes[at] : 0;
        Decode(bytes[length..], padded: (flags & 0x20) != 0, ref packet);
    }

    /// <summary>Decodes from the 802.11 header on.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="padded">Whether the header is filled up to a multiple of four bytes (radiotap flag 0x20).</param>
    /// <param name="packet">Where it is noted.</param>
    public static void Decode(ReadOnlySpan<byte> bytes, bool padded, ref PacketView packet)
    {
        if (bytes.Length < 10 || (bytes[0] & 3) != 0)
        {
            return;
        }

        var (kind, subtype, flags) = (bytes[0] >> 2 & 3, bytes[0] >> 4, bytes[1]);
        if (kind is 1 or 3)
        {
            // Control frames have one or two addresses and carry nothing.
            packet.Outcome = DecodeOutcome.Link;
            return;
        }

        if (bytes.Length < 24)
        {
            return;
        }

        var (first, second, third) = (LinkAddress.Read(bytes[4..]), LinkAddress.Read(bytes[10..]), LinkAddress.Read(bytes[16..]));
        var (toDs, fromDs) = ((flags & 1) != 0, (flags & 2) != 0);
        if (toDs && fromDs && bytes.Length < 30)
        {
            return;
        }

        packet.LinkDestination = toDs ? third : first;
        packet.LinkSource = fromDs ? toDs ? LinkAddress.Read(bytes[24..]) : third : second;
        if (kind == 0)
        {
            packet.Outcome = DecodeOutcome.Link;
            return;
        }

        var header = toDs && fromDs ? 30 : 24;
        var aggregated = false;
        if ((subtype & 8) != 0)
        {
            if (bytes.Length < header + 2)
            {
                return;
            }

            aggregated = (bytes[header] & 0x80) != 0;
            header += (flags & 0x80) != 0 ? 6 : 2;
        }

        header = padded ? (header + 3) / 4 * 4 : header;
        if ((flags & 0x40) != 0)
        {
            packet.Outcome = DecodeOutcome.Protected;
        }
        else if ((subtype & 4) != 0)
        {
            packet.Outcome = DecodeOutcome.Link;
        }
        else if (!aggregated && (flags & 4) == 0 && (bytes[22] & 15) == 0 && bytes.Length > header)
        {
            packet.Outcome = DecodeOutcome.Link;
            PacketDecoder.LogicalLink(bytes[header..], ref packet);
        }
    }
}
