using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Tls;

namespace DeviceConformance.Emulator.Outgoing;

/// <summary>How the device opens connections: always from its own address, so that a capture tells it from the rest of the host.</summary>
internal sealed class DeviceNetwork(IPAddress own, VendorCloud cloud, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks a resolver for a name.</summary>
    /// <exception cref="IOException">It has no answer.</exception>
    public async Task<IPAddress> ResolveAsync(string name, IPEndPoint resolver, CancellationToken cancellationToken)
    {
        var question = NameMessages.Ask((ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue), name);
        var answer = await AskAsync(resolver, question, cancellationToken);
        return NameMessages.AddressIn(answer) ?? throw new IOException($"The resolver has no address of {name}.");
    }

    /// <summary>Asks a time server.</summary>
    /// <exception cref="IOException">What it says is no answer.</exception>
    public async Task SynchroniseAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        var question = TimeMessages.Ask(time.GetUtcNow());
        if (!TimeMessages.IsAnswer(await AskAsync(server, question, cancellationToken), question))
        {
            throw new IOException("The time server gives no time.");
        }
    }

    /// <summary>Tells everybody on loopback.</summary>
    public async Task BroadcastAsync(int port, byte[] message, CancellationToken cancellationToken)
    {
        using var socket = Bound(SocketType.Dgram);
        socket.EnableBroadcast = true;
        await socket.SendToAsync(message, new IPEndPoint(new IPAddress(new byte[] { 127, 255, 255, 255 }), port), cancellationToken);
    }

    /// <summary>Opens a connection in clear.</summary>
    public async Task<Stream> ConnectAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        var socket = Bound(SocketType.Stream);
        try
        {
            socket.NoDelay = true;
            using var deadline = Deadline(cancellationToken);
            await socket.ConnectAsync(server, deadline.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection inside TLS 1.2 or 1.3; the server has to show a certificate of the vendor's root for its name.</summary>
    /// <exception cref="AuthenticationException">The server refuses or is not the right one.</exception>
    public async Task<SslStream> SecureAsync(string name, IPEndPoint server, CancellationToken cancellationToken)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(cloud.Root);
        var secured = new SslStream(await ConnectAsync(server, cancellationToken));
        try
        {
            using var deadline = Deadline(cancellationToken);
            await secured.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, CertificateChainPolicy = trust },
                deadline.Token);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a connection inside TLS 1.1.</summary>
    public static async Task<ObsoleteSession> SecureByOldVersionAsync(string name, Stream connection, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        return await ObsoleteSession.ConnectAsync(connection, name, deadline.Token);
    }

    private async Task<byte[]> AskAsync(IPEndPoint server, byte[] question, CancellationToken cancellationToken)
    {
        using var socket = Bound(SocketType.Dgram);
        using var deadline = Deadline(cancellationToken);
        await socket.ConnectAsync(server, deadline.Token);
        await socket.SendAsync(question, deadline.Token);
        var buffer = new byte[512];
        return buffer[..await socket.ReceiveAsync(buffer, deadline.Token)];
    }

    private static CancellationTokenSource Deadline(CancellationToken cancellationToken)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        return deadline;
    }

    private Socket Bound(SocketType type)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(own, 0));
        return socket;
    }
}
