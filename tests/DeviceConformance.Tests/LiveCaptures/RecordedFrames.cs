using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Probing.Capture;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Tests.LiveCaptures;

/// <summary>Datagrams with a number, as they are sent and as a recording holds them.</summary>
internal static class RecordedFrames
{
    private const int UdpProtocol = 17;

    /// <summary>Sends numbered datagrams from the device to the host; the number of one is in its first four bytes.</summary>
    public static void Send(NetworkNamespace device, int port, int count, int length = 64)
    {
        using var socket = device.InDeviceNetwork(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        Send(socket, new IPEndPoint(device.HostAddress, port), count, length);
    }

    /// <summary>Sends numbered datagrams from a socket.</summary>
    public static void Send(Socket socket, IPEndPoint target, int count, int length = 64)
    {
        var bytes = new byte[length];
        // Not connected: nobody listens there, and the host says so; a connected socket would fail for it.
        var address = target.Serialize();
        for (var number = 0; number < count; number++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            socket.SendTo(bytes, SocketFlags.None, address);
        }
    }

    /// <summary>Waits until a recording holds a number of datagrams to a port: a kernel under load carries frames some time after they were sent.</summary>
    /// <exception cref="TimeoutException">It does not within twenty seconds.</exception>
    public static async Task AwaitAsync(CaptureRecorder recorder, Func<int> count, int expected)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (recorder.Flush(); count() < expected; recorder.Flush())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"{count()} of {expected} frames were recorded");
            }

            await tick.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Numbers of the datagrams to a port that a recording of Ethernet frames holds.</summary>
    public static List<int> Read(string file, int port)
    {
        using var reader = CaptureReader.Open(file);
        var numbers = new List<int>();
        while (reader.TryRead(out var frame))
        {
            if (frame.Bytes.Length >= 46 && frame.Bytes[12] == 8 && frame.Bytes[23] == UdpProtocol && BinaryPrimitives.ReadUInt16BigEndian(frame.Bytes[36..]) == port)
            {
                numbers.Add(BinaryPrimitives.ReadInt32BigEndian(frame.Bytes[42..]));
            }
        }

        return numbers;
    }
}
