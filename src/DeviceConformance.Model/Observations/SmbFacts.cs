using System.Collections.Immutable;

namespace DeviceConformance.Model.Observations;

/// <summary>What a survey saw of an SMB server beside information, open shares and logins (MS-SMB, MS-SMB2).</summary>
/// <param name="Dialects">Dialects that it takes, as "SMB 1" and "SMB 3.1.1".</param>
/// <param name="Refused">Dialects that it was offered and does not take.</param>
/// <param name="SigningRequired">Whether it requires signed messages in every dialect that it takes.</param>
/// <param name="PlainPasswords">Whether SMB 1 wants passwords as they are, without a challenge.</param>
/// <param name="Nobody">Whether nobody in particular gets a session.</param>
/// <param name="Guest">Whether a name that nobody has, or the user "guest" without a password, gets a session.</param>
public sealed record SmbSeen(
    ImmutableArray<string> Dialects,
    ImmutableArray<string> Refused,
    bool SigningRequired,
    bool PlainPasswords,
    AccessResult Nobody,
    AccessResult Guest)
{
    /// <summary>The name of the first dialect, which Microsoft deprecated in 2014 and no longer installs.</summary>
    public const string FirstDialect = "SMB 1";
}
