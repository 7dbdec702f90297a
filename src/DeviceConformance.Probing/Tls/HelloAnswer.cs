using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>What a server made of one offer.</summary>
/// <param name="Flight">What it said; empty when it said nothing.</param>
/// <param name="Silence">How it ended without a ServerHello; null when there is one.</param>
/// <param name="Text">The end in words, for a reader.</param>
internal sealed record HelloAnswer(ServerFlight Flight, Silence? Silence, string Text)
{
    /// <summary>Whether it spoke TLS at all: a choice or an alert.</summary>
    public bool IsTls => Flight.Hello is not null || Flight.Alert is not null;

    /// <summary>Whether the server said that it does not take the version, whatever the suites: by alert, or by choosing another version.</summary>
    public bool RefusesVersion(TlsVersion offered) =>
        Flight.Alert is { Description: TlsAlertDescription.ProtocolVersion } || (Flight.Hello is { } hello && hello.Version != offered);

    /// <summary>Whether the refusal may come from the form of the offer rather than from its content: then a short offer is worth a try.</summary>
    public bool MayBeAboutForm => Silence is not null
        && Flight.Alert is null or { Description: TlsAlertDescription.DecodeError or TlsAlertDescription.IllegalParameter or TlsAlertDescription.UnexpectedMessage or TlsAlertDescription.InternalError };
}
