using System.Security.Cryptography;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Browser;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>
/// HTTP: start page, unknown paths as control, the list of paths, what the device's own pages, scripts and API descriptions name, and
/// WebSockets; GET only, nothing but one request at a time.
/// </summary>
internal sealed class HttpSurvey : IDisposable
{
    // One page for people, one for programs and one for a folder are usual; more are made up as they go.
    private const int ManyFaces = 4;

    private readonly DisclosureSurvey _request;
    private readonly ProbeContext _context;
    private readonly InformationReader _reader;
    private readonly SurveyNotes _notes;
    private readonly HttpAsking _asking;
    private readonly HttpQueue _queue;
    private readonly HttpLoginFinder _logins;
    private readonly WebNotes _web;
    private readonly List<PageShape> _unknown = [];
    private readonly HashSet<(DisclosureKind Kind, string What)> _told = [];
    private readonly List<PageShape> _pages = [];
    private readonly List<string> _untold = [];
    private readonly Dictionary<string, string> _scriptsOf = new(StringComparer.Ordinal);
    private readonly List<string> _sockets = [];
    private readonly List<string> _madeByScripts = [];
    private bool _anythingGoes;

    private HttpSurvey(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes)
    {
        _request = request;
        _context = context;
        _reader = reader;
        _notes = notes;
        _asking = new HttpAsking(request, context, reader);
        _queue = new HttpQueue(_asking.Origin);
        _logins = new HttpLoginFinder(_asking.Origin, notes);
        _web = new WebNotes(_asking.Origin, request.Tls);
    }

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, string? browser, CancellationToken cancellationToken)
    {
        using var survey = new HttpSurvey(request, context, reader, notes);
        return await survey.RunAsync(browser, cancellationToken);
    }

    public void Dispose() => _asking.Dispose();

    private async Task<ProbeOutcome.Unanswered?> RunAsync(string? browser, CancellationToken cancellationToken)
    {
        var root = await _asking.AskAsync("/", cancellationToken);
        if (root.Answer.Silence is { } silence)
        {
            // Brokers with a port for WebSockets alone hang up on everything else.
            if (silence is Silence.ClosedByPeer or Silence.Reset && await MqttSurvey.OverWebSocketAsync(_request, _context, _reader, _notes, cancellationToken))
            {
                _notes.Done($"GET / has no answer in HTTP ({silence}): the port is that of a broker");
                return null;
            }

            return new ProbeOutcome.Unanswered(silence, $"{_request.Endpoint}: GET / has no answer in HTTP{(_request.Tls ? " inside TLS" : "")} ({silence}).");
        }

        var list = HttpPathList.All.Where(path => path.Kind != HttpPathKind.WebSocket).ToList();
        _queue.Know(list.Select(path => path.Path).Prepend("/"));
        Read(root.Answer, root.Reading, new HttpPath(HttpPathKind.Linked, "/", "start page"), 0);
        await AskUnknownAsync(cancellationToken);
        foreach (var path in list)
        {
            await AskAndReadAsync(path, 0, cancellationToken);
        }

        await AskWaitingAsync(cancellationToken);
        await RunScriptsAsync(browser, cancellationToken);
        await AskWaitingAsync(cancellationToken);
        await AskSocketsAsync(cancellationToken);
        if (_asking.Stop is null && _asking.Requests < HttpAsking.MaxRequests)
        {
            await MqttSurvey.OverWebSocketAsync(_request, _context, _reader, _notes, cancellationToken);
        }

        Conclude();
        return null;
    }

    private async Task AskWaitingAsync(CancellationToken cancellationToken)
    {
        while (_asking.Stop is null && _asking.Requests < HttpAsking.MaxRequests && _queue.TryNext(out var path, out var depth))
        {
            await AskAndReadAsync(path, depth, cancellationToken);
        }
    }

    /// <summary>Has pages that scripts make shown by a browser, and reads what they look like then.</summary>
    private async Task RunScriptsAsync(string? browser, CancellationToken cancellationToken)
    {
        const int mostPages = 3;
        var pages = _madeByScripts.Take(mostPages).ToList();
        foreach (var path in _asking.Stop is null ? pages : [])
        {
            var shown = browser is null ? null : await PageRunner.RunAsync(browser, _request, path, _reader, _context, cancellationToken);
            if (shown is null)
            {
                _notes.Remark($"scripts were not run ({(browser is null ? "Chromium is not installed" : "Chromium did not show the page")}), so what they show on {path} and whether they ask for a login there was not seen");
                continue;
            }

            _notes.Done($"the scripts of {path} were run in Chromium: {shown.Asked.Length} requests of theirs passed on, {shown.Held.Length} held back");
            _queue.Add(shown.Asked, path, 0);
            foreach (var (method, target) in shown.Held.Where(held => held.Method != "GET"))
            {
                _web.AddWrite(method, target, path);
            }

            var reading = HttpAnswerReading.Read(shown.Page, _reader, path);
            foreach (var secret in reading.Found.Secrets)
            {
                _context.Transcript.Mask("", new Model.Lab.Secret(secret));
            }

            if (reading.Page is not null && !reading.IsMadeByScripts)
            {
                Read(shown.Page, reading, new HttpPath(HttpPathKind.Linked, path, "as its scripts make it"), 0);
            }
        }
    }

    /// <summary>Asks for paths that no device has: what answers them answers everything.</summary>
    private async Task AskUnknownAsync(CancellationToken cancellationToken)
    {
        var name = $"dct-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        foreach (var path in new[] { $"/{name}", $"/{name}.html", $"/{name}.json", $"/{name}/", $"/cgi-bin/{name}.cgi", $"/api/{name}" })
        {
            if (_asking.Stop is not null)
            {
                return;
            }

            var (answer, reading) = await _asking.AskAsync(path, cancellationToken);
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
        if (_asking.Stop is not null)
        {
            return;
        }

        var (answer, reading) = await _asking.AskAsync(path.Path, cancellationToken);
        if (answer.Silence is null)
        {
            Read(answer, reading, path, depth);
        }
    }

    private async Task AskSocketsAsync(CancellationToken cancellationToken)
    {
        var paths = _sockets.Concat(HttpPathList.All.Where(path => path.Kind == HttpPathKind.WebSocket).Select(path => path.Path)).Distinct().Take(WebSocketAsking.MaxPaths).ToList();
        if (_asking.Stop is not null)
        {
            return;
        }

        var asking = new WebSocketAsking(_request, _context, _reader, _asking.Origin);
        foreach (var path in paths)
        {
            if (await asking.AskAsync(path, _notes, cancellationToken) is { } socket)
            {
                _web.Add(socket);
            }
        }

        _notes.Done($"{paths.Count} paths asked for a WebSocket");
    }

    /// <summary>Notes what an answer shows.</summary>
    private void Read(HttpAnswer answer, HttpAnswerReading reading, HttpPath path, int depth)
    {
        _web.Depth = Math.Max(_web.Depth, depth);
        _web.Read(answer, path.Path);
        ReadHead(answer, path.Path, depth);
        if (answer.BodySilence is { } silence && reading.Content != HttpContent.Media && !answer.Header("Content-Type").StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            _notes.Gap($"the answer to {path.Path} did not end ({silence})");
        }

        var shape = PageShape.Of(answer, path.Path);
        // A page in the dress of the one for unknown paths that tells something of its own is a page of its own.
        if (path.Path != "/" && reading.File is null && _unknown.Exists(unknown => unknown.IsLike(shape)) && _told.IsSupersetOf(reading.Found.Items))
        {
            return;
        }

        _notes.Add(reading.Found, path.Path);
        Follow(answer, reading, path, depth);
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
            _logins.ReadChallenges(answer, path);
        }

        if (answer.Status is >= 300 and < 400 && answer.Header("Location") is { Length: > 0 } location)
        {
            Redirected(location, path, depth);
        }
    }

    private void Redirected(string location, string path, int depth)
    {
        if (HttpLinks.PathOf(_asking.Origin, path, location) is not null)
        {
            _queue.Add([location], path, depth);
        }
        else if (Uri.TryCreate(_asking.Origin, location, out var uri) && uri.Authority != _asking.Origin.Authority)
        {
            _notes.Remark(uri.Host == _asking.Origin.Host
                ? $"requests are redirected to {uri.Scheme}://{uri.Authority}, which has a survey of its own"
                : $"requests are redirected to {SurveyNotes.Shortened(uri.Authority)}, which was not asked");
        }
    }

    private void Follow(HttpAnswer answer, HttpAnswerReading reading, HttpPath path, int depth)
    {
        if (reading.Page is { } page)
        {
            FollowPage(page, path.Path, depth);
        }
        else if (reading.Content == HttpContent.Static)
        {
            // What a script asks for is relative to its page; what it imports, to itself.
            var user = _scriptsOf.GetValueOrDefault(path.Path, "/");
            var targets = HttpScripts.Targets(reading.Text).ToList();
            foreach (var import in targets.Where(IsImport).Select(target => HttpLinks.PathOf(_asking.Origin, path.Path, target)).OfType<string>())
            {
                _scriptsOf.TryAdd(import, user);
            }

            _queue.Add(targets.Where(IsImport), path.Path, depth);
            _queue.Add(targets.Where(target => !IsImport(target)), user, depth);
            ReadScript(reading.Text, user);
            if (answer.BodyCut)
            {
                _notes.Remark($"of {path.Path} the first {HttpSession.MaxBody / 1024} KiB were read");
            }
        }
        else if (path.Kind == HttpPathKind.Public || path.Path.Contains("sitemap", StringComparison.OrdinalIgnoreCase))
        {
            _queue.Add(HttpLinks.InPublicFile(reading.Text), path.Path, depth);
        }
        else if (reading.Found.HasAny(DisclosureKind.ApiDescription) && ApiOperation.TryRead(answer.Text, out var operations))
        {
            _queue.Add(operations.Where(operation => operation is { Method: "GET", NeedsValue: false }).Select(operation => operation.Path), path.Path, depth);
            foreach (var operation in operations.Where(operation => operation.Method is not ("GET" or "HEAD" or "OPTIONS")))
            {
                _web.AddWrite(operation.Method, operation.Path, path.Path);
            }
        }

        static bool IsImport(string target) =>
            target.StartsWith('.') || target.EndsWith(".js", StringComparison.Ordinal) || target.EndsWith(".mjs", StringComparison.Ordinal) || target.EndsWith(".map", StringComparison.Ordinal);
    }

    private void FollowPage(HtmlPage page, string path, int depth)
    {
        if (page.Refresh.Length > 0)
        {
            Redirected(page.Refresh, path, depth);
        }

        var from = page.Base.Length > 0 ? HttpLinks.PathOf(_asking.Origin, path, page.Base) ?? path : path;
        foreach (var script in page.Links.Select(link => HttpLinks.PathOf(_asking.Origin, from, link)).OfType<string>())
        {
            _scriptsOf.TryAdd(script, from);
        }

        _queue.Add(page.Links, from, depth);
        _queue.Add(HttpScripts.Moves(page.Scripts), from, depth);
        _queue.Add(HttpScripts.Moves(page.Handlers), from, depth);
        _queue.Add(HttpScripts.Targets($"{page.Scripts}\n{page.Handlers}"), from, depth);
        ReadScript($"{page.Scripts}\n{page.Handlers}", from);
        foreach (var form in page.Forms.Where(form => form.IsForm))
        {
            var action = HttpLinks.PathOf(_asking.Origin, from, form.Action.Length > 0 ? form.Action : path);
            if (form.Post && action is not null && form.Fields.Count(field => field.Type == "password") != 1)
            {
                _web.AddForm(form, path, action);
            }
            else if (!form.Post && form.Action.Length > 0)
            {
                _queue.Add([form.Action], from, depth);
            }
        }
    }

    private void ReadScript(string script, string page)
    {
        _logins.ReadScript(script, page);
        foreach (var (method, target) in HttpScripts.Writes(script))
        {
            if (HttpLinks.PathOf(_asking.Origin, page, target) is { } path)
            {
                _web.AddWrite(method, path, page);
            }
        }

        _sockets.AddRange(HttpScripts.Sockets(script).Where(path => !_sockets.Contains(path)));
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
            if (_logins.ReadPage(page, path.Path))
            {
                return;
            }

            var forms = page.Forms.Where(form => form.IsForm).Select(OpenResource.OfForm).Where(what => what.Length > 0).ToList();
            forms.ForEach(what => _notes.AddOpen(what, path.Path));
            if (forms.Count > 0 || page.Refresh.Length > 0 || HttpScripts.Moves(page.Scripts).Any())
            {
                return;
            }
        }

        if (DebugPages.Recognise(answer, path.Path) is { } debugger)
        {
            _notes.AddOpen(debugger, path.Path, AccessKind.Debug);
            _notes.Add(reading.Found, path.Path);
        }
        else if (OpenResource.Of(answer, reading, path, _anythingGoes) is { Length: > 0 } open)
        {
            _notes.AddOpen(open, path.Path);
            if (!reading.IsSourceMap && (reading.Found.Items.IsEmpty || reading.HasValues || reading.File is not null))
            {
                _notes.Add(path.Kind == HttpPathKind.Log ? DisclosureKind.Log : reading.Content == HttpContent.Media ? DisclosureKind.PersonalData : DisclosureKind.Status, OpenResource.Excerpt(answer, reading), path.Path);
            }
        }
        else if (path.Kind != HttpPathKind.Public)
        {
            _untold.Add(path.Path);
            if (reading.IsMadeByScripts)
            {
                _madeByScripts.Add(path.Path);
            }
        }
    }

    private void Conclude()
    {
        _logins.Conclude();
        _notes.Done($"{_asking.Requests} GET requests, {_asking.Bytes / 1024} KiB: the start page, {_unknown.Count} unknown paths as control, {HttpPathList.All.Count(path => path.Kind != HttpPathKind.WebSocket)} usual paths and what the pages name to a depth of {_web.Depth}");
        if (_untold.Count > 0)
        {
            _notes.Done($"{_untold.Count} paths answered with content that told nothing recognised: {SurveyNotes.Some(_untold)}");
        }

        if (_queue.Actions.Count > 0)
        {
            _notes.Remark($"{_queue.Actions.Count} links were not followed because they name an action: {SurveyNotes.Some([.. _queue.Actions])}");
        }

        foreach (var remark in _web.Remarks())
        {
            _notes.Remark(remark);
        }

        if (_asking.Silent.Count > 0)
        {
            _notes.Gap($"no answer to {_asking.Silent.Count} requests: {SurveyNotes.Some([.. _asking.Silent])}");
        }

        if (_unknown.Count == 0)
        {
            _notes.Gap("no unknown path was answered, so a server that answers everything could not be told apart");
        }

        if (_asking.Stop is not null)
        {
            _notes.Gap($"stopped after {_asking.Requests} requests: {_asking.Stop}");
        }
        else if (_queue.Waiting.ToList() is { Count: > 0 } waiting)
        {
            _notes.Gap($"{waiting.Count} paths that pages name were not asked for within {HttpAsking.MaxRequests} requests: {SurveyNotes.Some(waiting)}");
        }

        _notes.Web = _web.ToSeen(_asking.Requests, _asking.Bytes, _queue);
    }
}
