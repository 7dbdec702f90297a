using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>The little of FTP (RFC 959) that it takes to store a file as anonymous and to delete it again.</summary>
internal sealed class FtpWriter(Conversation talk, Endpoint endpoint, ProbeContext context, TimeSpan deadline, CancellationToken cancellationToken)
{
    private const int MaxListing = 64 * 1024;

    // drwxrwxrwx ... name, as nearly every server lists a folder.
    private static readonly Regex _folder = new(@"^d[rwxsStT-]{9}.*[0-9] ([^\r\n/]{1,100})\r?$", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking);

    /// <summary>Logs in as anonymous (RFC 1635).</summary>
    /// <returns>Null when let in; otherwise whether that was a refusal, and what was said.</returns>
    public async Task<(bool Refused, string Text)?> LogInAsync()
    {
        var (code, text) = await ReplyAsync();
        if (code is < 200 or >= 300)
        {
            return (false, $"The server does not take the session: {SurveyNotes.Shortened(text)}");
        }

        (code, text) = await AskAsync("USER anonymous");
        if (code == 331)
        {
            (code, text) = await AskAsync("PASS anonymous@example.invalid");
        }

        return code == 230 ? null
            : (code is 530 or 531 or 532, $"Anonymous is not let in, so no file was stored: {(code == 0 ? "no answer" : SurveyNotes.Shortened(text))}");
    }

    /// <summary>Folders below the first one.</summary>
    public async Task<List<string>> FoldersAsync()
    {
        if (await DataAsync() is not { } data)
        {
            return [];
        }

        await using (data)
        {
            if (await AskAsync("LIST") is not (125 or 150, _))
            {
                return [];
            }

            var listing = new StringBuilder();
            await data.ReadUntilAsync(bytes => listing.Append(Encoding.Latin1.GetString(bytes.Span)).Length > MaxListing, deadline, cancellationToken);
            await ReplyAsync();
            return [.. _folder.Matches(listing.ToString()).Select(match => match.Groups[1].Value).Where(name => name is not ("." or ".."))];
        }
    }

    /// <summary>Stores a file.</summary>
    /// <returns>Whether it is stored, and what was said; null when that was not answered.</returns>
    public async Task<(bool Stored, string Answer)?> StoreAsync(string name, byte[] content)
    {
        await AskAsync("TYPE I");
        if (await DataAsync() is not { } data)
        {
            return (false, "no data connection");
        }

        int code;
        string text;
        await using (data)
        {
            (code, text) = await AskAsync($"STOR {name}");
            if (code is not (125 or 150))
            {
                return code == 0 ? null : (false, SurveyNotes.Shortened(text));
            }

            await data.SendAsync(content, deadline, cancellationToken);
            data.FinishSending();
            (code, text) = await ReplyAsync();
        }

        if (code is 226 or 250)
        {
            return (true, SurveyNotes.Shortened(text));
        }

        // It was taken up and did not come to an end: part of it may be there.
        await DeleteAsync(name);
        return null;
    }

    /// <summary>Deletes a file.</summary>
    public async Task<bool> DeleteAsync(string name) => await AskAsync($"DELE {name}") is (250, _);

    private async Task<DutConnection?> DataAsync()
    {
        var (code, text) = await AskAsync("EPSV");
        if (FtpSurvey.PortIn(code, text) is not { } port)
        {
            (code, text) = await AskAsync("PASV");
            if (FtpSurvey.PortIn(code, text) is not { } other)
            {
                return null;
            }

            port = other;
        }

        var result = await context.Link.ConnectAsync(new Endpoint(endpoint.Address, port), Transcript.None, cancellationToken);
        return result.TryGet(out var data) ? data : null;
    }

    private async Task<(int Code, string Text)> AskAsync(string command)
    {
        await talk.SendAsync(command + "\r\n", cancellationToken);
        return await ReplyAsync();
    }

    private async Task<(int Code, string Text)> ReplyAsync()
    {
        var text = await talk.ReadAsync(deadline, FtpSurvey.IsReply, cancellationToken);
        return (FtpSurvey.CodeOf(text), text);
    }
}
