using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>What is known against an algorithm.</summary>
public enum SshGrade
{
    /// <summary>Nothing.</summary>
    Good,

    /// <summary>The catalogue does not have it, so it is a question.</summary>
    Unknown,

    /// <summary>Outdated or below today's strength.</summary>
    Weak,

    /// <summary>It protects against nobody.</summary>
    Broken,

    /// <summary>No algorithm, but a sign in the list.</summary>
    Mark,
}

/// <summary>An entry of the catalogue of SSH algorithms.</summary>
/// <param name="Kind">kex, hostkey, cipher, mac or compression.</param>
/// <param name="Name">Name; a * at its end stands for anything.</param>
/// <param name="Grade">What is known against it.</param>
/// <param name="Bsi">Whether BSI TR-02102-4 lists it.</param>
/// <param name="Nist">Whether NIST approves it.</param>
/// <param name="Reason">What is known against it, in words; empty when nothing is.</param>
/// <param name="Source">Where that stands.</param>
public sealed record SshAlgorithm(string Kind, string Name, SshGrade Grade, bool Bsi, bool Nist, string Reason, string Source);

/// <summary>What speaks against an SSH server's offer.</summary>
/// <param name="Grade">How much: never <see cref="SshGrade.Good"/> or <see cref="SshGrade.Mark"/>.</param>
/// <param name="Subject">What it concerns: an algorithm, a host key, the protocol.</param>
/// <param name="Text">What is wrong with it, with the source.</param>
public sealed record SshRemark(SshGrade Grade, string Subject, string Text);

/// <summary>The dated catalogue of SSH algorithms, <c>ssh-algorithms.txt</c>, and what it says of a server.</summary>
public static class SshAlgorithms
{
    private const string Resource = "ssh-algorithms.txt";
    private const int Columns = 7;

    // NIST SP 800-57 Part 1 Rev. 5, table 2: 2048 bits are 112 bits of strength, the least that is approved; BSI TR-02102-1 wants 3000.
    private const int LeastBits = 2048;

    // RSA-250 (829 bits) was factored in 2020, a logarithm modulo 795 bits found in 2019: below 1024 bits is within reach.
    private const int BrokenBits = 1024;
    private const int LeastBitsForBsi = 3000;

    /// <summary>All entries, in the order of the file.</summary>
    public static ImmutableArray<SshAlgorithm> All { get; } = Load();

    /// <summary>The entry of an algorithm; one of grade <see cref="SshGrade.Unknown"/> when there is none.</summary>
    public static SshAlgorithm Find(string kind, string name) =>
        All.FirstOrDefault(entry => entry.Kind == kind && (entry.Name == name || (entry.Name.EndsWith('*') && name.StartsWith(entry.Name[..^1], StringComparison.Ordinal))))
        ?? new SshAlgorithm(kind, name, SshGrade.Unknown, false, false, "not in the catalogue of algorithms", "");

    /// <summary>The algorithms of an offer with their entries; signs that are no algorithms are left out.</summary>
    public static IEnumerable<(string Name, SshAlgorithm Entry)> Of(SshServerSeen server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.KeyExchange.Select(name => ("kex", name))
            .Concat(server.HostKeys.Select(name => ("hostkey", name)))
            .Concat(server.AllCiphers.Select(name => ("cipher", name)))
            .Concat(server.AllMacs.Select(name => ("mac", name)))
            .Concat(server.Compression.Select(name => ("compression", name)))
            .Select(pair => (pair.name, Find(pair.Item1, pair.name)))
            .Where(pair => pair.Item2.Grade != SshGrade.Mark);
    }

    /// <summary>What speaks against a server, the worst first.</summary>
    public static ImmutableArray<SshRemark> Remarks(SshServerSeen server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return [.. OfProtocol(server).Concat(OfKeys(server)).Concat(OfAlgorithms(server)).OrderByDescending(remark => remark.Grade)];
    }

    /// <summary>Algorithms and key sizes outside a policy; outside is not wrong, but a reason to ask.</summary>
    /// <param name="server">The server.</param>
    /// <param name="isListed">Whether the policy has an entry.</param>
    /// <param name="leastBits">Bits that the policy wants of RSA keys and groups.</param>
    public static IEnumerable<string> Outside(SshServerSeen server, Func<SshAlgorithm, bool> isListed, int leastBits)
    {
        ArgumentNullException.ThrowIfNull(server);
        return Of(server).Where(pair => !isListed(pair.Entry)).Select(pair => pair.Name)
            .Concat(server.Keys.Where(key => key.Type is "ssh-rsa" or "ssh-dss" && key.Bits < leastBits).Select(key => $"{key.Type} key of {key.Bits} bits"))
            .Concat(new[] { server.SmallestGroup }.Where(bits => bits > 0 && bits < leastBits).Select(bits => $"group of {bits} bits"))
            .Distinct();
    }

    /// <summary>What BSI TR-02102-4 does not list.</summary>
    public static IEnumerable<string> OutsideBsi(SshServerSeen server) => Outside(server, entry => entry.Bsi, LeastBitsForBsi);

    /// <summary>What NIST does not approve.</summary>
    public static IEnumerable<string> OutsideNist(SshServerSeen server) => Outside(server, entry => entry.Nist, LeastBits);

    /// <summary>Reads the catalogue's text.</summary>
    /// <exception cref="FormatException">A line is not as it should be; the message names it.</exception>
    public static ImmutableArray<SshAlgorithm> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = ImmutableArray.CreateBuilder<SshAlgorithm>();
        foreach (var (index, line) in text.Split('\n').Index().Where(line => line.Item.Trim().Length > 0 && !line.Item.StartsWith('#')))
        {
            var cells = line.Split('|').Select(cell => cell.Trim()).ToArray();
            if (cells.Length != Columns
                || cells[0] is not ("kex" or "hostkey" or "cipher" or "mac" or "compression")
                || !Enum.TryParse<SshGrade>(cells[2], ignoreCase: true, out var grade) || grade == SshGrade.Unknown
                || cells[3] is not ("yes" or "no") || cells[4] is not ("yes" or "no")
                || cells[5].Length == 0 == grade is SshGrade.Weak or SshGrade.Broken || cells[6].Length == 0)
            {
                throw new FormatException($"{Resource}:{index + 1}: wants kind | name | grade | bsi | nist | reason | source, with a reason for what is weak or broken and for nothing else.");
            }

            entries.Add(new SshAlgorithm(cells[0], cells[1], grade, cells[3] == "yes", cells[4] == "yes", cells[5], cells[6]));
        }

        return entries.ToImmutable();
    }

    private static IEnumerable<SshRemark> OfProtocol(SshServerSeen server)
    {
        if (server.SpeaksVersion1)
        {
            yield return new SshRemark(SshGrade.Broken, "protocol 1", $"it also speaks version 1 of the protocol ({server.Banner}), whose packets can be altered unseen (CVE-1999-1085)");
        }

        if (server.LetsInAnybody)
        {
            yield return new SshRemark(SshGrade.Broken, "login", $"it lets in {server.User} without any credential (RFC 4252, 5.2)");
        }

        if (server.IsOpenToPrefixTruncation)
        {
            yield return new SshRemark(SshGrade.Weak, "prefix truncation", "a man in the middle can leave out the first packets after the key exchange, since strict key exchange is missing (CVE-2023-48795)");
        }

        if (server.SmallestGroup is > 0 and < LeastBits)
        {
            yield return new SshRemark(server.SmallestGroup < BrokenBits ? SshGrade.Broken : SshGrade.Weak, "group exchange", $"it agrees to a Diffie-Hellman group of {server.SmallestGroup} bits, and {LeastBits} are the least (RFC 8270, 1; SP 800-57 Part 1 Rev. 5)");
        }
    }

    private static IEnumerable<SshRemark> OfKeys(SshServerSeen server)
    {
        foreach (var key in server.Keys)
        {
            if (key.Type is "ssh-rsa" && key.Bits < LeastBits)
            {
                yield return new SshRemark(key.Bits < BrokenBits ? SshGrade.Broken : SshGrade.Weak, $"host key {key.Type}", $"its host key {key.Type} has {key.Bits} bits, and {LeastBits} are the least (SP 800-57 Part 1 Rev. 5)");
            }

            if (!key.Proven)
            {
                yield return new SshRemark(SshGrade.Weak, $"host key {key.Type}", $"its signature by the host key {key.Type} ({key.Algorithm}) is wrong, so the server did not prove to have that key (RFC 4253, 8)");
            }
        }
    }

    private static IEnumerable<SshRemark> OfAlgorithms(SshServerSeen server) =>
        from pair in Of(server).Distinct()
        where pair.Entry.Grade != SshGrade.Good
        select new SshRemark(pair.Entry.Grade, pair.Name, $"it offers the {Word(pair.Entry.Kind)} {pair.Name}: {pair.Entry.Reason}{(pair.Entry.Source.Length > 0 ? $" ({pair.Entry.Source})" : "")}");

    private static string Word(string kind) => kind switch
    {
        "kex" => "key exchange",
        "hostkey" => "host key algorithm",
        "mac" => "MAC",
        _ => kind,
    };

    private static ImmutableArray<SshAlgorithm> Load()
    {
        using var stream = typeof(SshAlgorithms).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Parse(reader.ReadToEnd());
    }
}
