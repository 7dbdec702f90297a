using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Upnp;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>SSDP and UPnP (UPnP Device Architecture 2.0): search, device and service descriptions, and the actions that only read, all without a login.</summary>
/// <remarks>Descriptions are fetched from the DUT's own address only. No action that sets, adds or deletes is asked for.</remarks>
internal static class SsdpSurvey
{
    private const int MostAnswers = 40;
    private const int MaxLocations = 4;
    private const int MaxActions = 24;
    private const int MaxMappings = 8;

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2.5);
    private static readonly IPAddress _group = IPAddress.Parse("239.255.255.250");
    private static readonly IPAddress _groupV6 = IPAddress.Parse("ff02::c");

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var group = request.Endpoint.Address.IsIPv6 ? _groupV6 : _group;
        // A search to one device has no MX (1.3.2); some want it all the same.
        var question = Encoding.ASCII.GetBytes($"M-SEARCH * HTTP/1.1\r\nHOST: {(group.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{group}]" : group)}:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n");
        var answers = await talk.GatherAsync("M-SEARCH ssdp:all", question, IsAnswer, _window, MostAnswers, cancellationToken);
        if (answers.Count == 0)
        {
            answers = await talk.GatherFromGroupAsync("M-SEARCH ssdp:all", group, question, IsAnswer, _window, MostAnswers, cancellationToken) ?? [];
        }

        if (answers.Count == 0)
        {
            return talk.Unanswered("M-SEARCH");
        }

        var facts = ProbeFacts.Of(context.Declared);
        var locations = new List<Uri>();
        foreach (var answer in answers)
        {
            ReadHeaders(Encoding.Latin1.GetString(answer.Bytes.Span), request.Endpoint.Address.Address, locations, facts, reader, notes);
        }

        notes.Done($"M-SEARCH has {answers.Count} answers, {locations.Count} device descriptions");
        notes.Remark(talk.Figures);
        foreach (var location in locations.Take(MaxLocations))
        {
            await DescribeAsync(location, request, context, reader, notes, cancellationToken);
        }

        return null;
    }

    /// <summary>Notes the headers of a search answer, and where its description lies.</summary>
    internal static void ReadHeaders(string text, IPAddress own, List<Uri> locations, ProbeFacts facts, InformationReader reader, SurveyNotes notes)
    {
        foreach (var header in text.Split("\r\n").Skip(1).Select(line => line.Split(':', 2)).Where(header => header.Length == 2).Take(60))
        {
            var value = header[1].Trim();
            switch (header[0].Trim().ToUpperInvariant())
            {
                case "SERVER":
                    HttpAnswerReading.ReadProductHeader("SERVER", value, reader, notes);
                    break;
                case "USN":
                    AnnouncedNames.Add(value.Split("::")[0], "SSDP USN", facts, reader, notes);
                    break;
                case "LOCATION" when !SoapClient.IsOwn(value, own, out _):
                    notes.Remark($"a description at {SurveyNotes.Shortened(value)} is not on the DUT's own address and was not fetched");
                    break;
                case "LOCATION" when SoapClient.IsOwn(value, own, out var location) && !locations.Contains(location):
                    locations.Add(location);
                    break;
            }
        }
    }

    private static async Task DescribeAsync(Uri location, DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var session = new HttpSession(new Endpoint(request.Endpoint.Address, location.Port), location.Scheme == "https", context.Link, context.Transcript, context.Time)
        {
            Deadline = TimeSpan.FromSeconds(8),
            SecretsIn = answer => reader.Read(answer.Text, TextKind.Data).Secrets,
        };
        var answer = await session.GetAsync(location.PathAndQuery, cancellationToken);
        if (answer.Status != 200)
        {
            notes.Gap($"description {location.PathAndQuery} on TCP {location.Port}: {(answer.Silence is { } silence ? $"no answer ({silence})" : $"status {answer.Status}")}");
            return;
        }

        notes.AddOpen("UPnP description without login", location.PathAndQuery);
        // Every UPnP device has a unique name of its own (UDN); it is a serial number or hardware address only where it is made of one.
        var pairs = NameAndValue.Xml(answer.Text).Where(pair => pair.Name != "version").ToList();
        notes.Add(InformationReader.Read(pairs.Where(pair => pair.Name != "UDN")), location.PathAndQuery);
        foreach (var pair in pairs)
        {
            notes.Add(reader.Read(pair.Value, TextKind.Data), location.PathAndQuery);
            if (pair.Name == "UDN")
            {
                AnnouncedNames.Add(pair.Value, location.PathAndQuery, ProbeFacts.Of(context.Declared), reader, notes);
            }
        }

        var services = UpnpDescription.Services(answer.Text);
        notes.Add(DisclosureKind.ApiDescription, $"{services.Length} UPnP services: {string.Join(", ", services.Select(service => service.ShortType).Distinct())}", location.PathAndQuery);
        var asked = 0;
        foreach (var service in services)
        {
            if (PathOf(session, location, service.Scpd) is not { } scpd || PathOf(session, location, service.Control) is not { } control)
            {
                notes.Remark($"{service.ShortType} is described elsewhere than on the DUT's port {location.Port}");
                continue;
            }

            var description = await session.GetAsync(scpd, cancellationToken);
            var actions = UpnpDescription.Actions(description.Text);
            if (description.Status != 200)
            {
                notes.Gap($"{service.ShortType}: its description is not given ({(description.Silence is { } silence ? silence.ToString() : $"status {description.Status}")})");
                continue;
            }

            foreach (var action in actions.Where(action => action.OnlyReads))
            {
                if (asked++ == MaxActions)
                {
                    notes.Remark($"only the first {MaxActions} reading actions were asked for");
                    return;
                }

                await InvokeAsync(session, control, service, action.Name, [], reader, notes, cancellationToken);
            }

            if (actions.Any(action => action.Name == "GetGenericPortMappingEntry"))
            {
                await ListMappingsAsync(session, control, service, reader, notes, cancellationToken);
            }

            var changing = actions.Where(action => !action.Name.StartsWith("Get", StringComparison.Ordinal)).Select(action => action.Name).ToList();
            if (changing.Count > 0)
            {
                notes.Remark($"{service.ShortType} has actions that change something, which were not tried: {string.Join(", ", changing.Take(8))}");
            }
        }

        notes.Done($"{services.Length} services, {asked} reading actions of {location.PathAndQuery} asked for");
    }

    private static async Task ListMappingsAsync(HttpSession session, string control, UpnpService service, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        for (var index = 0; index < MaxMappings; index++)
        {
            var text = await InvokeAsync(session, control, service, "GetGenericPortMappingEntry", [("NewPortMappingIndex", $"{index}")], reader, notes, cancellationToken);
            if (text is null)
            {
                return;
            }

            notes.Add(DisclosureKind.Network, $"port mapping {UpnpDescription.Value(text, "NewProtocol")} {UpnpDescription.Value(text, "NewExternalPort")} to {UpnpDescription.Value(text, "NewInternalClient")}:{UpnpDescription.Value(text, "NewInternalPort")}", service.ShortType);
        }
    }

    private static async Task<string?> InvokeAsync(HttpSession session, string control, UpnpService service, string action, (string Name, string Value)[] arguments, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var answer = await SoapClient.InvokeAsync(session, control, service.Type, action, arguments, cancellationToken);
        if (answer.Silence is { } silence)
        {
            notes.Gap($"{service.ShortType} {action}: no answer ({silence})");
        }

        if (answer.Status != 200)
        {
            return null;
        }

        notes.AddOpen("UPnP action without login", $"{service.ShortType} {action}");
        notes.Add(InformationReader.Read(NameAndValue.Xml(answer.Text)), $"{service.ShortType} {action}");
        if (UpnpDescription.Value(answer.Text, "NewExternalIPAddress") is { Length: > 0 } external)
        {
            notes.Add(DisclosureKind.Network, $"external address {external}", $"{service.ShortType} {action}");
        }

        return answer.Text;
    }

    private static string? PathOf(HttpSession session, Uri location, string target) =>
        Uri.TryCreate(location, target, out var uri) && uri.Scheme == location.Scheme && uri.Authority == location.Authority && Uri.TryCreate(session.Origin, uri.PathAndQuery, out _) && target.Length > 0 ? uri.PathAndQuery : null;

    private static bool IsAnswer(Datagram datagram) => datagram.Bytes.Span.StartsWith("HTTP/1."u8);
}
