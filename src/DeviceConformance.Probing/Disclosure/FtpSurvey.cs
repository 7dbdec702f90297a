using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>FTP (RFC 959): greeting, system, anonymous login (RFC 1635) with a listing, and whether named users are asked for a password.</summary>
internal static class FtpSurvey
{
    private const int MaxListing = 64 * 1024;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);

    // A reply ends with a line whose code is followed by a blank (RFC 959, 4.2).
    private static readonly Regex _lastLine = new(@"^([0-9]{3})(?: [^\r\n]*)?\r?\n", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking);
    private static readonly Regex _extendedPort = new(@"\((?:[!-~])(?:[!-~])(?:[!-~])(\d{1,5})(?:[!-~])\)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    private static readonly Regex _passivePort = new(@"\d{1,3},\d{1,3},\d{1,3},\d{1,3},(\d{1,3}),(\d{1,3})", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var (talk, failure) = await Conversation.OpenAsync(request, context, reader, telnet: false, cancellationToken);
        if (talk is null)
        {
            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
        }

        bool anonymous;
        await using (talk)
        {
            var session = new Session(talk, request, context, reader, notes, cancellationToken);
            if (!await session.GreetAsync())
            {
                return null;
            }

            anonymous = await session.TryAnonymousAsync();
        }

        if (anonymous)
        {
            await AskForNamedUserAsync(request, context, reader, notes, cancellationToken);
        }

        return null;
    }

    /// <summary>The port for data in an answer to EPSV (RFC 2428, 3) or PASV (RFC 959, 4.1.2); null where there is none.</summary>
    internal static int? PortIn(int code, string text)
    {
        if (code == 229 && _extendedPort.Match(text) is { Success: true } extended && int.TryParse(extended.Groups[1].Value, out var port) && port is > 0 and <= 65535)
        {
            return port;
        }

        // Whatever address it names, the data comes from the device or not at all (RFC 2577, 3).
        return code == 227 && _passivePort.Match(text) is { Success: true } passive
            && int.TryParse(passive.Groups[1].Value, out var high) && int.TryParse(passive.Groups[2].Value, out var low)
            && high <= 255 && low <= 255 && (high << 8) + low is var number and > 0
            ? number
            : null;
    }

    /// <summary>Whether what was said ends with the last line of a reply.</summary>
    internal static bool IsReply(string said) => said.EndsWith('\n') && _lastLine.IsMatch(said);

    /// <summary>Code of a reply; 0 when it is none.</summary>
    internal static int CodeOf(string said) => _lastLine.Match(said) is { Success: true } line ? int.Parse(line.Groups[1].ValueSpan) : 0;

    private static async Task AskForNamedUserAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        // On a connection of its own: some servers do not change the user of an open session.
        var (talk, failure) = await Conversation.OpenAsync(request, context, reader, telnet: false, cancellationToken);
        if (talk is null)
        {
            notes.Gap($"whether named users are asked for a password: {failure.Text}");
            return;
        }

        await using (talk)
        {
            var session = new Session(talk, request, context, reader, notes, cancellationToken);
            if (await session.GreetAsync())
            {
                await session.AskForNamedUserAsync();
            }
        }
    }

    private sealed class Session(Conversation talk, DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        public async Task<bool> GreetAsync()
        {
            var (code, text) = await ReplyAsync();
            notes.Add(reader.Read(text, TextKind.Banner), "banner");
            if (code is >= 200 and < 300)
            {
                return true;
            }

            notes.Gap(code == 0 ? $"no FTP greeting came{Ending()}" : $"the server declines the session: {SurveyNotes.Shortened(text)}");
            return false;
        }

        /// <summary>Asks for the system and logs in as anonymous.</summary>
        public async Task<bool> TryAnonymousAsync()
        {
            var (_, system) = await AskAsync("SYST");
            notes.Add(reader.Read(system, TextKind.Banner), "answer to SYST");
            await AskAsync("FEAT");
            var (code, text) = await AskAsync("USER anonymous");
            var asksPassword = code == 331;
            if (asksPassword)
            {
                // RFC 1635 asks for a mail address; this domain belongs to nobody (RFC 2606).
                (code, text) = await AskAsync("PASS anonymous@example.invalid");
            }

            switch (code)
            {
                case 230:
                    notes.Add(reader.Read(text, TextKind.Banner), "greeting after anonymous login");
                    await LookAroundAsync();
                    return true;
                case 0:
                    notes.Gap($"the anonymous login was not answered{Ending()}");
                    return false;
                case < 500 or 500 or 502 or 503:
                    // Out of service, out of order or broken is not refused.
                    notes.Gap($"the anonymous login was neither accepted nor refused: {SurveyNotes.Shortened(text)}");
                    break;
                default:
                    notes.Done($"anonymous login is refused ({code})");
                    break;
            }

            if (asksPassword)
            {
                notes.AddLogin(LoginProtocol.Ftp);
            }
            else if (talk.Ended is null)
            {
                await AskForNamedUserAsync();
            }

            return false;
        }

        public async Task AskForNamedUserAsync()
        {
            var (code, text) = await AskAsync($"USER dct{Random.Shared.Next(100_000, 999_999)}");
            switch (code)
            {
                case 331:
                    notes.AddLogin(LoginProtocol.Ftp);
                    notes.Done("a named user is asked for a password");
                    break;
                case 230:
                    notes.AddOpen("FTP takes any user name without a password", "/");
                    break;
                case 0:
                    notes.Gap($"whether a named user is asked for a password was not answered{Ending()}");
                    break;
                case >= 500 when text.Contains("TLS", StringComparison.OrdinalIgnoreCase) || text.Contains("SSL", StringComparison.OrdinalIgnoreCase) || text.Contains("encrypt", StringComparison.OrdinalIgnoreCase):
                    notes.AddLogin(LoginProtocol.Ftp);
                    notes.Gap("a login needs TLS within the session (AUTH TLS, RFC 4217), which the survey does not speak");
                    break;
                default:
                    notes.Done($"a named user is refused without being asked for a password ({code})");
                    break;
            }
        }

        private async Task LookAroundAsync()
        {
            var (_, folder) = await AskAsync("PWD");
            var path = folder.Split('"') is [_, ['/', ..] quoted, ..] ? quoted : "/";
            notes.AddOpen("anonymous FTP login", path);
            if (request.Tls)
            {
                notes.Done("anonymous login is accepted");
                notes.Remark("no listing was asked for: the survey does not protect data connections (PROT)");
                return;
            }

            if (await DataPortAsync() is not { } port)
            {
                notes.Done("anonymous login is accepted; the server offers no data connection to this host");
                return;
            }

            var listing = await ListAsync(port);
            var lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            notes.Done($"anonymous login is accepted, and a listing of {path} gives {lines.Length} lines");
            if (lines.Length > 0)
            {
                var names = lines.Take(12).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]);
                notes.Add(DisclosureKind.DirectoryListing, $"{lines.Length} entries: {string.Join(", ", names)}", path);
            }
        }

        private async Task<int?> DataPortAsync()
        {
            var (code, text) = await AskAsync("EPSV");
            if (PortIn(code, text) is { } port)
            {
                return port;
            }

            (code, text) = await AskAsync("PASV");
            return PortIn(code, text);
        }

        private async Task<string> ListAsync(int port)
        {
            var result = await context.Link.ConnectAsync(new Endpoint(request.Endpoint.Address, port), Transcript.None, cancellationToken);
            if (!result.TryGet(out var data))
            {
                notes.Remark($"the data connection for the listing failed: {result.Text}");
                return "";
            }

            await using (data)
            {
                await AskAsync("LIST");
                var listing = new StringBuilder();
                var buffer = new byte[4096];
                var started = context.Time.GetTimestamp();
                while (listing.Length < MaxListing && _deadline - context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
                {
                    var read = await data.ReadAsync(buffer, left, cancellationToken);
                    if (read.Silence is not null)
                    {
                        break;
                    }

                    listing.Append(Encoding.Latin1.GetString(buffer, 0, read.Count));
                }

                var text = listing.ToString();
                var found = reader.Read(text, TextKind.Data);
                notes.Add(found with { Items = [.. found.Items.Where(item => item.Kind != DisclosureKind.DirectoryListing)] }, "listing");
                context.Transcript.Note($"<- listing: {Transcript.Printable(Encoding.Latin1.GetBytes(found.Redact(text)), 4096)}");
                return text;
            }
        }

        private string Ending() => talk.Ended is { } silence ? $" ({silence})" : " in time";

        private async Task<(int Code, string Text)> AskAsync(string command)
        {
            await talk.SendAsync(command + "\r\n", cancellationToken);
            return await ReplyAsync();
        }

        private async Task<(int Code, string Text)> ReplyAsync()
        {
            var text = await talk.ReadAsync(_deadline, IsReply, cancellationToken);
            return (CodeOf(text), text);
        }
    }
}
