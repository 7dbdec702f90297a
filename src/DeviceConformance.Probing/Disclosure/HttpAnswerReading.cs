using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What the body of an answer is.</summary>
internal enum HttpContent
{
    /// <summary>Nothing.</summary>
    Empty,

    /// <summary>A page.</summary>
    Html,

    /// <summary>JSON.</summary>
    Json,

    /// <summary>XML.</summary>
    Xml,

    /// <summary>Other text.</summary>
    Text,

    /// <summary>Picture, video, sound.</summary>
    Media,

    /// <summary>Part of the looks of a page: style, script, font.</summary>
    Static,

    /// <summary>Anything else.</summary>
    Binary,
}

/// <summary>An answer as the survey reads it.</summary>
/// <param name="Content">What the body is.</param>
/// <param name="Page">The page, when it is one.</param>
/// <param name="Names">Names of the values of a JSON body.</param>
/// <param name="Found">What the body tells.</param>
/// <param name="Text">The text that was read.</param>
internal sealed record HttpAnswerReading(HttpContent Content, HtmlPage? Page, ImmutableArray<string> Names, Disclosures Found, string Text)
{
    // Three labelled numbers make a page of values; one or two are a footer.
    private const int ManyValues = 3;
    private const int ManySettings = 5;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static readonly Regex _html = new(@"^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype html|html|head|body|frameset|title|script|meta|form|div|h1|center|table|p)\b", Linear);
    private static readonly Regex _script = new(@"\.(?:m?js|css)$", Linear);
    private static readonly Regex _packedPart = new(@"\.(?:m?js|css|html?|svg|json|map)\.gz$", Linear);
    private static readonly Regex _assignment = new("""([A-Za-z_][\w.-]+)["']? ?[:=] ?["']([^"'\n\\]+)["']""", Linear);
    private static readonly Regex _refusal = new(@"not found|\b40[0134]\b|no such|unauthor|forbidden|denied|log ?in\b|log ?on\b|sign ?in\b|password|not allowed|not supported|unsupported|invalid|unknown|bad request|error", Linear);
    private static readonly Regex _productHeader = new(@"^([A-Za-z][\w.+ -]*?)(?:[/ ]v?\d|[;,(/]|$)", Linear);

    // Names that an answer of any API has, and that tell nothing of the device.
    private static readonly HashSet<string> _trivialNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "error", "errors", "message", "msg", "status", "code", "success", "ok", "detail", "details", "path", "timestamp", "result", "reason", "title", "type", "traceId", "instance", "errorCode", "error_code",
        "errno", "description", "ret", "retcode", "statusCode", "method", "id", "jsonrpc",
    };

    // Names under which pages commonly hold a realm or greeting that says nothing.
    private static readonly Regex _plainRealm = new(@"^(?:log ?in|admin(?:istrator)?|administration|restricted|private|protected|secure|area|access|realm|please|enter|user|users|password|web|server|site|page|index|default|config(?:uration)?|settings|device|http|https|the|of|to|and|or|your|name|control|panel|management|interface|auth(?:entication|orization)?|required|digest|basic|[\W_]+)+$", Linear);

    /// <summary>What the body is by its first bytes; null when they tell nothing.</summary>
    public KnownFile? File { get; init; }

    /// <summary>Whether it is a source map (ECMA-426) that tells of sources.</summary>
    public bool IsSourceMap { get; init; }

    /// <summary>Whether a JSON body holds more than a word of success or failure.</summary>
    public bool HasValues => Content == HttpContent.Json && Names.Any(name => !_trivialNames.Contains(name));

    /// <summary>Whether a short text says that there is nothing, or nothing for strangers.</summary>
    public bool LooksLikeRefusal => Text.Length < 800 && _refusal.IsMatch($"{Page?.Title} {Text}");

    /// <summary>Whether a page of any size speaks mainly through scripts.</summary>
    public bool IsMadeByScripts => Page is { HasScript: true } page && page.Text.Count(char.IsLetterOrDigit) < 200 && page.Forms.IsEmpty;

    /// <summary>Reads the answer to a path.</summary>
    public static HttpAnswerReading Read(HttpAnswer answer, InformationReader reader, string path)
    {
        // What the survey said itself is no disclosure: "/nginx_status was not found". The slash stays for "Index of /logs/".
        var text = path.Length > 1 ? answer.Text.Replace(path, "/", StringComparison.Ordinal) : answer.Text;
        if (KnownFile.Of(answer.Body) is { } file && !IsPackedPart(path))
        {
            return new HttpAnswerReading(HttpContent.Binary, null, [], file.Text.Length > 0 ? reader.ReadSecrets(file.Text, holdsSettings: true) : Disclosures.None, "") { File = file };
        }

        var content = ContentOf(answer, text, path);
        switch (content)
        {
            case HttpContent.Html:
                var page = HtmlPage.Read(text);
                // Links below the path itself have to stay as they are.
                return new HttpAnswerReading(content, text.Length == answer.Text.Length ? page : HtmlPage.Read(answer.Text), [], ReadPage(page, reader), page.Text);
            case HttpContent.Json when reader.TryReadJson(text, out var json, out var names):
                // A source map is full of names that are no values.
                var isMap = names.Contains("mappings") && names.Contains("sources");
                return new HttpAnswerReading(content, null, names, isMap ? reader.ReadSecrets(text, holdsSettings: false) : json, text) { IsSourceMap = isMap };
            case HttpContent.Json or HttpContent.Text:
                return new HttpAnswerReading(HttpContent.Text, null, [], ReadText(text, reader), text);
            case HttpContent.Xml:
                return new HttpAnswerReading(content, null, [], Joined(reader.Read(text, TextKind.Data), InformationReader.Read(NameAndValue.Xml(text.Length > InformationReader.MaxText ? text[..InformationReader.MaxText] : text))), text);
            case HttpContent.Static:
                return new HttpAnswerReading(content, null, [], reader.ReadSecrets(text, holdsSettings: false), answer.Text);
            default:
                return new HttpAnswerReading(content, null, [], Disclosures.None, "");
        }
    }

    /// <summary>Notes what the headers of an answer tell.</summary>
    public static void ReadHeaders(HttpAnswer answer, InformationReader reader, SurveyNotes notes)
    {
        foreach (var (name, value) in answer.Headers)
        {
            if (name.Equals("Server", StringComparison.OrdinalIgnoreCase) || name.Equals("X-Powered-By", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Generator", StringComparison.OrdinalIgnoreCase) || name.Equals("Via", StringComparison.OrdinalIgnoreCase))
            {
                ReadProductHeader(name, value, reader, notes);
            }
            else if (name.StartsWith("X-", StringComparison.OrdinalIgnoreCase))
            {
                notes.Add(InformationReader.Read([new NameAndValue(name[2..], value, PairSource.Data)]), $"header {name}");
            }
            else if (name.Equals("WWW-Authenticate", StringComparison.OrdinalIgnoreCase))
            {
                ReadRealm(value, notes);
            }
        }
    }

    /// <summary>Notes a header that names a product: its name, and its version where it gives one.</summary>
    public static void ReadProductHeader(string name, string value, InformationReader reader, SurveyNotes notes)
    {
        var found = reader.Read(value, TextKind.Banner);
        notes.Add(found, $"header {name}");
        if (_productHeader.Match(value.Trim()) is { Success: true } product)
        {
            notes.Add(DisclosureKind.Product, product.Groups[1].Value, $"header {name}");
        }
    }

    /// <summary>Notes a realm that names a product or model.</summary>
    public static void ReadRealm(string challenge, SurveyNotes notes)
    {
        // What could be read of a careless header is read.
        _ = AuthChallenge.TryParse(challenge, out var challenges);
        foreach (var realm in challenges.Select(found => found["realm"]).Where(realm => realm.Length > 0 && !_plainRealm.IsMatch(realm)))
        {
            notes.Add(DisclosureKind.Model, realm, "header WWW-Authenticate");
        }
    }

    // Parts of the looks that are stored packed.
    private static bool IsPackedPart(string path) => _packedPart.IsMatch(path.Split('?')[0]);

    private static HttpContent ContentOf(HttpAnswer answer, string text, string path)
    {
        if (answer.Body.IsEmpty || string.IsNullOrWhiteSpace(text))
        {
            return HttpContent.Empty;
        }

        var type = answer.Header("Content-Type").Split(';')[0].Trim().ToLowerInvariant();
        var start = text.AsSpan().TrimStart("\ufeff \t\r\n");
        return type switch
        {
            "image/svg+xml" or "text/css" or "application/wasm" or "application/javascript" or "text/javascript" or "application/x-javascript" => HttpContent.Static,
            _ when type.StartsWith("font/", StringComparison.Ordinal) => HttpContent.Static,
            _ when type.StartsWith("image/", StringComparison.Ordinal) || type.StartsWith("video/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal)
                || type == "multipart/x-mixed-replace" || answer.Body.Span.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]) => HttpContent.Media,
            _ when IsBinary(text) => HttpContent.Binary,
            _ when _html.IsMatch(text) => HttpContent.Html,
            _ when _script.IsMatch(path.Split('?')[0]) && start[0] is not ('{' or '[') => HttpContent.Static,
            _ when start[0] is '{' or '[' => HttpContent.Json,
            _ when start.StartsWith("<?xml", StringComparison.Ordinal) || type.EndsWith("xml", StringComparison.Ordinal) => HttpContent.Xml,
            _ when type == "text/html" && start[0] == '<' => HttpContent.Html,
            _ when start[0] == '<' => HttpContent.Xml,
            _ => HttpContent.Text,
        };
    }

    private static bool IsBinary(string text)
    {
        var looked = text.AsSpan(0, Math.Min(text.Length, 2048));
        var strange = 0;
        foreach (var character in looked)
        {
            if (character == '\ufffd' || (char.IsControl(character) && character is not ('\r' or '\n' or '\t' or '\f' or '\u001b')))
            {
                strange++;
            }
        }

        return strange * 20 > looked.Length;
    }

    private static Disclosures ReadPage(HtmlPage page, InformationReader reader)
    {
        var fields = page.Forms.SelectMany(form => form.Fields)
            // Hidden fields guard against forged requests; a password that the page fills in is given away.
            .Where(field => field.Type is not ("hidden" or "submit" or "button" or "checkbox" or "radio" or "select") && field.Value.Length > 0)
            .Select(field => new NameAndValue(field.Name, field.Value, PairSource.Data));
        var literals = _assignment.Matches(page.Scripts.Length > InformationReader.MaxText ? page.Scripts[..InformationReader.MaxText] : page.Scripts).Take(500)
            .Select(match => new NameAndValue(match.Groups[1].Value, match.Groups[2].Value, PairSource.Prose))
            .Where(pair => pair.Kind is DisclosureKind.Credential or DisclosureKind.SerialNumber or DisclosureKind.MacAddress or DisclosureKind.Version);
        var found = Joined(
            reader.Read($"{page.Title}\n{page.Text}", TextKind.Prose),
            reader.Read(page.Comments, TextKind.Prose),
            page.Generator.Length > 0 ? reader.Read(page.Generator, TextKind.Banner) : Disclosures.None,
            InformationReader.Read(fields),
            InformationReader.Read(literals));
        var values = NameAndValue.Lines(page.Text, PairSource.Prose).Where(pair => pair.Value.Any(char.IsAsciiDigit)).Select(pair => pair.Name).Distinct().Take(20).ToList();
        return values.Count >= ManyValues && !found.HasAny(DisclosureKind.DirectoryListing) && !page.Forms.Any(form => form.Fields.Any(field => field.Type == "password"))
            ? Joined(found, new Disclosures([(DisclosureKind.Status, $"values: {string.Join(", ", values)}")], []))
            : found;
    }

    private static Disclosures ReadText(string text, InformationReader reader)
    {
        var found = reader.Read(text, TextKind.Data);
        return InformationReader.CountSettings(text) >= ManySettings
            ? Joined(found, new Disclosures([(DisclosureKind.Status, $"settings: {string.Join(", ", NameAndValue.Lines(text, PairSource.Data).Select(pair => pair.Name).Take(12))}")], []))
            : found;
    }

    private static Disclosures Joined(params ReadOnlySpan<Disclosures> parts)
    {
        var items = ImmutableArray.CreateBuilder<(DisclosureKind, string)>();
        var secrets = ImmutableArray.CreateBuilder<string>();
        foreach (var part in parts)
        {
            items.AddRange(part.Items);
            secrets.AddRange(part.Secrets);
        }

        var all = new Disclosures([], [.. secrets.Distinct()]);
        return all with { Items = [.. items.Select(item => (item.Item1, all.Redact(item.Item2))).Distinct()] };
    }
}
