using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Looks at what a service shows before anybody has logged in (EN 303 645, provision 5.6-2), as a harmless visitor would.</summary>
/// <remarks>It tries no password but well-known SNMP communities, the mail address of anonymous FTP and the empty one of an SMB guest, gives no command, and asks for nothing that names an action: HTTP and CoAP by GET, UPnP and ONVIF by operations that read.</remarks>
/// <param name="browser">Chromium, to show web pages that scripts make; null: such pages are read as they come.</param>
public sealed class DisclosureSurveyProbe(string? browser = null) : Probe<DisclosureSurvey>
{
    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(DisclosureSurvey request, ProbeContext context, CancellationToken cancellationToken)
    {
        var notes = new SurveyNotes(request);
        var reader = new InformationReader(context.Declared);
        var unanswered = await SurveyOf(request)(request, context, reader, notes, cancellationToken);
        return unanswered is not null ? unanswered : new ProbeOutcome.Observed(notes.ToObservation());
    }

    private delegate Task<ProbeOutcome.Unanswered?> Survey(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken);

    private Survey SurveyOf(DisclosureSurvey request) => (request.Endpoint.Transport, request.Protocol) switch
    {
        (_, ServiceProtocol.Modbus) when !request.Tls => ModbusSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Snmp) => SnmpSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Coap) => CoapSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Mdns) => MdnsSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Dns) => DnsSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Ssdp) => SsdpSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.WsDiscovery) => WsDiscoverySurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Tftp) => TftpSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Netbios) => NetbiosSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Ntp) => NtpSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Sip) => SipSurvey.RunAsync,
        (Transport.Udp, ServiceProtocol.Bacnet) => BacnetSurvey.RunAsync,
        (Transport.Udp, _) => UdpAnswerSurvey.RunAsync,
        (_, ServiceProtocol.Http) => (asked, context, reader, notes, cancellationToken) => HttpSurvey.RunAsync(asked, context, reader, notes, browser, cancellationToken),
        (_, ServiceProtocol.Mqtt) => MqttSurvey.RunAsync,
        (_, ServiceProtocol.Ftp) => FtpSurvey.RunAsync,
        (_, ServiceProtocol.Telnet) => TelnetSurvey.RunAsync,
        (_, ServiceProtocol.Rtsp) => RtspSurvey.RunAsync,
        (_, ServiceProtocol.Smb) when !request.Tls => SmbSurvey.RunAsync,
        (_, ServiceProtocol.Unknown or ServiceProtocol.Other or ServiceProtocol.Adb or ServiceProtocol.Rfb) when !request.Tls => DebugSurvey.RunAsync,
        _ => BannerSurvey.RunAsync,
    };
}
