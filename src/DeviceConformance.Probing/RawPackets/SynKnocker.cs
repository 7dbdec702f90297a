using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.RawPackets;

/// <summary>Asks ports of one address by a SYN and never completes a connection: the half of a connect that shows whether a port is open.</summary>
/// <remarks>
/// SYN-ACK is open, RST is closed (RFC 9293, 3.10.7), an ICMP message that quotes our SYN says that a filter or the network stands before
/// the port, nothing is silence. Each port has a sequence number of its own that only who saw the SYN can know; answers count only when
/// they acknowledge it, and it stays the same for the port's next SYN, which a DUT that still holds the first one takes for a repeat.
/// </remarks>
internal sealed class SynKnocker : IDisposable
{
    // Answers are taken in batches while they come: waking a thread for each would cost more than the answer.
    private const int Many = 16;
    // However much a hostile device sends, questions expire.
    private const int MostPerTurn = 4096;
    private static readonly TimeSpan _idle = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _expiry = TimeSpan.FromMilliseconds(5);

    private readonly RawTcpSocket _socket;
    private readonly byte[] _target;
    private readonly SynTemplate _syn;
    private readonly bool _ipv6;
    private readonly TimeProvider _time;
    private readonly Action<int> _sent;
    private readonly uint _key = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
    // By port: who waits for its answer, since when and until when (0: nobody).
    private readonly Action<int, Knock, TimeSpan>?[] _waiting = new Action<int, Knock, TimeSpan>?[ushort.MaxValue + 1];
    private readonly long[] _sentAt = new long[ushort.MaxValue + 1];
    private readonly long[] _deadlines = new long[ushort.MaxValue + 1];
    private readonly Thread _receiver;
    private int _underway;
    private volatile bool _isOver;

    /// <param name="socket">The way out and in; this object disposes it.</param>
    /// <param name="address">Who is asked.</param>
    /// <param name="time">Clock.</param>
    /// <param name="sent">Told of each port to which a SYN goes.</param>
    public SynKnocker(RawTcpSocket socket, IPAddress address, TimeProvider time, Action<int> sent)
    {
        _socket = socket;
        _target = address.GetAddressBytes();
        _syn = new SynTemplate(socket.Source, _target, socket.SourcePort);
        _ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        _time = time;
        _sent = sent;
        _receiver = new Thread(Receive) { IsBackground = true, Name = "SYN answers" };
        _receiver.Start();
    }

    /// <summary>Sends a SYN to a port. Never repeats.</summary>
    /// <param name="port">The port.</param>
    /// <param name="timeout">How long an answer may take.</param>
    /// <param name="answered">Told the answer, silence included, and how long it took, on the receiver's thread: it must be quick.</param>
    /// <returns>What keeps the host from sending; then no answer follows.</returns>
    public SocketError Ask(int port, TimeSpan timeout, Action<int, Knock, TimeSpan> answered)
    {
        var now = _time.GetTimestamp();
        if (!Add(port, answered))
        {
            // Somebody asks the same at the same time: one SYN is enough.
            return SocketError.Success;
        }

        Interlocked.Increment(ref _underway);
        Volatile.Write(ref _sentAt[port], now);
        Volatile.Write(ref _deadlines[port], now + (long)(timeout.TotalSeconds * _time.TimestampFrequency));
        Span<byte> syn = stackalloc byte[SynTemplate.Length];
        _syn.Write(syn, port, Cookie(port));
        _sent(port);
        var error = _socket.Send(syn);
        if (error != SocketError.Success)
        {
            Take(port);
        }

        return error;
    }

    /// <summary>Sends a SYN to a port and waits for the answer. Never repeats.</summary>
    public async ValueTask<Knock> KnockAsync(int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Who waits goes on elsewhere: the receiver has more answers to take.
        var knock = new TaskCompletionSource<Knock>(TaskCreationOptions.RunContinuationsAsynchronously);
        var error = Ask(port, timeout, (_, answer, _) => knock.TrySetResult(answer));
        return error == SocketError.Success ? await knock.Task.WaitAsync(cancellationToken) : new Knock(Knock.AnswerOf(error, _ipv6), error);
    }

    public void Dispose()
    {
        _isOver = true;
        _receiver.Join();
        _socket.Dispose();
    }

    // True when nobody else waits for this port.
    private bool Add(int port, Action<int, Knock, TimeSpan> answered)
    {
        while (true)
        {
            var others = Volatile.Read(ref _waiting[port]);
            if (Interlocked.CompareExchange(ref _waiting[port], others + answered, others) == others)
            {
                return others is null;
            }
        }
    }

    private Action<int, Knock, TimeSpan>? Take(int port)
    {
        // The deadline goes first: the next question about the port sets its own as soon as this one is out of the way.
        Volatile.Write(ref _deadlines[port], 0);
        var waiting = Interlocked.Exchange(ref _waiting[port], null);
        if (waiting is not null)
        {
            Interlocked.Decrement(ref _underway);
        }

        return waiting;
    }

    // Mixes key and port so that neither a neighbour's number nor the last one tells the next (the finalizer of MurmurHash3).
    private uint Cookie(int port)
    {
        var mixed = _key ^ (uint)port;
        mixed = (mixed ^ (mixed >> 16)) * 0x85ebca6b;
        mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35;
        return (mixed ^ (mixed >> 16)) + _key;
    }

    private void Receive()
    {
        var expired = _time.GetTimestamp();
        while (!_isOver)
        {
            var taken = 0;
            while (taken < MostPerTurn && _socket.TryReceive(out var bytes))
            {
                taken++;
                if (TcpSegment.TryParse(bytes, out var segment))
                {
                    Take(segment);
                }
            }

            for (var messages = 0; messages < MostPerTurn && _socket.TryReceiveIcmp(out var bytes); messages++)
            {
                if (IcmpUnreachable.TryParse(bytes, _ipv6, out var message))
                {
                    Take(message);
                }
            }

            if (_time.GetElapsedTime(expired) >= _expiry)
            {
                expired = _time.GetTimestamp();
                Expire(expired);
            }

            if (taken > 0 || Volatile.Read(ref _underway) > Many)
            {
                Thread.Sleep(1);
            }
            else
            {
                _socket.Wait(_idle);
            }
        }

        Expire(long.MaxValue);
    }

    private void Take(TcpSegment segment)
    {
        if (segment.DestinationPort != _socket.SourcePort || segment.Acknowledgement != Cookie(segment.SourcePort) + 1)
        {
            return;
        }

        var kind = segment.Flags & (TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Ack);
        if (kind == (TcpFlags.Syn | TcpFlags.Ack))
        {
            Answer(segment.SourcePort, new Knock(PortAnswer.Open, SocketError.Success));
        }
        else if (kind == (TcpFlags.Rst | TcpFlags.Ack))
        {
            Answer(segment.SourcePort, new Knock(PortAnswer.Closed, SocketError.ConnectionRefused));
        }
    }

    private void Take(IcmpUnreachable message)
    {
        if (message.SourcePort == _socket.SourcePort && message.Sequence == Cookie(message.DestinationPort)
            && message.Destination.SequenceEqual(_target) && message.Source.SequenceEqual(_socket.Source))
        {
            Answer(message.DestinationPort, new Knock(PortAnswer.Unreachable, SocketError.HostUnreachable));
        }
    }

    private void Expire(long now)
    {
        for (var port = 1; port < _deadlines.Length; port++)
        {
            var deadline = Volatile.Read(ref _deadlines[port]);
            if (deadline != 0 && deadline <= now)
            {
                Answer(port, new Knock(PortAnswer.Silent, SocketError.TimedOut));
            }
        }
    }

    private void Answer(int port, Knock knock)
    {
        var elapsed = _time.GetElapsedTime(Volatile.Read(ref _sentAt[port]));
        Take(port)?.Invoke(port, knock, elapsed);
    }
}
