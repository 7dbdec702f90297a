using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Tls;

/// <summary>
/// Finds out which versions, suites, groups and certificates a TLS server offers, with ClientHellos of its own: SSL 3.0 to TLS 1.3, every
/// suite that has a number, groups, signatures and features. No handshake is completed, save one to see the certificate of a server that
/// speaks TLS 1.3 only.
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

        var exchange = new TlsExchange(request.Endpoint, request.StartTls, context);
        using var sender = new HelloSender(exchange.AskAsync, context);
        HelloAnswer? first = null;
        foreach (var (version, length) in _openings)
        {
            var answer = await sender.AskInLaneAsync(TlsVersionTrial.FirstOffer(version, length), cancellationToken);
            if (answer.IsTls)
            {
                return new ProbeOutcome.Observed(await EnumerateAsync(request, exchange, sender, version, length == TlsVersionTrial.LongOffer && answer.Flight.Hello is not null ? answer : null, context, cancellationToken));
            }

            first ??= answer;
            if (answer.Silence == Silence.Malformed && await SpeaksSsl2OnlyAsync(request, exchange, context, cancellationToken) is { } old)
            {
                return old;
            }

            if (answer.Silence is Silence.Malformed or Silence.Refused or Silence.HostUnreachable)
            {
                return new ProbeOutcome.Unanswered(answer.Silence.Value, answer.Silence == Silence.Malformed ? $"{request.Endpoint} {answer.Text}." : answer.Text);
            }
        }

        return new ProbeOutcome.Unanswered(first!.Silence ?? Silence.NoReply, $"{request.Endpoint} answers none of {_openings.Length} TLS offers: {first.Text}.");
    }

    // To a hello of TLS such a server answers in its own form, or not at all.
    private static async Task<ProbeOutcome?> SpeaksSsl2OnlyAsync(TlsEnumeration request, TlsExchange exchange, ProbeContext context, CancellationToken cancellationToken)
    {
        var trial = new Ssl2Trial(exchange);
        await trial.RunAsync(cancellationToken);
        return trial.Seen.Accepted
            ? new ProbeOutcome.Observed(new TlsServerSeen(request.Endpoint, [trial.Seen], Read([trial.Certificate], context.Time.GetUtcNow(), []), 1)
            {
                StartTls = request.StartTls,
                Coverage = Coverage.Partial($"{trial.Text}; to an offer of TLS it gave no answer of TLS, so whether it takes any version of it is unknown."),
            })
            : null;
    }

    private static async Task<TlsServerSeen> EnumerateAsync(TlsEnumeration request, TlsExchange exchange, HelloSender sender, TlsVersion openedWith, HelloAnswer? opening, ProbeContext context, CancellationToken cancellationToken)
    {
        var trials = _versions.Select(version => (Version: version, Trial: new TlsVersionTrial(version, sender))).ToList();
        var done = 0;
        await Task.WhenAll(trials.Select(async entry =>
        {
            await entry.Trial.RunAsync(entry.Version == openedWith ? opening : null, cancellationToken);
            context.Progress(Interlocked.Increment(ref done) / (double)trials.Count, entry.Trial.Text);
        }));

        var ssl2 = new Ssl2Trial(exchange);
        await ssl2.RunAsync(cancellationToken);
        context.Transcript.Note(ssl2.Text);
        ImmutableArray<TlsVersionSeen> seen = [ssl2.Seen, .. trials.Select(entry => entry.Trial.Seen)];
        var gaps = trials.SelectMany(entry => entry.Trial.Gaps).ToList();
        if (ssl2.Gap.Length > 0)
        {
            gaps.Add(ssl2.Gap);
        }

        var accepted = seen.LastOrDefault(version => version.Accepted && version.Version != TlsVersion.Ssl2);
        if (accepted is null)
        {
            gaps.Add("the server speaks TLS and took none of the offers, so what it takes is unknown");
        }
        else if (ssl2.IsUnspokenRefusal || trials.Exists(entry => entry.Trial.HasUnspokenRefusal))
        {
            var control = await sender.AskAsync(new ClientHello(accepted.Version, [accepted.Suites[0].Code]), cancellationToken);
            if (control.Flight.Hello?.Version != accepted.Version)
            {
                gaps.Add($"at the end the server no longer took {accepted.Version.DisplayName()} with {accepted.Suites[0].Name} ({control.Text}), so what it closed or reset before may be no refusal");
            }
        }

        var chain = trials.SelectMany(entry => entry.Trial.Certificates).ToList();
        if (!ssl2.Certificate.IsEmpty)
        {
            chain.Add(ssl2.Certificate);
        }

        var connections = sender.Connections + 1;
        if (chain.Count == 0 && seen.Any(version => version is { Version: TlsVersion.Tls13, Accepted: true }))
        {
            connections++;
            if (await HandshakeAsync(request, context, cancellationToken) is { } leaf)
            {
                chain.Add(leaf);
            }
            else
            {
                gaps.Add("the certificate was not seen: TLS 1.3 encrypts it, and no handshake came about");
            }
        }

        var details = accepted is null ? null : await new TlsDetailTrial(sender, [.. trials.Select(entry => entry.Trial)]).RunAsync(cancellationToken);
        var leaves = Read(chain, context.Time.GetUtcNow(), gaps);
        var statement = $"{ssl2.Text}; {string.Join("; ", trials.Select(entry => entry.Trial.Text))}; {connections} connections.";
        return new TlsServerSeen(request.Endpoint, seen, leaves, connections)
        {
            StartTls = request.StartTls,
            Issuers = [.. Read(trials.SelectMany(entry => entry.Trial.Issuers), context.Time.GetUtcNow(), []).ExceptBy(leaves.Select(leaf => leaf.Sha256), issuer => issuer.Sha256)],
            Details = details,
            OneAtATime = sender.IsOneAtATime,
            Coverage = gaps.Count == 0 ? Coverage.Complete(statement) : Coverage.Partial($"{statement} Unknown: {string.Join("; ", gaps)}."),
        };
    }

    private static ImmutableArray<CertificateSeen> Read(IEnumerable<ReadOnlyMemory<byte>> found, DateTimeOffset now, List<string> gaps)
    {
        var certificates = ImmutableArray.CreateBuilder<CertificateSeen>();
        foreach (var der in found.DistinctBy(der => CertificateReading.Fingerprint(der.Span)))
        {
            if (CertificateReading.TryRead(der.Span, now, out var certificate))
            {
                certificates.Add(certificate);
            }
            else
            {
                gaps.Add($"a certificate of {der.Length} bytes (SHA-256 {CertificateReading.Fingerprint(der.Span)}) can not be read");
            }
        }

        return certificates.ToImmutable();
    }

    private static async Task<byte[]?> HandshakeAsync(TlsEnumeration request, ProbeContext context, CancellationToken cancellationToken)
    {
        var (connection, _) = await new TlsExchange(request.Endpoint, request.StartTls, context).ConnectAsync(cancellationToken);
        if (connection is null)
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
