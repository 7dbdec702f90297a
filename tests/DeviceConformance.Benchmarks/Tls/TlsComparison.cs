using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Tests.Lab;

namespace DeviceConformance.Benchmarks.Tls;

/// <summary>What TLS servers offer, by our own command line and by the tools of specialists: versions and suites, groups, signatures.</summary>
internal static partial class TlsComparison
{
    public static Comparison Comparison { get; } = new("tls", "TLS enumeration: dct observe tls, nmap ssl-enum-ciphers, sslscan, testssl.sh (--full: all its checks)", RunAsync);

    private static readonly (string Title, int Port, Action<NetworkNamespace, string> Start)[] _targets =
    [
        ("nginx, TLS 1.0 to 1.3, keys of RSA and ECDSA", 443, StartNginx),
        ("openssl s_server, every suite", 4433, (device, folder) => device.Start(
            "openssl",
            ["s_server", "-accept", "4433", "-quiet", "-cert", $"{folder}/rsa.pem", "-key", $"{folder}/rsa.key", "-dcert", $"{folder}/ec.pem", "-dkey", $"{folder}/ec.key", "-cipher", "ALL:eNULL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-dhparam", $"{folder}/dh.pem"])),
        ("gnutls-serv with RC4 and 3DES", 5556, (device, folder) => device.Start(
            "gnutls-serv",
            ["--port", "5556", "--quiet", "--echo", "--x509certfile", $"{folder}/rsa.pem", "--x509keyfile", $"{folder}/rsa.key", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1:+VERS-TLS1.2:+ARCFOUR-128:+3DES-CBC:+MD5:+ANON-ECDH:+ANON-DH:%VERIFY_ALLOW_SIGN_RSA_MD5"])),
    ];

    private static async Task<int> RunAsync(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("dct-tls-").FullName;
        try
        {
            using var rsa = RSA.Create(2048);
            using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Write($"{folder}/rsa", new CertificateRequest("CN=device-rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), rsa.ExportPkcs8PrivateKeyPem());
            Write($"{folder}/ec", new CertificateRequest("CN=device-ec", ecdsa, HashAlgorithmName.SHA256), ecdsa.ExportPkcs8PrivateKeyPem());
            foreach (var (title, port, start) in _targets.Where(target => target.Title.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
            {
                using var device = NetworkNamespace.CreateOrSkip();
                device.Run("openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", $"{folder}/dh.pem");
                start(device, folder);
                await device.WaitForPortAsync(port);
                Contest.Run(title, [.. Contenders($"{device.DeviceAddress}", port, options.Full)], new HashSet<string>(), options.Rounds, () => Counters.Of(device));
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<Contender> Contenders(string address, int port, bool isFull)
    {
        var dct = Path.Combine(AppContext.BaseDirectory, "dct.dll");
        yield return new Contender("dct observe tls", ["dotnet", dct, "observe", "tls", $"{address}:{port}", "--json"], Ours, [0, 2]);
        yield return new Contender("dct observe tls-attacks", ["dotnet", dct, "observe", "tls-attacks", $"{address}:{port}", "--json"], Attacks, [0, 2]);
        yield return new Contender("nmap ssl-enum-ciphers", ["nmap", "-n", "-Pn", "-p", $"{port}", "--script", "+ssl-enum-ciphers", "-oX", "-", address], Nmap);
        yield return new Contender("sslscan", ["sslscan", "--no-colour", "--show-cipher-ids", $"{address}:{port}"], Sslscan);
        yield return new Contender("sslscan --show-sigs", ["sslscan", "--no-colour", "--show-cipher-ids", "--show-sigs", $"{address}:{port}"], Sslscan);
        // Its exit code counts findings. It must not ask a name server: nothing may leave the namespace.
        yield return new Contender("testssl.sh -p -E", ["testssl", "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "-p", "-E", $"{address}:{port}"], Testssl, []);
        if (isFull)
        {
            yield return new Contender("testssl.sh, all", ["testssl", "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", $"{address}:{port}"], Testssl, []);
        }
    }

    private static Answer Ours(string output)
    {
        using var json = JsonDocument.Parse(output);
        var seen = json.RootElement.GetProperty("observation");
        var found = new List<string>();
        foreach (var version in seen.GetProperty("versions").EnumerateArray())
        {
            found.AddRange(version.GetProperty("suites").EnumerateArray().Select(suite => Suite(Version(version.GetProperty("version").GetString()!), suite.GetProperty("code").GetInt32())));
        }

        var details = seen.GetProperty("details");
        found.AddRange(details.GetProperty("groups").EnumerateArray().Select(group => $"{Version(group.GetProperty("version").GetString()!)} group {group.GetProperty("name").GetString()}"));
        found.AddRange(details.GetProperty("signatures").EnumerateArray().Select(signature => $"{Version(signature.GetProperty("version").GetString()!)} signature {signature.GetProperty("name").GetString()}"));
        return new Answer(
            [.. found],
            $"{seen.GetProperty("connections").GetInt32()} connections for {found.Count(name => name.Contains(" 0x", StringComparison.Ordinal))} suites, {details.GetProperty("connections").GetInt32()} for the rest");
    }

    private static Answer Attacks(string output)
    {
        using var json = JsonDocument.Parse(output);
        return new Answer([], string.Join(", ", json.RootElement.GetProperty("observation").GetProperty("attacks").EnumerateArray().Select(attack => $"{attack.GetProperty("attack").GetString()} {attack.GetProperty("exposure").GetString()}")));
    }

    private static Answer Nmap(string output) => new(
        [
            .. XDocument.Parse(output[output.IndexOf("<?xml", StringComparison.Ordinal)..]).Descendants("table")
                .Where(table => ((string?)table.Attribute("key"))?.StartsWith("TLSv", StringComparison.Ordinal) == true)
                .SelectMany(table => table.Descendants("elem").Where(element => (string?)element.Attribute("key") == "name").Select(element => (Version: (string)table.Attribute("key")!, Name: element.Value.Replace("TLS_AKE_WITH_", "TLS_", StringComparison.Ordinal))))
                .Select(pair => CipherSuite.ByCode.Values.FirstOrDefault(suite => suite.Name == pair.Name) is { } suite ? Suite(pair.Version, suite.Code) : $"{pair.Version} {pair.Name}"),
        ],
        "");

    private static Answer Sslscan(string output) => new(
        [
            .. SslscanSuite().Matches(output).Select(match => Suite(match.Groups[1].Value, int.Parse(match.Groups[2].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture))),
            .. SslscanGroup().Matches(output).Select(match => $"{match.Groups[1].Value} group {match.Groups[2].Value}"),
            .. SslscanSignature().Matches(output).Select(match => $"{match.Groups[1].Value} signature {match.Groups[2].Value}"),
        ],
        "");

    private static Answer Testssl(string output)
    {
        var found = new HashSet<string>();
        var version = "";
        foreach (var line in output.Split('\n'))
        {
            if (TestsslVersion().Match(line) is { Success: true } heading)
            {
                version = heading.Groups[1].Value == "1" ? "TLSv1.0" : $"TLSv{heading.Groups[1].Value}";
            }
            else if (version.Length > 0 && TestsslSuite().Match(line) is { Success: true } suite)
            {
                found.Add(Suite(version, int.Parse(suite.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            }
        }

        return new Answer([.. found], "");
    }

    private static string Suite(string version, int code) => $"{version} 0x{code:x4}";

    private static string Version(string name) => name.StartsWith("Tls1", StringComparison.Ordinal) ? $"TLSv1.{name[^1]}" : name;

    private static void StartNginx(NetworkNamespace device, string folder)
    {
        File.WriteAllText($"{folder}/nginx.conf", $$"""
            daemon off; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log;
            events {}
            http {
              access_log off;
              ssl_certificate {{folder}}/rsa.pem; ssl_certificate_key {{folder}}/rsa.key;
              ssl_certificate {{folder}}/ec.pem; ssl_certificate_key {{folder}}/ec.key;
              ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers "ALL:!aNULL:!eNULL:@SECLEVEL=0"; ssl_dhparam {{folder}}/dh.pem;
              server { listen 443 ssl; }
            }
            """);
        device.Start("nginx", ["-c", $"{folder}/nginx.conf"]);
    }

    private static void Write(string path, CertificateRequest request, string key)
    {
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        File.WriteAllText($"{path}.pem", certificate.ExportCertificatePem());
        File.WriteAllText($"{path}.key", key);
    }

    [GeneratedRegex(@"(?:Preferred|Accepted)\s+(\S+)\s+\d+ bits\s+0x([0-9A-Fa-f]{4})")]
    private static partial Regex SslscanSuite();

    [GeneratedRegex(@"^(TLSv1\.\d)\s+\d+ bits\s+(\S+)", RegexOptions.Multiline)]
    private static partial Regex SslscanGroup();

    [GeneratedRegex(@"^(TLSv1\.\d)\s+((?:rsa|ecdsa|ed|dsa)\S+)", RegexOptions.Multiline)]
    private static partial Regex SslscanSignature();

    [GeneratedRegex(@"^TLS (1(?:\.\d)?)\s*$")]
    private static partial Regex TestsslVersion();

    [GeneratedRegex(@"^ x([0-9a-f]{2,4})\s")]
    private static partial Regex TestsslSuite();
}
