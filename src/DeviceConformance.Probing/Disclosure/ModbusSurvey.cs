using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Modbus over TCP and UDP: the device's identification (MODBUS Application Protocol 1.1b3, 6.21). No register is read or written.</summary>
internal static class ModbusSurvey
{
    private const int MaxParts = 8;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(3);
    private static readonly string[] _objects = ["vendor", "product code", "revision", "vendor address", "product", "model", "application"];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        if (request.Endpoint.Transport == Transport.Udp)
        {
            using var talk = new UdpTalk(request, context, reader);
            return await AskAsync(async question => (await talk.AskAsync("Modbus identification", question, datagram => IsAnswer(datagram.Bytes.Span, question[1]), cancellationToken))?.Bytes.ToArray(), () => talk.LastSilence, request, reader, notes);
        }

        var (connection, failure) = await Conversation.ConnectAsync(request, context, cancellationToken);
        if (connection is null)
        {
            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
        }

        await using (connection)
        {
            return await AskAsync(question => ExchangeAsync(connection, question, context.Transcript, cancellationToken), static () => Silence.NoReply, request, reader, notes);
        }
    }

    private static async Task<ProbeOutcome.Unanswered?> AskAsync(Func<byte[], Task<byte[]?>> exchange, Func<Silence> silence, DisclosureSurvey request, InformationReader reader, SurveyNotes notes)
    {
        var found = 0;
        byte next = 0;
        for (byte part = 1; part <= MaxParts; part++)
        {
            // Regular identification holds the basic one; a device that has the basic only answers with that.
            byte[] question = [0x64, part, 0, 0, 0, 5, 1, 0x2b, 0x0e, 2, next];
            var answer = await exchange(question);
            if (answer is null)
            {
                if (part == 1)
                {
                    return new ProbeOutcome.Unanswered(silence(), $"{request.Endpoint}: Modbus device identification has no answer.");
                }

                notes.Gap("the rest of the identification did not come");
                break;
            }

            if (answer[7] != 0x2b)
            {
                notes.Done($"identification is refused with exception {answer[8]}");
                break;
            }

            var (objects, more, following) = Objects(answer);
            foreach (var (number, text) in objects)
            {
                found++;
                var name = number < _objects.Length ? _objects[number] : $"object {number}";
                notes.Add(reader.Read(text, TextKind.Banner), $"Modbus {name}");
                notes.Add(number == 2 ? DisclosureKind.Version : number is 1 or 5 ? DisclosureKind.Model : DisclosureKind.Product, text, $"Modbus {name}");
            }

            if (!more || following <= next)
            {
                break;
            }

            next = following;
        }

        notes.AddOpen("Modbus answers without login; the protocol has none", "Modbus");
        notes.Done($"{found} objects of identification were read");
        notes.Remark("no register was read or written: what they hold and control is the maker's");
        return null;
    }

    /// <summary>Whether bytes answer the identification request of a transaction.</summary>
    internal static bool IsAnswer(ReadOnlySpan<byte> bytes, byte transaction) =>
        bytes.Length >= 9 && bytes[0] == 0x64 && bytes[1] == transaction && bytes[2] == 0 && bytes[3] == 0 && BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) == bytes.Length - 6
        && (bytes[7] == 0xab || (bytes[7] == 0x2b && bytes.Length >= 14));

    /// <summary>The objects of an answer, and whether and from where more follow.</summary>
    internal static (List<(int Number, string Text)> Objects, bool More, byte Next) Objects(ReadOnlySpan<byte> bytes)
    {
        var objects = new List<(int, string)>();
        var at = 14;
        for (var count = bytes[13]; count > 0 && at + 2 <= bytes.Length && at + 2 + bytes[at + 1] <= bytes.Length; count--)
        {
            objects.Add((bytes[at], Encoding.Latin1.GetString(bytes.Slice(at + 2, bytes[at + 1])).Trim('\0', ' ')));
            at += 2 + bytes[at + 1];
        }

        return (objects, bytes[11] == 0xff, bytes[12]);
    }

    private static async Task<byte[]?> ExchangeAsync(DutConnection connection, byte[] question, Transcript transcript, CancellationToken cancellationToken)
    {
        transcript.Note($"-> Modbus {Convert.ToHexStringLower(question)}");
        using var said = new MemoryStream();
        if (await connection.SendAsync(question, _deadline, cancellationToken) is not null
            || await connection.ReadUntilAsync(bytes =>
            {
                said.Write(bytes.Span);
                return said.Length >= 6 && said.Length >= 6 + BinaryPrimitives.ReadUInt16BigEndian(said.GetBuffer().AsSpan(4));
            }, _deadline, cancellationToken) is not null)
        {
            return null;
        }

        var answer = said.ToArray();
        transcript.Note($"<- Modbus {Convert.ToHexStringLower(answer.AsSpan(0, Math.Min(answer.Length, 300)))}");
        return IsAnswer(answer, question[1]) ? answer : null;
    }
}
