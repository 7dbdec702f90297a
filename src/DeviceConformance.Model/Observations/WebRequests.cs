using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>How does the device keep the session of a web login: which identifier, how long, how guarded, until when?</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="AuthMech">Entry of 1-AuthMech whose current credential the laboratory holds.</param>
/// <param name="Login">How the login is spoken: form or JSON.</param>
/// <param name="Path">A resource that only opens after the login.</param>
public sealed record WebSessionTrial(Endpoint Endpoint, string AuthMech, LoginPoint Login, string Path) : ProbeRequest<WebSessionSeen>
{
    /// <summary>It logs in and out of its own sessions.</summary>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"session of {AuthMech} on {Endpoint}";
}

/// <summary>Who may send the forms behind a login: nobody in particular, an invented session, one that has ended?</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="AuthMech">Entry of 1-AuthMech whose current credential the laboratory holds.</param>
/// <param name="Login">How the login is spoken.</param>
/// <param name="Path">A page behind the login from which the forms are looked for.</param>
public sealed record SettingsWriteTrial(Endpoint Endpoint, string AuthMech, LoginPoint Login, string Path) : ProbeRequest<SettingsWritesSeen>
{
    /// <summary>Forms are sent with the values they show; a device may act on them all the same.</summary>
    public override ProbeImpact Impact => ProbeImpact.StateChanging;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"forms behind {AuthMech} on {Endpoint}";
}
