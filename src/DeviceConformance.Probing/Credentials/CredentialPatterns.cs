using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Credentials;

/// <summary>Credentials that follow from what is printed on the unit: names of maker, brand and model, MAC address, serial number.</summary>
internal static partial class CredentialPatterns
{
    private const string Resource = "default-credential-patterns.csv";

    // Shorter numbers say too little: four digits of a counter are a password that many devices accept by chance.
    private const int ShortestNumber = 4;

    private static readonly ImmutableArray<DefaultPair> _all = CredentialDictionary.Parse(CredentialDictionary.Text(Resource), Resource, "P-");

    /// <summary>What follows for the sample with an address; nothing for a pattern whose facts are not declared.</summary>
    /// <param name="dut">Identification of the DUT.</param>
    /// <param name="address">Address of the sample at hand.</param>
    /// <param name="family">Family of the login.</param>
    /// <param name="user">User name of the login.</param>
    public static IEnumerable<DefaultPair> For(Dut dut, DutAddress address, string family, string user)
    {
        var sample = dut.Samples.FirstOrDefault(sample => sample.Addresses.Contains(address));
        var serial = Plain(sample?.Serial ?? "");
        foreach (var mac in sample?.Mac is { IsEmpty: false } macs ? macs.Select(Plain) : [""])
        {
            foreach (var pattern in _all.Where(pattern => pattern.Protocols.Contains(family)))
            {
                var facts = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["user"] = user,
                    ["serial"] = serial,
                    ["serial8"] = Last(serial, 8),
                    ["serial6"] = Last(serial, 6),
                    ["mac"] = mac.ToLowerInvariant(),
                    ["MAC"] = mac.ToUpperInvariant(),
                    ["mac8"] = Last(mac.ToLowerInvariant(), 8),
                    ["MAC8"] = Last(mac.ToUpperInvariant(), 8),
                    ["mac6"] = Last(mac.ToLowerInvariant(), 6),
                    ["MAC6"] = Last(mac.ToUpperInvariant(), 6),
                    ["mac4"] = Last(mac.ToLowerInvariant(), 4),
                    ["maker"] = FirstWord(dut.Maker),
                    ["brand"] = FirstWord(dut.Brand),
                    ["model"] = Plain(dut.Model).ToLowerInvariant(),
                };
                if (Fill(pattern.User, facts) is { } name && Fill(pattern.Password.Reveal(), facts) is { } password)
                {
                    yield return pattern with { User = name, Password = new Secret(password), IsOfUnit = pattern.Password.Reveal() is var made && (made.Contains("{serial", StringComparison.Ordinal) || made.Contains("{mac", StringComparison.OrdinalIgnoreCase)) };
                }
            }
        }
    }

    // Null where a fact is missing or says too little.
    private static string? Fill(string pattern, Dictionary<string, string> facts)
    {
        var filled = Name().Replace(pattern, match => facts.TryGetValue(match.Groups[1].Value, out var fact) && (match.Groups[1].Value == "user" || fact.Length >= ShortestNumber) ? fact : "\0");
        return filled.Contains('\0', StringComparison.Ordinal) ? null : filled;
    }

    private static string Last(string text, int count) => text.Length >= count ? text[^count..] : "";

    private static string FirstWord(string name) => Plain(name.Split(' ')[0]).ToLowerInvariant();

    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var letter in text.Where(char.IsAsciiLetterOrDigit))
        {
            plain.Append(letter);
        }

        return plain.ToString();
    }

    // {maker} is another name than {mac}: case and digits belong to the name.
    [GeneratedRegex(@"\{([A-Za-z]+[0-9]?)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
