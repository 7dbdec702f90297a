using System.Buffers.Binary;
using System.Text;
using DeviceConformance.Emulator.Listening;

namespace DeviceConformance.Emulator.Lan;

/// <summary>
/// The fault modbus-open: the burner's Modbus unit (MODBUS Application Protocol 1.1b3; Messaging on TCP/IP 1.0b). Anybody reads registers
/// (functions 3 and 4) and the identification (43/14); nothing can be written.
/// </summary>
internal sealed class ModbusUnit(DeviceState state)
{
    private const int HeaderLength = 7;
    private const int LongestMessage = 254;
    private const int MostRegisters = 125;
    private const byte IllegalFunction = 1;
    private const byte IllegalAddress = 2;
    private const byte IllegalValue = 3;
    private const int BasicObjects = 3;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    /// <summary>Serves a connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var deadline = new IdleDeadline(IdleTime, state.Time, stopping);
        var header = new byte[HeaderLength];
        while (await connection.Stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, deadline.Token) == HeaderLength)
        {
            // The header's protocol is 0, and its length counts the unit (Messaging, 3.1.3). Anything else is no Modbus, and the stream is lost.
            var length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4));
            if (header[2] != 0 || header[3] != 0 || length is < 2 or > LongestMessage)
            {
                return;
            }

            var request = new byte[length - 1];
            await connection.Stream.ReadExactlyAsync(request, deadline.Token);
            var answer = Answer(request);
            byte[] message = [header[0], header[1], 0, 0, (byte)((answer.Length + 1) >> 8), (byte)(answer.Length + 1), header[6], .. answer];
            await connection.Stream.WriteAsync(message, deadline.Token);
            deadline.Restart(IdleTime);
        }
    }

    /// <summary>Answers a request without its header: function and data. Never throws, whatever the bytes.</summary>
    internal byte[] Answer(ReadOnlySpan<byte> request) => request switch
    {
        [3 or 4, ..] => Read(request),
        [0x2b, 0x0e, var level, var first] => Identify(level, first),
        [0x2b, ..] => [0xab, IllegalFunction],
        [var function, ..] => [(byte)(function | 0x80), IllegalFunction],
        [] => [0x80, IllegalFunction],
    };

    // Set temperature in degrees, water in tenths, flow in tenths of a litre a minute, pressure in tenths of a bar, flame.
    private ushort[] Registers() => [(ushort)state.Settings.SetPoint, 485, 0, 16, 0];

    private byte[] Read(ReadOnlySpan<byte> request)
    {
        var registers = Registers();
        if (request.Length != 5 || BinaryPrimitives.ReadUInt16BigEndian(request[3..]) is not (> 0 and <= MostRegisters and var count))
        {
            return [(byte)(request[0] | 0x80), IllegalValue];
        }

        var first = BinaryPrimitives.ReadUInt16BigEndian(request[1..]);
        return first + count > registers.Length
            ? [(byte)(request[0] | 0x80), IllegalAddress]
            : [request[0], (byte)(2 * count), .. registers.AsSpan(first, count).ToArray().SelectMany(value => new[] { (byte)(value >> 8), (byte)value })];
    }

    // Levels: 1 basic, 2 regular, 4 one object (6.21).
    private byte[] Identify(byte level, byte first)
    {
        string[] objects = ["Thermona", "GW24-CU", state.Firmware.Version, "", "GW-24 Connect"];
        var end = level switch { 1 => BasicObjects, 2 => objects.Length, 4 => first + 1, _ => -1 };
        if (end < 0)
        {
            return [0xab, IllegalValue];
        }

        if (level == 4 && first >= objects.Length)
        {
            return [0xab, IllegalAddress];
        }

        // A stream that is asked for from beyond its end begins anew.
        first = first < end ? first : (byte)0;
        var answer = new List<byte> { 0x2b, 0x0e, level, 0x82, 0, 0, (byte)(end - first) };
        for (int number = first; number < end; number++)
        {
            answer.AddRange([(byte)number, (byte)objects[number].Length, .. Encoding.ASCII.GetBytes(objects[number])]);
        }

        return [.. answer];
    }
}
