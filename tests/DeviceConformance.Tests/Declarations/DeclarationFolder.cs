using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Declarations;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

/// <summary>
/// A declaration of a small sound device in a folder of its own, without a single complaint. Tests spoil one thing in it and read it.
/// </summary>
public sealed class DeclarationFolder : IDisposable
{
    private static readonly Lazy<Catalogue> Older = new(() => CatalogueReader.Read(CatalogueFiles.Read(StandardEdition.V2), StandardEdition.V2.CatalogueFile));
    private static readonly Lazy<Catalogue> Newer = new(() => CatalogueReader.Read(CatalogueFiles.Read(StandardEdition.V3), StandardEdition.V3.CatalogueFile));

    /// <summary>Provisions whose condition the small device does not meet.</summary>
    private static readonly ImmutableHashSet<string> NotApplicable = ["5.3-14", "5.3-15", "5.3-15A", "5.3-15B"];

    private static readonly ImmutableDictionary<string, string> Columns = new Dictionary<string, string>
    {
        ["Update Mechanism"] = "UpdMech-1",
        ["Authentication Mechanism"] = "AuthMech-1",
        ["Source"] = "UserIntf-1",
        ["Personal Data"] = "PersData-1",
        ["Status"] = "Enabled, since the user works with it.",
        ["Allows Configuration"] = "Yes",
        ["Debug Interface"] = "No",
        ["Sensitive"] = "No",
        ["Aggregation"] = "Yes, daily means.",
        ["Obtaining Consent"] = "A dialogue in the set-up asks for it.",
    }.ToImmutableDictionary();

    private readonly string _folder = Directory.CreateTempSubdirectory("declaration-").FullName;

    public DeclarationFolder(StandardEdition edition)
    {
        Edition = edition;
        Catalogue = Of(edition);
        Directory.CreateDirectory(Path.Combine(_folder, "ixit"));
        Write("dut.yaml", Identification(edition));
        Write("lab.yaml", Laboratory);
        Write("ics.yaml", Statement());
        foreach (var table in Catalogue.Tables)
        {
            Write(FileOf(table), Sheet(table));
        }

        File.WriteAllBytes(Path.Combine(_folder, "new.img"), new byte[256]);
    }

    public StandardEdition Edition { get; }

    public Catalogue Catalogue { get; }

    public string Path_ => _folder;

    public static Catalogue Of(StandardEdition edition) => edition == StandardEdition.V2 ? Older.Value : Newer.Value;

    public static string FileOf(IxitTable table) => $"ixit/{(int)table.Role:00}-{table.Stem}.yaml";

    public string FileOf(IxitRole role) => FileOf(Catalogue.Table(role));

    public IEnumerable<string> Files => Directory.EnumerateFiles(_folder, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder, file)).Order(StringComparer.Ordinal);

    public DeclarationFolder Write(string file, string text)
    {
        File.WriteAllText(Path.Combine(_folder, file), text.ReplaceLineEndings("\n"));
        return this;
    }

    public DeclarationFolder Write(string file, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(_folder, file), bytes);
        return this;
    }

    public string Text(string file) => File.ReadAllText(Path.Combine(_folder, file));

    public byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(_folder, file));

    /// <summary>Replaces the first occurrence; the test is wrong when there is none.</summary>
    public DeclarationFolder Replace(string file, string old, string by)
    {
        var text = Text(file);
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThanOrEqualTo(0), $"{file} does not hold '{old}':\n{text}");
        return Write(file, text[..at] + by + text[(at + old.Length)..]);
    }

    public DeclarationFolder Replace(IxitRole role, string old, string by) => Replace(FileOf(role), old, by);

    /// <summary>Replaces the answer of a provision.</summary>
    public DeclarationFolder Answer(string provision, string support, string detail = "")
    {
        var lines = Text("ics.yaml").Split('\n').Where(line => !line.StartsWith($"- {{provision: {provision},", StringComparison.Ordinal));
        return Write("ics.yaml", string.Join('\n', lines).TrimEnd('\n') + $"\n- {{provision: {provision}, support: {support}, detail: '{detail}'}}\n");
    }

    /// <summary>Lets a table state that it has no entry.</summary>
    public DeclarationFolder Empty(IxitRole role) => Write(FileOf(role), $"table: {Catalogue.Table(role).Id}\nentries: []\n");

    /// <summary>Takes a table away, so that the declaration says nothing of it.</summary>
    public DeclarationFolder Without(IxitRole role) => Delete(FileOf(role));

    /// <summary>Takes a line away.</summary>
    public DeclarationFolder Cut(IxitRole role, string line) =>
        Replace(role, Text(FileOf(role)).Split('\n').First(candidate => candidate.Contains(line, StringComparison.Ordinal)) + "\n", "");

    /// <summary>Takes all statements on conditions away.</summary>
    public DeclarationFolder WithoutStatements() => Write("dut.yaml", Text("dut.yaml").Split("conditions:")[0]);

    /// <summary>States a condition, and no other.</summary>
    public DeclarationFolder State(string condition, string holds) =>
        Write("dut.yaml", Text("dut.yaml").Split("conditions:")[0] + $"conditions:\n  '{condition}': {{holds: {holds}, because: the design makes it so}}\n");

    public DeclarationFolder Delete(string file)
    {
        File.Delete(Path.Combine(_folder, file));
        return this;
    }

    public DeclarationReading Read(Func<string, string?>? environment = null) => DeclarationReader.Read(_folder, Of, environment ?? (_ => null));

    /// <summary>The declaration as it stands; the test is wrong when it can not be taken over.</summary>
    public Declaration Declared()
    {
        var reading = Read();
        Assert.That(reading.Declaration, Is.Not.Null, string.Join('\n', reading.Complaints.Select(complaint => $"{complaint.At} {complaint.Rule}: {complaint.Message}")));
        return reading.Declaration!;
    }

    /// <summary>Complaints by a rule, each as file, line and message.</summary>
    public IReadOnlyList<Complaint> Complaints(string rule) => [.. Read().Complaints.Where(complaint => complaint.Rule == rule)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Identification(StandardEdition edition) => $$"""
        edition: {{edition}}
        maker: Small Devices
        model: SD-1
        kind: thermometer
        firmware: 1.0.0
        hardware: rev A
        constrained: {answer: no, justification: ''}
        states: [factory default, initialised]
        associated-services: [weather service]
        samples:
        - {name: A, serial: SD-0001, mac: ['02:00:5e:10:00:01'], addresses: [127.0.0.1, '::1']}
        - {name: B, serial: SD-0002}
        conditions:
        {{(edition == StandardEdition.V2
            ? "  '10': {holds: yes, because: a device key is burnt in at the factory and signs the data}"
            : string.Join('\n', new[] { "l", "m", "p", "s", "x" }.Select(id => $"  {id}: {{holds: yes, because: the design makes it so}}")))}}
        """;

    private const string Laboratory = """
        laboratory: Test bench
        allowed-impact: state-changing
        limits: {connections-per-second: 100, minutes: 5}
        credentials:
        - {auth-mech: AuthMech-1, sample: A, kind: current, user: admin, password: 'open sesame'}
        actuators: [{name: plug-1, does: power, how: operator}]
        host-listeners: [{endpoint: 'tcp/127.0.0.1:22', reason: sshd of the host}]
        stand-in-address: 127.0.0.1
        """;

    private string Statement()
    {
        var ics = new StringBuilder("ics:\n");
        foreach (var provision in Catalogue.Provisions)
        {
            var not = NotApplicable.Contains(provision.Id.ToString());
            ics.Append($"- {{provision: {provision.Id}, support: {(not ? "N/A" : "Y")}, detail: '{(not ? "All software can be updated." : "")}'}}\n");
        }

        return ics.ToString();
    }

    private string Sheet(IxitTable table)
    {
        var sheet = new StringBuilder($"table: {table.Id}\n{(table.HasRows ? $"entries:\n- ID: {table.Stem}-1\n" : "form:\n")}");
        foreach (var field in table.Fields.Where(field => field.Name != IxitField.IdName))
        {
            sheet.Append($"  {field.Name}: {Column(table, field)}\n");
        }

        return sheet.Append(Facts(table.Role)).ToString();
    }

    private static string Column(IxitTable table, IxitField field) => (table.Role, field.Name) switch
    {
        (IxitRole.SecParam, "Type") => "Critical security parameter",
        (IxitRole.Intf, "Debug Interface") => "Yes, until it is fused",
        (IxitRole.Intf, "Status") => "Disabled permanently",
        (IxitRole.Intf, "Type") => "Physical port",
        (IxitRole.PersData, "Sensitive") => "Yes",
        (IxitRole.Conf, _) => "Yes",
        (_, "Communication Mechanisms") => "ComMech-1",
        (_, "Secure Communication Mechanisms") => "SecComMech-1",
        _ => Columns.GetValueOrDefault(field.Name, "Described in the design file."),
    };

    private static string Facts(IxitRole role) => role switch
    {
        IxitRole.AuthMech => """
              facts:
                subject: user
                factor: password
                origin: preset-unique
                network-addressable: yes
                cryptographic: yes
                user-name: admin
                password-length: 12
                password-alphabet: A-Za-z0-9
                logins:
                - {protocol: http-form, port: 8443, tls: yes, path: /, form: {user-field: user, password-field: password, action: /login, failure-text: Wrong}}
                - {protocol: mqtt, port: 8883, tls: yes}
                lock-out: {attempts: 5, seconds: 60}

            """,
        IxitRole.UpdMech => """
              facts:
                network: yes
                automatic: yes
                notifies: yes
                offer: {upload: {port: 8443, tls: yes, path: /update, field: image, auth-mech: AuthMech-1}}
                version: {port: 8443, tls: yes, path: /version, pattern: '"version":"([^"]+)"', auth-mech: AuthMech-1}
                genuine: {file: new.img, version: 1.1.0}
                layout: {signature: trailer, signature-length: 64, payload-offset: 100}
                settle-seconds: 5

            """,
        IxitRole.ComMech => """
              facts:
                protocol: tls
                role: server
                transport: tcp
                port: 8443
                versions: [TLS 1.2, 1.3]
                suites: [TLS_AES_128_GCM_SHA256]
                certificate-sha256: 'AA:BB:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd'
                remotely-accessible: no

            """,
        IxitRole.SoftServ => """
              facts:
                transport: tcp
                ports: [8443, 8883]
                protocol: http
                tls: yes
                network: yes
                status: enabled
                allows-configuration: yes
                protects:
                - {method: GET, path: /status}

            """,
        IxitRole.Intf => """
              facts: {physical: yes, debug: yes, network: no, status: disabled, needed: yes}

            """,
        IxitRole.LogIntf => """
              facts:
                network: yes
                transport: tcp
                ports: 8443
                protocol: http
                tls: yes
                status: enabled
                discloses: [model, serial-number]
                needed: yes

            """,
        _ => "",
    };
}
