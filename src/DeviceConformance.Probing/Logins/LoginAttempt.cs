using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Logins;

/// <summary>What came of one login.</summary>
/// <param name="Result">Granted, refused, or unclear when the answer does not tell; not tried when the harness does not speak the login.</param>
/// <param name="Answer">What the DUT answered, in words, without the password.</param>
/// <param name="Elapsed">Time from the last byte of the credential sent to the answer that decides.</param>
/// <param name="Silence">Why there is no answer; null when there is one.</param>
/// <param name="Blocked">Whether the DUT did not look at the credential but refused further attempts: 423, 429, a text, a refused connection.</param>
public sealed record LoginAttempt(AccessResult Result, string Answer, TimeSpan Elapsed, Silence? Silence, bool Blocked)
{
    /// <summary>
    /// Whether a refusal is concluded from likeness to a nonsense login, not from a status, code or declared text that means refusal.
    /// A login that the harness speaks wrongly looks the same, so a valid login has to be seen before such refusals count.
    /// </summary>
    public bool IsInferred { get; init; }

    /// <summary>How long the DUT asks to wait (Retry-After, RFC 9110, 10.2.3); null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the DUT had ended the connection, where the protocol would have allowed another attempt on it, so that a new one was opened.</summary>
    public bool Reconnected { get; init; }

    /// <summary>How many attempts the connection took that the DUT ended before this one; 0 where that is not counted by connection.</summary>
    public int EndedAfter { get; init; }

    /// <summary>What the protocol says of the attempt: HTTP status, FTP reply code, code of CONNACK, message of SSH; empty when it knows no codes.</summary>
    public string Code { get; init; } = "";

    /// <summary>What the answer looks like, for comparing it with others.</summary>
    internal AnswerShape Shape { get; init; } = AnswerShape.Empty;
}
