using System.Globalization;
using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Probing.Smb;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>
/// Whether anybody may leave a file: a new one of a name that nobody has, over FTP as anonymous and deleted again, over SMB as a guest and
/// deleted by its closing, over TFTP given up before any content. No file that is there is touched.
/// </summary>
internal static class FileWriteTrial
{
    private const int MaxFolders = 8;
    private const int MaxShares = 16;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);
    private static readonly byte[] _content = Encoding.ASCII.GetBytes("A trial of the laboratory; it may be deleted.\r\n");

    // "Not defined" with a text, which ends the transfer (RFC 1350, 5).
    private static readonly byte[] _giveUp = [0, 5, 0, 0, .. "given up"u8, 0];

    /// <summary>A name that nobody has.</summary>
    private static string NewName() => $"dct-{Random.Shared.NextInt64(100_000_000, 999_999_999).ToString(CultureInfo.InvariantCulture)}.txt";

    public static async Task<ProbeOutcome> TryFtpAsync(WriteTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        var survey = new DisclosureSurvey(request.Endpoint, ServiceProtocol.Ftp, false);
        var (talk, failure) = await Conversation.OpenAsync(survey, context, new InformationReader(context.Declared), telnet: false, cancellationToken);
        if (talk is null)
        {
            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
        }

        await using (talk)
        {
            var client = new FtpWriter(talk, request.Endpoint, context, _deadline, cancellationToken);
            if (await client.LogInAsync() is { } whyNot)
            {
                return whyNot.Refused ? Seen(request, AccessResult.Refused, whyNot.Text, true) : Unclear(request, whyNot.Text, true);
            }

            var refused = new List<string>();
            foreach (var folder in (await client.FoldersAsync()).Take(MaxFolders).Prepend(""))
            {
                var name = folder.Length > 0 ? $"{folder}/{NewName()}" : NewName();
                switch (await client.StoreAsync(name, _content))
                {
                    case null:
                        return Unclear(request, $"Whether {SurveyNotes.Shortened(name)} may be stored as anonymous was not answered; it may be there.", false);
                    case (true, _):
                        var deleted = await client.DeleteAsync(name);
                        return Seen(request, AccessResult.Granted, $"Anonymous stores a new file over FTP ({SurveyNotes.Shortened(name)}){(deleted ? " and deletes it" : "; deleting it failed, delete it by hand")}.", deleted);
                    case (false, var answer):
                        refused.Add($"{(folder.Length > 0 ? SurveyNotes.Shortened(folder) : "the first folder")} ({answer})");
                        break;
                }
            }

            return Seen(request, AccessResult.Refused, $"Storing a new file as anonymous is refused in {SurveyNotes.Some(refused)}.", true);
        }
    }

    public static async Task<ProbeOutcome> TryTftpAsync(WriteTrial request, UdpTalk talk, CancellationToken cancellationToken)
    {
        var name = NewName();
        byte[] question = [0, 2, .. Encoding.ASCII.GetBytes(name), 0, .. "octet"u8, 0];
        if (await talk.AskAsync($"TFTP write {name}", question, static datagram => IsAnswer(datagram.Bytes.Span), cancellationToken) is not { } answer)
        {
            return talk.Unanswered("TFTP write request");
        }

        if (answer.Bytes.Span[1] == 5)
        {
            return Seen(request, AccessResult.Refused, $"Writing a new file over TFTP is refused (error {answer.Bytes.Span[3]}). {talk.Figures}.", true);
        }

        // Block 0 is acknowledged: the server waits for content. It gets none.
        await talk.SendAsync("error, which ends the transfer", _giveUp, cancellationToken, answer.FromPort);
        byte[] again = [0, 1, .. Encoding.ASCII.GetBytes(name), 0, .. "octet"u8, 0];
        var left = await talk.AskAsync($"TFTP read {name}", again, datagram => TftpSurvey.IsAnswer(datagram.Bytes.Span) && datagram.FromPort != answer.FromPort, cancellationToken);
        if (left is { } data && data.Bytes.Span[1] == 3)
        {
            await talk.SendAsync("error, which ends the transfer", _giveUp, cancellationToken, data.FromPort);
        }

        // TFTP can not delete.
        var isGone = left is { } gone && gone.Bytes.Span[1] == 5 && gone.Bytes.Span[3] == 1;
        return Seen(request, AccessResult.Granted, $"Anybody may write a new file over TFTP; the transfer was given up before any content{(isGone ? ", and no file is there" : $", and an empty file {name} may be left: delete it by hand")}. {talk.Figures}.", isGone);
    }

    public static async Task<ProbeOutcome> TrySmbAsync(WriteTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        var refused = new List<string>();
        var (silence, text) = (Silence.NoReply, "");
        var answered = false;
        foreach (var (who, user, password) in new (string, string?, Secret?)[] { ("nobody in particular", null, null), ("a name that nobody has", Nonsense.User(), Nonsense.Password()) })
        {
            SmbTalk? talk = null;
            foreach (var dialect in Smb2Message.Dialects)
            {
                (talk, silence, text) = await SmbTalk.OpenAsync(request.Endpoint, dialect, context, cancellationToken);
                if (talk is not null || silence is not (Silence.HandshakeRefused or Silence.ClosedByPeer or Silence.Reset))
                {
                    break;
                }
            }

            if (talk is null)
            {
                continue;
            }

            await using (talk)
            {
                if (await talk.LogOnAsync(user, password, cancellationToken) is not { } login)
                {
                    return Unclear(request, $"A login of {who} over SMB has no answer ({talk.Ended}).", true);
                }

                answered = true;
                if (!login.IsUp)
                {
                    refused.Add($"{who} ({SmbTalk.Hex(login.Status)})");
                    continue;
                }

                var (shares, _) = await talk.ListSharesAsync(cancellationToken);
                var names = shares is null ? [.. SmbSurvey.UsualShares] : shares.Where(share => share.IsFiles).Select(share => share.Name).ToList();
                foreach (var share in names.Take(MaxShares))
                {
                    if (await talk.ConnectShareAsync(share, cancellationToken) is not { Status: Smb2Message.Success, Kind: 1 })
                    {
                        continue;
                    }

                    var name = NewName();
                    switch (await talk.MakePassingFileAsync(name, cancellationToken))
                    {
                        case null:
                            return Unclear(request, $"Whether {who} may make a file in share {SurveyNotes.Shortened(share)} was not answered ({talk.Ended}); {name} may be there.", false);
                        case (Smb2Message.Success, var closed):
                            return Seen(request, AccessResult.Granted, $"{char.ToUpperInvariant(who[0])}{who[1..]} makes a new file in share {SurveyNotes.Shortened(share)}{(closed ? ", deleted on closing it" : $"; closing it failed, so {name} may be left")}.", closed);
                        case (var status, _):
                            refused.Add($"{who} in share {SurveyNotes.Shortened(share)} ({SmbTalk.Hex(status)})");
                            break;
                    }
                }
            }
        }

        return !answered && silence != Silence.HandshakeRefused ? new ProbeOutcome.Unanswered(silence, text)
            : !answered ? Unclear(request, "The server takes neither SMB 2 nor SMB 3, in which alone the harness can make a file.", true)
            : Seen(request, AccessResult.Refused, refused.Count > 0 ? $"Making a file is refused: {SurveyNotes.Some(refused)}." : "No share with files takes anybody.", true);
    }

    /// <summary>ACK of block 0, or ERROR (RFC 1350, 5).</summary>
    internal static bool IsAnswer(ReadOnlySpan<byte> bytes) =>
        bytes.Length is >= 4 and <= 516 && bytes[0] == 0 && ((bytes[1] == 4 && bytes[2] == 0 && bytes[3] == 0) || (bytes[1] == 5 && bytes[2] == 0 && bytes[3] <= 8));

    private static ProbeOutcome.Observed Seen(WriteTrial request, AccessResult result, string what, bool restored) =>
        new(new WriteSeen(request.Endpoint, request.Protocol, result, what, restored) { Coverage = Coverage.Complete(what) });

    private static ProbeOutcome.Observed Unclear(WriteTrial request, string what, bool restored) =>
        new(new WriteSeen(request.Endpoint, request.Protocol, AccessResult.Unclear, what, restored) { Coverage = Coverage.Partial(what) });
}
