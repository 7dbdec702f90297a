using System.Text.RegularExpressions;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Logins;

/// <summary>Signs that a login refuses to look at credentials for a while.</summary>
internal static partial class LockSigns
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromDays(1);

    /// <summary>Whether a text says so, in the languages that devices commonly speak.</summary>
    public static bool In(string text) => Phrases().IsMatch(text.Length > 64 * 1024 ? text[..(64 * 1024)] : text);

    /// <summary>Whether an answer says so and the page shown before any attempt did not.</summary>
    public static bool In(HttpAnswer answer, string before) =>
        answer.Status is 423 or 429
        || (answer.Status is 403 or 503 && RetryAfter(answer, DateTimeOffset.UnixEpoch) is not null)
        || (answer.Silence is null && In(answer.Text) && !In(before));

    /// <summary>How long an answer asks to wait (RFC 9110, 10.2.3), at most a day; null when it does not say.</summary>
    public static TimeSpan? RetryAfter(HttpAnswer answer, DateTimeOffset now)
    {
        var value = answer.Header("Retry-After");
        TimeSpan? wait = uint.TryParse(value, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(value, out var at) ? at - now
            : null;
        return wait > _longestWait ? _longestWait : wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    [GeneratedRegex(
        @"too many (\w+ )?(\w+ )?(attempts|requests|tries|logins|failures)"
        + @"|(account|user|login|access|address|device)( \w+)? (is|has been|was) (now |temporarily |currently )?(locked|blocked|disabled|suspended)"
        + @"|locked out|temporarily (locked|blocked|unavailable)|maximum (number of )?(login )?attempts"
        + @"|(try|log ?in) again (in|after) \d+|please wait \d+|attempts? exceeded"
        + @"|zu viele (fehl\w+|anmelde\w+|login\w*|versuche)|vor\u00fcbergehend gesperrt|trop de tentatives|demasiados intentos|troppi tentativi|te veel pogingen",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Phrases();
}
