using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.Cli.Commands;

/// <summary>An SSH server as text for a person: the offer, each algorithm with what is known against it, host keys and logins.</summary>
internal static class SshText
{
    public static IEnumerable<string> Lines(SshServerSeen ssh)
    {
        foreach (var (title, kind, names) in new[]
        {
            ("key exchange", "kex", ssh.KeyExchange),
            ("host key algorithms", "hostkey", ssh.HostKeys),
            ("ciphers", "cipher", [.. ssh.AllCiphers]),
            ("MACs", "mac", [.. ssh.AllMacs]),
            ("compression", "compression", ssh.Compression),
        })
        {
            yield return $"{title}:";
            foreach (var name in names)
            {
                yield return $"    {name}{Mark(SshAlgorithms.Find(kind, name))}";
            }
        }

        foreach (var key in ssh.Keys)
        {
            yield return $"host key: {key.Type}, {key.Bits} bits, SHA256:{key.Sha256}{(key.Proven ? "" : "  [its signature is wrong]")}";
        }

        if (ssh.SmallestGroup > 0)
        {
            yield return $"smallest group of group exchange: {ssh.SmallestGroup} bits";
        }

        if (ssh.User.Length > 0)
        {
            yield return ssh.LetsInAnybody ? $"login: {ssh.User} is let in without any credential" : $"login: {ssh.User} by {string.Join(" or ", ssh.Methods)}";
        }

        if (ssh.Notice.Length > 0)
        {
            yield return $"shown before login: {ssh.Notice}";
        }

        if (ssh.Negotiated.Length > 0)
        {
            yield return $"agreed on: {ssh.Negotiated}";
        }

        foreach (var remark in SshAlgorithms.Remarks(ssh).Where(remark => remark.Grade is SshGrade.Weak or SshGrade.Broken && SshAlgorithms.Of(ssh).All(pair => pair.Name != remark.Subject)))
        {
            yield return $"{Word(remark.Grade)}: {remark.Text}";
        }

        yield return $"outside BSI TR-02102-4: {Listed(SshAlgorithms.OutsideBsi(ssh))}";
        yield return $"outside what NIST approves: {Listed(SshAlgorithms.OutsideNist(ssh))}";
    }

    private static string Mark(SshAlgorithm entry) => entry.Grade switch
    {
        SshGrade.Good => "",
        SshGrade.Mark => "  (a sign, no algorithm)",
        SshGrade.Unknown => "  [not known to the harness]",
        _ => $"  [{Word(entry.Grade)}: {entry.Reason}; {entry.Source}]",
    };

    private static string Word(SshGrade grade) => grade == SshGrade.Broken ? "BROKEN" : "weak";

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : "nothing";
}
