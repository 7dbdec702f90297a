using System.Security.Cryptography;
using System.Text;

namespace DeviceConformance.Emulator.Login;

/// <summary>Comparison of secrets.</summary>
internal static class Passwords
{
    /// <summary>Whether two texts are equal, in a time that does not tell where they differ.</summary>
    public static bool AreEqual(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(left)), SHA256.HashData(Encoding.UTF8.GetBytes(right)));
}
