using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Tls;

/// <summary>
/// Finds out which versions, suites, groups and certificates a TLS server offers, with ClientHellos of its own: SSL 3.0 to TLS 1.3, every
/// suite that has a number. No handshake is completed, save one to see the certificate of a server that speaks TLS 1.3 only.
/// </summary>
public sealed class TlsEnumerationProbe : Probe<TlsEnumeration>
{
    private static readonly TlsVersion[] _versions = [TlsVersion.Ssl3, TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13];

    // What a server that knows any of the versions answers at least one of.
    private static readonly (TlsVersion Version, int Length)[] _openings =
    [
        (TlsVersion.Tls12, TlsVersionTrial.LongOffer),
        (TlsVersion.Tls13, TlsVersionTrial.LongOffer),
        (TlsVersion.Tls12, TlsVersionTrial.ShortOffer),
        (TlsVersion.Tls10, TlsVersionTrial.ShortOffer),
        (TlsVersion.Ssl3, TlsVersionTrial.ShortOffer),
    ];

    private static readonly TimeSpan _handshakeDeadline = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TlsEnumeration request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Endpoint.Transport != Transport.Tcp)
        {
            return new ProbeOutcome.NotRun(NotRunReason.HarnessFault, $"{request.Title}: this harness does not enumerate DTLS.");
        }

        using var sender = new HelloSender(request.Endpoint, context);
        HelloAnswer? first = null;
        foreach (var (version, length) in _openings)
        {
            var answer = await sender.AskInLaneAsync(TlsVersionTrial.FirstOffer(version, length), cancellationToken);
            if (answer.IsTls)
            {
                return new ProbeOutcome.Observed(await EnumerateAsync(request.Endpoint, sender, version, length == TlsVersionTrial.LongOffer && answer.Flight.Hello is not null ? answer : null, context, cancellationToken));
            }

            first ??= answer;
            if (answer.Silence is Silence.Malformed or Silence.Refused or Silence.HostUnreachable)
            {
                return new ProbeOutcome.Unanswered(answer.Silence.Value, answer.Silence == Silence.Malformed ? $"{request.Endpoint} {answer.Text}." : answer.Text);
            }
        }

        return new ProbeOutcome.Unanswered(first!.Silence ?? Silence.NoReply, $"{request.Endpoint} answers none of {_openings.Length} TLS offers: {first.Text}.");
    }

    private static async Task<TlsServerSeen> EnumerateAsync(Endpoint endpoint, HelloSender sender, TlsVersion openedWith, HelloAnswer? opening, ProbeContext context, CancellationToken cancellationToken)
    {
        var trials = _versions.Select(version => (Version: version, Trial: new TlsVersionTrial(version, sender))).ToList();
        var done = 0;
        await Task.WhenAll(trials.Select(async entry =>
        {
            await entry.Trial.RunAsync(entry.Version == openedWith ? opening : null, cancellationToken);
            context.Progress(Interlocked.Increment(ref done) / (double)trials.Count, entry.Trial.Text);
        }));

        ImmutableArray<TlsVersionSeen> seen = [.. trials.Select(entry => entry.Trial.Seen)];
        var gaps = trials.SelectMany(entry => entry.Trial.Gaps).ToList();
        var accepted = seen.LastOrDefault(version => version.Accepted);
        if (accepted is null)
        {
            gaps.Add("the server speaks TLS and took none of the offers, so what it takes is unknown");
        }
        else if (trials.Exists(entry => entry.Trial.HasUnspokenRefusal))
        {
            var control = await sender.AskAsync(new ClientHello(accepted.Version, [accepted.Suites[0].Code]), cancellationToken);
            if (control.Flight.Hello?.Version != accepted.Version)
            {
                gaps.Add($"at the end the server no longer took {accepted.Version.DisplayName()} with {accepted.Suites[0].Name} ({control.Text}), so what it closed or reset before may be no refusal");
            }
        }

        var leaves = trials.SelectMany(entry => entry.Trial.Certificates).DistinctBy(leaf => CertificateReading.Fingerprint(leaf.Span)).ToList();
        var connections = sender.Connections;
        if (leaves.Count == 0 && seen.Any(version => version is { Version: TlsVersion.Tls13, Accepted: true }))
        {
            connections++;
            if (await HandshakeAsync(endpoint, context, cancellationToken) is { } leaf)
            {
                leaves.Add(leaf);
            }
            else
            {
                gaps.Add("the certificate was not seen: TLS 1.3 encrypts it, and no handshake came about");
            }
        }

        var certificates = ImmutableArray.CreateBuilder<CertificateSeen>();
        foreach (var leaf in leaves)
        {
            if (CertificateReading.TryRead(leaf.Span, out var certificate))
            {
                certificates.Add(certificate);
            }
            else
            {
                gaps.Add($"a certificate of {leaf.Length} bytes (SHA-256 {CertificateReading.Fingerprint(leaf.Span)}) can not be read");
            }
        }

        var statement = $"{string.Join("; ", trials.Select(entry => entry.Trial.Text))}; {connections} connections.";
        return new TlsServerSeen(endpoint, seen, certificates.ToImmutable(), connections)
        {
            Coverage = gaps.Count == 0 ? Coverage.Complete(statement) : Coverage.Partial($"{statement} Unknown: {string.Join("; ", gaps)}."),
        };
    }

    private static async Task<byte[]?> HandshakeAsync(Endpoint endpoint, ProbeContext context, CancellationToken cancellationToken)
    {
        var opened = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
        if (!opened.TryGet(out var connection))
        {
            return null;
        }

        await using (connection)
        {
            await connection.StartTlsAsync(_handshakeDeadline, cancellationToken);
            return connection.Tls?.RemoteCertificate is { } certificate ? certificate.GetRawCertData() : null;
        }
    }
}
