using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Somebody in a capture who may be the DUT.</summary>
/// <param name="Mac">MAC address; none in captures without, where each IP address stands for itself.</param>
/// <param name="Addresses">IP addresses that it sends from, at most <see cref="TrafficCandidates.MostAddresses"/>.</param>
/// <param name="Sent">Frames that it sent.</param>
/// <param name="IsRouter">Whether it passes on packets of others, gives leases or advertises itself as router.</param>
public sealed record TrafficCandidate(LinkAddress Mac, ImmutableArray<IPAddress> Addresses, long Sent, bool IsRouter)
{
    /// <summary>As a person tells one from another: "02:00:5e:10:00:01 (locally administered), 192.0.2.7, 4711 frames sent".</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        Mac.IsNone ? "" : $"{Mac} ({(Mac.IsLocal ? "locally administered" : $"vendor's number {Mac.ToString()[..8]}")})",
        string.Join(", ", Addresses),
        $"{Sent} frame{(Sent == 1 ? "" : "s")} sent",
        IsRouter ? "acts as a router" : "",
    }.Where(part => part.Length > 0));
}

/// <summary>Lists who may be the DUT, for a person who did not say.</summary>
public static class TrafficCandidates
{
    /// <summary>Senders that are told apart at the most; further ones are left out, most frames first.</summary>
    public const int MostCandidates = 256;

    /// <summary>IP addresses of a sender at the most.</summary>
    public const int MostAddresses = 8;

    /// <summary>Finds senders, most frames first.</summary>
    /// <param name="files">Paths of captures.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="CaptureFileException">A file can not be read, or is no capture.</exception>
    public static ImmutableArray<TrafficCandidate> Find(IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var senders = new Dictionary<(LinkAddress, NetworkAddress), Sender>();
        foreach (var path in files)
        {
            using var reader = CaptureReader.Open(path);
            while (reader.TryRead(out var frame))
            {
                if ((frame.Number & 0xffff) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                PacketDecoder.Decode(frame, out var packet);
                if (packet.LinkSource.IsNone && !packet.IsNetwork)
                {
                    continue;
                }

                var key = (packet.LinkSource, packet.LinkSource.IsNone ? packet.Source : default);
                if (senders.Count < MostCandidates || senders.ContainsKey(key))
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(senders, key, out _) ??= new Sender()).Add(packet);
                }
            }
        }

        return [.. senders.Select(sender => sender.Value.ToCandidate(sender.Key.Item1)).OrderByDescending(candidate => candidate.Sent).ThenBy(candidate => candidate.Mac.Value)];
    }

    /// <summary>The one that is unmistakably the DUT: the only sender with a MAC address that is no router.</summary>
    /// <returns>Null when there are several, or none.</returns>
    public static TrafficCandidate? Only(ImmutableArray<TrafficCandidate> candidates) =>
        candidates.Where(candidate => !candidate.IsRouter).ToList() is [{ Mac.IsNone: false } only] ? only : null;

    private sealed class Sender
    {
        private readonly List<NetworkAddress> _addresses = [];
        private long _sent;
        private bool _isRouter;

        public void Add(scoped in PacketView packet)
        {
            _sent++;
            if (!packet.IsNetwork && packet.Outcome != DecodeOutcome.Arp || packet.Source.IsUnspecified)
            {
                return;
            }

            if (packet.IsNetwork && !packet.LinkSource.IsNone)
            {
                // What begins with a limit that systems use, or goes to a group, is the sender's own.
                var isPassedOn = !packet.Destination.IsGroup && packet.HopLimit is not (32 or 64 or 128 or 255)
                    || packet.Source.IsIPv4 && new DutAddress(packet.Source.ToIPAddress()).IsPublic;
                _isRouter |= isPassedOn || packet is { Protocol: IPProtocol.Icmp6, Body: [134, ..] } || packet is { Outcome: DecodeOutcome.Transport, Protocol: IPProtocol.Udp, SourcePort: 67, DestinationPort: 68 };
                if (isPassedOn)
                {
                    return;
                }
            }

            if (_addresses.Count < MostAddresses && !_addresses.Contains(packet.Source))
            {
                _addresses.Add(packet.Source);
            }
        }

        public TrafficCandidate ToCandidate(LinkAddress mac) => new(mac, [.. _addresses.Select(address => address.ToIPAddress())], _sent, _isRouter);
    }
}
