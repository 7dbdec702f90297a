using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace DeviceConformance.Emulator.Cloud;

/// <summary>The little of DNS that the emulation says: one question for an IPv4 address and its answer (RFC 1035, 4.1).</summary>
internal static class NameMessages
{
    /// <summary>Type of an IPv4 address (RFC 1035, 3.2.2).</summary>
    public const ushort AddressType = 1;

    private const int Header = 12;
    private const int LongestLabel = 63;
    private const ushort Question = 0x0100;
    private const ushort Answer = 0x8180;
    private const ushort NoSuchName = 3;

    /// <summary>Asks for a name.</summary>
    public static byte[] Ask(ushort id, string name)
    {
        var message = new List<byte>(64);
        Append(message, id, Question, 1, 0, 0, 0);
        foreach (var label in name.Split('.'))
        {
            message.Add((byte)label.Length);
            message.AddRange(Encoding.ASCII.GetBytes(label));
        }

        message.Add(0);
        Append(message, AddressType, 1);
        return [.. message];
    }

    /// <summary>Reads the question of a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="name">Name in lower case.</param>
    /// <param name="type">Record type asked for.</param>
    /// <param name="end">First byte behind the question.</param>
    public static bool TryReadQuestion(ReadOnlySpan<byte> message, out string name, out ushort type, out int end)
    {
        (name, type, end) = ("", 0, Header);
        if (message.Length < Header || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return false;
        }

        var labels = new List<string>();
        while (end < message.Length && message[end] != 0)
        {
            int length = message[end];
            if (length > LongestLabel || end + 1 + length >= message.Length)
            {
                return false;
            }

            labels.Add(Encoding.ASCII.GetString(message.Slice(end + 1, length)));
            end += 1 + length;
        }

        if (end + 5 > message.Length)
        {
            return false;
        }

        name = string.Join('.', labels).ToLowerInvariant();
        type = BinaryPrimitives.ReadUInt16BigEndian(message[(end + 1)..]);
        end += 5;
        return true;
    }

    /// <summary>Answers a question; null when it can not be read.</summary>
    /// <param name="question">The question as it came.</param>
    /// <param name="find">Address of a name; null: there is no such name.</param>
    public static byte[]? Reply(ReadOnlySpan<byte> question, Func<string, IPAddress?> find)
    {
        if (!TryReadQuestion(question, out var name, out var type, out var end))
        {
            return null;
        }

        var address = find(name);
        var hasAnswer = address is not null && type == AddressType;
        var message = new List<byte>(end + 16);
        Append(message, BinaryPrimitives.ReadUInt16BigEndian(question), (ushort)(address is null ? Answer | NoSuchName : Answer), 1, hasAnswer ? (ushort)1 : (ushort)0, 0, 0);
        message.AddRange(question[Header..end]);
        if (hasAnswer)
        {
            // A pointer to the question's name, type, class, 60 seconds to live, length (4.1.3, 4.1.4).
            Append(message, 0xC000 | Header, AddressType, 1, 0, 60, 4);
            message.AddRange(address!.GetAddressBytes());
        }

        return [.. message];
    }

    /// <summary>Reads the address from an answer of <see cref="Reply"/>; null when it has none.</summary>
    public static IPAddress? AddressIn(ReadOnlySpan<byte> answer) =>
        TryReadQuestion(answer, out _, out _, out var end) && BinaryPrimitives.ReadUInt16BigEndian(answer[6..]) == 1 && answer.Length == end + 16
            ? new IPAddress(answer[(end + 12)..])
            : null;

    private static void Append(List<byte> message, params ReadOnlySpan<ushort> values)
    {
        foreach (var value in values)
        {
            message.Add((byte)(value >> 8));
            message.Add((byte)value);
        }
    }
}
