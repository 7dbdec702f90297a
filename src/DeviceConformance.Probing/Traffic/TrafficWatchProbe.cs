using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Reads the captures that the laboratory has of the DUT's traffic. It sends nothing.</summary>
/// <param name="analyse">Makes the observation of captures; the analysis of this harness where nothing else is given.</param>
public sealed class TrafficWatchProbe(Func<IReadOnlyList<string>, TrafficSubject, CancellationToken, TrafficSeen>? analyse = null) : Probe<TrafficWatch>
{
    /// <summary>Captures up to this size in bytes are copied into the run folder; of larger ones the run keeps name, length and SHA-256.</summary>
    public const long LargestCopy = 64 * 1024 * 1024;

    private readonly Func<IReadOnlyList<string>, TrafficSubject, CancellationToken, TrafficSeen> _analyse = analyse ?? TrafficAnalysis.Analyse;

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TrafficWatch request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        string[] files = [.. context.Declared.Lab.Captures.Select(file => Path.Combine(context.Declared.Folder, file))];
        if (files.Length == 0)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: there is no capture; name some by 'captures' in lab.yaml or by 'dct run --pcap'.");
        }

        try
        {
            var subject = SubjectOf(context.Declared);
            context.Progress(0, files.Length == 1 ? Path.GetFileName(files[0]) : $"{files.Length} captures");
            var seen = await Task.Run(() => _analyse(files, subject, cancellationToken), cancellationToken);
            foreach (var (file, capture) in files.Select(file => (file, seen.Files.FirstOrDefault(capture => capture.Name == Path.GetFileName(file)))))
            {
                Keep(file, capture ?? throw new InvalidOperationException($"The analysis does not name the capture {Path.GetFileName(file)}."), context);
            }

            return new ProbeOutcome.Observed(seen);
        }
        catch (Exception fault) when (fault is CaptureFileException or IOException or UnauthorizedAccessException)
        {
            throw new LabFaultException($"{fault.Message} Mend it, then finish the run with 'dct run --resume'.");
        }
    }

    /// <summary>Whose traffic is looked at, and what for: the first sample as declared, this host, and all values that must not be readable.</summary>
    internal static TrafficSubject SubjectOf(Declaration declared)
    {
        var sample = declared.Dut.Samples.FirstOrDefault();
        return new TrafficSubject(
            [.. (sample?.Mac ?? []).Where(mac => LinkAddress.TryParse(mac, out _)).Select(mac => LinkAddress.TryParse(mac, out var address) ? address : default)],
            [.. CapturedAddresses(declared)])
        {
            LaboratoryAddresses = [.. LaboratoryAddresses(declared)],
            KeyLogs = [.. declared.Lab.KeyLogs.Select(file => Path.Combine(declared.Folder, file))],
            Sought = [.. Sought(declared)],
        };
    }

    private static IEnumerable<IPAddress> CapturedAddresses(Declaration declared) =>
        (declared.Lab.CapturedAddresses.IsEmpty ? declared.Addresses : declared.Lab.CapturedAddresses).Select(address => address.Address);

    // An address of this host that is the DUT's own (an emulated device) is the DUT's.
    private static IEnumerable<IPAddress> LaboratoryAddresses(Declaration declared) =>
        NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Concat(declared.Lab.StandInAddress is { } standIn ? [standIn.Address] : [])
            .Except(CapturedAddresses(declared))
            .Distinct();

    private static IEnumerable<SoughtValue> Sought(Declaration declared)
    {
        var lab = declared.Lab;
        foreach (var credential in lab.Credentials.DistinctBy(credential => (credential.AuthMech, credential.Password.Reveal())))
        {
            var kind = credential.Kind == CredentialKind.Preset ? "preset password" : "password";
            yield return new SoughtValue(ClearItemKind.DeclaredSecret, $"{kind} of {credential.AuthMech}, sample {credential.Sample}", credential.AuthMech, credential.Password.Reveal());
        }

        foreach (var secret in lab.Secrets)
        {
            yield return new SoughtValue(ClearItemKind.DeclaredSecret, secret.What, secret.Entry, secret.Value.Reveal());
        }

        foreach (var datum in lab.PersonalData)
        {
            yield return new SoughtValue(ClearItemKind.PersonalDatum, datum.What, datum.Entry, datum.Value.Reveal());
        }
    }

    private static void Keep(string file, CaptureSeen capture, ProbeContext context)
    {
        if (capture.Length > LargestCopy)
        {
            context.Store(Encoding.UTF8.GetBytes($"{capture.Sha256}  {capture.Name}  {capture.Length} bytes, kept by the laboratory at {file}\n"), "txt");
            return;
        }

        var bytes = File.ReadAllBytes(file);
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != capture.Sha256)
        {
            throw new IOException($"{capture.Name} changed while it was read: end the recording first.");
        }

        context.Store(bytes, capture.Format.StartsWith("pcapng", StringComparison.Ordinal) ? "pcapng" : "pcap");
    }
}
