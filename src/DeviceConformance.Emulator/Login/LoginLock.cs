namespace DeviceConformance.Emulator.Login;

/// <summary>What became of a login attempt.</summary>
internal enum LoginResult
{
    /// <summary>User name and password are right.</summary>
    Accepted,

    /// <summary>They are not.</summary>
    Wrong,

    /// <summary>The name is locked; the password was not looked at.</summary>
    Locked,
}

/// <summary>
/// Counts wrong logins in a row per user name and locks a name for a while. Names that do not exist lock too, so that the lock does
/// not tell which names exist.
/// </summary>
/// <param name="knownName">The name that exists; its count is never forgotten to make room.</param>
/// <param name="time">Clock; only its timestamps are used.</param>
internal sealed class LoginLock(string knownName, TimeProvider time)
{
    /// <summary>Wrong attempts in a row until the name is locked.</summary>
    public const int Attempts = 5;

    /// <summary>How long a name stays locked after its last counted attempt.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    // Bounds the memory that a guesser of names can take.
    private const int NameLimit = 1024;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Judges one attempt and counts it, in one step, so that attempts at the same time do not slip through.</summary>
    /// <param name="name">User name as given by the client.</param>
    /// <param name="right">Whether name and password are right.</param>
    /// <param name="locks">Whether the lock works; false: nothing is counted.</param>
    public LoginResult Attempt(string name, bool right, bool locks)
    {
        if (!locks)
        {
            return right ? LoginResult.Accepted : LoginResult.Wrong;
        }

        lock (gate)
        {
            var wrong = entries.TryGetValue(name, out var entry) ? entry.Wrong : 0;
            if (wrong >= Attempts)
            {
                if (time.GetElapsedTime(entry.Last) < Duration)
                {
                    return LoginResult.Locked;
                }

                wrong = 0;
            }

            if (right)
            {
                entries.Remove(name);
                return LoginResult.Accepted;
            }

            entries[name] = new Entry(wrong + 1, time.GetTimestamp());
            if (entries.Count > NameLimit)
            {
                entries.Remove(entries.Where(other => other.Key != knownName).MinBy(other => other.Value.Last).Key);
            }

            return LoginResult.Wrong;
        }
    }

    private readonly record struct Entry(int Wrong, long Last);
}
