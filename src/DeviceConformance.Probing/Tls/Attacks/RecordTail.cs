using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>Type and length of a record that came after a server's flight, and its alert when it is one in clear. Its content is not kept.</summary>
internal readonly record struct TailRecord(TlsContentType Type, int Length, TlsAlert? Alert);

/// <summary>Reads what follows a server's flight: records by their headers, from bytes in whatever pieces.</summary>
internal sealed class RecordTail
{
    private const int HeaderLength = 5;
    private const int MostRecords = 64;

    private readonly byte[] _header = new byte[HeaderLength];
    private readonly List<TailRecord> _records = [];
    private readonly byte[] _firstBytes = new byte[2];
    private int _inHeader;
    private int _left;
    private int _inContent;

    /// <summary>Records that came in full.</summary>
    public IReadOnlyList<TailRecord> Records => _records;

    /// <summary>Whether it is no longer worth reading: not TLS, or far too much.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The first alert, or null.</summary>
    public TlsAlert? Alert => _records.Find(record => record.Alert is not null).Alert;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsBroken)
        {
            if (_inHeader < HeaderLength)
            {
                _header[_inHeader++] = bytes[0];
                bytes = bytes[1..];
                if (_inHeader == HeaderLength)
                {
                    _left = (_header[3] << 8) | _header[4];
                    _inContent = 0;
                    IsBroken = _header[0] is < (byte)TlsContentType.ChangeCipherSpec or > (byte)TlsContentType.Heartbeat || _header[1] != 3 || _records.Count == MostRecords;
                    EndIfFull();
                }

                continue;
            }

            var taken = Math.Min(_left, bytes.Length);
            for (var i = 0; i < taken && _inContent < _firstBytes.Length; i++)
            {
                _firstBytes[_inContent++] = bytes[i];
            }

            _left -= taken;
            bytes = bytes[taken..];
            EndIfFull();
        }
    }

    private void EndIfFull()
    {
        if (_left > 0 || IsBroken)
        {
            return;
        }

        var (type, length) = ((TlsContentType)_header[0], (_header[3] << 8) | _header[4]);
        _records.Add(new TailRecord(type, length, type == TlsContentType.Alert && length == 2 ? new TlsAlert(_firstBytes[0], (TlsAlertDescription)_firstBytes[1]) : null));
        _inHeader = 0;
    }

    /// <summary>Reads until enough has come or the connection ends.</summary>
    /// <returns>How it ended; null when enough has come.</returns>
    public async Task<Silence?> ReadAsync(DutConnection connection, Func<RecordTail, bool> isEnough, TimeSpan deadline, CancellationToken cancellationToken) =>
        await connection.ReadUntilAsync(
            bytes =>
            {
                Append(bytes.Span);
                return IsBroken || isEnough(this);
            },
            deadline,
            cancellationToken);

    /// <summary>A record.</summary>
    public static byte[] Record(TlsContentType type, TlsVersion version, ReadOnlySpan<byte> content) =>
        [(byte)type, .. ClientHello.U16((int)version), .. ClientHello.U16(content.Length), .. content];
}
