using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Standard;
using static DeviceConformance.Declarations.Templates.FormShape;

namespace DeviceConformance.Declarations.Templates;

/// <summary>The files of a declaration, described for one edition.</summary>
internal static class FormShapes
{
    private static readonly FormShape Free = new Text();
    private static readonly FormShape Flag = new YesNo();

    /// <summary><c>dut.yaml</c>.</summary>
    public static Group Dut(Catalogue catalogue) => new(
    [
        new("edition", new Choice([catalogue.Edition.Id]), "Version of EN 303 645 that the device is assessed against", true),
        new("maker", Free, "Supplier", true),
        new("brand", Free, "Brand or trade name, when it is not the maker's"),
        new("model", Free, "Model designation as it stands on the device", true),
        new("kind", Free, "What kind of device it is", true),
        new("firmware", Free, "Version of the software under test", true),
        new("hardware", Free, "Hardware version or configuration", true),
        new("constrained", new Group(
        [
            new("answer", Flag, "Whether it is a constrained device (EN 303 645, clause 3.1)", true),
            new("justification", Free, "Which limit the intended use brings; needed with yes"),
        ]), "Whether the device is constrained, and why", true),
        new("states", new ListOf(Free), "Device states that you distinguish", true),
        new("associated-services", new ListOf(Free), "Associated services, or none", true),
        new("samples", new ListOf(new Group(
        [
            new("name", Free, "Name of the sample in the laboratory", true),
            new("serial", Free, "Serial number"),
            new("mac", new ListOf(new Patterned("^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")), "MAC addresses"),
            new("addresses", new ListOf(Free), "IP addresses in the laboratory's network"),
        ])), "The units at hand; the first is probed, uniqueness needs two", true),
        new("conditions", new Group(
        [
            .. catalogue.Conditions.Select(condition => new FormKey(
                condition.Id,
                new Group([new("holds", Flag, "Whether it holds", true), new("because", Free, "The reason, in a sentence that a laboratory can check", true)]),
                condition.Meaning)),
        ]), "Conditions that the typed facts of the IXIT do not show"),
    ]);

    /// <summary><c>ics.yaml</c>.</summary>
    public static Group Ics(Catalogue catalogue) => new(
    [
        new("ics", new ListOf(
            new Group(
            [
                new("provision", new Choice([.. catalogue.Provisions.Select(provision => provision.Id.ToString())]), "Number of the provision", true),
                new("support", new Choice(["Y", "N", "N/A"]), "Y: fulfilled; N: not fulfilled; N/A: its condition does not hold", true),
                new("detail", Free, "Measures taken, or the reason"),
            ]),
            OrSingle: false), "One row for each provision", true),
    ]);

    /// <summary>A file of <c>ixit/</c>.</summary>
    public static Group Table(IxitTable table)
    {
        var facts = TypedFacts.For(table.Role);
        ImmutableArray<FormKey> columns =
        [
            .. table.Fields.Select(field => field.Name == IxitField.IdName
                ? new FormKey(field.Name, new Patterned($"^{table.Stem}-[0-9]+[a-z]?$"), WithoutStop(field.Meaning), true)
                : new FormKey(field.Name, Free, WithoutStop(field.Meaning))),
        ];
        if (facts.Length > 0)
        {
            columns = columns.Add(new("facts", new Group(facts), "Typed facts: what the harness can act on without reading prose"));
        }

        return new Group(
        [
            new("table", new Choice([table.Id]), table.Title, true),
            table.HasRows
                ? new("entries", new ListOf(new Group(columns), OrSingle: false), "The rows", true)
                : new("form", new Group(columns), "The fields", true),
        ]);
    }

    private static Group Sought(string kind, string table) => new(
    [
        new("what", Free, $"What it is; reports name the {kind} so and never show the value", true),
        new("entry", Free, $"Row of {table} that it belongs to"),
        new("value", Free, "The value itself"),
        new("value-env", Free, "Environment variable that holds the value"),
        new("value-file", Free, "File that holds the value"),
    ]);

    /// <summary><c>lab.yaml</c>.</summary>
    public static Group Lab { get; } = new(
    [
        new("laboratory", Free, "Name of the laboratory"),
        new("interface", Free, "Network interface towards the DUT; empty: whatever the routing table says"),
        new("allowed-impact", Of<ProbeImpact>(), "The most that probes may do to the DUT", true),
        new("allow-public-addresses", Flag, "Whether an address outside private ranges may be probed"),
        new("allow-routed-addresses", Flag, "Whether an address may be probed that is on no network of the host, so that a gateway leads to it"),
        new("limits", new Group(
        [
            new("sweep", Of<SweepPace>(), "gentle: a port sweep begins slowly, for every device; fast: ten times as fast, as far as connections-per-second lets it, for devices that are known to bear it"),
            new("connections-per-second", new Whole(1, 1_000_000), "New connections per second at the most, SYNs of a sweep included"),
            new("concurrent-connections", new Whole(1, 4096), "Open connections at the same time"),
            new("connect-timeout-milliseconds", new Whole(50, 60_000), "How long a connection attempt waits"),
            new("credential-attempts", new Whole(0, 100_000), "Wrong logins per login point at the most"),
            new("udp-seconds", new Whole(1, 86_400), "Length of the sweep over the UDP ports of one address at the most"),
            new("minutes", new Whole(1, 7 * 24 * 60), "Length of the campaign"),
        ]), "Limits that protect the DUT"),
        new("sweep-method", Of<SweepMethod>(), "How TCP ports are swept; syn needs the right to send raw packets (CAP_NET_RAW), auto uses it where it is there"),
        new("credentials", new ListOf(new Group(
        [
            new("auth-mech", Free, "Entry of 1-AuthMech", true),
            new("sample", Free, "Sample it belongs to", true),
            new("kind", Of<CredentialKind>(), "current: it logs in now; preset: from the label; low-rights: it logs in with too few rights", true),
            new("user", Free, "User name"),
            new("password", Free, "The password itself, for test devices"),
            new("password-env", Free, "Environment variable that holds the password"),
            new("password-file", Free, "File that holds the password"),
        ])), "Credentials for tests"),
        new("credential-lists", new ListOf(Free), "Files with default credentials of your own, tried before the built-in ones: user:password on each line, or .csv with a line of column names (user, password, protocols, origin)"),
        new("actuators", new ListOf(new Group(
        [
            new("name", Free, "Name", true),
            new("does", Free, "What it does: power, reset, factory-reset", true),
            new("how", Free, "Who or what operates it"),
        ])), "What acts on the DUT"),
        new("host-listeners", new ListOf(new Group(
        [
            new("endpoint", Free, "Loopback endpoint, for example tcp/127.0.0.1:22", true),
            new("reason", Free, "What it is", true),
        ])), "Loopback listeners of the laboratory's host itself"),
        new("stand-in-address", Free, "Address of the laboratory's host that the DUT reaches, for servers the harness stands in for"),
        new("captures", new ListOf(Free), "Captures of the DUT's traffic (pcap, pcapng, also packed by gzip), relative to this folder; 'dct run --pcap' names more"),
        new("captured-addresses", new ListOf(Free), "IP addresses that the DUT had while captures were made, when they are not those of dut.yaml"),
        new("key-logs", new ListOf(Free), "TLS key logs (SSLKEYLOGFILE) that open what was captured"),
        new("mud-file", Free, "The maker's MUD file (RFC 8520), relative to this folder: captures are held against what it lets pass"),
        new("name-servers", new ListOf(Free), "Addresses of the resolvers that the laboratory's network gives the DUT; questions to others are remarked"),
        new("personal-data", new ListOf(Sought("personal data", "21-PersData")), "Personal data that was entered for the tests: captures are searched for it"),
        new("secrets", new ListOf(Sought("secrets", "10-SecParam")), "Secrets of the device that you know beside the credentials: captures are searched for them"),
    ]);

    /// <summary><c>answers.yaml</c>.</summary>
    public static Group Answers(Catalogue catalogue) => new(
    [
        new("answers", new ListOf(
            new Group(
            [
                new("unit", new Choice([.. catalogue.Units.Where(unit => unit.DecidedBy.HasFlag(Deciders.Operator)).Select(unit => unit.Id.ToString())]), "The test unit", true),
                new("subject", Free, "IXIT entry it is about, DUT, or '*' for every subject without an answer of its own"),
                new("verdict", Of<Verdict>(), "What the examiner found", true),
                new("reason", Free, "Why", true),
                new("by", Free, "Name of the examiner", true),
                new("date", new Patterned("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), "Day of the examination", true),
                new("files", new ListOf(Free), "Attached files"),
            ]),
            OrSingle: false), "The answers", true),
    ]);

    private static string WithoutStop(string sentence) => sentence.TrimEnd('.');
}
