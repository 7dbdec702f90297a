using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Emulator.Listening;

namespace DeviceConformance.Emulator.Lan;

/// <summary>
/// The fault tftp-open: TFTP (RFC 1350) that gives the settings to anybody and takes no file. One transfer at a time on each address, each from a
/// port of its own (4), as small servers do.
/// </summary>
internal sealed class TftpServer(DeviceState state)
{
    private const int BlockLength = 512;
    private const int LongestRequest = 512;
    private const int Tries = 3;
    private const byte ReadRequest = 1;
    private const byte WriteRequest = 2;
    private const byte Data = 3;
    private const byte Acknowledgement = 4;
    private const byte Error = 5;
    private const byte FileNotFound = 1;
    private const byte AccessViolation = 2;
    private const byte IllegalOperation = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // More than one block, so that a transfer has to be kept up.
    private static readonly byte[] Settings = Encoding.ASCII.GetBytes(
        "# GW-24 Connect, written by the service tool\nset_point=50\neco_mode=off\nwifi_ssid=Homestead\nwifi_password=lavender-kettle-19\n"
        + string.Concat(Enumerable.Range(0, 24).Select(hour => $"heat_curve_{hour:00}={42 + (hour % 12)}\n")));

    /// <summary>Serves a request; the port itself never answers.</summary>
    public async ValueTask<byte[]?> AnswerAsync(Datagram datagram, CancellationToken stopping)
    {
        if (datagram.Bytes.Span is not [0, ReadRequest or WriteRequest, ..] || datagram.Bytes.Length > LongestRequest)
        {
            return null;
        }

        using var socket = new Socket(datagram.Local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(datagram.Local.Address, 0));
        // From now on nobody else is heard.
        await socket.ConnectAsync(datagram.Remote, stopping);
        switch (Wanted(datagram.Bytes.Span))
        {
            case null:
                await socket.SendAsync(Refusal(IllegalOperation, "malformed request"), stopping);
                break;
            case (WriteRequest, _):
                await socket.SendAsync(Refusal(AccessViolation, "read only"), stopping);
                break;
            case (_, "config.txt"):
                state.Log.Note($"TFTP: the settings go to {datagram.Remote}");
                await GiveAsync(socket, stopping);
                break;
            default:
                await socket.SendAsync(Refusal(FileNotFound, "no such file"), stopping);
                break;
        }

        return null;
    }

    /// <summary>Kind and name of a request: a name and a mode, each ended by a zero (5); null when it is none.</summary>
    internal static (byte Kind, string Name)? Wanted(ReadOnlySpan<byte> request) =>
        request.Length > 2 && request[2..].IndexOf((byte)0) is > 0 and var end && request[(end + 3)..].IndexOf((byte)0) > 0
            ? (request[1], Encoding.Latin1.GetString(request.Slice(2, end)))
            : null;

    private static byte[] Refusal(byte code, string text) => [0, Error, 0, code, .. Encoding.ASCII.GetBytes(text), 0];

    private static async Task GiveAsync(Socket socket, CancellationToken stopping)
    {
        var answer = new byte[BlockLength + 4];
        for (var block = 1; (block - 1) * BlockLength <= Settings.Length; block++)
        {
            var rest = Settings.AsSpan((block - 1) * BlockLength);
            byte[] data = [0, Data, (byte)(block >> 8), (byte)block, .. rest[..Math.Min(BlockLength, rest.Length)]];
            if (!await DeliverAsync(socket, data, answer, stopping))
            {
                return;
            }
        }
    }

    private static async Task<bool> DeliverAsync(Socket socket, byte[] data, byte[] answer, CancellationToken stopping)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            await socket.SendAsync(data, stopping);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            patience.CancelAfter(Patience);
            try
            {
                for (var strays = 0; strays < 10; strays++)
                {
                    var length = await socket.ReceiveAsync(answer, patience.Token);
                    if (length >= 4 && answer[0] == 0 && answer[1] == Acknowledgement && answer.AsSpan(2, 2).SequenceEqual(data.AsSpan(2, 2)))
                    {
                        return true;
                    }

                    if (length >= 2 && answer[0] == 0 && answer[1] == Error)
                    {
                        return false;
                    }
                }
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                // Said again.
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.MessageSize)
            {
                return false;
            }
        }

        return false;
    }
}
