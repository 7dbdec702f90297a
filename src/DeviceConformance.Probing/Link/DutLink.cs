using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.Sockets;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Link;

/// <summary>
/// The only way from the harness to the DUT: it knows the declared addresses, keeps to the laboratory's limits and counts.
/// </summary>
public sealed class DutLink : IDisposable
{
    private readonly ImmutableHashSet<DutAddress> _targets;
    private readonly ConnectionPace _pace;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Endpoint, int> _connections = new();

    /// <summary>A link to the declared addresses.</summary>
    /// <param name="lab">Limits and permission for public addresses.</param>
    /// <param name="targets">Declared addresses of the DUT; nothing else is ever contacted.</param>
    /// <param name="time">Clock.</param>
    /// <exception cref="ArgumentException">A target is a public address and the laboratory does not allow that.</exception>
    public DutLink(LabSetup lab, IEnumerable<DutAddress> targets, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(lab);
        Limits = lab.Limits;
        _targets = [.. targets];
        _time = time;
        _pace = new ConnectionPace(lab.Limits, time);
        if (!lab.AllowPublicAddresses && _targets.FirstOrDefault(target => target.IsPublic) is { Address: not null } outside)
        {
            throw new ArgumentException($"{outside} is a public address; lab.yaml must say 'allow-public-addresses: yes' before it is probed.", nameof(targets));
        }
    }

    /// <summary>The laboratory's limits.</summary>
    public LabLimits Limits { get; }

    /// <summary>How long a connection attempt waits.</summary>
    public TimeSpan ConnectTimeout => TimeSpan.FromMilliseconds(Limits.ConnectTimeoutMilliseconds);

    /// <summary>Connection attempts so far, by port.</summary>
    public IReadOnlyDictionary<Endpoint, int> Connections => _connections;

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

    /// <summary>One connection attempt without a repeat and, for sweeps, without a transcript.</summary>
    /// <exception cref="OutsideTargetException">The endpoint is not the DUT's: a bug of the caller.</exception>
    public async Task<ConnectResult> ConnectOnceAsync(Endpoint endpoint, Transcript transcript, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        Guard(endpoint.Address);
        await _pace.WaitAsync(cancellationToken);
        try
        {
            _connections.AddOrUpdate(endpoint, 1, static (_, count) => count + 1);
            var socket = new Socket(endpoint.Address.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var limit = Deadline.After(timeout, _time, cancellationToken);
            try
            {
                await socket.ConnectAsync(endpoint.Address.Address, endpoint.Port, limit.Token);
                if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
                {
                    // A loopback connect to a free ephemeral port can meet itself (simultaneous open, RFC 9293, 3.5); nobody listens there.
                    socket.Dispose();
                    return ConnectResult.Failed(Silence.Refused, $"{endpoint} refuses the connection.");
                }

                transcript.Note($"connected to {endpoint}");
                return ConnectResult.Open(new DutConnection(endpoint, socket, transcript, _time));
            }
            catch (Exception fault) when (fault is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                if (fault is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable or SocketError.AccessDenied } lab)
                {
                    throw new LabFaultException($"The host can not open a connection to {endpoint}: {lab.Message}", lab);
                }

                var silence = fault is SocketException socketFault ? ConnectResult.SilenceOf(socketFault.SocketErrorCode) : Silence.NoReply;
                return ConnectResult.Failed(silence, Describe(endpoint, silence));
            }
        }
        finally
        {
            _pace.Release();
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
