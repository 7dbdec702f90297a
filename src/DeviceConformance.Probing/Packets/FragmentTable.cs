namespace DeviceConformance.Probing.Packets;

/// <summary>Puts fragmented datagrams together.</summary>
/// <remarks>
/// Bounds: <see cref="MostDatagrams"/> at a time, each of at most <see cref="MostFragments"/> fragments and <see cref="MostBytes"/> bytes;
/// the oldest is given up. A datagram with overlapping fragments is given up for good, as RFC 5722 has it for IPv6: which of the two a
/// receiver takes differs between systems, so that nothing read from it could be trusted. A fragment that repeats one already held counts
/// as sent twice and does no harm.
/// </remarks>
internal sealed class FragmentTable
{
    public const int MostDatagrams = 64;
    public const int MostFragments = 128;
    public const int MostBytes = 65535;

    private readonly Dictionary<Key, Parts> _parts = [];
    private readonly LinkedList<Key> _order = new();
    private readonly byte[] _whole = new byte[MostBytes];

    /// <summary>Datagrams given up because of overlapping fragments.</summary>
    public long Overlapping { get; private set; }

    /// <summary>Datagrams given up because of the bounds or because their fragments were cut.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Datagrams of which fragments are missing so far.</summary>
    public int Waiting => _parts.Values.Count(parts => !parts.IsSpoilt);

    /// <summary>Takes a fragment.</summary>
    /// <param name="packet">The fragment; becomes the whole datagram when this was the last one missing. Its body is valid until the next call.</param>
    /// <returns>Whether the datagram is whole.</returns>
    public bool TryComplete(ref PacketView packet)
    {
        var key = new Key(packet.Source, packet.Destination, packet.FragmentId, packet.Protocol);
        if (!_parts.TryGetValue(key, out var parts))
        {
            if (_parts.Count == MostDatagrams)
            {
                var oldest = _order.First!.Value;
                GivenUp += _parts[oldest].IsSpoilt ? 0 : 1;
                _parts.Remove(oldest);
                _order.RemoveFirst();
            }

            parts = _parts[key] = new Parts(_order.AddLast(key));
        }

        if (parts.IsSpoilt)
        {
            return false;
        }

        var end = packet.FragmentOffset + packet.Body.Length;
        var isCut = packet.Body.Length < packet.BodyLength;
        // All but the last are multiples of eight bytes long (RFC 791, 2.3; RFC 8200, 4.5).
        if (isCut || packet.Body.IsEmpty || end > MostBytes || packet.MoreFragments && packet.Body.Length % 8 != 0 || parts.Held.Count == MostFragments)
        {
            GivenUp++;
            parts.Spoil();
            return false;
        }

        var at = 0;
        while (at < parts.Held.Count && parts.Held[at].Offset < packet.FragmentOffset)
        {
            at++;
        }

        if (at < parts.Held.Count && parts.Held[at].Offset == packet.FragmentOffset && packet.Body.SequenceEqual(parts.Held[at].Bytes))
        {
            return false;
        }

        if (at > 0 && parts.Held[at - 1].End > packet.FragmentOffset || at < parts.Held.Count && parts.Held[at].Offset < end
            || parts.Total >= 0 && (end > parts.Total || !packet.MoreFragments && end != parts.Total))
        {
            Overlapping++;
            parts.Spoil();
            return false;
        }

        parts.Held.Insert(at, new Part(packet.FragmentOffset, packet.Body.ToArray()));
        parts.Bytes += packet.Body.Length;
        parts.Total = packet.MoreFragments ? parts.Total : end;
        if (parts.Total >= 0 && parts.Held[^1].End > parts.Total)
        {
            Overlapping++;
            parts.Spoil();
            return false;
        }

        if (parts.Bytes != parts.Total)
        {
            return false;
        }

        foreach (var part in parts.Held)
        {
            part.Bytes.CopyTo(_whole.AsSpan(part.Offset));
        }

        _parts.Remove(key);
        _order.Remove(parts.Place);
        packet.Body = _whole.AsSpan(0, parts.Total);
        packet.BodyLength = parts.Total;
        packet.IsFragment = false;
        NetworkDecoder.Transport(ref packet);
        return true;
    }

    private readonly record struct Key(NetworkAddress Source, NetworkAddress Destination, uint Id, byte Protocol);

    private readonly record struct Part(int Offset, byte[] Bytes)
    {
        public int End => Offset + Bytes.Length;
    }

    private sealed class Parts(LinkedListNode<Key> place)
    {
        public LinkedListNode<Key> Place { get; } = place;

        public List<Part> Held { get; private set; } = [];

        public int Bytes { get; set; }

        public int Total { get; set; } = -1;

        public bool IsSpoilt { get; private set; }

        public void Spoil()
        {
            IsSpoilt = true;
            Held = [];
        }
    }
}
