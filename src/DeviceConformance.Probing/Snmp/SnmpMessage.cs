using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace DeviceConformance.Probing.Snmp;

/// <summary>A variable with its value, as an agent gives it.</summary>
/// <param name="Oid">Name in numbers with dots.</param>
/// <param name="Type">BER tag of the value: 0x04 text or bytes, 0x40 address, 0x80 to 0x82 nothing there (RFC 3416, 3).</param>
/// <param name="Value">The value's bytes.</param>
internal readonly record struct SnmpVariable(string Oid, byte Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>Whether there is no such object or nothing after it.</summary>
    public bool IsAbsent => Type is 0x80 or 0x81 or 0x82 or 0x05;

    /// <summary>The value for people: text when all of it is printable, addresses with dots, numbers, otherwise hex.</summary>
    public string Text => Type switch
    {
        0x04 => Printable(Value.Span),
        0x40 when Value.Length == 4 => new IPAddress(Value.Span).ToString(),
        0x06 => Snmp.Oid.TryRead(Value.Span, out var oid) ? oid : "",
        0x02 or 0x41 or 0x42 or 0x43 or 0x46 => BerReader.BerNumber(Value.Span).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToHexStringLower(Value.Span),
    };

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes).TrimEnd('\0');
        return text.All(character => !char.IsControl(character) || char.IsWhiteSpace(character)) && !text.Contains('\ufffd', StringComparison.Ordinal) ? text : Convert.ToHexStringLower(bytes);
    }
}

/// <summary>A variable in a request.</summary>
/// <param name="Oid">Name.</param>
/// <param name="Type">BER tag of the value.</param>
/// <param name="Value">Value; null to ask for it.</param>
internal readonly record struct SnmpBinding(string Oid, byte Type = 0, byte[]? Value = null);

/// <summary>An agent's response.</summary>
/// <param name="Version">0 for SNMPv1, 1 for SNMPv2c.</param>
/// <param name="Community">Community as repeated.</param>
/// <param name="RequestId">Number of the request.</param>
/// <param name="Error">Error status; 0 for none.</param>
/// <param name="Variables">Variables.</param>
internal sealed record SnmpResponse(int Version, string Community, int RequestId, int Error, ImmutableArray<SnmpVariable> Variables);

/// <summary>What an SNMPv3 engine tells anybody who asks (RFC 3414, 4).</summary>
/// <param name="EngineId">Engine id.</param>
/// <param name="Boots">How often it has started.</param>
/// <param name="Seconds">How long it runs.</param>
internal sealed record SnmpEngine(ReadOnlyMemory<byte> EngineId, int Boots, int Seconds)
{
    /// <summary>The hardware address in an engine id of format 3 (RFC 3411, 5, SnmpEngineID), or null.</summary>
    public string? HardwareAddress =>
        EngineId.Length == 11 && EngineId.Span[0] >= 0x80 && EngineId.Span[4] == 3
            ? string.Join(':', EngineId[5..].ToArray().Select(value => value.ToString("x2", CultureInfo.InvariantCulture)))
            : null;

    /// <summary>Number of the maker in the IANA registry of enterprises.</summary>
    public int Enterprise => EngineId.Length < 4 ? 0 : (int)(BerReader.BerNumber(EngineId[..4].Span) & 0x7fffffff);
}

/// <summary>SNMP messages (RFC 1157, RFC 1901, RFC 3416; discovery of RFC 3414). Reading never throws, whatever the bytes.</summary>
internal static class SnmpMessage
{
    /// <summary>GetRequest.</summary>
    public const byte Get = 0xa0;

    /// <summary>GetNextRequest.</summary>
    public const byte GetNext = 0xa1;

    /// <summary>GetBulkRequest (SNMPv2c and later).</summary>
    public const byte GetBulk = 0xa5;

    /// <summary>SetRequest.</summary>
    public const byte Set = 0xa3;

    private const int MaxVariables = 256;

    /// <summary>A request.</summary>
    /// <param name="version">0 for SNMPv1, 1 for SNMPv2c.</param>
    /// <param name="community">Community.</param>
    /// <param name="pdu">Kind of request.</param>
    /// <param name="id">Its number.</param>
    /// <param name="repetitions">Max-repetitions of a GetBulkRequest; 0 otherwise.</param>
    /// <param name="variables">Names, with values for a SetRequest and null otherwise.</param>
    public static byte[] Request(int version, string community, byte pdu, int id, int repetitions, params ReadOnlySpan<SnmpBinding> variables)
    {
        var bindings = new List<byte>();
        foreach (var (oid, type, value) in variables)
        {
            bindings.AddRange(Tlv(0x30, [.. Tlv(0x06, Oid.Bytes(oid)), .. value is null ? [0x05, 0] : Tlv(type, value)]));
        }

        return Tlv(0x30,
        [
            .. Integer(version), .. Tlv(0x04, Encoding.Latin1.GetBytes(community)),
            .. Tlv(pdu, [.. Integer(id), .. Integer(0), .. Integer(repetitions), .. Tlv(0x30, [.. bindings])]),
        ]);
    }

    /// <summary>The empty SNMPv3 request that makes an engine tell its id.</summary>
    public static byte[] Discovery(int id) => Tlv(0x30,
    [
        .. Integer(3),
        // Reportable, no authentication, no privacy; user-based security model.
        .. Tlv(0x30, [.. Integer(id), .. Integer(65507), .. Tlv(0x04, [0x04]), .. Integer(3)]),
        .. Tlv(0x04, Tlv(0x30, [.. Tlv(0x04, []), .. Integer(0), .. Integer(0), .. Tlv(0x04, []), .. Tlv(0x04, []), .. Tlv(0x04, [])])),
        .. Tlv(0x30, [.. Tlv(0x04, []), .. Tlv(0x04, []), .. Tlv(Get, [.. Integer(id), .. Integer(0), .. Integer(0), .. Tlv(0x30, [])])]),
    ]);

    /// <summary>Reads a GetResponse of SNMPv1 or SNMPv2c.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SnmpResponse response)
    {
        response = null!;
        var message = new BerReader(bytes);
        if (!message.TryEnter(0x30) || !message.TryReadInteger(out var version) || version is not (0 or 1) || !message.TryRead(0x04, out var community)
            || !message.TryEnter(0xa2) || !message.TryReadInteger(out var id) || !message.TryReadInteger(out var error) || !message.TryReadInteger(out _) || !message.TryEnter(0x30))
        {
            return false;
        }

        var variables = ImmutableArray.CreateBuilder<SnmpVariable>();
        while (!message.IsEmpty && variables.Count < MaxVariables)
        {
            if (!message.TryRead(0x30, out var pair))
            {
                return false;
            }

            var binding = new BerReader(pair);
            if (!binding.TryRead(0x06, out var name) || !Oid.TryRead(name, out var oid) || !binding.TryReadAny(out var type, out var value))
            {
                return false;
            }

            variables.Add(new SnmpVariable(oid, type, value.ToArray()));
        }

        response = new SnmpResponse(version, Encoding.Latin1.GetString(community), id, error, variables.ToImmutable());
        return true;
    }

    /// <summary>Reads the report by which an SNMPv3 engine answers <see cref="Discovery"/>.</summary>
    public static bool TryParseEngine(ReadOnlySpan<byte> bytes, int id, out SnmpEngine engine)
    {
        engine = null!;
        var message = new BerReader(bytes);
        if (!message.TryEnter(0x30) || !message.TryReadInteger(out var version) || version != 3 || !message.TryRead(0x30, out var header) || !message.TryRead(0x04, out var security))
        {
            return false;
        }

        var head = new BerReader(header);
        var parameters = new BerReader(security);
        if (!head.TryReadInteger(out var number) || number != id || !parameters.TryEnter(0x30) || !parameters.TryRead(0x04, out var engineId)
            || !parameters.TryReadInteger(out var boots) || !parameters.TryReadInteger(out var seconds) || engineId.Length is 0 or > 32)
        {
            return false;
        }

        engine = new SnmpEngine(engineId.ToArray(), boots, seconds);
        return true;
    }

    private static byte[] Integer(int value)
    {
        byte[] whole = [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
        var start = 0;
        while (start < 3 && ((whole[start] == 0 && whole[start + 1] < 0x80) || (whole[start] == 0xff && whole[start + 1] >= 0x80)))
        {
            start++;
        }

        return Tlv(0x02, whole[start..]);
    }

    private static byte[] Tlv(byte tag, byte[] content) => content.Length switch
    {
        < 0x80 => [tag, (byte)content.Length, .. content],
        < 0x100 => [tag, 0x81, (byte)content.Length, .. content],
        _ => [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content],
    };
}

/// <summary>Object identifiers (ITU-T X.690, 8.19) as numbers with dots.</summary>
internal static class Oid
{
    private const int MaxParts = 128;

    /// <summary>The content bytes of an identifier that this harness wrote.</summary>
    public static byte[] Bytes(string oid)
    {
        var parts = oid.Split('.').Select(part => uint.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        // The first two numbers share one.
        var bytes = new List<byte>();
        foreach (var part in (uint[])[(parts[0] * 40) + parts[1], .. parts.AsSpan(2)])
        {
            for (var shift = 28; shift > 0; shift -= 7)
            {
                if (part >> shift != 0)
                {
                    bytes.Add((byte)(((part >> shift) & 0x7f) | 0x80));
                }
            }

            bytes.Add((byte)(part & 0x7f));
        }

        return [.. bytes];
    }

    /// <summary>Reads the content bytes of an identifier.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out string oid)
    {
        oid = "";
        var parts = new List<uint>();
        ulong part = 0;
        for (var index = 0; index < bytes.Length; index++)
        {
            part = (part << 7) | (uint)(bytes[index] & 0x7f);
            if (part > uint.MaxValue || parts.Count > MaxParts)
            {
                return false;
            }

            if (bytes[index] < 0x80)
            {
                if (parts.Count == 0)
                {
                    var first = (uint)Math.Min(part / 40, 2);
                    parts.Add(first);
                    part -= first * 40;
                }

                parts.Add((uint)part);
                part = 0;
            }
        }

        oid = string.Join('.', parts);
        return parts.Count > 0 && bytes[^1] < 0x80;
    }

    /// <summary>Whether an identifier lies below another.</summary>
    public static bool IsBelow(string oid, string root) => oid.Length > root.Length && oid.StartsWith(root, StringComparison.Ordinal) && oid[root.Length] == '.';

    /// <summary>Whether an identifier comes after another in the order in which an agent walks.</summary>
    public static bool IsAfter(string oid, string before)
    {
        uint[] left = [.. oid.Split('.').Select(part => uint.Parse(part, CultureInfo.InvariantCulture))];
        uint[] right = [.. before.Split('.').Select(part => uint.Parse(part, CultureInfo.InvariantCulture))];
        return left.AsSpan().SequenceCompareTo(right) > 0;
    }
}
