using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What the survey wants of an HTML page, read tolerantly: any text at all gives a page. Scripts are not run.</summary>
public sealed class HtmlPage
{
    /// <summary>Characters of a page that are read.</summary>
    public const int MaxLength = 512 * 1024;

    /// <summary>Links that are kept.</summary>
    public const int MaxLinks = 400;

    /// <summary>Forms that are kept.</summary>
    public const int MaxForms = 40;

    /// <summary>Fields of a form that are kept.</summary>
    public const int MaxFields = 100;

    /// <summary>Characters of an attribute that are kept.</summary>
    public const int MaxAttribute = 4096;

    private const int MaxAttributes = 32;

    private readonly string _html;
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _title = new();
    private readonly StringBuilder _comments = new();
    private readonly StringBuilder _scripts = new();
    private readonly StringBuilder _handlers = new();
    private readonly List<string> _links = [];
    private readonly HtmlForms _fields = new();
    private readonly Dictionary<string, string> _attributes = new(StringComparer.Ordinal);
    private int _position;
    private int _preformatted;
    private bool _inTitle;

    private HtmlPage(string html) => _html = html.Length > MaxLength ? html[..MaxLength] : html;

    /// <summary>Title.</summary>
    public string Title { get; private set; } = "";

    /// <summary>Text that a reader sees; blocks on lines of their own, cells of a table apart by tabs.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Comments, one a line.</summary>
    public string Comments { get; private set; } = "";

    /// <summary>Scripts within the page.</summary>
    public string Scripts { get; private set; } = "";

    /// <summary>Lines of script that a press on something runs.</summary>
    public string Handlers { get; private set; } = "";

    /// <summary>Targets of links, frames and scripts, as written.</summary>
    public ImmutableArray<string> Links { get; private set; } = [];

    /// <summary>Forms; fields outside any form come last, as a group that is none.</summary>
    public ImmutableArray<HtmlFieldGroup> Forms { get; private set; } = [];

    /// <summary>Target of a <c>meta refresh</c>, as written; empty when there is none.</summary>
    public string Refresh { get; private set; } = "";

    /// <summary>Base of its links (HTML, 4.2.3), as written; empty when it is the page itself.</summary>
    public string Base { get; private set; } = "";

    /// <summary>The program that made the page, as <c>meta generator</c> says; empty when it does not.</summary>
    public string Generator { get; private set; } = "";

    /// <summary>Whether the page has a script, its own or one that it fetches.</summary>
    public bool HasScript { get; private set; }

    /// <summary>Reads a page.</summary>
    public static HtmlPage Read(string html)
    {
        ArgumentNullException.ThrowIfNull(html);
        var page = new HtmlPage(html);
        page.ReadAll();
        return page;
    }

    private void ReadAll()
    {
        while (_position < _html.Length)
        {
            if (_html[_position] != '<')
            {
                var end = _html.IndexOf('<', _position);
                AddText(_html.AsSpan(_position, (end < 0 ? _html.Length : end) - _position));
                _position = end < 0 ? _html.Length : end;
            }
            else if (At("<!--"))
            {
                _position += 4;
                AddLine(_comments, TakeUntil("-->"));
            }
            else if (_position + 1 < _html.Length && _html[_position + 1] is '!' or '?')
            {
                TakeUntil(">");
            }
            else if (!TryTag())
            {
                AddText("<");
                _position++;
            }
        }

        Title = WebUtility.HtmlDecode(_title.ToString()).Trim();
        Text = WebUtility.HtmlDecode(_text.ToString());
        Comments = _comments.ToString();
        Scripts = _scripts.ToString();
        Handlers = _handlers.ToString();
        Links = [.. _links];
        Forms = _fields.Done();
    }

    private bool TryTag()
    {
        var start = _position + 1;
        var closing = start < _html.Length && _html[start] == '/';
        var at = closing ? start + 1 : start;
        var end = at;
        while (end < _html.Length && (char.IsAsciiLetterOrDigit(_html[end]) || (end > at && _html[end] is ':' or '-')))
        {
            end++;
        }

        if (end == at || !char.IsAsciiLetter(_html[at]))
        {
            return false;
        }

        var name = _html[at..end].ToLowerInvariant();
        _position = end;
        ReadAttributes();
        if (closing)
        {
            Close(name);
        }
        else
        {
            Open(name);
        }

        return true;
    }

    private void Open(string name)
    {
        // Buttons of small interfaces are often nothing but a line of script.
        AddLine(_handlers, Attribute("onclick"));
        AddLink("data-href");
        AddLink("data-url");
        switch (name)
        {
            case "script":
                HasScript = true;
                AddLink("src");
                AddLine(_scripts, TakeUntil("</script"));
                TakeUntil(">");
                break;
            case "style":
                TakeUntil("</style");
                TakeUntil(">");
                break;
            case "title":
                _inTitle = true;
                break;
            case "base":
                Base = Base.Length > 0 ? Base : Attribute("href");
                break;
            case "meta":
                ReadMeta();
                break;
            case "a" or "area" or "link":
                AddLink("href");
                break;
            case "frame" or "iframe" or "embed" or "source" or "video" or "audio":
                AddLink("src");
                break;
            case "object":
                AddLink("data");
                break;
            case "form":
                _fields.Open(Attribute("action"), Attribute("method").Equals("post", StringComparison.OrdinalIgnoreCase));
                break;
            case "input":
                _fields.AddInput(Attribute("name"), Attribute("type") is { Length: > 0 } type ? type.ToLowerInvariant() : "text", ValueOrNull(), _attributes.ContainsKey("checked"));
                break;
            case "select":
                _fields.OpenSelect(Attribute("name"));
                break;
            case "option":
                _fields.AddOption(ValueOrNull(), _attributes.ContainsKey("selected"));
                break;
            case "textarea":
                AddTextArea();
                break;
            case "pre":
                _preformatted++;
                break;
        }

        Separate(name);
    }

    private void Close(string name)
    {
        switch (name)
        {
            case "form":
                _fields.Close();
                break;
            case "select":
                _fields.CloseSelect();
                break;
            case "title":
                _inTitle = false;
                break;
            case "pre":
                _preformatted = Math.Max(0, _preformatted - 1);
                break;
        }

        Separate(name);
    }

    private void Separate(string name)
    {
        switch (name)
        {
            case "td" or "th" or "dd":
                AddSeparator('\t');
                break;
            case "p" or "div" or "br" or "tr" or "li" or "ul" or "ol" or "dl" or "dt" or "table" or "hr" or "pre" or "form" or "label" or "section" or "article"
                or "header" or "footer" or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "address" or "option" or "body" or "title":
                AddSeparator('\n');
                break;
        }
    }

    private void ReadMeta()
    {
        if (Attribute("http-equiv").Equals("refresh", StringComparison.OrdinalIgnoreCase))
        {
            var content = Attribute("content");
            var url = content.IndexOf("url=", StringComparison.OrdinalIgnoreCase);
            Refresh = url < 0 ? Refresh : content[(url + 4)..].Trim(' ', '\'', '"');
        }
        else if (Attribute("name").Equals("generator", StringComparison.OrdinalIgnoreCase))
        {
            Generator = Attribute("content");
        }
    }

    private void AddTextArea()
    {
        var name = Attribute("name");
        var text = TakeUntil("</textarea").ToString();
        TakeUntil(">");
        AddText(text);
        _fields.AddTextArea(name, WebUtility.HtmlDecode(text.Length > MaxAttribute ? text[..MaxAttribute] : text));
    }

    private void AddLink(string attribute)
    {
        if (Attribute(attribute) is { Length: > 0 } target && _links.Count < MaxLinks)
        {
            _links.Add(target);
        }
    }

    private string? ValueOrNull() => _attributes.ContainsKey("value") ? Attribute("value") : null;

    private string Attribute(string name) => _attributes.TryGetValue(name, out var value) ? WebUtility.HtmlDecode(value) : "";

    private void ReadAttributes()
    {
        _attributes.Clear();
        while (_position < _html.Length && _html[_position] != '>')
        {
            var character = _html[_position];
            if (char.IsWhiteSpace(character) || character is '/' or '=' or '"' or '\'')
            {
                _position++;
                continue;
            }

            var start = _position;
            while (_position < _html.Length && !char.IsWhiteSpace(_html[_position]) && _html[_position] is not ('=' or '>' or '/'))
            {
                _position++;
            }

            var name = _html.AsSpan(start, Math.Min(_position - start, MaxAttribute)).ToString().ToLowerInvariant();
            SkipBlanks();
            var value = "";
            if (_position < _html.Length && _html[_position] == '=')
            {
                _position++;
                SkipBlanks();
                value = ReadValue();
            }

            if (_attributes.Count < MaxAttributes)
            {
                _attributes.TryAdd(name, value);
            }
        }

        _position = Math.Min(_position + 1, _html.Length);
    }

    private string ReadValue()
    {
        int start, end;
        if (_position < _html.Length && _html[_position] is '"' or '\'')
        {
            start = _position + 1;
            end = _html.IndexOf(_html[_position], start);
            end = end < 0 ? _html.Length : end;
            _position = Math.Min(end + 1, _html.Length);
        }
        else
        {
            start = _position;
            while (_position < _html.Length && !char.IsWhiteSpace(_html[_position]) && _html[_position] != '>')
            {
                _position++;
            }

            end = _position;
        }

        return _html.Substring(start, Math.Min(end - start, MaxAttribute));
    }

    private void SkipBlanks()
    {
        while (_position < _html.Length && char.IsWhiteSpace(_html[_position]))
        {
            _position++;
        }
    }

    private bool At(string what) => string.CompareOrdinal(_html, _position, what, 0, what.Length) == 0;

    private ReadOnlySpan<char> TakeUntil(string end)
    {
        var found = _html.IndexOf(end, _position, StringComparison.OrdinalIgnoreCase);
        var taken = _html.AsSpan(_position, (found < 0 ? _html.Length : found) - _position);
        _position = found < 0 ? _html.Length : found + end.Length;
        return taken;
    }

    private static void AddLine(StringBuilder lines, ReadOnlySpan<char> line)
    {
        if (line.Trim() is { IsEmpty: false } text)
        {
            lines.Append(text).Append('\n');
        }
    }

    private void AddText(ReadOnlySpan<char> text)
    {
        var target = _inTitle ? _title : _text;
        foreach (var character in text)
        {
            if (!char.IsWhiteSpace(character) || (_preformatted > 0 && character is '\n' or ' '))
            {
                target.Append(character);
            }
            else if (target.Length > 0 && !char.IsWhiteSpace(target[^1]))
            {
                target.Append(' ');
            }
        }
    }

    private void AddSeparator(char separator)
    {
        if (_text.Length > 0 && _text[^1] is not ('\n' or '\t'))
        {
            _text.Append(separator);
        }
        else if (_text.Length > 0 && separator == '\n' && _text[^1] == '\t')
        {
            _text[^1] = '\n';
        }
    }
}
