using System.Security.Cryptography;
using System.Text;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>HKDF-Expand-Label with an empty context (RFC 8446, 7.1).</summary>
internal static class HkdfLabel
{
    /// <summary>Derives a key.</summary>
    /// <param name="hash">Hash of the suite.</param>
    /// <param name="secret">Secret.</param>
    /// <param name="label">Label without "tls13 ".</param>
    /// <param name="length">Bytes wanted.</param>
    public static byte[] Expand(HashAlgorithmName hash, ReadOnlySpan<byte> secret, string label, int length)
    {
        var name = Encoding.ASCII.GetBytes("tls13 " + label);
        byte[] info = [(byte)(length >> 8), (byte)length, (byte)name.Length, .. name, 0];
        var key = new byte[length];
        HKDF.Expand(hash, secret, key, info);
        return key;
    }
}
