using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>What an SSH server's offer does to the units that judge it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SshVerdictTests
{
    private static readonly string[] _declared = ["curve25519-sha256", "ssh-ed25519", "aes256-gcm@openssh.com", "hmac-sha2-256"];

    private static IEnumerable<TestCaseData> Offers()
    {
        yield return Case("as declared", server => server, Verdict.Pass);
        yield return Case("more than declared", server => server with { Ciphers = [.. server.Ciphers, "aes256-ctr"] }, Verdict.Fail, "does not declare: aes256-ctr");
        yield return Case("protocol 1", server => server with { Banner = "SSH-1.99-old" }, Verdict.Fail, "version 1 of the protocol");
        yield return Case("anybody is let in", server => server with { LetsInAnybody = true, User = "root" }, Verdict.Fail, "lets in root");
        yield return Case("RSA key of 768 bits", server => server with { Keys = [new SshHostKeySeen("ssh-rsa", 768, "", "rsa-sha2-256", true)] }, Verdict.Fail, "768 bits");
        yield return Case("RSA key of 1024 bits", server => server with { Keys = [new SshHostKeySeen("ssh-rsa", 1024, "", "rsa-sha2-256", true)] }, Verdict.Inconclusive, "1024 bits");
        yield return Case("group of 1024 bits", server => server with { SmallestGroup = 1024 }, Verdict.Inconclusive, "group of 1024 bits");
        yield return Case("group of 768 bits", server => server with { SmallestGroup = 768 }, Verdict.Fail, "group of 768 bits");
        yield return Case("key not proven", server => server with { Keys = [server.Keys[0] with { Proven = false }] }, Verdict.Inconclusive, "did not prove");
        yield return Case("not probed", server => server with { IsProbed = false }, Verdict.Inconclusive, "older version");
        yield return Case("partly seen", server => server with { Coverage = Bench.Part }, Verdict.Inconclusive, "not all seen");
        yield return Case("compression before login", server => server with { Compression = ["none", "zlib"] }, Verdict.Fail, "zlib");
    }

    [TestCaseSource(nameof(Offers))]
    public void Declared_server_is_judged_by_its_offer(Func<SshServerSeen, SshServerSeen> change, Verdict verdict, string says)
    {
        var findings = Judge(change(Bench.Ssh("publickey")), _declared);
        Assert.That(Verdicts.AllOf(findings.Select(finding => finding.Verdict)), Is.EqualTo(verdict), string.Join("\n", findings.Select(finding => finding.Statement)));
        Assert.That(findings.Select(finding => finding.Statement), Has.Some.Contains(says));
    }

    [TestCase("arcfour", Verdict.Fail)]
    [TestCase("none", Verdict.Fail)]
    [TestCase("3des-cbc", Verdict.Inconclusive)]
    [TestCase("kuznyechik-ctr@example.org", Verdict.Inconclusive)]
    [TestCase("aes128-ctr", Verdict.Pass)]
    public void Cipher_is_judged_even_where_it_is_declared(string cipher, Verdict verdict)
    {
        var server = Bench.Ssh("publickey");
        var findings = Judge(server with { Ciphers = [.. server.Ciphers, cipher] }, [.. _declared, cipher]);
        Assert.That(Verdicts.AllOf(findings.Select(finding => finding.Verdict)), Is.EqualTo(verdict), string.Join("\n", findings.Select(finding => finding.Statement)));
    }

    [Test]
    public void Without_declared_algorithms_the_examiner_decides() =>
        Assert.That(Judge(Bench.Ssh("publickey"), []).Single().Missing, Does.Contain("ssh-algorithms"));

    [TestCase("chacha20-poly1305@openssh.com", "hmac-sha2-256", "", true)]
    [TestCase("aes128-cbc", "hmac-sha2-256-etm@openssh.com", "", true)]
    [TestCase("aes128-cbc", "hmac-sha2-256", "", false)]
    [TestCase("aes128-ctr", "hmac-sha2-256-etm@openssh.com", "", false)]
    [TestCase("chacha20-poly1305@openssh.com", "hmac-sha2-256", "kex-strict-s-v00@openssh.com", false)]
    public void Prefix_truncation_needs_a_cipher_that_allows_it_and_no_strict_key_exchange(string cipher, string mac, string sign, bool isOpen)
    {
        var server = Bench.Ssh() with { KeyExchange = ["curve25519-sha256", .. sign.Length > 0 ? new[] { sign } : []], Ciphers = [cipher], Macs = [mac] };
        Assert.That(server.IsOpenToPrefixTruncation, Is.EqualTo(isOpen));
        Assert.That(SshAlgorithms.Remarks(server).Any(remark => remark.Text.Contains("CVE-2023-48795", StringComparison.Ordinal)), Is.EqualTo(isOpen));
    }

    [Test]
    public void Every_algorithm_that_the_catalogue_names_is_found_once_and_policies_differ()
    {
        var entries = SshAlgorithms.All;
        Assert.Multiple(() =>
        {
            Assert.That(entries.Select(entry => (entry.Kind, entry.Name)), Is.Unique);
            Assert.That(entries.Where(entry => SshAlgorithms.Find(entry.Kind, entry.Name) != entry).Select(entry => entry.Name), Is.Empty, "an entry with * hides another");
            Assert.That(SshAlgorithms.Find("kex", "gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g==").Grade, Is.EqualTo(SshGrade.Weak));
            Assert.That(SshAlgorithms.OutsideBsi(Bench.Ssh()), Is.EqualTo(new[] { "curve25519-sha256", "ssh-ed25519" }));
            Assert.That(SshAlgorithms.OutsideNist(Bench.Ssh()), Is.EqualTo(new[] { "curve25519-sha256" }));
            Assert.That(() => SshAlgorithms.Parse("cipher | x | weak | no | no | | RFC 1"), Throws.TypeOf<FormatException>().With.Message.Contains(":1:"));
        });
    }

    [TestCaseSource(typeof(StandardEdition), nameof(StandardEdition.All))]
    public void Login_over_SSH_without_a_declared_mechanism_is_judged_by_its_server(StandardEdition edition)
    {
        var bench = new Bench(edition);
        bench.OpenUndeclaredSsh("password");
        var login = new LoginPoint(LoginProtocol.Ssh, 22, false, "/", null);
        bench.Entry(IxitRole.AuthMech, "AuthMech-9", new AuthMechFacts { Factor = Bench.Fact(AuthFactor.Password), Origin = Bench.Fact(PasswordOrigin.UserDefined), Logins = [login] });
        bench.See(new AccessTrial(new Endpoint(Bench.Address, 22), "AuthMech-9", login, "GET", "/"), new AccessSeen(new Endpoint(Bench.Address, 22), "AuthMech-9", "GET", "/", false, AccessResult.Refused, AccessResult.Refused, AccessResult.NotTried, AccessResult.Granted, false, "") { Coverage = Bench.All });
        Assert.That(bench.Verdicts()[TestUnitId.Parse("5.1-3-2 a")], Is.EqualTo(Verdict.Pass));
        Assert.That(bench.Findings()[TestUnitId.Parse("5.1-3-2 a")].Select(finding => finding.Statement), Has.Some.Contains("over SSH, as declared"));
        bench.Change<SshServerSeen>(server => server with { Macs = ["none"] });
        Assert.That(bench.Verdicts()[TestUnitId.Parse("5.1-3-2 a")], Is.EqualTo(Verdict.Fail));
    }

    [Test]
    public void Recording_of_an_older_version_is_read_and_says_that_host_keys_are_missing()
    {
        const string old = """
            {"kind":"observed","observation":{"kind":"ssh-server","endpoint":"tcp/192.0.2.7:22","banner":"SSH-2.0-x","keyExchange":["curve25519-sha256"],"hostKeys":["ssh-ed25519"],"ciphers":["aes256-ctr"],"macs":["hmac-sha2-256"],"coverage":{"isComplete":true,"statement":"all"}}}
            """;
        var written = System.Text.Json.JsonSerializer.Serialize<ProbeOutcome>(new ProbeOutcome.Observed(Bench.Ssh()), Evidence.RunJson.Default.ProbeOutcome);
        var server = (SshServerSeen)((ProbeOutcome.Observed)System.Text.Json.JsonSerializer.Deserialize(old, Evidence.RunJson.Default.ProbeOutcome)!).Observation;
        Assert.Multiple(() =>
        {
            Assert.That((server.Keys.Length, server.Methods.Length, server.Compression.Length, server.Notice, server.IsProbed), Is.EqualTo((0, 0, 0, "", false)), written);
            Assert.That(SshAlgorithms.Remarks(server), Is.Empty);
            Assert.That(Judge(server, ["curve25519-sha256", "ssh-ed25519", "aes256-ctr", "hmac-sha2-256"]).Single().Statement, Does.Contain("older version"));
        });
    }

    private static List<Finding> Judge(SshServerSeen server, IEnumerable<string> algorithms)
    {
        var bench = new Bench(StandardEdition.V3);
        bench.Entry(IxitRole.ComMech, "SecComMech-9", new ComMechFacts { Protocol = Bench.Fact(CommProtocol.Ssh), Role = Bench.Fact(CommRole.Server), Port = Bench.Fact(22), SshAlgorithms = [.. algorithms] });
        bench.See(new SshEnumeration(server.Endpoint), server);
        return [.. bench.Findings()[TestUnitId.Parse("5.5-1-2 a")].Where(finding => finding.Subject == "SecComMech-9")];
    }

    private static TestCaseData Case(string name, Func<SshServerSeen, SshServerSeen> change, Verdict verdict, string says = "") =>
        new TestCaseData(change, verdict, says).SetArgDisplayNames(name);
}
