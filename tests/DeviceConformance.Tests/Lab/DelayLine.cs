using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Probing.RawPackets;

namespace DeviceConformance.Tests.Lab;

/// <summary>A slow and lossy stretch of cable before a device: frames to it come late, some of them not at all.</summary>
/// <remarks>
/// Stands in for the kernel's netem, which not every kernel has. Two threads carry frames between the host's link and the device's in a
/// namespace of their own.
/// </remarks>
public sealed class DelayLine : IDisposable
{
    private const int LongestFrame = 65_600;

    private readonly NetworkNamespace _relay;
    private readonly Socket _host;
    private readonly Socket _device;
    private readonly List<Thread> _carriers = [];
    private volatile bool _isOver;

    /// <summary>Puts a line before a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="delay">How late frames to it come; those from it come at once.</param>
    /// <param name="loss">Share of frames to it that get lost.</param>
    public DelayLine(NetworkNamespace device, TimeSpan delay, double loss)
    {
        ArgumentNullException.ThrowIfNull(device);
        _relay = NetworkNamespace.CreateOrSkip();
        device.InsertRelay(_relay, "host0", "dev0");
        _host = Open("host0");
        _device = Open("dev0");
        Carry(_host, _device, delay, loss);
        Carry(_device, _host, TimeSpan.Zero, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _carriers.ForEach(carrier => carrier.Join());
        _host.Dispose();
        _device.Dispose();
        _relay.Dispose();
    }

    private Socket Open(string link)
    {
        var index = int.Parse(_relay.Run("cat", $"/sys/class/net/{link}/ifindex"), CultureInfo.InvariantCulture);
        return _relay.InDeviceNetwork(() =>
        {
            var socket = new Socket(AddressFamily.Packet, SocketType.Raw, 0) { Blocking = false };
            socket.Bind(new LinkEndPoint(index));
            socket.ReceiveBufferSize = 4 << 20;
            return socket;
        });
    }

    private void Carry(Socket from, Socket to, TimeSpan delay, double loss)
    {
        var carrier = new Thread(() => Carry(from, to, (long)(delay.TotalSeconds * Stopwatch.Frequency), loss, new Random(303645))) { IsBackground = true, Name = "delay line" };
        carrier.Start();
        _carriers.Add(carrier);
    }

    private void Carry(Socket from, Socket to, long delay, double loss, Random chance)
    {
        var queue = new Queue<(long Due, byte[] Frame)>();
        var buffer = new byte[LongestFrame];
        while (!_isOver)
        {
            var now = Stopwatch.GetTimestamp();
            int length;
            while ((length = from.Receive(buffer, SocketFlags.None, out var error)) > 0 && error == SocketError.Success)
            {
                if (chance.NextDouble() >= loss)
                {
                    queue.Enqueue((now + delay, buffer[..length]));
                }
            }

            while (queue.TryPeek(out var first) && first.Due <= Stopwatch.GetTimestamp())
            {
                CompleteChecksum(first.Frame);
                to.Send(first.Frame, SocketFlags.None, out _);
                queue.Dequeue();
            }

            if (queue.Count == 0)
            {
                from.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead);
            }
            else
            {
                Thread.Sleep(1);
            }
        }
    }

    // The kernel leaves the checksum of TCP to the network card, and a virtual link has none.
    private static void CompleteChecksum(byte[] frame)
    {
        const int ethernet = 14;
        const int checksumAt = 16;
        if (frame.Length > ethernet && IPPacket.TryParse(frame.AsSpan(ethernet), out var packet) && packet.Protocol == 6 && packet.Payload.Length >= 20)
        {
            frame.AsSpan().Overlaps(packet.Payload, out var at);
            var segment = frame.AsSpan(at, packet.Payload.Length);
            segment.Slice(checksumAt, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(segment[checksumAt..], InternetChecksum.OfTcp(packet.Source, packet.Destination, segment));
        }
    }

    // struct sockaddr_ll of packet(7): all protocols of one link.
    private sealed class LinkEndPoint(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            var bytes = address.Buffer.Span;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], 3);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], index);
            return address;
        }
    }
}
