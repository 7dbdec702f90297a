using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Collects what a survey sees of one port, and what it could not see.</summary>
internal sealed class SurveyNotes(DisclosureSurvey request)
{
    /// <summary>Characters of a text that an item keeps.</summary>
    public const int MaxWhat = 120;

    // A device that shows more than this shows enough; hostile pages must not fill the run folder.
    private const int MaxItems = 200;
    private const int MaxOpen = 100;
    private const int MaxLogins = 50;

    private readonly Dictionary<(DisclosureKind, string), DisclosedItem> _items = [];
    private readonly List<OpenAccess> _open = [];
    private readonly List<LoginPoint> _logins = [];
    private readonly List<string> _done = [];
    private readonly List<string> _remarks = [];
    private readonly List<string> _gaps = [];

    /// <summary>Notes a piece of information; the same text of the same kind counts once, where it was seen first.</summary>
    public void Add(DisclosureKind kind, string what, string where)
    {
        var text = Shortened(what);
        // Whoever asks an address knows it.
        if (text.Length > 0 && !(kind == DisclosureKind.Network && text == request.Endpoint.Address.ToString()) && _items.Count < MaxItems)
        {
            _items.TryAdd((kind, text), new DisclosedItem(kind, text, Shortened(where)));
        }
    }

    /// <summary>Notes pieces of information.</summary>
    public void Add(Disclosures disclosures, string where)
    {
        foreach (var (kind, what) in disclosures.Items)
        {
            Add(kind, what, where);
        }
    }

    /// <summary>Notes something that could be used without a login.</summary>
    public void AddOpen(string what, string where, AccessKind kind = AccessKind.Use)
    {
        if (_open.Count < MaxOpen && !_open.Exists(open => open.Where == where))
        {
            _open.Add(new OpenAccess(Shortened(what), where) { Kind = kind });
        }
    }

    /// <summary>Notes a login that the service asks for.</summary>
    public void AddLogin(LoginProtocol protocol, string path = "/", LoginForm? form = null)
    {
        var login = new LoginPoint(protocol, request.Endpoint.Port, request.Tls, path, form);
        // One form may stand on many pages; what it is sent to makes it one login.
        if (_logins.Count < MaxLogins && !_logins.Exists(known => known == login || (form is not null && known.Form == form)))
        {
            _logins.Add(login);
        }
    }

    /// <summary>States something that was asked and answered.</summary>
    public void Done(string what) => _done.Add(what);

    /// <summary>States something that a reader should know of how it was asked, without making the survey incomplete.</summary>
    public void Remark(string remark)
    {
        if (!_remarks.Contains(remark))
        {
            _remarks.Add(remark);
        }
    }

    /// <summary>States something that was planned and did not come about.</summary>
    public void Gap(string gap)
    {
        if (!_gaps.Contains(gap))
        {
            _gaps.Add(gap);
        }
    }

    /// <summary>What else was seen of a web port; null for other protocols.</summary>
    public WebSeen? Web { get; set; }

    /// <summary>What else was seen of an SMB server; null for other protocols.</summary>
    public SmbSeen? Smb { get; set; }

    /// <summary>Logins noted so far.</summary>
    public IReadOnlyList<LoginPoint> Logins => _logins;

    /// <summary>Whether anything planned did not come about.</summary>
    public bool HasGaps => _gaps.Count > 0;

    /// <summary>The observation.</summary>
    public DisclosureSeen ToObservation()
    {
        if (_items.Count == MaxItems)
        {
            _remarks.Add($"only the first {MaxItems} pieces of information are listed");
        }

        var statement = new StringBuilder();
        Append(statement, "", _done);
        Append(statement, "Missing: ", _gaps);
        Append(statement, "Note: ", _remarks);
        var text = statement.ToString().TrimEnd();
        return new DisclosureSeen(request.Endpoint, request.Protocol, request.Tls, [.. _items.Values], [.. _open], [.. _logins])
        {
            Web = Web,
            Smb = Smb,
            Coverage = HasGaps ? Coverage.Partial(text) : Coverage.Complete(text),
        };
    }

    /// <summary>A text on one line, printable, at most <see cref="MaxWhat"/> characters.</summary>
    public static string Shortened(string text)
    {
        var line = new StringBuilder();
        foreach (var character in text.AsSpan().Trim())
        {
            if (line.Length > MaxWhat)
            {
                break;
            }

            if (!char.IsControl(character) && !char.IsWhiteSpace(character) && !char.IsSurrogate(character) && character != '\ufffd')
            {
                line.Append(character);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return line.Length > MaxWhat ? line.ToString(0, MaxWhat - 3).TrimEnd() + "..." : line.ToString().TrimEnd();
    }

    /// <summary>The first of many, with the number of the others.</summary>
    public static string Some(IReadOnlyList<string> texts) =>
        string.Join(", ", texts.Take(8).Select(Shortened)) + (texts.Count > 8 ? $" and {texts.Count - 8} more" : "");

    private static void Append(StringBuilder statement, string heading, List<string> parts)
    {
        if (parts.Count > 0)
        {
            statement.Append(heading).AppendJoin("; ", parts).Append(". ");
        }
    }
}
