using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Upnp;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>WS-Discovery (OASIS 1.1), and where it shows an ONVIF device, what its services tell without a login.</summary>
internal static class WsDiscoverySurvey
{
    private const string Device = "http://www.onvif.org/ver10/device/wsdl";
    private const string Media = "http://www.onvif.org/ver10/media/wsdl";
    private const int MaxServices = 2;
    private const int MostAnswers = 8;

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2);
    private static readonly IPAddress _group = IPAddress.Parse("239.255.255.250");
    private static readonly IPAddress _groupV6 = IPAddress.Parse("ff02::c");

    // As of 2026-11. The access class that ONVIF Core, 5.9.4.3, gives each; PRE_AUTH ones are meant for everybody, others answered are a finding.
    private static readonly (string Namespace, string Operation, string Content, bool IsMeantForAll)[] _operations =
    [
        (Device, "GetSystemDateAndTime", "", true),
        (Device, "GetServices", "<IncludeCapability>false</IncludeCapability>", true),
        (Device, "GetDeviceInformation", "", false),
        (Device, "GetNetworkInterfaces", "", false),
        (Device, "GetUsers", "", false),
        (Device, "GetScopes", "", false),
        (Media, "GetProfiles", "", false),
    ];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var question = Probe(Guid.NewGuid());
        var answers = await talk.GatherAsync("WS-Discovery Probe", question, IsAnswer, _window, MostAnswers, cancellationToken);
        if (answers.Count == 0)
        {
            answers = await talk.GatherFromGroupAsync("WS-Discovery Probe", request.Endpoint.Address.IsIPv6 ? _groupV6 : _group, question, IsAnswer, _window, MostAnswers, cancellationToken) ?? [];
        }

        if (answers.Count == 0)
        {
            return talk.Unanswered("WS-Discovery Probe");
        }

        var text = string.Join('\n', answers.Select(answer => Encoding.UTF8.GetString(answer.Bytes.Span)));
        var facts = ProbeFacts.Of(context.Declared);
        ReadMatches(text, facts, reader, notes);
        var services = UpnpDescription.Blocks(text, "XAddrs").SelectMany(list => list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Distinct().ToList();
        notes.Done($"the Probe has {answers.Count} answers with {services.Count} service addresses");
        notes.Remark(talk.Figures);
        foreach (var service in services.Take(MaxServices))
        {
            if (!SoapClient.IsOwn(service, request.Endpoint.Address.Address, out var location))
            {
                notes.Remark($"a service at {SurveyNotes.Shortened(service)} is not on the DUT's own address and was not asked");
            }
            else if (text.Contains("onvif", StringComparison.OrdinalIgnoreCase))
            {
                await AskAsync(location, request, context, reader, notes, cancellationToken);
            }
        }

        return null;
    }

    /// <summary>Notes what the scopes and types of the answers tell.</summary>
    internal static void ReadMatches(string text, ProbeFacts facts, InformationReader reader, SurveyNotes notes)
    {
        foreach (var scope in UpnpDescription.Blocks(text, "Scopes").SelectMany(list => list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Distinct().Take(40))
        {
            // onvif://www.onvif.org/name/GW24, /hardware/..., /location/... (ONVIF Core, 7.3.3.2).
            var parts = Uri.UnescapeDataString(scope).Split('/');
            if (Array.IndexOf(parts, "location") is > 0 and var at && at + 1 < parts.Length)
            {
                notes.Add(DisclosureKind.Status, $"location {string.Join('/', parts[(at + 1)..])}", "WS-Discovery scopes");
            }
            else if (parts is [.., "name" or "hardware", var name])
            {
                AnnouncedNames.Add(name, "WS-Discovery scopes", facts, reader, notes);
            }
            else if (parts is [.., "MAC" or "mac", var mac])
            {
                notes.Add(DisclosureKind.MacAddress, mac, "WS-Discovery scopes");
            }
        }

        foreach (var address in UpnpDescription.Blocks(text, "EndpointReference").Select(block => UpnpDescription.Value(block, "Address")).Distinct().Take(8))
        {
            AnnouncedNames.Add(address, "WS-Discovery endpoint", facts, reader, notes);
        }
    }

    private static async Task AskAsync(Uri location, DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var session = new HttpSession(new Endpoint(request.Endpoint.Address, location.Port), location.Scheme == "https", context.Link, context.Transcript, context.Time)
        {
            Deadline = TimeSpan.FromSeconds(8),
            SecretsIn = answer => reader.Read(answer.Text, TextKind.Data).Secrets,
        };
        var media = location.PathAndQuery;
        var refused = new List<string>();
        foreach (var (wsdl, operation, content, isMeantForAll) in _operations)
        {
            var path = wsdl == Media ? media : location.PathAndQuery;
            var answer = await SoapClient.AskOnvifAsync(session, path, wsdl, operation, content, cancellationToken);
            if (answer.Silence is { } silence)
            {
                notes.Gap($"ONVIF {operation}: no answer ({silence})");
                continue;
            }

            if (answer.Status is 401 or 403 || answer.Text.Contains("NotAuthorized", StringComparison.Ordinal))
            {
                refused.Add(operation);
                continue;
            }

            if (answer.Status != 200 || !answer.Text.Contains($"{operation}Response", StringComparison.Ordinal))
            {
                notes.Remark($"ONVIF {operation} gives status {answer.Status}");
                continue;
            }

            media = operation == "GetServices" && MediaPath(answer.Text, request, location) is { } found ? found : media;
            if (isMeantForAll)
            {
                continue;
            }

            notes.AddOpen("ONVIF operation without login", operation);
            notes.Add(InformationReader.Read(NameAndValue.Xml(answer.Text)), $"ONVIF {operation}");
            notes.Add(reader.Read(answer.Text, TextKind.Data), $"ONVIF {operation}");
            foreach (var mac in UpnpDescription.Blocks(answer.Text, "HwAddress"))
            {
                notes.Add(DisclosureKind.MacAddress, mac, $"ONVIF {operation}");
            }
        }

        notes.Done($"{_operations.Length} ONVIF operations asked of {location.PathAndQuery} without a login{(refused.Count > 0 ? $", refused: {string.Join(", ", refused)}" : "")}");
    }

    private static string? MediaPath(string text, DisclosureSurvey request, Uri location) =>
        UpnpDescription.Blocks(text, "Service").Where(block => UpnpDescription.Value(block, "Namespace") == Media).Select(block => UpnpDescription.Value(block, "XAddr"))
            .Select(address => SoapClient.IsOwn(address, request.Endpoint.Address.Address, out var uri) && uri.Port == location.Port ? uri.PathAndQuery : null).FirstOrDefault(path => path is not null);

    private static byte[] Probe(Guid id) => Encoding.UTF8.GetBytes(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
        + " xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        + $"<a:MessageID>urn:uuid:{id}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body><d:Probe/></s:Body></s:Envelope>");

    private static bool IsAnswer(Datagram datagram) => datagram.Bytes.Span.IndexOf("ProbeMatches"u8) >= 0;
}
