using System.Security.Cryptography;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Logins;

/// <summary>Credentials that can not be right: what a login does with them is what refusal looks like.</summary>
internal static class Nonsense
{
    // Short enough for the narrowest fields of devices, long enough never to be right by chance (62^12).
    private const int Length = 12;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>A user name that nobody has.</summary>
    public static string User() => "u" + RandomNumberGenerator.GetString(Alphabet, Length - 1).ToLowerInvariant();

    /// <summary>A password that nobody has.</summary>
    public static Secret Password() => new(RandomNumberGenerator.GetString(Alphabet, Length));
}
