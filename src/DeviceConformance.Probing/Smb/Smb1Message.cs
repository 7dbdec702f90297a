using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Probing.Smb;

/// <summary>What a server of SMB 1 agrees on (MS-SMB, 2.2.4.5.2).</summary>
/// <param name="PlainPasswords">Whether it wants passwords as they are, without a challenge.</param>
/// <param name="SigningRequired">Whether messages have to be signed.</param>
/// <param name="SessionKey">To be given back.</param>
/// <param name="IsExtended">Whether logins are those of SPNEGO.</param>
internal sealed record Smb1Agreement(bool PlainPasswords, bool SigningRequired, uint SessionKey, bool IsExtended);

/// <summary>Messages of SMB 1 (MS-CIFS, MS-SMB): whether it is spoken, and what the server says of itself before a login.</summary>
internal static class Smb1Message
{
    private const int Header = 32;
    private const byte NegotiateCommand = 0x72;
    private const byte SessionSetupCommand = 0x73;
    private const uint ExtendedSecurity = 0x80000000;

    /// <summary>NEGOTIATE with "NT LM 0.12" and no other dialect, so that a server can not choose SMB 2.</summary>
    public static byte[] Negotiate() => [.. HeaderOf(NegotiateCommand), 0, 12, 0, 2, .. "NT LM 0.12\0"u8];

    /// <summary>Reads the answer to it.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="agreement">What it agrees on; null when it is an answer of SMB 1 that takes no dialect.</param>
    /// <returns>Whether it is an answer of SMB 1.</returns>
    public static bool TryAgreement(ReadOnlySpan<byte> message, out Smb1Agreement? agreement)
    {
        agreement = null;
        if (!IsAnswer(message, NegotiateCommand))
        {
            return false;
        }

        // 17 words: the dialect is number 0, the only one offered.
        if (message[Header] >= 17 && message.Length >= Header + 35 && BinaryPrimitives.ReadUInt16LittleEndian(message[(Header + 1)..]) == 0)
        {
            var mode = message[Header + 3];
            var capabilities = BinaryPrimitives.ReadUInt32LittleEndian(message[(Header + 20)..]);
            agreement = new Smb1Agreement((mode & 2) == 0, (mode & 8) != 0, BinaryPrimitives.ReadUInt32LittleEndian(message[(Header + 16)..]), (capabilities & ExtendedSecurity) != 0);
        }

        return true;
    }

    /// <summary>SESSION_SETUP_ANDX of nobody in particular: with the first message of NTLM (MS-SMB, 2.2.4.6.1), or with an empty name (MS-CIFS, 2.2.4.53.1).</summary>
    public static byte[] SessionSetup(Smb1Agreement agreement, byte[] token)
    {
        byte[] key = [(byte)agreement.SessionKey, (byte)(agreement.SessionKey >> 8), (byte)(agreement.SessionKey >> 16), (byte)(agreement.SessionKey >> 24)];
        byte[] common = [0xff, 0, 0, 0, 0x04, 0x11, 2, 0, 1, 0, .. key];
        if (!agreement.IsExtended)
        {
            // No passwords; a byte of filling before the four empty texts.
            byte[] empty = new byte[9];
            return [.. HeaderOf(SessionSetupCommand), 13, .. common, 0, 0, 0, 0, 0, 0, 0, 0, 0x54, 0, 0, 0, (byte)empty.Length, 0, .. empty];
        }

        // The texts begin at an even offset: 32 + 1 + 24 + 2 bytes stand before the token.
        byte[] data = [.. token, .. new byte[4 + (token.Length % 2 == 0 ? 1 : 0)]];
        return [.. HeaderOf(SessionSetupCommand), 12, .. common, (byte)token.Length, (byte)(token.Length >> 8), 0, 0, 0, 0, 0x54, 0, 0, 0x80, (byte)data.Length, (byte)(data.Length >> 8), .. data];
    }

    /// <summary>Reads what a server says of itself in the answer: operating system, server program, and what it says in NTLM (null where it does not speak it).</summary>
    public static bool TrySession(ReadOnlySpan<byte> message, out string system, out string program, out NtlmChallenge? challenge)
    {
        (system, program, challenge) = ("", "", null);
        if (!IsAnswer(message, SessionSetupCommand) || message[Header] is not (3 or 4))
        {
            return false;
        }

        var words = message[Header];
        var at = Header + 1 + words * 2 + 2;
        if (message.Length < at)
        {
            return false;
        }

        var length = words == 4 ? BinaryPrimitives.ReadUInt16LittleEndian(message[(Header + 7)..]) : 0;
        if (length > message.Length - at)
        {
            return false;
        }

        challenge = Ntlm.TryParse(message.Slice(at, length), out var found) ? found : null;
        at += length;
        if ((BinaryPrimitives.ReadUInt16LittleEndian(message[10..]) & 0x8000) == 0)
        {
            system = Bytes(message, ref at);
            program = Bytes(message, ref at);
            return true;
        }

        at += at % 2;
        system = Wide(message, ref at);
        program = Wide(message, ref at);
        return true;
    }

    private static bool IsAnswer(ReadOnlySpan<byte> message, byte command) =>
        message.Length > Header + 2 && message[0] == 0xff && message[1..4].SequenceEqual("SMB"u8) && message[4] == command && (message[9] & 0x80) != 0;

    private static string Wide(ReadOnlySpan<byte> message, ref int at)
    {
        var start = Math.Min(at, message.Length);
        for (at = start; at + 1 < message.Length && (message[at] | message[at + 1]) != 0; at += 2)
        {
        }

        var text = Encoding.Unicode.GetString(message[start..Math.Min(at, message.Length)]);
        at += 2;
        return text;
    }

    private static string Bytes(ReadOnlySpan<byte> message, ref int at)
    {
        var rest = message[Math.Min(at, message.Length)..];
        var length = rest.IndexOf((byte)0) is var end and >= 0 ? end : rest.Length;
        at += length + 1;
        return Encoding.Latin1.GetString(rest[..length]);
    }

    // Flags 2: Unicode, NTSTATUS, extended security, long names.
    private static byte[] HeaderOf(byte command) => [0xff, (byte)'S', (byte)'M', (byte)'B', command, 0, 0, 0, 0, 0x18, 0x01, 0xc8, .. new byte[12], 0, 0, 0x64, 0x63, 0, 0, 1, 0];
}
