using System.Globalization;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Snmp;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>SNMP: what an SNMPv3 engine tells anybody, which well-known communities read, and a bounded walk with the first that does. Nothing is set.</summary>
internal static class SnmpSurvey
{
    private const int FirstId = 0x64630000;
    private const int Repetitions = 12;

    // What helps an attacker most, and the maker's own branch; a limit for each, so that a switch with a thousand ports ends too.
    private static readonly (string Root, string Name, DisclosureKind? Kind, int Most)[] _walks =
    [
        ("1.3.6.1.2.1.1", "system group", null, 16),
        ("1.3.6.1.2.1.2.2.1.6", "hardware addresses of interfaces", DisclosureKind.MacAddress, 16),
        ("1.3.6.1.2.1.4.20.1.1", "addresses of interfaces", DisclosureKind.Network, 16),
        ("1.3.6.1.2.1.4.22.1.3", "neighbours", DisclosureKind.Network, 16),
        ("1.3.6.1.2.1.25.4.2.1.2", "running programs", DisclosureKind.Status, 24),
        ("1.3.6.1.2.1.25.4.2.1.5", "arguments of programs", DisclosureKind.Status, 24),
        ("1.3.6.1.2.1.25.6.3.1.2", "installed software", DisclosureKind.Version, 24),
        ("1.3.6.1.4.1", "values of the maker", null, 48),
    ];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var pairs = SnmpCommunities.All.SelectMany(community => new[] { (Community: community, Version: 1), (Community: community, Version: 0) }).ToList();
        List<(string Name, byte[] Bytes)> questions = [("SNMPv3 discovery", SnmpMessage.Discovery(FirstId))];
        questions.AddRange(pairs.Select((pair, index) => (Name(pair), SnmpMessage.Request(pair.Version, pair.Community, SnmpMessage.Get, FirstId + 1 + index, 0, new SnmpBinding("1.3.6.1.2.1.1.1.0")))));
        var answers = await talk.AskTogetherAsync(questions, datagram => Answered(datagram, questions.Count), cancellationToken);
        if (answers.All(answer => answer is null))
        {
            return talk.Unanswered($"SNMPv3 discovery and {SnmpCommunities.All.Length} well-known communities");
        }

        if (answers[0] is { } report && SnmpMessage.TryParseEngine(report.Bytes.Span, FirstId, out var engine))
        {
            ReadEngine(engine, notes);
        }

        var let = pairs.Where((_, index) => answers[index + 1] is { } answer && SnmpMessage.TryParse(answer.Bytes.Span, out var response) && response.Error != 16).ToList();
        foreach (var pair in let)
        {
            notes.AddOpen("SNMP reads with a well-known community", Name(pair));
        }

        notes.Done($"SNMPv3 discovery {(answers[0] is null ? "has no answer" : "is answered")}; {SnmpCommunities.All.Length} well-known communities in SNMPv1 and SNMPv2c: {(let.Count == 0 ? "none is let in" : $"let in: {string.Join(", ", let.Select(Name))}")}");
        notes.Remark("whether a community may write was not tried, since that needs a SET");
        if (let.Count > 0)
        {
            var pair = let.MaxBy(pair => pair.Version);
            foreach (var walk in _walks)
            {
                await WalkAsync(talk, pair.Version, pair.Community, walk, reader, notes, cancellationToken);
            }
        }

        notes.Remark(talk.Figures);
        return null;
    }

    private static string Name((string Community, int Version) pair) => $"SNMP{(pair.Version == 0 ? "v1" : "v2c")} community {pair.Community}";

    private static int Answered(Datagram datagram, int count) =>
        SnmpMessage.TryParseEngine(datagram.Bytes.Span, FirstId, out _) ? 0
            : SnmpMessage.TryParse(datagram.Bytes.Span, out var response) && response.RequestId - FirstId is var index && index > 0 && index < count ? index
            : -1;

    private static void ReadEngine(SnmpEngine engine, SurveyNotes notes)
    {
        if (engine.HardwareAddress is { } mac)
        {
            notes.Add(DisclosureKind.MacAddress, mac, "SNMPv3 engine id");
        }

        notes.Add(DisclosureKind.Product, $"SNMP engine of enterprise {engine.Enterprise}", "SNMPv3 engine id");
        notes.Remark($"the SNMPv3 engine has started {engine.Boots} times and runs for {engine.Seconds} s");
    }

    private static async Task WalkAsync(UdpTalk talk, int version, string community, (string Root, string Name, DisclosureKind? Kind, int Most) walk, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var last = walk.Root;
        var count = 0;
        var id = FirstId + 0x1000;
        while (count < walk.Most)
        {
            var number = ++id;
            var question = SnmpMessage.Request(version, community, version == 0 ? SnmpMessage.GetNext : SnmpMessage.GetBulk, number, version == 0 ? 0 : Repetitions, new SnmpBinding(last));
            var answer = await talk.AskAsync($"{walk.Name} after {last}", question, datagram => SnmpMessage.TryParse(datagram.Bytes.Span, out var response) && response.RequestId == number, cancellationToken);
            if (answer is null)
            {
                notes.Gap($"{walk.Name}: no answer ({talk.LastSilence}) after {count} values");
                return;
            }

            _ = SnmpMessage.TryParse(answer.Value.Bytes.Span, out var got);
            var before = count;
            foreach (var variable in got.Variables)
            {
                // An agent that does not go forward would be walked for ever.
                if (got.Error != 0 || variable.IsAbsent || !Oid.IsBelow(variable.Oid, walk.Root) || !Oid.IsAfter(variable.Oid, last) || count == walk.Most)
                {
                    return;
                }

                last = variable.Oid;
                count++;
                Read(variable, walk, talk, reader, notes);
            }

            if (count == before)
            {
                return;
            }
        }

        notes.Remark($"{walk.Name}: only the first {walk.Most} values were read");
    }

    private static void Read(SnmpVariable variable, (string Root, string Name, DisclosureKind? Kind, int Most) walk, UdpTalk talk, InformationReader reader, SurveyNotes notes)
    {
        var text = variable.Text;
        if (text.Length == 0)
        {
            return;
        }

        var where = $"SNMP {walk.Name}";
        // Numbers with dots are object names here, not addresses.
        var found = variable.Type != 0x04 ? Disclosures.None : talk.Hide(reader.Read(text, variable.Oid == "1.3.6.1.2.1.1.1.0" ? TextKind.Banner : TextKind.Data));
        notes.Add(found, where);
        var kept = found.Redact(text);
        switch (variable.Oid, walk.Kind)
        {
            case ("1.3.6.1.2.1.1.1.0", _):
                notes.Add(DisclosureKind.Product, kept, "SNMP sysDescr");
                break;
            case ("1.3.6.1.2.1.1.4.0", _):
                notes.Add(DisclosureKind.Status, $"contact {kept}", "SNMP sysContact");
                break;
            case ("1.3.6.1.2.1.1.5.0", _):
                notes.Add(DisclosureKind.Network, $"host name {kept}", "SNMP sysName");
                break;
            case ("1.3.6.1.2.1.1.6.0", _):
                notes.Add(DisclosureKind.Status, $"location {kept}", "SNMP sysLocation");
                break;
            case (_, DisclosureKind.MacAddress):
                if (variable.Value is { Length: 6 } mac && mac.Span.IndexOfAnyExcept((byte)0) >= 0)
                {
                    notes.Add(DisclosureKind.MacAddress, string.Join(':', mac.ToArray().Select(value => value.ToString("x2", CultureInfo.InvariantCulture))), where);
                }

                break;
            case (_, DisclosureKind.Network):
                if (!text.StartsWith("127.", StringComparison.Ordinal))
                {
                    notes.Add(DisclosureKind.Network, text, where);
                }

                break;
            case (_, { } kind):
                notes.Add(kind, kept, where);
                break;
            case (_, null) when walk.Root == "1.3.6.1.4.1" && variable.Type == 0x04:
                notes.Add(DisclosureKind.Status, $"{variable.Oid} = {kept}", where);
                break;
        }
    }
}
