using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;

namespace DeviceConformance.Emulator.Lan;

/// <summary>
/// The fault snmp-public: an agent of SNMPv1 (RFC 1157) and SNMPv2c (RFC 1901, RFC 3416) with the communities of the factory. Anybody reads with
/// <c>public</c>; with <c>private</c> contact, name and place can be set, until the agent closes. To every other community and to SNMPv3 it is silent.
/// </summary>
internal sealed class SnmpAgent(DeviceState state)
{
    /// <summary>Community that reads.</summary>
    public const string ReadCommunity = "public";

    /// <summary>Community that reads and writes.</summary>
    public const string WriteCommunity = "private";

    private const int LongestDatagram = 1500;
    private const int LongestText = 255;
    private const int MostBindings = 32;
    private const int MostVariables = 64;
    private const int GetRequest = 0;
    private const int GetNextRequest = 1;
    private const int Response = 2;
    private const int SetRequest = 3;
    private const int GetBulkRequest = 5;

    // Error status (RFC 3416, 3); the first four are all that SNMPv1 has.
    private const int NoSuchName = 2;
    private const int BadValue = 3;
    private const int NoAccess = 6;
    private const int WrongType = 7;
    private const int WrongLength = 8;
    private const int NotWritable = 17;

    private const string Contact = "1.3.6.1.2.1.1.4.0";
    private const string Name = "1.3.6.1.2.1.1.5.0";
    private const string Place = "1.3.6.1.2.1.1.6.0";

    private readonly Lock gate = new();
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal) { [Contact] = "service@thermona.example", [Name] = "gw24-boiler", [Place] = "cellar" };
    private readonly long started = state.Time.GetTimestamp();

    /// <summary>Answers a datagram; null when it is no request of a community that is let in. Never throws, whatever the bytes.</summary>
    public byte[]? Answer(ReadOnlyMemory<byte> datagram)
    {
        try
        {
            return datagram.Length > LongestDatagram ? null : Respond(new AsnReader(datagram, AsnEncodingRules.BER).ReadSequence());
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private byte[]? Respond(AsnReader message)
    {
        if (!message.TryReadInt32(out var version) || version is not (0 or 1))
        {
            return null;
        }

        var community = System.Text.Encoding.Latin1.GetString(message.ReadOctetString());
        var kind = message.PeekTag();
        if (community is not (ReadCommunity or WriteCommunity) || kind.TagClass != TagClass.ContextSpecific || kind.TagValue is not (GetRequest or GetNextRequest or SetRequest or GetBulkRequest) || (version == 0 && kind.TagValue == GetBulkRequest))
        {
            return null;
        }

        var request = message.ReadSequence(kind);
        if (!request.TryReadInt32(out var id) || !request.TryReadInt32(out var single) || !request.TryReadInt32(out var repetitions))
        {
            return null;
        }

        var asked = new List<(Oid Oid, ReadOnlyMemory<byte> Value)>();
        for (var list = request.ReadSequence(); list.HasData;)
        {
            var pair = list.ReadSequence();
            if (asked.Count == MostBindings || !Oid.TryParse(pair.ReadObjectIdentifier(), out var oid))
            {
                return null;
            }

            asked.Add((oid, pair.ReadEncodedValue()));
        }

        lock (gate)
        {
            var (error, index) = kind.TagValue == SetRequest ? Set(version, community, asked) : (0, 0);
            var found = kind.TagValue switch
            {
                GetRequest => [.. asked.Select(pair => (pair.Oid, Find(pair.Oid) ?? NoSuchObject))],
                GetNextRequest => [.. asked.Select(pair => After(pair.Oid))],
                GetBulkRequest => Bulk([.. asked.Select(pair => pair.Oid)], single, repetitions),
                _ => asked,
            };
            if (version == 0 && error == 0 && kind.TagValue != SetRequest && found.FindIndex(pair => pair.Value.Span[0] >= 0x80) is var missing and >= 0)
            {
                // SNMPv1 has no word for one that is not there: the whole request fails (RFC 1157, 4.1.2).
                (error, index, found) = (NoSuchName, missing + 1, asked);
            }

            return Write(version, community, id, error, index, found);
        }
    }

    private (int Error, int Index) Set(int version, string community, List<(Oid Oid, ReadOnlyMemory<byte> Value)> asked)
    {
        var changes = new List<(string Oid, string Text)>();
        for (var index = 0; index < asked.Count; index++)
        {
            var name = asked[index].Oid.ToString();
            var value = new AsnReader(asked[index].Value, AsnEncodingRules.BER);
            var error = community != WriteCommunity ? (version == 0 ? NoSuchName : NoAccess)
                : !texts.ContainsKey(name) ? (version == 0 ? NoSuchName : NotWritable)
                : !value.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString) ? (version == 0 ? BadValue : WrongType)
                : 0;
            var text = error == 0 ? System.Text.Encoding.Latin1.GetString(value.ReadOctetString()) : "";
            error = error == 0 && text.Length > LongestText ? (version == 0 ? BadValue : WrongLength) : error;
            if (error != 0)
            {
                return (error, index + 1);
            }

            changes.Add((name, text));
        }

        foreach (var (name, text) in changes)
        {
            texts[name] = text;
            state.Log.Note($"SNMP: {name} is set to '{DeviceLog.Foreign(text)}'");
        }

        return (0, 0);
    }

    private List<(Oid Oid, ReadOnlyMemory<byte> Value)> Bulk(List<Oid> asked, int single, int repetitions)
    {
        single = Math.Clamp(single, 0, asked.Count);
        List<(Oid Oid, ReadOnlyMemory<byte> Value)> found = [.. asked[..single].Select(After)];
        var row = asked[single..];
        for (var round = 0; round < repetitions && row.Count > 0 && found.Count + row.Count <= MostVariables; round++)
        {
            var next = row.ConvertAll(After);
            found.AddRange(next);
            row = next.ConvertAll(pair => pair.Oid);
        }

        return found;
    }

    private ReadOnlyMemory<byte>? Find(Oid oid) => Variables().FirstOrDefault(variable => variable.Oid.CompareTo(oid) == 0).Value is { Length: > 0 } value ? value : (ReadOnlyMemory<byte>?)null;

    private (Oid Oid, ReadOnlyMemory<byte> Value) After(Oid oid) =>
        Variables().FirstOrDefault(variable => variable.Oid.CompareTo(oid) > 0) is { Value.Length: > 0 } next ? next : (oid, EndOfView);

    private static ReadOnlyMemory<byte> NoSuchObject { get; } = new byte[] { 0x80, 0 };

    private static ReadOnlyMemory<byte> EndOfView { get; } = new byte[] { 0x82, 0 };

    /// <summary>What can be read, in the order of the names: the system group, the one interface, values of the maker.</summary>
    private IEnumerable<(Oid Oid, ReadOnlyMemory<byte> Value)> Variables() =>
        new (string Name, Action<AsnWriter> Write)[]
        {
            ("1.3.6.1.2.1.1.1.0", writer => Text(writer, $"Thermona GW-24 Connect, firmware {state.Firmware.Version}, Linux 4.9.118")),
            ("1.3.6.1.2.1.1.2.0", writer => writer.WriteObjectIdentifier("1.3.6.1.4.1.32473.24")),
            // Hundredths of a second, of an application type (RFC 2578, 7.1.8).
            ("1.3.6.1.2.1.1.3.0", writer => writer.WriteInteger((long)state.Time.GetElapsedTime(started).TotalMilliseconds / 10 % uint.MaxValue, new Asn1Tag(TagClass.Application, 3))),
            (Contact, writer => Text(writer, texts[Contact])),
            (Name, writer => Text(writer, texts[Name])),
            (Place, writer => Text(writer, texts[Place])),
            ("1.3.6.1.2.1.2.2.1.6.1", writer => writer.WriteOctetString([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01])),
            ("1.3.6.1.4.1.32473.24.1.0", writer => writer.WriteInteger(state.Settings.SetPoint)),
            ("1.3.6.1.4.1.32473.24.2.0", writer => Text(writer, "burner: standby")),
        }.Select(variable =>
        {
            var writer = new AsnWriter(AsnEncodingRules.BER);
            variable.Write(writer);
            return (Oid.Parse(variable.Name), (ReadOnlyMemory<byte>)writer.Encode());
        });

    private static void Text(AsnWriter writer, string text) => writer.WriteOctetString(System.Text.Encoding.Latin1.GetBytes(text));

    private static byte[] Write(int version, string community, int id, int error, int index, List<(Oid Oid, ReadOnlyMemory<byte> Value)> variables)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(version);
            Text(writer, community);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, Response)))
            {
                writer.WriteInteger(id);
                writer.WriteInteger(error);
                writer.WriteInteger(index);
                using (writer.PushSequence())
                {
                    foreach (var (oid, value) in variables)
                    {
                        using (writer.PushSequence())
                        {
                            writer.WriteObjectIdentifier(oid.ToString());
                            writer.WriteEncodedValue(value.Span);
                        }
                    }
                }
            }
        }

        return writer.Encode();
    }

    /// <summary>The name of a variable, ordered as an agent walks.</summary>
    private readonly record struct Oid : IComparable<Oid>
    {
        private readonly BigInteger[] parts;

        private Oid(BigInteger[] parts) => this.parts = parts;

        public static Oid Parse(string text) => new([.. text.Split('.').Select(part => BigInteger.Parse(part, CultureInfo.InvariantCulture))]);

        // Numbers of a name reach to 2^32 - 1, and there are at most 128 (RFC 2578, 3.5).
        public static bool TryParse(string text, out Oid oid)
        {
            oid = Parse(text);
            return oid.parts.Length <= 128 && oid.parts.All(part => part <= uint.MaxValue);
        }

        public int CompareTo(Oid other) => parts.AsSpan().SequenceCompareTo(other.parts);

        public override string ToString() => string.Join('.', parts);
    }
}
