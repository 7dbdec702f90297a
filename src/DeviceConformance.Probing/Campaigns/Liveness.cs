using System.Collections.Concurrent;
using System.Net.NetworkInformation;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Campaigns;

/// <summary>Tells whether the DUT is still there.</summary>
/// <remarks>
/// A port that accepted before, or is declared enabled, has to accept again. Only where no such port is known does a refusal or an
/// answered ping count, and never on loopback: there the host's own kernel refuses and answers, with or without a device.
/// </remarks>
public sealed class Liveness(DutLink link, Declaration declared)
{
    // Ports that hosts with a firewall often still refuse; a refusal is a sign of life too.
    private static readonly int[] _commonPorts = [80, 443, 22, 23, 1883, 7];

    private readonly ConcurrentDictionary<DutAddress, ConcurrentDictionary<int, byte>> _known = new();

    /// <summary>Notes a port that accepted a connection.</summary>
    public void SawOpen(Endpoint endpoint) =>
        _known.GetOrAdd(endpoint.Address, static _ => new ConcurrentDictionary<int, byte>()).TryAdd(endpoint.Port, 0);

    /// <summary>Asks for a sign of life.</summary>
    /// <param name="address">Address of the DUT.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether there was one, and what was tried.</returns>
    public async Task<SignOfLife> CheckAsync(DutAddress address, CancellationToken cancellationToken)
    {
        var seen = _known.TryGetValue(address, out var ports) ? ports.Keys.Order().Take(8).ToList() : [];
        if (seen.Count > 0)
        {
            return await AnyAcceptsAsync(address, seen, "that was open before", cancellationToken);
        }

        var enabled = declared.Ixit.LogicalInterfaces(declared.Edition)
            .Where(pair => pair.Facts.Transport.Or(Transport.Tcp) == Transport.Tcp && !pair.Facts.Status.Is(InterfaceStatus.Disabled))
            .SelectMany(pair => pair.Facts.Ports)
            .Concat(declared.Ixit.With<SoftServFacts>(IxitRole.SoftServ)
                .Where(pair => pair.Facts.Transport.Or(Transport.Tcp) == Transport.Tcp && !pair.Facts.Status.Is(InterfaceStatus.Disabled))
                .SelectMany(pair => pair.Facts.Ports))
            .Distinct().Take(8).ToList();
        if (enabled.Count > 0 && await AnyAcceptsAsync(address, enabled, "declared enabled", cancellationToken) is { IsAlive: true } alive)
        {
            return alive;
        }

        if (address.IsLoopback)
        {
            return new SignOfLife(false, enabled.Count > 0
                ? $"none of the declared TCP ports {string.Join(", ", enabled)} accepts a connection on {address}"
                : $"no TCP port of {address} is known to be the device's");
        }

        foreach (var port in _commonPorts)
        {
            var result = await link.ConnectOnceAsync(new Endpoint(address, port), Transcript.None, link.ConnectTimeout, cancellationToken);
            if (result.TryGet(out var connection))
            {
                await connection.DisposeAsync();
                return new SignOfLife(true, $"TCP {port} accepts a connection");
            }

            if (result.Silence is Silence.Refused or Silence.Reset)
            {
                return new SignOfLife(true, $"TCP {port} refuses a connection");
            }
        }

        return await PingAsync(address, cancellationToken);
    }

    private async Task<SignOfLife> AnyAcceptsAsync(DutAddress address, List<int> ports, string which, CancellationToken cancellationToken)
    {
        foreach (var port in ports)
        {
            var result = await link.ConnectAsync(new Endpoint(address, port), Transcript.None, cancellationToken);
            if (result.TryGet(out var connection))
            {
                await connection.DisposeAsync();
                SawOpen(new Endpoint(address, port));
                return new SignOfLife(true, $"TCP {port}, {which}, accepts a connection");
            }
        }

        return new SignOfLife(false, $"no TCP port {which} ({string.Join(", ", ports)}) accepts a connection on {address}");
    }

    private async Task<SignOfLife> PingAsync(DutAddress address, CancellationToken cancellationToken)
    {
        link.Guard(address);
        try
        {
            using var ping = new Ping();
            var reply = await ping.SendPingAsync(address.Address, link.ConnectTimeout, cancellationToken: cancellationToken);
            return reply.Status == IPStatus.Success
                ? new SignOfLife(true, "it answers a ping")
                : new SignOfLife(false, $"{address} answers neither TCP {string.Join(", ", _commonPorts)} nor a ping");
        }
        catch (Exception fault) when (fault is PingException or PlatformNotSupportedException or System.Net.Sockets.SocketException)
        {
            return new SignOfLife(false, $"{address} answers none of TCP {string.Join(", ", _commonPorts)}, and this host may not send a ping ({fault.GetBaseException().Message})");
        }
    }
}

/// <summary>Result of a liveness check.</summary>
/// <param name="IsAlive">Whether there was a sign of life.</param>
/// <param name="How">What it was, or what was tried.</param>
public readonly record struct SignOfLife(bool IsAlive, string How);
