using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Text.Json;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Traffic;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct observe traffic</c>: what captures show of a device.</summary>
internal static class ObserveTrafficCommand
{
    public static Command Build()
    {
        var files = new Argument<string[]>("FILE") { Description = "Captures: pcap or pcapng, plain or gzip; several are read as one watching, in the order of time.", Arity = ArgumentArity.OneOrMore };
        var dut = new Option<string[]>("--dut") { Description = "MAC or IP address of the device; may be given several times. Further addresses are learned from what it sends." };
        var laboratory = new Option<string[]>("--laboratory") { Description = "IP address of the laboratory's own host, whose connections to the device are left out; may be given several times." };
        var keyLogs = new Option<string[]>("--key-log") { Description = "File of TLS secrets (SSLKEYLOGFILE) that opens what it belongs to; may be given several times." };
        var json = Inputs.Json();
        var command = new Command("traffic", "What captures show of a device: with whom it talks, protected or not, names, time sources, what it announces, what passes readably. Sends nothing.\n\nExample: dct observe traffic start-up.pcapng idle.pcap.gz --dut 02:00:5e:10:00:01")
        {
            files, dut, laboratory, keyLogs, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Observe(
            parsed.GetValue(files)!,
            parsed.GetValue(dut) ?? [],
            parsed.GetValue(laboratory) ?? [],
            parsed.GetValue(keyLogs) ?? [],
            parsed.GetValue(json),
            cancellationToken)));
        return command;
    }

    private static int Observe(string[] files, string[] dut, string[] laboratory, string[] keyLogs, bool json, CancellationToken cancellationToken)
    {
        var subject = Subject(dut, [.. laboratory.Select(Address)]) with { KeyLogs = [.. keyLogs] };
        if (dut.Length == 0)
        {
            var candidates = TrafficCandidates.Find(files, cancellationToken);
            if (TrafficCandidates.Only(candidates) is not { } only)
            {
                throw new UsageException(Question(candidates));
            }

            Console.Error.WriteLine($"dct: taken for the device, as the only sender that is no router: {only}");
            subject = subject with { Macs = [only.Mac] };
        }

        var seen = TrafficAnalysis.Analyse(files, subject, cancellationToken);
        ProbeOutcome outcome = new ProbeOutcome.Observed(seen);
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(outcome, RunJson.Indented.ProbeOutcome) : ObservationText.Render(outcome));
        return seen.Coverage.IsComplete ? ExitCode.Pass : ExitCode.Inconclusive;
    }

    private static string Question(ImmutableArray<TrafficCandidate> candidates) => candidates.IsEmpty
        ? "the captures hold no frame with an address; nobody can be the device."
        : $"which of these is the device? Name it with --dut:\n{string.Join('\n', candidates.Take(20).Select(candidate => $"  {candidate}"))}{(candidates.Length > 20 ? $"\n  and {candidates.Length - 20} more" : "")}";

    private static TrafficSubject Subject(string[] dut, ImmutableArray<IPAddress> laboratory)
    {
        var (macs, addresses) = (ImmutableArray.CreateBuilder<LinkAddress>(), ImmutableArray.CreateBuilder<IPAddress>());
        foreach (var text in dut)
        {
            if (LinkAddress.TryParse(text, out var mac))
            {
                macs.Add(mac);
            }
            else
            {
                addresses.Add(Address(text));
            }
        }

        return new TrafficSubject(macs.ToImmutable(), addresses.ToImmutable()) { LaboratoryAddresses = laboratory };
    }

    // "7" would be read as 0.0.0.7.
    private static IPAddress Address(string text) => (text.Contains(':', StringComparison.Ordinal) || text.Count(letter => letter == '.') == 3) && IPAddress.TryParse(text, out var address)
        ? address
        : throw new UsageException($"'{text}' is no MAC or IP address, such as 02:00:5e:10:00:01 or 192.0.2.7.");
}
