using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>Does a service let anybody change a setting? Tried in a way that leaves the setting as it was.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Protocol">What it speaks: SNMP, SSDP for UPnP, FTP, TFTP or SMB.</param>
public sealed record WriteTrial(Endpoint Endpoint, ServiceProtocol Protocol) : ProbeRequest<WriteSeen>
{
    /// <inheritdoc/>
    public override ProbeImpact Impact => ProbeImpact.StateChanging;

    /// <inheritdoc/>
    public override DutAddress? Target => Endpoint.Address;

    /// <inheritdoc/>
    public override string Title => $"whether {Protocol} on {Endpoint} lets anybody change a setting";
}

/// <summary>Whether a service let somebody without a credential of the device change a setting.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Result">Whether a change was taken; <see cref="AccessResult.NotTried"/> when there was nothing to try.</param>
/// <param name="What">What was tried and what came of it, in words.</param>
/// <param name="Restored">Whether the setting is as it was before.</param>
public sealed record WriteSeen(Endpoint Endpoint, ServiceProtocol Protocol, AccessResult Result, string What, bool Restored) : Observation
{
    /// <inheritdoc/>
    public override string Summary => $"{Endpoint} {Protocol}, change of a setting by anybody: {Result}. {What}{(Restored ? "" : " It may not be as it was before.")}";
}
