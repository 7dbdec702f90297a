using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Sessions;

/// <summary>
/// Takes the session of a web login apart: what the client is known by, whether an invented identifier is taken, whether the identifier
/// changes at login, repeats, stands in a URL, outlives the logout. Three valid logins; no wrong credential is tried.
/// </summary>
public sealed partial class WebSessionProbe : Probe<WebSessionTrial>
{
    private const int MaxCookies = 6;

    // Shorter ones are met by chance: what an invented one gets would tell nothing.
    private const int ShortestToInvent = 6;

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(WebSessionTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (Credential(request.AuthMech, context) is not { } credential)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: lab.yaml holds no credential of kind 'current' for {request.AuthMech}; add one.");
        }

        if (LoginClient.Open(request.Endpoint, request.Login, context) is not HttpSessionLogin login)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: {request.Login.Protocol} has no session; only forms and JSON logins have.");
        }

        var (session, attempt) = await WebSession.OpenAsync(login, credential, SessionKeys.None, context, cancellationToken);
        await using (session)
        {
            var access = new HttpAccess(login, HttpMethod.Get, request.Path, context.Time);
            var nobody = await access.AsNobodyAsync(cancellationToken);
            if (attempt!.Silence is { } silence || nobody.Silence is { } _)
            {
                return new ProbeOutcome.Unanswered(attempt.Silence ?? nobody.Silence!.Value, $"{request.Title}: {attempt.Answer}");
            }

            var valid = await access.JudgeAsync((method, path, content) => session.SendAsync(method, path, content, cancellationToken), cancellationToken);
            var trial = new Trial(request, credential, session, access, context) { Valid = valid.Result };
            trial.Say($"login: {attempt.Answer}; {request.Path} without login: {nobody.Text}, with it: {valid.Text}");
            if (valid.Result == AccessResult.Granted && nobody.Result == AccessResult.Refused)
            {
                await trial.RunAsync(cancellationToken);
            }
            else
            {
                trial.Gap($"{request.Path} does not tell whoever has logged in from others, or the login did not succeed");
            }

            return new ProbeOutcome.Observed(trial.ToObservation());
        }
    }

    /// <summary>The laboratory's current credential for the sample that is probed; null when there is none.</summary>
    internal static TestCredential? Credential(string authMech, ProbeContext context)
    {
        var sample = context.Declared.Dut.Samples.IsEmpty ? "" : context.Declared.Dut.Samples[0].Name;
        return context.Declared.Lab.CredentialsFor(authMech, CredentialKind.Current).FirstOrDefault(held => held.Sample == sample || held.Sample.Length == 0);
    }

    private sealed class Trial(WebSessionTrial request, TestCredential credential, WebSession session, HttpAccess access, ProbeContext context)
    {
        private readonly List<string> _said = [];
        private readonly List<string> _gaps = [];
        private readonly List<string> _identifiers = [];
        private ImmutableArray<string> _needed = [];
        private SessionCarrier _carrier;
        private AccessResult _invented;
        private SessionSign _kept, _repeats, _regular, _inUrl, _outlives;

        public AccessResult Valid { get; init; }

        public void Say(string text) => _said.Add(text);

        public void Gap(string text) => _gaps.Add(text);

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            await FindCarrierAsync(cancellationToken);
            if (_carrier is SessionCarrier.Cookie or SessionCarrier.Bearer)
            {
                _identifiers.Add(IdentifierOf(session.Keys));
                _inUrl = session.Locations.Any(location => StandsIn(location, _identifiers[0])) ? SessionSign.Yes : SessionSign.No;
                await InventAsync(cancellationToken);
                await LogInAgainAsync(cancellationToken);
                Compare();
            }

            await LogOutAsync(cancellationToken);
        }

        public WebSessionSeen ToObservation()
        {
            var identifier = _identifiers.FirstOrDefault() ?? "";
            var statement = $"{string.Join("; ", _said)}.{(_gaps.Count > 0 ? $" Missing: {string.Join("; ", _gaps)}." : "")}";
            return new WebSessionSeen(
                request.Endpoint,
                request.AuthMech,
                request.Path,
                request.Login.Tls,
                Valid,
                _carrier,
                [.. session.Received.Select(received => received.Cookie).Reverse().DistinctBy(cookie => cookie.Name).OrderBy(cookie => !_needed.Contains(cookie.Name)).Take(20)],
                identifier.Length,
                Math.Round(Identifier.BitsAtMost(identifier), 1),
                _identifiers.Count,
                _invented,
                _kept,
                _repeats,
                _regular,
                _inUrl,
                _outlives,
                string.Join("; ", _said))
            {
                Coverage = _gaps.Count > 0 ? Coverage.Partial(statement) : Coverage.Complete(statement),
            };
        }

        private async Task FindCarrierAsync(CancellationToken cancellationToken)
        {
            var keys = session.Keys;
            if (keys.Token.Length > 0 && await TryAsync(SessionKeys.None with { Token = keys.Token }, cancellationToken) == AccessResult.Granted)
            {
                _carrier = SessionCarrier.Bearer;
                Say("the token alone gives access");
                return;
            }

            if (await TryAsync(SessionKeys.None, cancellationToken) == AccessResult.Granted)
            {
                _carrier = SessionCarrier.Neither;
                Say("after the login a client of the same address has access without showing anything");
                return;
            }

            var all = keys with { Token = "" };
            if (all.Cookies.IsEmpty || await TryAsync(all, cancellationToken) != AccessResult.Granted)
            {
                Gap("the cookies alone give no access, so what the session hangs on was not found");
                return;
            }

            var needed = ImmutableArray.CreateBuilder<string>();
            foreach (var (name, _) in all.Cookies.Take(MaxCookies))
            {
                if (all.Cookies.Length == 1 || await TryAsync(all.Without(name), cancellationToken) != AccessResult.Granted)
                {
                    needed.Add(name);
                }
            }

            _carrier = SessionCarrier.Cookie;
            _needed = needed.Count > 0 ? needed.ToImmutable() : [.. all.Cookies.Select(cookie => cookie.Name)];
            Say($"the session hangs on the cookie {string.Join(", ", _needed)}");
        }

        private async Task InventAsync(CancellationToken cancellationToken)
        {
            if (_identifiers[0].Length < ShortestToInvent)
            {
                Say($"an identifier of {_identifiers[0].Length} characters is met by chance, so none was invented");
                return;
            }

            var keys = _carrier == SessionCarrier.Bearer ? SessionKeys.None with { Token = session.Keys.Token } : session.Keys with { Token = "" };
            _invented = await TryAsync(keys.Invented(_needed), cancellationToken);
            Say($"with an invented identifier: {_invented}");
        }

        private async Task LogInAgainAsync(CancellationToken cancellationToken)
        {
            var before = session.Received.Where(received => received.BeforeLogin && _needed.Contains(received.Cookie.Name)).ToList();
            if (before.Count > 0)
            {
                _kept = before.Exists(received => received.Value == _identifiers[0]) ? SessionSign.Yes : SessionSign.No;
            }

            for (var login = 0; login < 2; login++)
            {
                // The first time with an identifier that somebody else chose, where the device gives none before the login.
                var planted = login == 0 && before.Count == 0 && _carrier == SessionCarrier.Cookie
                    ? SessionKeys.None with { Cookies = [.. session.Keys.Invented(_needed).Cookies.Where(cookie => _needed.Contains(cookie.Name))] }
                    : SessionKeys.None;
                if (LoginClient.Open(request.Endpoint, request.Login, context) is not HttpLogin again)
                {
                    return;
                }

                var (second, attempt) = await WebSession.OpenAsync(again, credential, planted, context, cancellationToken);
                await using (second)
                {
                    var identifier = IdentifierOf(second.Keys);
                    if (attempt!.Silence is not null || identifier.Length == 0 || await TryAsync(second.Keys, cancellationToken) != AccessResult.Granted)
                    {
                        Gap($"a further login gave no session ({attempt.Answer})");
                        return;
                    }

                    if (!planted.Cookies.IsEmpty)
                    {
                        _kept = planted.Cookies.Any(cookie => cookie.Value == identifier) ? SessionSign.Yes : SessionSign.No;
                        if (_kept == SessionSign.Yes)
                        {
                            continue;
                        }
                    }

                    _identifiers.Add(identifier);
                }
            }
        }

        private void Compare()
        {
            if (_identifiers.Count < 2)
            {
                return;
            }

            _repeats = _identifiers.Distinct(StringComparer.Ordinal).Count() < _identifiers.Count ? SessionSign.Yes : SessionSign.No;
            _regular = Identifier.AreRegular(_identifiers) ? SessionSign.Yes : SessionSign.No;
            Say($"{_identifiers.Count} identifiers compared: repeats {_repeats}, regular {_regular}; kept at login: {_kept}");
        }

        private async Task LogOutAsync(CancellationToken cancellationToken)
        {
            var keys = session.Keys;
            var paths = session.Locations.Select(location => Disclosure.HttpLinks.PathOf(session.Login.Session.Origin, "/", location)).OfType<string>();
            if (await Logout.FindAsync(session, paths.Append(request.Path).Append("/").Append("/home"), cancellationToken) is not { } logout)
            {
                Say("no page names a logout");
                return;
            }

            var answer = await logout.RunAsync(session, cancellationToken);
            if (answer.Silence is not null || answer.Status >= 400)
            {
                _outlives = SessionSign.Unclear;
                Say($"the logout {logout.Method} {logout.Path} answers {(answer.Silence is { } silence ? $"nothing ({silence})" : $"{answer.Status}")}");
                return;
            }

            var after = await TryAsync(keys, cancellationToken);
            _outlives = after switch { AccessResult.Granted => SessionSign.Yes, AccessResult.Refused => SessionSign.No, _ => SessionSign.Unclear };
            Say($"after {logout.Method} {logout.Path} the old identifier gets {after}");
        }

        private async Task<AccessResult> TryAsync(SessionKeys keys, CancellationToken cancellationToken)
        {
            using var client = session.Client(keys);
            return (await access.JudgeAsync((method, path, content) => client.SendAsync(method, path, content(), WebSession.Header(keys), cancellationToken), cancellationToken)).Result;
        }

        // The longest of the cookies that are needed is what has to be guessed.
        private string IdentifierOf(SessionKeys keys) =>
            _carrier == SessionCarrier.Bearer ? keys.Token : keys.Cookies.Where(cookie => _needed.Contains(cookie.Name)).Select(cookie => cookie.Value).MaxBy(value => value.Length) ?? "";

        private static bool StandsIn(string location, string identifier) =>
            (identifier.Length >= ShortestToInvent && location.Contains(identifier, StringComparison.Ordinal)) || InUrl().IsMatch(location);
    }

    [GeneratedRegex(@"[;?&/](?:j?sessionid|phpsessid|session|sess|sid|stok|token|auth)=[\w%.-]{8,}", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex InUrl();
}
