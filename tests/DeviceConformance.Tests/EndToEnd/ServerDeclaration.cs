using System.Net;
using System.Text.RegularExpressions;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>The declaration of <see cref="ServerDevice"/>: the example's, with the facts that real servers play otherwise.</summary>
internal static partial class ServerDeclaration
{
    public const string Owner = "admin";
    public const string Panel = "panel";

    /// <summary>Password of the owner; every usual encoding of it differs from the plain text.</summary>
    public const string OwnerPassword = "Warm & Water/42%";

    /// <summary>Password of the panel, as on the label of sample A.</summary>
    public const string PanelPassword = "q7TzB2mK9xWd";

    /// <summary>Password on the label of sample B.</summary>
    public const string OtherPanelPassword = "Hc4vN8sRy3Lp";

    /// <summary>All credentials of lab.yaml.</summary>
    public static IReadOnlyList<(string User, string Password)> Secrets { get; } = [(Owner, OwnerPassword), (Panel, PanelPassword), (Panel, OtherPanelPassword)];

    /// <summary>Wrong logins at the web interface after which it locks.</summary>
    public const int Attempts = 10;

    private static readonly Dictionary<string, string> _ports = new() { ["18080"] = "80", ["18443"] = "443", ["18883"] = "8883" };

    /// <summary>Units that no server here can decide: none takes updates, and mosquitto's declaration does not say how often it may be guessed at.</summary>
    public static IReadOnlyList<string> OpenForServers(StandardEdition edition) =>
        ["5.1-5-2 b", "5.3-1-2 a", "5.3-2-2 a", "5.3-2-2 b", .. edition == StandardEdition.V3 ? new[] { "5.3-9-2 a", "5.3-9-2 b" } : []];

    /// <summary>Units whose answers the example leaves out on purpose.</summary>
    public static IReadOnlyList<string> OpenForExaminer(StandardEdition edition) =>
        edition == StandardEdition.V3
            ? ["5.3-4A-2 a", "5.5-2-1 b", "5.5-2-2 a", "5.7-1-2 a", "5.7-2-2 a", "5.7-2-2 b", "5.9-1-2 b", "5.9-2-2 b", "5.12-3-2 d", "5.12-3-2 e"]
            : ["5.3-6-2 b", "5.5-2-1 b", "5.5-2-2 a", "5.7-1-2 a", "5.7-2-2 a", "5.7-2-2 b", "5.9-1-2 b", "5.9-2-2 b", "5.11-3-1 c", "5.12-3-1 c"];

    /// <summary>Writes it.</summary>
    public static void Write(string folder, StandardEdition edition, params IPAddress[] addresses)
    {
        ExampleDevice.Write(folder, edition);
        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories))
        {
            File.WriteAllText(file, Port().Replace(File.ReadAllText(file), port => _ports[port.Value]));
        }

        Edit(folder, "dut.yaml", text => text.Replace("127.0.0.1, '::1'", string.Join(", ", addresses.Select(address => $"'{address}'")), StringComparison.Ordinal));
        Edit(folder, "lab.yaml", text => text.Replace("password: Warm-Water-42", $"password: '{OwnerPassword}'", StringComparison.Ordinal));
        Edit(folder, "ixit/01-AuthMech.yaml", text => LockOutOfPanel().Replace(
            FormLogin().Replace(text, "        - {protocol: http-basic, port: 443, tls: yes, path: /home}\n").Replace("attempts: 5", $"attempts: {Attempts}", StringComparison.Ordinal), "$1"));
        Edit(folder, "ixit/07-UpdMech.yaml", text => UpdateTrials().Replace(text, ""));
        Edit(folder, "ixit/13-SoftServ.yaml", text => Resources().Replace(text, "        - {method: GET, path: /home}\n        - {method: GET, path: /status}\n"));
    }

    /// <summary>Gives sample B an address in the laboratory's network.</summary>
    public static void DeclareOtherSample(string folder, IPAddress address) =>
        Edit(folder, "dut.yaml", text => text.Replace("addresses: []", $"addresses: ['{address}']", StringComparison.Ordinal));

    /// <summary>Adds a login over SSH with a password that the owner sets.</summary>
    public static void DeclareShell(string folder)
    {
        Edit(folder, "ixit/01-AuthMech.yaml", text => text.TrimEnd() + $"""


              - ID: AuthMech-3
                Description: Login of the service over SSH.
                Authentication Factor: Password.
                Password Generation Mechanism: 'None: the owner defines the password.'
                Security Guarantees: Confidentiality, integrity and authenticity of the login.
                Cryptographic Details: SSH.
                Brute Force Prevention: After {Attempts} wrong attempts in a row the login is refused.
                Default Status: Enabled.
                facts:
                  subject: user
                  factor: password
                  origin: user-defined
                  network-addressable: yes
                  cryptographic: yes
                  logins:
                    - protocol: ssh
                      port: 22
                  lock-out: {"{"}attempts: {Attempts}, seconds: 60{"}"}

            """);
        // Enough to find the password and to see that no lock comes; the whole dictionary would take long.
        Edit(folder, "lab.yaml", text => text.Replace("credential-attempts: 500", "credential-attempts: 40", StringComparison.Ordinal));
    }

    /// <summary>Changes a file of a declaration.</summary>
    public static void Edit(string folder, string file, Func<string, string> edit)
    {
        var path = Path.Combine(folder, file);
        var before = File.ReadAllText(path);
        var after = edit(before);
        if (before == after)
        {
            throw new InvalidOperationException($"{file} of the example no longer reads as it did.");
        }

        File.WriteAllText(path, after);
    }

    [GeneratedRegex(@"\b(18080|18443|18883)\b")]
    private static partial Regex Port();

    [GeneratedRegex(@"        - protocol: http-form\n(          .*\n)+")]
    private static partial Regex FormLogin();

    [GeneratedRegex(@"(protocol: mqtt\n.*\n.*\n)      lock-out: .*\n")]
    private static partial Regex LockOutOfPanel();

    [GeneratedRegex(@"      offer:\n(      .*\n)+")]
    private static partial Regex UpdateTrials();

    [GeneratedRegex(@"(        - \{method: .*\n)+")]
    private static partial Regex Resources();
}
