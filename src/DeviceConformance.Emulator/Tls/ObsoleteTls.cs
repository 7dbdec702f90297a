using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using DeviceConformance.Emulator.Listening;
using Microsoft.AspNetCore.Connections;

namespace DeviceConformance.Emulator.Tls;

/// <summary>
/// The fault obsolete-tls: answers a client that offers at most TLS 1.0 or 1.1 (RFC 2246, RFC 4346) with the server's first flight, made
/// here since today's OpenSSL refuses these versions. RSA key transport needs no ServerKeyExchange, so the flight is ServerHello,
/// Certificate, ServerHelloDone. After the client's next flight the connection is closed: what a laboratory wants to know has been said.
/// </summary>
internal sealed class ObsoleteTls(DeviceTls tls, TimeProvider time, DeviceLog log)
{
    private const ushort Tls10 = 0x0301;
    private const ushort Tls11 = 0x0302;
    private const byte AlertRecord = 21;
    private const byte HandshakeRecord = 22;
    private const byte HandshakeFailure = 40;

    // TLS_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_3DES_EDE_CBC_SHA, in the server's order.
    private static readonly ushort[] Suites = [0x0035, 0x002F, 0x000A];

    // Extensions with an empty renegotiation_info alone (RFC 5746, 3.6); without it OpenSSL does not read on.
    private static readonly byte[] FirstRenegotiationInfo = [0, 5, 0xFF, 0x01, 0, 1, 0];

    /// <summary>Looks at the ClientHello without consuming it and answers it when it is for an obsolete version.</summary>
    /// <returns>Whether the connection was answered here and is over; false: it is untouched.</returns>
    public async Task<bool> TryAnswerAsync(ConnectionContext connection)
    {
        using var deadline = new IdleDeadline(DeviceTls.HandshakePatience, time, connection.ConnectionClosed);
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(deadline.Token);
            var peeked = ClientHello.Peek(read.Buffer, out var hello);
            if (peeked == PeekResult.Incomplete && !read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            if (hello is not { HighestVersion: Tls10 or Tls11 })
            {
                input.AdvanceTo(read.Buffer.Start);
                return false;
            }

            input.AdvanceTo(read.Buffer.End);
            await AnswerAsync(connection.Transport, hello, deadline.Token);
            return true;
        }
    }

    private async Task AnswerAsync(IDuplexPipe transport, ClientHello hello, CancellationToken cancellationToken)
    {
        var suite = Suites.FirstOrDefault(candidate => hello.Suites.Contains(candidate));
        if (suite == 0 || !hello.NullCompression)
        {
            await transport.Output.WriteAsync(Record(AlertRecord, hello.HighestVersion, [2, HandshakeFailure]), cancellationToken);
            return;
        }

        log.Note($"TLS: answered a client of TLS 1.{hello.HighestVersion - Tls10} with suite 0x{suite:X4}");
        await transport.Output.WriteAsync(Flight(hello, suite), cancellationToken);
        var reply = await transport.Input.ReadAsync(cancellationToken);
        transport.Input.AdvanceTo(reply.Buffer.End);
    }

    private byte[] Flight(ClientHello hello, ushort suite)
    {
        var version = hello.HighestVersion;

        // version, random, no session id, suite, no compression
        var serverHello = new byte[2 + 32 + 1 + 2 + 1];
        BinaryPrimitives.WriteUInt16BigEndian(serverHello, version);
        RandomNumberGenerator.Fill(serverHello.AsSpan(2, 32));
        BinaryPrimitives.WriteUInt16BigEndian(serverHello.AsSpan(35), suite);

        var certificate = tls.RsaCertificate;
        byte[] certificates = [.. Length24(certificate.Length + 3), .. Length24(certificate.Length), .. certificate];
        return
        [
            .. Record(HandshakeRecord, version, Message(2, hello.SecureRenegotiation ? [.. serverHello, .. FirstRenegotiationInfo] : serverHello)),
            .. Record(HandshakeRecord, version, Message(11, certificates)),
            .. Record(HandshakeRecord, version, Message(14, [])),
        ];
    }

    private static byte[] Record(byte type, ushort version, ReadOnlySpan<byte> content) =>
        [type, (byte)(version >> 8), (byte)version, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static byte[] Message(byte type, ReadOnlySpan<byte> body) => [type, .. Length24(body.Length), .. body];

    private static byte[] Length24(int length) => [(byte)(length >> 16), (byte)(length >> 8), (byte)length];
}
