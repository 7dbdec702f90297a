using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>How far the opening of an SSH server has come.</summary>
public enum OpeningState
{
    /// <summary>More has to come.</summary>
    Open,

    /// <summary>All that is wanted is read.</summary>
    Complete,

    /// <summary>The server took its leave with a message.</summary>
    Disconnected,

    /// <summary>It is not SSH, or breaks its rules.</summary>
    Malformed,
}

/// <summary>Reads what an SSH server says first, from bytes in whatever pieces: lines, identification, packets up to KEXINIT.</summary>
public sealed class SshOpening
{
    /// <summary>Length of the identification string at the most, CR LF included (RFC 4253, 4.2).</summary>
    public const int MaxIdentification = 255;

    /// <summary>Bytes of other lines before it at the most; RFC 4253, 4.2 allows them and sets no bound.</summary>
    public const int MaxOtherLines = 8 * 1024;

    /// <summary>Length of a packet at the most (RFC 4253, 6.1), its length field included.</summary>
    public const int MaxPacket = 35000;

    private const int MinPadding = 4; // RFC 4253, 6
    private const int MaxMessages = 16;

    private readonly List<byte> _input = [];
    private int _otherLines;
    private int _messages;

    /// <summary>How far it has come.</summary>
    public OpeningState State { get; private set; }

    /// <summary>The identification string without CR LF; empty before it came.</summary>
    public string Identification { get; private set; } = "";

    /// <summary>Whether the server speaks version 2 of the protocol; 1.99 means both (RFC 4253, 5.1).</summary>
    public bool IsVersion2 =>
        Identification.StartsWith("SSH-2.0-", StringComparison.Ordinal) || Identification.StartsWith("SSH-1.99-", StringComparison.Ordinal);

    /// <summary>What the server offers; null before it came.</summary>
    public SshKexInit? KexInit { get; private set; }

    /// <summary>The message with what the server offers as it came, which the key exchange hashes; empty before it came.</summary>
    internal byte[] KexInitPayload { get; private set; } = [];

    /// <summary>The identification string as it came, without CR LF, which the key exchange hashes.</summary>
    internal byte[] IdentificationBytes { get; private set; } = [];

    /// <summary>Packets taken: packets are numbered from the first one on (RFC 4253, 6.4).</summary>
    internal uint Packets { get; private set; }

    /// <summary>What is malformed, or why the server took its leave; empty otherwise.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Takes the next bytes.</summary>
    /// <returns>How far it has come; what follows the end is not looked at.</returns>
    public OpeningState Append(ReadOnlySpan<byte> bytes)
    {
        if (State != OpeningState.Open)
        {
            return State;
        }

        _input.AddRange(bytes);
        var input = CollectionsMarshal.AsSpan(_input);
        var used = 0;
        while (State == OpeningState.Open && (Identification.Length == 0 ? TryLine(input[used..], out var length) : TryPacket(input[used..], out length)))
        {
            used += length;
        }

        _input.RemoveRange(0, used);
        return State;
    }

    /// <summary>Bytes that came after the end, for whoever reads on.</summary>
    internal byte[] Rest() => [.. _input];

    private bool TryLine(ReadOnlySpan<byte> input, out int length)
    {
        length = input.IndexOf((byte)'\n') + 1;
        var isIdentification = input.StartsWith("SSH-"u8);
        if (isIdentification && (length == 0 ? input.Length : length) > MaxIdentification)
        {
            Break($"identification of more than {MaxIdentification} bytes");
            return false;
        }

        if (!isIdentification && _otherLines + (length == 0 ? input.Length : length) > MaxOtherLines)
        {
            Break($"more than {MaxOtherLines} bytes before an identification");
            return false;
        }

        if (length == 0)
        {
            return false;
        }

        if (!isIdentification)
        {
            _otherLines += length;
            return true;
        }

        IdentificationBytes = input[..length].TrimEnd("\r\n"u8).ToArray();
        Identification = Transcript.Printable(IdentificationBytes, MaxIdentification);
        if (!IsVersion2)
        {
            State = OpeningState.Complete;
        }

        return true;
    }

    private bool TryPacket(ReadOnlySpan<byte> input, out int length)
    {
        length = 0;
        if (input.Length < 4)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(input);
        if (size is < 1 + 1 + MinPadding or > MaxPacket - 4)
        {
            Break($"packet of {size} bytes");
            return false;
        }

        if (input.Length < 4 + size)
        {
            return false;
        }

        length = 4 + (int)size;
        int padding = input[4];
        if (padding < MinPadding || padding + 2 > size)
        {
            Break($"padding of {padding} bytes in a packet of {size}");
            return false;
        }

        Packets++;
        TakeMessage(input[5..(length - padding)]);
        return true;
    }

    private void TakeMessage(ReadOnlySpan<byte> payload)
    {
        switch (payload[0])
        {
            case SshKexInit.Number when SshKexInit.TryParse(payload, out var kexInit):
                KexInit = kexInit;
                KexInitPayload = payload.ToArray();
                State = OpeningState.Complete;
                break;
            case SshMessage.Disconnect:
                var reader = new WireReader(payload[1..]);
                Fault = reader.TryU32(out var reason) && reader.TryVector32(out var text) ? $"disconnect, reason {reason}: {Encoding.UTF8.GetString(text)}" : "disconnect";
                State = OpeningState.Disconnected;
                break;
            case SshMessage.Ignore or SshMessage.Debug when ++_messages < MaxMessages:
                break;
            default:
                Break($"message {payload[0]} in place of KEXINIT");
                break;
        }
    }

    private void Break(string fault)
    {
        Fault = fault;
        State = OpeningState.Malformed;
    }
}
