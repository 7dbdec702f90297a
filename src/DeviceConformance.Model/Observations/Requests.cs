using System.Text.Json.Serialization;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Observations;

/// <summary>Which TCP ports 1 to 65535 of an address are open?</summary>
/// <param name="Address">The address.</param>
public sealed record TcpPortSweep(DutAddress Address) : ProbeRequest<TcpPortsSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Address;

    /// <inheritdoc/>
    public override string Title => $"TCP ports of {Address}";
}

/// <summary>Are the TCP ports of an address at the end of the campaign still as they were at its beginning?</summary>
/// <remarks>
/// Asked when nothing else is left to ask. It is one question for each address, whatever it starts from: equal by address alone.
/// </remarks>
/// <param name="Address">The address.</param>
/// <param name="Before">Ports that were seen open earlier in the run.</param>
/// <param name="Unsettled">Ports of which the first sweep did not learn whether they are open.</param>
/// <param name="IsWhole">Whether all ports are asked again, since that takes little time.</param>
public sealed record ClosingPortSweep(DutAddress Address, PortSet Before, PortSet Unsettled, bool IsWhole) : ProbeRequest<TcpPortsAtEnd>
{
    // With SYNs a second sweep of such a device takes seconds again; longer ones load it for what a sample shows too.
    private const double LittleSeconds = 10;
    private const string BySyn = "SYN";

    /// <summary>The question that follows from what the first sweep saw.</summary>
    /// <param name="first">What the first sweep saw.</param>
    /// <param name="later">What an earlier asking of this question saw; null when there was none.</param>
    public static ClosingPortSweep After(TcpPortsSeen first, TcpPortsAtEnd? later = null)
    {
        ArgumentNullException.ThrowIfNull(first);
        return new ClosingPortSweep(
            first.Address,
            new PortSet(first.Open.Union(later?.EverOpen ?? [])),
            first.Unsettled ?? PortSet.Empty,
            first is { Method: BySyn, Seconds: <= LittleSeconds });
    }

    /// <summary>The question about an address, to look its answer up.</summary>
    public static ClosingPortSweep Of(DutAddress address) => new(address, PortSet.Empty, PortSet.Empty, IsWhole: false);

    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Address;

    /// <inheritdoc/>
    public override string Title => $"TCP ports of {Address} at the end";

    /// <inheritdoc/>
    public bool Equals(ClosingPortSweep? other) => other is not null && Address == other.Address;

    /// <inheritdoc/>
    public override int GetHashCode() => Address.GetHashCode();
}

/// <summary>Which UDP ports 1 to 65535 of an address answer, which are proven closed, and which stay silent?</summary>
/// <param name="Address">The address.</param>
public sealed record UdpPortSweep(DutAddress Address) : ProbeRequest<UdpPortsSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Address;

    /// <inheritdoc/>
    public override string Title => $"UDP ports of {Address}";
}

/// <summary>What speaks on an open port?</summary>
/// <param name="Endpoint">The port.</param>
public sealed record ServiceIdentification(Endpoint Endpoint) : ProbeRequest<ServiceSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"service on {Endpoint}";
}

/// <summary>Which TLS versions, suites, key exchanges and certificates does a server offer?</summary>
/// <param name="Endpoint">The port; DTLS when it is one of UDP.</param>
/// <param name="StartTls">How the service is brought to TLS.</param>
public sealed record TlsEnumeration(Endpoint Endpoint, StartTls StartTls = StartTls.None) : ProbeRequest<TlsServerSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"{(Endpoint.Transport == Transport.Udp ? "DTLS" : "TLS")} of {Endpoint}{(StartTls == StartTls.None ? "" : $" after STARTTLS of {StartTls.ToString().ToUpperInvariant()}")}";
}

/// <summary>Do known attacks work on a TLS server? Each is tried in a form that reads a few bytes at the most and changes nothing.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="StartTls">How the service is brought to TLS.</param>
public sealed record TlsAttackTrial(Endpoint Endpoint, StartTls StartTls = StartTls.None) : ProbeRequest<TlsAttacksTried>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"known attacks on TLS of {Endpoint}";
}

/// <summary>Which algorithms does an SSH server offer (RFC 4253, 7.1)?</summary>
/// <param name="Endpoint">The port.</param>
public sealed record SshEnumeration(Endpoint Endpoint) : ProbeRequest<SshServerSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"SSH of {Endpoint}";
}

/// <summary>What does a service show, and what logins does it ask for, before anybody has logged in?</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Tls">Whether inside TLS.</param>
public sealed record DisclosureSurvey(Endpoint Endpoint, ServiceProtocol Protocol, bool Tls) : ProbeRequest<DisclosureSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.ReadOnly;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"what {Protocol} on {Endpoint} shows before login";
}

/// <summary>Who gets at a resource: nobody in particular, a wrong credential, one with fewer rights, a valid one?</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="AuthMech">Entry of 1-AuthMech whose credentials the laboratory holds.</param>
/// <param name="Login">How that mechanism is spoken.</param>
/// <param name="Method">HTTP method; GET where the protocol has none.</param>
/// <param name="Path">Path of the resource; / where the protocol has none.</param>
public sealed record AccessTrial(Endpoint Endpoint, string AuthMech, LoginPoint Login, string Method, string Path) : ProbeRequest<AccessSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => Method is "GET" or "HEAD" ? ProbeImpact.ReadOnly : ProbeImpact.StateChanging;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"access to {Method} {Path} on {Endpoint} by {AuthMech}";
}

/// <summary>Does a login accept a well-known default credential, and how does it react to wrong ones?</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Login">How the login is spoken.</param>
public sealed record DefaultCredentialTrial(Endpoint Endpoint, LoginPoint Login) : ProbeRequest<DefaultCredentialsTried>
{
    /// <summary>Wrong logins may lock an account.</summary>
    public override ProbeImpact Impact => ProbeImpact.StateChanging;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"default credentials over {Login.Protocol} on {Endpoint}";
}

/// <summary>How do the preset passwords that the laboratory noted from the samples compare with the declaration?</summary>
/// <param name="AuthMech">Entry of 1-AuthMech.</param>
public sealed record PresetPasswordInspection(string AuthMech) : ProbeRequest<PresetPasswordsSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.Passive;

    /// <inheritdoc/>
    public override DutAddress? Target => null;

    /// <inheritdoc/>
    public override string Title => $"preset passwords of {AuthMech}";
}

/// <summary>Which of a genuine, altered, unsigned, foreign and older update does the DUT install?</summary>
/// <param name="UpdMech">Entry of 7-UpdMech.</param>
/// <param name="Address">Address of the DUT.</param>
public sealed record UpdateIntegrityTrial(string UpdMech, DutAddress Address) : ProbeRequest<UpdateTrialsSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.StateChanging;

    /// <inheritdoc/>
    public override DutAddress? Target => Address;

    /// <inheritdoc/>
    public override string Title => $"update integrity of {UpdMech} on {Address}";
}

/// <summary>What does the operator find for a test unit?</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Subject">Id of the IXIT entry it is about, or DUT.</param>
public sealed record OperatorQuestion(TestUnitId Unit, string Subject) : ProbeRequest<OperatorAnswer>
{
    /// <summary>Subject of a question that is about the DUT as a whole.</summary>
    public const string WholeDut = "DUT";

    private const string OpenPoint = "/open";

    /// <summary>
    /// The question that lets an examiner decide what a probe or rule left open for a subject. It is asked apart from the unit's own
    /// question for the same subject, so that answering that one never covers up what a probe could not see.
    /// </summary>
    /// <param name="unit">The unit.</param>
    /// <param name="subject">Subject of the open finding.</param>
    public static OperatorQuestion ForOpenPoint(TestUnitId unit, string subject) => new(unit, subject + OpenPoint);

    /// <summary>Whether it is about a point that a probe or rule left open.</summary>
    [JsonIgnore]
    public bool IsOpenPoint => Subject.EndsWith(OpenPoint, StringComparison.Ordinal);

    /// <summary>Asking a person sends nothing; what the person does is described by the unit.</summary>
    public override ProbeImpact Impact => ProbeImpact.Passive;

    /// <inheritdoc/>
    public override DutAddress? Target => null;

    /// <inheritdoc/>
    public override string Title => $"operator: {Unit} for {Subject}";

    /// <summary>Whether the question is about the DUT as a whole.</summary>
    [JsonIgnore]
    public bool IsAboutDut => Subject == WholeDut;
}
