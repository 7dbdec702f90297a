namespace DeviceConformance.Tests.Fuzzing;

/// <summary>Alters messages as broken and hostile devices do: cut, lengthened, lengths that lie, pieces repeated, pieces of other messages.</summary>
internal sealed class Mutation(Random random)
{
    /// <summary>Longest message that is made, bytes; lengths of 16 bits can still lie in both directions.</summary>
    public const int Longest = 96 * 1024;

    private static readonly byte[] _telling = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, (byte)'\r', (byte)'\n', (byte)'"', (byte)'<', (byte)'>', (byte)'&', (byte)'%', (byte)':', (byte)';', (byte)'{', (byte)'['];
    private static readonly long[] _lengths = [0, 1, 2, 127, 128, 255, 256, 16383, 16384, 16385, 32767, 32768, 65535, 0x7fffff, 0xffffff, int.MaxValue, uint.MaxValue];

    /// <summary>A message made of one or two others.</summary>
    public byte[] Of(byte[] message, byte[] other)
    {
        var bytes = message.ToList();
        for (var changes = 1 + random.Next(4); changes > 0; changes--)
        {
            Change(bytes, other);
        }

        return bytes.Count <= Longest ? [.. bytes] : [.. bytes.Take(Longest)];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = bytes.Count == 0 ? 0 : random.Next(bytes.Count);
        var length = Math.Min(bytes.Count - at, 1 + random.Next(random.Next(3) == 0 ? 64 : 4));
        switch (random.Next(10))
        {
            case 0 when bytes.Count > 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when bytes.Count > 0:
                bytes[at] = _telling[random.Next(_telling.Length)];
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.InsertRange(at, bytes.Slice(at, length));
                break;
            case 5:
                // Nesting and floods: one piece many times over.
                var piece = bytes.Slice(at, length);
                for (var times = 1 << random.Next(11); times > 0 && bytes.Count < Longest; times--)
                {
                    bytes.InsertRange(at, piece);
                }

                break;
            case 6:
                Length(bytes, at);
                break;
            case 7 when other.Length > 0:
                var from = random.Next(other.Length);
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + 1 + random.Next(64))]);
                break;
            case 8:
                var noise = new byte[1 + random.Next(16)];
                random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
            default:
                Digits(bytes, at);
                break;
        }
    }

    private void Length(List<byte> bytes, int at)
    {
        var value = _lengths[random.Next(_lengths.Length)];
        var size = 1 << random.Next(3);
        for (var index = 0; index < size && at + index < bytes.Count; index++)
        {
            bytes[at + index] = (byte)(value >> (8 * (size - 1 - index)));
        }
    }

    private void Digits(List<byte> bytes, int at)
    {
        var digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
        if (digit >= 0)
        {
            bytes.RemoveAt(digit);
            bytes.InsertRange(digit, System.Text.Encoding.ASCII.GetBytes(random.Next(2) == 0 ? _lengths[random.Next(_lengths.Length)].ToString() : "-99999999999999999999"));
        }
    }
}
