using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Identification;

namespace DeviceConformance.Probing.DebugAccess;

/// <summary>The services that are asked for, as of 2026-11. A new one is an entry in <see cref="Silent"/> with its reader.</summary>
/// <remarks>
/// Each question is a first message of its protocol and changes nothing. Those who greet (VNC, rsync, shells) are told by their greeting;
/// those inside HTTP (browser and Node.js debuggers, container engines) by <see cref="Disclosure.DebugPages"/>.
/// </remarks>
internal static class DebugServices
{
    private const int Jdwp = 14;

    private static readonly Regex _gdb = new(@"^\+?\$[^#]*#[0-9a-fA-F]{2}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    private static readonly Regex _redis = new(@"redis_version:(\S+)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Services that wait for the client to speak.</summary>
    public static ImmutableArray<DebugService> Silent { get; } =
    [
        new("ADB", [5555, 5556], "Android Debug Bridge protocol.txt, CNXN and AUTH", "a shell, files and installation of software", AccessKind.Debug, AskAdbAsync),
        new("JDWP", [8000, 5005, 8700], "Java Debug Wire Protocol, handshake and VirtualMachine.Version", "any code in the Java program", AccessKind.Debug, AskJdwpAsync),
        new("GDB remote protocol", [2345, 1234, 3333, 2159], "GDB manual, appendix E, qSupported", "memory and control of a program or, by a debug probe, of the processor", AccessKind.Debug, AskGdbAsync),
        new("Redis", [6379], "Redis protocol specification, inline commands", "all data of the store, and with its CONFIG command files of the device", AccessKind.Use, AskRedisAsync),
        new("memcached", [11211], "memcached protocol.txt, version", "all data of the store", AccessKind.Use, AskMemcachedAsync),
        new("X11", [6000, 6001], "X Window System Protocol, 8, connection set-up", "the screen, its input and every key pressed", AccessKind.Control, AskX11Async),
        new("portmapper", [111], "RFC 1833, 3; RFC 5531, 11", "the list of RPC services, NFS among them", AccessKind.Use, AskPortmapperAsync),
    ];

    /// <summary>What an ADB daemon's first message means (protocol.txt: 24 bytes of head, then the payload).</summary>
    internal static DebugAnswer? ReadAdb(ReadOnlySpan<byte> said)
    {
        if (said.Length < 24 || (BinaryPrimitives.ReadUInt32LittleEndian(said) ^ BinaryPrimitives.ReadUInt32LittleEndian(said[20..])) != uint.MaxValue)
        {
            return null;
        }

        // device::ro.product.name=...;ro.product.model=...;features=...
        var tells = Encoding.Latin1.GetString(said[24..]).TrimEnd('\0');
        // An echo gives back what a host says of itself.
        return said.StartsWith("CNXN"u8) && !tells.StartsWith("host::", StringComparison.Ordinal) ? new DebugAnswer(true, "the daemon connects without a key", tells.Replace(';', '\n'))
            : said.StartsWith("AUTH"u8) ? new DebugAnswer(false, "the daemon asks for a key", "")
            : said.StartsWith("STLS"u8) ? new DebugAnswer(false, "the daemon asks for TLS with a paired key", "")
            : null;
    }

    /// <summary>What an X server's first message means.</summary>
    internal static DebugAnswer? ReadX11(ReadOnlySpan<byte> said)
    {
        // Success: version 11, length in words of what follows the eight bytes; the name of the maker stands behind 40 bytes.
        if (said.Length < 8 || BinaryPrimitives.ReadUInt16LittleEndian(said[2..]) != 11)
        {
            return null;
        }

        switch (said[0])
        {
            case 1 when said.Length >= 40:
                var length = BinaryPrimitives.ReadUInt16LittleEndian(said[24..]);
                return new DebugAnswer(true, "the server takes a client without authorisation", length <= said.Length - 40 ? Encoding.Latin1.GetString(said.Slice(40, length)) : "");
            case 0 or 2:
                return new DebugAnswer(false, "the server asks for authorisation", "");
            default:
                return null;
        }
    }

    /// <summary>The programs that a portmapper lists (RFC 1833, 3, PMAPPROC_DUMP), by record marking (RFC 5531, 11).</summary>
    internal static DebugAnswer? ReadPortmapper(ReadOnlySpan<byte> said)
    {
        // Mark, id, reply, accepted, verifier (two words), success.
        if (said.Length < 32 || BinaryPrimitives.ReadUInt32BigEndian(said[4..]) != 0x64637401 || BinaryPrimitives.ReadInt32BigEndian(said[8..]) != 1)
        {
            return null;
        }

        if (BinaryPrimitives.ReadInt32BigEndian(said[12..]) != 0 || BinaryPrimitives.ReadInt32BigEndian(said[24..]) != 0)
        {
            return new DebugAnswer(false, "the list of programs is refused", "");
        }

        var programs = new SortedDictionary<int, string>();
        for (var at = 28; at + 20 <= said.Length && BinaryPrimitives.ReadInt32BigEndian(said[at..]) == 1; at += 20)
        {
            var (number, version, port) = (BinaryPrimitives.ReadInt32BigEndian(said[(at + 4)..]), BinaryPrimitives.ReadInt32BigEndian(said[(at + 8)..]), BinaryPrimitives.ReadInt32BigEndian(said[(at + 16)..]));
            programs.TryAdd(number, $"{NameOf(number)} version {version} on port {port}");
        }

        return new DebugAnswer(true, $"the list of programs is given: {string.Join(", ", programs.Values)}", "", [.. programs.Values.Take(20)]);
    }

    private static string NameOf(int program) => program switch
    {
        100000 => "portmapper",
        100003 => "NFS",
        100005 => "mountd",
        100021 => "lock manager",
        100024 => "status monitor",
        _ => $"program {program}",
    };

    private static async Task<DebugAnswer?> AskAdbAsync(DebugTalk talk) => ReadAdb(await talk.ExchangeAsync(Questions.AdbConnect));

    private static async Task<DebugAnswer?> AskJdwpAsync(DebugTalk talk)
    {
        var hands = await talk.ExchangeAsync("JDWP-Handshake"u8.ToArray());
        if (!hands.AsSpan().StartsWith("JDWP-Handshake"u8))
        {
            return null;
        }

        // An echo service gives the handshake back too; a debugger marks its reply (flag 0x80) and repeats the number.
        var version = await talk.ExchangeAsync(new byte[] { 0, 0, 0, 11, 0, 0, 0x64, 0x63, 0, 1, 1 });
        byte[] all = [.. hands.AsSpan(Jdwp), .. version];
        for (var at = 0; at + 11 <= all.Length && BinaryPrimitives.ReadInt32BigEndian(all.AsSpan(at)) is >= 11 and var length;)
        {
            if (all[at + 8] == 0x80 && all[at + 6] == 0x64 && all[at + 7] == 0x63)
            {
                return new DebugAnswer(true, "the debugger's handshake and its question for the version are answered", Printable(all.AsSpan((at + 11)..)));
            }

            at = length > all.Length - at ? all.Length : at + length;
        }

        return null;
    }

    private static async Task<DebugAnswer?> AskGdbAsync(DebugTalk talk)
    {
        var said = Encoding.Latin1.GetString(await talk.ExchangeAsync("+$qSupported#37"u8.ToArray()));
        return _gdb.IsMatch(said) && said.Contains("PacketSize=", StringComparison.Ordinal) ? new DebugAnswer(true, "qSupported is answered", "") : null;
    }

    private static async Task<DebugAnswer?> AskRedisAsync(DebugTalk talk)
    {
        var said = Encoding.Latin1.GetString(await talk.ExchangeAsync("INFO server\r\n"u8.ToArray()));
        return _redis.Match(said) is { Success: true } version ? new DebugAnswer(true, "INFO is answered without a password", $"Redis {version.Groups[1].Value}")
            : said.StartsWith("-NOAUTH", StringComparison.Ordinal) ? new DebugAnswer(false, "a password is asked for", "")
            : said.StartsWith("-DENIED", StringComparison.Ordinal) ? new DebugAnswer(false, "clients that are not on the device itself are refused (protected mode)", "")
            : null;
    }

    private static async Task<DebugAnswer?> AskMemcachedAsync(DebugTalk talk)
    {
        var said = Encoding.Latin1.GetString(await talk.ExchangeAsync("version\r\n"u8.ToArray()));
        return said.StartsWith("VERSION ", StringComparison.Ordinal) ? new DebugAnswer(true, "the text protocol, which knows no login, is answered", $"memcached {said[8..].Trim()}") : null;
    }

    private static async Task<DebugAnswer?> AskX11Async(DebugTalk talk) => ReadX11(await talk.ExchangeAsync(new byte[] { (byte)'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0 }));

    private static async Task<DebugAnswer?> AskPortmapperAsync(DebugTalk talk)
    {
        var call = new byte[44];
        ReadOnlySpan<int> words = [unchecked((int)0x80000028), 0x64637401, 0, 2, 100000, 2, 4];
        for (var index = 0; index < words.Length; index++)
        {
            BinaryPrimitives.WriteInt32BigEndian(call.AsSpan(index * 4), words[index]);
        }

        return ReadPortmapper(await talk.ExchangeAsync(call));
    }

    private static string Printable(ReadOnlySpan<byte> bytes) => Link.Transcript.Printable(bytes, 400);
}
