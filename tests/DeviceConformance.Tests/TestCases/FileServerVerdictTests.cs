using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.TestCases;

/// <summary>What servers of files do to the units that judge them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FileServerVerdictTests
{
    private static readonly TestUnitId _settings = TestUnitId.Parse("5.5-5-2 a");
    private static readonly Endpoint _tftp = new(Bench.Address, 69, Transport.Udp);
    private static readonly Endpoint _smb = new(Bench.Address, 445);

    [TestCase(AccessResult.Granted, false, Verdict.Inconclusive)]
    [TestCase(AccessResult.Granted, true, Verdict.Fail)]
    [TestCase(AccessResult.Refused, true, Verdict.Pass)]
    [TestCase(AccessResult.Unclear, false, Verdict.Inconclusive)]
    public void Files_that_anybody_may_leave_fail_where_they_are_declared_to_change_settings(AccessResult result, bool isDeclared, Verdict verdict)
    {
        var bench = new Bench(StandardEdition.V3);
        bench.AnswerUdp(69, ServiceProtocol.Tftp);
        bench.See(new WriteTrial(_tftp, ServiceProtocol.Tftp), new WriteSeen(_tftp, ServiceProtocol.Tftp, result, "a new file", true) { Coverage = result == AccessResult.Unclear ? Bench.Part : Bench.All });
        if (isDeclared)
        {
            bench.Entry(IxitRole.SoftServ, "SoftServ-9", new SoftServFacts { Network = Bench.Fact(true), Transport = Bench.Fact(Transport.Udp), Ports = [69], AllowsConfiguration = Bench.Fact(true) }, ("Authentication Mechanism", "AuthMech-1"));
        }

        var about = bench.Findings()[_settings].Where(finding => finding.Subject == _tftp.ToString() || finding.Statement.Contains("leave files", StringComparison.Ordinal)).ToList();

        Assert.That(about.Count == 0 ? Verdict.Pass : Verdicts.AllOf(about.Select(finding => finding.Verdict)), Is.EqualTo(verdict), string.Join("\n", about.Select(finding => finding.Statement)));
    }

    [Test]
    public void Recording_without_the_trial_is_open()
    {
        var bench = new Bench(StandardEdition.V3);
        bench.AnswerUdp(69, ServiceProtocol.Tftp);

        Assert.That(bench.Verdicts()[_settings], Is.EqualTo(Verdict.Inconclusive));
    }

    [TestCase(ServiceProtocol.Ftp, 21, Transport.Tcp)]
    [TestCase(ServiceProtocol.Smb, 445, Transport.Tcp)]
    [TestCase(ServiceProtocol.Snmp, 161, Transport.Udp)]
    [TestCase(ServiceProtocol.Ssdp, 1900, Transport.Udp)]
    [TestCase(ServiceProtocol.Tftp, 69, Transport.Udp)]
    public void Whether_anybody_may_write_is_open_where_the_survey_is_missing_or_broke_off(ServiceProtocol protocol, int port, Transport transport)
    {
        var seen = About(_ => { });
        var lost = About(bench => bench.Lose<DisclosureSurvey>(new ProbeOutcome.Unanswered(Silence.NoReply, "silent")));
        var partial = About(bench => bench.Change<DisclosureSeen>(survey => survey with { Coverage = Bench.Part }));

        Assert.Multiple(() =>
        {
            // TFTP has no login: that it is there asks for a trial.
            Assert.That(seen, Is.EqualTo(protocol == ServiceProtocol.Tftp ? new[] { Verdict.Inconclusive } : []));
            Assert.That(lost, Is.EqualTo(new[] { Verdict.Inconclusive }));
            Assert.That(partial, Is.EqualTo(new[] { Verdict.Inconclusive }));
        });

        List<Verdict> About(Action<Bench> spoil)
        {
            var bench = new Bench(StandardEdition.V3);
            if (transport == Transport.Udp)
            {
                bench.AnswerUdp(port, protocol);
            }
            else
            {
                bench.OpenUndeclared(port, protocol);
            }

            spoil(bench);
            return SettingsVerdicts(bench, new Endpoint(Bench.Address, port, transport));
        }
    }

    [Test]
    public void Anonymous_login_inside_tls_leaves_open_whether_files_may_be_left()
    {
        var bench = new Bench(StandardEdition.V3);
        var endpoint = new Endpoint(Bench.Address, 990);
        bench.OpenUndeclared(990, ServiceProtocol.Ftp);
        bench.See(new ServiceIdentification(endpoint), new ServiceSeen(endpoint, ServiceProtocol.Ftp, true, "", "") { Coverage = Bench.All });
        bench.See(new DisclosureSurvey(endpoint, ServiceProtocol.Ftp, true), new DisclosureSeen(endpoint, ServiceProtocol.Ftp, true, [], [new OpenAccess("anonymous FTP login", "/")], []) { Coverage = Bench.All });

        Assert.That(SettingsVerdicts(bench, endpoint), Is.EqualTo(new[] { Verdict.Inconclusive }));
    }

    [TestCase("SMB 1,SMB 2.1", "", true, Verdict.Fail)]
    [TestCase("SMB 3.1.1", "SMB 1", false, Verdict.Inconclusive)]
    [TestCase("SMB 3.1.1", "", true, Verdict.Inconclusive)]
    [TestCase("SMB 3.1.1", "SMB 1", true, Verdict.Pass)]
    public void Declared_server_of_smb_is_judged_by_its_dialects(string taken, string refused, bool signs, Verdict verdict)
    {
        static string[] Names(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var findings = Judge(new SmbSeen([.. Names(taken)], [.. Names(refused)], signs, false, AccessResult.Refused, AccessResult.Refused));

        // A sound one gives no finding: what it protects stays the examiner's.
        Assert.That(findings.Count == 0 ? Verdict.Pass : Verdicts.AllOf(findings.Select(finding => finding.Verdict)), Is.EqualTo(verdict), string.Join("\n", findings.Select(finding => finding.Statement)));
    }

    [Test]
    public void Recording_without_dialects_is_open() => Assert.That(Judge(null).Select(finding => finding.Verdict), Is.EqualTo(new[] { Verdict.Inconclusive }));

    private static List<Verdict> SettingsVerdicts(Bench bench, Endpoint endpoint) =>
        [.. bench.Findings()[_settings].Where(finding => finding.Subject == endpoint.ToString()).Select(finding => finding.Verdict)];

    private static List<Finding> Judge(SmbSeen? seen)
    {
        var bench = new Bench(StandardEdition.V3);
        bench.OpenUndeclared(445, ServiceProtocol.Smb);
        bench.Change<DisclosureSeen>(survey => survey.Endpoint == _smb ? survey with { Smb = seen } : survey);
        bench.Entry(IxitRole.ComMech, "SecComMech-9", new ComMechFacts { Role = Bench.Fact(CommRole.Server), Port = Bench.Fact(445) });
        return [.. bench.Findings()[TestUnitId.Parse("5.5-1-2 a")].Where(finding => finding.Subject == "SecComMech-9" && finding.Statement.Contains("SMB", StringComparison.Ordinal))];
    }
}
