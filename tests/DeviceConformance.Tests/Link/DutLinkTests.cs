using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.Link;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class DutLinkTests
{
    // An address of loopback that nothing else on the host listens on; where there is only 127.0.0.1, that one.
    private static readonly DutAddress _address = new(OperatingSystem.IsLinux() ? IPAddress.Parse("127.0.0.77") : IPAddress.Loopback);

    [Test]
    public async Task Port_that_accepts_is_open_and_one_that_refuses_is_closed()
    {
        using var link = LinkTo(_address);
        using var listener = Listen(_address);
        var closed = FreePort(_address);

        var open = await link.KnockAsync(At(listener), TimeSpan.FromSeconds(5), CancellationToken.None);
        var refused = await link.KnockAsync(new Endpoint(_address, closed), TimeSpan.FromSeconds(5), CancellationToken.None);

        Assert.That(open.Answer, Is.EqualTo(PortAnswer.Open));
        Assert.That(refused.Answer, Is.EqualTo(PortAnswer.Closed));
    }

    [Test]
    public async Task Port_that_never_answers_is_silent()
    {
        OnlyWhereFullBacklogIsSilent();
        using var link = LinkTo(_address);
        using var listener = Listen(_address, backlog: 0);
        using var first = await Fill(listener);
        using var second = await Fill(listener);

        var knock = await link.KnockAsync(At(listener), TimeSpan.FromMilliseconds(100), CancellationToken.None);
        var connect = await link.ConnectOnceAsync(At(listener), Transcript.None, TimeSpan.FromMilliseconds(100), CancellationToken.None);

        Assert.That(knock.Answer, Is.EqualTo(PortAnswer.Silent));
        Assert.That(connect.TryGet(out _), Is.False);
        Assert.That(connect.Silence, Is.EqualTo(Silence.NoReply));
    }

    [Test]
    public async Task Silence_is_asked_again_twice_and_the_transcript_says_so()
    {
        OnlyWhereFullBacklogIsSilent();
        using var link = LinkTo(_address, LabLimits.Default with { ConnectTimeoutMilliseconds = 50 });
        using var listener = Listen(_address, backlog: 0);
        using var first = await Fill(listener);
        using var second = await Fill(listener);
        var transcript = new Transcript(TimeProvider.System, []);

        var result = await link.ConnectAsync(At(listener), transcript, CancellationToken.None);

        Assert.That(result.Silence, Is.EqualTo(Silence.NoReply));
        Assert.That(link.Requests[At(listener)], Is.EqualTo(3));
        Assert.That(Text(transcript), Does.Contain("attempt 2 of 3"));
    }

    [Test]
    public async Task Refusal_is_an_answer_and_is_not_asked_again()
    {
        using var link = LinkTo(_address);
        var endpoint = new Endpoint(_address, FreePort(_address));

        var result = await link.ConnectAsync(endpoint, Transcript.None, CancellationToken.None);

        Assert.That(result.Silence, Is.EqualTo(Silence.Refused));
        Assert.That(link.Requests, Is.EqualTo(new Dictionary<Endpoint, int> { [endpoint] = 1 }));
    }

    [Test]
    public async Task Each_request_is_noted_once_whatever_its_answer()
    {
        using var link = LinkTo(_address);
        var tcp = new Endpoint(_address, FreePort(_address));
        var udp = tcp with { Transport = Transport.Udp };
        await link.KnockAsync(tcp, TimeSpan.FromSeconds(5), CancellationToken.None);
        await link.KnockAsync(tcp, TimeSpan.FromSeconds(5), CancellationToken.None);
        await link.AskUdpAsync(udp, new byte[] { 1 }, _ => true, TimeSpan.FromSeconds(5), CancellationToken.None);

        var first = link.TakeRequests();
        await link.KnockAsync(tcp, TimeSpan.FromSeconds(5), CancellationToken.None);
        var second = link.TakeRequests();

        Assert.That(first, Is.EqualTo(new[] { Asked(tcp, 2), Asked(udp, 1) }));
        Assert.That(second, Is.EqualTo(new[] { Asked(tcp, 1) }));
        Assert.That(link.TakeRequests(), Is.Empty);
        Assert.That(PortRequests.Total([.. first, .. second]), Is.EqualTo(new[] { Asked(tcp, 3), Asked(udp, 1) }));

        static PortRequests Asked(Endpoint port, int each) => new(port.Address, port.Transport, new PortSet([port.Port]), each);
    }

    [Test]
    public async Task Connection_to_a_free_port_that_meets_itself_is_a_refusal()
    {
        var address = new DutAddress(Socket.OSSupportsIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        using var link = LinkTo(address, LabLimits.Default with { ConnectionsPerSecond = 1_000_000 });
        var endpoint = new Endpoint(address, FreePort(address));

        // About 28 000 local ports: in so many attempts the kernel hits upon the port itself in two runs of three.
        for (var attempt = 0; attempt < 30_000; attempt++)
        {
            var knock = await link.KnockAsync(endpoint, TimeSpan.FromSeconds(5), CancellationToken.None);
            Assert.That(knock.Answer, Is.EqualTo(PortAnswer.Closed));
        }
    }

    [Test]
    public void Address_that_is_not_declared_is_not_contacted()
    {
        using var link = LinkTo(_address);
        var other = new Endpoint(new DutAddress(IPAddress.Parse("127.0.0.78")), 80);

        Assert.That(async () => await link.KnockAsync(other, TimeSpan.FromSeconds(1), CancellationToken.None), Throws.TypeOf<OutsideTargetException>());
        Assert.That(async () => await link.ConnectAsync(other, Transcript.None, CancellationToken.None), Throws.TypeOf<OutsideTargetException>());
        Assert.That(link.Requests, Is.Empty);
    }

    [Test]
    public void Public_address_needs_the_laboratory_s_consent()
    {
        var outside = new DutAddress(IPAddress.Parse("203.0.114.1"));

        Assert.That(() => LinkTo(outside), Throws.ArgumentException.With.Message.Contain("allow-public-addresses"));
    }

    [Test]
    public void Address_behind_a_gateway_needs_the_laboratory_s_consent()
    {
        // TEST-NET-3 of RFC 5737 counts as private; no network that a host is on can be it.
        var routed = new DutAddress(IPAddress.Parse("203.0.113.1"));

        Assert.That(() => LinkTo(routed), Throws.ArgumentException.With.Message.Contain("allow-routed-addresses"));
        Assert.That(
            () =>
            {
                using var link = new DutLink(LabSetup.Default with { AllowRoutedAddresses = true }, [routed], TimeProvider.System);
            },
            Throws.Nothing);
    }

    [Test]
    public async Task Cancelled_connect_ends_as_cancelled_and_gives_its_slot_back()
    {
        OnlyWhereFullBacklogIsSilent();
        using var link = LinkTo(_address, LabLimits.Default with { ConcurrentConnections = 1 });
        using var listener = Listen(_address, backlog: 0);
        using var first = await Fill(listener);
        using var second = await Fill(listener);
        using var cancel = new CancellationTokenSource();

        var pending = link.KnockAsync(At(listener), TimeSpan.FromMinutes(1), cancel.Token).AsTask();
        Assert.That(pending.IsCompleted, Is.False);
        await cancel.CancelAsync();

        Assert.That(async () => await pending, Throws.InstanceOf<OperationCanceledException>());
        var next = await link.KnockAsync(new Endpoint(_address, FreePort(_address)), TimeSpan.FromSeconds(5), CancellationToken.None);
        Assert.That(next.Answer, Is.EqualTo(PortAnswer.Closed));
    }

    [Test]
    public async Task Limit_on_connections_counts_those_that_are_open()
    {
        using var link = LinkTo(_address, LabLimits.Default with { ConcurrentConnections = 2 });
        using var listener = Listen(_address);
        var first = await Connect(link, listener);
        var second = await Connect(link, listener);

        var third = Connect(link, listener);
        Assert.That(third.IsCompleted, Is.False);
        await first.DisposeAsync();
        await using var afterFirst = await third;

        var fourth = Connect(link, listener);
        Assert.That(fourth.IsCompleted, Is.False);
        // An HTTP client disposes the stream and knows nothing of the connection around it.
        await second.Raw.DisposeAsync();
        await second.DisposeAsync();
        await using var afterSecond = await fourth;
        Assert.That(Connect(link, listener).IsCompleted, Is.False, "a connection disposed twice has given one slot back");
    }

    [Test]
    public async Task Slots_that_stay_taken_are_the_laboratory_s_fault_and_not_the_device_s()
    {
        var time = new ManualTime();
        using var link = new DutLink(LabSetup.Default with { Limits = LabLimits.Default with { ConcurrentConnections = 1 } }, [_address], time);
        using var listener = Listen(_address);
        await using var first = await Connect(link, listener);

        var second = Connect(link, listener);
        time.Advance(ConnectionPace.SlotDeadline);

        Assert.That(async () => await second, Throws.TypeOf<LabFaultException>().With.Message.Contain("concurrent-connections"));
    }

    [Test]
    public async Task Closing_resets_the_connection_so_that_the_device_keeps_no_state()
    {
        using var link = LinkTo(_address);
        using var listener = Listen(_address);
        var connection = await Connect(link, listener);
        using var accepted = await listener.AcceptAsync();
        await connection.DisposeAsync();

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        Assert.That(
            async () => await accepted.ReceiveAsync(new byte[1], deadline.Token),
            Throws.TypeOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionReset));
    }

    [Test]
    public async Task Closing_resetting_and_silence_of_the_device_are_told_apart()
    {
        using var link = LinkTo(_address);
        using var listener = Listen(_address);
        var buffer = new byte[16];

        await using var closed = await Connect(link, listener);
        (await listener.AcceptAsync()).Dispose();
        var afterClose = await closed.ReadAsync(buffer, TimeSpan.FromSeconds(10), CancellationToken.None);

        await using var reset = await Connect(link, listener);
        DutConnection.Reset(await listener.AcceptAsync());
        var afterReset = await reset.ReadAsync(buffer, TimeSpan.FromSeconds(10), CancellationToken.None);

        await using var silent = await Connect(link, listener);
        using var mute = await listener.AcceptAsync();
        var afterNothing = await silent.ReadAsync(buffer, TimeSpan.FromMilliseconds(50), CancellationToken.None);

        Assert.That(afterClose.Silence, Is.EqualTo(Silence.ClosedByPeer));
        Assert.That(afterReset.Silence, Is.EqualTo(Silence.Reset));
        Assert.That(afterNothing.Silence, Is.EqualTo(Silence.NoReply));
    }

    [TestCase("closes", Silence.ClosedByPeer)]
    [TestCase("resets", Silence.Reset)]
    [TestCase("answers with an alert", Silence.HandshakeRefused)]
    [TestCase("is silent", Silence.NoReply)]
    public async Task Ways_of_declining_TLS_are_told_apart(string what, Silence expected)
    {
        using var link = LinkTo(_address);
        using var listener = Listen(_address);
        await using var connection = await Connect(link, listener);
        using var device = await listener.AcceptAsync();
        var handshake = connection.StartTlsAsync(expected == Silence.NoReply ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(10), CancellationToken.None);
        await device.ReceiveAsync(new byte[4096]);
        switch (what)
        {
            case "closes":
                device.Dispose();
                break;
            case "resets":
                DutConnection.Reset(device);
                break;
            case "answers with an alert":
                // Fatal alert 70, protocol_version (RFC 8446, 6).
                await device.SendAsync(new byte[] { 21, 3, 3, 0, 2, 2, 70 });
                break;
        }

        Assert.That(await handshake, Is.EqualTo(expected));
    }

    [Test]
    public async Task Connections_of_one_transcript_are_numbered()
    {
        using var link = LinkTo(_address);
        using var listener = Listen(_address);
        var transcript = new Transcript(TimeProvider.System, []);
        await using var first = await Connect(link, listener, transcript);
        await using var second = await Connect(link, listener, transcript);

        await second.SendAsync("two"u8.ToArray(), TimeSpan.FromSeconds(5), CancellationToken.None);
        await first.SendAsync("one"u8.ToArray(), TimeSpan.FromSeconds(5), CancellationToken.None);

        Assert.That(Text(transcript), Does.Contain("->#2 two").And.Contain("-> one"));
    }

    internal static DutLink LinkTo(DutAddress address, LabLimits? limits = null) =>
        new(LabSetup.Default with { Limits = limits ?? LabLimits.Default }, [address], TimeProvider.System);

    private static Socket Listen(DutAddress address, int backlog = 16)
    {
        var socket = new Socket(address.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address.Address, 0));
        socket.Listen(backlog);
        return socket;
    }

    private static int FreePort(DutAddress address)
    {
        using var socket = Listen(address);
        return At(socket).Port;
    }

    private static Endpoint At(Socket listener) =>
        listener.LocalEndPoint is IPEndPoint local ? new Endpoint(new DutAddress(local.Address), local.Port) : throw new ArgumentException("not bound", nameof(listener));

    // Linux drops the SYN to a listener whose queue is full (it holds one more than the backlog); others refuse or stretch the queue.
    private static void OnlyWhereFullBacklogIsSilent()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("a listener with a full queue is silent on Linux only");
        }
    }

    private static async Task<Socket> Fill(Socket listener)
    {
        var client = new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        try
        {
            await client.ConnectAsync(listener.LocalEndPoint!, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // It stays in the kernel's queue and keeps it full.
            return client;
        }

        return client;
    }

    private static async Task<DutConnection> Connect(DutLink link, Socket listener, Transcript? transcript = null)
    {
        var result = await link.ConnectAsync(At(listener), transcript ?? Transcript.None, CancellationToken.None);
        return result.TryGet(out var connection) ? connection : throw new InvalidOperationException(result.Text);
    }

    private static string Text(Transcript transcript) => System.Text.Encoding.UTF8.GetString(transcript.ToBytes().Span);
}
