using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Credentials;

/// <summary>Watches how a login answers wrong attempts: how often, how fast, and whether it changes its mind.</summary>
internal sealed class GuessingWatch
{
    // An answer is slow when it takes this long and so many times the time of the first wrong attempt on the same account.
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(2);
    private const int TimesSlower = 3;
    private const int SlowInARow = 2;
    private const int MedianOf = 5;

    private readonly List<TimeSpan> _answers = [];
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private int _reconnections;
    private int _firstConnection;

    /// <summary>How the login reacted.</summary>
    public GuessingReaction Reaction { get; private set; }

    /// <summary>Wrong attempts before the reaction.</summary>
    public int ReactionAfter { get; private set; }

    /// <summary>The reaction in words; empty when there was none.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Attempts that were answered.</summary>
    public int Answers => _answers.Count;

    /// <summary>Wrong attempts on all accounts together.</summary>
    public int Wrong => _accounts.Values.Sum(account => account.Total);

    /// <summary>Median of the first answers, in milliseconds.</summary>
    public double FirstMilliseconds => Median(_answers.Take(MedianOf));

    /// <summary>Median of the last answers, in milliseconds.</summary>
    public double LastMilliseconds => Median(_answers.TakeLast(MedianOf));

    /// <summary>Wrong attempts in a row on an account.</summary>
    public int InARow(string user) => _accounts.TryGetValue(user, out var account) ? account.InARow : 0;

    /// <summary>Notes that an attempt was answered.</summary>
    public void Answered(LoginAttempt attempt)
    {
        _answers.Add(attempt.Elapsed);
        if (attempt.Reconnected && _reconnections++ == 0)
        {
            _firstConnection = attempt.EndedAfter > 0 ? attempt.EndedAfter : _answers.Count - 1;
        }
    }

    /// <summary>Notes a wrong attempt.</summary>
    /// <returns>Whether its code is another than that of the wrong attempt on the same account before, which may be a lock.</returns>
    public bool NoteWrong(string user, LoginAttempt attempt)
    {
        if (!_accounts.TryGetValue(user, out var account))
        {
            account = new Account { First = attempt.Elapsed };
            _accounts.Add(user, account);
        }

        var changed = account.Total > 0 && account.Code.Length > 0 && attempt.Code.Length > 0 && account.Code != attempt.Code;
        account.Code = changed ? account.Code : attempt.Code;
        account.Slow = attempt.Elapsed > _slow && attempt.Elapsed > TimesSlower * account.First ? account.Slow + 1 : 0;
        if (account.Slow >= SlowInARow && Reaction == GuessingReaction.None)
        {
            React(
                GuessingReaction.Delay,
                account.InARow + 1 - SlowInARow,
                $"the answer takes {attempt.Elapsed.TotalSeconds:0.0} s after {account.First.TotalSeconds:0.0} s at first");
        }

        account.InARow++;
        account.Total++;
        return changed;
    }

    /// <summary>Notes that a wrong attempt was not counted as one: the login had locked before it.</summary>
    public void TakeBackWrong(string user)
    {
        if (_accounts.TryGetValue(user, out var account) && account.InARow > 0)
        {
            account.InARow--;
            account.Total--;
        }
    }

    /// <summary>Notes an accepted login: devices count wrong attempts in a row.</summary>
    public void NoteRight(string user)
    {
        if (_accounts.TryGetValue(user, out var account))
        {
            account.InARow = 0;
        }
    }

    /// <summary>Notes a reaction; the first counts.</summary>
    public void React(GuessingReaction reaction, int after, string text)
    {
        if (Reaction == GuessingReaction.None)
        {
            (Reaction, ReactionAfter, Text) = (reaction, Math.Max(0, after), text);
        }
    }

    /// <summary>Concludes, when nothing else was seen, that the login closes each connection after some attempts.</summary>
    public void Conclude()
    {
        if (_reconnections > 1)
        {
            React(GuessingReaction.Disconnect, _firstConnection, $"the connection is closed after {_firstConnection} attempts, and a new one is taken at once");
        }
    }

    private static double Median(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(time => time.TotalMilliseconds).Order().ToList();
        return sorted.Count == 0 ? 0 : Math.Round((sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2, 3);
    }

    private sealed class Account
    {
        public TimeSpan First { get; init; }

        public string Code { get; set; } = "";

        public int InARow { get; set; }

        public int Total { get; set; }

        public int Slow { get; set; }
    }
}
