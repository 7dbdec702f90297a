using System.Globalization;
using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Snmp;
using DeviceConformance.Probing.Upnp;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>
/// Tries a harmless change without a credential of the device: an SNMP text set to what it is, a UPnP port mapping added and deleted, a file of
/// a new name left over FTP, TFTP or SMB.
/// </summary>
public sealed class WriteTrialProbe : Probe<WriteTrial>
{
    private const int FirstId = 0x64640000;

    // A port mapping to this host that ends by itself should it not be deleted; the port is from the dynamic range.
    private const int MappingSeconds = 60;

    // Error codes of WANIPConnection:2, 2.5.16, and of the UPnP Device Architecture 2.0, 3.2.3.
    private const string OnlyPermanentLeases = "725";
    private const string NotAuthorised = "606";

    private static readonly (string Oid, string Name)[] _texts = [("1.3.6.1.2.1.1.5.0", "sysName"), ("1.3.6.1.2.1.1.4.0", "sysContact"), ("1.3.6.1.2.1.1.6.0", "sysLocation")];
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2.5);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(WriteTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        switch (request.Protocol)
        {
            case ServiceProtocol.Ftp:
                return await FileWriteTrial.TryFtpAsync(request, context, cancellationToken);
            case ServiceProtocol.Smb:
                return await FileWriteTrial.TrySmbAsync(request, context, cancellationToken);
        }

        using var talk = new UdpTalk(new DisclosureSurvey(request.Endpoint, request.Protocol, false), context, new InformationReader(context.Declared));
        return request.Protocol switch
        {
            ServiceProtocol.Snmp => await TrySnmpAsync(request, talk, cancellationToken),
            ServiceProtocol.Tftp => await FileWriteTrial.TryTftpAsync(request, talk, cancellationToken),
            ServiceProtocol.Ssdp => await TryUpnpAsync(request, context, talk, cancellationToken),
            _ => new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"No change is known that could be tried over {request.Protocol}; try it by hand."),
        };
    }

    private static async Task<ProbeOutcome> TrySnmpAsync(WriteTrial request, UdpTalk talk, CancellationToken cancellationToken)
    {
        var pairs = SnmpCommunities.All.SelectMany(community => new[] { (Community: community, Version: 1), (Community: community, Version: 0) }).ToList();
        var questions = pairs.Select((pair, index) => ($"SNMP get sysName, {pair.Community}", SnmpMessage.Request(pair.Version, pair.Community, SnmpMessage.Get, FirstId + index, 0, new SnmpBinding(_texts[0].Oid)))).ToList();
        var answers = await talk.AskTogetherAsync(questions, datagram => SnmpMessage.TryParse(datagram.Bytes.Span, out var response) && response.RequestId - FirstId is var index && index >= 0 && index < pairs.Count ? index : -1, cancellationToken);
        if (answers.All(answer => answer is null))
        {
            return talk.Unanswered("SNMP with well-known communities");
        }

        var refused = new List<string>();
        var unclear = new List<string>();
        var id = FirstId + 0x1000;
        foreach (var (community, version) in pairs.Where((_, index) => answers[index] is not null))
        {
            foreach (var (oid, name) in _texts)
            {
                if (await ExchangeAsync(talk, $"get {name}", SnmpMessage.Request(version, community, SnmpMessage.Get, ++id, 0, new SnmpBinding(oid)), id, cancellationToken) is not { Error: 0, Variables: [{ Type: 0x04 } value] })
                {
                    continue;
                }

                var tried = $"{name} with community {community} (SNMP{(version == 0 ? "v1" : "v2c")})";
                switch (await ExchangeAsync(talk, $"set {name} to what it is", SnmpMessage.Request(version, community, SnmpMessage.Set, ++id, 0, new SnmpBinding(oid, 0x04, value.Value.ToArray())), id, cancellationToken))
                {
                    case { Error: 0 }:
                        return Seen(request, AccessResult.Granted, $"A SET of {tried} to its present value is accepted.", true, talk.Figures);
                    case null:
                        unclear.Add(tried);
                        break;
                    default:
                        refused.Add(tried);
                        break;
                }
            }
        }

        // Without an answer a SET may have been dropped or have been done; its value is the present one in any case.
        return unclear.Count > 0
            ? new ProbeOutcome.Observed(Result(request, AccessResult.Unclear, $"A SET of {string.Join(", ", unclear)} has no answer.", true) with { Coverage = Coverage.Partial($"Some requests had no answer. {talk.Figures}.") })
            : Seen(request, refused.Count > 0 ? AccessResult.Refused : AccessResult.NotTried, refused.Count > 0 ? $"A SET is refused: {string.Join(", ", refused.Take(6))}." : "No text of the system group can be read, so none was set.", true, talk.Figures);
    }

    private static async Task<SnmpResponse?> ExchangeAsync(UdpTalk talk, string name, byte[] question, int id, CancellationToken cancellationToken) =>
        await talk.AskAsync(name, question, datagram => SnmpMessage.TryParse(datagram.Bytes.Span, out var response) && response.RequestId == id, cancellationToken) is { } answer
        && SnmpMessage.TryParse(answer.Bytes.Span, out var got) ? got : null;

    private static async Task<ProbeOutcome> TryUpnpAsync(WriteTrial request, ProbeContext context, UdpTalk talk, CancellationToken cancellationToken)
    {
        var search = Encoding.ASCII.GetBytes("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n");
        var answers = await talk.GatherAsync("M-SEARCH ssdp:all", search, static datagram => datagram.Bytes.Span.StartsWith("HTTP/1."u8), _window, 40, cancellationToken);
        if (answers.Count == 0)
        {
            // Some listen to the group alone.
            var group = IPAddress.Parse(request.Endpoint.Address.IsIPv6 ? "ff02::c" : "239.255.255.250");
            answers = await talk.GatherFromGroupAsync("M-SEARCH ssdp:all", group, search, static datagram => datagram.Bytes.Span.StartsWith("HTTP/1."u8), _window, 40, cancellationToken) ?? [];
        }

        var locations = answers.SelectMany(answer => Encoding.Latin1.GetString(answer.Bytes.Span).Split("\r\n")).Where(line => line.StartsWith("LOCATION:", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[9..].Trim()).Distinct().Take(4).ToList();
        if (answers.Count == 0)
        {
            return talk.Unanswered("M-SEARCH");
        }

        foreach (var text in locations)
        {
            if (!SoapClient.IsOwn(text, request.Endpoint.Address.Address, out var location))
            {
                continue;
            }

            using var session = new HttpSession(new Endpoint(request.Endpoint.Address, location.Port), location.Scheme == "https", context.Link, context.Transcript, context.Time) { Deadline = TimeSpan.FromSeconds(8) };
            var description = await session.GetAsync(location.PathAndQuery, cancellationToken);
            foreach (var service in UpnpDescription.Services(description.Text).Where(service => service.ShortType.StartsWith("WANIPConnection", StringComparison.Ordinal) || service.ShortType.StartsWith("WANPPPConnection", StringComparison.Ordinal)))
            {
                if (Uri.TryCreate(location, service.Control, out var control) && control.Authority == location.Authority)
                {
                    return await MapAsync(request, session, control.PathAndQuery, service, context.Link.LocalAddressTowards(request.Endpoint.Address), talk, cancellationToken);
                }
            }
        }

        return Seen(request, AccessResult.NotTried, "No service with port mappings is described on the DUT's own address.", true, talk.Figures);
    }

    private static async Task<ProbeOutcome> MapAsync(WriteTrial request, HttpSession session, string control, UpnpService service, IPAddress local, UdpTalk talk, CancellationToken cancellationToken)
    {
        var port = Random.Shared.Next(49152, 65536).ToString(CultureInfo.InvariantCulture);
        (string, string)[] mapping = [("NewRemoteHost", ""), ("NewExternalPort", port), ("NewProtocol", "TCP")];
        Task<HttpAnswer> AddAsync(int seconds) => SoapClient.InvokeAsync(session, control, service.Type, "AddPortMapping",
            [.. mapping, ("NewInternalPort", port), ("NewInternalClient", local.ToString()), ("NewEnabled", "1"), ("NewPortMappingDescription", "dct"), ("NewLeaseDuration", $"{seconds}")], cancellationToken);
        var added = await AddAsync(MappingSeconds);
        if (UpnpDescription.Value(added.Text, "errorCode") == OnlyPermanentLeases)
        {
            added = await AddAsync(0);
        }

        if (added.Status != 200)
        {
            var code = UpnpDescription.Value(added.Text, "errorCode");
            var what = $"{service.ShortType} AddPortMapping fails (status {added.Status}{(code.Length > 0 ? $", error {SurveyNotes.Shortened(code)}" : "")}).";
            return added.Silence is { } silence ? new ProbeOutcome.Unanswered(silence, $"{service.ShortType} AddPortMapping has no answer ({silence}).")
                : added.Status is 401 or 403 || code == NotAuthorised ? Seen(request, AccessResult.Refused, what, true, talk.Figures)
                // Anything else may have failed for another reason than who asked.
                : new ProbeOutcome.Observed(Result(request, AccessResult.Unclear, what, true) with { Coverage = Coverage.Partial($"{what} That is no word on who may add one.") });
        }

        var deleted = await SoapClient.InvokeAsync(session, control, service.Type, "DeletePortMapping", mapping, cancellationToken);
        return Seen(request, AccessResult.Granted, $"{service.ShortType} adds a mapping of port {port} to this host for anybody{(deleted.Status == 200 ? " and deletes it" : $"; deleting it failed (status {deleted.Status}); delete it by hand")}.", deleted.Status == 200, talk.Figures);
    }

    private static ProbeOutcome.Observed Seen(WriteTrial request, AccessResult result, string what, bool restored, string figures) =>
        new(Result(request, result, what, restored) with { Coverage = Coverage.Complete($"{what} {figures}.") });

    private static WriteSeen Result(WriteTrial request, AccessResult result, string what, bool restored) =>
        new(request.Endpoint, request.Protocol, result, what, restored) { Coverage = Coverage.Complete(what) };
}
