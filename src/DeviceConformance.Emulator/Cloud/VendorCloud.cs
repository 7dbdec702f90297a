using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.Mqtt;
using DeviceConformance.Emulator.Tls;

namespace DeviceConformance.Emulator.Cloud;

/// <summary>How a cloud starts.</summary>
public sealed record VendorCloudOptions
{
    /// <summary>An IPv4 network of 256 loopback addresses; each server has one of its own in it.</summary>
    public IPAddress Network { get; init; } = IPAddress.Parse("127.0.2.0");

    /// <summary>Added to every port of <see cref="CloudPorts"/>; null: free ports that the system chooses.</summary>
    public int? PortOffset { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Receives one line for each thing of note. Called from several threads.</summary>
    public Action<string> Log { get; init; } = static _ => { };
}

/// <summary>
/// Stands in for what the emulated device talks with on the Internet: a resolver, time, the vendor's API, telemetry broker and update
/// server, and two strangers (a tracker and a resolver) that only faults talk with. All of it on loopback, without root.
/// </summary>
public sealed class VendorCloud : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> received = new();
    private readonly List<DeviceService> services = [];
    private readonly Dictionary<(string Name, int Port), IPEndPoint> places = [];
    private readonly VendorCloudOptions options;
    private readonly CloudIdentity identity;
    private readonly DeviceLog log;

    private VendorCloud(VendorCloudOptions options)
    {
        this.options = options;
        identity = new CloudIdentity(options.TimeProvider);
        log = new DeviceLog(options.Log);
    }

    /// <summary>The resolver that the network gives to the device.</summary>
    public IPEndPoint Resolver => places[("resolver", CloudPorts.Dns)];

    /// <summary>A resolver that nobody gave to the device.</summary>
    public IPEndPoint ForeignResolver => places[("foreign", CloudPorts.Dns)];

    /// <summary>Whether servers answer every ClientHello with an alert, as in an outage.</summary>
    public bool RefusesTls { get; set; }

    /// <summary>What was asked of the servers, in order: name of the server and request line or topic, whether inside TLS or in clear.</summary>
    public ImmutableArray<string> Received => [.. received];

    /// <summary>Root certificate that the device trusts.</summary>
    internal X509Certificate2 Root => identity.Root;

    /// <summary>Starts all servers; they listen when this returns.</summary>
    /// <exception cref="PortTakenException">Another program has one of the ports; nothing is left listening.</exception>
    public static async Task<VendorCloud> StartAsync(VendorCloudOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var cloud = new VendorCloud(options);
        try
        {
            cloud.Start();
            return cloud;
        }
        catch
        {
            await cloud.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a server listens.</summary>
    /// <param name="name">One of <see cref="CloudNames"/>.</param>
    /// <param name="port">One of <see cref="CloudPorts"/>.</param>
    /// <exception cref="KeyNotFoundException">That server does not offer that.</exception>
    public IPEndPoint Place(string name, int port) => places[(name, port)];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        services.Clear();
        identity.Dispose();
    }

    private void Start()
    {
        AddUdp("resolver", 1, CloudPorts.Dns, question => NameMessages.Reply(question.Span, Find));
        AddUdp(CloudNames.Time, 2, CloudPorts.Time, question => TimeMessages.Reply(question.Span, options.TimeProvider.GetUtcNow()));
        AddTcp(CloudNames.Api, 3, CloudPorts.Https, connection => SecureAsync(CloudNames.Api, connection, HttpAsync));
        AddTcp(CloudNames.Api, 3, CloudPorts.Http, connection => HttpAsync(CloudNames.Api, "clear", connection));
        AddTcp(CloudNames.Telemetry, 4, CloudPorts.MqttTls, connection => SecureAsync(CloudNames.Telemetry, connection, MqttAsync));
        AddTcp(CloudNames.Telemetry, 4, CloudPorts.Mqtt, connection => MqttAsync(CloudNames.Telemetry, "clear", connection));
        AddTcp(CloudNames.Updates, 5, CloudPorts.Https, connection => SecureAsync(CloudNames.Updates, connection, HttpAsync));
        AddTcp(CloudNames.Updates, 5, CloudPorts.Http, connection => HttpAsync(CloudNames.Updates, "clear", connection));
        AddUdp("foreign", 9, CloudPorts.Dns, question => NameMessages.Reply(question.Span, Find));
        AddTcp(CloudNames.Tracker, 10, CloudPorts.Https, connection => SecureAsync(CloudNames.Tracker, connection, HttpAsync));
    }

    private IPAddress Address(byte host)
    {
        var bytes = options.Network.GetAddressBytes();
        bytes[3] = host;
        return new IPAddress(bytes);
    }

    private int Port(int port) => options.PortOffset is { } offset ? port + offset : 0;

    private void AddUdp(string name, byte host, int port, Func<ReadOnlyMemory<byte>, byte[]?> answer) =>
        Add(name, port, UdpService.Start(name, [Address(host)], Port(port), (datagram, _) => new(answer(datagram.Bytes)), log));

    private void AddTcp(string name, byte host, int port, Func<CloudConnection, Task> serve) =>
        Add(name, port, TcpService.Start(name, [Address(host)], Port(port), (connection, stopping) => serve(new CloudConnection(connection.Stream, stopping)), log));

    private void Add(string name, int port, DeviceService service)
    {
        services.Add(service);
        places.Add((name, port), service.EndPoints[0]);
    }

    private IPAddress? Find(string name) => places.FirstOrDefault(place => place.Key.Name == name).Value?.Address;

    private async Task SecureAsync(string name, CloudConnection connection, Func<string, string, CloudConnection, Task> serve)
    {
        using var deadline = new IdleDeadline(DeviceTls.HandshakePatience, options.TimeProvider, connection.Stopping);
        var peeked = new PeekedStream(connection.Stream);
        var hello = await peeked.PeekHelloAsync(deadline.Token);
        if (RefusesTls)
        {
            received.Enqueue($"{name}: TLS refused");

            // Alert internal_error, fatal (RFC 8446, 6).
            await connection.Stream.WriteAsync(new byte[] { 21, 3, 3, 0, 2, 2, 80 }, deadline.Token);
            return;
        }

        if (hello is { HighestVersion: ObsoleteSession.Version })
        {
            await using var obsolete = await ObsoleteSession.AcceptAsync(peeked, identity.RsaCertificate, identity.RsaKey, deadline.Token);
            await serve(name, "TLS 1.1", connection with { Stream = obsolete });
            return;
        }

        await using var secured = new SslStream(peeked);
        await secured.AuthenticateAsServerAsync(identity.ServerOptions(), deadline.Token);
        await serve(name, "TLS", connection with { Stream = secured });
        await secured.ShutdownAsync();
    }

    private async Task HttpAsync(string name, string protection, CloudConnection connection)
    {
        if (await HttpText.ReadAsync(connection.Stream, connection.Stopping) is not { } message)
        {
            return;
        }

        received.Enqueue($"{name}: {message.FirstLine.Split('?')[0]} ({protection})");
        var body = name == CloudNames.Updates ? """{"version":"2.1.0","mandatory":false}""" : """{"result":"ok"}""";
        await connection.Stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"),
            connection.Stopping);
    }

    private async Task MqttAsync(string name, string protection, CloudConnection connection)
    {
        var (stream, stopping) = connection;
        if (await MqttPacket.ReadAsync(stream, stopping) is not { Type: MqttPacketType.Connect } first || !MqttConnect.TryParse(first.Body, out var connect) || !connect.IsLevelKnown)
        {
            return;
        }

        received.Enqueue($"{name}: CONNECT ({protection})");
        await stream.WriteAsync(MqttPackets.Acceptance(connect.Level, 600, ""), stopping);
        while (await MqttPacket.ReadAsync(stream, stopping) is { } packet && packet.Type != MqttPacketType.Disconnect)
        {
            if (packet.Type == MqttPacketType.Publish && MqttPackets.TryParsePublish(packet.Body, connect.Level, retain: false, out var message))
            {
                received.Enqueue($"{name}: PUBLISH {DeviceLog.Foreign(message.Topic)} ({protection})");
            }
        }
    }

    /// <summary>A connection to one of the servers.</summary>
    private sealed record CloudConnection(Stream Stream, CancellationToken Stopping);
}
