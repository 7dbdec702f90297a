using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Dns;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>What messages of DNS tell, over UDP as over TCP, and those of its kin in the local network (RFC 1035; RFC 6762; RFC 4795).</summary>
internal static class DnsFacts
{
    /// <summary>Questions that the DUT asks, and their answers.</summary>
    public static void Take(FlowNotes notes, bool fromClient, DnsMessage message, long frame)
    {
        if (!message.IsResponse)
        {
            foreach (var (name, type) in message.Questions.Where(_ => fromClient && notes.Flow.DutIsClient))
            {
                notes.Ledger.AddQuery(notes.Mask(name), type.ToString().ToUpperInvariant(), notes.Flow, frame);
            }

            return;
        }

        if (fromClient)
        {
            return;
        }

        var addresses = message.Records.Where(record => record.Address is not null).ToList();
        foreach (var (name, _) in message.Questions.Where(_ => addresses.Count > 0))
        {
            notes.Ledger.AddAnswer(notes.Mask(name), notes.Flow);
            // Aliases lead from the name asked for to that of the address (RFC 1034, 3.6.2): both stand for it.
            addresses.ForEach(record => notes.Ledger.AddName(notes.Mask(name), record.Address!, "DNS", notes.Flow, frame));
        }

        addresses.ForEach(record => notes.Ledger.AddName(notes.Mask(record.Name), record.Address!, "DNS", notes.Flow, frame));
    }

    /// <summary>Services and names that multicast DNS announces.</summary>
    public static void TakeMulticast(FlowNotes notes, bool fromClient, DnsMessage message, long frame)
    {
        if (!message.IsResponse)
        {
            return;
        }

        foreach (var record in message.Records)
        {
            if (record.Address is { } address)
            {
                notes.Ledger.AddName(notes.Mask(record.Name), address, "mDNS", notes.Flow, frame);
            }
            else if (fromClient == notes.Flow.DutIsClient && record.Type == DnsType.Ptr)
            {
                notes.Ledger.AddAnnouncement("mDNS", "service", notes.Mask(record.Target), notes.Flow, frame);
            }
            else if (fromClient == notes.Flow.DutIsClient && record.Type == DnsType.Txt && !record.Texts.IsEmpty)
            {
                notes.Ledger.AddAnnouncement("mDNS", "description", notes.Mask(string.Join("; ", record.Texts)), notes.Flow, frame);
            }
        }
    }

    /// <summary>Names that the DUT asks its neighbours for, and its own when it answers (RFC 4795, 2).</summary>
    public static void TakeLinkLocal(FlowNotes notes, bool fromClient, DnsMessage message, long frame)
    {
        if (fromClient != notes.Flow.DutIsClient)
        {
            return;
        }

        foreach (var (name, _) in message.Questions)
        {
            notes.Ledger.AddAnnouncement("LLMNR", message.IsResponse ? "host name" : "name asked for", notes.Mask(name), notes.Flow, frame);
        }
    }
}

/// <summary>One direction of DNS over TCP (RFC 7766, 8): a length before each message.</summary>
internal sealed class DnsSide(FlowNotes notes, bool fromClient)
{
    private byte[] _message = [];
    private int _length;

    /// <summary>Whether what follows is no DNS.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether bytes can begin a message after its length: opcode and reserved bits as plain messages have them, one question.</summary>
    public static bool IsBeginning(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 14 && ((bytes[0] << 8) | bytes[1]) >= 12 && (bytes[4] & 0x78) == 0 && (bytes[5] & 0x40) == 0 && bytes[6] == 0 && bytes[7] <= 1;

    /// <summary>Reads on.</summary>
    public void Append(ReadOnlySpan<byte> bytes, long frame)
    {
        while (!IsBroken && bytes.Length > 0)
        {
            var wanted = _length < 2 ? 2 : 2 + ((_message[0] << 8) | _message[1]);
            if (_message.Length < wanted)
            {
                // Grows with what came, not with what a length field claims.
                var before = _message.Length;
                Array.Resize(ref _message, Math.Min(wanted, Math.Max(2 * (_length + bytes.Length), 512)));
                notes.Hold(_message.Length - before);
            }

            var taken = Math.Min(Math.Min(wanted, _message.Length) - _length, bytes.Length);
            bytes[..taken].CopyTo(_message.AsSpan(_length));
            _length += taken;
            bytes = bytes[taken..];
            if (_length > 2 && _length == wanted)
            {
                IsBroken = !DnsMessage.TryParse(_message.AsMemory(2, _length - 2), out var message);
                if (!IsBroken)
                {
                    notes.Recognise(ServiceProtocol.Dns, "DNS");
                    DnsFacts.Take(notes, fromClient, message, frame);
                }

                _length = 0;
            }
            else if (_length == 2 && _message[0] == 0 && _message[1] == 0)
            {
                IsBroken = true;
            }
        }
    }

    /// <summary>Bytes that are in no frame: where the next message begins is lost.</summary>
    public void Skip() => IsBroken = true;
}
