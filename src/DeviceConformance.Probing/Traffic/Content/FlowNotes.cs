using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>What the readers of one flow note down: bounded, values masked, items at the ledger.</summary>
internal sealed class FlowNotes(FlowIdentity flow, TrafficLedger ledger, ContentSettings settings)
{
    /// <summary>Requests kept at the most, as a conversation has them.</summary>
    public const int MostRequests = 20;

    private const int MostNames = 8;
    private const int LongestText = 200;

    private readonly List<(SoughtValue Value, string Encoding)> _found = [];
    private FlowNotes? _outer;

    /// <summary>The flow.</summary>
    public FlowIdentity Flow { get; } = flow;

    /// <summary>Where facts beyond the flow go.</summary>
    public TrafficLedger Ledger { get; } = ledger;

    /// <summary>What is looked for.</summary>
    public ContentSettings Settings { get; } = settings;

    /// <summary>Readable requests.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Names that the client used for the server.</summary>
    public List<string> Names { get; } = [];

    /// <summary>What was spoken; unknown until something is recognised.</summary>
    public ServiceProtocol Protocol { get; private set; }

    /// <summary>The same in words.</summary>
    public string Application { get; private set; } = "";

    /// <summary>Whether the content was opened with keys: it was not readable on the wire, and nothing in it is a readable item.</summary>
    public bool IsOpened { get; private init; }

    /// <summary>Notes for what keys opened in the same flow.</summary>
    public FlowNotes Opened() => new(Flow, Ledger, Settings) { IsOpened = true, _outer = this };

    /// <summary>Bytes that the flow's readers hold of what is not whole yet.</summary>
    public long Held { get; private set; }

    /// <summary>Counts bytes that a reader holds from here on; those that it gave back when negative.</summary>
    public void Hold(long bytes)
    {
        if (_outer is not null)
        {
            _outer.Hold(bytes);
            return;
        }

        Held += bytes;
        Ledger.Content.Bytes += bytes;
    }

    /// <summary>Names the protocol; the first name stands.</summary>
    public void Recognise(ServiceProtocol protocol, string application)
    {
        if (Application.Length == 0)
        {
            (Protocol, Application) = (protocol, application);
        }
    }

    /// <summary>Notes a request, without values.</summary>
    public void Request(string text)
    {
        if (Requests.Count < MostRequests && Mask(text) is var masked && !Requests.Contains(masked))
        {
            Requests.Add(masked);
        }
    }

    /// <summary>Notes a name that the client uses for the server; anything that is no host name is none.</summary>
    public void Name(string name, string source, long frame)
    {
        if (name.Length is 0 or > 253 || !name.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '-' or '_') || System.Net.IPAddress.TryParse(name, out _))
        {
            return;
        }

        var lower = name.ToLowerInvariant();
        if (!Names.Contains(lower) && Names.Count < MostNames)
        {
            Names.Add(lower);
        }

        Ledger.AddName(lower, Flow.Server, source, Flow, frame);
    }

    /// <summary>Notes a readable item.</summary>
    public void Item(ClearItemKind kind, string label, string encoding, bool fromClient, long frame)
    {
        if (!IsOpened)
        {
            Ledger.AddItem(kind, label, encoding, "", fromClient == Flow.DutIsClient, Flow, frame);
        }
    }

    /// <summary>A text without control characters, cut, and without the values that are looked for.</summary>
    public string Mask(string text)
    {
        var rest = text.AsSpan(0, Math.Min(text.Length, 4 * LongestText));
        var masked = new StringBuilder();
        while (masked.Length < LongestText && rest.Length > 0)
        {
            var at = Settings.Find(rest, _found);
            var sound = at < 0 ? rest : rest[..at];
            foreach (var unit in sound)
            {
                masked.Append(char.IsControl(unit) ? '?' : unit);
            }

            if (at < 0)
            {
                break;
            }

            masked.Append("***");
            // The longest form could be one of several at this place; cutting to the longest hides rather too much.
            rest = rest[Math.Min(rest.Length, at + Settings.Longest)..];
        }

        return masked.Length > LongestText ? masked.ToString(0, LongestText) : masked.ToString();
    }
}
