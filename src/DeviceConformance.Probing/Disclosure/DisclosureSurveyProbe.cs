using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Looks at what a service shows before anybody has logged in (EN 303 645, provision 5.6-2), as a harmless visitor would.</summary>
/// <remarks>It tries no password, gives no command and asks with HTTP GET only, for nothing that names an action.</remarks>
/// <param name="browser">Chromium, to show web pages that scripts make; null: such pages are read as they come.</param>
public sealed class DisclosureSurveyProbe(string? browser = null) : Probe<DisclosureSurvey>
{
    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(DisclosureSurvey request, ProbeContext context, CancellationToken cancellationToken)
    {
        var notes = new SurveyNotes(request);
        var reader = new InformationReader(context.Declared);
        var unanswered = request.Protocol switch
        {
            ServiceProtocol.Http => await HttpSurvey.RunAsync(request, context, reader, notes, browser, cancellationToken),
            ServiceProtocol.Mqtt => await MqttSurvey.RunAsync(request, context, reader, notes, cancellationToken),
            ServiceProtocol.Ftp => await FtpSurvey.RunAsync(request, context, reader, notes, cancellationToken),
            ServiceProtocol.Telnet => await TelnetSurvey.RunAsync(request, context, reader, notes, cancellationToken),
            ServiceProtocol.Rtsp => await RtspSurvey.RunAsync(request, context, reader, notes, cancellationToken),
            _ => await BannerSurvey.RunAsync(request, context, reader, notes, cancellationToken),
        };
        return unanswered is not null ? unanswered : new ProbeOutcome.Observed(notes.ToObservation());
    }
}
