using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Traffic.Content;

namespace DeviceConformance.Tests.Tls;

/// <summary>A server of TLS 1.2 with one suite that completes handshakes, gives tickets and takes them as the test wants, for faults that no server of Debian has.</summary>
internal sealed class TicketServer : IAsyncDisposable
{
    private const int Suite = 0x002f; // TLS_RSA_WITH_AES_128_CBC_SHA
    private const byte Handshake = 22;
    private const byte SessionTicketExtension = 35;

    private static readonly RSA _key = RSA.Create(1024);
    private static readonly byte[] _certificate = MakeCertificate();

    private readonly LoopbackServer _server;

    public TicketServer() => _server = new LoopbackServer(ServeAsync);

    public static byte[] Ticket { get; } = "TICKETTICKETTICKETTICKET"u8.ToArray();

    public Endpoint Endpoint => _server.Endpoint;

    public int Connections => _server.Connections;

    /// <summary>Lifetime in the ticket, in seconds.</summary>
    public uint Hint { get; init; } = 300;

    /// <summary>Session id that it says to a hello with a ticket, by the id in the hello; null breaks the connection off.</summary>
    public Func<byte[], byte[]?> Echo { get; init; } = id => id;

    /// <summary>What it says to a hello inside the session: type and content of a record, which is sealed; a null content says nothing.</summary>
    public Func<(byte Type, byte[]? Content)> Renegotiate { get; init; } = () => (21, [1, 100]);

    /// <summary>Whether it closes on the client's Finished message.</summary>
    public bool BreaksOff { get; init; }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket);
        var hello = await ScriptedTlsServer.ReadAsync(stream, cancellationToken);
        if (hello.Length == 0)
        {
            return;
        }

        var offer = OfferRead.Parse(hello);
        // Who asks for RSA key transport alone looks for its oracle, which this server does not play.
        const int renegotiation = 0x00ff;
        if (!offer.Suites.Contains(Suite) || (!offer.Suites.Contains(0xc02f) && offer.Suites.Except([Suite, renegotiation]).Any()))
        {
            await stream.WriteAsync(FakeFlight.Alert(40), cancellationToken);
            return;
        }

        var wantsTicket = offer.Extensions.TryGetValue(SessionTicketExtension, out var ticket);
        if (ticket is { Length: > 0 })
        {
            if (Echo(hello[44..(44 + offer.SessionIdLength)]) is { } id)
            {
                await stream.WriteAsync(Record(Handshake, [.. Hello(id, true), .. FakeFlight.Certificate(_certificate), .. FakeFlight.Done]), cancellationToken);
            }

            return;
        }

        byte[] flight = [.. Hello([], wantsTicket), .. FakeFlight.Certificate(_certificate), .. FakeFlight.Done];
        await stream.WriteAsync(Record(Handshake, flight), cancellationToken);
        var share = await ScriptedTlsServer.ReadAsync(stream, cancellationToken);
        if (share.Length == 0 || share[0] != Handshake || share[5] != 16)
        {
            await stream.WriteAsync(FakeFlight.Alert(10), cancellationToken);
            return;
        }

        var main = TlsRecordCipher.Derive12(HashAlgorithmName.SHA256, _key.Decrypt(share[11..], RSAEncryptionPadding.Pkcs1), [.. "master secret"u8, .. hello[11..43], .. new byte[32]], 48);
        using var ours = Keys(main, hello[11..43], fromClient: false);
        using var theirs = Keys(main, hello[11..43], fromClient: true);
        await ScriptedTlsServer.ReadAsync(stream, cancellationToken);
        if (Open(theirs, await ScriptedTlsServer.ReadAsync(stream, cancellationToken)) is not [20, ..] || BreaksOff)
        {
            return;
        }

        byte[] given = FakeFlight.Message(4, [(byte)(Hint >> 24), (byte)(Hint >> 16), (byte)(Hint >> 8), (byte)Hint, 0, (byte)Ticket.Length, .. Ticket]);
        await stream.WriteAsync(
            (byte[])[.. wantsTicket ? Record(Handshake, given) : [], .. Record(20, [1]), .. Record(Handshake, ours.Seal(Handshake, FakeFlight.Message(20, new byte[12])))],
            cancellationToken);
        if (Open(theirs, await ScriptedTlsServer.ReadAsync(stream, cancellationToken)) is [1, ..] && Renegotiate() is (var type, { } content))
        {
            await stream.WriteAsync(Record(type, ours.Seal(type, content)), cancellationToken);
        }

        // Until the client leaves.
        await ScriptedTlsServer.ReadAsync(stream, cancellationToken);
    }

    private static TlsRecordCipher Keys(byte[] main, byte[] clientRandom, bool fromClient) =>
        TlsRecordCipher.Of12(CipherSuite.ByCode[Suite], main, clientRandom, new byte[32], fromClient, isMacOverCipherText: false)!;

    private static byte[]? Open(TlsRecordCipher keys, byte[] record)
    {
        var plain = new byte[record.Length];
        return record.Length > 5 && keys.TryOpen(record[0], record.AsSpan(5), plain, out var length) ? plain[..length] : null;
    }

    private static byte[] Hello(byte[] sessionId, bool hasTickets) =>
        FakeFlight.Message(2, [3, 3, .. new byte[32], (byte)sessionId.Length, .. sessionId, Suite >> 8, Suite & 0xff, 0, .. hasTickets ? (byte[])[0, 9, 0, 35, 0, 0, 0xff, 1, 0, 1, 0] : [0, 5, 0xff, 1, 0, 1, 0]]);

    private static byte[] Record(byte type, byte[] content) => [type, 3, 3, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static byte[] MakeCertificate()
    {
        using var certificate = new CertificateRequest("CN=old", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        return certificate.RawData;
    }
}
