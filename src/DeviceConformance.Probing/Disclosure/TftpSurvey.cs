using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>TFTP (RFC 1350): reading of a name that nobody has, as control, and of usual names; the first block of a file is enough.</summary>
internal static class TftpSurvey
{
    private static readonly System.Collections.Immutable.ImmutableArray<string> _names = EmbeddedList.Read("DeviceConformance.Probing.Disclosure.tftp-names.txt");

    // "Not defined" with a text: the transfer is over for the server (RFC 1350, 5).
    private static readonly byte[] _enough = [0, 5, 0, 0, .. "enough"u8, 0];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        // Each transfer has a port of its own on the server (RFC 1350, 4), by which a late repetition of an earlier one is told.
        var used = new HashSet<int>();
        var absent = $"dct-{Random.Shared.Next(100_000, 999_999)}";
        var control = await ReadAsync(talk, absent, used, cancellationToken);
        if (control is null)
        {
            return talk.Unanswered("TFTP read request");
        }

        if (control.Value.Bytes.Span[1] == 3)
        {
            notes.AddOpen("TFTP gives data for any name", absent);
            notes.Done("a name that nobody has is answered with data, so that other names tell nothing");
            notes.Remark(talk.Figures);
            return null;
        }

        notes.Add(reader.Read(Text(control.Value), TextKind.Banner), "TFTP error");
        var given = 0;
        foreach (var name in _names)
        {
            if (await ReadAsync(talk, name, used, cancellationToken) is not { } answer)
            {
                notes.Gap($"reading {name}: no answer ({talk.LastSilence})");
                if (talk.GaveUp)
                {
                    break;
                }
            }
            else if (answer.Bytes.Span[1] == 3)
            {
                given++;
                used.Add(answer.FromPort);
                await talk.SendAsync("error, which ends the transfer", _enough, cancellationToken, answer.FromPort);
                notes.AddOpen("TFTP gives a file to anybody", name);
                notes.Add(talk.Hide(reader.Read(Text(answer), TextKind.Data)), $"TFTP {name}");
            }
        }

        notes.Done($"{given} of {_names.Length} usual names are given");
        notes.Remark("writing is a trial of its own");
        notes.Remark(talk.Figures);
        return null;
    }

    private static Task<Datagram?> ReadAsync(UdpTalk talk, string name, HashSet<int> used, CancellationToken cancellationToken) =>
        talk.AskAsync($"TFTP read {name}", [0, 1, .. Encoding.ASCII.GetBytes(name), 0, .. "octet"u8, 0], datagram => IsAnswer(datagram.Bytes.Span) && !used.Contains(datagram.FromPort), cancellationToken);

    /// <summary>DATA with block 1, or ERROR.</summary>
    internal static bool IsAnswer(ReadOnlySpan<byte> bytes) =>
        bytes.Length is >= 4 and <= 516 && bytes[0] == 0 && ((bytes[1] == 3 && bytes[2] == 0 && bytes[3] == 1) || (bytes[1] == 5 && bytes[2] == 0 && bytes[3] <= 8));

    private static string Text(Datagram answer) => Encoding.Latin1.GetString(answer.Bytes.Span[4..]).TrimEnd('\0');
}
