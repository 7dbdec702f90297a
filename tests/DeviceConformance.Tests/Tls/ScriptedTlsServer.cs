using System.Net.Sockets;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Tests.Tls;

/// <summary>A server of raw bytes that sends a flight and then reacts to each record that follows, for behaviour that no server of Debian has.</summary>
internal static class ScriptedTlsServer
{
    /// <summary>No answer, and the connection stays.</summary>
    public static byte[]? Nothing => null;

    /// <summary>No answer, and the connection is closed.</summary>
    public static byte[] Close => [];

    /// <summary>Starts a server.</summary>
    /// <param name="flight">Bytes of its flight for an offer.</param>
    /// <param name="react">What it says to a record after that: type, content, and how many records came before on the connection.</param>
    public static LoopbackServer Start(Func<OfferRead, byte[]> flight, Func<byte, byte[], int, byte[]?> react) => new(async (socket, cancellationToken) =>
    {
        await using var stream = new NetworkStream(socket);
        var hello = await ReadAsync(stream, cancellationToken);
        if (hello.Length == 0)
        {
            return;
        }

        var answer = flight(OfferRead.Parse(hello));
        await stream.WriteAsync(answer, cancellationToken);
        if (answer[0] == 21)
        {
            return;
        }

        for (var number = 0; ; number++)
        {
            var record = await ReadAsync(stream, cancellationToken);
            var reply = record.Length == 0 ? [] : react(record[0], record[5..], number);
            if (reply is { Length: 0 })
            {
                return;
            }

            if (reply is not null)
            {
                await stream.WriteAsync(reply, cancellationToken);
                if (reply[0] == 21)
                {
                    return;
                }
            }
        }
    });

    /// <summary>ServerHello with extensions, certificate, end.</summary>
    public static byte[] Flight(int suite, byte[] certificate, params byte[] extensions) =>
        FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, suite, extensions), .. FakeFlight.Certificate(certificate), .. FakeFlight.Done]);

    /// <summary>A record with its header; empty at the end of the connection and for a hello of SSL 2.0.</summary>
    public static async Task<byte[]> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var header = new byte[5];
        if (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken) < header.Length || header[0] == 0x80)
        {
            return [];
        }

        var content = new byte[(header[3] << 8) | header[4]];
        await stream.ReadExactlyAsync(content, cancellationToken);
        return [.. header, .. content];
    }
}
