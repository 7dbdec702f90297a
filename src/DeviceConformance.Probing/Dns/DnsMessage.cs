using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace DeviceConformance.Probing.Dns;

/// <summary>Record types that the surveys read (RFC 1035, 3.2.2; RFC 3596; RFC 2782).</summary>
internal enum DnsType
{
    /// <summary>IPv4 address.</summary>
    A = 1,

    /// <summary>Name server.</summary>
    Ns = 2,

    /// <summary>Pointer to a name.</summary>
    Ptr = 12,

    /// <summary>Kind of machine and operating system.</summary>
    Hinfo = 13,

    /// <summary>Text.</summary>
    Txt = 16,

    /// <summary>IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Host and port of a service; NetBIOS uses the same number for its node status (RFC 1002, 4.2.18).</summary>
    Srv = 33,

    /// <summary>Whatever there is.</summary>
    Any = 255,
}

/// <summary>A resource record.</summary>
/// <param name="Name">Owner.</param>
/// <param name="Type">Type.</param>
/// <param name="Data">Data as sent.</param>
/// <param name="Target">The name in the data of PTR, NS and SRV; empty for others.</param>
/// <param name="Texts">The strings of TXT and HINFO.</param>
internal sealed record DnsRecord(string Name, DnsType Type, ReadOnlyMemory<byte> Data, string Target, ImmutableArray<string> Texts)
{
    /// <summary>The address of A and AAAA, or null.</summary>
    public IPAddress? Address => (Type, Data.Length) is (DnsType.A, 4) or (DnsType.Aaaa, 16) ? new IPAddress(Data.Span) : null;

    /// <summary>The port of SRV; 0 for others.</summary>
    public int Port => Type == DnsType.Srv && Data.Length >= 6 ? BinaryPrimitives.ReadUInt16BigEndian(Data.Span[4..]) : 0;
}

/// <summary>A DNS message (RFC 1035, 4), multicast DNS included (RFC 6762, 18). Reading never throws, whatever the bytes.</summary>
/// <param name="Id">Id.</param>
/// <param name="Flags">The 16 bits behind the id.</param>
/// <param name="Records">Records of all sections.</param>
internal sealed record DnsMessage(ushort Id, ushort Flags, ImmutableArray<DnsRecord> Records)
{
    private const int MaxRecords = 200;
    private const int MaxQuestions = 50;
    private const int MaxName = 255;
    private const int MaxJumps = 16;

    /// <summary>Names with types that it asks for, at most 50.</summary>
    public ImmutableArray<(string Name, DnsType Type)> Questions { get; init; } = [];

    /// <summary>Whether it is a response.</summary>
    public bool IsResponse => (Flags & 0x8000) != 0;

    /// <summary>Whether the server offers recursion.</summary>
    public bool OffersRecursion => (Flags & 0x0080) != 0;

    /// <summary>Response code; 0 for none.</summary>
    public int Code => Flags & 15;

    /// <summary>A query.</summary>
    /// <param name="id">Id.</param>
    /// <param name="recursion">Whether recursion is desired.</param>
    /// <param name="questions">Names with types; class IN unless <paramref name="dnsClass"/> says otherwise.</param>
    /// <param name="dnsClass">Class; 3 is CHAOS.</param>
    public static byte[] Query(ushort id, bool recursion, IEnumerable<(string Name, DnsType Type)> questions, int dnsClass = 1)
    {
        var all = questions.ToList();
        var bytes = new List<byte> { (byte)(id >> 8), (byte)id, (byte)(recursion ? 1 : 0), 0, 0, (byte)all.Count, 0, 0, 0, 0, 0, 0 };
        foreach (var (name, type) in all)
        {
            foreach (var label in Labels(name))
            {
                var text = Encoding.UTF8.GetBytes(label);
                bytes.AddRange([(byte)Math.Min(text.Length, 63), .. text.AsSpan(0, Math.Min(text.Length, 63))]);
            }

            bytes.AddRange([0, (byte)((int)type >> 8), (byte)type, (byte)(dnsClass >> 8), (byte)dnsClass]);
        }

        return [.. bytes];
    }

    /// <summary>Reads a message.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> datagram, out DnsMessage message)
    {
        message = null!;
        var bytes = datagram.Span;
        if (bytes.Length < 12)
        {
            return false;
        }

        var at = 12;
        var asked = ImmutableArray.CreateBuilder<(string Name, DnsType Type)>();
        for (var questions = Word(bytes, 4); questions > 0; questions--)
        {
            if (!TryName(bytes, ref at, out var name) || (at += 4) > bytes.Length)
            {
                return false;
            }

            if (asked.Count < MaxQuestions)
            {
                asked.Add((name, (DnsType)Word(bytes, at - 4)));
            }
        }

        var records = ImmutableArray.CreateBuilder<DnsRecord>();
        var count = Word(bytes, 6) + Word(bytes, 8) + Word(bytes, 10);
        while (records.Count < Math.Min(count, MaxRecords))
        {
            if (!TryName(bytes, ref at, out var name) || at + 10 > bytes.Length)
            {
                return false;
            }

            var type = (DnsType)Word(bytes, at);
            var length = Word(bytes, at + 8);
            at += 10;
            if (length > bytes.Length - at)
            {
                return false;
            }

            records.Add(Record(datagram, name, type, at, length));
            at += length;
        }

        message = new DnsMessage((ushort)Word(bytes, 0), (ushort)Word(bytes, 2), records.ToImmutable()) { Questions = asked.ToImmutable() };
        return true;
    }

    /// <summary>The labels of a name as the surveys write it: a dot inside a label has a backslash before it.</summary>
    public static IEnumerable<string> Labels(string name)
    {
        var label = new StringBuilder();
        for (var index = 0; index < name.Length; index++)
        {
            if (name[index] == '\\' && index + 1 < name.Length)
            {
                label.Append(name[++index]);
            }
            else if (name[index] == '.')
            {
                if (label.Length > 0)
                {
                    yield return label.ToString();
                }

                label.Clear();
            }
            else
            {
                label.Append(name[index]);
            }
        }

        if (label.Length > 0)
        {
            yield return label.ToString();
        }
    }

    private static DnsRecord Record(ReadOnlyMemory<byte> datagram, string name, DnsType type, int at, int length)
    {
        var start = type == DnsType.Srv ? at + 6 : at;
        var target = "";
        if (type is DnsType.Ptr or DnsType.Ns or DnsType.Srv && start < at + length && !TryName(datagram.Span, ref start, out target))
        {
            target = "";
        }

        return new DnsRecord(name, type, datagram.Slice(at, length), target, type is DnsType.Txt or DnsType.Hinfo ? Strings(datagram.Span.Slice(at, length)) : []);
    }

    private static ImmutableArray<string> Strings(ReadOnlySpan<byte> data)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        while (data.Length > 0 && data[0] < data.Length)
        {
            texts.Add(Encoding.UTF8.GetString(data.Slice(1, data[0])));
            data = data[(data[0] + 1)..];
        }

        return texts.ToImmutable();
    }

    private static bool TryName(ReadOnlySpan<byte> bytes, ref int at, out string name)
    {
        name = "";
        var text = new StringBuilder();
        var read = at;
        var after = -1;
        for (var jumps = 0; read < bytes.Length;)
        {
            var length = bytes[read];
            if (length == 0)
            {
                at = after < 0 ? read + 1 : after;
                name = text.ToString();
                return true;
            }

            if (length >= 0xc0)
            {
                if (read + 1 >= bytes.Length || ++jumps > MaxJumps)
                {
                    return false;
                }

                after = after < 0 ? read + 2 : after;
                read = ((length & 0x3f) << 8) | bytes[read + 1];
                continue;
            }

            if (length > 63 || read + 1 + length > bytes.Length || text.Length + length > MaxName)
            {
                return false;
            }

            var label = Encoding.UTF8.GetString(bytes.Slice(read + 1, length)).Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
            text.Append(text.Length > 0 ? "." : "").Append(label);
            read += 1 + length;
        }

        return false;
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
}
