using System.Net.Sockets;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Tests.Tls;

namespace DeviceConformance.Tests.Ssh;

/// <summary>What a client asked for.</summary>
internal sealed record AuthAsked(string User, string Method, string Password, int OnConnection);

/// <summary>
/// The server's side of SSH for scripted answers: one suite (ecdh-sha2-nistp256, ecdsa-sha2-nistp256, aes128-ctr, hmac-sha2-256), built of
/// the same parts as the client under test. Real servers prove those parts; this one plays what real servers rarely do.
/// </summary>
internal sealed class FakeSshServer : IAsyncDisposable
{
    private readonly LoopbackServer _listener;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Starts it.</summary>
    /// <param name="answer">Answers a request with messages; null closes the connection without a word.</param>
    /// <param name="spoil">Alters what is sent before the encryption: number of the message sent, and its bytes.</param>
    /// <param name="opening">What is said in place of an identification and nothing further; null: the protocol is spoken.</param>
    public FakeSshServer(Func<AuthAsked, byte[][]?> answer, Func<int, byte[], byte[]>? spoil = null, string? opening = null)
    {
        _listener = new LoopbackServer(async (socket, end) =>
        {
            await using var stream = new NetworkStream(socket);
            try
            {
                await ServeAsync(stream, answer, spoil ?? ((_, bytes) => bytes), opening, end);
            }
            catch (IOException)
            {
                // The client has gone, which ends the connection.
            }
        });
    }

    public Endpoint Endpoint => _listener.Endpoint;

    public int Connections => _listener.Connections;

    public static byte[] Success { get; } = [SshMessage.AuthSuccess];

    public static byte[] Failure(string methods = "password", bool partial = false) => new SshWriter().Byte(SshMessage.AuthFailure).Text(methods).Bool(partial).ToArray();

    public static byte[] Banner(string text) => new SshWriter().Byte(SshMessage.AuthBanner).Text(text).Text("").ToArray();

    public static byte[] Parting(uint reason, string text) => new SshWriter().Byte(SshMessage.Disconnect).U32(reason).Text(text).Text("").ToArray();

    public static byte[] ChangeRequest { get; } = new SshWriter().Byte(SshMessage.PasswordChange).Text("expired").Text("").ToArray();

    public static byte[] Question(string instruction, params string[] prompts)
    {
        var writer = new SshWriter().Byte(SshMessage.InfoRequest).Text("").Text(instruction).Text("").U32((uint)prompts.Length);
        foreach (var prompt in prompts)
        {
            writer.Text(prompt).Bool(false);
        }

        return writer.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _key.Dispose();
    }

    private async Task ServeAsync(NetworkStream stream, Func<AuthAsked, byte[][]?> answer, Func<int, byte[], byte[]> spoil, string? opening, CancellationToken end)
    {
        var identification = Encoding.ASCII.GetBytes("SSH-2.0-Fake_1.0");
        if (opening is not null)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(opening), end);
            return;
        }

        var (sealer, opener) = (new PacketCipher(), new PacketCipher());
        var (sent, received, messages) = (0u, 0u, 0);
        var own = new SshKexInit(["ecdh-sha2-nistp256"], ["ecdsa-sha2-nistp256"], ["aes128-ctr"], ["aes128-ctr"], ["hmac-sha2-256"], ["hmac-sha2-256"], ["none"], ["none"]).ToPayload();
        await stream.WriteAsync((byte[])[.. identification, .. "\r\n"u8], end);
        var theirs = new List<byte>();
        while (theirs.Count == 0 || theirs[^1] != '\n')
        {
            theirs.Add(await ByteAsync());
        }

        await SendAsync(own);
        var client = await ReadAsync();
        var init = new WireReader((await ReadAsync()).AsSpan(1));
        _ = init.TryVector32(out var point);
        using var exchange = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..].ToArray() } });
        var secret = new SshWriter().Number(new BigInteger(exchange.DeriveRawSecretAgreement(other.PublicKey), isUnsigned: true, isBigEndian: true)).ToArray();
        var (mine, q) = (exchange.PublicKey.ExportParameters().Q, _key.ExportParameters(false).Q);
        byte[] reply = [4, .. mine.X!, .. mine.Y!];
        var hostKey = new SshWriter().Text("ecdsa-sha2-nistp256").Text("nistp256").Text((byte[])[4, .. q.X!, .. q.Y!]).ToArray();
        var hash = SHA256.HashData(new SshWriter().Text(theirs.ToArray().AsSpan(0, theirs.Count - 2)).Text(identification).Text(client).Text(own).Text(hostKey).Text(point).Text(reply).Raw(secret).ToArray());
        var signature = _key.SignData(hash, HashAlgorithmName.SHA256);
        var parts = new SshWriter().Number(new BigInteger(signature.AsSpan(0, 32), true, true)).Number(new BigInteger(signature.AsSpan(32), true, true)).ToArray();
        await SendAsync(new SshWriter().Byte(SshMessage.KexReply).Text(hostKey).Text(reply).Text(new SshWriter().Text("ecdsa-sha2-nistp256").Text(parts).ToArray()).ToArray());
        await SendAsync([SshMessage.NewKeys]);
        _ = await ReadAsync();
        sealer = Keyed('B', 'D', 'F');
        opener = Keyed('A', 'C', 'E');

        _ = await ReadAsync();
        await SendAsync(new SshWriter().Byte(SshMessage.ServiceAccept).Text("ssh-userauth").ToArray());
        AuthAsked? asked = null;
        for (var number = 0; ; number++)
        {
            asked = Asked(await ReadAsync(), number, asked);
            if (answer(asked) is not { } answers)
            {
                return;
            }

            foreach (var message in answers)
            {
                await SendAsync(message);
            }

            if (answers.Any(message => message.Length > 0 && message[0] == SshMessage.Disconnect))
            {
                return;
            }
        }

        PacketCipher Keyed(char iv, char key, char mac) => SshSpoken.Ciphers["aes128-ctr"].Make(Derive(key, 16), Derive(iv, 16), SshSpoken.Macs["hmac-sha2-256"], Derive(mac, 32));

        byte[] Derive(char letter, int length) => SHA256.HashData((byte[])[.. secret, .. hash, (byte)letter, .. hash])[..length];

        Task SendAsync(byte[] payload) => stream.WriteAsync(sealer.Seal(sent++, spoil(messages++, payload)), end).AsTask();

        async Task<byte> ByteAsync()
        {
            var one = new byte[1];
            await stream.ReadExactlyAsync(one, end);
            return one[0];
        }

        async Task<byte[]> ReadAsync()
        {
            var packet = new byte[opener.HeaderLength];
            await stream.ReadExactlyAsync(packet, end);
            if (!opener.TryLength(received, packet, out var total))
            {
                throw new IOException("The client sends an impossible length.");
            }

            Array.Resize(ref packet, total);
            await stream.ReadExactlyAsync(packet.AsMemory(opener.HeaderLength), end);
            return opener.TryOpen(received++, packet, out var payload) ? payload : throw new IOException("The client sends a wrong MAC.");
        }
    }

    private static AuthAsked Asked(byte[] payload, int number, AuthAsked? before)
    {
        var reader = new WireReader(payload.AsSpan(1));
        if (payload[0] == SshMessage.InfoResponse)
        {
            _ = reader.TryU32(out var count);
            return before! with { Method = "answer", Password = count > 0 && reader.TryVector32(out var said) ? Encoding.UTF8.GetString(said) : "", OnConnection = number };
        }

        _ = reader.TryVector32(out var user) & reader.TryVector32(out _) & reader.TryVector32(out var method);
        var hasPassword = method.SequenceEqual("password"u8) & reader.TrySkip(1) & reader.TryVector32(out var password);
        return new AuthAsked(Encoding.UTF8.GetString(user), Encoding.UTF8.GetString(method), hasPassword ? Encoding.UTF8.GetString(password) : "", number);
    }
}
