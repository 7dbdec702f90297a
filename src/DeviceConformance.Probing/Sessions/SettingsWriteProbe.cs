using System.Security.Cryptography;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Sessions;

/// <summary>
/// Sends the forms behind a login as they stand, with the values that the device shows, as nobody, with an invented session, with one that
/// has ended, and last with a valid one as control. What can not be sent without changing something is listed and left.
/// </summary>
public sealed class SettingsWriteProbe : Probe<SettingsWriteTrial>
{
    private const int MaxPages = 40;
    private const int MaxForms = 5;
    private const int MaxNotTried = 40;

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(SettingsWriteTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (WebSessionProbe.Credential(request.AuthMech, context) is not { } credential)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: lab.yaml holds no credential of kind 'current' for {request.AuthMech}; add one.");
        }

        if (LoginClient.Open(request.Endpoint, request.Login, context) is not HttpLogin login)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: {request.Login.Protocol} is no login over HTTP.");
        }

        var (session, attempt) = await WebSession.OpenAsync(login, credential, SessionKeys.None, context, cancellationToken);
        await using (session)
        {
            if (attempt?.Silence is { } silence)
            {
                return new ProbeOutcome.Unanswered(silence, $"{request.Title}: {attempt.Answer}");
            }

            var trial = new Trial(request, credential, session, context);
            await trial.RunAsync(cancellationToken);
            return new ProbeOutcome.Observed(trial.ToObservation());
        }
    }

    private sealed class Trial(SettingsWriteTrial request, TestCredential credential, WebSession session, ProbeContext context)
    {
        private readonly List<RepeatableForm> _forms = [];
        private readonly List<SettingsWrite> _writes = [];
        private readonly List<string> _notTried = [];
        private readonly List<string> _gaps = [];
        private AnswerShape? _unknown;
        private int _unknownStatus;
        private int _pages;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            var control = await session.GetAsync(request.Path, cancellationToken);
            if (control.Silence is not null || control.Status is 401 or 403)
            {
                _gaps.Add($"the login gives no access to {request.Path}");
                return;
            }

            await FindFormsAsync(cancellationToken);
            if (_forms.Count == 0)
            {
                return;
            }

            await AskUnknownAsync(cancellationToken);
            var ended = await EndedAsync(cancellationToken);
            foreach (var form in _forms)
            {
                await TryAllAsync(form, ended, cancellationToken);
            }
        }

        public SettingsWritesSeen ToObservation()
        {
            var statement = $"{_pages} pages behind the login read; {_writes.Count} forms sent with the values they show"
                + $"{(_notTried.Count > 0 ? $"; not sent: {string.Join("; ", _notTried.Take(8))}{(_notTried.Count > 8 ? $" and {_notTried.Count - 8} more" : "")}" : "")}."
                + $"{(_gaps.Count > 0 ? $" Missing: {string.Join("; ", _gaps)}." : "")}";
            return new SettingsWritesSeen(
                request.Endpoint, request.AuthMech, request.Login.Tls, [.. _writes], [.. _notTried], session.Received.Any(received => SetCookie.IsKeptFromOtherSites(received.Cookie)))
            {
                Coverage = _gaps.Count > 0 ? Coverage.Partial(statement) : Coverage.Complete(statement),
            };
        }

        private async Task FindFormsAsync(CancellationToken cancellationToken)
        {
            var origin = session.Login.Session.Origin;
            var queue = new HttpQueue(origin);
            queue.Add(session.Locations.Prepend(request.Path).Append("/"), "/", 0);
            while (_pages < MaxPages && queue.TryNext(out var next, out var depth))
            {
                context.Progress((double)_pages / MaxPages, $"GET {next.Path}");
                var answer = await session.GetAsync(next.Path, cancellationToken);
                _pages++;
                if (answer.Silence is { } silence)
                {
                    _gaps.Add($"no answer to {SurveyNotes.Shortened(next.Path)} ({silence})");
                    if (_gaps.Count > 2)
                    {
                        return;
                    }

                    continue;
                }

                if (answer.Status is >= 300 and < 400)
                {
                    queue.Add([answer.Header("Location")], next.Path, depth);
                }
                else if (answer.Status == 200)
                {
                    Read(answer, next.Path, depth, queue, origin);
                }
            }

            if (queue.Waiting.Any())
            {
                _gaps.Add($"{queue.Waiting.Count()} pages behind the login were not read within {MaxPages}");
            }
        }

        private void Read(HttpAnswer answer, string path, int depth, HttpQueue queue, Uri origin)
        {
            var isScript = path.Split('?')[0].EndsWith(".js", StringComparison.Ordinal);
            var page = isScript ? null : HtmlPage.Read(answer.Text);
            var script = page?.Scripts ?? answer.Text;
            foreach (var (method, target) in HttpScripts.Writes(script))
            {
                NotTried($"{method} {target}: named by a script, its present values are not known");
            }

            queue.Add(HttpScripts.Targets(script), isScript ? "/" : path, depth);
            if (page is null)
            {
                return;
            }

            queue.Add(page.Links, path, depth);
            foreach (var form in page.Forms.Where(form => form is { IsForm: true, Post: true }))
            {
                if (HttpLinks.PathOf(origin, path, form.Action.Length > 0 ? form.Action : path) is not { } action || _forms.Exists(known => known.Action == action && known.Where != path))
                {
                    continue;
                }

                if (!RepeatableForm.TryMake(form, path, action, out var repeatable, out var why))
                {
                    NotTried($"POST {action} on {path}: {why}");
                }
                else if (_forms.Count == MaxForms)
                {
                    NotTried($"POST {action} on {path}: {MaxForms} forms are sent at the most");
                }
                else
                {
                    _forms.Add(repeatable);
                }
            }
        }

        private void NotTried(string text)
        {
            var line = SurveyNotes.Shortened(text);
            if (_notTried.Count < MaxNotTried && !_notTried.Contains(line))
            {
                _notTried.Add(line);
            }
        }

        /// <summary>What a form at a place that does not exist gets: a server that takes everything there takes nothing.</summary>
        private async Task AskUnknownAsync(CancellationToken cancellationToken)
        {
            using var nobody = session.Client(SessionKeys.None);
            var answer = await nobody.SendAsync(HttpMethod.Post, $"/dct-{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 10)}", new FormUrlEncodedContent([]), null, cancellationToken);
            (_unknown, _unknownStatus) = answer.Silence is null ? (AnswerShape.Of($"{answer.Status}", answer.Text), answer.Status) : (null, 0);
        }

        /// <summary>Keys of a session that was logged out of; null where there is no logout.</summary>
        private async Task<SessionKeys?> EndedAsync(CancellationToken cancellationToken)
        {
            if (LoginClient.Open(request.Endpoint, request.Login, context) is not HttpSessionLogin login)
            {
                return null;
            }

            var (other, _) = await WebSession.OpenAsync(login, credential, SessionKeys.None, context, cancellationToken);
            await using (other)
            {
                var keys = other.Keys;
                var logout = await Logout.FindAsync(other, other.Locations.Select(location => HttpLinks.PathOf(login.Session.Origin, "/", location)).OfType<string>().Append(request.Path).Append("/").Append("/home"), cancellationToken);
                return logout is not null && await logout.RunAsync(other, cancellationToken) is { Silence: null, Status: < 400 } ? keys : null;
            }
        }

        private async Task TryAllAsync(RepeatableForm form, SessionKeys? ended, CancellationToken cancellationToken)
        {
            // A token may belong to one sending only, and the values may have changed since: so the page is read again.
            var page = await session.GetAsync(form.Where, cancellationToken);
            var fresh = page.Silence is null ? Again(page, form) : null;
            if (fresh is null)
            {
                _gaps.Add($"the form on {form.Where} was not there again");
                return;
            }

            var invented = session.Keys.Cookies.IsEmpty && session.Keys.Token.Length == 0 ? null : session.Keys.Invented([.. session.Keys.Cookies.Select(cookie => cookie.Name)]);
            var asNobody = await SendAsync(fresh, SessionKeys.None, cancellationToken);
            var asInvented = invented is null ? null : await SendAsync(fresh, invented, cancellationToken);
            var asEnded = ended is null ? null : await SendAsync(fresh, ended, cancellationToken);
            var asValid = await session.SendAsync(HttpMethod.Post, fresh.Action, () => new FormUrlEncodedContent(fresh.Fields), cancellationToken);
            var after = await session.GetAsync(form.Where, cancellationToken);
            var changed = after.Silence is null && Again(after, form) is { } left && !Same(left, fresh) ? "; afterwards the page shows other values" : "";
            var valid = asValid.Silence is null && asValid.Status is >= 200 and < 400 ? AccessResult.Granted : AccessResult.Unclear;
            _writes.Add(new SettingsWrite(
                SurveyNotes.Shortened(form.Where),
                SurveyNotes.Shortened(form.Action),
                await JudgeAsync(asNobody, asValid, valid, cancellationToken),
                asInvented is null ? AccessResult.NotTried : await JudgeAsync(asInvented, asValid, valid, cancellationToken),
                asEnded is null ? AccessResult.NotTried : await JudgeAsync(asEnded, asValid, valid, cancellationToken),
                valid,
                form.HasToken,
                $"without session {Words(asNobody)}, invented {Words(asInvented)}, ended {Words(asEnded)}, valid {Words(asValid)}{changed}"));
        }

        private async Task<HttpAnswer> SendAsync(RepeatableForm form, SessionKeys keys, CancellationToken cancellationToken)
        {
            using var client = session.Client(keys);
            return await client.SendAsync(HttpMethod.Post, form.Action, new FormUrlEncodedContent(form.Fields), WebSession.Header(keys), cancellationToken);
        }

        private RepeatableForm? Again(HttpAnswer page, RepeatableForm form) =>
            HtmlPage.Read(page.Text).Forms.Where(found => found is { IsForm: true, Post: true })
                .Select(found => (Found: found, Action: HttpLinks.PathOf(session.Login.Session.Origin, form.Where, found.Action.Length > 0 ? found.Action : form.Where)))
                .Where(found => found.Action == form.Action)
                .Select(found => RepeatableForm.TryMake(found.Found, form.Where, form.Action, out var again, out _) ? again : null)
                .FirstOrDefault(again => again is not null && again.Fields.Select(field => field.Key).SequenceEqual(form.Fields.Select(field => field.Key)));

        // Tokens change each time.
        private static bool Same(RepeatableForm first, RepeatableForm second) =>
            first.HasToken ? first.Fields.Zip(second.Fields).Count(pair => pair.First.Value != pair.Second.Value) <= 1 : first.Fields.SequenceEqual(second.Fields);

        private async Task<AccessResult> JudgeAsync(HttpAnswer answer, HttpAnswer valid, AccessResult control, CancellationToken cancellationToken)
        {
            const double sameAnswer = 0.9;
            if (answer.Silence is not null)
            {
                return AccessResult.Unclear;
            }

            if (answer.Status is 401 or 403)
            {
                return AccessResult.Refused;
            }

            if (session.Login is HttpSessionLogin login)
            {
                var page = await login.FollowAsync(request.Path, answer, async next => (await login.AsAnonymousAsync(next, cancellationToken)).Answer);
                var leads = answer.Status >= 300 && answer.Header("Location") == valid.Header("Location");
                if (!leads && await login.IsRefusalAsync(page, cancellationToken))
                {
                    return AccessResult.Refused;
                }
            }

            var (shape, granted) = (AnswerShape.Of($"{answer.Status}", answer.Text), AnswerShape.Of($"{valid.Status}", valid.Text));
            if (control != AccessResult.Granted || answer.Status is < 200 or >= 300 || answer.Status != valid.Status || shape.LikenessTo(granted) < sameAnswer)
            {
                return AccessResult.Unclear;
            }

            // An answer that any place gives tells nothing of this one.
            return _unknown is not null && _unknownStatus == answer.Status && _unknown.LikenessTo(shape) >= sameAnswer ? AccessResult.Unclear : AccessResult.Granted;
        }

        private static string Words(HttpAnswer? answer) =>
            answer is null ? "not tried" : answer.Silence is { } silence ? $"no answer ({silence})" : $"{answer.Status}{(answer.Header("Location").Length > 0 ? " with a redirect" : $", {answer.Body.Length} bytes")}";
    }
}
