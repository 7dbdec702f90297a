using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>Whether other samples in the laboratory's network prove themselves with keys of their own (case 5.5-1-2; EN 303 645, provision 5.4-4).</summary>
/// <remarks>
/// A key that two units share proves neither: who takes it out of one can stand for all. That the keys differ passes nothing by itself. Samples
/// without an address of their own are left out; two samples with one key may also be one unit with two addresses, so that it never fails.
/// </remarks>
internal static class SharedKeys
{
    /// <summary>Requests for an entry of the communication mechanisms whose servers the first sample has.</summary>
    public static IEnumerable<ProbeRequest> Ask(Declaration declared, ObservationSet seen, ComMechFacts facts) =>
        Pairs(declared, facts).Select(pair => RequestOf(seen, facts, pair.First, pair.Other));

    /// <summary>Findings for an entry; none where every sample has keys of its own.</summary>
    public static IEnumerable<Finding> Judge(Declaration declared, ObservationSet seen, IxitEntry entry, ComMechFacts facts)
    {
        foreach (var (first, name, other) in Pairs(declared, facts))
        {
            // What the first sample does not show is told where its own server is judged.
            var (own, shown) = (KeysOf(seen, facts, first, first), KeysOf(seen, facts, first, other));
            if (own.Keys.IsEmpty || own.Evidence is null)
            {
                continue;
            }

            if (shown.Keys.IsEmpty || shown.Evidence is null)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"Whether sample {name} has a key of its own was not seen: {(shown.Evidence is null ? shown.WhyNot : $"{other} shows none")}",
                    $"Connect sample {name} at {other.Address} in the same state, or take its address out of dut.yaml; then resume the run.",
                    entry.Ref);
            }
            else if (own.Keys.Intersect(shown.Keys).FirstOrDefault() is { } shared)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"{first} and {other} of sample {name} prove themselves with the same key (SHA-256 {shared}): whoever takes it out of one unit can stand for all, so that it proves none.",
                    "Give each unit a key of its own, made on the unit or for it; or show that both addresses belong to one unit, and decide this point with 'dct answer'.",
                    own.Evidence,
                    shown.Evidence,
                    entry.Ref);
            }
            else if (shown.WhyNot.Length > 0)
            {
                yield return Finding.Inconclusive(
                    entry.Id,
                    $"Whether sample {name} has keys of its own was not all seen: {shown.WhyNot}",
                    "Remove what the coverage names, then resume the run or run again.",
                    shown.Evidence,
                    entry.Ref);
            }
        }
    }

    // One address of each other sample, of the family in which the first is asked.
    private static IEnumerable<(Endpoint First, string Name, Endpoint Other)> Pairs(Declaration declared, ComMechFacts facts) =>
        from first in DeclaredTls.Endpoints(declared, facts).Take(1)
        from sample in declared.Dut.Samples.Skip(1)
        from address in sample.Addresses.Except(declared.Addresses).OrderBy(address => address.IsIPv6 != first.Address.IsIPv6).Take(1)
        select (first, sample.Name, first with { Address = address });

    private static ProbeRequest RequestOf(ObservationSet seen, ComMechFacts facts, Endpoint first, Endpoint asked) =>
        facts.Protocol.Is(CommProtocol.Ssh) ? new SshEnumeration(asked) : TlsOf(seen, first, asked);

    private static TlsEnumeration TlsOf(ObservationSet seen, Endpoint first, Endpoint asked) => new(asked, DeclaredTls.StartTlsOf(seen, first));

    private static Shown KeysOf(ObservationSet seen, ComMechFacts facts, Endpoint first, Endpoint asked) =>
        facts.Protocol.Is(CommProtocol.Ssh)
            ? Read(seen.Ask(new SshEnumeration(asked)), server => server.Keys.Select(key => key.Sha256))
            : Read(seen.Ask(TlsOf(seen, first, asked)), server => server.Certificates.Select(certificate => certificate.KeySha256));

    private static Shown Read<T>(Asked<T> asked, Func<T, IEnumerable<string>> keys)
        where T : Observation =>
        asked.TryGet(out var server, out var evidence)
            ? new Shown([.. keys(server).Where(key => key.Length > 0)], evidence, server.Coverage.IsComplete ? "" : server.Coverage.Statement)
            : new Shown([], null, asked.WhyNot);

    // Why not, or not all; empty when all was seen.
    private sealed record Shown(ImmutableArray<string> Keys, EvidenceRef? Evidence, string WhyNot);
}
