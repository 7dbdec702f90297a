using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Reads captures in one pass and tells what they show of the DUT. Memory is bounded whatever their size.</summary>
public sealed class TrafficAnalysis
{
    // A DUT speaks by ARP, neighbour discovery or DHCP when it starts and every few minutes after.
    private const long MostAhead = 1_000_000;

    // Networks are hardly silent for longer than a day; a recorder whose clock was set while it recorded looks like it.
    private const long LongestSilence = 26L * 3600 * Times.Second;

    // Recorders of several interfaces write frames in disorder of milliseconds to seconds.
    private const long LongestDisorder = 60 * Times.Second;

    private readonly CaptureQueue _queue;
    private readonly DutIdentity _identity;
    private readonly TrafficLedger _ledger;
    private readonly FlowTable _flows;
    private readonly FragmentTable _fragments = new();
    private readonly ContentSettings _settings;
    private readonly TrafficCounts _counts = new();
    private readonly List<NetworkAddress> _servers = [];
    private readonly List<(string File, string Filter)> _filters = [];
    private readonly List<IPAddress> _addresses;
    private long _now;

    private TrafficAnalysis(CaptureQueue queue, TrafficSubject subject, DutIdentity? ahead)
    {
        _queue = queue;
        _identity = new DutIdentity(subject, ahead);
        _addresses = [.. subject.Addresses];
        _settings = new ContentSettings(subject.Sought);
        foreach (var path in subject.KeyLogs)
        {
            _settings.Keys.AddFile(path);
        }

        _ledger = new TrafficLedger(queue.Names);
        _flows = new FlowTable(_identity, _ledger, _settings);
    }

    /// <summary>Analyses captures.</summary>
    /// <param name="files">Paths; captures are read in the order of their first frame, as one watching.</param>
    /// <param name="subject">Whose traffic, and what is looked for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="CaptureFileException">A file can not be read, or is no capture; or a key log can not be read.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static TrafficSeen Analyse(IReadOnlyList<string> files, TrafficSubject subject, CancellationToken cancellation) =>
        Analyse(files, subject, CaptureQueue.Sha256, cancellation);

    /// <summary>Analyses captures with another checksum, or none: benchmarks stand beside tools that make none.</summary>
    internal static TrafficSeen Analyse(IReadOnlyList<string> files, TrafficSubject subject, Func<string, CancellationToken, string> checksum, CancellationToken cancellation)
    {
        var queue = CaptureQueue.Of(files);
        return new TrafficAnalysis(queue, subject, LookAhead(queue, subject, cancellation)).Run(checksum, cancellation);
    }

    // Who knows only IP addresses of the DUT would miss what it says before it has them: its MAC address is looked for first.
    private static DutIdentity? LookAhead(CaptureQueue queue, TrafficSubject subject, CancellationToken cancellation)
    {
        if (!subject.Macs.IsEmpty)
        {
            return null;
        }

        var identity = new DutIdentity(subject);
        var frames = 0L;
        foreach (var path in queue.Paths)
        {
            using var reader = CaptureReader.Open(path);
            while (!identity.HasLink && frames++ < MostAhead && reader.TryRead(out var frame))
            {
                PacketDecoder.Decode(frame, out var packet);
                identity.SideOf(packet, 0, 0);
                if ((frames & 0xffff) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }
            }
        }

        return identity;
    }

    private TrafficSeen Run(Func<string, CancellationToken, string> checksum, CancellationToken cancellation)
    {
        var captures = ImmutableArray.CreateBuilder<CaptureSeen>();
        var phases = new List<CapturePhase>();
        foreach (var (file, path) in _queue.Paths.Index())
        {
            // Its checksum takes as long as its analysis: another core makes it meanwhile.
            var sum = Task.Run(() => checksum(path, cancellation), cancellation);
            using var reader = CaptureReader.Open(path);
            var (first, last) = Read(reader, file, cancellation);
            phases.AddRange(reader.Phases);
            _filters.AddRange(reader.Filters.Select(filter => (_queue.Names[file], filter)));
            captures.Add(new CaptureSeen(
                _queue.Names[file], sum.GetAwaiter().GetResult(), reader.Format, reader.Frames, new FileInfo(path).Length,
                first == CapturedFrame.NoTime ? null : Times.At(first), first == CapturedFrame.NoTime ? null : Times.At(last), reader.Dropped, reader.Fault));
        }

        _flows.Finish();
        foreach (var server in _servers)
        {
            _ledger.AddGivenServer(server.ToIPAddress());
        }

        return Assemble(captures.ToImmutable(), [.. phases.Distinct().OrderBy(phase => phase.From)]);
    }

    private (long First, long Last) Read(CaptureReader reader, int file, CancellationToken cancellation)
    {
        var (first, last) = (CapturedFrame.NoTime, CapturedFrame.NoTime);
        var secrets = 0;
        while (reader.TryRead(out var frame))
        {
            // Secrets in a capture stand before what they open.
            if (reader.KeyLogLength != secrets)
            {
                var known = secrets;
                secrets = reader.KeyLogLength;
                _settings.Keys.Add(reader.KeyLogFrom(known));
            }

            if ((frame.Number & 0xffff) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (frame.Nanoseconds != CapturedFrame.NoTime)
            {
                // Captures may be out of order; the watching lasted from the earliest to the latest.
                _counts.Leaps += last != CapturedFrame.NoTime && (frame.Nanoseconds - last > LongestSilence || frame.Nanoseconds < last - LongestDisorder) ? 1 : 0;
                _now = frame.Nanoseconds;
                _flows.Openings.Began = first == CapturedFrame.NoTime ? _now : _flows.Openings.Began;
                (first, last) = (first == CapturedFrame.NoTime ? _now : Math.Min(first, _now), Math.Max(last, _now));
            }
            else
            {
                _counts.Timeless++;
            }

            Accept(frame, reader, file);
        }

        return (first, last);
    }

    private void Accept(scoped in CapturedFrame frame, CaptureReader reader, int file)
    {
        PacketDecoder.Decode(frame, out var packet);
        _counts.Frames++;
        _counts.Bytes += frame.Length;
        _counts.Cut += packet.IsCut ? 1 : 0;
        _counts.Undecoded += packet.Outcome == DecodeOutcome.Undecoded ? 1 : 0;
        if (packet is { IsNetwork: true, Protocol: IPProtocol.Icmp6 } && _servers.Count < TrafficLedger.MostRows)
        {
            NeighbourMessage.ReadNameServers(packet, _servers);
        }

        var place = FramePlace.Of(file, frame.Number);
        var side = _identity.SideOf(packet, place, _now);
        if (side == DutSide.None)
        {
            return;
        }

        _counts.Protected += packet.Outcome == DecodeOutcome.Protected ? 1 : 0;
        _counts.Undecoded += TrafficCounts.IsBroken(packet) ? 1 : 0;
        if (side == DutSide.Both)
        {
            _counts.Dut++;
            _counts.Inner++;
        }
        else if (packet.IsFragment && !_fragments.TryComplete(ref packet))
        {
            // Counted by its addresses; its ports, and with them its conversation, show when it is whole.
            _counts.Dut++;
        }
        else if (_flows.Accept(packet, side == DutSide.Sender, place, _now, PhaseAt(reader)))
        {
            _counts.Dut++;
            _counts.DutCut += packet.IsCut ? 1 : 0;
        }
        else
        {
            _counts.Harness++;
        }
    }

    private string? PhaseAt(CaptureReader reader)
    {
        var phase = reader.PhaseAt(_now);
        _counts.Phaseless += phase is null && reader.HasPhases ? 1 : 0;
        return phase;
    }

    private TrafficSeen Assemble(ImmutableArray<CaptureSeen> captures, ImmutableArray<CapturePhase> phases)
    {
        var names = _ledger.Names;
        var byAddress = names.ToLookup(name => name.Address, name => name.Name, StringComparer.Ordinal);
        // A capture that counted no loss says nothing about one that did not count.
        var lost = captures.Sum(capture => capture.Dropped ?? 0);
        long? dropped = lost == 0 && captures.Any(capture => capture.Dropped is null) ? null : lost;
        var tally = new TrafficTally(
            _counts.Frames, _counts.Bytes, _counts.Dut, _counts.Harness, _counts.Frames - _counts.Dut - _counts.Harness, _counts.Undecoded, _counts.Cut, dropped, _flows.Gaps,
            _flows.Evicted + _ledger.GivenUp + _identity.GivenUp + _fragments.GivenUp + _fragments.Overlapping);
        return new TrafficSeen(
            captures,
            phases,
            _identity.Seen(_queue.Names),
            [
                .. _flows.Conversations.Select(row => row.ToSeen(_queue.Names, address => byAddress[address.ToString()]))
                    .OrderByDescending(row => row.BytesFromDut + row.BytesToDut).ThenBy(row => row.Peer, StringComparer.Ordinal).ThenBy(row => row.Transport).ThenBy(row => row.Port).ThenBy(row => row.Opener),
            ],
            names,
            _ledger.NameQueries,
            _ledger.TimeSources,
            _ledger.Announcements,
            _ledger.ClearItems,
            tally)
        {
            Coverage = TrafficCoverage.Of(captures, phases, tally, _counts, Missing()),
        };
    }

    // What the tables and the search know to be missing.
    private IEnumerable<string> Missing()
    {
        if (_flows.Conflicts > 0)
        {
            yield return $"{_flows.Conflicts} overlapping TCP segments have different bytes, of which the first were read";
        }

        if (_flows.Crowded > 0)
        {
            yield return $"{_flows.Crowded} connections or exchanges were given up, or not told in full, because all together took too much memory";
        }

        if (_fragments.Waiting > 0)
        {
            yield return $"{_fragments.Waiting} fragmented datagrams lack fragments";
        }

        if (_flows.JoinedMidway > 0)
        {
            yield return $"{_flows.JoinedMidway} connections began before the capture, or their beginning is not in it";
        }

        if (_flows.DoubtfulHarness > 0)
        {
            yield return $"{_flows.DoubtfulHarness} connections or exchanges with the laboratory were taken for the harness's, though their beginning is not in the capture";
        }

        foreach (var (file, filter) in _filters.Where(row => !CaptureScope.IsWhole(row.Filter, _identity.Links, _addresses)))
        {
            yield return $"{file} was recorded with the filter '{filter}', which may have hidden something of the DUT (none hides, and neither does 'ether host' with its MAC address)";
        }

        if (_counts.Leaps > 0)
        {
            yield return $"{_counts.Leaps} times the clock of the recorder leaps by more than a day forward or a minute back, so that nobody knows how long was watched";
        }

        foreach (var mac in _identity.Strangers)
        {
            yield return $"{mac} has an address of the DUT, and is none of the MAC addresses that are declared for it";
        }

        if (_identity.FromOthers > 0)
        {
            yield return _identity.HasLink
                ? $"{_identity.FromOthers} frames with an address of the DUT came from MAC addresses that are not known as its own: somebody else, or a router between (declare its MAC addresses, capture beside it)"
                : "no MAC address of the DUT is known, so that nobody can tell its frames from those of others with its address, nor what it says from further addresses (declare its MAC address)";
        }

        if (_identity.Routed > 0)
        {
            yield return $"{_identity.Routed} packets with an address of the DUT have passed a router, which may stand for other devices too (capture beside the DUT)";
        }

        if (_identity.PassedOn > 0)
        {
            yield return $"{_identity.PassedOn} frames that the DUT's MAC address passed on for others, as it seems, were left out";
        }

        foreach (var mac in _identity.Mistaken)
        {
            yield return $"{mac} was taken for the DUT's MAC address until it sent packets of others";
        }

        if (_settings.Keys.Refused > 0)
        {
            yield return $"{_settings.Keys.Refused} lines of the key logs hold no secret";
        }

        foreach (var refused in _settings.Refused)
        {
            yield return $"not looked for: {refused}";
        }
    }
}
