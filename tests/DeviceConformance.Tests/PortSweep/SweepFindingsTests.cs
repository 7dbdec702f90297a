using DeviceConformance.Probing.PortSweep;
using NUnit.Framework;

namespace DeviceConformance.Tests.PortSweep;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class SweepFindingsTests
{
    private static readonly SweepPass _sound = new(65535, TimeSpan.FromMilliseconds(200), 100, 0, true);

    private static SweepFindings Complete => new()
    {
        Method = SweepFindings.Connect,
        Open = 3,
        Closed = 65532,
        Silent = 0,
        Unreachable = 0,
        NotTried = 0,
        Passes = [_sound],
        FewestSilences = 0,
        SilenceIsBunched = false,
        RefusalsStopped = false,
        Vanished = [],
        SignsOfLife = 16,
        LastSign = "TCP 80 accepts a connection",
        Stopped = "",
        Incidents = [],
        Elapsed = TimeSpan.FromSeconds(3),
        Connections = 65600,
    };

    private static SweepFindings Silent => Complete with { Closed = 65432, Silent = 100, FewestSilences = 3, Passes = [_sound, _sound, _sound] };

    private static IEnumerable<TestCaseData> Gaps =>
    [
        new TestCaseData(Complete with { NotTried = 1 }, "not asked").SetArgDisplayNames("a port not tried"),
        new TestCaseData(Complete with { Vanished = [80] }, "no longer did").SetArgDisplayNames("an open port that vanished"),
        new TestCaseData(Complete with { Stopped = "The sweep was ended." }, "was ended").SetArgDisplayNames("an early end"),
        new TestCaseData(Silent with { FewestSilences = 1 }, "2 times").SetArgDisplayNames("one silence only"),
        new TestCaseData(Silent with { SilenceIsBunched = true }, "crowd together").SetArgDisplayNames("silence bunched in time"),
        new TestCaseData(Silent with { RefusalsStopped = true }, "throttle").SetArgDisplayNames("refusals that stopped"),
        new TestCaseData(Silent with { Passes = [_sound with { ControlAsked = 100, ControlMissed = 20 }] }, "Loss").SetArgDisplayNames("loss"),
        new TestCaseData(Silent with { Passes = [_sound with { ControlAsked = 0 }] }, "Loss").SetArgDisplayNames("no measure of loss"),
        new TestCaseData(Silent with { Passes = [_sound with { IsSound = false }] }, "Loss").SetArgDisplayNames("no sound pass"),
    ];

    [Test]
    public void Sweep_without_gap_is_complete_and_says_what_was_done()
    {
        var coverage = Complete.ToCoverage();

        Assert.That(coverage.IsComplete, Is.True);
        Assert.That(coverage.Statement, Is.EqualTo(
            "Connect sweep of 65535 TCP ports in 3.0 s with 65600 connection attempts: 3 open, 65532 refused, 0 silent, 0 not tried."
            + " The DUT gave a sign of life before, 16 times during and after the sweep (TCP 80 accepts a connection)."));
    }

    [Test]
    public void Silence_seen_three_times_without_loss_is_complete()
    {
        Assert.That(Silent.ToCoverage().IsComplete, Is.True, Silent.ToCoverage().Statement);
        Assert.That(Silent.LossBound, Is.EqualTo(0.01));
        Assert.That(Silent.MissBound, Is.EqualTo(1e-6).Within(1e-9));
    }

    [TestCaseSource(nameof(Gaps))]
    public void Gap_makes_the_coverage_partial_and_is_named(object findings, string expected)
    {
        var coverage = ((SweepFindings)findings).ToCoverage();

        Assert.That(coverage.IsComplete, Is.False);
        Assert.That(coverage.Statement, Does.Contain(expected));
    }
}
