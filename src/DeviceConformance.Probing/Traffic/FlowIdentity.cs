using System.Net;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Identity of a flow, as the flow table knows it.</summary>
/// <param name="Transport">Transport.</param>
/// <param name="Client">Address of the side that opened it; of the side that spoke first when nobody knows.</param>
/// <param name="ClientPort">Its port.</param>
/// <param name="Server">Address of the other side; may be a multicast or broadcast address.</param>
/// <param name="ServerPort">Its port.</param>
/// <param name="DutIsClient">Whether the client is the DUT; otherwise the server is.</param>
/// <param name="OpenerKnown">Whether the opening was seen.</param>
internal sealed record FlowIdentity(Transport Transport, IPAddress Client, int ClientPort, IPAddress Server, int ServerPort, bool DutIsClient, bool OpenerKnown)
{
    /// <summary>Address of the side that is not the DUT.</summary>
    public IPAddress Peer => DutIsClient ? Server : Client;
}
