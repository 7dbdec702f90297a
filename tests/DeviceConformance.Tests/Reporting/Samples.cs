using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Tests.Reporting;

/// <summary>Assessments that the tests of reports are run on; their texts are made up.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 9, 30, 0, TimeSpan.Zero);

    /// <summary>Every kind of result: each verdict at each level, untested groups of each support, problems, incomplete scope.</summary>
    public static Assessment EveryKind { get; } = BuildEveryKind();

    /// <summary>A run in which all is well.</summary>
    public static Assessment Passing { get; } = Assessment(
        [
            Group("5.1-1", "Passwords unique per unit or chosen by the user", "M F (a)", Case("5.1-1-1", TestKind.Conceptual, Unit("5.1-1-1 a", Deciders.Rule, Pass("AuthMech-1", "AuthMech-1 declares a password that the user sets.", "ixit/AuthMech-1")))),
            Untested("5.5-8", "Secure management of parameters", "M F (m)", Support.NotApplicable, "Condition (m) does not hold: no critical security parameter is declared."),
        ]);

    /// <summary>A run that recorded and judged nothing.</summary>
    public static Assessment Empty { get; } = Assessment([]) with
    {
        Laboratory = "",
        Overall = new OverallResult(Verdict.Inconclusive, "No test group was judged."),
        IcsVerification = new IcsVerification(Verdict.Inconclusive, []),
        Scope = [],
        Evidence = [],
        Dut = new Dut("", "", "", "", "", "", Fact<bool>.Missing, "", [], [], [], ImmutableDictionary<string, StatedCondition>.Empty, Ref("dut")),
    };

    /// <summary>An assessment of the size of the whole standard and more, with long texts.</summary>
    public static Assessment Huge(int groups = 90, int findingsPerUnit = 8) => Assessment(
        [
            .. Enumerable.Range(1, groups).Select(number =>
            {
                var id = $"5.{1 + (number / 16)}-{1 + (number % 16)}";
                return Group(id, $"Provision number {number}", "M", Case($"{id}-1", TestKind.Functional, [.. "abcde".Select(letter => Unit(
                    $"{id}-1 {letter}",
                    Deciders.Probe | Deciders.Operator,
                    [.. Enumerable.Range(0, findingsPerUnit).Select(at => at % 3 == 0
                        ? Inconclusive($"LogIntf-{at}", $"The port {at} of {id} was not seen. {Filler(200)}", $"Ask again for {id} {letter} {at}. {Filler(100)}")
                        : Fail($"LogIntf-{at}", $"The port {at} of {id} answers. {Filler(200)}", $"obs/{number:D4}"))]))]));
            }),
        ]) with
    {
        Overall = new OverallResult(Verdict.Fail, "Many groups fail."),
        Evidence = [.. Enumerable.Range(1, groups).Select(number => new EvidenceItem(Ref($"obs/{number:D4}"), $"Observation {number}", Filler(6000)))],
    };

    /// <summary>An assessment in which every text that comes from outside is <paramref name="text"/>.</summary>
    public static Assessment WithText(string text)
    {
        var word = string.IsNullOrWhiteSpace(text) ? "x" : text;
        var evidence = Ref("hostile") with { Address = text };
        var findings = ImmutableArray.Create(
            Finding.Fail(word, word, evidence),
            Finding.Pass(word, word, evidence),
            Finding.Inconclusive(word, word, word, evidence));
        var status = new ProvisionStatus(text, true, [text]);
        return new Assessment(
            new RunInfo(text, Start, Start.AddHours(1), text, text, text, new RunHealth([new HealthProblem(HealthKind.Lab, Start, text)])),
            StandardEdition.V3,
            text,
            new Dut(text, text, text, text, text, text, Fact<bool>.Declared(true, new SourceSpan(text, 1)), text, [text], [text], [new DutSample(text, text, [text], [])], ImmutableDictionary<string, StatedCondition>.Empty.Add(text, new StatedCondition(true, text, new SourceSpan(text, 2))), evidence),
            text,
            new IcsVerification(Verdict.Fail, findings),
            new OverallResult(Verdict.Fail, text),
            [
                new GroupResult(ProvisionId.Parse("5.1-1"), text, status, Support.Yes, new Applicability(true, text), Verdict.Fail, [new CaseResult(TestCaseId.Parse("5.1-1-1"), TestKind.Mixed, text, Verdict.Fail, [new UnitResult(TestUnitId.Parse("5.1-1-1 a"), text, Verdict.Fail, Deciders.Probe, findings)])]),
                new GroupResult(ProvisionId.Parse("5.1-2"), text, status, Support.No, new Applicability(true, text), Verdict.Inconclusive, [new CaseResult(TestCaseId.Parse("5.1-2-1"), TestKind.Mixed, text, Verdict.Inconclusive, [new UnitResult(TestUnitId.Parse("5.1-2-1 a"), text, Verdict.Inconclusive, Deciders.Operator, findings)])]),
                new GroupResult(ProvisionId.Parse("5.1-3"), text, status, null, new Applicability(false, text), null, []),
            ],
            [new ScopeLine(text, text, true, evidence), new ScopeLine(text, text, false, evidence)],
            [new EvidenceItem(evidence, text, text)]);
    }

    public static EvidenceRef Ref(string address) =>
        new(address, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address))));

    public static Finding Pass(string subject, string statement, params string[] evidence) =>
        Finding.Pass(subject, statement, evidence.Select(Ref));

    public static Finding Fail(string subject, string statement, params string[] evidence) =>
        Finding.Fail(subject, statement, evidence.Select(Ref));

    public static Finding Inconclusive(string subject, string statement, string missing, params string[] evidence) =>
        Finding.Inconclusive(subject, statement, missing, evidence.Select(Ref));

    public static UnitResult Unit(string id, Deciders by, params Finding[] findings) => new(
        TestUnitId.Parse(id),
        $"Look whether what {Words(by)} can see of {id[..^4]} agrees with the declaration.",
        Verdicts.AllOf(findings.Select(finding => finding.Verdict)),
        by,
        [.. findings]);

    public static CaseResult Case(string id, TestKind kind, params UnitResult[] units) => new(
        TestCaseId.Parse(id),
        kind,
        kind == TestKind.Conceptual ? "Judge the declared design." : "Compare the device with its declaration.",
        Verdicts.AllOf(units.Select(unit => unit.Verdict)),
        [.. units]);

    public static GroupResult Group(string id, string title, string status, params CaseResult[] cases) => new(
        ProvisionId.Parse(id),
        title,
        Status(status),
        Support.Yes,
        new Applicability(true, "The ICS claims support."),
        Verdicts.AllOf(cases.Select(testCase => testCase.Verdict)),
        [.. cases]);

    public static GroupResult Untested(string id, string title, string status, Support? support, string reason) =>
        new(ProvisionId.Parse(id), title, Status(status), support, new Applicability(false, reason), null, []);

    public static Assessment Assessment(ImmutableArray<GroupResult> groups) => new(
        new RunInfo(
            "2026-11-21T0930-gw24",
            Start,
            Start.AddMinutes(48).AddSeconds(12),
            "DeviceConformance 0.1.0",
            "dct run examples/water-heater --lab lab.yaml",
            "Linux 6.12 x64",
            new RunHealth([]))
        {
            Requests =
            [
                new PortRequests(DutAddress.Parse("127.0.0.1", null), Transport.Tcp, PortSet.Parse("1-18079,18081-18442,18444-65535", null), 1),
                new PortRequests(DutAddress.Parse("127.0.0.1", null), Transport.Tcp, PortSet.Parse("18080", null), 214),
                new PortRequests(DutAddress.Parse("127.0.0.1", null), Transport.Tcp, PortSet.Parse("18443", null), 1068),
                new PortRequests(DutAddress.Parse("127.0.0.1", null), Transport.Udp, PortSet.Parse("53,123,161", null), 2),
            ],
        },
        StandardEdition.V3,
        "1.0 (sha256 5f70bf18a086)",
        new Dut(
            "Nordwarm Appliances",
            "Thermona",
            "GW-24 Connect",
            "gas water heater with remote control",
            "2.1.0",
            "rev C",
            Fact<bool>.Declared(false, new SourceSpan("dut.yaml", 9)),
            "",
            ["factory default", "initialised"],
            ["none"],
            [
                new DutSample("A", "GW24-004711", ["02:00:5e:10:00:01"], [DutAddress.Parse("127.0.0.1", null), DutAddress.Parse("::1", null)]),
                new DutSample("B", "GW24-004712", [], []),
            ],
            ImmutableDictionary<string, StatedCondition>.Empty
                .Add("aa", new StatedCondition(false, "no data is aggregated", new SourceSpan("dut.yaml", 21)))
                .Add("14", new StatedCondition(true, "mains powered, 64 MB RAM", new SourceSpan("dut.yaml", 19)))
                .Add("e", new StatedCondition(true, "", new SourceSpan("dut.yaml", 20))),
            Ref("dut")),
        "Test laboratory Nord",
        new IcsVerification(Verdict.Pass, [Pass("5.3-1", "The ICS answers every mandatory provision and gives a reason for every N and N/A.", "ics/5.3-1")]),
        new OverallResult(Verdict.Pass, "The ICS is valid and every tested group passes."),
        groups,
        [
            new ScopeLine("TCP ports of 127.0.0.1", "All 65535 ports in 11.2 s over 2 rounds; the device answered before, during and after.", true, Ref("obs/0001")),
            new ScopeLine("TLS of tcp/127.0.0.1:18443", "5 versions, 37 cipher suites of TLS 1.2 and 5 of TLS 1.3, 12 groups; 61 connections.", true, Ref("obs/0002")),
        ],
        [
            new EvidenceItem(Ref("obs/0001"), "TCP ports of 127.0.0.1", "open: 18080 18443 18883\nrefused: 65532\nno reply: 0\n"),
            new EvidenceItem(Ref("obs/0002"), "TLS of tcp/127.0.0.1:18443", "TLS 1.3  TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256\nTLS 1.2  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n"),
            new EvidenceItem(Ref("ixit/AuthMech-1"), "IXIT 1-AuthMech, entry AuthMech-1 (ixit/01-AuthMech.yaml:3)", "Authentication Factor: password, set by the user\nBrute Force Prevention: locked for 60 s after 5 wrong attempts\n"),
        ]);

    private static Assessment BuildEveryKind()
    {
        var assessment = Assessment(
            [
                Group("5.0-1", "Justify recommendations that are not met", "M", Case("5.0-1-1", TestKind.Conceptual, Unit("5.0-1-1 a", Deciders.Rule, Pass("ICS", "Every recommendation answered N or N/A carries a reason.", "ics/5.5-2")))),
                Group(
                    "5.1-1",
                    "Passwords unique per unit or chosen by the user",
                    "M F (a)",
                    Case("5.1-1-1", TestKind.Conceptual, Unit("5.1-1-1 a", Deciders.Rule, Pass("AuthMech-1", "AuthMech-1 declares a password that the user sets.", "ixit/AuthMech-1"), Pass("AuthMech-2", "AuthMech-2 declares a password that differs on every unit.", "ixit/AuthMech-2"))),
                    Case(
                        "5.1-1-2",
                        TestKind.Functional,
                        Unit("5.1-1-2 a", Deciders.Probe | Deciders.Operator, Fail("tcp/127.0.0.1:12323", "A Telnet login answers on tcp/127.0.0.1:12323, which no entry of 1-AuthMech declares.", "obs/0001", "obs/0007"), Pass("tcp/127.0.0.1:18443", "The login on tcp/127.0.0.1:18443 is AuthMech-1.", "obs/0005")),
                        Unit("5.1-1-2 b", Deciders.Probe, Fail("AuthMech-1", "The login of AuthMech-1 on tcp/127.0.0.1:18443 accepts the well-known pair admin and a password of the list.", "obs/0009")),
                        Unit("5.1-1-2 c", Deciders.Probe, Inconclusive("AuthMech-2", "The preset password of sample A is known, that of sample B is not.", "Give the preset password of sample B in lab.yaml.", "obs/0010")))),
                Group(
                    "5.1-2",
                    "Preset passwords hard to guess at scale",
                    "M F (b)",
                    Case("5.1-2-1", TestKind.Conceptual, Unit("5.1-2-1 a", Deciders.Operator, Inconclusive("AuthMech-2", "Nobody has read the declared generation of AuthMech-2 yet.", "Answer unit 5.1-2-1 a for AuthMech-2 in answers.yaml."))),
                    Case("5.1-2-2", TestKind.Functional, Unit("5.1-2-2 a", Deciders.Probe, Inconclusive("AuthMech-2", "One preset password is too few to see a pattern.", "Give the preset password of sample B in lab.yaml.", "obs/0010")))),
                Group(
                    "5.3-2",
                    "Secure installation of updates",
                    "M C (12)",
                    new CaseResult(
                        TestCaseId.Parse("5.3-2-2"),
                        TestKind.Functional,
                        "Compare the device with its declaration; one mechanism that passes is enough.",
                        Verdict.Pass,
                        [Unit("5.3-2-2 a", Deciders.Probe, Pass("UpdMech-1", "UpdMech-1 refuses an image without signature.", "obs/0020"), Fail("UpdMech-2", "UpdMech-2 installs an image without signature.", "obs/0021"))])) with
                { Verdict = Verdict.Pass },
                Group("5.3-10", "Authenticity of updates over the network", "M F (j)", Case("5.3-10-1", TestKind.Mixed, Unit("5.3-10-1 a", Deciders.Rule | Deciders.Probe | Deciders.Operator, Pass("UpdMech-1", "UpdMech-1 refuses an image signed with a foreign key and installs a genuine one.", "obs/0020")))),
                Group("5.4-1", "Secure storage of sensitive parameters", "M F (k)", new CaseResult(TestCaseId.Parse("5.4-1-1"), TestKind.Conceptual, "Judge the declared design.", Verdict.Inconclusive, [])),
                Group("5.5-1", "Best-practice cryptography in communication", "M", Case("5.5-1-2", TestKind.Functional, Unit("5.5-1-2 a", Deciders.Probe, Pass("ComMech-1", "ComMech-1 on tcp/127.0.0.1:18443 takes TLS 1.2 and 1.3 only, with forward secrecy and authenticated encryption.", "obs/0002")), Unit("5.5-1-2 b", Deciders.Operator))),
                Untested("5.5-2", "Reviewed implementations", "R", Support.No, "The ICS answers N: the firmware uses a library that was not reviewed independently."),
                Untested("5.5-8", "Secure management of critical parameters", "M F (m)", Support.NotApplicable, "The ICS answers N/A: condition (m) does not hold."),
                Group("5.6-1", "Unused interfaces disabled", "M F (p)", Case("5.6-1-2", TestKind.Functional, Unit("5.6-1-2 a", Deciders.Probe, Pass("LogIntf-1", "tcp/127.0.0.1:18443 is open as LogIntf-1 declares.", "obs/0001"), Inconclusive("[::1]", "The sweep of ::1 ended after 40000 ports, when the device stopped answering.", "Sweep ::1 again with fewer connections per second (lab.yaml, limits).", "obs/0003")))),
                Untested("5.13-1", "Validation of input data", "M", null, "The ICS gives no answer."),
                Untested("6-5", "Information on telemetry", "M F (w)", Support.NotApplicable, "The ICS answers N/A: condition (w) does not hold, 24-TelData is empty."),
            ]);
        var traffic = RecordedTraffic.Read() with { Ref = Ref("obs/0042") };
        return assessment with
        {
            Traffic = [traffic],
            Run = assessment.Run with
            {
                Health = new RunHealth(
                [
                    new HealthProblem(HealthKind.DutGone, Start.AddMinutes(12), "The device stopped answering for 38 s during the port sweep of ::1; what was asked in between is recorded as not answered."),
                    new HealthProblem(HealthKind.Interrupted, Start.AddMinutes(48), "The run was interrupted by the operator before 2 of 61 requests."),
                ]),
            },
            IcsVerification = new IcsVerification(
                Verdict.Fail,
                [
                    Pass("5.5-8", "The ICS answers N/A, and condition (m) does not hold.", "ics/5.5-8"),
                    Fail("5.13-1", "The ICS has no answer for the mandatory provision 5.13-1.", "ics"),
                    Inconclusive("6-5", "The ICS answers N/A; whether telemetry can be gathered is not declared.", "Say in dut.yaml whether condition (w) holds, with the reason.", "ics/6-5"),
                ]),
            Overall = new OverallResult(Verdict.Fail, "The ICS is not valid and 1 of 7 tested groups fails (5.1-1)."),
            Scope =
            [
                .. assessment.Scope,
                new ScopeLine("TCP ports of ::1", "40000 of 65535 ports in 9.8 s; the device stopped answering at port 40001.", false, Ref("obs/0003")),
                new ScopeLine("default credentials over HttpForm on tcp/127.0.0.1:18443", "12 of 300 pairs; the login locked after 5 wrong attempts and the time was used up.", false, Ref("obs/0009")),
                new ScopeLine(new TrafficWatch().Title, traffic.Coverage.Statement, traffic.Coverage.IsComplete, traffic.Ref),
            ],
            Evidence =
            [
                .. assessment.Evidence,
                new EvidenceItem(Ref("obs/0007"), "service on tcp/127.0.0.1:12323", "\u001b[2J\u001b[Hthermona GW-24\r\nlogin: \u0000"),
                new EvidenceItem(Ref("obs/0009"), "default credentials over HttpForm on tcp/127.0.0.1:18443", "POST /login user=admin password=(secret) -> 303 /home\nSet-Cookie: sid=(secret); HttpOnly; Secure; SameSite=Strict\n"),
                new EvidenceItem(traffic.Ref, new TrafficWatch().Title, ""),
            ],
        };
    }

    private static string Words(Deciders by) => by.ToString().ToLowerInvariant();

    private static ProvisionStatus Status(string text) => new(
        text,
        text.StartsWith('M'),
        [.. text.Split(['(', ')', ' ', ','], StringSplitOptions.RemoveEmptyEntries).Where(part => part is not ("M" or "R" or "C" or "F"))]);

    private static string Filler(int length) =>
        string.Concat(Enumerable.Repeat("The device answers with bytes that are written down. ", 1 + (length / 53)))[..length];
}
