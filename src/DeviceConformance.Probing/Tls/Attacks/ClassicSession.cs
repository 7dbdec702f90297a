using System.Security.Cryptography;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Traffic.Content;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>A session of TLS 1.2 whose handshake came to its end, so that what happens inside can be seen: session tickets, renegotiation.</summary>
/// <remarks>A probe and no client: it checks no certificate and no signature, and sends nothing to the service inside.</remarks>
internal sealed class ClassicSession : IAsyncDisposable
{
    private const int FinishedLength = 12; // RFC 5246, 7.4.9

    private readonly DutConnection _connection;
    private readonly TlsRecordCipher _ours;
    private readonly TlsRecordCipher _theirs;

    private ClassicSession(DutConnection connection, ServerHello hello, TlsRecordCipher ours, TlsRecordCipher theirs)
    {
        (_connection, Hello, _ours, _theirs) = (connection, hello, ours, theirs);
        Tail = new SessionTail(theirs);
    }

    /// <summary>Suites whose handshake can be brought to its end here.</summary>
    public static int[] Suites { get; } =
    [
        .. CipherSuite.InOrderOfUse
            .Where(suite => suite.FitsInto(TlsVersion.Tls12) && Array.Exists(ClientKeyShare.Suites, start => suite.Name.StartsWith(start, StringComparison.Ordinal)) && TlsRecordCipher.Reads(suite))
            .Select(suite => suite.Code),
    ];

    /// <summary>What the server chose.</summary>
    public ServerHello Hello { get; }

    /// <summary>What the server has said since the client's Finished message.</summary>
    public SessionTail Tail { get; }

    /// <summary>The client's Finished value, by which a renegotiation is bound to this session (RFC 5746, 3.1).</summary>
    public byte[] Verification { get; private set; } = [];

    /// <summary>Goes on after a server's flight to the end of the handshake.</summary>
    /// <param name="connection">The connection; disposed with the session, or here when there is none.</param>
    /// <param name="offer">The hello that was sent.</param>
    /// <param name="flight">The server's flight.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The session, or null and why there is none.</returns>
    public static async Task<(ClassicSession? Session, string WhyNot)> CompleteAsync(DutConnection connection, ClientHello offer, ServerFlight flight, CancellationToken cancellationToken)
    {
        var hello = flight.Hello!;
        var whyNot = flight.State != FlightState.Complete ? $"the server's flight does not end{(flight.Fault.Length > 0 ? $" ({flight.Fault})" : "")}"
            : hello.Version != TlsVersion.Tls12 ? $"the server chose {hello.Version.DisplayName()}, and only a handshake of TLS 1.2 is brought to its end here"
            : !CipherSuite.ByCode.TryGetValue(hello.Suite, out _) || !Suites.Contains(hello.Suite) ? $"a handshake with {CipherSuite.Seen(hello.Suite, "").Name} is not brought to its end here"
            : "";
        if (whyNot.Length > 0)
        {
            await connection.DisposeAsync();
            return (null, whyNot);
        }

        var suite = CipherSuite.ByCode[hello.Suite];
        if (!ClientKeyShare.TryMake(flight, suite, out var share, out var premaster))
        {
            await connection.DisposeAsync();
            return (null, "the server's half of the key exchange can not be used");
        }

        var hash = TlsRecordCipher.HashOf(suite);
        byte[] messages = [.. flight.AsksForCertificate ? Message(TlsHandshakeType.Certificate, [0, 0, 0]) : [], .. Message(TlsHandshakeType.ClientKeyExchange, share)];
        byte[] transcript = [.. offer.ToMessage(), .. flight.Messages, .. messages];
        var (clientRandom, serverRandom) = (offer.Random.ToArray(), hello.Random.ToArray());
        var main = hello.Has(TlsExtensionType.ExtendedMainSecret)
            ? TlsRecordCipher.Derive12(hash, premaster, [.. "extended master secret"u8, .. Digest(hash, transcript)], 48)
            : TlsRecordCipher.Derive12(hash, premaster, [.. "master secret"u8, .. clientRandom, .. serverRandom], 48);
        var session = new ClassicSession(
            connection,
            hello,
            TlsRecordCipher.Of12(suite, main, clientRandom, serverRandom, fromClient: true, isMacOverCipherText: false)!,
            TlsRecordCipher.Of12(suite, main, clientRandom, serverRandom, fromClient: false, isMacOverCipherText: false)!)
        {
            Verification = TlsRecordCipher.Derive12(hash, main, [.. "client finished"u8, .. Digest(hash, transcript)], FinishedLength),
        };
        byte[] flightOfClient =
        [
            .. RecordTail.Record(TlsContentType.Handshake, TlsVersion.Tls12, messages),
            .. RecordTail.Record(TlsContentType.ChangeCipherSpec, TlsVersion.Tls12, [1]),
            .. session.Sealed(TlsContentType.Handshake, Message(TlsHandshakeType.Finished, session.Verification)),
        ];
        var silence = await session.SayAsync(flightOfClient, tail => tail.IsFinished || tail.Alert is not null, cancellationToken);
        if (session.Tail.IsFinished)
        {
            return (session, "");
        }

        var wants = flight.AsksForCertificate ? "the server wants a certificate of the client, and " : "";
        whyNot = session.Tail.Fault.Length > 0 ? $"{wants}after the client's Finished message {session.Tail.Fault}" : $"{wants}the client's Finished message was answered with {(session.Tail.Alert is { } alert ? alert.ToString() : silence?.ToString() ?? "nothing")}";
        await session.DisposeAsync();
        return (null, whyNot);
    }

    /// <summary>Sends handshake messages inside the session and reads until enough has come.</summary>
    /// <returns>How it ended; null when enough has come.</returns>
    public Task<Silence?> AskAsync(byte[] messages, Func<SessionTail, bool> isEnough, CancellationToken cancellationToken) =>
        SayAsync(Sealed(TlsContentType.Handshake, messages), isEnough, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _ours.Dispose();
        _theirs.Dispose();
        await _connection.DisposeAsync();
    }

    private async Task<Silence?> SayAsync(byte[] bytes, Func<SessionTail, bool> isEnough, CancellationToken cancellationToken) =>
        await _connection.SendAsync(bytes, TlsExchange.Deadline, cancellationToken)
        ?? await _connection.ReadUntilAsync(
            read =>
            {
                Tail.Append(read.Span);
                return Tail.Fault.Length > 0 || isEnough(Tail);
            },
            TlsExchange.Deadline,
            cancellationToken);

    private byte[] Sealed(TlsContentType type, byte[] content) => RecordTail.Record(type, TlsVersion.Tls12, _ours.Seal((byte)type, content));

    private static byte[] Message(TlsHandshakeType type, byte[] body) => [(byte)type, .. ClientHello.Prefixed(3, body)];

    private static byte[] Digest(HashAlgorithmName hash, byte[] bytes) => hash == HashAlgorithmName.SHA384 ? SHA384.HashData(bytes) : SHA256.HashData(bytes);
}
