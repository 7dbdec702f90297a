using System.Globalization;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>NetBIOS name service (RFC 1002, 4.2.17): the node's names and hardware address.</summary>
internal static class NetbiosSurvey
{
    private static readonly byte[] _nodeStatus = [0x64, 0x63, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x20, (byte)'C', (byte)'K', .. Enumerable.Repeat((byte)'A', 30), 0, 0, 0x21, 0, 1];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        if (await talk.AskAsync("NetBIOS node status", _nodeStatus, static datagram => TryParse(datagram.Bytes.Span, out _, out _), cancellationToken) is not { } answer)
        {
            return talk.Unanswered("NetBIOS node status");
        }

        _ = TryParse(answer.Bytes.Span, out var names, out var mac);
        foreach (var name in names.Distinct())
        {
            AnnouncedNames.Add(name, "NetBIOS name", ProbeFacts.Of(context.Declared), reader, notes);
        }

        if (mac.Length > 0)
        {
            notes.Add(DisclosureKind.MacAddress, mac, "NetBIOS node status");
        }

        notes.Done($"the node status gives {names.Count} names");
        notes.Remark(talk.Figures);
        return null;
    }

    /// <summary>Reads a node status response: 18 bytes a name, then the unit id (RFC 1002, 4.2.18).</summary>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, out List<string> names, out string mac)
    {
        (names, mac) = ([], "");
        if (bytes.Length < 57 || bytes[0] != 0x64 || bytes[1] != 0x63 || (bytes[2] & 0x80) == 0 || bytes[12] != 0x20 || bytes[46] != 0 || bytes[47] != 0x21)
        {
            return false;
        }

        var count = bytes[56];
        var at = 57;
        for (var index = 0; index < count && at + 18 <= bytes.Length; index++, at += 18)
        {
            names.Add(Encoding.Latin1.GetString(bytes.Slice(at, 15)).Trim(' ', '\0'));
        }

        if (at + 6 <= bytes.Length && bytes.Slice(at, 6).IndexOfAnyExcept((byte)0) >= 0)
        {
            mac = string.Join(':', bytes.Slice(at, 6).ToArray().Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));
        }

        return true;
    }
}
