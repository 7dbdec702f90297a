using System.Globalization;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Reporting;

/// <summary>The words that all reports share, so that they name the same thing alike.</summary>
internal static class Words
{
    /// <summary>Verdict as TS 103 701 writes it; null is a group that is not tested.</summary>
    public static string Of(Verdict? verdict) => verdict switch
    {
        Verdict.Pass => "PASS",
        Verdict.Fail => "FAIL",
        Verdict.Inconclusive => "INCONCLUSIVE",
        _ => "not tested",
    };

    /// <summary>One character for a verdict, so that no report depends on colour.</summary>
    public static string Symbol(Verdict? verdict) => verdict switch
    {
        Verdict.Pass => "✓",
        Verdict.Fail => "✗",
        Verdict.Inconclusive => "?",
        _ => "–",
    };

    /// <summary>The support column of the ICS.</summary>
    public static string Of(Support? support) => support switch
    {
        Support.Yes => "Y",
        Support.No => "N",
        Support.NotApplicable => "N/A",
        _ => "no answer",
    };

    /// <summary>Kind of a case or unit.</summary>
    public static string Of(TestKind kind) => kind switch
    {
        TestKind.Conceptual => "conceptual",
        TestKind.Functional => "functional",
        _ => "conceptual and functional",
    };

    /// <summary>Kind of a health problem.</summary>
    public static string Of(HealthKind kind) => kind switch
    {
        HealthKind.Harness => "fault of the harness",
        HealthKind.Lab => "fault of the laboratory's set-up",
        HealthKind.DutGone => "DUT gone",
        HealthKind.Interrupted => "run interrupted",
        _ => "evidence does not match its hashes",
    };

    /// <summary>What a probe does to the DUT.</summary>
    public static string Of(ProbeImpact impact) => impact switch
    {
        ProbeImpact.Passive => "passive",
        ProbeImpact.ReadOnly => "read-only",
        ProbeImpact.StateChanging => "state-changing",
        _ => "disruptive",
    };

    /// <summary>Whether content is protected.</summary>
    public static string Of(ContentProtection protection) => protection switch
    {
        ContentProtection.Encrypted => "encrypted",
        ContentProtection.Clear => "readable",
        ContentProtection.Unknown => "not known whether encrypted",
        _ => "nothing said",
    };

    /// <summary>How a conversation stands to the declaration.</summary>
    public static string Of(TrafficStanding standing) => standing switch
    {
        TrafficStanding.Declared => "declared",
        TrafficStanding.Undeclared => "not declared",
        _ => "basic service of networks",
    };

    /// <summary>Who opened a conversation.</summary>
    public static string Of(ConversationOpener opener) => opener switch
    {
        ConversationOpener.Dut => "opened by the device",
        ConversationOpener.Peer => "opened by the other side",
        _ => "beginning not captured",
    };

    /// <summary>Kind of a readable item.</summary>
    public static string Of(ClearItemKind kind) => kind switch
    {
        ClearItemKind.Credential => "credential",
        ClearItemKind.Token => "token",
        ClearItemKind.DeclaredSecret => "secret",
        _ => "personal datum",
    };

    /// <summary>Kind of an address.</summary>
    public static string Of(AddressKind kind) => kind switch
    {
        AddressKind.UniversalMac => "MAC given by the maker",
        AddressKind.LocalMac => "MAC with the local bit, as randomised ones have",
        AddressKind.IPv4 => "IPv4",
        AddressKind.IPv6Eui64 => "IPv6, made from the MAC address",
        _ => "IPv6",
    };

    /// <summary>Transport and port: "tcp/443"; empty without ports.</summary>
    public static string Port(Transport? transport, int port) => transport switch
    {
        null => "",
        Transport.Udp => $"udp/{port}",
        _ => $"tcp/{port}",
    };

    /// <summary>The deciders one by one: probe, rule, operator.</summary>
    public static IEnumerable<string> Each(Deciders deciders)
    {
        if (deciders.HasFlag(Deciders.Probe))
        {
            yield return "probe";
        }

        if (deciders.HasFlag(Deciders.Rule))
        {
            yield return "rule";
        }

        if (deciders.HasFlag(Deciders.Operator))
        {
            yield return "operator";
        }
    }

    /// <summary>The deciders as a phrase: "probe and operator".</summary>
    public static string Of(Deciders deciders) => List([.. Each(deciders)]);

    /// <summary>Subject and statement of a finding; the subject is not repeated where the statement begins with it.</summary>
    public static string Sentence(Finding finding) =>
        finding.Statement.StartsWith(finding.Subject, StringComparison.Ordinal) ? finding.Statement : $"{finding.Subject}: {finding.Statement}";

    /// <summary>Items as a phrase: "a, b and c".</summary>
    public static string List(IReadOnlyList<string> items) => items.Count switch
    {
        0 => "none",
        1 => items[0],
        _ => $"{string.Join(", ", items.Take(items.Count - 1))} and {items[^1]}",
    };

    /// <summary>A number with its thousands apart.</summary>
    public static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A number with its noun: "1 unit", "2 units".</summary>
    public static string Count(long number, string noun) => Count(number, noun, noun + "s");

    /// <summary>A number with its noun where the plural is no plain one.</summary>
    public static string Count(long number, string one, string many) => number == 1 ? $"1 {one}" : $"{Number(number)} {many}";

    /// <summary>A number of bytes in the unit that leaves two or three digits.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1000 => $"{bytes} B",
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
    };

    /// <summary>A length of time in its two largest units.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => $"{(int)span.TotalDays} d {span.Hours} h",
        { TotalHours: >= 1 } => $"{span.Hours} h {span.Minutes} min",
        { TotalMinutes: >= 1 } => $"{span.Minutes} min {span.Seconds} s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.#} s"),
    };

    /// <summary>A point in time, UTC, to the second.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'");

    /// <summary>A point in time beside others of which the whole is told: month, day, time, UTC.</summary>
    public static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>From when to when, beside others of which the whole is told; what both have in common is said once.</summary>
    public static string Moments(DateTimeOffset from, DateTimeOffset to) =>
        Moment(from) == Moment(to) ? Moment(from)
        : from.UtcDateTime.Date == to.UtcDateTime.Date ? $"{Moment(from)} to {Moment(to)["MM-dd ".Length..]}"
        : $"{Moment(from)} to {Moment(to)}";

    /// <summary>Name of the DUT as people say it: brand or maker, and model.</summary>
    public static string Name(Dut dut) => string.Join(' ', new[] { dut.Brand.Length > 0 ? dut.Brand : dut.Maker, dut.Model }.Where(part => part.Length > 0)) is { Length: > 0 } name
        ? name
        : "unnamed device";
}
