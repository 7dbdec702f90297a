using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Dns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>DNS: what a server tells of itself (RFC 4892), and whether it answers anybody's questions about other names.</summary>
internal static class DnsSurvey
{
    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        ushort id = 0x6470;
        var answered = 0;
        foreach (var name in new[] { "version.bind", "version.server", "hostname.bind", "id.server" })
        {
            if (await AskAsync(talk, ++id, name, DnsType.Txt, 3, cancellationToken) is not { } answer)
            {
                if (answered == 0)
                {
                    return talk.Unanswered($"DNS {name}");
                }

                notes.Gap($"{name} has no answer");
                continue;
            }

            answered++;
            foreach (var text in answer.Records.Where(record => record.Type == DnsType.Txt).SelectMany(record => record.Texts))
            {
                var found = reader.Read(text, TextKind.Banner);
                notes.Add(found, $"DNS {name}");
                notes.Add(name.StartsWith("version", StringComparison.Ordinal) ? text.Any(char.IsAsciiDigit) ? DisclosureKind.Version : DisclosureKind.Product : DisclosureKind.Network, text, $"DNS {name}");
            }
        }

        // The root: no name of anybody is looked up, and every resolver knows it.
        if (await AskAsync(talk, ++id, "", DnsType.Ns, 1, cancellationToken) is { } root)
        {
            if (root.OffersRecursion && root.Code is 0 or 2 or 3)
            {
                notes.AddOpen("DNS resolves names for anybody (recursion)", "recursion");
            }

            notes.Done($"{answered} questions about the server answered; recursion is {(root.OffersRecursion ? root.Code == 5 ? "refused" : "offered" : "not offered")}");
        }
        else
        {
            notes.Gap("the question for the root was not answered, so whether recursion is offered is not known");
        }

        notes.Remark(talk.Figures);
        return null;
    }

    private static async Task<DnsMessage?> AskAsync(UdpTalk talk, ushort id, string name, DnsType type, int dnsClass, CancellationToken cancellationToken) =>
        await talk.AskAsync($"DNS {(name.Length == 0 ? "." : name)}", DnsMessage.Query(id, true, [(name, type)], dnsClass), datagram => DnsMessage.TryParse(datagram.Bytes, out var message) && message.IsResponse && message.Id == id, cancellationToken) is { } answer
        && DnsMessage.TryParse(answer.Bytes, out var message) ? message : null;
}
