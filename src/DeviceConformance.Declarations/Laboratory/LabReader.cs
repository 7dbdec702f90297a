using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Identity;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Declarations.Laboratory;

/// <summary>Reads <c>lab.yaml</c>. No complaint ever quotes a password.</summary>
/// <param name="folder">The declaration's folder, where the paths of password files start.</param>
/// <param name="environment">Gives environment variables.</param>
/// <param name="complaints">Where complaints go.</param>
internal sealed partial class LabReader(string folder, Func<string, string?> environment, ComplaintBook complaints)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "lab.yaml";

    private const int LongestPasswordFile = 4096;

    private static readonly string[] PasswordKeys = ["password", "password-env", "password-file"];
    private static readonly string[] ValueKeys = ["value", "value-env", "value-file"];

    /// <summary>Credentials with their places, for checks that need the rest of the declaration.</summary>
    public List<(string AuthMech, string Sample, SourceSpan At)> CredentialPlaces { get; } = [];

    /// <summary>Entries that sought values belong to, with their places; blank where none is named.</summary>
    public List<(string Entry, SourceSpan At)> SoughtPlaces { get; } = [];

    /// <summary>Reads the file.</summary>
    public LabSetup Read(SourceFile file)
    {
        if (MapReader.Open(file.Root, "the laboratory's set-up", complaints) is not { } map)
        {
            return LabSetup.Default;
        }

        var lab = new LabSetup(
            map.Text("laboratory").Or(""),
            map.Text("interface").Or(""),
            map.Choice<ProbeImpact>("allowed-impact").Or(LabSetup.Default.AllowedImpact),
            map.YesNo("allow-public-addresses").Or(false),
            map.YesNo("allow-routed-addresses").Or(false),
            map.Map("limits") is { } limits ? Limits(limits) : LabLimits.Default,
            [.. map.Maps("credentials", "a credential").Select(Credential).OfType<TestCredential>()],
            [.. map.Maps("actuators", "an actuator").Select(Actuator)],
            [.. map.Maps("host-listeners", "a listener of the host").Select(Listener).OfType<HostListener>()],
            StandIn(map))
        {
            SweepMethod = map.Choice<SweepMethod>("sweep-method").Or(SweepMethod.Auto),
            Captures = [.. Files(map, "captures", "capture-missing", "Give captures as pcap or pcapng files; relative names start at the declaration's folder.")],
            KeyLogs = [.. Files(map, "key-logs", "key-log-missing", "Give key logs in the format of SSLKEYLOGFILE; relative names start at the declaration's folder.")],
            MudFile = map.Text("mud-file") is var mud && mud.TryGet(out var mudFile) ? MudReader.Read(folder, mudFile.Trim(), mud.At, complaints) : null,
            CapturedAddresses = [.. Addresses(map, "captured-addresses", "Give the IP addresses that the DUT had while the captures were made; leave the key out when they are its present ones.")],
            NameServers = [.. Addresses(map, "name-servers", "Give the addresses of the resolvers that the laboratory's network tells the DUT.")],
            PersonalData = [.. map.Maps("personal-data", "a personal datum").Select(Sought).OfType<SoughtDatum>()],
            Secrets = [.. map.Maps("secrets", "a secret").Select(Sought).OfType<SoughtDatum>()],
            CredentialLists = [.. map.Texts("credential-lists").Select((list, index) => new CredentialList(list.Value, CredentialListReader.Read(folder, list.Value, index + 1, list.At, complaints)))],
        };
        map.Close();
        return lab;
    }

    private static LabLimits Limits(MapReader map)
    {
        var sweep = map.Choice<SweepPace>("sweep").Or(SweepPace.Gentle);
        var otherwise = sweep == SweepPace.Fast ? LabLimits.Fast : LabLimits.Default;
        var limits = new LabLimits(
            map.Number("connections-per-second", 1, 1_000_000).Or(otherwise.ConnectionsPerSecond),
            map.Number("concurrent-connections", 1, 4096).Or(otherwise.ConcurrentConnections),
            map.Number("connect-timeout-milliseconds", 50, 60_000).Or(otherwise.ConnectTimeoutMilliseconds),
            map.Number("credential-attempts", 0, 100_000).Or(otherwise.CredentialAttempts),
            map.Number("udp-seconds", 1, 24 * 60 * 60).Or(otherwise.UdpSeconds),
            map.Number("minutes", 1, 7 * 24 * 60).Or(otherwise.Minutes))
        {
            Sweep = sweep,
        };
        map.Close();
        return limits;
    }

    private TestCredential? Credential(MapReader map)
    {
        var authMech = map.RequiredText("auth-mech", "Name the entry of 1-AuthMech that it logs in to.").Trim();
        var sample = map.RequiredText("sample", "Name the sample that it belongs to.").Trim();
        var kind = map.RequiredChoice<CredentialKind>("kind");
        var user = map.Text("user").Or("");
        var password = Password(map, PasswordKeys, "credential", "password");
        map.Close();
        CredentialPlaces.Add((authMech, sample, map.At));
        return password is null ? null : new TestCredential(authMech, sample, kind, user, password);
    }

    private SoughtDatum? Sought(MapReader map)
    {
        var what = map.RequiredText("what", "Say what it is; reports name it so: 'e-mail address of the test account'.").Trim();
        var entry = map.Text("entry").Or("").Trim();
        var value = Password(map, ValueKeys, "datum", "value");
        map.Close();
        SoughtPlaces.Add((entry, map.At));
        return value is null ? null : new SoughtDatum(what, entry, value);
    }

    private Secret? Password(MapReader map, string[] keys, string owner, string noun)
    {
        var given = keys.Select(key => (key, node: map.Take(key))).Where(pair => pair.node is not null).ToList();
        if (given.Count != 1)
        {
            map.Reject($"bad-{noun}", map.At, noun, $"The {owner} gives {(given.Count == 0 ? $"no {noun}" : $"its {noun} in more than one way")}.", $"Give one of '{keys[0]}', '{keys[1]}' and '{keys[2]}'.");
            return null;
        }

        var (key, node) = given[0];
        if (node is not YamlNode.Text text)
        {
            map.Reject($"bad-{noun}", node!.At, key, $"'{key}' of a {owner} is {node.Kind}.", "Write one text, in quotes.");
            return null;
        }

        return key == keys[0] ? new Secret(text.Value) : key == keys[1] ? FromEnvironment(text, key, owner, noun) : FromFile(text, key, owner, noun);
    }

    // The laboratory's own files may lie anywhere: captures are large, and a run reads them where they are.
    private IEnumerable<string> Files(MapReader map, string key, string rule, string remedy)
    {
        foreach (var (name, at) in map.Texts(key))
        {
            if (!File.Exists(Path.Combine(folder, name)))
            {
                complaints.Error(rule, at, $"The file {Quotation.Of(name)} does not exist.", remedy, "", key);
            }

            yield return name;
        }
    }

    private static IEnumerable<DutAddress> Addresses(MapReader map, string key, string remedy)
    {
        foreach (var (text, at) in map.Texts(key))
        {
            if (DutAddress.TryParse(text.Trim(), null, out var address))
            {
                yield return address;
                continue;
            }

            map.Reject("bad-address", at, key, $"{Quotation.Of(text)} is no IP address.", remedy);
        }
    }

    private Secret? FromEnvironment(YamlNode.Text name, string key, string owner, string noun)
    {
        if (name.Value.Length > 0 && !name.Value.Contains('=', StringComparison.Ordinal) && environment(name.Value) is { Length: > 0 } password)
        {
            return new Secret(password);
        }

        // Somebody may have written the password itself here, so only what looks like a variable is repeated.
        var shown = VariableName().IsMatch(name.Value) ? name.Value : $"that '{key}' names";
        complaints.Error($"{noun}-missing", name.At, $"The environment variable {shown} is not set, so the {owner} is left out.", $"Export it before the run; '{key}' holds its name, never the {noun}.", "", key);
        return null;
    }

    private Secret? FromFile(YamlNode.Text name, string key, string owner, string noun)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, name.Value));
            if (file is { Exists: true, Length: > 0 and <= LongestPasswordFile } && File.ReadLines(file.FullName).FirstOrDefault() is { Length: > 0 } password)
            {
                return new Secret(password);
            }

            complaints.Error($"{noun}-missing", name.At, $"The file {Quotation.Of(name.Value)} is missing, empty or longer than {LongestPasswordFile} bytes, so the {owner} is left out.", $"Put the {noun} alone on its first line.", "", key);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            complaints.Error($"{noun}-missing", name.At, $"The file {Quotation.Of(name.Value)} can not be read, so the {owner} is left out: {exception.Message}", "Check its name and rights.", "", key);
        }

        return null;
    }

    private static Actuator Actuator(MapReader map)
    {
        var actuator = new Actuator(
            map.RequiredText("name", "Name it."),
            map.RequiredText("does", "Say what it does: power, reset, factory-reset."),
            map.Text("how").Or("operator"));
        map.Close();
        return actuator;
    }

    private static HostListener? Listener(MapReader map)
    {
        var text = map.RequiredText("endpoint", "Give the endpoint, as in 'tcp/127.0.0.1:22'.").Trim();
        var reason = map.RequiredText("reason", "Say what listens there.");
        map.Close();
        if (text.Length == 0)
        {
            return null;
        }

        var at = map.Take("endpoint")!.At;
        if (!Endpoint.TryParse(text, null, out var endpoint))
        {
            map.Reject("bad-endpoint", at, "endpoint", $"{Quotation.Of(text)} is not an endpoint.", "Write transport, address and port, as in 'tcp/127.0.0.1:22' or 'tcp/[::1]:22'.");
            return null;
        }

        if (!endpoint.Address.IsLoopback)
        {
            map.Reject("listener-not-loopback", at, "endpoint", $"{endpoint} is not on a loopback address; at any other address every open port is the DUT's.", "Remove it. Only where the DUT is emulated on 127.0.0.0/8 or ::1 can a port belong to the host.");
            return null;
        }

        return new HostListener(endpoint, reason);
    }

    private static DutAddress? StandIn(MapReader map)
    {
        if (!map.Text("stand-in-address").TryGet(out var text))
        {
            return null;
        }

        var at = map.Take("stand-in-address")!.At;
        if (DutAddress.TryParse(text.Trim(), null, out var address) && DutReader.Unusable(address) is null)
        {
            return address;
        }

        map.Reject("bad-address", at, "stand-in-address", $"{Quotation.Of(text)} is not the address of a host.", "Give the address of the laboratory's host that the DUT reaches.");
        return null;
    }

    [GeneratedRegex("^[A-Z_][A-Z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex VariableName();
}
