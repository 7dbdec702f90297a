using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Smb;

/// <summary>What a server says of itself in the second message of NTLM (MS-NLMP, 2.2.1.2).</summary>
/// <param name="Challenge">Its challenge, 8 bytes.</param>
/// <param name="TargetInfo">Its list of names as it came, to be given back.</param>
/// <param name="NetbiosName">NetBIOS name of the computer; empty when it gives none.</param>
/// <param name="NetbiosDomain">NetBIOS name of its domain or workgroup.</param>
/// <param name="DnsName">DNS name of the computer.</param>
/// <param name="DnsDomain">DNS name of its domain.</param>
/// <param name="Version">Version of the operating system as major.minor.build; empty when it gives none. Build 0 is what servers say that are not Windows.</param>
internal sealed record NtlmChallenge(byte[] Challenge, byte[] TargetInfo, string NetbiosName, string NetbiosDomain, string DnsName, string DnsDomain, string Version);

/// <summary>Messages of NTLM (MS-NLMP) inside SPNEGO (RFC 4178): version 2 of its answers, nobody in particular, and what a server says of itself.</summary>
internal static class Ntlm
{
    private const int ChallengeHeader = 32;
    private const int AuthenticateHeader = 72;

    // Unicode, target name, NTLM, always sign, extended session security, target info, version, 128 and 56 bits (MS-NLMP, 2.2.2.5).
    private const uint Flags = 0xa2888205;
    private const uint AnonymousFlag = 0x800;
    private const uint VersionFlag = 0x02000000;

    private static ReadOnlySpan<byte> Signature => "NTLMSSP\0"u8;

    /// <summary>The first message, in SPNEGO.</summary>
    public static byte[] Negotiate()
    {
        var message = new byte[40];
        Signature.CopyTo(message);
        message[8] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(12), Flags);
        byte[] token = Tagged(0xa2, Tagged(0x04, message));
        byte[] types = Tagged(0xa0, Tagged(0x30, [0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a]));
        return Tagged(0x60, [0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02, .. Tagged(0xa0, Tagged(0x30, [.. types, .. token]))]);
    }

    /// <summary>The third message for nobody in particular (MS-NLMP, 3.2.5.1.2), in SPNEGO.</summary>
    public static byte[] Anonymous() => Authenticate("", "", [0], [], AnonymousFlag);

    /// <summary>The third message for a user with a password, in SPNEGO.</summary>
    /// <param name="challenge">What the server said.</param>
    /// <param name="user">User name.</param>
    /// <param name="password">Password; may be empty.</param>
    /// <param name="now">Time, for servers that give none.</param>
    public static byte[] Authenticate(NtlmChallenge challenge, string user, Secret password, DateTimeOffset now) =>
        Authenticate(user, "", new byte[24], Response(challenge.Challenge, challenge.TargetInfo, user, "", password.Reveal(), RandomNumberGenerator.GetBytes(8), now.ToFileTime()), 0);

    /// <summary>The answer of NTLM version 2 (MS-NLMP, 3.3.2).</summary>
    internal static byte[] Response(ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> targetInfo, string user, string domain, string password, ReadOnlySpan<byte> clientChallenge, long fileTime)
    {
        if (TryFind(targetInfo, 7, out var time) && time.Length == 8)
        {
            fileTime = BinaryPrimitives.ReadInt64LittleEndian(time);
        }

        var about = new byte[28 + targetInfo.Length + 4];
        (about[0], about[1]) = (1, 1);
        BinaryPrimitives.WriteInt64LittleEndian(about.AsSpan(8), fileTime);
        clientChallenge.CopyTo(about.AsSpan(16));
        targetInfo.CopyTo(about.AsSpan(28));
        var key = HMACMD5.HashData(Md4.Hash(Encoding.Unicode.GetBytes(password)), Encoding.Unicode.GetBytes(user.ToUpperInvariant() + domain));
        byte[] proven = [.. challenge, .. about];
        return [.. HMACMD5.HashData(key, proven), .. about];
    }

    /// <summary>Reads the server's message wherever it stands in a blob, so that SPNEGO around it need not be understood.</summary>
    public static bool TryParse(ReadOnlySpan<byte> blob, out NtlmChallenge challenge)
    {
        challenge = null!;
        var at = blob.IndexOf("NTLMSSP\0\u0002\0\0\0"u8);
        if (at < 0 || blob.Length - at < ChallengeHeader)
        {
            return false;
        }

        var message = blob[at..];
        var info = message.Length >= 48 ? Field(message, 40) : [];
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(message[20..]);
        var version = (flags & VersionFlag) != 0 && message.Length >= 56 ? $"{message[48]}.{message[49]}.{BinaryPrimitives.ReadUInt16LittleEndian(message[50..])}" : "";
        challenge = new NtlmChallenge(message.Slice(24, 8).ToArray(), info.ToArray(), Name(info, 1), Name(info, 2), Name(info, 3), Name(info, 4), version);
        return true;
    }

    private static string Name(ReadOnlySpan<byte> info, ushort id) => TryFind(info, id, out var value) ? Encoding.Unicode.GetString(value) : "";

    // Pairs of id, length and value up to id 0 (MS-NLMP, 2.2.2.1).
    private static bool TryFind(ReadOnlySpan<byte> info, ushort id, out ReadOnlySpan<byte> value)
    {
        while (info.Length >= 4)
        {
            var (found, length) = (BinaryPrimitives.ReadUInt16LittleEndian(info), BinaryPrimitives.ReadUInt16LittleEndian(info[2..]));
            if (found == 0 || length > info.Length - 4)
            {
                break;
            }

            if (found == id)
            {
                value = info.Slice(4, length);
                return true;
            }

            info = info[(4 + length)..];
        }

        value = [];
        return false;
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int at)
    {
        var (length, offset) = (BinaryPrimitives.ReadUInt16LittleEndian(message[at..]), BinaryPrimitives.ReadUInt32LittleEndian(message[(at + 4)..]));
        return offset <= message.Length && length <= message.Length - offset ? message.Slice((int)offset, length) : [];
    }

    private static byte[] Authenticate(string user, string domain, byte[] lanManager, byte[] response, uint flags)
    {
        var header = new byte[AuthenticateHeader];
        Signature.CopyTo(header);
        header[8] = 3;
        var payload = new List<byte>();
        void Put(int at, byte[] value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at), (ushort)value.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at + 2), (ushort)value.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 4), (uint)(AuthenticateHeader + payload.Count));
            payload.AddRange(value);
        }

        Put(28, Encoding.Unicode.GetBytes(domain));
        Put(36, Encoding.Unicode.GetBytes(user));
        Put(44, Encoding.Unicode.GetBytes("DCT"));
        Put(12, lanManager);
        Put(20, response);
        Put(52, []);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(60), Flags | flags);
        return Tagged(0xa1, Tagged(0x30, Tagged(0xa2, Tagged(0x04, [.. header, .. payload]))));
    }

    // Tag, length and value of DER (X.690, 8.1).
    private static byte[] Tagged(byte tag, byte[] value) => value.Length switch
    {
        < 0x80 => [tag, (byte)value.Length, .. value],
        <= 0xff => [tag, 0x81, (byte)value.Length, .. value],
        _ => [tag, 0x82, (byte)(value.Length >> 8), (byte)value.Length, .. value],
    };
}
