using System.Net;
using DeviceConformance.Cli;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Declarations;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Outgoing;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>The example declaration with what the emulated device says by itself: three servers of the maker's cloud, and what travels to them.</summary>
internal sealed class SpeakingDeclaration : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dct-speaking-");

    public SpeakingDeclaration(IPAddress device, VendorCloud cloud)
    {
        ExampleDevice.Write(Folder, StandardEdition.V3);
        var update = $"tcp/{CloudNames.Updates}:{cloud.Place(CloudNames.Updates, CloudPorts.Https).Port}";
        Edit("dut.yaml", text => text
            .Replace("[127.0.0.1, '::1']", $"[{device}]", StringComparison.Ordinal)
            .Replace("'t': {holds: no, because: 'The download server receives no personal data, and there is no other associated service.'}", "'t': {holds: yes, because: The account and the place go to the API of the maker.}", StringComparison.Ordinal)
            .Replace("'u': {holds: no, because: 'The device handles no sensitive personal data.'}", "'u': {holds: yes, because: The place of the home goes to the API of the maker.}", StringComparison.Ordinal));
        Edit("ics.yaml", text => text
            .Replace("support: N/A\n    detail: 'Feature t is absent: no personal data leaves the device towards an associated service.'", "support: Y\n    detail: TLS, see SecComMech-4 and SecComMech-5.", StringComparison.Ordinal)
            .Replace("support: N/A\n    detail: 'Feature u is absent: no sensitive personal data leaves the device towards an associated service.'", "support: Y\n    detail: TLS, see SecComMech-4.", StringComparison.Ordinal));
        Edit("ixit/07-UpdMech.yaml", text => text.Replace("      automatic: yes\n      notifies: yes\n", $"      automatic: yes\n      notifies: yes\n      servers: ['{update}']\n", StringComparison.Ordinal));
        Edit("ixit/11-SecComMech.yaml", text => text
            + Mechanism(4, CloudNames.Api, cloud.Place(CloudNames.Api, CloudPorts.Https).Port)
            + Mechanism(5, CloudNames.Telemetry, cloud.Place(CloudNames.Telemetry, CloudPorts.MqttTls).Port)
            + Mechanism(6, CloudNames.Updates, cloud.Place(CloudNames.Updates, CloudPorts.Https).Port));
        Edit("ixit/10-SecParam.yaml", text => text + Parameter(8, 4) + Parameter(9, 5));
        Edit("ixit/21-PersData.yaml", text => text + Datum(3, "E-mail address and place of the owner", 4, "Yes, the place of the home") + Datum(4, "Burner starts, with the serial number", 5, "No"));
        Edit("lab.yaml", text => text + $$"""

            name-servers: ['{{cloud.Resolver.Address}}']
            personal-data:
              - {what: e-mail address of the owner, entry: PersData-3, value: '{{DeviceOwner.Email}}'}
              - {what: place of the owner, entry: PersData-3, value: '{{DeviceOwner.Place}}'}

            """.Replace("            ", "", StringComparison.Ordinal));
    }

    public string Folder => _folder.FullName;

    public Declaration Read()
    {
        var reading = DeclarationReader.Read(Folder, Harness.Catalogue);
        return reading.Declaration ?? throw new InvalidOperationException(string.Join("\n", reading.Complaints));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Mechanism(int number, string peer, int port) => $"""

          - ID: SecComMech-{number}
            Description: The heater talks with {peer}, a server of the maker.
            Interface: LogIntf-4, outgoing.
            Security Guarantees: Confidentiality, integrity, authenticity of the server.
            Cryptographic Details: TLS 1.2 and TLS 1.3, RFC 9325.
            facts:
              protocol: tls
              role: client
              transport: tcp
              peers: ['tcp/{peer}:{port}']
              versions: [TLS 1.2, TLS 1.3]
              remotely-accessible: yes

        """;

    private static string Parameter(int number, int mechanism) => $"""

          - ID: SecParam-{number}
            Description: Credential of the heater at a server of the maker.
            Type: Critical security parameter
            Security Guarantees: Integrity, confidentiality
            Protection Scheme: Encrypted settings area.
            Provisioning Mechanism: Written in production.
            Secure Communication Mechanisms: SecComMech-{mechanism}
            Generation Mechanism: Drawn for each unit from a hardware random number generator.

        """;

    private static string Datum(int number, string what, int mechanism, string sensitive) => $"""

          - ID: PersData-{number}
            Description: {what}.
            Purpose: Account of the owner.
            Aggregation: No
            Authorized Parties: The owner and Nordwarm.
            Lifecycle: Until the account is closed.
            Processing Activities: Sent to the server of the maker.
            Secure Communication Mechanisms: SecComMech-{mechanism}
            Sensitive: {sensitive}
            Obtaining Consent: 'None: processing does not rest on consent.'
            Withdrawing Consent: None, since there is no consent.
            Storing Consent: None, since there is no consent.
            Anonymization: 'No.'

        """;

    private void Edit(string file, Func<string, string> change)
    {
        var path = Path.Combine(Folder, file);
        var before = File.ReadAllText(path).ReplaceLineEndings("\n");
        var after = change(before);
        if (after == before)
        {
            throw new InvalidOperationException($"The example's {file} is no longer what this changes.");
        }

        File.WriteAllText(path, after);
    }
}
