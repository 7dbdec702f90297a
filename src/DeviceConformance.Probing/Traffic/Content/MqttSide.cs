using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>One direction of MQTT (OASIS 3.1.1, 2 and 3; 5.0, 2 and 3). Beside the codec of the client, which allocates a whole packet: here only its beginning counts.</summary>
internal sealed class MqttSide(FlowNotes notes, bool fromClient)
{
    private const int Kept = 1024;

    private readonly byte[] _start = new byte[Kept];
    private int _kept;
    private int _header;
    private int _length;
    private int _left;
    private byte _first;

    /// <summary>Whether what follows is no MQTT.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether bytes begin a CONNECT; null when more are needed to tell.</summary>
    public static bool? IsConnect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes[0] != 0x10)
        {
            return bytes.Length == 0 ? null : false;
        }

        var at = 1;
        while (at < bytes.Length && at < 5 && (bytes[at] & 0x80) != 0)
        {
            at++;
        }

        ReadOnlySpan<byte> name = [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T'];
        ReadOnlySpan<byte> old = [0, 6, (byte)'M', (byte)'Q', (byte)'I', (byte)'s'];
        var rest = bytes[Math.Min(at + 1, bytes.Length)..];
        var compared = Math.Min(rest.Length, name.Length);
        return !rest[..compared].SequenceEqual(name[..compared]) && !rest[..compared].SequenceEqual(old[..compared]) ? false : compared == name.Length ? true : null;
    }

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes, long frame)
    {
        while (!IsBroken && bytes.Length > 0)
        {
            if (_left == 0)
            {
                TakeHeader(bytes[0], frame);
                bytes = bytes[1..];
                continue;
            }

            var part = bytes[..Math.Min(_left, bytes.Length)];
            var kept = Math.Min(part.Length, Kept - _kept);
            part[..kept].CopyTo(_start.AsSpan(_kept));
            _kept += kept;
            _left -= part.Length;
            bytes = bytes[part.Length..];
            if (_left == 0)
            {
                TakePacket(frame);
            }
        }
    }

    /// <summary>Bytes that are in no frame.</summary>
    public void Skip(long bytes)
    {
        if (bytes < _left)
        {
            _left -= (int)bytes;
            // The rest of the packet would be read as what it is not.
            _first = 0;
        }
        else
        {
            IsBroken = true;
        }
    }

    private void TakeHeader(byte value, long frame)
    {
        if (_header == 0)
        {
            (_first, _length) = (value, 0);
            IsBroken = value >> 4 == 0;
            _header = 1;
            return;
        }

        _length |= (value & 0x7f) << (7 * (_header - 1));
        _header++;
        if ((value & 0x80) != 0)
        {
            IsBroken = _header > 4;
            return;
        }

        (_left, _kept, _header) = (_length, 0, 0);
        if (_left == 0)
        {
            TakePacket(frame);
        }
    }

    private void TakePacket(long frame)
    {
        var reader = new WireReader(_start.AsSpan(0, _kept));
        switch (_first >> 4)
        {
            case 1 when reader.TryVector16(out _) && reader.TryByte(out var level) && reader.TryByte(out var flags):
                notes.Recognise(ServiceProtocol.Mqtt, level switch { 3 => "MQTT 3.1", 4 => "MQTT 3.1.1", 5 => "MQTT 5.0", _ => "MQTT" });
                notes.Request("CONNECT");
                // Bits of user name and password (3.1.1, 3.1.2.8 and 3.1.2.9).
                if ((flags & 0xc0) != 0)
                {
                    notes.Item(ClearItemKind.Credential, (flags & 0x40) == 0 ? "MQTT user name" : "MQTT user name and password", "clear", fromClient, frame);
                }

                break;
            case 3 when reader.TryVector16(out var topic):
                if (topic.Length > 0)
                {
                    notes.Request($"PUBLISH {Encoding.UTF8.GetString(topic)}");
                }

                break;
        }
    }
}
