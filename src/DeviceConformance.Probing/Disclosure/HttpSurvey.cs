using System.Security.Cryptography;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>
/// HTTP: start page, unknown paths as control, the list of paths, and what the device's own pages name; GET only, nothing but one request
/// at a time.
/// </summary>
internal sealed class HttpSurvey : IDisposable
{
    private const int MaxRequests = 250;
    private const int MaxDepth = 4;
    private const int MaxWaiting = 600;
    private const int MaxQueriesOfPath = 8;
    private const int MaxSilentInARow = 3;

    // One page for people, one for programs and one for a folder are usual; more are made up as they go.
    private const int ManyFaces = 4;
    private const int LatencySample = 5;
    private const int SlowFactor = 8;

    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(1.5);

    private readonly DisclosureSurvey _request;
    private readonly ProbeContext _context;
    private readonly InformationReader _reader;
    private readonly SurveyNotes _notes;
    private readonly HttpSession _session;
    private readonly Queue<(HttpPath Path, int Depth)> _waiting = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _queries = new(StringComparer.Ordinal);
    private readonly List<PageShape> _unknown = [];
    private readonly HashSet<(DisclosureKind Kind, string What)> _told = [];
    private readonly List<PageShape> _pages = [];
    private readonly HashSet<(string Scheme, string Realm)> _realms = [];
    private readonly List<TimeSpan> _times = [];
    private readonly List<string> _silent = [];
    private readonly List<string> _untold = [];
    private readonly List<string> _skipped = [];
    private readonly long _started;
    private HttpAnswerReading _reading = null!;
    private string _asking = "/";
    private int _requests;
    private int _silentInARow;
    private bool _anythingGoes;
    private string? _stop;

    private HttpSurvey(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes)
    {
        _request = request;
        _context = context;
        _reader = reader;
        _notes = notes;
        _started = context.Time.GetTimestamp();
        _session = new HttpSession(request.Endpoint, request.Tls, context.Link, context.Transcript, context.Time)
        {
            Deadline = _deadline,
            SecretsIn = answer =>
            {
                _reading = HttpAnswerReading.Read(answer, reader, _asking);
                return _reading.Found.Secrets;
            },
        };
    }

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var survey = new HttpSurvey(request, context, reader, notes);
        return await survey.RunAsync(cancellationToken);
    }

    public void Dispose() => _session.Dispose();

    private async Task<ProbeOutcome.Unanswered?> RunAsync(CancellationToken cancellationToken)
    {
        var root = await AskAsync("/", cancellationToken);
        if (root.Answer.Silence is { } silence)
        {
            return new ProbeOutcome.Unanswered(silence, $"{_request.Endpoint}: GET / has no answer in HTTP{(_request.Tls ? " inside TLS" : "")} ({silence}).");
        }

        _known.UnionWith(HttpPathList.All.Select(path => path.Path).Prepend("/"));
        Read(root.Answer, root.Reading, new HttpPath(HttpPathKind.Linked, "/", "start page"), 0);
        await AskUnknownAsync(cancellationToken);
        foreach (var path in HttpPathList.All)
        {
            await AskAndReadAsync(path, 0, cancellationToken);
        }

        while (_stop is null && _requests < MaxRequests && _waiting.TryDequeue(out var next))
        {
            await AskAndReadAsync(next.Path, next.Depth, cancellationToken);
        }

        if (_stop is null && _requests < MaxRequests)
        {
            await MqttSurvey.OverWebSocketAsync(_request, _context, _reader, _notes, cancellationToken);
        }

        Conclude();
        return null;
    }

    /// <summary>Asks for paths that no device has: what answers them answers everything.</summary>
    private async Task AskUnknownAsync(CancellationToken cancellationToken)
    {
        var name = $"dct-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        foreach (var path in new[] { $"/{name}", $"/{name}.html", $"/{name}.json", $"/{name}/", $"/cgi-bin/{name}.cgi", $"/api/{name}" })
        {
            if (_stop is not null)
            {
                return;
            }

            var (answer, reading) = await AskAsync(path, cancellationToken);
            if (answer.Silence is not null)
            {
                continue;
            }

            _unknown.Add(PageShape.Of(answer, path));
            ReadHead(answer, path, 0);
            _notes.Add(reading.Found, "answer to an unknown path");
            _told.UnionWith(reading.Found.Items);
        }

        var distinct = new List<PageShape>();
        foreach (var page in _unknown.Where(page => page.IsSuccess))
        {
            if (!distinct.Exists(page.IsLike))
            {
                distinct.Add(page);
            }
        }

        if (distinct.Count >= ManyFaces)
        {
            _anythingGoes = true;
            _notes.Gap("unknown paths are answered with 200 and ever other content, so what exists could be told only by what it says");
        }
    }

    private async Task AskAndReadAsync(HttpPath path, int depth, CancellationToken cancellationToken)
    {
        if (_stop is not null)
        {
            return;
        }

        var (answer, reading) = await AskAsync(path.Path, cancellationToken);
        if (answer.Silence is null)
        {
            Read(answer, reading, path, depth);
        }
    }

    private async Task<(HttpAnswer Answer, HttpAnswerReading Reading)> AskAsync(string path, CancellationToken cancellationToken)
    {
        _context.Progress(Math.Min(0.99, (double)_requests / (HttpPathList.All.Length + 20)), $"GET {path}");
        _requests++;
        _asking = path;
        var answer = await _session.GetAsync(path, cancellationToken);
        if (answer.Silence is Silence.Reset)
        {
            // A server may drop an idle connection at the moment that it is used again; GET may be repeated (RFC 9110, 9.2.2). Where it
            // closes in good order the platform's client has done so already.
            _requests++;
            answer = await _session.GetAsync(path, cancellationToken);
        }

        if (answer.Silence is { } silence)
        {
            _silent.Add($"{path} ({silence})");
            _silentInARow++;
            _stop ??= _silentInARow == MaxSilentInARow ? $"{MaxSilentInARow} requests in a row had no answer" : null;
            return (answer, null!);
        }

        _silentInARow = 0;
        _times.Add(answer.Elapsed);
        _stop ??= WhyStop(answer, path);
        return (answer, _reading);
    }

    private string? WhyStop(HttpAnswer answer, string path)
    {
        if (answer.Status == 429 || (answer.Status == 503 && answer.Header("Retry-After").Length > 0))
        {
            return $"the device asks for a pause (status {answer.Status} at {path})";
        }

        if (_context.Time.GetElapsedTime(_started) > _budget)
        {
            return $"the time of {_budget.TotalSeconds:0} s is over";
        }

        if (_times.Count < 2 * LatencySample)
        {
            return null;
        }

        var (first, last) = (Median(_times.Take(LatencySample)), Median(_times.TakeLast(LatencySample)));
        return last > _slow && last > first * SlowFactor
            ? $"the device has become slow ({first.TotalMilliseconds:0} ms at first, {last.TotalMilliseconds:0} ms now)"
            : null;
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times) => times.Order().ElementAt(LatencySample / 2);

    /// <summary>Notes what an answer shows.</summary>
    private void Read(HttpAnswer answer, HttpAnswerReading reading, HttpPath path, int depth)
    {
        ReadHead(answer, path.Path, depth);
        if (answer.BodySilence is { } silence && reading.Content != HttpContent.Media && !answer.Header("Content-Type").StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            _notes.Gap($"the answer to {path.Path} did not end ({silence})");
        }

        var shape = PageShape.Of(answer, path.Path);
        // A page in the dress of the one for unknown paths that tells something of its own is a page of its own.
        if (path.Path != "/" && _unknown.Exists(unknown => unknown.IsLike(shape)) && _told.IsSupersetOf(reading.Found.Items))
        {
            return;
        }

        _notes.Add(reading.Found, path.Path);
        if (reading.Page is { } page)
        {
            Follow(page, path.Path, depth);
        }
        else if (reading.Content == HttpContent.Static)
        {
            Enqueue(HttpLinks.InScript(reading.Text), path.Path, depth);
        }
        else if (path.Kind == HttpPathKind.Public)
        {
            Enqueue(HttpLinks.InPublicFile(reading.Text), path.Path, depth);
        }

        if (answer.Status is 200 or 203 or 206 && reading.Content is not (HttpContent.Empty or HttpContent.Static))
        {
            ReadGiven(answer, reading, path, shape);
        }

        _told.UnionWith(reading.Found.Items);
    }

    /// <summary>Notes what status and headers show: product, challenge, redirect.</summary>
    private void ReadHead(HttpAnswer answer, string path, int depth)
    {
        HttpAnswerReading.ReadHeaders(answer, _reader, _notes);
        if (answer.Status == 401)
        {
            ReadChallenges(answer, path);
        }

        if (answer.Status is >= 300 and < 400 && answer.Header("Location") is { Length: > 0 } location)
        {
            Redirected(location, path, depth);
        }
    }

    private void ReadChallenges(HttpAnswer answer, string path)
    {
        foreach (var header in answer.HeaderValues("WWW-Authenticate"))
        {
            // One realm is one login, however many paths are behind it.
            _ = Logins.AuthChallenge.TryParse(header, out var challenges);
            foreach (var challenge in challenges)
            {
                if (_realms.Add((challenge.Scheme, challenge["realm"])))
                {
                    _notes.AddLogin(challenge.Scheme switch { "basic" => LoginProtocol.HttpBasic, "digest" => LoginProtocol.HttpDigest, _ => LoginProtocol.Other }, path);
                }
            }

            if (challenges.IsEmpty && _realms.Add((header, "")))
            {
                _notes.AddLogin(LoginProtocol.Other, path);
                _notes.Remark($"a WWW-Authenticate header that is not understood: {SurveyNotes.Shortened(header)}");
            }
        }
    }

    private void Redirected(string location, string path, int depth)
    {
        if (HttpLinks.PathOf(_session.Origin, path, location) is not null)
        {
            Enqueue([location], path, depth);
        }
        else if (Uri.TryCreate(_session.Origin, location, out var uri) && uri.Authority != _session.Origin.Authority)
        {
            _notes.Remark(uri.Host == _session.Origin.Host
                ? $"requests are redirected to {uri.Scheme}://{uri.Authority}, which has a survey of its own"
                : $"requests are redirected to {SurveyNotes.Shortened(uri.Authority)}, which was not asked");
        }
    }

    private void Follow(HtmlPage page, string path, int depth)
    {
        if (page.Refresh.Length > 0)
        {
            Redirected(page.Refresh, path, depth);
        }

        Enqueue(page.Links, path, depth);
        Enqueue(HttpLinks.Moves(page.Scripts), path, depth);
        Enqueue(HttpLinks.InScript(page.Scripts), path, depth);
    }

    private void Enqueue(IEnumerable<string> targets, string from, int depth)
    {
        if (depth >= MaxDepth)
        {
            return;
        }

        foreach (var path in targets.Select(target => HttpLinks.PathOf(_session.Origin, from, target)).OfType<string>())
        {
            if (_known.Count >= MaxWaiting || !_known.Add(path))
            {
                continue;
            }

            if (HttpLinks.NamesAction(path))
            {
                _skipped.Add(path);
                continue;
            }

            var resource = path.Split('?')[0];
            _queries[resource] = _queries.GetValueOrDefault(resource) + 1;
            if (_queries[resource] <= MaxQueriesOfPath)
            {
                _waiting.Enqueue((new HttpPath(HttpPathKind.Linked, path, $"named by {from}"), depth + 1));
            }
        }
    }

    /// <summary>Notes what an answer with content gives to somebody who has not logged in.</summary>
    private void ReadGiven(HttpAnswer answer, HttpAnswerReading reading, HttpPath path, PageShape shape)
    {
        if (reading.Page is { } page)
        {
            // The same page under several names has the same login.
            if (_pages.Exists(known => known.IsLike(shape)) && _told.IsSupersetOf(reading.Found.Items))
            {
                return;
            }

            _pages.Add(shape);
            if (ReadLogin(page, path.Path))
            {
                return;
            }

            if (ReadForms(page, path.Path))
            {
                return;
            }

            if (page.Refresh.Length > 0 || HttpLinks.Moves(page.Scripts).Any())
            {
                return;
            }
        }

        if (DebugPages.Recognise(answer, path.Path) is { } debugger)
        {
            _notes.AddOpen(debugger, path.Path, AccessKind.Debug);
            _notes.Add(reading.Found, path.Path);
        }
        else if (WhatIsOpen(answer, reading, path) is { Length: > 0 } open)
        {
            _notes.AddOpen(open, path.Path);
            if (reading.Found.Items.IsEmpty || reading.HasValues)
            {
                _notes.Add(path.Kind == HttpPathKind.Log ? DisclosureKind.Log : reading.Content == HttpContent.Media ? DisclosureKind.PersonalData : DisclosureKind.Status, Excerpt(answer, reading), path.Path);
            }
        }
        else if (path.Kind != HttpPathKind.Public)
        {
            _untold.Add(path.Path);
            if (reading.IsMadeByScripts)
            {
                _notes.Remark($"scripts were not run, so what they show on {path.Path} and whether they ask for a login there was not seen");
            }
        }
    }

    /// <summary>Notes a login form.</summary>
    /// <returns>Whether the page asks for a password to let somebody in.</returns>
    private bool ReadLogin(HtmlPage page, string path)
    {
        var found = false;
        foreach (var form in page.Forms.Where(form => form.Fields.Count(field => field.Type == "password") == 1))
        {
            found = true;
            var password = form.Fields.First(field => field.Type == "password");
            var action = HttpLinks.PathOf(_session.Origin, path, form.Action.Length > 0 ? form.Action : path);
            if (!form.IsForm || password.Name.Length == 0 || !form.Post || action is null || form.Action.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase))
            {
                _notes.AddLogin(LoginProtocol.Other, path);
                _notes.Remark($"the login on {path} is not sent by a plain form with POST to this port; scripts were not run");
                continue;
            }

            var user = form.Fields.TakeWhile(field => field != password).LastOrDefault(field => field.Type is "text" or "email" or "tel" or "select" && field.Name.Length > 0)?.Name ?? "";
            _notes.AddLogin(LoginProtocol.HttpForm, path, new LoginForm(user, password.Name, action, "", ""));
        }

        return found;
    }

    /// <summary>Notes forms that take settings, files or a new password.</summary>
    private bool ReadForms(HtmlPage page, string path)
    {
        var found = false;
        foreach (var form in page.Forms.Where(form => form.IsForm))
        {
            var shown = form.Fields.Where(field => field.Type is not ("hidden" or "submit" or "button" or "reset" or "image" or "search")).ToList();
            var what = shown.Exists(field => field.Type == "file") ? "form that takes a file"
                : shown.Exists(field => field.Type == "password") ? "form that sets a password"
                : form.Post && shown.Exists(field => field.Name.Length > 0) ? $"form with {string.Join(", ", shown.Select(field => field.Name).Where(name => name.Length > 0).Take(8))}"
                : "";
            if (what.Length > 0)
            {
                found = true;
                _notes.AddOpen(what, path);
            }
        }

        return found;
    }

    /// <summary>What an answer lets anybody use; empty when it is nothing of the kind.</summary>
    private string WhatIsOpen(HttpAnswer answer, HttpAnswerReading reading, HttpPath path)
    {
        if (path.Kind == HttpPathKind.Public)
        {
            return "";
        }

        if (reading.Content == HttpContent.Media)
        {
            // Pictures that a page names belong to its looks; those that the list asks for are what the device sees.
            return path.Kind == HttpPathKind.Media || answer.Header("Content-Type").StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) ? $"picture, video or sound ({Type(answer)})" : "";
        }

        if (reading.Found.HasAny(DisclosureKind.DirectoryListing))
        {
            return "list of files";
        }

        if (reading.Found.HasAny(DisclosureKind.Log))
        {
            return "log";
        }

        if (reading.Found.HasAny(DisclosureKind.Credential, DisclosureKind.Status, DisclosureKind.PersonalData, DisclosureKind.InternalError, DisclosureKind.Network, DisclosureKind.UserName) || reading.HasValues)
        {
            return path.Kind == HttpPathKind.Discovery ? "" : Named(path.Kind);
        }

        return !_anythingGoes && IsSensitive(path.Kind) && !reading.LooksLikeRefusal && !reading.IsMadeByScripts && reading.Content is not HttpContent.Json ? Named(path.Kind) : "";
    }

    private static bool IsSensitive(HttpPathKind kind) =>
        kind is HttpPathKind.Status or HttpPathKind.Configuration or HttpPathKind.Firmware or HttpPathKind.Backup or HttpPathKind.Debug or HttpPathKind.Diagnostics or HttpPathKind.Log or HttpPathKind.Source;

    private static string Named(HttpPathKind kind) => kind switch
    {
        HttpPathKind.Configuration => "settings",
        HttpPathKind.Firmware => "firmware page or image",
        HttpPathKind.Backup => "copy of the settings",
        HttpPathKind.Debug => "debug page",
        HttpPathKind.Diagnostics => "diagnostics",
        HttpPathKind.Log => "log",
        HttpPathKind.Source => "source code or its history",
        HttpPathKind.Api => "API that answers with data",
        HttpPathKind.Status => "state of the device",
        _ => "page or data of the device",
    };

    private static string Excerpt(HttpAnswer answer, HttpAnswerReading reading) =>
        reading.Content is HttpContent.Binary or HttpContent.Media ? $"{answer.Body.Length} bytes of {Type(answer)}"
        : reading.Content == HttpContent.Json ? $"values of {string.Join(", ", reading.Names)}"
        : reading.Found.Redact(reading.Text);

    private static string Type(HttpAnswer answer) => answer.Header("Content-Type").Split(';')[0] is { Length: > 0 } type ? type : "unknown type";

    private void Conclude()
    {
        _notes.Done($"{_requests} GET requests: the start page, {_unknown.Count} unknown paths as control, {HttpPathList.All.Length} usual paths and what the pages name");
        if (_untold.Count > 0)
        {
            _notes.Done($"{_untold.Count} paths answered with content that told nothing recognised: {Some(_untold)}");
        }

        if (_skipped.Count > 0)
        {
            _notes.Remark($"{_skipped.Count} links were not followed because they name an action: {Some(_skipped)}");
        }

        if (_silent.Count > 0)
        {
            _notes.Gap($"no answer to {_silent.Count} requests: {Some(_silent)}");
        }

        if (_unknown.Count == 0)
        {
            _notes.Gap("no unknown path was answered, so a server that answers everything could not be told apart");
        }

        if (_stop is not null)
        {
            _notes.Gap($"stopped after {_requests} requests: {_stop}");
        }
        else if (_waiting.Count > 0)
        {
            _notes.Gap($"{_waiting.Count} paths that pages name were not asked for within {MaxRequests} requests: {Some([.. _waiting.Select(next => next.Path.Path)])}");
        }
    }

    private static string Some(List<string> paths) =>
        string.Join(", ", paths.Take(8).Select(SurveyNotes.Shortened)) + (paths.Count > 8 ? $" and {paths.Count - 8} more" : "");
}
