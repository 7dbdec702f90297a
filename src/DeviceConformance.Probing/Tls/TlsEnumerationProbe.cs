using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Tls;

/// <summary>
/// Finds out which versions, suites, groups and certificates a server of TLS or DTLS offers, with hellos of its own: SSL 2.0 to TLS 1.3, every
/// suite that has a number, groups, signatures and features. No handshake is completed, save one to see the certificate of a server that
/// speaks TLS 1.3 only.
/// </summary>
public sealed class TlsEnumerationProbe : Probe<TlsEnumeration>
{
    private static readonly TlsVersion[] _versions = [TlsVersion.Ssl3, TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13];
    private static readonly TlsVersion[] _datagramVersions = [TlsVersion.Dtls10, TlsVersion.Dtls12, TlsVersion.Dtls13];

    // What a server that knows any of the versions answers at least one of.
    private static readonly (TlsVersion Version, int Length)[] _openings =
    [
        (TlsVersion.Tls12, TlsVersionTrial.LongOffer),
        (TlsVersion.Tls13, TlsVersionTrial.LongOffer),
        (TlsVersion.Tls12, TlsVersionTrial.ShortOffer),
        (TlsVersion.Tls10, TlsVersionTrial.ShortOffer),
        (TlsVersion.Ssl3, TlsVersionTrial.ShortOffer),
    ];

    private static readonly (TlsVersion Version, int Length)[] _datagramOpenings =
    [
        (TlsVersion.Dtls12, TlsVersionTrial.LongOffer),
        (TlsVersion.Dtls12, TlsVersionTrial.ShortOffer),
        (TlsVersion.Dtls10, TlsVersionTrial.ShortOffer),
        (TlsVersion.Dtls13, TlsVersionTrial.ShortOffer),
    ];

    private static readonly TimeSpan _handshakeDeadline = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TlsEnumeration request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var isDatagram = request.Endpoint.Transport == Transport.Udp;
        var exchange = isDatagram ? null : new TlsExchange(request.Endpoint, request.StartTls, context);
        using var sender = exchange is null ? new HelloSender(new DtlsExchange(request.Endpoint, context).AskAsync, 1, context) : new HelloSender(exchange.AskAsync, 2, context);
        var openings = isDatagram ? _datagramOpenings : _openings;
        HelloAnswer? first = null;
        foreach (var (version, length) in openings)
        {
            var answer = await sender.AskInLaneAsync(TlsVersionTrial.FirstOffer(version, length), cancellationToken);
            if (answer.IsTls)
            {
                return new ProbeOutcome.Observed(await EnumerateAsync(request, exchange, sender, version, length == TlsVersionTrial.LongOffer && answer.Flight.Hello is not null ? answer : null, context, cancellationToken));
            }

            first ??= answer;
            if (answer.Silence == Silence.Malformed && exchange is not null && await SpeaksSsl2OnlyAsync(request, exchange, context, cancellationToken) is { } old)
            {
                return old;
            }

            if (answer.Silence is Silence.Malformed or Silence.Refused or Silence.HostUnreachable)
            {
                return new ProbeOutcome.Unanswered(answer.Silence.Value, answer.Silence == Silence.Malformed ? $"{request.Endpoint} {answer.Text}." : answer.Text);
            }
        }

        return new ProbeOutcome.Unanswered(first!.Silence ?? Silence.NoReply, $"{request.Endpoint} answers none of {openings.Length} {(isDatagram ? "DTLS" : "TLS")} offers: {first.Text}.");
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

    private static async Task<TlsServerSeen> EnumerateAsync(TlsEnumeration request, TlsExchange? exchange, HelloSender sender, TlsVersion openedWith, HelloAnswer? opening, ProbeContext context, CancellationToken cancellationToken)
    {
        // Before the others, so that an offer which is taken later shows that the server goes on answering; alone, since what it does to two at a time is not known yet.
        var gaps = new List<string>();
        var ssl2 = exchange is null ? null : new Ssl2Trial(exchange);
        if (ssl2 is not null)
        {
            await ssl2.RunAsync(cancellationToken);
            context.Transcript.Note(ssl2.Text);
            gaps.AddRange(ssl2.Gap.Length > 0 ? [ssl2.Gap] : []);
            if (ssl2.IsUnspokenRefusal)
            {
                sender.NoteSilence();
            }
        }

        var trials = (exchange is null ? _datagramVersions : _versions).Select(version => new TlsVersionTrial(version, sender)).ToList();
        var done = 0;
        await Task.WhenAll(trials.Select(async trial =>
        {
            await trial.RunAsync(trial.Version == openedWith ? opening : null, cancellationToken);
            context.Progress(Interlocked.Increment(ref done) / (double)trials.Count, trial.Text);
        }));

        gaps.AddRange(trials.SelectMany(trial => trial.Gaps));
        ImmutableArray<TlsVersionSeen> seen = [.. ssl2 is null ? [] : new[] { ssl2.Seen }, .. trials.Select(trial => trial.Seen)];
        var accepted = seen.LastOrDefault(version => version.Accepted && version.Version != TlsVersion.Ssl2);
        if (accepted is null)
        {
            gaps.Add("the server speaks TLS and took none of the offers, so what it takes is unknown");
        }
        else if ((ssl2 is { IsUnspokenRefusal: true } || trials.Exists(trial => trial.HasUnspokenRefusal)) && !sender.HasTakenSince)
        {
            var control = await sender.AskAsync(new ClientHello(accepted.Version, [accepted.Suites[0].Code]), cancellationToken);
            if (control.Flight.Hello?.Version != accepted.Version)
            {
                gaps.Add($"at the end the server no longer took {accepted.Version.DisplayName()} with {accepted.Suites[0].Name} ({control.Text}), so what it closed, reset or left unanswered before may be no refusal");
            }
        }

        var chain = trials.SelectMany(trial => trial.Certificates).ToList();
        if (ssl2 is { Certificate.IsEmpty: false })
        {
            chain.Add(ssl2.Certificate);
        }

        var connections = sender.Connections + (ssl2 is null ? 0 : 1);
        if (chain.Count == 0 && accepted is not null && accepted.Version.AsTls() == TlsVersion.Tls13)
        {
            if (exchange is not null && await HandshakeAsync(exchange, cancellationToken) is { } leaf)
            {
                connections++;
                chain.Add(leaf);
            }
            else
            {
                connections += exchange is null ? 0 : 1;
                gaps.Add($"the certificate was not seen: {accepted.Version.DisplayName()} encrypts it, and no handshake came about");
            }
        }

        var details = accepted is null ? null : await new TlsDetailTrial(sender, trials).RunAsync(cancellationToken);
        var leaves = Read(chain, context.Time.GetUtcNow(), gaps);
        var statement = $"{(ssl2 is null ? "" : $"{ssl2.Text}; ")}{string.Join("; ", trials.Select(trial => trial.Text))}; {connections} connections.";
        return new TlsServerSeen(request.Endpoint, seen, leaves, connections)
        {
            StartTls = request.StartTls,
            Issuers = [.. Read(trials.SelectMany(trial => trial.Issuers), context.Time.GetUtcNow(), []).ExceptBy(leaves.Select(leaf => leaf.Sha256), issuer => issuer.Sha256)],
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

    private static async Task<byte[]?> HandshakeAsync(TlsExchange exchange, CancellationToken cancellationToken)
    {
        var (connection, _) = await exchange.ConnectAsync(cancellationToken);
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
