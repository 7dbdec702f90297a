using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Multicast DNS and DNS-SD (RFC 6762, RFC 6763): kinds of service, their instances, hosts, ports and texts; asked of the DUT itself.</summary>
/// <remarks>A group is asked only when the DUT does not answer for itself and lab.yaml names the interface.</remarks>
internal static class MdnsSurvey
{
    private const string AllTypes = "_services._dns-sd._udp.local";
    private const int MaxTypes = 16;
    private const int MaxInstances = 32;
    private const int MostAnswers = 16;

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2);
    private static readonly IPAddress _group = IPAddress.Parse("224.0.0.251");
    private static readonly IPAddress _groupV6 = IPAddress.Parse("ff02::fb");

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var facts = ProbeFacts.Of(context.Declared);
        var question = DnsMessage.Query(0x6463, false, [(AllTypes, DnsType.Ptr)]);
        var answers = await talk.GatherAsync("mDNS: kinds of service", question, IsResponse, _window, MostAnswers, cancellationToken);
        var asked = "of the DUT's own address";
        if (answers.Count == 0)
        {
            answers = await talk.GatherFromGroupAsync("mDNS: kinds of service", request.Endpoint.Address.IsIPv6 ? _groupV6 : _group, question, IsResponse, _window, MostAnswers, cancellationToken) ?? [];
            asked = "of the multicast group";
        }

        if (answers.Count == 0 && await talk.AskAsync("mDNS: name of the address", DnsMessage.Query(0x6463, false, [(ReverseName(request.Endpoint.Address.Address), DnsType.Ptr)]), IsResponse, cancellationToken) is { } named)
        {
            answers.Add(named);
        }

        if (answers.Count == 0)
        {
            return talk.Unanswered("mDNS");
        }

        var records = Records(answers);
        var types = records.Where(record => record.Type == DnsType.Ptr && record.Name.Equals(AllTypes, StringComparison.OrdinalIgnoreCase)).Select(record => record.Target).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxTypes).ToList();
        records.AddRange(await AskAllAsync(talk, types, DnsType.Ptr, notes, cancellationToken));
        var instances = records.Where(record => record.Type == DnsType.Ptr && types.Contains(record.Name, StringComparer.OrdinalIgnoreCase)).Select(record => record.Target).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxInstances).ToList();
        var described = records.Where(record => record.Type == DnsType.Txt).Select(record => record.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        records.AddRange(await AskAllAsync(talk, [.. instances.Where(instance => !described.Contains(instance))], DnsType.Any, notes, cancellationToken));
        foreach (var record in records)
        {
            Read(record, types, request.Endpoint.Address.Address, talk, facts, reader, notes);
        }

        notes.Done($"asked {asked}: {types.Count} kinds of service, {instances.Count} instances, {records.Count} records");
        notes.Remark(talk.Figures);
        return null;
    }

    private static async Task<List<DnsRecord>> AskAllAsync(UdpTalk talk, List<string> names, DnsType type, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var records = new List<DnsRecord>();
        foreach (var name in names)
        {
            bool IsAbout(Datagram datagram) => DnsMessage.TryParse(datagram.Bytes, out var message) && message.IsResponse && message.Records.Any(record => record.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (await talk.AskAsync($"mDNS: {SurveyNotes.Shortened(name)}", DnsMessage.Query(0x6464, false, [(name, type)]), IsAbout, cancellationToken) is { } answer)
            {
                records.AddRange(Records([answer]));
            }
            else
            {
                notes.Gap($"mDNS: {SurveyNotes.Shortened(name)} has no answer");
            }
        }

        return records;
    }

    private static void Read(DnsRecord record, List<string> types, IPAddress own, UdpTalk talk, ProbeFacts facts, InformationReader reader, SurveyNotes notes)
    {
        var where = $"mDNS {SurveyNotes.Shortened(record.Name)}";
        switch (record.Type)
        {
            case DnsType.Ptr when types.Contains(record.Name, StringComparer.OrdinalIgnoreCase):
                AnnouncedNames.Add(DnsMessage.Labels(record.Target).FirstOrDefault() ?? "", where, facts, reader, notes);
                break;
            case DnsType.Srv:
                AnnouncedNames.Add(record.Target, where, facts, reader, notes);
                break;
            case DnsType.Ptr when record.Name.EndsWith(".arpa", StringComparison.OrdinalIgnoreCase):
                AnnouncedNames.Add(record.Target, where, facts, reader, notes);
                break;
            case DnsType.Hinfo:
                notes.Add(DisclosureKind.Version, string.Join(' ', record.Texts), where);
                break;
            case DnsType.Txt:
                ReadTexts(record, where, talk, reader, notes);
                break;
            case DnsType.A or DnsType.Aaaa when record.Address is { } address && !address.Equals(own) && !address.IsIPv6LinkLocal && !IPAddress.IsLoopback(address):
                // Its own other addresses are what a client asks for; they are a fact all the same.
                notes.Remark($"{SurveyNotes.Shortened(record.Name)} also has the address {address}");
                break;
        }
    }

    private static void ReadTexts(DnsRecord record, string where, UdpTalk talk, InformationReader reader, SurveyNotes notes)
    {
        // Keys before the first sign of equality (RFC 6763, 6.3).
        var pairs = record.Texts.Select(text => text.Split('=', 2)).Where(parts => parts.Length == 2).Select(parts => new NameAndValue(parts[0], parts[1], PairSource.Data)).ToList();
        notes.Add(talk.Hide(InformationReader.Read(pairs)), where);
        foreach (var text in record.Texts.Where(text => text.Length > 0))
        {
            notes.Add(reader.Read(text, TextKind.Banner), where);
        }
    }

    private static List<DnsRecord> Records(IEnumerable<Datagram> answers) =>
        [.. answers.SelectMany(answer => DnsMessage.TryParse(answer.Bytes, out var message) ? message.Records : []).DistinctBy(record => (record.Name.ToLowerInvariant(), record.Type, Convert.ToHexString(record.Data.Span), record.Target))];

    private static bool IsResponse(Datagram datagram) => DnsMessage.TryParse(datagram.Bytes, out var message) && message is { IsResponse: true, Records.IsEmpty: false };

    private static string ReverseName(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return bytes.Length == 4 ? $"{string.Join('.', bytes.Reverse())}.in-addr.arpa" : $"{string.Join('.', Convert.ToHexStringLower(bytes).Reverse())}.ip6.arpa";
    }
}
