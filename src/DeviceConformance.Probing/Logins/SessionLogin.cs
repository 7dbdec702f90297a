using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Logins;

/// <summary>Logins whose only resource is the session itself: Telnet, FTP, MQTT, SSH.</summary>
internal abstract class SessionLogin(Endpoint endpoint, LoginPoint login, ProbeContext context) : LoginSession(endpoint, login, context)
{
    /// <summary>Whether a client gets a session without a credential of its own.</summary>
    public abstract Task<LoginAttempt> WithoutCredentialAsync(CancellationToken cancellationToken);
}
