using System.Text.Json;
using System.Text.RegularExpressions;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;
using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks.Ssh;

/// <summary>What <c>dct observe ssh</c>, ssh-audit and nmap's scripts find of the same SSH servers, and what each of them remarks on.</summary>
internal static partial class SshComparison
{
    private const string Legacy = "-o KexAlgorithms=diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1 -o Ciphers=3des-cbc,aes128-cbc -o MACs=hmac-sha1,hmac-md5 -o HostKeyAlgorithms=ssh-rsa,ssh-dss -o RequiredRSASize=1024";

    private static readonly (string Title, string Keys, string Server)[] _targets =
    [
        ("OpenSSH as Debian sets it up", "ssh-keygen -q -N '' -t rsa -b 3072 -f rsa; ssh-keygen -q -N '' -t ecdsa -f ecdsa; ssh-keygen -q -N '' -t ed25519 -f ed25519",
            "/usr/sbin/sshd -D -f /dev/null -h $PWD/rsa -h $PWD/ecdsa -h $PWD/ed25519 -o UsePAM=no -o PidFile=none -o MaxStartups=100"),
        ("dropbear", "dropbearkey -t rsa -s 2048 -f rsa; dropbearkey -t ecdsa -f ecdsa; dropbearkey -t ed25519 -f ed25519", "dropbear -F -E -p 22 -r rsa -r ecdsa -r ed25519 -P pid"),
        ("OpenSSH with what old devices have", "ssh-keygen -q -N '' -t rsa -b 1024 -f rsa; ssh-keygen -q -N '' -t dsa -f dsa", $"/usr/sbin/sshd -D -f /dev/null -h $PWD/rsa -h $PWD/dsa -o UsePAM=no -o PidFile=none -o MaxStartups=100 {Legacy}"),
    ];

    public static Comparison Comparison { get; } = new("ssh", "SSH servers: dct observe ssh, ssh-audit, nmap's ssh2-enum-algos, ssh-hostkey and ssh-auth-methods", RunAsync);

    private static async Task<int> RunAsync(Options options)
    {
        foreach (var (title, keys, server) in _targets.Where(target => target.Title.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
        {
            var folder = Directory.CreateTempSubdirectory("dct-ssh-").FullName;
            try
            {
                using var device = NetworkNamespace.CreateOrSkip();
                device.Run("sh", "-c", $"cd {folder}; ({keys}) > /dev/null 2>&1; mkdir -p /run/sshd");
                device.Start("sh", "-c", $"mount --bind /dev/null /etc/resolv.conf; cd {folder}; exec {server}");
                await device.WaitForPortAsync(22);
                Contest.Run(title, Contenders($"{device.DeviceAddress}"), new HashSet<string>(), options.Rounds, () => Counters(device));
                CompareRemarks($"{device.DeviceAddress}");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }

    // Exit codes tell verdicts here, not whether the program worked.
    private static Contender[] Contenders(string address) =>
    [
        new("dct observe ssh", Any("dotnet", Path.Combine(AppContext.BaseDirectory, "dct.dll"), "observe", "ssh", $"{address}:22", "--json"), Ours),
        new("ssh-audit", Any("ssh-audit", "-n", address), Audit),
        new("nmap ssh2-enum-algos", ["nmap", "-n", "-Pn", "-p", "22", "--script", "ssh2-enum-algos", address], Nmap),
        new("nmap, the three scripts", ["nmap", "-n", "-Pn", "-p", "22", "--script", "ssh2-enum-algos,ssh-hostkey,ssh-auth-methods", "--script-args", "ssh_hostkey=sha256", address], Nmap),
    ];

    private static string[] Any(params string[] command) => ["sh", "-c", $"{string.Join(' ', command)}; true"];

    private static Answer Ours(string output)
    {
        var seen = Seen(output);
        return new Answer(
        [
            .. seen.KeyExchange.Select(name => $"kex {name}"),
            .. seen.HostKeys.Select(name => $"key {name}"),
            .. seen.Ciphers.Select(name => $"enc {name}"),
            .. seen.Macs.Select(name => $"mac {name}"),
            .. seen.Keys.Select(key => $"print {key.Sha256}"),
            .. seen.Keys.Where(key => key.Type is "ssh-rsa" or "ssh-dss").Select(key => $"bits {key.Type} {key.Bits}"),
            .. seen.SmallestGroup > 0 ? new[] { $"group {seen.SmallestGroup}" } : [],
            .. seen.Methods.Select(method => $"login {method}"),
        ], $"{seen.Connections} connections");
    }

    private static SshServerSeen Seen(string output) =>
        (SshServerSeen)((ProbeOutcome.Observed)JsonSerializer.Deserialize(output, RunJson.Default.ProbeOutcome)!).Observation;

    private static Answer Audit(string output)
    {
        var found = new HashSet<string>();
        foreach (var match in AuditLine().Matches(output).Cast<Match>())
        {
            var (kind, name, bits) = (match.Groups["kind"].Value, match.Groups["name"].Value, match.Groups["bits"].Value);
            found.Add($"{kind} {name}");
            if (bits.Length > 0)
            {
                found.Add(kind == "kex" ? $"group {bits}" : $"bits {(name.StartsWith("rsa", StringComparison.Ordinal) ? "ssh-rsa" : name)} {bits}");
            }
        }

        found.UnionWith(Fingerprint().Matches(output).Select(match => $"print {match.Groups[1].Value}"));
        return new Answer([.. found], "");
    }

    private static Answer Nmap(string output)
    {
        var found = new HashSet<string>();
        var kind = "";
        foreach (var line in output.Split('\n'))
        {
            if (NmapList().Match(line) is { Success: true } list)
            {
                kind = list.Groups[1].Value switch { "kex" => "kex", "server_host_key" => "key", "encryption" => "enc", "mac" => "mac", _ => "" };
            }
            else if (NmapKey().Match(line) is { Success: true } key)
            {
                found.Add($"print {key.Groups[2].Value}");
                found.UnionWith(key.Groups[3].Value is "RSA" or "DSA" ? [$"bits ssh-{(key.Groups[3].Value == "RSA" ? "rsa" : "dss")} {key.Groups[1].Value}"] : []);
            }
            else if (line.Contains("Supported authentication methods", StringComparison.Ordinal))
            {
                kind = "login";
            }
            else if (NmapItem().Match(line) is { Success: true } item && kind.Length > 0)
            {
                found.Add($"{kind} {item.Groups[1].Value}");
            }
        }

        return new Answer([.. found], "");
    }

    /// <summary>Algorithms that one of us has something against and the other has not.</summary>
    private static void CompareRemarks(string address)
    {
        var none = (() => (0L, 0L));
        string output = "", ours = "";
        _ = new Contender("", Any("ssh-audit", "-n", address), text => new Answer([], output = text)).Run(none);
        _ = new Contender("", Contenders(address)[0].Command, text => new Answer([], ours = text)).Run(none);
        var theirs = new Dictionary<string, HashSet<string>>();
        var name = "";
        foreach (var line in output.Split('\n'))
        {
            name = AuditLine().Match(line) is { Success: true } start ? start.Groups["name"].Value : name;
            if (AuditRemark().Match(line) is { Success: true } remark && name.Length > 0)
            {
                (theirs.TryGetValue(name, out var reasons) ? reasons : theirs[name] = []).Add(remark.Groups[1].Value);
            }
        }

        var seen = Seen(ours);
        var own = SshAlgorithms.Of(seen).Where(pair => pair.Entry.Grade is SshGrade.Weak or SshGrade.Broken).Select(pair => pair.Name).ToHashSet();
        Console.WriteLine($"\nAgainst both of us have something: {Listed(own.Intersect(theirs.Keys))}.");
        Console.WriteLine($"Against only ours: {Listed(own.Except(theirs.Keys))}.");
        Console.WriteLine("Against only ssh-audit:");
        foreach (var group in theirs.Where(pair => !own.Contains(pair.Key)).GroupBy(pair => string.Join("; ", pair.Value)))
        {
            Console.WriteLine($"- {group.Key}: {Listed(group.Select(pair => pair.Key))}");
        }

        Console.WriteLine($"Ours besides: {Listed(SshAlgorithms.Remarks(seen).Where(remark => !own.Contains(remark.Subject)).Select(remark => remark.Text))}.");
    }

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : "nothing";

    private static (long Packets, long Connections) Counters(NetworkNamespace device)
    {
        var tcp = device.Run("cat", "/proc/net/snmp").Split('\n').Where(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        return (long.Parse(device.Run("cat", "/sys/class/net/eth0/statistics/rx_packets")), long.Parse(tcp[1][Array.IndexOf(tcp[0], "PassiveOpens")]));
    }

    [GeneratedRegex(@"^\((?<kind>kex|key|enc|mac)\) (?<name>\S+)(?: \((?<bits>\d+)-bit\))?", RegexOptions.Multiline)]
    private static partial Regex AuditLine();

    [GeneratedRegex(@"\[(?:fail|warn)\] (.*?)\s*$")]
    private static partial Regex AuditRemark();

    [GeneratedRegex(@"SHA256:([A-Za-z0-9+/]{43})")]
    private static partial Regex Fingerprint();

    [GeneratedRegex(@"^\|[ _]+(kex|server_host_key|encryption|mac|compression)_algorithms:")]
    private static partial Regex NmapList();

    [GeneratedRegex(@"^\|[ _]+(\d+) (?:SHA256:)?([A-Za-z0-9+/]{43})=? \((\w+)\)")]
    private static partial Regex NmapKey();

    [GeneratedRegex(@"^\|[ _]+([a-z0-9][A-Za-z0-9@.-]+)$")]
    private static partial Regex NmapItem();
}
