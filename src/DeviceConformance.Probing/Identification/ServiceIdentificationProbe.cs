using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Identification;

/// <summary>Finds out what speaks on a port: listens first, then speaks. Port numbers only order the questions.</summary>
public sealed class ServiceIdentificationProbe : Probe<ServiceIdentification>
{
    private const int Parallel = 4;
    private const int BannerLength = 512;
    private const int MaxAnswer = 4096;
    private static readonly TimeSpan _listen = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan _answer = TimeSpan.FromMilliseconds(1500);
    // A small processor reckons for seconds before its first flight.
    private static readonly TimeSpan _hello = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _handshake = TimeSpan.FromSeconds(4);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(ServiceIdentification request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var endpoint = request.Endpoint;
        var first = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
        if (!first.TryGet(out var connection))
        {
            return first.Unanswered;
        }

        byte[] greeting;
        await using (connection)
        {
            (greeting, _) = await ReadAsync(connection, _listen, cancellationToken);
        }

        if (greeting.Length > 0)
        {
            var known = Recognition.Answer(greeting) ?? new Recognised(ServiceProtocol.Other, "a protocol that greets in words of its own");
            return Seen(endpoint, known, false, greeting, "It greeted before anything was asked.");
        }

        var tls = await InsideTlsAsync(endpoint, context, cancellationToken);
        return tls ?? await InClearAsync(endpoint, context, cancellationToken);
    }

    /// <summary>What speaks inside TLS; null when the port does not speak TLS.</summary>
    private static async Task<ProbeOutcome?> InsideTlsAsync(Endpoint endpoint, ProbeContext context, CancellationToken cancellationToken)
    {
        if (!await SpeaksTlsAsync(endpoint, context, cancellationToken))
        {
            return null;
        }

        var tried = new List<string>();
        foreach (var question in Ordered([Questions.Http(endpoint), Questions.Mqtt311, Questions.Mqtt5, Questions.Lines], endpoint.Port).Prepend(null))
        {
            var result = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
            if (!result.TryGet(out var connection))
            {
                return new ProbeOutcome.Observed(Service(endpoint, new Recognised(ServiceProtocol.Tls, ""), true, [], Coverage.Partial($"TLS answered, then the port took no further connection: {result.Text}")));
            }

            await using (connection)
            {
                if (await connection.StartTlsAsync(_handshake, cancellationToken) is not null)
                {
                    // A server that the platform's TLS can not talk to: too old, or it wants a certificate.
                    return Seen(endpoint, new Recognised(ServiceProtocol.Tls, ""), true, [], "It answers a TLS ClientHello, but no handshake came about, so that what speaks inside is not known.");
                }

                if (question is not null)
                {
                    await connection.SendAsync(question.Bytes, _answer, cancellationToken);
                }

                var (said, _) = await ReadAsync(connection, question is null ? _listen : _answer, cancellationToken);
                if (said.Length > 0 && (question is null ? Recognition.Answer(said) : question.Recognise(said)) is { } known)
                {
                    return Seen(endpoint, known, true, said, $"Recognised inside TLS by {question?.Name ?? "its greeting"}.");
                }

                tried.Add(question?.Name ?? "listening");
            }
        }

        return Seen(endpoint, new Recognised(ServiceProtocol.Tls, ""), true, [], $"TLS is up; inside it none of these was understood: {string.Join(", ", tried)}.");
    }

    /// <summary>Whether any answer to a ClientHello is a TLS record; old servers refuse the platform's own offer.</summary>
    private static async Task<bool> SpeaksTlsAsync(Endpoint endpoint, ProbeContext context, CancellationToken cancellationToken)
    {
        foreach (var version in new[] { TlsVersion.Tls12, TlsVersion.Tls13 })
        {
            var result = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
            if (!result.TryGet(out var connection))
            {
                return false;
            }

            await using (connection)
            {
                await connection.SendAsync(new ClientHello(version, _offer).ToBytes(), _answer, cancellationToken);
                var (said, silence) = await ReadAsync(connection, _hello, cancellationToken);
                if (Recognition.IsTls(said))
                {
                    return true;
                }

                if (silence is Silence.NoReply)
                {
                    // A server that does not like the version says so or closes (RFC 8446, 4.1.3 and 6.2); one that stays silent speaks no TLS.
                    return false;
                }
            }
        }

        return false;
    }

    private static async Task<ProbeOutcome> InClearAsync(Endpoint endpoint, ProbeContext context, CancellationToken cancellationToken)
    {
        var questions = Ordered(Questions.InClear(endpoint), endpoint.Port);
        byte[] unknown = [];
        var silences = new List<Silence>();
        foreach (var batch in questions.Chunk(Parallel))
        {
            var answers = await Task.WhenAll(batch.Select(question => PutAsync(question, endpoint, context, cancellationToken)));
            foreach (var (known, said, silence) in answers)
            {
                if (known is { } recognised)
                {
                    return Seen(endpoint, recognised, false, said, $"Recognised in clear; asked {string.Join(", ", questions.TakeWhile(question => !batch.Contains(question)).Concat(batch).Select(question => question.Name))}.");
                }

                unknown = said.Length > unknown.Length ? said : unknown;
                silences.AddRange(silence is { } way ? [way] : []);
            }
        }

        var tried = $"Listened, then asked TLS, {string.Join(", ", questions.Select(question => question.Name))}";
        return silences.Contains(Silence.Refused) || silences.Contains(Silence.HostUnreachable)
            ? new ProbeOutcome.Observed(Service(endpoint, new Recognised(ServiceProtocol.Unknown, ""), false, unknown, Coverage.Partial($"{tried}; some of the connections were refused, so that not every question reached the service.")))
            : Seen(endpoint, new Recognised(unknown.Length > 0 ? ServiceProtocol.Other : ServiceProtocol.Unknown, ""), false, unknown, $"{tried}; {(unknown.Length > 0 ? "it answered in a protocol that is not known" : "it gave no answer")}.");
    }

    private static async Task<(Recognised? Known, byte[] Said, Silence? Silence)> PutAsync(Question question, Endpoint endpoint, ProbeContext context, CancellationToken cancellationToken)
    {
        var result = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            return (null, [], result.Silence);
        }

        await using (connection)
        {
            if (await connection.SendAsync(question.Bytes, _answer, cancellationToken) is { } broken)
            {
                return (null, [], broken);
            }

            var (said, silence) = await ReadAsync(connection, _answer, cancellationToken);
            // Many protocols' first message would pass for an answer when it merely comes back.
            var isEcho = said.Length > 0 && question.Bytes.Span.StartsWith(said);
            return (isEcho ? new Recognised(ServiceProtocol.Other, "echo") : said.Length > 0 ? question.Recognise(said) ?? Recognition.Answer(said) : null, said, silence);
        }
    }

    /// <summary>What is said within a time, without waiting on once it paused.</summary>
    private static async Task<(byte[] Said, Silence? Silence)> ReadAsync(DutConnection connection, TimeSpan deadline, CancellationToken cancellationToken)
    {
        // A greeting may come in pieces: a prompt follows its negotiation within a moment.
        var pause = TimeSpan.FromMilliseconds(120);
        using var said = new MemoryStream();
        var buffer = new byte[MaxAnswer];
        while (said.Length < MaxAnswer)
        {
            var read = await connection.ReadAsync(buffer, said.Length == 0 ? deadline : pause, cancellationToken);
            if (read.Silence is { } silence)
            {
                return (said.ToArray(), said.Length == 0 ? silence : null);
            }

            said.Write(buffer, 0, read.Count);
        }

        return (said.ToArray(), null);
    }

    private static ImmutableArray<Question> Ordered(ImmutableArray<Question> questions, int port) => [.. questions.OrderBy(question => question.UsualPorts.Contains(port) ? 0 : 1)];

    private static ProbeOutcome.Observed Seen(Endpoint endpoint, Recognised known, bool tls, byte[] said, string how) =>
        new(Service(endpoint, known, tls, said, Coverage.Complete(how)));

    private static ServiceSeen Service(Endpoint endpoint, Recognised known, bool tls, byte[] said, Coverage coverage) =>
        new(endpoint, known.Protocol, tls, known.Name, Transcript.Printable(said, BannerLength)) { Coverage = coverage };

    // Suites that servers of every age know, so that the answer is a ServerHello or at least an alert.
    private static readonly ImmutableArray<int> _offer =
        [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xc009, 0xc00a, 0xc013, 0xc014, 0x009e, 0x009f, 0x0033, 0x0039, 0x009c, 0x009d, 0x002f, 0x0035, 0x000a, 0x0005];
}
