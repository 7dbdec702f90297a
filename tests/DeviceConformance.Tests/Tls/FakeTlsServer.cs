using System.Net.Sockets;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Tests.Tls;

/// <summary>What a server reads in a ClientHello.</summary>
public sealed record OfferRead(TlsVersion Record, TlsVersion Legacy, IReadOnlyList<int> Suites, int SessionIdLength, IReadOnlyDictionary<int, byte[]> Extensions)
{
    /// <summary>The version offered: supported_versions where there is one, else the field.</summary>
    public TlsVersion Version => Extensions.TryGetValue(43, out var versions) ? (TlsVersion)U16(versions, 1) : Legacy;

    /// <summary>Reads a record with a ClientHello; throws on anything else.</summary>
    public static OfferRead Parse(byte[] bytes)
    {
        if (bytes[0] != 22 || U16(bytes, 3) != bytes.Length - 5 || bytes[5] != 1 || ((bytes[6] << 16) | U16(bytes, 7)) != bytes.Length - 9)
        {
            throw new FormatException("no ClientHello");
        }

        var at = 9;
        var legacy = (TlsVersion)U16(bytes, at);
        at += 2 + 32;
        int session = bytes[at];
        at += 1 + session;
        var suites = Enumerable.Range(0, U16(bytes, at) / 2).Select(i => U16(bytes, at + 2 + (2 * i))).ToList();
        at += 2 + U16(bytes, at);
        at += 1 + bytes[at];
        var extensions = new Dictionary<int, byte[]>();
        if (at < bytes.Length)
        {
            if (at + 2 + U16(bytes, at) != bytes.Length)
            {
                throw new FormatException("extensions do not fill the message");
            }

            for (at += 2; at < bytes.Length; at += 4 + U16(bytes, at + 2))
            {
                extensions.Add(U16(bytes, at), bytes[(at + 4)..(at + 4 + U16(bytes, at + 2))]);
            }
        }

        return new OfferRead((TlsVersion)U16(bytes, 1), legacy, suites, session, extensions);
    }

    private static int U16(byte[] bytes, int at) => (bytes[at] << 8) | bytes[at + 1];
}

/// <summary>What a fake server says, put together by hand.</summary>
public static class FakeFlight
{
    public static byte[] Alert(byte description, byte level = 2) => [21, 3, 3, 0, 2, level, description];

    public static byte[] Record(TlsVersion version, params byte[] content) => [22, 3, (byte)Math.Min((int)version & 0xff, 3), (byte)(content.Length >> 8), (byte)content.Length, .. content];

    public static byte[] Message(byte type, params byte[] body) => [type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    public static byte[] Hello(TlsVersion version, int suite, params byte[] extensions)
    {
        byte[] ext = version == TlsVersion.Tls13 ? [0, 43, 0, 2, 3, 4, .. extensions] : extensions;
        var legacy = Math.Min((int)version, 0x0303);
        return Message(2, [(byte)(legacy >> 8), (byte)legacy, .. new byte[32], 0, (byte)(suite >> 8), (byte)suite, 0, .. ext.Length == 0 ? Array.Empty<byte>() : [(byte)(ext.Length >> 8), (byte)ext.Length, .. ext]]);
    }

    public static byte[] Certificate(params byte[][] chain)
    {
        byte[] list = [.. chain.SelectMany(der => (byte[])[(byte)(der.Length >> 16), (byte)(der.Length >> 8), (byte)der.Length, .. der])];
        return Message(11, [(byte)(list.Length >> 16), (byte)(list.Length >> 8), (byte)list.Length, .. list]);
    }

    /// <summary>Prime of the given size, generator 2, a public value, no signature.</summary>
    public static byte[] DhExchange(int bits)
    {
        var prime = new byte[bits / 8];
        prime[0] = 0x80;
        return Message(12, [(byte)(prime.Length >> 8), (byte)prime.Length, .. prime, 0, 1, 2, 0, 1, 5]);
    }

    public static byte[] CurveExchange(int group) => Message(12, [3, (byte)(group >> 8), (byte)group, 1, 4]);

    public static byte[] Done { get; } = Message(14);
}

/// <summary>A server that reads one ClientHello on each connection and gives the bytes that the test wants.</summary>
public static class FakeTlsServer
{
    /// <summary>Starts a server. The answer's bytes are written, then the connection is closed; null leaves the client waiting.</summary>
    public static LoopbackServer Start(Func<OfferRead, byte[]?> answer) => Start((offer, _) => answer(offer));

    /// <summary>As above; the code gets the socket too, to reset it or to hold it.</summary>
    public static LoopbackServer Start(Func<OfferRead, Socket, byte[]?> answer) => new(async (socket, cancellationToken) =>
    {
        var record = await ReadRecordAsync(socket, cancellationToken);
        if (record.Length == 0)
        {
            return;
        }

        var offer = OfferRead.Parse(record);
        var bytes = answer(offer, socket);
        if (bytes is null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        else if (bytes.Length > 0)
        {
            await socket.SendAsync(bytes, cancellationToken);
        }
    });

    /// <summary>A server that knows some versions and, in each, some suites, and follows its own order.</summary>
    public static LoopbackServer Start(IReadOnlyDictionary<TlsVersion, int[]> knows, Func<TlsVersion, int, byte[]>? flight = null) => Start(offer =>
        !knows.TryGetValue(offer.Version, out var suites) ? FakeFlight.Alert(70)
        : suites.Cast<int?>().FirstOrDefault(suite => offer.Suites.Contains(suite!.Value)) is not { } chosen ? FakeFlight.Alert(40)
        : FakeFlight.Record(offer.Version, [.. FakeFlight.Hello(offer.Version, chosen), .. offer.Version == TlsVersion.Tls13 ? [] : flight?.Invoke(offer.Version, chosen) ?? FakeFlight.Done]));

    private static async Task<byte[]> ReadRecordAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket);
        var header = new byte[5];
        await stream.ReadExactlyAsync(header, cancellationToken);
        if (header[0] == 0x80)
        {
            // SSL 2.0, which this server does not know.
            return [];
        }

        var content = new byte[(header[3] << 8) | header[4]];
        await stream.ReadExactlyAsync(content, cancellationToken);
        return [.. header, .. content];
    }
}
