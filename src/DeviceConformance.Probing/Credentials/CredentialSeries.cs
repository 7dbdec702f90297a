using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Credentials;

/// <summary>One run of default credentials against one login.</summary>
internal sealed class CredentialSeries(DefaultCredentialTrial request, ProbeContext context)
{
    // A device that delays each refusal by a second must not hold up the campaign for the length of the dictionary.
    private static readonly TimeSpan _usualForPairs = TimeSpan.FromSeconds(90);

    // SSH servers of devices (dropbear) delay each refusal by 0.3 s and take one user name on a connection: the whole dictionary takes two minutes.
    private static readonly TimeSpan _forPairsOverSsh = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan _forGuessing = TimeSpan.FromSeconds(30);

    private const int ForDeclaredUser = 12;

    // Guesses at one account in a row where the declaration gives no number; common locks come at three to ten.
    private const int UsualGuesses = 12;

    // Beyond the declared number, so that a count which is one off still shows.
    private const int GuessesBeyondDeclared = 3;
    private const int SilencesUntilEnd = 2;
    private const int MostAccepted = 5;

    private readonly GuessedLogin _known = GuessedLogin.Of(request.Login, request.Endpoint.Address, context.Declared);
    private readonly GuessingWatch _watch = new();
    private readonly List<AcceptedDefault> _accepted = [];
    private readonly List<string> _remarks = [];
    private readonly TimeSpan _forPairs = request.Login.Protocol == LoginProtocol.Ssh ? _forPairsOverSsh : _usualForPairs;
    private readonly bool _passwordOnly = request.Login.Form is { UserField.Length: 0 };
    private LoginAttempt? _nonsense;
    private int _tolerance;
    private int _used;
    private int _definite;
    private int _inferred;
    private int _silences;
    private bool _validWorks;
    private bool _ended;
    private bool _waited;
    private bool _nonsenseAccepted;

    /// <summary>Runs it.</summary>
    public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var pairs = Pairs();
        var planned = pairs.Take(Math.Max(0, context.Link.Limits.CredentialAttempts - 2)).ToList();
        if (await ControlAsync(cancellationToken) is { } end)
        {
            return end(planned.Count);
        }

        // The bulk is noted in one line each: full exchanges of nonsense and of accepted pairs say what there is to see.
        await using (var session = LoginClient.Open(request.Endpoint, request.Login, context with { Transcript = Transcript.None })!)
        {
            session.Learn(_nonsense!.Shape, _tolerance);
            await TryPairsAsync(session, planned, cancellationToken);
            await GuessAsync(session, cancellationToken);
        }

        await LookForSilentLockAsync(cancellationToken);
        _watch.Conclude();
        return Observed(planned.Count, CoverageOf(planned.Count, pairs.Length));
    }

    /// <summary>
    /// What is tried, in order: the laboratory's own lists, common passwords for the user name that the declaration gives, the pairs known from
    /// the protocol, and what follows from names and numbers of this very unit.
    /// </summary>
    private ImmutableArray<DefaultPair> Pairs()
    {
        var family = CredentialDictionary.Family(request.Login.Protocol);
        var own = context.Declared.Lab.CredentialLists.SelectMany(list => list.Pairs).Where(pair => pair.Protocols.IsEmpty || pair.Protocols.Contains(family) || (request.Login.Protocol == LoginProtocol.Ssh && pair.Protocols.Contains("ssh")));
        var dictionary = CredentialDictionary.For(request.Login.Protocol).ToList();
        var pairs = own.Concat(dictionary).Concat(CredentialPatterns.For(context.Declared.Dut, request.Endpoint.Address, family, _known.User)).ToList();
        var passwords = pairs.Where(pair => pair.Password.Reveal().Length > 0).DistinctBy(pair => pair.Password.Reveal(), StringComparer.Ordinal);
        var likely = dictionary.Where(pair => pair.Password.Reveal().Length > 0).DistinctBy(pair => pair.Password.Reveal(), StringComparer.Ordinal).Take(ForDeclaredUser);
        return _passwordOnly
            ? [.. passwords.Select(pair => pair with { User = "" })]
            : [.. own.Concat(likely.Where(_ => _known.IsDeclared).Select(pair => pair with { User = _known.User })).Concat(pairs).DistinctBy(pair => (pair.User, pair.Password.Reveal()))];
    }

    /// <summary>Logs in with nonsense, twice, and with the laboratory's valid credential.</summary>
    /// <returns>How the trial ends, given the number of pairs that were planned; null when it goes on.</returns>
    private async Task<Func<int, ProbeOutcome>?> ControlAsync(CancellationToken cancellationToken)
    {
        context.Progress(0, "nonsense logins, to see what refusal looks like");
        await using var session = LoginClient.Open(request.Endpoint, request.Login, context)!;
        var first = await NonsenseAsync(session, cancellationToken);
        if (first.Blocked)
        {
            await WaitOutOnceAsync(first, cancellationToken);
            first = await NonsenseAsync(session, cancellationToken);
        }

        if (first.Silence is { } silence)
        {
            return _ => new ProbeOutcome.Unanswered(silence, $"{request.Title}: {first.Answer}");
        }

        if (first.Blocked || first.Shape.Code.Length == 0)
        {
            return planned => Observed(planned, Coverage.Partial(first.Blocked
                ? $"Nothing was tried: the login was blocked before the first attempt ({first.Answer})."
                : $"Nothing was tried: {first.Answer}."));
        }

        var second = await NonsenseAsync(session, cancellationToken);
        _used = 2;
        if (first.Result == AccessResult.Granted && second.Result == AccessResult.Granted)
        {
            _nonsenseAccepted = true;
            return planned => Observed(planned, Coverage.Partial($"Two nonsense logins were let in ({first.Answer}), so no default credential was tried."));
        }

        _nonsense = first.Result == AccessResult.Granted ? second : first;
        _tolerance = first.Shape.DistanceTo(second.Shape) is < int.MaxValue and var distance ? distance : 0;
        if (_known.Valid is { } valid)
        {
            var attempt = await LoginClient.TryPatientlyAsync(session, request.Login, valid.User, valid.Password, context, cancellationToken);
            _validWorks = attempt.Result == AccessResult.Granted;
            _remarks.Add(_validWorks ? "the valid credential of the laboratory logs in" : $"the valid credential of the laboratory does not log in ({attempt.Answer})");
        }

        return null;
    }

    private Task<LoginAttempt> NonsenseAsync(LoginSession session, CancellationToken cancellationToken) =>
        session.TryByItselfAsync(_passwordOnly ? "" : Nonsense.User(), Nonsense.Password(), cancellationToken);

    private async Task TryPairsAsync(LoginSession session, List<DefaultPair> planned, CancellationToken cancellationToken)
    {
        var started = context.Time.GetTimestamp();
        for (var number = 0; number < planned.Count && !_ended; number++)
        {
            if (context.Time.GetElapsedTime(started) > _forPairs)
            {
                _remarks.Add($"the time of {_forPairs.TotalSeconds:0} s for one login was over");
                return;
            }

            context.Progress((double)number / planned.Count, $"default credential {number + 1} of {planned.Count}");
            await TryPairAsync(session, planned[number], cancellationToken);
        }
    }

    private async Task TryPairAsync(LoginSession session, DefaultPair pair, CancellationToken cancellationToken)
    {
        var attempt = await session.TryAsync(pair.User, pair.Password, cancellationToken);
        _used++;
        if (attempt.Blocked && attempt.Silence is null && _watch.InARow(pair.User) == 0 && !_waited)
        {
            // Locked by what was done before this trial.
            await WaitOutOnceAsync(attempt, cancellationToken);
            attempt = await session.TryAsync(pair.User, pair.Password, cancellationToken);
        }

        Note(pair, attempt);
        if (attempt.Silence is not null)
        {
            await MetSilenceAsync(attempt, pair.User, cancellationToken);
            return;
        }

        _silences = 0;
        _watch.Answered(attempt);
        if (attempt is { Result: AccessResult.Refused })
        {
            await RefusedAsync(session, pair.User, attempt, isPair: true, cancellationToken);
        }
        else
        {
            await ConfirmAsync(session, pair, attempt, cancellationToken);
        }
    }

    private async Task RefusedAsync(LoginSession session, string user, LoginAttempt attempt, bool isPair, CancellationToken cancellationToken)
    {
        if (attempt.Blocked)
        {
            await LockedAsync(session, user, attempt.Answer, cancellationToken);
            return;
        }

        _definite += isPair ? 1 : 0;
        _inferred += attempt.IsInferred ? 1 : 0;
        if (_watch.NoteWrong(user, attempt) && await IsLockedAsync(session, user, attempt, cancellationToken))
        {
            _watch.TakeBackWrong(user);
            _definite -= isPair ? 1 : 0;
            await LockedAsync(session, user, $"wrong attempts are answered with {attempt.Code} from here on", cancellationToken);
        }

        _ended |= _watch.Reaction != GuessingReaction.None;
    }

    /// <summary>Whether another code means a lock: it stays, and the valid credential of the account is no longer let in; without one, other accounts have to get the old code.</summary>
    private async Task<bool> IsLockedAsync(LoginSession session, string user, LoginAttempt changed, CancellationToken cancellationToken)
    {
        _used++;
        var again = await session.TryByItselfAsync(user, Nonsense.Password(), cancellationToken);
        if (again.Code != changed.Code)
        {
            _watch.NoteWrong(user, again);
            return false;
        }

        if (_validWorks && _known.Valid!.User == user)
        {
            return (await session.TryAsync(user, _known.Valid.Password, cancellationToken)).Result != AccessResult.Granted;
        }

        var other = await NonsenseAsync(session, cancellationToken);
        _used++;
        return other.Code == _nonsense!.Code && other.Code != changed.Code;
    }

    /// <summary>Notes a lock, with the number of wrong attempts on the account or, where others are locked too, on all.</summary>
    private async Task LockedAsync(LoginSession session, string user, string text, CancellationToken cancellationToken)
    {
        var after = _watch.InARow(user);
        if (!_passwordOnly && _watch.Wrong > after)
        {
            var other = await NonsenseAsync(session, cancellationToken);
            after = other.Blocked || other.Silence is not null ? _watch.Wrong : after;
        }

        _watch.React(GuessingReaction.LockOut, after, text);
        _ended = true;
    }

    private async Task MetSilenceAsync(LoginAttempt attempt, string user, CancellationToken cancellationToken)
    {
        if (++_silences < SilencesUntilEnd)
        {
            return;
        }

        _ended = true;
        // A refusal comes from the device itself; on loopback it comes from the host, with or without a device.
        var sign = await context.Liveness.CheckAsync(request.Endpoint.Address, cancellationToken);
        var isThere = sign.IsAlive || (attempt.Silence == Silence.Refused && !request.Endpoint.Address.IsLoopback);
        if (isThere && _watch.Answers > 0)
        {
            _watch.React(GuessingReaction.LockOut, Math.Max(_watch.InARow(user), _watch.Wrong), $"the login no longer answers ({attempt.Answer}), while the device is there: {sign.How}");
        }
        else
        {
            _remarks.Add($"the login no longer answered ({attempt.Answer}) and whether the device was still there is not known: {sign.How}");
        }
    }

    /// <summary>A pair counts when it is let in twice more and a nonsense password for the same user in between is not.</summary>
    private async Task ConfirmAsync(LoginSession session, DefaultPair pair, LoginAttempt first, CancellationToken cancellationToken)
    {
        context.Transcript.Mask(pair.User, pair.Password);
        await using var shown = LoginClient.Open(request.Endpoint, request.Login, context)!;
        var second = await shown.TryByItselfAsync(pair.User, pair.Password, cancellationToken);
        var nonsense = await shown.TryByItselfAsync(pair.User, Nonsense.Password(), cancellationToken);
        var third = await shown.TryByItselfAsync(pair.User, pair.Password, cancellationToken);
        _used++;
        if (nonsense.Result == AccessResult.Granted && second.Result == AccessResult.Granted)
        {
            AcceptedNonsense(pair.User);
            return;
        }

        LoginAttempt[] all = [second, nonsense, third];
        if (all.Any(attempt => attempt.Silence is not null || attempt.Blocked))
        {
            _remarks.Add($"{pair.Id} (user {Shown(pair.User)}) was answered otherwise than nonsense ({first.Answer}) and could not be confirmed ({all.First(attempt => attempt.Silence is not null || attempt.Blocked).Answer})");
            if (all.Any(attempt => attempt.Blocked))
            {
                _watch.NoteWrong(pair.User, nonsense);
                _watch.React(GuessingReaction.LockOut, _watch.InARow(pair.User), all.First(attempt => attempt.Blocked).Answer);
                _ended = true;
            }

            return;
        }

        if (DependsOnPassword(first, second, third, nonsense))
        {
            _watch.NoteRight(pair.User);
            _accepted.Add(new AcceptedDefault(pair.Id, pair.User, pair.Origin) { IsOfUnit = pair.IsOfUnit });
            _definite++;
            _ended |= _accepted.Count >= MostAccepted;
            return;
        }

        // The same comes for nonsense: this is how this user name, or this moment, is refused.
        session.Learn(nonsense.Shape, second.Shape.DistanceTo(third.Shape) is < int.MaxValue and var distance ? distance : 0);
        await RefusedAsync(session, pair.User, nonsense with { Result = AccessResult.Refused, IsInferred = true }, isPair: true, cancellationToken);
    }

    private void AcceptedNonsense(string user)
    {
        _remarks.Add($"user {Shown(user)} is let in with a nonsense password");
        _nonsenseAccepted = true;
        _ended = true;
    }

    private static bool DependsOnPassword(LoginAttempt first, LoginAttempt second, LoginAttempt third, LoginAttempt nonsense)
    {
        if (second.Result == AccessResult.Granted && third.Result == AccessResult.Granted)
        {
            return nonsense.Result != AccessResult.Granted;
        }

        var among = Math.Max(first.Shape.DistanceTo(second.Shape), second.Shape.DistanceTo(third.Shape));
        var toNonsense = Math.Min(second.Shape.DistanceTo(nonsense.Shape), third.Shape.DistanceTo(nonsense.Shape));
        return among < toNonsense;
    }

    /// <summary>Guesses at one account in a row: pairs are spread over many names, and locks count by name.</summary>
    private async Task GuessAsync(LoginSession session, CancellationToken cancellationToken)
    {
        var wanted = _known.LockAfter > 0 ? _known.LockAfter + GuessesBeyondDeclared : UsualGuesses;
        var started = context.Time.GetTimestamp();
        while (!_ended && _watch.Reaction == GuessingReaction.None && _watch.InARow(_known.User) < wanted && _used < context.Link.Limits.CredentialAttempts)
        {
            if (context.Time.GetElapsedTime(started) > _forGuessing)
            {
                _remarks.Add($"the time of {_forGuessing.TotalSeconds:0} s for guesses at one account was over");
                return;
            }

            context.Progress(1, $"guess {_watch.InARow(_known.User) + 1} of {wanted} in a row at user {Shown(_known.User)}");
            _used++;
            var attempt = await session.TryByItselfAsync(_known.User, Nonsense.Password(), cancellationToken);
            context.Transcript.Note($"guess at {Shown(_known.User)}: {attempt.Answer}, {attempt.Elapsed.TotalMilliseconds:0} ms");
            if (attempt.Silence is not null)
            {
                await MetSilenceAsync(attempt, _known.User, cancellationToken);
                continue;
            }

            _silences = 0;
            _watch.Answered(attempt);
            if (attempt.Result == AccessResult.Granted)
            {
                AcceptedNonsense(_known.User);
                return;
            }

            await RefusedAsync(session, _known.User, attempt, isPair: false, cancellationToken);
        }

        _remarks.Add($"user {Shown(_known.User)} was guessed at {_watch.InARow(_known.User)} times in a row");
    }

    /// <summary>A login may answer a locked account as a wrong password; then the valid one no longer gets in.</summary>
    private async Task LookForSilentLockAsync(CancellationToken cancellationToken)
    {
        if (_ended || _watch.Reaction != GuessingReaction.None || !_validWorks || _watch.InARow(_known.Valid!.User) == 0)
        {
            return;
        }

        await using var session = LoginClient.Open(request.Endpoint, request.Login, context)!;
        var attempt = await session.TryAsync(_known.Valid.User, _known.Valid.Password, cancellationToken);
        if (attempt is { Result: AccessResult.Refused, Silence: null })
        {
            _watch.React(GuessingReaction.LockOut, _watch.InARow(_known.Valid.User), "the valid credential, which logged in before, is refused as a wrong one is; the lock came at this number of wrong attempts or before");
        }
    }

    private async Task WaitOutOnceAsync(LoginAttempt attempt, CancellationToken cancellationToken)
    {
        _waited = true;
        _remarks.Add("a lock that was there before was waited out");
        await LoginClient.WaitOutLockAsync(request.Login, attempt.RetryAfter, context, cancellationToken);
    }

    private void Note(DefaultPair pair, LoginAttempt attempt)
    {
        // What the device says may repeat what was sent.
        var mask = new Transcript(context.Time, []);
        mask.Mask(pair.User, pair.Password);
        context.Transcript.Note($"{pair.Id} {Shown(pair.User)}: {attempt.Result}, {mask.Masked(attempt.Answer)}, {attempt.Elapsed.TotalMilliseconds:0} ms");
    }

    private static string Shown(string user) => user.Length == 0 ? "(none)" : user;

    private Coverage CoverageOf(int planned, int fitting)
    {
        var counts = $"{_definite} of {planned} default credentials were answered with yes or no{(planned < fitting ? $" ({fitting} fit the login; raise 'credential-attempts' in lab.yaml to try all)" : "")}";
        var doubt = _inferred > 0 && !_validWorks
            ? "refusals were told from likeness to nonsense logins, and no valid login was seen to compare with; give lab.yaml a current credential, or the login's form a failure-text"
            : "";
        string[] parts = [counts, _watch.Text, .. _remarks, doubt];
        var statement = $"{string.Join("; ", parts.Where(part => part.Length > 0))}.";
        return _definite == planned && planned == fitting && doubt.Length == 0 ? Coverage.Complete(statement) : Coverage.Partial(statement);
    }

    private ProbeOutcome.Observed Observed(int planned, Coverage coverage) =>
        new(new DefaultCredentialsTried(
            request.Endpoint,
            request.Login,
            _definite,
            planned,
            [.. _accepted],
            _nonsenseAccepted,
            _watch.Reaction,
            _watch.ReactionAfter,
            _watch.FirstMilliseconds,
            _watch.LastMilliseconds)
        {
            Coverage = coverage,
        });
}
