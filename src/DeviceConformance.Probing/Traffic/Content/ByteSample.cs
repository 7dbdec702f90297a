namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Counts over the first bytes of something: how much is readable, how even the bytes are.</summary>
internal sealed class ByteSample
{
    /// <summary>Bytes counted at the most.</summary>
    public const int Most = 4096;

    // Most directions of most connections are TLS, of which nothing is counted: thousands of them are followed at a time.
    private int[] _counts = [];

    /// <summary>Bytes counted.</summary>
    public int Count { get; private set; }

    /// <summary>Share of bytes that text has, 0 to 1: ASCII only, for of all bytes beyond it half are no letters in any code.</summary>
    public double Readable
    {
        get
        {
            var readable = 0;
            for (var value = 0; value < 128 && Count > 0; value++)
            {
                readable += TextSide.IsReadable((byte)value) ? _counts[value] : 0;
            }

            return Count == 0 ? 0 : (double)readable / Count;
        }
    }

    /// <summary>Entropy in bits for each byte (Shannon), 0 to 8; of few bytes it is low whatever they are.</summary>
    public double Entropy => _counts.Where(count => count > 0).Sum(count => -(double)count / Count * Math.Log2((double)count / Count));

    /// <summary>Counts further bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, Most - Count)];
        _counts = bytes.IsEmpty || _counts.Length > 0 ? _counts : new int[256];
        foreach (var value in bytes)
        {
            _counts[value]++;
            Count++;
        }
    }
}
