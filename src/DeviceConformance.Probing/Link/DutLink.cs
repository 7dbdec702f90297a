using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.RawPackets;

namespace DeviceConformance.Probing.Link;

/// <summary>
/// The only way from the harness to the DUT: it knows the declared addresses, keeps to the laboratory's limits and counts.
/// </summary>
public sealed class DutLink : IDisposable
{
    // File descriptors and local ports come free within seconds when something else on the host used them up.
    private const int HostFaultTries = 6;
    private static readonly TimeSpan _hostFaultPause = TimeSpan.FromMilliseconds(100);

    private readonly ImmutableHashSet<DutAddress> _targets;
    private readonly ConnectionPace _pace;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<DutAddress, int[]> _attempts = new();
    private readonly RateGate _datagramRate;
    private readonly ConcurrentDictionary<DutAddress, int> _datagrams = new();

    /// <summary>A link to the declared addresses.</summary>
    /// <param name="lab">Limits and permission for public and routed addresses.</param>
    /// <param name="targets">Declared addresses of the DUT; nothing else is ever contacted.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="ArgumentException">A target is a public address, or on no network of this host, and the laboratory does not allow that.</exception>
    public DutLink(LabSetup lab, IEnumerable<DutAddress> targets, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(lab);
        Limits = lab.Limits;
        _targets = [.. targets];
        _time = time;
        _pace = new ConnectionPace(lab.Limits, time);
        _datagramRate = new RateGate(lab.Limits.ConnectionsPerSecond, time);
        if (!lab.AllowPublicAddresses && _targets.FirstOrDefault(target => target.IsPublic) is { Address: not null } outside)
        {
            throw new ArgumentException($"{outside} is a public address; lab.yaml must say 'allow-public-addresses: yes' before it is probed.", nameof(targets));
        }

        // Whatever answers behind a gateway would be taken for the DUT, and packets for a wrong address would leave the laboratory.
        if (!lab.AllowRoutedAddresses && _targets.FirstOrDefault(target => !target.IsPublic && !AttachedNetworks.Hold(target.Address)) is { Address: not null } routed)
        {
            throw new ArgumentException(
                $"{routed} is on no network that this host is attached to: a gateway would lead to it. Check the address and the cable, or write 'allow-routed-addresses: yes' in lab.yaml.",
                nameof(targets));
        }
    }

    /// <summary>The laboratory's limits.</summary>
    public LabLimits Limits { get; }

    /// <summary>How long a connection attempt waits.</summary>
    public TimeSpan ConnectTimeout => TimeSpan.FromMilliseconds(Limits.ConnectTimeoutMilliseconds);

    /// <summary>Connection attempts so far, by port, sweeps included.</summary>
    public IReadOnlyDictionary<Endpoint, int> Connections => _attempts
        .SelectMany(address => address.Value.Select((count, port) => KeyValuePair.Create(new Endpoint(address.Key, port), count)))
        .Where(port => port.Value > 0)
        .ToDictionary();

    /// <summary>Connection attempts to an address so far, sweeps included.</summary>
    public int ConnectionsTo(DutAddress address) => _attempts.TryGetValue(address, out var counts) ? counts.Sum() : 0;

    /// <summary>Opens a connection. Repeats an attempt that got no answer at all, twice at the most, and notes that.</summary>
    /// <exception cref="OutsideTargetException">The endpoint is not the DUT's: a bug of the caller.</exception>
    public async Task<ConnectResult> ConnectAsync(Endpoint endpoint, Transcript transcript, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        const int tries = 3;
        for (var attempt = 1; ; attempt++)
        {
            var result = await ConnectOnceAsync(endpoint, transcript, ConnectTimeout, cancellationToken);
            if (result.TryGet(out _) || result.Silence != Silence.NoReply || attempt == tries)
            {
                return result;
            }

            transcript.Note($"no reply within {Limits.ConnectTimeoutMilliseconds} ms, attempt {attempt} of {tries}");
        }
    }

    /// <summary>One connection attempt without a repeat.</summary>
    /// <exception cref="OutsideTargetException">The endpoint is not the DUT's: a bug of the caller.</exception>
    /// <exception cref="LabFaultException">The host can not open a connection, not even after a while.</exception>
    public async Task<ConnectResult> ConnectOnceAsync(Endpoint endpoint, Transcript transcript, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        for (var attempt = 1; ; attempt++)
        {
            var (socket, error) = await AttemptAsync(endpoint, timeout, cancellationToken);
            if (socket is not null)
            {
                transcript.Note($"connected to {endpoint}");
                return ConnectResult.Open(new DutConnection(endpoint, socket, _pace.Release, transcript, _time));
            }

            _pace.Release();
            var answer = Knock.AnswerOf(error, endpoint.Address.IsIPv6);
            if (answer != PortAnswer.HostFault)
            {
                var silence = answer == PortAnswer.Unreachable ? Silence.HostUnreachable : ConnectResult.SilenceOf(error);
                return ConnectResult.Failed(silence, Describe(endpoint, silence));
            }

            if (attempt == HostFaultTries)
            {
                throw new LabFaultException($"The host can not open a connection to {endpoint}: {new SocketException((int)error).Message} ({error}).");
            }

            await Task.Delay(_hostFaultPause * attempt, _time, cancellationToken);
        }
    }

    /// <summary>One connection attempt that is closed at once and leaves no trace but the count: for sweeps. Never repeats.</summary>
    /// <exception cref="OutsideTargetException">The endpoint is not the DUT's: a bug of the caller.</exception>
    public async ValueTask<Knock> KnockAsync(Endpoint endpoint, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (socket, error) = await AttemptAsync(endpoint, timeout, cancellationToken);
        _pace.Release();
        if (socket is not null)
        {
            DutConnection.Reset(socket);
        }

        return new Knock(Knock.AnswerOf(error, endpoint.Address.IsIPv6), error);
    }

    /// <summary>Opens a way to ask ports by raw packets. It holds no connection, and its caller keeps to the limit of a second.</summary>
    /// <returns>Null and the reason where this host can not.</returns>
    /// <exception cref="OutsideTargetException">The address is not the DUT's: a bug of the caller.</exception>
    internal SynKnocker? OpenSyn(DutAddress address, out string why)
    {
        Guard(address);
        var counts = _attempts.GetOrAdd(address, static _ => new int[65536]);
        return RawTcpSocket.TryOpen(address.Address, out why) is { } socket
            ? new SynKnocker(socket, address.Address, _time, port => Interlocked.Increment(ref counts[port]))
            : null;
    }

    /// <summary>Sends one datagram and waits for its answer: the only way to a UDP port. Never repeats.</summary>
    /// <param name="endpoint">The UDP port.</param>
    /// <param name="question">The datagram.</param>
    /// <param name="takes">Whether a datagram from the DUT, perhaps from another port, is an answer to it.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="OutsideTargetException">The endpoint is not the DUT's: a bug of the caller.</exception>
    public async ValueTask<UdpAnswer> AskUdpAsync(Endpoint endpoint, ReadOnlyMemory<byte> question, Func<UdpAnswer, bool> takes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Guard(endpoint.Address);
        if (endpoint.Transport != Transport.Udp)
        {
            throw new ArgumentException($"{endpoint} is no UDP port.", nameof(endpoint));
        }

        await _datagramRate.WaitAsync(cancellationToken);
        _datagrams.AddOrUpdate(endpoint.Address, 1, static (_, count) => count + 1);
        return await UdpAttempt.AskAsync(new IPEndPoint(endpoint.Address.Address, endpoint.Port), question, takes, timeout, _time, cancellationToken);
    }

    /// <summary>Opens a conversation with a UDP port, for protocols that need more than one datagram.</summary>
    /// <exception cref="OutsideTargetException">The endpoint is not the DUT's: a bug of the caller.</exception>
    /// <exception cref="LabFaultException">The host has no way to the DUT.</exception>
    internal DutDatagrams OpenUdp(Endpoint endpoint)
    {
        Guard(endpoint.Address);
        if (endpoint.Transport != Transport.Udp)
        {
            throw new ArgumentException($"{endpoint} is no UDP port.", nameof(endpoint));
        }

        try
        {
            return new DutDatagrams(new IPEndPoint(endpoint.Address.Address, endpoint.Port), CountDatagramAsync, _time);
        }
        catch (SocketException fault)
        {
            throw new LabFaultException($"The host knows no way to {endpoint}: {fault.Message}.", fault);
        }

        async ValueTask CountDatagramAsync(CancellationToken cancellationToken)
        {
            await _datagramRate.WaitAsync(cancellationToken);
            _datagrams.AddOrUpdate(endpoint.Address, 1, static (_, count) => count + 1);
        }
    }

    /// <summary>Datagrams sent to an address so far.</summary>
    public int DatagramsTo(DutAddress address) => _datagrams.GetValueOrDefault(address);

    /// <summary>Address of this host as the DUT sees it, which some protocols repeat in their questions. Sends nothing.</summary>
    /// <exception cref="LabFaultException">The host has no way to the DUT.</exception>
    public IPAddress LocalAddressTowards(DutAddress address)
    {
        Guard(address);
        try
        {
            using var socket = new Socket(address.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            // Connecting a UDP socket looks up the route and no more; the port does not matter (discard, RFC 863).
            socket.Connect(address.Address, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException fault)
        {
            throw new LabFaultException($"The host knows no way to {address}: {fault.Message}.", fault);
        }
    }

    // Whoever gets the socket, or finds there is none, releases the slot.
    private async ValueTask<(Socket? Socket, SocketError Error)> AttemptAsync(Endpoint endpoint, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Guard(endpoint.Address);
        await _pace.WaitAsync(cancellationToken);
        try
        {
            Interlocked.Increment(ref _attempts.GetOrAdd(endpoint.Address, static _ => new int[65536])[endpoint.Port]);
            return await ConnectAttempt.ConnectAsync(new IPEndPoint(endpoint.Address.Address, endpoint.Port), timeout, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _pace.Release();
            throw;
        }
    }

    /// <summary>Refuses every address but the declared ones.</summary>
    /// <exception cref="OutsideTargetException">The address is not the DUT's.</exception>
    public void Guard(DutAddress address)
    {
        if (!_targets.Contains(address))
        {
            throw new OutsideTargetException($"{address} is not a declared address of the DUT; the harness does not contact it.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pace.Dispose();

    private static string Describe(Endpoint endpoint, Silence silence) => silence switch
    {
        Silence.Refused => $"{endpoint} refuses the connection.",
        Silence.Reset => $"{endpoint} resets the connection.",
        Silence.HostUnreachable => $"{endpoint} is unreachable: the network knows no way to it.",
        _ => $"{endpoint} does not answer.",
    };
}

/// <summary>An attempt to reach an address that is not the DUT's: a bug, stopped before a packet leaves.</summary>
public sealed class OutsideTargetException(string message) : InvalidOperationException(message);

/// <summary>The laboratory's host or network is at fault, not the DUT.</summary>
public sealed class LabFaultException(string message, Exception? inner = null) : Exception(message, inner);
