using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Probing.Link;

/// <summary>What a UDP port did with one datagram.</summary>
/// <param name="Answer">Open when a datagram came back, closed for ICMP port unreachable.</param>
/// <param name="FromPort">Port that the datagram came from; 0 without one.</param>
/// <param name="Bytes">The datagram; empty without one.</param>
/// <param name="Error">The host's word for it, for messages.</param>
public readonly record struct UdpAnswer(PortAnswer Answer, int FromPort, ReadOnlyMemory<byte> Bytes, SocketError Error);

/// <summary>One datagram with a deadline for its answer, whose failure is a value and not an exception: a sweep has many thousands of them.</summary>
/// <remarks>
/// The socket has asked this one port and nothing else, so that an ICMP error for it can only quote this datagram. On Linux the error
/// comes although the socket is not connected (IP_RECVERR, ip(7)), and answers from other ports come too; elsewhere the socket is
/// connected, which gives the error but hides other ports.
/// </remarks>
internal sealed class UdpAttempt : SocketAsyncEventArgs
{
    // Answers that decide something fit; what is cut off stays unread.
    private const int LongestAnswer = 2048;
    private const int MostStrangers = 64;
    private const int IpReceiveErrors = 11;
    private const int IPv6ReceiveErrors = 25;

    private readonly Socket _socket;
    private TaskCompletionSource<SocketError> _received = new();

    private UdpAttempt(Socket socket, byte[] buffer)
        : base(true)
    {
        _socket = socket;
        SetBuffer(buffer, 0, LongestAnswer);
    }

    /// <summary>Asks, and waits for the first datagram that is taken, an ICMP error or the deadline.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static async ValueTask<UdpAnswer> AskAsync(
        IPEndPoint target,
        ReadOnlyMemory<byte> question,
        Func<UdpAnswer, bool> takes,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var error = TrySend(target, question.Span, out var socket);
        if (error != SocketError.Success)
        {
            return Failed(error, target);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(LongestAnswer);
        using (socket)
        using (var attempt = new UdpAttempt(socket, buffer))
        {
            // Closing the socket ends the receive, which then says so; there is no other way to end it.
            using var timer = time.CreateTimer(static socket => ((Socket)socket!).Dispose(), socket, timeout, Timeout.InfiniteTimeSpan);
            using var outer = cancellationToken.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
            var answer = await attempt.ReceiveAsync(target, takes);
            ArrayPool<byte>.Shared.Return(buffer);
            if (answer.Answer == PortAnswer.Silent)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return answer;
        }
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => _received.TrySetResult(e.SocketError);

    private async ValueTask<UdpAnswer> ReceiveAsync(IPEndPoint target, Func<UdpAnswer, bool> takes)
    {
        var anyone = new IPEndPoint(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        for (var strangers = 0; strangers < MostStrangers; strangers++)
        {
            RemoteEndPoint = anyone;
            _received = new TaskCompletionSource<SocketError>();
            SocketError error;
            try
            {
                error = _socket.ReceiveFromAsync(this) ? await _received.Task : SocketError;
            }
            catch (ObjectDisposedException)
            {
                error = System.Net.Sockets.SocketError.TimedOut;
            }

            // A datagram longer than the buffer is an answer all the same.
            if (error is not (System.Net.Sockets.SocketError.Success or System.Net.Sockets.SocketError.MessageSize))
            {
                return Failed(error, target);
            }

            if (RemoteEndPoint is IPEndPoint from && from.Address.Equals(target.Address))
            {
                var answer = new UdpAnswer(PortAnswer.Open, from.Port, MemoryBuffer[..BytesTransferred].ToArray(), System.Net.Sockets.SocketError.Success);
                if (takes(answer))
                {
                    return answer;
                }
            }
        }

        return Failed(System.Net.Sockets.SocketError.TimedOut, target);
    }

    private static UdpAnswer Failed(SocketError error, IPEndPoint target) =>
        new(Knock.AnswerOf(error, target.AddressFamily == AddressFamily.InterNetworkV6), 0, ReadOnlyMemory<byte>.Empty, error);

    private static SocketError TrySend(IPEndPoint target, ReadOnlySpan<byte> question, out Socket socket)
    {
        const int tries = 8;
        socket = null!;
        for (var attempt = 0; attempt < tries; attempt++)
        {
            try
            {
                socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                if (OperatingSystem.IsLinux())
                {
                    var isIPv4 = target.AddressFamily == AddressFamily.InterNetwork;
                    socket.SetRawSocketOption(isIPv4 ? 0 : 41, isIPv4 ? IpReceiveErrors : IPv6ReceiveErrors, BitConverter.GetBytes(1));
                }

                socket.Bind(new IPEndPoint(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
                // On loopback a datagram to the socket's own port would come back as if somebody answered.
                if (((IPEndPoint)socket.LocalEndPoint!).Port == target.Port)
                {
                    socket.Dispose();
                    continue;
                }

                if (!OperatingSystem.IsLinux())
                {
                    socket.Connect(target);
                }

                socket.SendTo(question, target);
                return SocketError.Success;
            }
            catch (SocketException fault)
            {
                socket?.Dispose();
                return fault.SocketErrorCode;
            }
        }

        return SocketError.AddressNotAvailable;
    }
}
