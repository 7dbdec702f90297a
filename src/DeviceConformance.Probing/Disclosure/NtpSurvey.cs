using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>NTP: the time itself, the variables that control messages read (RFC 9327), and the list of clients that old servers give (one datagram).</summary>
internal static class NtpSurvey
{
    private static readonly byte[] _time = [0x23, 0, 6, 0xec, .. new byte[36], .. "dct\0dct\u0001"u8];
    private static readonly byte[] _variables = [0x16, 2, 0x64, 0x63, 0, 0, 0, 0, 0, 0, 0, 0];

    // Mode 7, implementation XNTPD, request MON_GETLIST_1 of ntpd before 4.2.7p26.
    private static readonly byte[] _clients = [0x17, 0, 3, 42, 0, 0, 0, 0];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var answers = await talk.AskTogetherAsync([("NTP time", _time), ("NTP read variables", _variables), ("NTP list of clients", _clients)], static datagram => Answered(datagram.Bytes.Span), cancellationToken);
        if (answers.All(answer => answer is null))
        {
            return talk.Unanswered("NTP");
        }

        if (answers[1] is { } variables)
        {
            var text = Encoding.Latin1.GetString(variables.Bytes.Span[12..]);
            notes.AddOpen("NTP control messages read variables", "mode 6");
            notes.Add(reader.Read(text.Replace(", ", "\n", StringComparison.Ordinal), TextKind.Data), "NTP variables");
            notes.Add(reader.Read(text, TextKind.Banner), "NTP variables");
            foreach (var pair in text.Split(',').Select(part => part.Trim().Split('=', 2)).Where(pair => pair.Length == 2 && pair[0] is "version" or "system" or "processor"))
            {
                notes.Add(pair[0] == "processor" ? DisclosureKind.Product : DisclosureKind.Version, pair[1].Trim('"'), "NTP variables");
            }
        }

        if (answers[2] is { } clients && clients.Bytes.Length > 8)
        {
            var count = BinaryPrimitives.ReadUInt16BigEndian(clients.Bytes.Span[4..]) & 0xfff;
            notes.AddOpen("NTP gives the list of its clients", "mode 7 monlist");
            notes.Add(DisclosureKind.Network, $"addresses of {count} clients in the first datagram", "NTP list of clients");
        }

        // Silence is how a server refuses the last two; the first tells that it is there.
        notes.Done($"time {Word(answers[0])}, variables {Word(answers[1])}, list of clients {Word(answers[2])} ({UdpTalk.Tries} datagrams each)");
        if (answers[0] is null)
        {
            notes.Gap("the question for the time was not answered");
        }

        notes.Remark(talk.Figures);
        return null;
    }

    private static string Word(Link.Datagram? answer) => answer is null ? "not answered" : "answered";

    private static int Answered(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 48 && (bytes[0] & 7) == 4 && bytes[24..32].SequenceEqual("dct\0dct\u0001"u8) ? 0
        : bytes.Length >= 12 && (bytes[0] & 7) == 6 && (bytes[1] & 0x80) != 0 && bytes[2..4].SequenceEqual("dc"u8) ? 1
        : bytes.Length >= 8 && (bytes[0] & 0x87) == 0x87 && bytes[3] == 42 ? 2
        : -1;
}
