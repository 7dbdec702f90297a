using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Ssh;

/// <summary>
/// Reads what an SSH server offers off its KEXINIT, then exchanges keys: once for each kind of host key, once for the smallest group of
/// group exchange, and once to ask which ways of logging in there are. No credential is sent.
/// </summary>
public sealed class SshEnumerationProbe : Probe<SshEnumeration>
{
    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(SshEnumeration request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return request.Endpoint.Transport == Transport.Tcp
            ? await new SshSurvey(request.Endpoint, context).RunAsync(cancellationToken)
            : new ProbeOutcome.NotRun(NotRunReason.HarnessFault, $"{request.Title}: SSH runs over TCP.");
    }
}
