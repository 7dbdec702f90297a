using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace DeviceConformance.Probing.Coap;

/// <summary>Types of CoAP messages (RFC 7252, 3).</summary>
internal enum CoapType
{
    /// <summary>Wants an acknowledgement.</summary>
    Confirmable,

    /// <summary>Wants none.</summary>
    NonConfirmable,

    /// <summary>Acknowledges.</summary>
    Acknowledgement,

    /// <summary>Can not be processed.</summary>
    Reset,
}

/// <summary>An option with its number.</summary>
internal readonly record struct CoapOption(int Number, ReadOnlyMemory<byte> Value)
{
    /// <summary>The value as an unsigned number; 0 for none, at most 32 bits.</summary>
    public uint Number32
    {
        get
        {
            uint number = 0;
            foreach (var value in Value.Span[..Math.Min(Value.Length, 4)])
            {
                number = (number << 8) | value;
            }

            return number;
        }
    }

    /// <summary>An option whose value is a number, in as few bytes as it needs (RFC 7252, 3.2).</summary>
    public static CoapOption OfNumber(int number, uint value)
    {
        byte[] whole = [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
        return new CoapOption(number, whole.AsMemory(Array.FindIndex([.. whole, 1], part => part != 0)));
    }
}

/// <summary>A CoAP message over UDP (RFC 7252, 3). Reading never throws, whatever the bytes.</summary>
/// <param name="Type">Type.</param>
/// <param name="Code">Code as on the wire: class in the upper three bits, detail below.</param>
/// <param name="Id">Message id.</param>
/// <param name="Token">Token, at most eight bytes.</param>
/// <param name="Options">Options in the order of their numbers.</param>
/// <param name="Payload">Payload.</param>
internal sealed record CoapMessage(CoapType Type, byte Code, ushort Id, ReadOnlyMemory<byte> Token, ImmutableArray<CoapOption> Options, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Code of GET.</summary>
    public const byte Get = 1;

    /// <summary>Option Observe (RFC 7641, 2).</summary>
    public const int Observe = 6;

    /// <summary>Option Uri-Path.</summary>
    public const int UriPath = 11;

    /// <summary>Option Content-Format.</summary>
    public const int ContentFormat = 12;

    /// <summary>Option Uri-Query.</summary>
    public const int UriQuery = 15;

    /// <summary>Option Block2 (RFC 7959, 2.1).</summary>
    public const int Block2 = 23;

    private const int MaxOptions = 64;

    /// <summary>Class of the code: 2 success, 4 client's fault, 5 server's.</summary>
    public int Class => Code >> 5;

    /// <summary>The code as it is written: 2.05.</summary>
    public string CodeText => $"{Code >> 5}.{Code & 31:00}";

    /// <summary>An option's value, or null.</summary>
    public CoapOption? Option(int number) => Options.Where(option => option.Number == number).Cast<CoapOption?>().FirstOrDefault();

    /// <summary>A GET of a path.</summary>
    public static CoapMessage GetOf(string path, ushort id, ReadOnlyMemory<byte> token, params ReadOnlySpan<CoapOption> further)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var options = ImmutableArray.CreateBuilder<CoapOption>();
        foreach (var segment in (query < 0 ? path : path[..query]).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            options.Add(new CoapOption(UriPath, Encoding.UTF8.GetBytes(Uri.UnescapeDataString(segment))));
        }

        foreach (var part in query < 0 ? [] : path[(query + 1)..].Split('&'))
        {
            options.Add(new CoapOption(UriQuery, Encoding.UTF8.GetBytes(Uri.UnescapeDataString(part))));
        }

        options.AddRange(further);
        return new CoapMessage(CoapType.Confirmable, Get, id, token, [.. options.OrderBy(option => option.Number)], default);
    }

    /// <summary>The message's bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte> { (byte)(0x40 | ((int)Type << 4) | Token.Length), Code, (byte)(Id >> 8), (byte)Id };
        bytes.AddRange(Token.Span);
        var last = 0;
        foreach (var option in Options)
        {
            var (delta, deltaMore) = Nibble(option.Number - last);
            var (length, lengthMore) = Nibble(option.Value.Length);
            bytes.Add((byte)((delta << 4) | length));
            bytes.AddRange([.. deltaMore, .. lengthMore, .. option.Value.Span]);
            last = option.Number;
        }

        return Payload.IsEmpty ? [.. bytes] : [.. bytes, 0xff, .. Payload.Span];
    }

    /// <summary>Reads a message.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> datagram, out CoapMessage message)
    {
        message = null!;
        var bytes = datagram.Span;
        if (bytes.Length < 4 || bytes[0] >> 6 != 1 || (bytes[0] & 15) is var tokenLength && (tokenLength > 8 || bytes.Length < 4 + tokenLength))
        {
            return false;
        }

        var options = ImmutableArray.CreateBuilder<CoapOption>();
        var at = 4 + tokenLength;
        var number = 0;
        while (at < bytes.Length && bytes[at] != 0xff)
        {
            var head = bytes[at++];
            if (options.Count == MaxOptions || !TryExtend(bytes, ref at, head >> 4, out var delta) || !TryExtend(bytes, ref at, head & 15, out var length)
                || bytes.Length - at < length || number + delta > ushort.MaxValue)
            {
                return false;
            }

            number += delta;
            options.Add(new CoapOption(number, datagram.Slice(at, length)));
            at += length;
        }

        // A marker without a payload behind it is an error of form (3).
        if (at < bytes.Length && at + 1 == bytes.Length)
        {
            return false;
        }

        message = new CoapMessage((CoapType)((bytes[0] >> 4) & 3), bytes[1], BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), datagram.Slice(4, tokenLength), options.ToImmutable(), at < bytes.Length ? datagram[(at + 1)..] : default);
        return true;
    }

    private static (int Nibble, byte[] More) Nibble(int value) => value switch
    {
        < 13 => (value, []),
        < 269 => (13, [(byte)(value - 13)]),
        _ => (14, [(byte)((value - 269) >> 8), (byte)(value - 269)]),
    };

    private static bool TryExtend(ReadOnlySpan<byte> bytes, ref int at, int nibble, out int value)
    {
        value = nibble;
        switch (nibble)
        {
            case < 13:
                return true;
            case 13 when at < bytes.Length:
                value = bytes[at++] + 13;
                return true;
            case 14 when at + 1 < bytes.Length:
                value = BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) + 269;
                at += 2;
                return true;
            default:
                return false;
        }
    }
}

/// <summary>A link of the CoRE link format (RFC 6690).</summary>
/// <param name="Target">Target as written.</param>
/// <param name="IsObservable">Whether it has the attribute obs (RFC 7641, 6).</param>
internal readonly record struct CoapLink(string Target, bool IsObservable)
{
    private const int MaxLinks = 200;

    /// <summary>Reads a list of links; what is no link is passed over.</summary>
    public static ImmutableArray<CoapLink> Read(string text)
    {
        var links = ImmutableArray.CreateBuilder<CoapLink>();
        var at = 0;
        while (links.Count < MaxLinks && text.IndexOf('<', at) is var start and >= 0 && text.IndexOf('>', start) is var end and >= 0)
        {
            // The attributes reach to the next comma outside quotes.
            var quoted = false;
            at = end + 1;
            while (at < text.Length && (quoted || text[at] != ','))
            {
                quoted ^= text[at] == '"';
                at++;
            }

            links.Add(new CoapLink(text[(start + 1)..end], text[(end + 1)..at].Split(';').Any(attribute => attribute.Trim().Split('=')[0] == "obs")));
        }

        return links.ToImmutable();
    }
}
