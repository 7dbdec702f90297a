using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Credentials;

/// <summary>
/// Tries well-known default credentials at a login, likeliest first, and watches how it reacts to wrong ones. Ends when the login locks,
/// slows down or lets in nonsense, and after a time.
/// </summary>
public sealed class DefaultCredentialTrialProbe : Probe<DefaultCredentialTrial>
{
    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(DefaultCredentialTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (LoginClient.Open(request.Endpoint, request.Login, context) is not { } session)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{request.Title}: {LoginClient.NotSpoken(request.Login).Answer}; try default credentials by hand and answer with 'dct answer'.");
        }

        await session.DisposeAsync();
        return await new CredentialSeries(request, context).RunAsync(cancellationToken);
    }
}
