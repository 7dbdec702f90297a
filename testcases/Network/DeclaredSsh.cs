using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>SSH servers of the DUT against what the communication mechanisms declare and what is known of their algorithms.</summary>
/// <remarks>What protects against nobody fails. What is outdated or unknown is a question for the examiner: the declared use case decides.</remarks>
internal static class DeclaredSsh
{
    private const int Named = 12;

    /// <summary>Findings for an entry of the communication mechanisms whose server listens on a port.</summary>
    public static IEnumerable<Finding> Judge(ObservationSet seen, IxitEntry entry, ComMechFacts facts, Endpoint endpoint)
    {
        var asked = seen.Ask(new SshEnumeration(endpoint));
        if (!asked.TryGet(out var server, out var evidence))
        {
            return [DutServices.Gap(asked, entry.Id, $"{entry.Id} declares SSH on {endpoint}, but its server was not seen")!];
        }

        var undeclared = SshAlgorithms.Of(server).Select(pair => pair.Name).Distinct().Where(name => !facts.SshAlgorithms.IsEmpty && name != "none" && !facts.SshAlgorithms.Contains(name)).ToList();
        var findings = Offer(asked, entry, server, evidence).ToList();
        if (undeclared.Count > 0)
        {
            findings.Insert(0, Finding.Fail(entry.Id, $"{endpoint} offers algorithms that {entry.Id} does not declare: {string.Join(", ", undeclared)}.", evidence, entry.Ref));
        }

        if (findings.Exists(finding => finding.Verdict == Verdict.Fail))
        {
            return findings.Where(finding => finding.Verdict == Verdict.Fail);
        }

        if (facts.SshAlgorithms.IsEmpty)
        {
            findings.Add(Finding.Inconclusive(
                entry.Id,
                $"{endpoint} offers SSH with {string.Join(", ", server.KeyExchange)}; {string.Join(", ", server.Ciphers)}; {string.Join(", ", server.Macs)}; {entry.Id} does not say in its facts which algorithms it means to offer.",
                $"Add 'ssh-algorithms' to the facts of {entry.Id}, or compare the offer with its cryptographic details and decide this point with 'dct answer'.",
                evidence,
                entry.Ref));
        }

        return findings.Count > 0 ? findings : [Finding.Pass(entry.Id, $"{endpoint} offers SSH with algorithms that {entry.Id} declares, and nothing is known against them.", evidence, entry.Ref)];
    }

    /// <summary>Findings on what a server offers, whatever is declared: none when nothing speaks against it.</summary>
    public static IEnumerable<Finding> Offer(Asked<SshServerSeen> asked, IxitEntry entry, SshServerSeen server, EvidenceRef evidence)
    {
        var remarks = SshAlgorithms.Remarks(server);
        foreach (var remark in remarks.Where(remark => remark.Grade == SshGrade.Broken))
        {
            yield return Finding.Fail(entry.Id, $"The SSH server of {server.Endpoint} protects against nobody: {remark.Text}.", evidence, entry.Ref);
        }

        var weak = remarks.Where(remark => remark.Grade == SshGrade.Weak).ToList();
        if (weak.Count > 0)
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"The SSH server of {server.Endpoint} has what is no longer best practice: {Listed(weak)}.",
                $"Take it out of the server's configuration, or decide with 'dct answer' whether it is adequate for the use case of {entry.Id}.",
                evidence,
                entry.Ref);
        }

        var unknown = remarks.Where(remark => remark.Grade == SshGrade.Unknown).Select(remark => remark.Subject).Distinct().ToList();
        if (unknown.Count > 0)
        {
            yield return Finding.Inconclusive(
                entry.Id,
                $"The SSH server of {server.Endpoint} offers algorithms that the harness does not know: {string.Join(", ", unknown)}.",
                "Find out what they are, and decide this point with 'dct answer'.",
                evidence,
                entry.Ref);
        }

        if (DutServices.Gap(asked, entry.Id, $"What the SSH server of {server.Endpoint} offers was not all seen") is { } gap)
        {
            yield return gap;
        }
        else if (!server.IsProbed)
        {
            yield return Finding.Inconclusive(entry.Id, $"The recording holds no host keys of {server.Endpoint}, since it was made by an older version of the harness.", "Run again with the DUT connected.", evidence);
        }
    }

    private static string Listed(List<SshRemark> remarks) =>
        string.Join("; ", remarks.Take(Named).Select(remark => remark.Text)) + (remarks.Count > Named ? $"; and {remarks.Count - Named} more, which 'dct observe ssh' lists" : "");
}
