using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Probing.Credentials;

/// <summary>What declaration and laboratory know of a login that is guessed at.</summary>
/// <param name="Valid">The laboratory's credential that logs in now, or null.</param>
/// <param name="User">User name whose password is guessed in a row; empty when the login asks for a password only.</param>
/// <param name="IsDeclared">Whether the declaration gives the user name.</param>
/// <param name="LockAfter">Wrong attempts after which the declaration says that it locks; 0 when it does not say.</param>
internal sealed record GuessedLogin(TestCredential? Valid, string User, bool IsDeclared, int LockAfter)
{
    /// <summary>Looks up what is known.</summary>
    public static GuessedLogin Of(LoginPoint login, DutAddress address, Declaration declared)
    {
        var (entry, facts) = declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech)
            .OrderByDescending(mechanism => mechanism.Facts.Logins.Contains(login))
            .FirstOrDefault(mechanism => mechanism.Facts.Logins.Any(point => point.Port == login.Port && point.Protocol == login.Protocol && point.Tls == login.Tls));
        var sample = declared.Dut.Samples.FirstOrDefault(sample => sample.Addresses.Contains(address))?.Name ?? "";
        var valid = entry is null
            ? null
            : declared.Lab.CredentialsFor(entry.Id, CredentialKind.Current).FirstOrDefault(credential => credential.Sample == sample || credential.Sample.Length == 0);
        var name = facts?.UserName.Or("") ?? "";
        var user = login.Form is { UserField.Length: 0 } ? "" : name.Length > 0 ? name : valid?.User ?? "admin";
        return new GuessedLogin(valid, user, name.Length > 0, facts is not null && facts.LockOut.TryGet(out var lockOut) ? Math.Max(0, lockOut.Attempts) : 0);
    }
}
