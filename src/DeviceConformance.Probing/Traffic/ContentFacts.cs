using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Traffic;

/// <summary>What the content of a flow shows.</summary>
/// <param name="Protocol">What was spoken, recognised by content.</param>
/// <param name="Application">The same in words, with version.</param>
/// <param name="Protection">Whether it is protected.</param>
/// <param name="Because">What tells so.</param>
/// <param name="Tls">What its TLS handshake shows; null without any.</param>
/// <param name="Requests">Requests that were readable, without values.</param>
/// <param name="Names">Names that the client used for the server: SNI, HTTP Host.</param>
internal sealed record ContentFacts(
    ServiceProtocol Protocol,
    string Application,
    ContentProtection Protection,
    string Because,
    SeenTls? Tls,
    ImmutableArray<string> Requests,
    ImmutableArray<string> Names);
