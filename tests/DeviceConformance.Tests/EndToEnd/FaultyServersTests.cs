using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>The whole tool against servers that depart from what they declare: each fault fails its own units for its own reason, and nothing else fails.</summary>
[Category("Daemon")]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.All)]
public sealed class FaultyServersTests
{
    [Test]
    public Task Doors_that_nobody_declared_are_all_found() =>
        AssertFailsAsync(
            Weakness.Telnet | Weakness.AnonymousFtp | Weakness.PlainBroker | Weakness.Ssh | Weakness.IPv6Only | Weakness.SharedKeys,
            "5.1-1-2 a: 23",
            "5.1-5-2 a: 22 23",
            "5.5-5-2 b: 1883 21 22 23 8081/v6",
            "5.6-1-2 c: 1883 21 22 23 8081/v6",
            // The page on 8081 says nothing; all others tell version or host name.
            "5.6-2-2 a: 1883 21 22 23");

    [Test]
    public Task Weak_walls_are_found_where_they_are() =>
        AssertFailsAsync(
            Weakness.OldTls | Weakness.OpenStatus | Weakness.DefaultAccount | Weakness.OpenBroker | Weakness.DefaultShell,
            "5.1-1-2 b: AuthMech-1 AuthMech-3",
            "5.1-3-2 a: AuthMech-1",
            "5.1-5-2 b: AuthMech-1 AuthMech-3",
            "5.5-1-2 a: SecComMech-1",
            "5.5-4-2 a: SoftServ-1 SoftServ-2",
            "5.5-4-2 c: AuthMech-1",
            "5.5-5-2 a: AuthMech-1 SoftServ-1",
            "5.5-5-2 b: 22",
            "5.5-6-2 a: SecComMech-1",
            "5.5-7-2 a: SecComMech-1",
            "5.6-1-2 c: 22",
            "5.6-2-2 a: 22 443 8883",
            "5.8-1-2 a: SecComMech-1");

    private static async Task AssertFailsAsync(Weakness weak, params string[] expected)
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3, weak);

        var ended = await Dct.RunAsync("run", device.Declaration, "--out", device.Run());

        var units = Dct.Assessment(device.Run()).Units.ToList();
        var failing = units.Where(unit => unit.Verdict == Verdict.Fail);
        var sharing = units.Single(unit => unit.Id.ToString() == "5.5-1-2 a").Findings.Where(finding => finding.Statement.Contains("the same key", StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(ended.Code, Is.EqualTo(1), ended.Text);
            Assert.That(failing.Select(unit => $"{unit.Id}: {Subjects(unit, device)}"), Is.EqualTo(expected), ended.Text);
            Assert.That(sharing.Select(finding => (finding.Subject, finding.Verdict)), Is.EquivalentTo(weak.HasFlag(Weakness.SharedKeys) ? new[] { ("SecComMech-1", Verdict.Inconclusive), ("SecComMech-2", Verdict.Inconclusive) } : []));
        });
    }

    // "23" for a port on both addresses, "8081/v6" for one on the IPv6 address alone, otherwise the entry of the IXIT.
    private static string Subjects(UnitResult unit, ServerDevice device)
    {
        var (v4, v6) = ($"tcp/{device.Network.DeviceAddress}:", $"tcp/[{device.Network.DeviceAddressV6}]:");
        var subjects = unit.Findings.Where(finding => finding.Verdict == Verdict.Fail).Select(finding => finding.Subject).ToHashSet(StringComparer.Ordinal);
        return string.Join(' ', subjects.Select(Short).Distinct().Order(StringComparer.Ordinal));

        string Short(string subject) =>
            subject.StartsWith(v4, StringComparison.Ordinal) ? subject[v4.Length..] + (subjects.Contains(v6 + subject[v4.Length..]) ? "" : "/v4")
            : subject.StartsWith(v6, StringComparison.Ordinal) ? subject[v6.Length..] + (subjects.Contains(v4 + subject[v6.Length..]) ? "" : "/v6")
            : subject;
    }
}
