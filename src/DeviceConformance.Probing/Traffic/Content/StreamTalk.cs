using System.Globalization;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Both directions of a connection.</summary>
internal sealed class StreamTalk
{
    private const double MostlyReadable = 0.9;

    // Of random bytes 38 % are readable: 64 of which three quarters are readable are text with its MAC, not cipher text.
    private const double RatherReadable = 0.75;
    private const int FewestTelling = 64;

    private readonly FlowNotes _notes;
    private readonly TlsHandshakes _tls;
    private readonly StreamSide _client;
    private readonly StreamSide _server;

    /// <summary>Begins with nothing read.</summary>
    public StreamTalk(FlowNotes notes)
    {
        _notes = notes;
        _tls = new TlsHandshakes(notes);
        var (talk, reported) = (new TextTalk(), new HashSet<(string Label, string Encoding, bool FromClient)>());
        _client = new StreamSide(notes, talk, _tls.Client, () => _tls.IsKnownToEncrypt, reported, true);
        _server = new StreamSide(notes, talk, _tls.Server, () => _tls.IsKnownToEncrypt, reported, false);
    }

    /// <summary>What the TLS handshake shows; null without any.</summary>
    public SeenTls? Tls => _tls.Facts;

    /// <summary>What was spoken, in words.</summary>
    public string Application => !IsTls ? _notes.Application
        : (_notes.Application.Length == 0 ? "" : $"{_notes.Application}, then ") + _tls.Application + (Inner is { Application.Length: > 0 } inner ? $" with {inner.Application} inside" : "");

    /// <summary>What keys opened; null when nothing was.</summary>
    public StreamTalk? Inner => _tls.Inner;

    /// <summary>Notes of what was read.</summary>
    public FlowNotes Notes => _notes;

    /// <summary>Whether it is protected, and what tells so; the worse direction counts.</summary>
    public (ContentProtection Protection, string Because) Protection
    {
        get
        {
            var (client, server) = (Of(_client, _tls.Client), Of(_server, _tls.Server));
            return Rank(client.Protection) >= Rank(server.Protection) ? client : server;
        }
    }

    /// <summary>Whether a direction is records of TLS.</summary>
    public bool IsTls => _client.Kind == StreamKind.Tls || _server.Kind == StreamKind.Tls;

    /// <summary>Reads on.</summary>
    public void Append(bool fromClient, ReadOnlySpan<byte> bytes, long frame) => (fromClient ? _client : _server).Append(bytes, frame);

    /// <summary>Bytes that are in no frame.</summary>
    public void Skip(bool fromClient, long bytes) => (fromClient ? _client : _server).Skip(bytes);

    /// <summary>It is over.</summary>
    public void End()
    {
        _client.End();
        _server.End();
        _tls.End();
    }

    private (ContentProtection Protection, string Because) Of(StreamSide side, TlsSide tls)
    {
        var who = side == _client ? "client" : "server";
        switch (side.Kind)
        {
            case StreamKind.Open:
                return (side.Bytes == 0 ? ContentProtection.NoContent : ContentProtection.Unknown, side.Bytes == 0 ? "no content" : $"{side.Bytes} bytes of the {who} are too few to tell");
            case StreamKind.Tls when _tls.HasNullSuite:
                return (ContentProtection.Clear, $"cipher suite {_tls.SuiteName} does not encrypt");
            case StreamKind.Tls when side.IsBroken:
                return Sampled(side, $"the {who}'s TLS records end after {tls.Records}; ");
            case StreamKind.Tls when tls.ApplicationRecords > 0 || tls.HasOldFinished:
                return Recorded(tls, who);
            case StreamKind.Tls:
                return (ContentProtection.NoContent, $"TLS handshake without encrypted records of the {who}");
            case StreamKind.Ssh when side.HasSshPackets is null:
                return (ContentProtection.NoContent, "banner of SSH and no packets");
            case StreamKind.Ssh:
                return side.HasSshPackets == true ? (ContentProtection.Encrypted, "banner and key exchange of SSH") : (ContentProtection.Unknown, "banner of SSH, and what follows is no key exchange");
            case StreamKind.Mqtt:
                return side.IsBroken ? (ContentProtection.Unknown, $"the {who}'s MQTT packets break off") : (ContentProtection.Clear, "readable MQTT");
            case StreamKind.Dns:
                return side.IsBroken ? (ContentProtection.Unknown, $"the {who}'s messages of DNS break off") : (ContentProtection.Clear, "readable DNS");
            case StreamKind.Http2:
                return (ContentProtection.Clear, "HTTP/2 without encryption");
            case StreamKind.Text when _notes.Application.Length > 0:
                // What comes before a switch to TLS names no secrets unless it is noted as an item.
                return (ContentProtection.Clear, $"readable {_notes.Application}");
            default:
                return Sampled(side, "");
        }
    }

    // Records by themselves say nothing of encryption: with a suite without it they hold clear text (RFC 5246, A.5).
    private (ContentProtection Protection, string Because) Recorded(TlsSide tls, string who) => tls.Sample switch
    {
        _ when _tls.IsKnownToEncrypt => (ContentProtection.Encrypted, $"{_tls.Application}: {tls.Records} records of the {who} follow each other"),
        { Count: >= FewestTelling, Readable: >= RatherReadable } sample =>
            (ContentProtection.Clear, string.Create(CultureInfo.InvariantCulture, $"TLS records hold readable text: {sample.Readable:P0} of the first {sample.Count} bytes")),
        _ when _tls.SuiteName.Length > 0 => (ContentProtection.Unknown, $"{tls.Records} TLS records of the {who}, and nothing tells whether cipher suite {_tls.SuiteName} encrypts"),
        _ => (ContentProtection.Unknown, $"{tls.Records} TLS records of the {who} follow each other, but their handshake is not in the capture: the cipher suite may be one that does not encrypt"),
    };

    private static (ContentProtection Protection, string Because) Sampled(StreamSide side, string before) => side.Sample switch
    {
        { Count: 0 } => (ContentProtection.Unknown, before + "nothing readable follows"),
        { Readable: >= MostlyReadable } sample => (ContentProtection.Clear, string.Create(CultureInfo.InvariantCulture, $"{before}readable text: {sample.Readable:P0} of the first {sample.Count} bytes")),
        var sample => (ContentProtection.Unknown, string.Create(CultureInfo.InvariantCulture, $"{before}no known protocol; {sample.Entropy:0.0} bits of entropy for each of the first {sample.Count} bytes")),
    };

    private static int Rank(ContentProtection protection) => protection switch
    {
        ContentProtection.Clear => 3,
        ContentProtection.Unknown => 2,
        ContentProtection.Encrypted => 1,
        _ => 0,
    };
}
