using System.Numerics;
using System.Security.Cryptography;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>What a message of the server did to a key exchange.</summary>
internal enum ExchangeStep
{
    /// <summary>The next message has to be sent.</summary>
    Send,

    /// <summary>Both sides have the secret.</summary>
    Done,

    /// <summary>The message does not follow the protocol, or its values are not allowed.</summary>
    Malformed,
}

/// <summary>The client's side of a key exchange (RFC 4253, 8).</summary>
internal abstract class SshKeyExchange(HashAlgorithmName hash) : IDisposable
{
    /// <summary>The hash of the exchange.</summary>
    public HashAlgorithmName Hash { get; } = hash;

    /// <summary>The next message to send.</summary>
    public byte[] Message { get; protected set; } = [];

    /// <summary>The server's host key as it came.</summary>
    public byte[] HostKey { get; protected set; } = [];

    /// <summary>The server's signature as it came.</summary>
    public byte[] Signature { get; protected set; } = [];

    /// <summary>What is hashed between host key and secret: the public values of both sides.</summary>
    public byte[] Fields { get; protected set; } = [];

    /// <summary>The secret.</summary>
    public BigInteger Secret { get; protected set; }

    /// <summary>Bits of the modulus that the server chose; 0 where it chooses none.</summary>
    public int ModulusBits { get; protected set; }

    /// <summary>Takes a message of the server.</summary>
    public abstract ExchangeStep Take(ReadOnlySpan<byte> payload);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Host key, public value and signature of the message that ends each exchange.</summary>
    protected bool TryReply(byte number, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(payload);
        value = default;
        if (!reader.TryByte(out var found) || found != number || !reader.TryVector32(out var hostKey) || !reader.TryVector32(out value) || !reader.TryVector32(out var signature) || !reader.IsAtEnd)
        {
            return false;
        }

        (HostKey, Signature) = (hostKey.ToArray(), signature.ToArray());
        return true;
    }
}

/// <summary>Elliptic curve Diffie-Hellman on a NIST curve (RFC 5656, 4).</summary>
internal sealed class CurveExchange : SshKeyExchange
{
    private readonly ECDiffieHellman _own;
    private readonly byte[] _point;

    public CurveExchange(ECCurve curve, HashAlgorithmName hash)
        : base(hash)
    {
        _own = ECDiffieHellman.Create(curve);
        var point = _own.PublicKey.ExportParameters().Q;
        _point = [4, .. point.X!, .. point.Y!];
        Message = new SshWriter().Byte(SshMessage.KexInit).Text(_point).ToArray();
    }

    public override ExchangeStep Take(ReadOnlySpan<byte> payload)
    {
        // 4: a point in full (SEC 1, 2.3.3); RFC 5656 allows compressed ones, which nobody sends.
        if (!TryReply(SshMessage.KexReply, payload, out var theirs) || theirs.Length != _point.Length || theirs[0] != 4)
        {
            return ExchangeStep.Malformed;
        }

        var half = _point.Length / 2;
        try
        {
            using var other = ECDiffieHellman.Create(new ECParameters
            {
                Curve = _own.ExportParameters(false).Curve,
                Q = new ECPoint { X = theirs.Slice(1, half).ToArray(), Y = theirs[(1 + half)..].ToArray() },
            });
            Secret = new BigInteger(_own.DeriveRawSecretAgreement(other.PublicKey), isUnsigned: true, isBigEndian: true);
        }
        catch (CryptographicException)
        {
            // A point that is not on the curve.
            return ExchangeStep.Malformed;
        }

        Fields = new SshWriter().Text(_point).Text(theirs).ToArray();
        return ExchangeStep.Done;
    }

    protected override void Dispose(bool disposing)
    {
        _own.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>curve25519-sha256 (RFC 8731).</summary>
internal sealed class MontgomeryExchange : SshKeyExchange
{
    private readonly byte[] _private = RandomNumberGenerator.GetBytes(X25519.Length);
    private readonly byte[] _public;

    public MontgomeryExchange()
        : base(HashAlgorithmName.SHA256)
    {
        _public = X25519.PublicKey(_private);
        Message = new SshWriter().Byte(SshMessage.KexInit).Text(_public).ToArray();
    }

    public override ExchangeStep Take(ReadOnlySpan<byte> payload)
    {
        if (!TryReply(SshMessage.KexReply, payload, out var theirs) || theirs.Length != X25519.Length)
        {
            return ExchangeStep.Malformed;
        }

        // The result is read as a big-endian number, other than everywhere else (RFC 8731, 3.1).
        Secret = new BigInteger(X25519.Multiply(_private, theirs), isUnsigned: true, isBigEndian: true);
        Fields = new SshWriter().Text(_public).Text(theirs).ToArray();
        return Secret.IsZero ? ExchangeStep.Malformed : ExchangeStep.Done;
    }
}

/// <summary>Diffie-Hellman in a group of prime order (RFC 4253, 8; RFC 8268).</summary>
internal class GroupExchange : SshKeyExchange
{
    // Twice the strength of any of the groups: a longer exponent makes nothing safer.
    private const int ExponentBytes = 64;

    private BigInteger _prime;
    private BigInteger _exponent;

    /// <summary>A fixed group with generator 2.</summary>
    public GroupExchange(BigInteger prime, HashAlgorithmName hash)
        : base(hash) => Start(prime, 2, SshMessage.KexInit);

    /// <summary>A group that is known later.</summary>
    protected GroupExchange(HashAlgorithmName hash)
        : base(hash)
    {
    }

    /// <summary>The own public value.</summary>
    protected BigInteger Public { get; private set; }

    public override ExchangeStep Take(ReadOnlySpan<byte> payload) => TakeReply(SshMessage.KexReply, payload);

    protected void Start(BigInteger prime, BigInteger generator, byte number)
    {
        _prime = prime;
        _exponent = new BigInteger(RandomNumberGenerator.GetBytes(ExponentBytes), isUnsigned: true) % ((prime - 1) / 2);
        Public = BigInteger.ModPow(generator, _exponent, prime);
        Message = new SshWriter().Byte(number).Number(Public).ToArray();
    }

    protected ExchangeStep TakeReply(byte number, ReadOnlySpan<byte> payload)
    {
        // Values at the ends would give away the secret (RFC 4253, 8).
        if (!TryReply(number, payload, out var content) || !SshWriter.TryNumber(content, out var theirs) || theirs <= 1 || theirs >= _prime - 1)
        {
            return ExchangeStep.Malformed;
        }

        Secret = BigInteger.ModPow(theirs, _exponent, _prime);
        Fields = [.. Fields, .. new SshWriter().Number(Public).Number(theirs).ToArray()];
        return ExchangeStep.Done;
    }
}

/// <summary>Diffie-Hellman in a group that the server chooses (RFC 4419).</summary>
internal sealed class NegotiatedGroupExchange : GroupExchange
{
    /// <summary>Bits that an offer names at the most (RFC 4419, 3).</summary>
    private const uint Largest = 8192;
    private const int Smallest = 512;

    private bool _hasGroup;

    /// <summary>An exchange that asks for a usual size.</summary>
    public NegotiatedGroupExchange(HashAlgorithmName hash)
        : this(hash, 1024, 2048)
    {
    }

    private NegotiatedGroupExchange(HashAlgorithmName hash, uint least, uint wanted)
        : base(hash)
    {
        Fields = new SshWriter().U32(least).U32(wanted).U32(Largest).ToArray();
        Message = [SshMessage.GroupRequest, .. Fields];
    }

    /// <summary>An exchange that asks for the smallest group that the server is willing to use.</summary>
    public static NegotiatedGroupExchange ForSmallest(HashAlgorithmName hash) => new(hash, Smallest, Smallest);

    public override ExchangeStep Take(ReadOnlySpan<byte> payload)
    {
        if (_hasGroup)
        {
            return TakeReply(SshMessage.GroupReply, payload);
        }

        var reader = new WireReader(payload);
        if (!reader.TryByte(out var number) || number != SshMessage.KexReply
            || !reader.TryVector32(out var first) || !SshWriter.TryNumber(first, out var prime)
            || !reader.TryVector32(out var second) || !SshWriter.TryNumber(second, out var generator)
            || !reader.IsAtEnd || prime.IsEven || prime.GetBitLength() < 64 || generator <= 1 || generator >= prime - 1)
        {
            return ExchangeStep.Malformed;
        }

        _hasGroup = true;
        ModulusBits = (int)prime.GetBitLength();
        Start(prime, generator, SshMessage.GroupInit);
        Fields = [.. Fields, .. new SshWriter().Number(prime).Number(generator).ToArray()];
        return ExchangeStep.Send;
    }
}
