namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Follows the records of TLS through one direction of a stream by their headers (RFC 8446, 5.1), without touching what they hold.</summary>
internal struct TlsFraming
{
    private const int LongestRecord = (1 << 14) + 2048; // RFC 5246, 6.2.3

    private uint _header;
    private int _headerBytes;
    private int _left;

    /// <summary>Type of the present record; the last one's between records.</summary>
    public byte Type { get; private set; }

    /// <summary>Length of the present record's content in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Whole record headers read.</summary>
    public long Records { get; private set; }

    /// <summary>Records of application data among them.</summary>
    public long ApplicationRecords { get; private set; }

    /// <summary>Whether what follows is no TLS record: the stream is none, or stopped being one.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether the next byte begins a record.</summary>
    public readonly bool IsAtBorder => _left == 0 && _headerBytes == 0;

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (TryRead(ref bytes, out _))
        {
        }
    }

    /// <summary>Reads to the end of the next piece of a record's content; <see cref="Type"/> and <see cref="Length"/> tell of which.</summary>
    /// <param name="bytes">What is left to read.</param>
    /// <param name="content">The piece.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> content)
    {
        while (!IsBroken && bytes.Length > 0)
        {
            if (_left > 0)
            {
                content = bytes[..Math.Min(_left, bytes.Length)];
                _left -= content.Length;
                bytes = bytes[content.Length..];
                return true;
            }

            Take(bytes[0]);
            bytes = bytes[1..];
        }

        content = default;
        return false;
    }

    /// <summary>After a gap nothing tells where the next record begins, unless the gap ends inside the present one.</summary>
    public void Skip(long bytes)
    {
        if (bytes <= _left)
        {
            _left -= (int)bytes;
        }
        else
        {
            IsBroken = true;
        }
    }

    private void Take(byte value)
    {
        var place = _headerBytes++;
        _header = place == 0 ? value : place < 3 ? _header : (_header << 8) | value;
        switch (place)
        {
            case 0:
                IsBroken = value is < 20 or > 24;
                Type = value;
                ApplicationRecords += value == 23 ? 1 : 0;
                break;
            case 1:
                IsBroken = value != 3;
                break;
            case 2:
                IsBroken = value > 4;
                break;
            case 4:
                Length = _left = (ushort)_header;
                IsBroken = _left is 0 or > LongestRecord;
                _headerBytes = 0;
                Records++;
                break;
        }
    }
}
