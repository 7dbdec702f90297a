using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>How a name and its value came.</summary>
internal enum PairSource
{
    /// <summary>From JSON, XML, a settings file or a form: the name is a name.</summary>
    Data,

    /// <summary>From a line of text for people, where "Password: Forgot?" is no password.</summary>
    Prose,
}

/// <summary>A value under a name, as settings, status data and pages have it.</summary>
internal readonly record struct NameAndValue(string Name, string Value, PairSource Source)
{
    // Enough for every settings file that decides something.
    private const int MaxPairs = 2000;
    private const int MaxLine = 400;
    private const int MaxName = 60;
    private const int MaxDepth = 32;

    // Linear in its input whatever the device sends: no backtracking.
    private static readonly Regex _xml = new("""<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>([^<>]+)</|\s([A-Za-z_][\w:.-]*)="([^"<>]+)["]""", RegexOptions.NonBacktracking);
    private static readonly Regex _masked = new(@"^([*•.xX#?-])+$|^\W+$", RegexOptions.NonBacktracking);
    private static readonly Regex _version = new(@"^[vVrR]?\d[\w.+~()/ :-]*$", RegexOptions.NonBacktracking);
    private static readonly Regex _template = new(@"\{\{|\$\{|<%|%>", RegexOptions.NonBacktracking);

    private static readonly string[] _secretParts =
    [
        "password", "passwd", "passphrase", "presharedkey", "wpapsk", "wpakey", "wepkey", "wifikey", "wlankey", "networkkey", "privatekey", "secretkey", "clientsecret",
        "apikey", "accesstoken", "authtoken", "apitoken", "refreshtoken", "encryptionkey", "aeskey", "masterkey", "localkey", "devicekey", "rocommunity", "rwcommunity",
    ];

    private static readonly string[] _secretEnds = ["pwd", "psk", "pass", "secret", "communitystring"];
    private static readonly HashSet<string> _secretNames = ["pin", "pincode", "wpspin", "setupcode", "passcode", "key1", "wepkey1"];

    // Parts of names that speak about a secret instead of giving it.
    private static readonly string[] _aboutSecrets =
    [
        "hint", "length", "policy", "required", "strength", "expir", "changed", "placeholder", "label", "title", "error", "message", "type", "enabled", "csrf", "xsrf", "forgot", "reset",
        "min", "max", "count", "attempt", "valid", "text", "field", "url", "file", "path",
    ];

    private static readonly HashSet<string> _noSecrets = new(StringComparer.OrdinalIgnoreCase)
    {
        "true", "false", "null", "none", "n/a", "undefined", "yes", "no", "on", "off", "0", "1", "hidden", "(hidden)", "(secret)", "set", "unset", "empty", "(null)", "(none)", "not set", "required",
        "string", "text", "number", "boolean", "[redacted]", "redacted", "<hidden>", "masked",
    };

    private static readonly HashSet<string> _versionNames =
        ["fw", "fwver", "firmware", "firmwarever", "swver", "hwver", "build", "buildnumber", "buildid", "buildtime", "release", "kernel", "software", "sw", "ver", "fwrev", "firmwarerevision", "osrelease", "fwid"];

    private static readonly string[] _otherVersions =
        ["apiversion", "protocolversion", "protoversion", "upnpversion", "htmlversion", "tlsversion", "httpversion", "specversion", "schemaversion", "jsonversion", "manifestversion", "configversion", "ipversion", "xmlversion", "openapiversion", "snmpversion", "docversion"];

    private static readonly HashSet<string> _serialNames = ["serial", "serialnumber", "serialno", "serialnr", "sn", "sernum", "serno", "deviceserial", "udn", "imei", "deviceid", "chipid", "uuid"];
    private static readonly HashSet<string> _macNames = ["mac", "macaddr", "macaddress", "hwaddr", "bssid", "ethaddr", "lanmac", "wanmac", "wifimac", "wlanmac", "stamac", "apmac"];
    private static readonly HashSet<string> _modelNames = ["model", "modelname", "modelnumber", "modelno", "modelid", "product", "productname", "productid", "devicename", "devicetype", "friendlyname", "devicemodel", "hardware", "board"];
    private static readonly HashSet<string> _makerNames = ["manufacturer", "vendor", "vendorname", "maker", "brand"];
    private static readonly HashSet<string> _networkNames = ["ssid", "ssid1", "essid", "wifissid", "wlanssid", "wifinetwork", "wifiname", "networkname", "ip", "ipaddr", "ipaddress", "ipv4", "ipv6", "localip", "staip", "lanip", "wanip", "gateway", "netmask", "subnet", "dns", "dns1", "dns2", "hostname", "apname", "mqtthost", "mqttserver"];
    private static readonly HashSet<string> _userNames = ["username", "user", "login", "loginname", "account", "adminuser", "adminname", "useraccount", "mqttuser"];
    private static readonly HashSet<string> _personalNames = ["email", "mail", "emailaddress", "phone", "phonenumber", "owner", "ownername", "latitude", "longitude", "birthday", "fullname"];

    /// <summary>What a value under such a name is, or null when it tells nothing.</summary>
    public DisclosureKind? Kind
    {
        get
        {
            var name = Letters(Name);
            var value = Value.Trim();
            if (value.Length == 0 || _noSecrets.Contains(value) || _template.IsMatch(value))
            {
                return null;
            }

            if (IsSecretName(name))
            {
                return IsSecret(name, value) ? DisclosureKind.Credential : null;
            }

            return name switch
            {
                _ when IsVersionName(name) => _version.IsMatch(value) && value.Any(char.IsAsciiDigit) ? DisclosureKind.Version : null,
                _ when _macNames.Contains(name) => IsMac(value) ? DisclosureKind.MacAddress : null,
                _ when _serialNames.Contains(name) => value.Length is >= 4 and <= 80 && value.Any(char.IsAsciiDigit) && !value.Contains(' ', StringComparison.Ordinal) ? DisclosureKind.SerialNumber : null,
                _ when _modelNames.Contains(name) => value.Any(char.IsAsciiLetter) ? DisclosureKind.Model : null,
                _ when _makerNames.Contains(name) => value.Any(char.IsAsciiLetter) ? DisclosureKind.Product : null,
                _ when Source == PairSource.Prose => _networkNames.Contains(name) && !value.Contains(' ', StringComparison.Ordinal) && value.Length > 3 ? DisclosureKind.Network : null,
                _ when _networkNames.Contains(name) => value is "0.0.0.0" or "127.0.0.1" or "localhost" or "::" ? null : DisclosureKind.Network,
                _ when _userNames.Contains(name) => value.Length <= 64 && !value.Contains(' ', StringComparison.Ordinal) ? DisclosureKind.UserName : null,
                _ when _personalNames.Contains(name) => value.Length >= 3 ? DisclosureKind.PersonalData : null,
                _ => null,
            };
        }
    }

    /// <summary>Whether a name is that of a secret, whatever its value.</summary>
    public static bool IsSecretName(string name)
    {
        var letters = Letters(name);
        return !_aboutSecrets.Any(part => letters.Contains(part, StringComparison.Ordinal))
            && (_secretNames.Contains(letters)
                || _secretParts.Any(part => letters.Contains(part, StringComparison.Ordinal))
                || _secretEnds.Any(end => letters.EndsWith(end, StringComparison.Ordinal)));
    }

    /// <summary>Names and values of a JSON text; false when it is none.</summary>
    public static bool TryJson(ReadOnlySpan<byte> utf8, List<NameAndValue> pairs)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var name = "";
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        name = reader.GetString() ?? "";
                        break;
                    case JsonTokenType.String when pairs.Count < MaxPairs:
                        pairs.Add(new NameAndValue(name, reader.GetString() ?? "", PairSource.Data));
                        break;
                    case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False when pairs.Count < MaxPairs:
                        pairs.Add(new NameAndValue(name, Encoding.UTF8.GetString(reader.ValueSpan), PairSource.Data));
                        break;
                }
            }

            return true;
        }
        // The reader throws the second for text that is not UTF-8.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Elements and attributes of an XML text; tolerant, no parser.</summary>
    public static IEnumerable<NameAndValue> Xml(string text)
    {
        foreach (Match match in _xml.Matches(text).Take(MaxPairs))
        {
            var element = match.Groups[1].Success;
            var name = match.Groups[element ? 1 : 3].Value;
            yield return new NameAndValue(name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..], match.Groups[element ? 2 : 4].Value.Trim(), PairSource.Data);
        }
    }

    /// <summary>Lines of the shape name=value, name: value, or two cells.</summary>
    public static IEnumerable<NameAndValue> Lines(string text, PairSource source)
    {
        var count = 0;
        for (var start = 0; start < text.Length && count < MaxPairs;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            if (TryLine(text.AsSpan(start, end - start), source, out var pair))
            {
                count++;
                yield return pair;
            }

            start = end + 1;
        }
    }

    private static bool TryLine(ReadOnlySpan<char> line, PairSource source, out NameAndValue pair)
    {
        pair = default;
        line = line.Trim();
        if (line.Length is < 3 or > MaxLine)
        {
            return false;
        }

        var at = line.IndexOfAny(":=\t");
        if (at is < 1 or > MaxName)
        {
            return false;
        }

        var name = line[..at].Trim(" \t\"'-*");
        var value = line[(at + 1)..].Trim(" \t:=");
        if (value.Length == 0 || name.Length == 0 || value.StartsWith("//"))
        {
            return false;
        }

        // Of a quoted value only what stands within the quotes: a comment or a comma may follow.
        if (value[0] is '"' or '\'' && value[1..].IndexOf(value[0]) is var end and >= 0)
        {
            value = value.Slice(1, end);
        }

        pair = new NameAndValue(name.ToString(), value.ToString(), source);
        return true;
    }

    /// <summary>The letters and digits of a name, in lower case: <c>wifi_password</c>, <c>WifiPassword</c> and <c>Wi-Fi password</c> are one.</summary>
    private static string Letters(string name)
    {
        var letters = new StringBuilder(Math.Min(name.Length, MaxName));
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, MaxName)))
        {
            if (char.IsAsciiLetterOrDigit(character))
            {
                letters.Append(char.ToLowerInvariant(character));
            }
        }

        return letters.ToString();
    }

    private static bool IsVersionName(string name) =>
        (name.EndsWith("version", StringComparison.Ordinal) || name.EndsWith("versionnumber", StringComparison.Ordinal) || _versionNames.Contains(name))
        && !_otherVersions.Any(other => name.EndsWith(other, StringComparison.Ordinal));

    private static bool IsMac(string value) =>
        value.Count(char.IsAsciiHexDigit) == 12 && value.All(character => char.IsAsciiHexDigit(character) || character is ':' or '-' or '.') && value.Any(character => character is not ('0' or ':' or '-' or '.'));

    private bool IsSecret(string name, string value)
    {
        if (value.Length is < 3 or > 512 || _masked.IsMatch(value))
        {
            return false;
        }

        // A page says "Password: Forgot?"; a password that a page shows has no blanks, and more than letters unless it is called the default.
        return Source == PairSource.Data
            || (!value.Contains(' ', StringComparison.Ordinal)
                && (name.Contains("default", StringComparison.Ordinal)
                    || value.TrimEnd('.', '?', '!', ':', ',', ';').Any(character => char.IsAsciiDigit(character) || "!@#$%&*+?=^~".Contains(character, StringComparison.Ordinal))));
    }
}
