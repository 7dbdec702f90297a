using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>BACnet/IP (ASHRAE 135): what the properties of the device object tell anybody. Nothing is written.</summary>
internal static class BacnetSurvey
{
    // Property identifiers of the device object (ASHRAE 135, clause 21).
    private static readonly (int Property, string Name, DisclosureKind Kind)[] _properties =
    [
        (77, "object name", DisclosureKind.Product),
        (121, "vendor name", DisclosureKind.Product),
        (70, "model name", DisclosureKind.Model),
        (44, "firmware revision", DisclosureKind.Version),
        (12, "application software version", DisclosureKind.Version),
        (28, "description", DisclosureKind.Product),
        (58, "location", DisclosureKind.Status),
    ];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var given = 0;
        for (var index = 0; index < _properties.Length; index++)
        {
            var (property, name, kind) = _properties[index];
            var invoke = (byte)(index + 1);
            if (await talk.AskAsync($"BACnet read {name}", Read(property, invoke), datagram => InvokeOf(datagram.Bytes.Span) == invoke, cancellationToken) is not { } answer)
            {
                if (index == 0)
                {
                    return talk.Unanswered("BACnet read of the device object");
                }

                notes.Gap($"{name}: no answer ({talk.LastSilence})");
                continue;
            }

            if (TryText(answer.Bytes.Span, out var text) && text.Length > 0)
            {
                given++;
                notes.Add(reader.Read(text, TextKind.Banner), $"BACnet {name}");
                notes.Add(kind, text, $"BACnet {name}");
            }
        }

        if (given > 0)
        {
            notes.AddOpen("BACnet reads properties without login", "device object");
        }

        notes.Done($"{given} of {_properties.Length} properties of the device object are given");
        notes.Remark("the other objects were not read, and writing was not tried");
        notes.Remark(talk.Figures);
        return null;
    }

    // ReadProperty of the device with instance 4194303, which every device takes for its own (15.5, clause 12.11.1).
    private static byte[] Read(int property, byte invoke) => [0x81, 0x0a, 0, 17, 1, 4, 0, 5, invoke, 12, 0x0c, 0x02, 0x3f, 0xff, 0xff, 0x19, (byte)property];

    /// <summary>The invoke id of an acknowledgement, error, reject or abort; -1 for anything else.</summary>
    internal static int InvokeOf(ReadOnlySpan<byte> bytes) =>
        Apdu(bytes) is var at and > 0 && at + 1 < bytes.Length && bytes[at] >> 4 is 3 or 5 or 6 or 7 ? bytes[at + 1] : -1;

    /// <summary>The character string of a ReadProperty acknowledgement (20.2.9).</summary>
    internal static bool TryText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        var at = Apdu(bytes);
        // A simple, unsegmented complex acknowledgement of service 12.
        if (at <= 0 || at + 3 >= bytes.Length || bytes[at] != 0x30 || bytes[at + 2] != 12)
        {
            return false;
        }

        var value = bytes[(at + 3)..];
        var open = value.IndexOf((byte)0x3e);
        if (open < 0 || open + 3 >= value.Length || value[open + 1] >> 4 != 7)
        {
            return false;
        }

        var length = value[open + 1] & 7;
        var start = open + 2;
        if (length == 5)
        {
            length = value[start++];
            if (length == 254 && start + 2 <= value.Length)
            {
                length = BinaryPrimitives.ReadUInt16BigEndian(value[start..]);
                start += 2;
            }
        }

        if (length < 1 || start + length > value.Length)
        {
            return false;
        }

        // The first byte names the character set; 0 is UTF-8.
        text = Encoding.UTF8.GetString(value.Slice(start + 1, length - 1));
        return value[start] == 0;
    }

    // Behind the virtual link and network layers, whose addresses vary in length (annex J.2, 6.2).
    private static int Apdu(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 9 || bytes[0] != 0x81 || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != bytes.Length || bytes[1] is not (0x0a or 0x0b) || bytes[4] != 1 || (bytes[5] & 0x80) != 0)
        {
            return -1;
        }

        var at = 6;
        foreach (var mask in new[] { 0x20, 0x08 })
        {
            if ((bytes[5] & mask) != 0)
            {
                at = at + 2 < bytes.Length ? at + 3 + bytes[at + 2] : bytes.Length;
            }
        }

        at += (bytes[5] & 0x20) != 0 ? 1 : 0;
        return at < bytes.Length ? at : -1;
    }
}
