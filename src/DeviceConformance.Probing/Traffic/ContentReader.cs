using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Traffic.Content;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Reads the content of one TCP connection or one flow of datagrams: what is spoken, by content and never by port alone, and what is readable in it. Never throws; memory is bounded.</summary>
/// <param name="flow">The flow.</param>
/// <param name="ledger">Takes what is not of one flow.</param>
/// <param name="settings">What is looked for.</param>
internal sealed class ContentReader(FlowIdentity flow, TrafficLedger ledger, ContentSettings settings)
{
    private readonly FlowNotes _notes = new(flow, ledger, settings);
    private StreamTalk? _streams;
    private DatagramTalk? _datagrams;

    /// <summary>What was found so far.</summary>
    public ContentFacts Facts
    {
        get
        {
            var (protection, because) = _streams?.Protection ?? _datagrams?.Protection ?? (ContentProtection.NoContent, "no content");
            var tls = _streams?.Tls ?? _datagrams?.Tls;
            var inner = _streams?.Inner?.Notes;
            var protocol = _notes.Protocol == ServiceProtocol.Unknown && inner is not null && inner.Protocol != ServiceProtocol.Unknown ? inner.Protocol
                : _notes.Protocol == ServiceProtocol.Unknown && (tls is not null || _streams?.IsTls == true) ? ServiceProtocol.Tls : _notes.Protocol;
            return new ContentFacts(protocol, _streams?.Application ?? _datagrams?.Application ?? _notes.Application, protection, because, tls, [.. _notes.Requests.Concat(inner?.Requests ?? []).Distinct().Take(FlowNotes.MostRequests)], [.. _notes.Names.Union(inner?.Names ?? [])]);
        }
    }

    /// <summary>Bytes of TCP, in order.</summary>
    /// <param name="fromClient">Whether the client sent them.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="frame">Number of the frame.</param>
    /// <param name="nanoseconds">Time of the frame.</param>
    public void Stream(bool fromClient, ReadOnlySpan<byte> bytes, long frame, long nanoseconds) => (_streams ??= new StreamTalk(_notes)).Append(fromClient, bytes, frame);

    /// <summary>Bytes of TCP that are in no frame.</summary>
    public void Gap(bool fromClient, long bytes) => (_streams ??= new StreamTalk(_notes)).Skip(fromClient, bytes);

    /// <summary>A datagram of UDP.</summary>
    public void Datagram(bool fromClient, ReadOnlySpan<byte> bytes, long frame, long nanoseconds) => (_datagrams ??= new DatagramTalk(_notes)).Append(fromClient, bytes, frame);

    /// <summary>Bytes that are held of what is not whole yet.</summary>
    public long Held => _notes.Held;

    /// <summary>The connection is over, or given up to make room: nothing is held any more.</summary>
    public void End()
    {
        _streams?.End();
        _datagrams?.End();
        _notes.Hold(-_notes.Held);
    }
}
