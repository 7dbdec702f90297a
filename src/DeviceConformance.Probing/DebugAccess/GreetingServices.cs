using System.Buffers.Binary;
using System.Text;

namespace DeviceConformance.Probing.DebugAccess;

/// <summary>VNC and rsync, which greet: the little that follows the greeting tells whether anybody is let in.</summary>
internal static class GreetingServices
{
    /// <summary>Asks an RFB server for its security types (RFC 6143, 7.1.2); no session is begun.</summary>
    /// <param name="greeting">Its greeting.</param>
    /// <param name="talk">The connection on which it greeted.</param>
    public static async Task<DebugAnswer?> AskVncAsync(string greeting, DebugTalk talk)
    {
        // Of version 3.3 the server chooses alone; others are answered with the highest version that is specified.
        var old = greeting.StartsWith("RFB 003.003", StringComparison.Ordinal);
        var said = await talk.ExchangeAsync(old ? "RFB 003.003\n"u8.ToArray() : greeting.StartsWith("RFB 003.007", StringComparison.Ordinal) ? "RFB 003.007\n"u8.ToArray() : "RFB 003.008\n"u8.ToArray());
        return ReadSecurity(said, old);
    }

    /// <summary>Reads the security types: a list by its length, of version 3.3 one number.</summary>
    internal static DebugAnswer? ReadSecurity(ReadOnlySpan<byte> said, bool old)
    {
        if (old)
        {
            return said.Length < 4 ? null : Security([(int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(said), 256)]);
        }

        return said.Length < 1 || said[0] == 0 || said.Length < 1 + said[0] ? null : Security([.. said.Slice(1, said[0]).ToArray().Select(type => (int)type)]);
    }

    /// <summary>Asks an rsync daemon for its modules; none is opened.</summary>
    public static async Task<DebugAnswer?> AskRsyncAsync(DebugTalk talk)
    {
        var said = Encoding.UTF8.GetString(await talk.ExchangeAsync("@RSYNCD: 30.0\n#list\n"u8.ToArray()));
        return ReadModules(said);
    }

    /// <summary>Reads the list of modules: name, tab, remark; then the end.</summary>
    internal static DebugAnswer? ReadModules(string said)
    {
        if (said.Contains("@ERROR", StringComparison.Ordinal) || !said.Contains("@RSYNCD: EXIT", StringComparison.Ordinal))
        {
            return said.Length > 0 ? new DebugAnswer(false, "the list of modules is not given", "") : null;
        }

        var modules = said.Split('\n').Where(line => line.Trim().Length > 0 && line[0] != '@').Select(line => line.Split('\t')[0].Trim()).Take(20).ToList();
        return new DebugAnswer(modules.Count > 0, $"{modules.Count} modules are listed: {string.Join(", ", modules)}", "", [.. modules]);
    }

    private static DebugAnswer Security(int[] types) =>
        types.Contains(1) ? new DebugAnswer(true, "security type None is offered", "") : new DebugAnswer(false, $"security types {string.Join(", ", types)}, None not among them", "");
}
