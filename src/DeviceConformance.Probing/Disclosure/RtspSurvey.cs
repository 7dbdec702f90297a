using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>RTSP (RFC 2326, RFC 7826): OPTIONS, and DESCRIBE of the usual streams of cameras. No stream is set up.</summary>
internal static class RtspSurvey
{
    private const int MaxHeaders = 100;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(4);
    private static readonly ImmutableArray<string> _paths = EmbeddedList.Read("DeviceConformance.Probing.Disclosure.rtsp-paths.txt");
    private static readonly Regex _status = new(@"^RTSP/[0-9]\.[0-9] ([0-9]{3})", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var address = request.Endpoint.Address;
        var host = address.IsIPv6 ? $"[{address.ToString().Split('%')[0]}]:{request.Endpoint.Port}" : $"{address}:{request.Endpoint.Port}";
        var answered = 0;
        var sequence = 0;
        Conversation? talk = null;
        try
        {
            foreach (var (method, path) in _paths.Select(path => ("DESCRIBE", path)).Prepend(("OPTIONS", "/")))
            {
                // Many servers hang up after an error.
                if (talk is null || talk.Ended is not null)
                {
                    if (talk is not null)
                    {
                        await talk.DisposeAsync();
                    }

                    (talk, var failure) = await Conversation.OpenAsync(request, context, reader, telnet: false, cancellationToken);
                    if (talk is null)
                    {
                        if (sequence == 0)
                        {
                            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
                        }

                        notes.Gap($"{method} {path}: {failure.Text}");
                        break;
                    }
                }

                sequence++;
                await talk.SendAsync($"{method} rtsp://{host}{path} RTSP/1.0\r\nCSeq: {sequence}\r\nAccept: application/sdp\r\nUser-Agent: DeviceConformance\r\n\r\n", cancellationToken);
                var text = await talk.ReadAsync(_deadline, static said => TryParse(said, out _, out _, out _), cancellationToken);
                if (!TryParse(text, out var status, out var headers, out var body))
                {
                    notes.Gap($"{method} {path}: {(text.Length > 0 ? "no whole RTSP answer" : "no answer")}{(talk.Ended is { } silence ? $" ({silence})" : $" within {_deadline.TotalSeconds:0} s")}");
                    if (talk.Ended is null)
                    {
                        break;
                    }

                    continue;
                }

                answered++;
                Read(method, path, status, headers, body, reader, notes);
            }
        }
        finally
        {
            if (talk is not null)
            {
                await talk.DisposeAsync();
            }
        }

        notes.Done($"OPTIONS and DESCRIBE of {_paths.Length} usual paths: {answered} requests answered");
        return null;
    }

    /// <summary>Reads an answer: status line, headers, and a body as long as Content-Length says.</summary>
    internal static bool TryParse(string text, out int status, out List<KeyValuePair<string, string>> headers, out string body)
    {
        (status, headers, body) = (0, [], "");
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var match = _status.Match(text);
        if (end < 0 || !match.Success)
        {
            return false;
        }

        status = int.Parse(match.Groups[1].ValueSpan);
        foreach (var line in text[..end].Split("\r\n").Skip(1).Take(MaxHeaders))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers.Add(KeyValuePair.Create(line[..colon].Trim(), line[(colon + 1)..].Trim()));
            }
        }

        var length = headers.Find(header => header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Value;
        body = text[(end + 4)..];
        return length is null || !int.TryParse(length, out var wanted) || body.Length >= wanted;
    }

    // One login for each way of asking, at the first stream that asks: a camera asks the same for all of them.
    private static void AddLogins(string challenge, string path, SurveyNotes notes)
    {
        _ = AuthChallenge.TryParse(challenge, out var found);
        foreach (var scheme in found.IsDefaultOrEmpty ? [""] : found.Select(one => one.Scheme))
        {
            var protocol = scheme switch { "basic" => LoginProtocol.RtspBasic, "digest" => LoginProtocol.RtspDigest, _ => LoginProtocol.Other };
            if (!notes.Logins.Any(login => login.Protocol == protocol))
            {
                notes.AddLogin(protocol, path);
            }
        }
    }

    private static void Read(string method, string path, int status, List<KeyValuePair<string, string>> headers, string body, InformationReader reader, SurveyNotes notes)
    {
        foreach (var (name, value) in headers)
        {
            if (name.Equals("Server", StringComparison.OrdinalIgnoreCase))
            {
                HttpAnswerReading.ReadProductHeader("Server", value, reader, notes);
            }
            else if (status == 401 && name.Equals("WWW-Authenticate", StringComparison.OrdinalIgnoreCase))
            {
                AddLogins(value, path, notes);
                HttpAnswerReading.ReadRealm(value, notes);
            }
        }

        if (method == "DESCRIBE" && status == 200)
        {
            notes.AddOpen("description of a stream without login", path);
            notes.Add(reader.Read(body, TextKind.Data), path);
            foreach (var line in body.Split('\n').Where(line => line.StartsWith("s=", StringComparison.Ordinal) || line.StartsWith("i=", StringComparison.Ordinal)).Take(4))
            {
                notes.Add(DisclosureKind.Product, line[2..], path);
            }
        }
    }
}
