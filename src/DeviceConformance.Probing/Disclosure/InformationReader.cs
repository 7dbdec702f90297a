using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What kind of text it is.</summary>
internal enum TextKind
{
    /// <summary>A greeting or header of a service: short, and any number in it is likely a version.</summary>
    Banner,

    /// <summary>Text for people.</summary>
    Prose,

    /// <summary>JSON, XML, settings, logs.</summary>
    Data,
}

/// <summary>Recognises what helps an attacker in texts of the device (EN 303 645, provision 5.6-2).</summary>
/// <remarks>
/// All expressions run without backtracking, so a text costs time in proportion to its length. What is declared of the DUT (serial numbers,
/// MAC addresses, firmware, model, the laboratory's passwords) is found by its letters; all else by the shapes such information usually has.
/// </remarks>
internal sealed class InformationReader
{
    /// <summary>Characters of a text that are looked at.</summary>
    public const int MaxText = 256 * 1024;

    private const int MaxMatches = 20;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Multiline;

    private static readonly Regex _slashVersion = new(@"([A-Za-z][\w.+-]+)/v?(\d+(?:\.\d+)*[\w.+~-]*)", Linear);
    private static readonly Regex _bannerVersion = new(@"\b([A-Za-z][\w+-]+(?: [Vv]ersion)?)[ _-]\(?v?(\d+(?:\.\d+)+[\w.+~-]*)", Linear);
    private static readonly Regex _wordVersion = new(
        @"\b((?:[\w-]+ )?(?:firmware|software|kernel|version|release|build|fw|hw|sw|ver\.?|Linux)(?: version| release| build| kernel| revision)?)[ :=#/-]{1,3}(?:(\w{1,20}) )?([vr]?\d+(?:\.\d+)+[\w.+~-]*)",
        Linear | RegexOptions.IgnoreCase);

    private static readonly Regex _knownProduct = new(
        @"\b(busybox|dropbear|openssh|openssl|nginx|apache(?: tomcat)?|lighttpd|mosquitto|vsftpd|proftpd|pure-ftpd|dnsmasq|u-boot|openwrt|uclibc|php|goahead(?:-webs)?|boa|thttpd|mini_httpd|uhttpd|mongoose|esp-idf|freertos|lwip|zephyr|contiki|debian(?: gnu/linux)?|ubuntu|raspbian|buildroot|tasmota|esphome|jetty|samba|vxworks|micro_httpd|allegro-software-rompager|rompager|micropython|tizen|android)[ /_-]?(?:version )?v?(\d+(?:\.\d+)*[\w.+~-]*)?",
        Linear | RegexOptions.IgnoreCase);

    private static readonly Regex _mac = new(@"([0-9A-Fa-f]{2}[:-])+[0-9A-Fa-f]{2}", Linear);
    private static readonly Regex _privateAddress = new(@"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b", Linear);
    private static readonly Regex _keyBlock = new(@"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s:,-]*", Linear);
    private static readonly Regex _shadow = new(@"^([a-z_][\w-]*):(\$[0-9a-z]{1,2}\$[^\s:]+|[./A-Za-z0-9]{13}):", Linear);
    private static readonly Regex _passwdFile = new(@"^([a-z_][\w-]*):[^\s:]*:\d+:\d+:", Linear);
    private static readonly Regex _logLine = new(
        @"^[ \t]{0,4}(?:\[ *\d{1,7}\.\d{3,6}\]|(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d[\].,: ]|\d{10}[.:, ]|[IWED] \(\d{1,9}\) )",
        Linear);

    private static readonly Regex _measurement = new(@"^[a-zA-Z_][\w:]+(?:\{[^\n{}]*\})? -?\d[\d.eE+-]*(?: \d{1,15})?$", Linear);
    private static readonly Regex _setting = new(@"^[ \t]{0,8}(?:(?:export|set|option) )?[A-Za-z_][\w.-]+ ?= ?[^\n=]*", Linear);

    private static readonly Regex _internalError = new(
        @"Traceback \(most recent call last\)|\bFile ""[^""\n]+"", line \d+|\bat [\w.$<>]+\([\w$]+\.(?:java|kt|cs|js|ts):\d+|\bat [\w.$`<>]+\([^()\n]*\) in [^\n]+:line \d+|\bat [^\n]*\(?/[\w./-]+\.js:\d+:\d+|Exception in thread ""|goroutine \d+ \[running\]|panic: runtime error|stack traceback:|\.lua:\d+: |Call Trace:|Segmentation fault|Guru Meditation Error|(?:Fatal error|Warning|Parse error|Notice)(?:</b>)?: {1,3}[^\n]+ in (?:<b>)?/[^\n]+ on line|ORA-\d{5}|You have an error in your SQL syntax|SQLSTATE\[|(?:Unhandled|Null[A-Za-z]{1,20}|[A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+)+)Exception:|Backtrace: ?0x|#\d+ +0x[0-9a-f]{6,16} in ",
        Linear);

    private static readonly Regex _listing = new(
        @"Index of /[^\n<]*|Directory (?:listing|index|contents) (?:for|of) [^\n<]*|\[To Parent Directory\]|^\.\.?/[ \t]*$|^[d-](?:[r-][w-][xsStT-]){3}[.+@]? +\d+ [^\n]+|\[DIR\] {1,3}[^\n]+|Parent Directory",
        Linear);

    private static readonly Regex _apiDescription = new(
        @"""(?:swagger|openapi)"" ?: ?""[\d.]{1,10}""|<(?:\w{1,10}:)?definitions [^<>]*wsdl|<scpd\b|#%RAML|swagger-ui|GraphiQL|<(?:\w{1,10}:)?application [^<>]*wadl|<serviceList>",
        Linear);

    // Protocols and formats, which are no products.
    private static readonly HashSet<string> _formats = new(StringComparer.OrdinalIgnoreCase)
    {
        "http", "https", "rtsp", "sip", "html", "xhtml", "xml", "tls", "tlsv", "ssl", "sslv", "utf", "iso", "ascii", "smtp", "esmtp", "mqtt", "ipv", "port", "rfc", "css", "svg", "gmt", "utc", "ie", "level", "rev",
        "imap4rev", "pop3", "soap", "json", "wsdl", "mozilla", "applewebkit", "text", "application", "dtd", "transitional", "schema", "code", "error", "line", "step", "page", "on", "at", "is", "to", "of", "in", "and",
        "the", "for", "from", "with", "after", "by", "than", "about", "over", "upnp", "dlna", "ssdp",
    };

    private readonly ImmutableArray<(DisclosureKind Kind, string Text, string What)> _known;
    private readonly ImmutableArray<(string Text, string What)> _labSecrets;

    /// <summary>A reader that also knows what is declared of the DUT.</summary>
    public InformationReader(Declaration declared)
    {
        var known = ImmutableArray.CreateBuilder<(DisclosureKind, string, string)>();
        foreach (var sample in declared.Dut.Samples)
        {
            Know(known, DisclosureKind.SerialNumber, sample.Serial, $"serial number {sample.Serial}");
            foreach (var mac in sample.Mac)
            {
                foreach (var notation in new[] { mac, mac.Replace(':', '-'), mac.Replace(":", "", StringComparison.Ordinal) })
                {
                    Know(known, DisclosureKind.MacAddress, notation, mac);
                }
            }
        }

        if (declared.Dut.Firmware.Any(char.IsAsciiDigit))
        {
            Know(known, DisclosureKind.Version, declared.Dut.Firmware, $"firmware version {declared.Dut.Firmware}");
        }

        Know(known, DisclosureKind.Model, declared.Dut.Model, declared.Dut.Model);
        _known = known.ToImmutable();
        _labSecrets = [.. declared.Lab.Credentials
            .Select(credential => (Text: credential.Password.Reveal(), What: $"a password of {credential.AuthMech} that the laboratory holds"))
            .Where(credential => credential.Text.Length >= 6)];
    }

    /// <summary>Reads a text.</summary>
    public Disclosures Read(string text, TextKind kind)
    {
        if (text.Length > MaxText)
        {
            text = text[..MaxText];
        }

        text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        var items = new Collected();
        ReadKnown(text, items);
        ReadVersions(text, kind, items);
        ReadAddresses(text, items);
        ReadSecrets(text, items);
        ReadMarks(text, kind, items);
        if (kind != TextKind.Banner)
        {
            ReadPairs(NameAndValue.Lines(text, kind == TextKind.Prose ? PairSource.Prose : PairSource.Data), items);
        }

        return items.Done();
    }

    /// <summary>Reads a JSON text; false when it is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="disclosures">What it tells.</param>
    /// <param name="names">Names of all its values, each once, in order.</param>
    public bool TryReadJson(string text, out Disclosures disclosures, out ImmutableArray<string> names)
    {
        var pairs = new List<NameAndValue>();
        disclosures = Disclosures.None;
        names = [];
        var start = text.AsSpan().TrimStart("\ufeff \t\r\n");
        if (start.Length == 0 || start[0] is not ('{' or '[') || !NameAndValue.TryJson(Encoding.UTF8.GetBytes(start.ToString()), pairs))
        {
            return false;
        }

        var items = new Collected();
        ReadKnown(text, items);
        ReadSecrets(text, items);
        if (_apiDescription.IsMatch(text.AsSpan(0, Math.Min(text.Length, MaxText))))
        {
            // A description is full of names such as password without one of their values.
            items.Add(DisclosureKind.ApiDescription, "description of an API");
        }
        else
        {
            ReadAddresses(text, items);
            ReadMarks(text, TextKind.Data, items);
            ReadPairs(pairs, items);
            names = [.. pairs.Select(pair => pair.Name).Distinct().Take(200)];
        }

        disclosures = items.Done();
        return true;
    }

    /// <summary>
    /// Reads a text in which numbers and names are mostly those of others, such as a script or the content of an archive: keys, hashes, the
    /// laboratory's passwords, and what identifies this one device.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="holdsSettings">Whether a name and a value on one line are a setting, as in files, and not a part of a program.</param>
    public Disclosures ReadSecrets(string text, bool holdsSettings)
    {
        var items = new Collected();
        ReadKnown(text, items, [DisclosureKind.SerialNumber, DisclosureKind.MacAddress]);
        ReadSecrets(text, items);
        if (holdsSettings)
        {
            ReadPairs(NameAndValue.Lines(text, PairSource.Data).Where(pair => pair.Kind == DisclosureKind.Credential), items);
        }

        return items.Done();
    }

    /// <summary>Reads names with values, such as the fields of a form.</summary>
    public static Disclosures Read(IEnumerable<NameAndValue> pairs)
    {
        var items = new Collected();
        ReadPairs(pairs, items);
        return items.Done();
    }

    /// <summary>How many lines of a text look like settings.</summary>
    public static int CountSettings(string text) => Count(_setting, text, 50);

    private static void Know(ImmutableArray<(DisclosureKind, string, string)>.Builder known, DisclosureKind kind, string text, string what)
    {
        if (text.Length >= 4)
        {
            known.Add((kind, text, what));
        }
    }

    private static int Count(Regex regex, string text, int limit)
    {
        var count = 0;
        for (var match = regex.Match(text, 0); match.Success && count < limit; match = match.NextMatch())
        {
            count++;
        }

        return count;
    }

    private static void ReadPairs(IEnumerable<NameAndValue> pairs, Collected items)
    {
        foreach (var pair in pairs)
        {
            switch (pair.Kind)
            {
                case DisclosureKind.Credential:
                    items.AddSecret(pair.Value.Trim());
                    items.Add(DisclosureKind.Credential, $"a value under the name {pair.Name}");
                    break;
                case { } kind:
                    items.Add(kind, $"{pair.Name} {pair.Value.Trim()}");
                    break;
            }
        }
    }

    private static void ReadSecrets(string text, Collected items)
    {
        foreach (Match match in _keyBlock.Matches(text).Take(MaxMatches))
        {
            items.AddSecret(match.Value);
            items.Add(DisclosureKind.Credential, "a private key");
        }

        foreach (Match match in _shadow.Matches(text).Take(MaxMatches))
        {
            items.AddSecret(match.Groups[2].Value);
            items.Add(DisclosureKind.Credential, $"a password hash of {match.Groups[1].Value}");
        }

        foreach (Match match in _passwdFile.Matches(text).Take(MaxMatches))
        {
            items.Add(DisclosureKind.UserName, match.Groups[1].Value);
        }
    }

    private static void ReadAddresses(string text, Collected items)
    {
        foreach (Match match in _mac.Matches(text).Take(MaxMatches))
        {
            // Longer rows of bytes are fingerprints and the like; zeros and ones are no device.
            if (match.Length == 17 && !IsInsideWord(text, match) && match.Value.Any(digit => digit is not ('0' or ':' or '-')) && match.Value.Any(digit => digit is not ('f' or 'F' or ':' or '-')))
            {
                items.Add(DisclosureKind.MacAddress, match.Value.ToLowerInvariant().Replace('-', ':'));
            }
        }

        foreach (Match match in _privateAddress.Matches(text).Take(MaxMatches))
        {
            items.Add(DisclosureKind.Network, match.Value);
        }
    }

    private static void ReadMarks(string text, TextKind kind, Collected items)
    {
        if (_internalError.Match(text) is { Success: true } error)
        {
            items.Add(DisclosureKind.InternalError, LineAround(text, error.Index));
        }

        if (_listing.Match(text) is { Success: true } listing)
        {
            items.Add(DisclosureKind.DirectoryListing, LineAround(text, listing.Index));
        }

        if (kind != TextKind.Banner && Count(_logLine, text, 3) == 3)
        {
            items.Add(DisclosureKind.Log, LineAround(text, _logLine.Match(text).Index));
        }

        if (kind != TextKind.Banner && Count(_measurement, text, 3) == 3)
        {
            items.Add(DisclosureKind.Status, $"measurements: {LineAround(text, _measurement.Match(text).Index)}");
        }

        if (_apiDescription.IsMatch(text))
        {
            items.Add(DisclosureKind.ApiDescription, "description of an API");
        }
    }

    private static void ReadVersions(string text, TextKind kind, Collected items)
    {
        foreach (Match match in _slashVersion.Matches(text).Take(MaxMatches))
        {
            var (name, version) = (match.Groups[1].Value, match.Groups[2].Value.TrimEnd('.', '-', '+'));
            if ((kind == TextKind.Banner || version.Contains('.', StringComparison.Ordinal)) && !IsInPath(text, match))
            {
                AddVersion(items, name, version, match.Value);
            }
        }

        foreach (Match match in _knownProduct.Matches(text).Take(MaxMatches))
        {
            if (match.Groups[2].Success)
            {
                AddVersion(items, match.Groups[1].Value, match.Groups[2].Value, match.Value);
            }
            else if (kind != TextKind.Data)
            {
                items.Add(DisclosureKind.Product, match.Groups[1].Value);
            }
        }

        foreach (Match match in _wordVersion.Matches(text).Take(MaxMatches))
        {
            // "version TLS 1.2" is a protocol's.
            if (!_formats.Contains(match.Groups[2].Value))
            {
                AddVersion(items, "", match.Groups[3].Value, match.Value);
            }
        }

        if (kind == TextKind.Banner)
        {
            foreach (Match match in _bannerVersion.Matches(text).Take(MaxMatches))
            {
                AddVersion(items, match.Groups[1].Value, match.Groups[2].Value, match.Value);
            }
        }
    }

    private static void AddVersion(Collected items, string name, string version, string seen)
    {
        var number = version.TrimEnd('.', '-', '+', '_', '~');
        if (_formats.Contains(name) || System.Net.IPAddress.TryParse(number, out _) && number.Count(character => character == '.') == 3 || IsDate(number))
        {
            return;
        }

        items.Add(DisclosureKind.Version, seen.TrimEnd('.', '-', '+', '_', '~', ','));
        if (name.Length > 0)
        {
            items.Add(DisclosureKind.Product, name);
        }
    }

    private static bool IsDate(string number) =>
        number.Split('.') is [var first, var second, var third] && (IsYear(first) || IsYear(third)) && second.Length <= 2;

    private static bool IsYear(string text) => text.Length == 4 && text[0] is '1' or '2' && text[1] is '9' or '0' && text.All(char.IsAsciiDigit);

    private static bool IsInPath(string text, Match match) => match.Index > 0 && text[match.Index - 1] is '/' or '.' or '@' or '-' or '_' or '&' or '=';

    private static bool IsInsideWord(string text, System.Text.RegularExpressions.Capture match) =>
        (match.Index > 0 && (char.IsAsciiLetterOrDigit(text[match.Index - 1]) || text[match.Index - 1] is ':' or '-'))
        || (match.Index + match.Length < text.Length && (char.IsAsciiLetterOrDigit(text[match.Index + match.Length]) || text[match.Index + match.Length] is ':' or '-' && match.Index + match.Length + 1 < text.Length && char.IsAsciiHexDigit(text[match.Index + match.Length + 1])));

    private static string LineAround(string text, int index)
    {
        index = Math.Min(index, text.Length - 1);
        var start = index == 0 ? 0 : text.LastIndexOf('\n', index - 1) + 1;
        var end = text.IndexOf('\n', index);
        return text[start..(end < 0 ? text.Length : end)].Trim();
    }

    private void ReadKnown(string text, Collected items, params ReadOnlySpan<DisclosureKind> only)
    {
        foreach (var (kind, known, what) in _known)
        {
            if ((only.IsEmpty || only.Contains(kind)) && ContainsWord(text, known))
            {
                items.Add(kind, what);
            }
        }

        foreach (var (secret, what) in _labSecrets)
        {
            if (text.Contains(secret, StringComparison.Ordinal))
            {
                items.AddSecret(secret);
                items.Add(DisclosureKind.Credential, what);
            }
        }
    }

    private static bool ContainsWord(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + word.Length;
            // 2.1.0 is not told by 12.1.0 nor by 2.1.0.7.
            if ((at == 0 || !(char.IsAsciiLetterOrDigit(text[at - 1]) || (text[at - 1] == '.' && at > 1 && char.IsAsciiDigit(text[at - 2]))) || (text[at - 1] is 'v' or 'V' && !(at > 1 && char.IsAsciiLetterOrDigit(text[at - 2]))))
                && (end == text.Length || !(char.IsAsciiLetterOrDigit(text[end]) || (text[end] == '.' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1])))))
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Collected
    {
        private const int MaxItems = 60;

        private readonly List<(DisclosureKind Kind, string What)> _items = [];
        private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);

        public void Add(DisclosureKind kind, string what)
        {
            if (_items.Count < MaxItems && !_items.Contains((kind, what)))
            {
                _items.Add((kind, what));
            }
        }

        public void AddSecret(string secret)
        {
            if (_secrets.Count < MaxItems && secret.Length >= 3)
            {
                _secrets.Add(secret);
            }
        }

        public Disclosures Done()
        {
            var secrets = new Disclosures([], [.. _secrets]);
            // A line that was kept for one reason may hold a secret that was found for another.
            return new Disclosures([.. _items.Select(item => (item.Kind, secrets.Redact(item.What)))], secrets.Secrets);
        }
    }
}
