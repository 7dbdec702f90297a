using System.Security.Cryptography;

namespace DeviceConformance.Emulator.Web;

/// <summary>Sessions of the web login.</summary>
internal sealed class Sessions(TimeProvider time)
{
    /// <summary>Sessions at the same time; a further login ends the one that was idle longest.</summary>
    public const int Limit = 64;

    /// <summary>How long a session lives without a request.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(15);

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> lastUse = new(StringComparer.Ordinal);

    /// <summary>Opens a session.</summary>
    /// <param name="kept">Identifier that the client already has and keeps; null: a new one of 256 random bits in hex.</param>
    /// <returns>Its identifier.</returns>
    public string Open(string? kept = null)
    {
        var id = kept ?? RandomNumberGenerator.GetHexString(64, lowercase: true);
        lock (gate)
        {
            if (lastUse.Count >= Limit && !lastUse.ContainsKey(id))
            {
                lastUse.Remove(lastUse.MinBy(session => session.Value).Key);
            }

            lastUse[id] = time.GetTimestamp();
        }

        return id;
    }

    /// <summary>Whether the session exists; using it keeps it alive.</summary>
    public bool Use(string? id)
    {
        if (id is null)
        {
            return false;
        }

        lock (gate)
        {
            if (!lastUse.TryGetValue(id, out var last))
            {
                return false;
            }

            if (time.GetElapsedTime(last) >= IdleTime)
            {
                lastUse.Remove(id);
                return false;
            }

            lastUse[id] = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Ends a session.</summary>
    public void Close(string? id)
    {
        lock (gate)
        {
            lastUse.Remove(id ?? "");
        }
    }
}
