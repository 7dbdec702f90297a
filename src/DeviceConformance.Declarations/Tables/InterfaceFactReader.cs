using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Declarations.Tables;

/// <summary>Reads the typed facts of the tables on communication, services and interfaces.</summary>
internal static partial class InterfaceFactReader
{
    private static readonly ImmutableSortedDictionary<string, TlsVersion> Versions = Enum.GetValues<TlsVersion>()
        .SelectMany(version => new[] { version.DisplayName(), version.DisplayName()[4..] }.Select(name => (name, version)))
        // 2.0 and 3.0 without a name could only be SSL, and 1.0 to 1.3 only TLS.
        .ToImmutableSortedDictionary(pair => pair.name.ToLowerInvariant(), pair => pair.version, StringComparer.Ordinal);

    /// <summary>Facts of 11-ComMech and 11-SecComMech.</summary>
    public static IxitFacts ComMech(MapReader map) => new ComMechFacts
    {
        Protocol = map.Choice<CommProtocol>("protocol"),
        Role = map.Choice<CommRole>("role"),
        Transport = map.Choice<Transport>("transport"),
        Port = map.Port(),
        Peer = map.Text("peer"),
        Peers = map.Peers("peers"),
        Versions = map.AllOf("versions", Versions),
        Suites = Suites(map),
        SshAlgorithms = [.. map.Texts("ssh-algorithms").Select(name => name.Value.Trim())],
        CertificateSha256 = Fingerprints(map),
        RemotelyAccessible = map.YesNo("remotely-accessible"),
    };

    /// <summary>Facts of 24-TelData.</summary>
    public static IxitFacts TelData(MapReader map) => new TelDataFacts { Servers = map.Peers("servers") };

    /// <summary>Facts of 21-PersData.</summary>
    public static IxitFacts PersData(MapReader map) => new PersDataFacts { Servers = map.Peers("servers") };

    /// <summary>Facts of 28-LogIntf, 28-ExtAPI, 15-Intf and 15-PhyIntf.</summary>
    public static IxitFacts Interface(MapReader map) => new LogIntfFacts
    {
        Physical = map.YesNo("physical"),
        Debug = map.YesNo("debug"),
        Network = map.YesNo("network"),
        Transport = map.Choice<Transport>("transport"),
        Ports = map.Ports(),
        Protocol = map.Choice<ServiceProtocol>("protocol"),
        Tls = map.YesNo("tls"),
        Status = map.Choice<InterfaceStatus>("status"),
        Discloses = map.Choices<DisclosureKind>("discloses"),
        Needed = map.YesNo("needed"),
    };

    /// <summary>Facts of 13-SoftServ.</summary>
    public static IxitFacts SoftServ(MapReader map) => new SoftServFacts
    {
        Transport = map.Choice<Transport>("transport"),
        Ports = map.Ports(),
        Protocol = map.Choice<ServiceProtocol>("protocol"),
        Tls = map.YesNo("tls"),
        Network = map.YesNo("network"),
        Status = map.Choice<InterfaceStatus>("status"),
        AllowsConfiguration = map.YesNo("allows-configuration"),
        Protects = [.. map.Maps("protects", $"a protected resource of {map.What}").Select(Resource)],
    };

    private static ProtectedResource Resource(MapReader map)
    {
        var method = map.RequiredText("method", "Give the HTTP method, such as GET.").Trim();
        if (method.Length > 0 && !Method().IsMatch(method))
        {
            map.Reject("bad-method", map.Take("method")!.At, "method", $"{Quotation.Of(method)} is no HTTP method.", "Write it in capital letters: GET, POST.");
        }

        var resource = new ProtectedResource(method, map.RequiredPath());
        map.Close();
        return resource;
    }

    private static ImmutableArray<string> Suites(MapReader map)
    {
        var suites = ImmutableArray.CreateBuilder<string>();
        foreach (var (suite, at) in map.Texts("suites"))
        {
            if (SuiteName().IsMatch(suite))
            {
                suites.Add(suite);
            }
            else
            {
                map.Reject("bad-suite", at, "suites", $"{Quotation.Of(suite)} is not the IANA name of a cipher suite.", "Write it as IANA does: TLS_AES_128_GCM_SHA256.");
            }
        }

        return suites.ToImmutable();
    }

    private static ImmutableArray<string> Fingerprints(MapReader map)
    {
        var prints = ImmutableArray.CreateBuilder<string>();
        foreach (var (text, at) in map.Texts("certificate-sha256"))
        {
            var print = text.Replace(":", "", StringComparison.Ordinal).Trim().ToLowerInvariant();
            if (Sha256().IsMatch(print))
            {
                prints.Add(print);
            }
            else
            {
                map.Reject("bad-fingerprint", at, "certificate-sha256", $"{Quotation.Of(text)} is no SHA-256 fingerprint.", "Write 64 hex digits in quotes, with or without colons.");
            }
        }

        return prints.ToImmutable();
    }

    [GeneratedRegex("^[A-Z][A-Z-]{0,15}$", RegexOptions.CultureInvariant)]
    private static partial Regex Method();

    [GeneratedRegex("^(TLS|SSL)_[A-Z0-9_]+$", RegexOptions.CultureInvariant)]
    private static partial Regex SuiteName();

    [GeneratedRegex("^[0-9a-f]{64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Sha256();
}
