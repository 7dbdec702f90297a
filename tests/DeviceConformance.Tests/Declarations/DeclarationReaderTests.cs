using System.Text.RegularExpressions;
using DeviceConformance.Declarations;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

/// <summary>Every rule of the reader seen firing; that none fires on a sound declaration is shown elsewhere.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class DeclarationReaderTests
{
    public static IEnumerable<TestCaseData> BrokenRules()
    {
        // Rule, what the complaint's line holds, whether the declaration can still be used, and how it is spoilt.
        static TestCaseData Wrong(string rule, string line, bool usable, Action<DeclarationFolder> spoil) =>
            new TestCaseData(rule, line, ComplaintSeverity.Error, usable, spoil).SetName($"{rule}: {line}");
        static TestCaseData Odd(string rule, string line, Action<DeclarationFolder> spoil) =>
            new TestCaseData(rule, line, ComplaintSeverity.Warning, true, spoil).SetName($"{rule}: {line}");

        yield return Wrong("unknown-edition", "edition: V9", false, folder => folder.Replace("dut.yaml", "edition: V3.1.3", "edition: V9"));
        yield return Wrong("missing-key", "edition:", false, folder => folder.Replace("dut.yaml", "edition: V3.1.3", "edition:"));
        yield return Wrong("missing-key", "maker: ''", false, folder => folder.Replace("dut.yaml", "maker: Small Devices", "maker: ''"));
        yield return Wrong("missing-key", "edition: V3.1.3", false, folder => folder.Replace("dut.yaml", "firmware: 1.0.0\n", ""));
        yield return Wrong("missing-key", "edition: V3.1.3", true, folder => folder.Replace("dut.yaml", "constrained: {answer: no, justification: ''}\n", ""));
        yield return Odd("missing-key", "edition: V3.1.3", folder => folder.Replace("dut.yaml", "states: [factory default, initialised]\n", ""));
        yield return Wrong("unknown-key", "sampels:", false, folder => folder.Replace("dut.yaml", "samples:", "sampels:"));
        yield return Wrong("constrained-without-reason", "constrained:", true, folder => folder.Replace("dut.yaml", "answer: no", "answer: yes"));
        yield return Wrong("bad-choice", "constrained: maybe", false, folder => folder.Replace("dut.yaml", "{answer: no, justification: ''}", "maybe"));
        yield return Wrong("wrong-kind", "maker: [", false, folder => folder.Replace("dut.yaml", "maker: Small Devices", "maker: [Small, Devices]"));
        yield return Wrong("wrong-kind", "- just a text", false, folder => folder.Replace("dut.yaml", "- {name: B, serial: SD-0002}", "- just a text"));
        yield return Wrong("blank-item", "states:", false, folder => folder.Replace("dut.yaml", "[factory default, initialised]", "[factory default, '']"));
        yield return Wrong("duplicate-sample", "name: A, serial: SD-0002", false, folder => folder.Replace("dut.yaml", "name: B", "name: A"));
        yield return Odd("sample-without-address", "edition: V3.1.3", folder => folder.Replace("dut.yaml", ", addresses: [127.0.0.1, '::1']", ""));
        foreach (var address in new[] { "localhost", "127.1", "0.0.0.0", "'::'", "224.0.0.1", "255.255.255.255", "'ff02::1'", "'fe80::1'", "'::ffff:10.0.0.1'", "'[::1]'", "'127.0.0.1:80'" })
        {
            yield return Wrong("bad-address", address, false, folder => folder.Replace("dut.yaml", "127.0.0.1,", address + ","));
        }

        yield return Wrong("bad-address", "02:00:5e:10:00'", false, folder => folder.Replace("dut.yaml", "02:00:5e:10:00:01", "02:00:5e:10:00"));
        yield return Wrong("duplicate-address", "127.0.0.1, 127.0.0.1", false, folder => folder.Replace("dut.yaml", "'::1'", "127.0.0.1"));
        yield return Wrong("public-address", "8.8.8.8", false, folder => folder.Replace("dut.yaml", "127.0.0.1", "8.8.8.8"));
        yield return Wrong("unknown-condition", "  zz:", false, folder => folder.Replace("dut.yaml", "  l: {", "  zz: {"));
        yield return Wrong("missing-key", "  l: {holds: yes}", false, folder => folder.Replace("dut.yaml", "l: {holds: yes, because: the design makes it so}", "l: {holds: yes}"));

        yield return Wrong("missing-key", "{}", false, folder => folder.Write("ics.yaml", "{}\n"));
        yield return Wrong("wrong-kind", "ics: all of them", false, folder => folder.Write("ics.yaml", "ics: all of them\n"));
        yield return Wrong("bad-provision", "provision: 5.1.1", false, folder => folder.Replace("ics.yaml", "provision: 5.1-1,", "provision: 5.1.1,"));
        yield return Wrong("bad-choice", "support: maybe", false, folder => folder.Replace("ics.yaml", "support: Y", "support: maybe"));
        yield return Wrong("missing-key", "- {provision: 5.1-1, detail", false, folder => folder.Replace("ics.yaml", "5.1-1, support: Y", "5.1-1"));
        yield return Wrong("duplicate-row", "{provision: 5.1-1, support: N", false, folder => folder.Write("ics.yaml", folder.Text("ics.yaml") + "- {provision: 5.1-1, support: N, detail: no}\n"));

        yield return Wrong("unknown-table", "table: 28-ExtAPI", false, folder => folder.Replace(IxitRole.LogIntf, "table: 28-LogIntf", "table: 28-ExtAPI"));
        yield return Wrong("missing-key", "entries:", false, folder => folder.Replace(IxitRole.CodeMin, "table: 16-CodeMin\n", ""));
        yield return Wrong("missing-key", "table: 16-CodeMin", false, folder => folder.Write("ixit/16-CodeMin.yaml", "table: 16-CodeMin\n"));
        yield return Wrong("missing-key", "table: 4-Conf", false, folder => folder.Write("ixit/04-Conf.yaml", "table: 4-Conf\n"));
        yield return Wrong("duplicate-table", "table: 1-AuthMech", false, folder => folder.Write("ixit/01-Twin.yaml", "table: 1-AuthMech\nentries: []\n"));
        yield return Wrong("file-name", "table: 16-CodeMin", true, folder => folder.Write("ixit/15-CodeMin.yaml", folder.Text("ixit/16-CodeMin.yaml")).Delete("ixit/16-CodeMin.yaml"));
        yield return Wrong("missing-key", "- Description", false, folder => folder.Replace(IxitRole.CodeMin, "- ID: CodeMin-1\n  ", "- "));
        yield return Wrong("duplicate-id", "ID: CodeMin-1", false, folder => folder.Write("ixit/16-CodeMin.yaml", folder.Text("ixit/16-CodeMin.yaml") + "- ID: CodeMin-1\n  Description: Another.\n"));
        yield return Wrong("id-stem", "ID: Code-1", true, folder => folder.Replace(IxitRole.CodeMin, "ID: CodeMin-1", "ID: Code-1"));
        yield return Wrong("id-stem", "ID: CodeMin one", true, folder => folder.Replace(IxitRole.CodeMin, "ID: CodeMin-1", "ID: CodeMin one"));
        yield return Odd("unknown-field", "Brute Force Preventoin", folder => folder.Replace(IxitRole.AuthMech, "Default Status:", "Brute Force Preventoin:"));
        yield return Wrong("wrong-kind", "Description: {", false, folder => folder.Replace(IxitRole.CodeMin, "Description: Described in the design file.", "Description: {a: b}"));
        yield return Wrong("no-such-facts", "  facts: {", false, folder => folder.Write("ixit/16-CodeMin.yaml", folder.Text("ixit/16-CodeMin.yaml") + "  facts: {network: yes}\n"));
        yield return Odd("missing-facts", "- ID: AuthMech-2", folder => folder.Write("ixit/01-AuthMech.yaml", folder.Text("ixit/01-AuthMech.yaml").TrimEnd() + "\n" + Regex.Replace(folder.Text("ixit/01-AuthMech.yaml").Split("  facts:")[0].Split("entries:\n")[1], "AuthMech-1", "AuthMech-2")));
        yield return Wrong("missing-field", "Security Guarantees: ''", true, folder => folder.Replace(IxitRole.AuthMech, "Security Guarantees: Described in the design file.", "Security Guarantees: ''"));
        yield return Wrong("missing-field", "Documentation of Sensors: ''", true, folder => folder.Replace(IxitRole.UserInfo, "Documentation of Sensors: Described in the design file.", "Documentation of Sensors: ''"));

        yield return Wrong("unknown-key", "crytographic: yes", false, folder => folder.Replace(IxitRole.AuthMech, "cryptographic: yes", "crytographic: yes"));
        yield return Wrong("bad-choice", "origin: user defined", false, folder => folder.Replace(IxitRole.AuthMech, "origin: preset-unique", "origin: user defined"));
        yield return Wrong("bad-number", "port: 65536", false, folder => folder.Replace(IxitRole.AuthMech, "port: 8443", "port: 65536"));
        yield return Wrong("bad-number", "port: '0x1f90'", false, folder => folder.Replace(IxitRole.AuthMech, "port: 8443", "port: '0x1f90'"));
        yield return Wrong("bad-number", "attempts: 0", false, folder => folder.Replace(IxitRole.AuthMech, "attempts: 5", "attempts: 0"));
        yield return Wrong("missing-key", "{protocol: mqtt, port: 8883}", false, folder => folder.Replace(IxitRole.AuthMech, "port: 8883, tls: yes", "port: 8883"));
        yield return Wrong("missing-key", "protocol: http-form, port: 8443, tls: yes, path: /}", false, folder => folder.Replace(IxitRole.AuthMech, ", form: {user-field: user, password-field: password, action: /login, failure-text: Wrong}", ""));
        yield return Wrong("needless-key", "protocol: http-basic", false, folder => folder.Replace(IxitRole.AuthMech, "http-form", "http-basic"));
        yield return Wrong("bad-path", "path: login", false, folder => folder.Replace(IxitRole.AuthMech, "path: /,", "path: login,"));
        yield return Wrong("bad-alphabet", "password-alphabet: Z-A", false, folder => folder.Replace(IxitRole.AuthMech, "A-Za-z0-9", "Z-A"));
        yield return Wrong("bad-suite", "suites: [AES128-SHA]", false, folder => folder.Replace(IxitRole.ComMech, "TLS_AES_128_GCM_SHA256", "AES128-SHA"));
        yield return Wrong("mud-file", "mud-file: gone.json", false, folder => folder.Write("lab.yaml", folder.Text("lab.yaml") + "\nmud-file: gone.json\n"));
        yield return Wrong("bad-peer", "host with blanks", false, folder => folder.Replace(IxitRole.ComMech, "suites: [TLS_AES_128_GCM_SHA256]", "peers: [host with blanks]"));
        yield return Wrong("bad-fingerprint", "certificate-sha256: 'AA:BB'", false, folder => folder.Replace(IxitRole.ComMech, "'AA:BB:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd'", "'AA:BB'"));
        yield return Wrong("bad-choice", "versions: [TLS 1.4", false, folder => folder.Replace(IxitRole.ComMech, "[TLS 1.2,", "[TLS 1.4,"));
        yield return Wrong("bad-method", "method: get it", false, folder => folder.Replace(IxitRole.SoftServ, "method: GET", "method: get it"));
        yield return Wrong("bad-offer", "offer: {}", false, folder => folder.Replace(IxitRole.UpdMech, "offer: {upload: {port: 8443, tls: yes, path: /update, field: image, auth-mech: AuthMech-1}}", "offer: {}"));
        foreach (var pattern in new[] { "no group", "(", @"(a)(?=b)", @"(a)\1", new string('a', 600) })
        {
            yield return Wrong("bad-pattern", $"pattern: '{pattern}'", false, folder => folder.Replace(IxitRole.UpdMech, "'\"version\":\"([^\"]+)\"'", $"'{pattern}'"));
        }

        yield return Wrong("missing-key", "layout:", false, folder => folder.Replace(IxitRole.UpdMech, "signature: trailer, signature-length: 64", "signature: manifest"));
        yield return Odd("missing-fact", "subject: machine", folder => folder.Cut(IxitRole.AuthMech, "origin:").Replace(IxitRole.AuthMech, "subject: user", "subject: machine"));
        yield return Odd("undeclared-port", "subject: user", folder => folder.Replace(IxitRole.AuthMech, "port: 8883", "port: 1883"));
        yield return Wrong("facts-disagree", "origin: preset-unique", true, folder => folder.Replace(IxitRole.AuthMech, "factor: password", "factor: biometric"));
        yield return Wrong("facts-disagree", "network-addressable: no", true, folder => folder.Replace(IxitRole.AuthMech, "network-addressable: yes", "network-addressable: no"));
        yield return Wrong("facts-disagree", "password-length: 12", true, folder => folder.Replace(IxitRole.AuthMech, "preset-unique", "user-defined"));
        yield return Wrong("facts-disagree", "network: no", true, folder => folder.Replace(IxitRole.UpdMech, "network: yes", "network: no"));
        yield return Wrong("facts-disagree", "genuine:", true, folder => folder.Replace(IxitRole.UpdMech, "version: 1.1.0}", "version: 1.1.0, manifest: new.img}"));
        yield return Wrong("facts-disagree", "protocol: ssh", true, folder => folder.Replace(IxitRole.ComMech, "protocol: tls", "protocol: ssh"));
        yield return Wrong("facts-disagree", "transport: udp", true, folder => folder.Replace(IxitRole.ComMech, "transport: tcp", "transport: udp"));
        yield return Wrong("facts-disagree", "network: no", true, folder => folder.Replace(IxitRole.LogIntf, "network: yes", "network: no"));
        yield return Wrong("fact-against-text", "Status: Disabled", true, folder => folder.Replace(IxitRole.SoftServ, "Status: Enabled, since the user works with it.", "Status: Disabled"));
        yield return Wrong("fact-against-text", "Allows Configuration: No", true, folder => folder.Replace(IxitRole.SoftServ, "Allows Configuration: Yes", "Allows Configuration: No"));
        yield return Wrong("fact-against-text", "Debug Interface: No", true, folder => folder.Replace(IxitRole.Intf, "Debug Interface: Yes, until it is fused", "Debug Interface: No"));
        yield return Wrong("version-order", "genuine:", true, folder => folder.Replace(IxitRole.UpdMech, "version: 1.1.0", "version: 1.0"));
        yield return Wrong("version-order", "older:", true, folder => folder.Replace(IxitRole.UpdMech, "layout:", "older: {file: new.img, version: 1.0.10}\n    layout:"));
        foreach (var file in new[] { "old.img", "../dut.yaml", "/etc/hostname", "ixit", "empty.img", "link.img", "linked/new.img" })
        {
            yield return Wrong("file-reference", $"file: {file},", true, folder =>
            {
                folder.Write("empty.img", "").Replace(IxitRole.UpdMech, "file: new.img", $"file: {file}");
                File.CreateSymbolicLink(Path.Combine(folder.Path_, "link.img"), Path.Combine(folder.Path_, "new.img"));
                Directory.CreateSymbolicLink(Path.Combine(folder.Path_, "linked"), folder.Path_);
            });
        }

        yield return Wrong("image-layout", "layout:", true, folder => folder.Replace(IxitRole.UpdMech, "payload-offset: 100", "payload-offset: 192"));
        yield return Wrong("image-layout", "layout:", true, folder => folder.Replace(IxitRole.UpdMech, "signature: trailer, signature-length: 64, payload-offset: 100", "signature: header, signature-length: 64, payload-offset: 63"));

        yield return Wrong("dangling-reference", "Update Mechanism: UpdMech-7", true, folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: UpdMech-7"));
        yield return Wrong("dangling-reference", "detail: 'See AuthMech-9.'", true, folder => folder.Answer("5.6-6", "Y", "See AuthMech-9."));
        yield return Wrong("dangling-reference", "because: see SecParam-9", true, folder => folder.Replace("dut.yaml", "because: the design makes it so", "because: see SecParam-9"));
        yield return Wrong("dangling-reference", "offer:", true, folder => folder.Replace(IxitRole.UpdMech, "field: image, auth-mech: AuthMech-1", "field: image, auth-mech: AuthMech-8"));
        yield return Wrong("dangling-reference", "version:", true, folder => folder.Replace(IxitRole.UpdMech, "([^\"]+)\"', auth-mech: AuthMech-1", "([^\"]+)\"', auth-mech: SoftServ-1"));
        yield return Wrong("dangling-reference", "auth-mech: AuthMech-3", true, folder => folder.Replace("lab.yaml", "auth-mech: AuthMech-1", "auth-mech: AuthMech-3"));
        yield return Wrong("dangling-reference", "sample: C", true, folder => folder.Replace("lab.yaml", "sample: A", "sample: C"));
        yield return Odd("dangling-reference", "UptMech-1", folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: UpdMech-1, UptMech-1"));
        yield return Odd("dangling-reference", "ComMech-1", folder => folder.Replace(IxitRole.SecParam, "Mechanisms: SecComMech-1", "Mechanisms: SecComMech-1 (SecComMec-1)"));
        yield return Wrong("wrong-reference", "Update Mechanism: AuthMech-1", true, folder => folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: AuthMech-1"));
        foreach (var text in new[] { "TODO", "To come: TBD", "xxx", "???", "Lorem ipsum dolor", "fill in the details", "<the algorithm>", "sent to <your server name> daily", "to be defined", "..." })
        {
            yield return Wrong("placeholder", $"Description: '{text}'", true, folder => folder.Replace(IxitRole.CodeMin, "Description: Described in the design file.", $"Description: '{text}'"));
        }

        yield return Wrong("placeholder", "detail: 'TODO'", true, folder => folder.Answer("5.6-6", "Y", "TODO"));
        yield return Wrong("placeholder", "because: TBD", true, folder => folder.Replace("dut.yaml", "because: the design makes it so", "because: TBD"));
        yield return Wrong("placeholder", "edition:", true, folder => folder.Replace("dut.yaml", "serial: SD-0001", "serial: XXXX"));

        yield return Wrong("bad-choice", "allowed-impact: all", false, folder => folder.Replace("lab.yaml", "allowed-impact: state-changing", "allowed-impact: all"));
        foreach (var limit in new[] { "connections-per-second: 0", "connections-per-second: 1000001", "concurrent-connections: 0", "concurrent-connections: 4097", "connect-timeout-milliseconds: 49", "connect-timeout-milliseconds: 60001", "credential-attempts: -1", "udp-seconds: 0", "udp-seconds: 86401", "minutes: 0", "minutes: 10081" })
        {
            yield return Wrong("bad-number", limit, false, folder => folder.Replace("lab.yaml", "limits: {connections-per-second: 100, minutes: 5}", $"limits: {{{limit}}}"));
        }

        yield return Wrong("unknown-key", "hostlisteners:", false, folder => folder.Replace("lab.yaml", "host-listeners:", "hostlisteners:"));
        yield return Wrong("bad-endpoint", "endpoint: 'tcp/127.0.0.1'", false, folder => folder.Replace("lab.yaml", "'tcp/127.0.0.1:22'", "'tcp/127.0.0.1'"));
        yield return Wrong("listener-not-loopback", "10.0.0.1:22", false, folder => folder.Replace("lab.yaml", "'tcp/127.0.0.1:22'", "'tcp/10.0.0.1:22'"));
        yield return Wrong("bad-address", "stand-in-address: 0.0.0.0", false, folder => folder.Replace("lab.yaml", "stand-in-address: 127.0.0.1", "stand-in-address: 0.0.0.0"));
        yield return Wrong("bad-password", "user: admin}", false, folder => folder.Replace("lab.yaml", ", password: 'open sesame'", ""));
        yield return Wrong("bad-password", "password-env: X", false, folder => folder.Replace("lab.yaml", "password: 'open sesame'", "password: 'open sesame', password-env: X"));
        yield return Wrong("bad-password", "password: {", false, folder => folder.Replace("lab.yaml", "password: 'open sesame'", "password: {open: sesame}"));
        yield return Wrong("password-missing", "password-env: DUT_PASSWORD", true, folder => folder.Replace("lab.yaml", "password: 'open sesame'", "password-env: DUT_PASSWORD"));
        yield return Wrong("credential-list", "nowhere.txt", true, folder => folder.Replace("lab.yaml", "laboratory:", "credential-lists: [nowhere.txt]\nlaboratory:"));
        yield return Wrong("password-missing", "password-file: nowhere.txt", true, folder => folder.Replace("lab.yaml", "password: 'open sesame'", "password-file: nowhere.txt"));

        yield return Odd("unexpected-file", "anything", folder => folder.Write("lab.yml", "anything\n"));
        yield return Wrong("file-empty", "", false, folder => folder.Write("ics.yaml", ""));
        yield return Wrong("file-missing", "", false, folder => folder.Delete("ics.yaml"));
        yield return Wrong("file-missing", "", false, folder => folder.Delete("dut.yaml"));
        yield return Wrong("file-too-large", "", false, folder => folder.Write("lab.yaml", new byte[YamlText.MaxBytes + 1]));
        yield return Wrong("file-binary", "", false, folder => folder.Write("ixit/16-CodeMin.yaml", [1, 2, 0, 3]));
        yield return Wrong("file-encoding", "", false, folder => folder.Write("dut.yaml", [0xFF, 0xFE, 0x61, 0]));
        yield return Wrong("yaml-syntax", "", false, folder => folder.Write("ixit/16-CodeMin.yaml", "table: [16-CodeMin\n"));
        yield return Wrong("too-many-files", "", false, folder =>
        {
            for (var i = 0; i < 201; i++)
            {
                folder.Write($"ixit/{i}.yaml", "");
            }
        });
        yield return Wrong("folder-missing", "", false, folder => Directory.Delete(Path.Combine(folder.Path_, "ixit"), recursive: true));
    }

    [TestCaseSource(nameof(BrokenRules))]
    public void Broken_rule(string rule, string line, ComplaintSeverity severity, bool usable, Action<DeclarationFolder> spoil)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        spoil(folder);

        var reading = folder.Read();

        var all = string.Join('\n', reading.Complaints.Select(complaint => $"{complaint.At}:{complaint.At.Column} {complaint.Rule}: {complaint.Message}"));
        var complaint = reading.Complaints.FirstOrDefault(complaint => complaint.Rule == rule && complaint.Severity == severity && (line.Length == 0 || LineOf(folder, complaint.At).Contains(line, StringComparison.Ordinal)));
        Assert.That(complaint, Is.Not.Null, all);
        Assert.That(complaint!.Message, Does.EndWith(".").And.Not.Contain("\n"));
        Assert.That(complaint.Remedy, Is.Not.Empty);
        Assert.That(reading.Declaration is not null, Is.EqualTo(usable), all);
    }

    [Test]
    public void Every_rule_of_the_reader_is_seen_broken()
    {
        var sources = Directory.EnumerateFiles(SourceFolder("src/DeviceConformance.Declarations"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Regex.IsMatch(file, "/(obj|bin|Catalogues|Templates|Answers|Yaml)/"))
            .Select(File.ReadAllText);
        var rules = sources.SelectMany(source => Regex.Matches(source, @"\b(?:Reject|Error|Warn)\(\s*""([a-z-]+)""").Select(match => match.Groups[1].Value)).ToHashSet();

        Assert.That(rules, Has.Count.GreaterThan(40));

        // Unreadable files and folders can not be made by a test that may run as root.
        Assert.That(rules.Except(BrokenRules().Select(data => (string)data.Arguments[0]!)), Is.EquivalentTo(new[] { "file-unreadable", "folder-unreadable" }));
    }

    [Test]
    public void All_complaints_of_all_files_come_at_once()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace("dut.yaml", "model: SD-1", "modle: SD-1")
            .Replace("ics.yaml", "support: Y", "support: maybe")
            .Replace("lab.yaml", "minutes: 5", "minutes: five")
            .Replace(IxitRole.AuthMech, "factor: password", "factor: pasword")
            .Write("ixit/16-CodeMin.yaml", "table: [\n");

        var complaints = folder.Read().Complaints;

        Assert.That(complaints.Select(complaint => complaint.At.File).Distinct(), Is.SupersetOf(new[] { "dut.yaml", "ics.yaml", "lab.yaml", "ixit/01-AuthMech.yaml", "ixit/16-CodeMin.yaml" }));
        Assert.That(complaints.Single(complaint => complaint.Rule == "unknown-key").Remedy, Is.EqualTo("Did you mean model?"));
        Assert.That(complaints.Single(complaint => complaint.Field == "factor").Remedy, Is.EqualTo("Did you mean password?"));
    }

    [Test]
    public void A_broken_table_is_not_missed_as_well()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write("ixit/07-UpdMech.yaml", "table: [\n");

        var complaints = folder.Read().Complaints;

        Assert.That(complaints.Select(complaint => complaint.Rule), Is.EqualTo(new[] { "yaml-syntax" }));
    }

    [Test]
    public void Without_an_edition_the_syntax_of_the_other_files_is_still_checked()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Delete("dut.yaml").Write("ixit/16-CodeMin.yaml", "table: [\n").Replace("ics.yaml", "support: Y", "support: maybe");

        Assert.That(folder.Read().Complaints.Select(complaint => complaint.Rule), Is.EqualTo(new[] { "file-missing", "bad-choice", "yaml-syntax" }));
    }

    [Test]
    public void A_folder_that_is_not_there_is_a_complaint()
    {
        var reading = DeclarationReader.Read("/nowhere/at/all", DeclarationFolder.Of);

        Assert.That(reading.Declaration, Is.Null);
        Assert.That(reading.Complaints.Single().Rule, Is.EqualTo("folder-missing"));
    }

    [Test]
    public void A_public_address_may_be_allowed()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace("dut.yaml", "127.0.0.1", "8.8.8.8").Replace("lab.yaml", "laboratory:", "allow-public-addresses: yes\nlaboratory:");

        Assert.That(folder.Read().Complaints, Is.Empty);
    }

    [TestCase("password: {open: hunter2}")]
    [TestCase("password: 'hunter2', password-env: X")]
    [TestCase("password-env: 'hunter2 hunter2'")]
    [TestCase("password: &a hunter2")]
    [TestCase("password: \"hunter2\\e\"")]
    [TestCase("password: 'hunter2")]
    public void No_complaint_repeats_a_password(string password)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace("lab.yaml", "password: 'open sesame'", password);

        var complaints = folder.Read().Complaints;

        Assert.That(complaints, Is.Not.Empty);
        Assert.That(complaints.Select(complaint => complaint.ToString()), Has.None.Contains("hunter2"));
    }

    [TestCase("SHA-256 and AES-128 with RSA-2048, see RFC-8446 and UTF-8")]
    [TestCase("The user must fill in the form; to do so takes a minute")]
    [TestCase("The page holds an <input> and a <a href=\"x\">link</a>")]
    [TestCase("No xx or ?? here: 00:11:22:xx:xx:xx")]
    public void Plain_English_and_names_of_algorithms_are_no_slips(string text)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace(IxitRole.CodeMin, "Description: Described in the design file.", $"Description: '{text}'");

        Assert.That(folder.Read().Complaints, Is.Empty);
    }

    [TestCase("Password Generation Mechanism", "origin: preset-unique", "origin: user-defined")]
    [TestCase("Brute Force Prevention", "network-addressable: yes", "network-addressable: no")]
    [TestCase("Cryptographic Details", "cryptographic: yes", "cryptographic: no")]
    public void A_column_that_does_not_concern_the_entry_may_be_blank(string column, string fact, string instead)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace(IxitRole.AuthMech, $"{column}: Described in the design file.", $"{column}: ''");

        Assert.That(folder.Complaints("missing-field").Select(complaint => complaint.Field), Is.EqualTo(new[] { column }));
        Assert.That(folder.Replace(IxitRole.AuthMech, fact, instead).Complaints("missing-field"), Is.Empty);
    }

    [Test]
    public void A_column_that_only_unclaimed_provisions_read_may_be_blank()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace(IxitRole.CodeMin, "Description: Described in the design file.", "Description: ''");

        Assert.That(folder.Complaints("missing-field"), Has.Count.EqualTo(1));
        Assert.That(folder.Answer("5.6-6", "N", "The library of the module comes whole.").Complaints("missing-field"), Is.Empty);
    }

    [Test]
    public void The_example_declarations_have_no_complaint([Values("v2.1.1", "v3.1.3")] string edition)
    {
        var reading = DeclarationReader.Read(SourceFolder($"ixit-templates/examples/water-heater/{edition}"), DeclarationFolder.Of, _ => "set");

        Assert.That(reading.Complaints.Select(complaint => $"{complaint.At} {complaint.Rule}: {complaint.Message}"), Is.Empty);
        Assert.That(reading.Declaration, Is.Not.Null);
    }

    private static string LineOf(DeclarationFolder folder, SourceSpan at)
    {
        var lines = File.Exists(Path.Combine(folder.Path_, at.File)) ? folder.Text(at.File).Split('\n') : [];
        return at.Line <= lines.Length ? lines[at.Line - 1] : "";
    }

    private static string SourceFolder(string path)
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "DeviceConformance.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, path);
    }
}
