using System.Numerics;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Tls;

/// <summary>ServerKeyExchange message of TLS 1.2 and older, as far as it names a group or a size, and the algorithm of its signature.</summary>
/// <param name="Group">Group or size: x25519, DH 2048, RSA 512; empty where the key exchange has none.</param>
/// <param name="Curve">Number of the named curve; 0 when it has none.</param>
/// <param name="Prime">Prime of finite field Diffie-Hellman without leading zeros; empty when there is none.</param>
/// <param name="Public">Public value of the server; empty where it was not read.</param>
/// <param name="Signature">Number of the signature algorithm; 0 before TLS 1.2 and where nothing is signed.</param>
public sealed record ServerKeyExchange(string Group, int Curve, ReadOnlyMemory<byte> Prime, ReadOnlyMemory<byte> Public, int Signature)
{
    private const byte ExplicitPrime = 1; // RFC 4492, 5.4
    private const byte ExplicitChar2 = 2;
    private const byte NamedCurve = 3;

    /// <summary>Generator of finite field Diffie-Hellman; empty where it was not read.</summary>
    public ReadOnlyMemory<byte> Generator { get; init; }

    /// <summary>A message that tells nothing.</summary>
    public static ServerKeyExchange None { get; } = new("", 0, default, default, 0);

    /// <summary>Reads the body of the message.</summary>
    /// <param name="body">The body.</param>
    /// <param name="parameters">How the suite lays it out.</param>
    /// <param name="version">The version, on which it depends whether the signature names its algorithm (RFC 5246, 4.7).</param>
    /// <param name="exchange">What it says.</param>
    public static bool TryParse(ReadOnlySpan<byte> body, KeyExchangeParameters parameters, TlsVersion version, out ServerKeyExchange exchange)
    {
        exchange = None;
        var reader = new WireReader(body);
        var isRead = parameters switch
        {
            KeyExchangeParameters.EllipticCurve => TryCurve(ref reader, out exchange),
            KeyExchangeParameters.PskEllipticCurve => reader.TryVector16(out _) && TryCurve(ref reader, out exchange),
            KeyExchangeParameters.DiffieHellman => TryNumber(ref reader, "DH", out exchange) && TryPublic(ref reader, ref exchange),
            KeyExchangeParameters.PskDiffieHellman => reader.TryVector16(out _) && TryNumber(ref reader, "DH", out exchange),
            KeyExchangeParameters.TemporaryRsa => TryNumber(ref reader, "RSA", out exchange),
            _ => true,
        };
        if (isRead && version.AsTls() == TlsVersion.Tls12 && parameters is KeyExchangeParameters.EllipticCurve or KeyExchangeParameters.DiffieHellman && reader.TryU16(out var signature) && reader.TryVector16(out _))
        {
            exchange = exchange with { Signature = signature };
        }

        return isRead;
    }

    private static bool TryCurve(ref WireReader reader, out ServerKeyExchange exchange)
    {
        exchange = None;
        if (!reader.TryByte(out var type))
        {
            return false;
        }

        switch (type)
        {
            case ExplicitPrime or ExplicitChar2:
                exchange = None with { Group = "explicit curve" };
                return true;
            case NamedCurve when reader.TryU16(out var code):
                var isThere = reader.TryVector8(out var point);
                exchange = new ServerKeyExchange(NamedGroup.Name(code), code, default, isThere ? point.ToArray() : default, 0);
                return true;
            default:
                return false;
        }
    }

    private static bool TryNumber(ref WireReader reader, string kind, out ServerKeyExchange exchange)
    {
        exchange = None;
        if (!reader.TryVector16(out var number) || number.TrimStart((byte)0) is not { IsEmpty: false } digits)
        {
            return false;
        }

        var bits = (digits.Length * 8) - BitOperations.LeadingZeroCount(digits[0]) + 24;
        exchange = new ServerKeyExchange($"{kind} {bits}", 0, kind == "DH" ? digits.ToArray() : default, default, 0);
        return true;
    }

    // Generator and public value; a message that ends before them has said its size all the same.
    private static bool TryPublic(ref WireReader reader, ref ServerKeyExchange exchange)
    {
        if (reader.TryVector16(out var generator) && reader.TryVector16(out var value))
        {
            exchange = exchange with { Generator = generator.ToArray(), Public = value.ToArray() };
        }

        return true;
    }
}
