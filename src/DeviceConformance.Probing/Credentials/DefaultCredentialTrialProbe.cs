using System.Collections.Immutable;
using System.Globalization;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Credentials;

/// <summary>
/// Tries well-known default credentials at a login, likeliest first, one after the other, and measures how the login reacts to wrong ones.
/// Stops when the login locks.
/// </summary>
public sealed class DefaultCredentialTrialProbe : Probe<DefaultCredentialTrial>
{
    // Passwords that are tried with the user name that the declaration gives, before the pairs of the dictionary.
    private const int WithDeclaredUser = 12;
    private const int SilencesInARow = 3;
    private const int MedianOf = 5;
    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan _noticeable = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(DefaultCredentialTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (LoginClient.Open(request.Endpoint, request.Login, context) is not { } session)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: this harness does not log in by {request.Login.Protocol}; try default credentials by hand.");
        }

        await using (session)
        {
            var series = new Series(request, session, Plan(request.Login, context), context);
            return await series.RunAsync(cancellationToken);
        }
    }

    /// <summary>What is tried, in order: common passwords for the declared user name, then the dictionary's pairs for the protocol.</summary>
    private static ImmutableArray<DefaultPair> Plan(LoginPoint login, ProbeContext context)
    {
        var pairs = CredentialDictionary.For(login.Protocol).ToList();
        var asksForUser = login.Form is not { UserField.Length: 0 };
        var declaredUser = context.Declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .Where(mechanism => mechanism.Facts.Logins.Contains(login))
            .Select(mechanism => mechanism.Facts.UserName.Or(""))
            .FirstOrDefault(name => name.Length > 0);
        var first = declaredUser is null
            ? []
            : pairs.Where(pair => pair.Password.Reveal().Length > 0).DistinctBy(pair => pair.Password.Reveal()).Take(WithDeclaredUser).Select(pair => pair with { User = declaredUser });
        return
        [
            .. first.Concat(pairs)
                .Select(pair => asksForUser ? pair : pair with { User = "" })
                .DistinctBy(pair => (pair.User, pair.Password.Reveal()))
                .Take(context.Link.Limits.CredentialAttempts),
        ];
    }

    private sealed class Series(DefaultCredentialTrial request, LoginSession session, ImmutableArray<DefaultPair> plan, ProbeContext context)
    {
        private readonly List<AcceptedDefault> _accepted = [];
        private readonly List<double> _milliseconds = [];
        private readonly long _start = context.Time.GetTimestamp();
        private int _attempts;
        private int _wrongInARow;
        private int _silences;
        private int _unclear;
        private int _reconnected;
        private bool _inferred;
        private bool _nonsense;
        private GuessingReaction _reaction;
        private int _reactionAfter;
        private string? _stopped;
        private string? _refusalCode;

        public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
        {
            var control = await session.TryAsync(Nonsense.User(), Nonsense.Password(), cancellationToken);
            if (control.Silence is { } silence)
            {
                return new ProbeOutcome.Unanswered(silence, $"{request.Title}: a first login with a nonsense credential got no answer: {control.Answer}");
            }

            if (control.Blocked)
            {
                return new ProbeOutcome.Unanswered(Silence.HandshakeRefused, $"{request.Title}: the login is locked before the first attempt ({control.Answer}); wait until it opens again and resume the run.");
            }

            _nonsense = control.Result == AccessResult.Granted;
            foreach (var pair in _nonsense ? [] : plan)
            {
                context.Progress(_attempts / (double)plan.Length, $"{_attempts} of {plan.Length}");
                await TryPairAsync(pair, cancellationToken);
                if (_stopped is not null)
                {
                    break;
                }
            }

            JudgePace();
            return new ProbeOutcome.Observed(new DefaultCredentialsTried(
                request.Endpoint, request.Login, _attempts, plan.Length, [.. _accepted], _nonsense, _reaction, _reactionAfter, Median(_milliseconds.Take(MedianOf)), Median(_milliseconds.TakeLast(MedianOf)))
            {
                Coverage = Judge(),
            });
        }

        private async Task TryPairAsync(DefaultPair pair, CancellationToken cancellationToken)
        {
            if (context.Time.GetElapsedTime(_start) > _budget)
            {
                _stopped = $"the time of {_budget.TotalSeconds:0} s for one login was up";
                return;
            }

            var attempt = await session.TryAsync(pair.User, pair.Password, cancellationToken);
            if (attempt.Blocked || (attempt.Silence == Silence.Refused && _attempts > 0))
            {
                _reaction = GuessingReaction.LockOut;
                _reactionAfter = _wrongInARow;
                _stopped = $"the login locked after {_wrongInARow} wrong attempts in a row ({attempt.Answer})";
                return;
            }

            if (attempt.Silence is { } silence)
            {
                _silences++;
                _stopped = _silences >= SilencesInARow ? $"{SilencesInARow} attempts in a row got no answer ({silence})" : null;
                return;
            }

            _silences = 0;
            _attempts++;
            _milliseconds.Add(attempt.Elapsed.TotalMilliseconds);
            _inferred |= attempt.IsInferred;
            _reconnected += attempt.Reconnected ? 1 : 0;
            switch (attempt.Result)
            {
                case AccessResult.Granted:
                    _wrongInARow = 0;
                    await ConfirmAsync(pair, cancellationToken);
                    break;
                case AccessResult.Refused when _refusalCode is { } usual && usual != attempt.Code && await IsLockedAsync(attempt, cancellationToken):
                    _attempts--;
                    _milliseconds.RemoveAt(_milliseconds.Count - 1);
                    break;
                case AccessResult.Refused:
                    _refusalCode ??= attempt.Code;
                    _wrongInARow++;
                    break;
                default:
                    _unclear++;
                    break;
            }
        }

        /// <summary>
        /// Whether another code of refusal than before is a lock of this user: another user is still refused with the usual code.
        /// </summary>
        private async Task<bool> IsLockedAsync(LoginAttempt attempt, CancellationToken cancellationToken)
        {
            var other = await session.TryAsync(Nonsense.User(), Nonsense.Password(), cancellationToken);
            if (other.Result != AccessResult.Refused || other.Code != _refusalCode)
            {
                return false;
            }

            _reaction = GuessingReaction.LockOut;
            _reactionAfter = _wrongInARow;
            _stopped = $"after {_wrongInARow} wrong attempts in a row the login refuses this user in another way ({attempt.Answer}), as when it is locked";
            return true;
        }

        /// <summary>A pair counts when it is let in twice more and a nonsense password for the same user is not.</summary>
        private async Task ConfirmAsync(DefaultPair pair, CancellationToken cancellationToken)
        {
            var nonsense = await session.TryAsync(pair.User, Nonsense.Password(), cancellationToken);
            if (nonsense.Result == AccessResult.Granted)
            {
                _nonsense = true;
                _stopped = "the login lets in any password";
                return;
            }

            var again = await session.TryAsync(pair.User, pair.Password, cancellationToken);
            var twice = await session.TryAsync(pair.User, pair.Password, cancellationToken);
            if (again.Result == AccessResult.Granted && twice.Result == AccessResult.Granted)
            {
                _accepted.Add(new AcceptedDefault(pair.Id, pair.User, pair.Origin));
            }
            else
            {
                _unclear++;
            }
        }

        private void JudgePace()
        {
            if (_reaction != GuessingReaction.None || _milliseconds.Count < 2 * MedianOf)
            {
                return;
            }

            var (first, last) = (Median(_milliseconds.Take(MedianOf)), Median(_milliseconds.TakeLast(MedianOf)));
            if (last > 3 * first && last - first > _noticeable.TotalMilliseconds)
            {
                _reaction = GuessingReaction.Delay;
                _reactionAfter = _milliseconds.FindIndex(time => time > 3 * first && time - first > _noticeable.TotalMilliseconds);
            }
            else if (_reconnected * 2 > _attempts && _attempts > 2 * MedianOf)
            {
                _reaction = GuessingReaction.Disconnect;
            }
        }

        private Coverage Judge()
        {
            var tried = string.Create(
                CultureInfo.InvariantCulture,
                $"{_attempts} of {plan.Length} default credentials for {request.Login.Protocol} on {request.Endpoint} were answered in {context.Time.GetElapsedTime(_start).TotalSeconds:0.0} s.");
            return _stopped is not null ? Coverage.Partial($"{tried} Stopped: {_stopped}.")
                : _nonsense ? Coverage.Partial($"{tried} A nonsense credential is let in, so that nothing follows from others.")
                : _unclear > 0 ? Coverage.Partial($"{tried} In {_unclear} cases the answer did not tell whether it was let in.")
                : _inferred ? Coverage.Partial($"{tried} That they were refused is inferred from their likeness to a nonsense login; declare 'failure-text' for the form.")
                : _attempts < plan.Length ? Coverage.Partial($"{tried} {plan.Length - _attempts} got no answer.")
                : Coverage.Complete(tried);
        }

        private static double Median(IEnumerable<double> times)
        {
            var sorted = times.Order().ToList();
            return sorted.Count == 0 ? 0 : Math.Round(sorted[sorted.Count / 2], 1);
        }
    }
}
