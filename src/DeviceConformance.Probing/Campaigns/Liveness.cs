using System.Collections.Concurrent;
using System.Net.NetworkInformation;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Campaigns;

/// <summary>Tells whether the DUT is still there.</summary>
/// <remarks>
/// A port that accepted before, or is declared enabled, has to accept again. Only where no such port is known does a refusal or an
/// answered ping count, and never on loopback: there the host's own kernel refuses and answers, with or without a device. On loopback
/// other programs listen too, so where the declaration names ports, only these count, and the host's declared listeners never do.
/// </remarks>
public sealed class Liveness(DutLink link, Declaration declared)
{
    // Ports that hosts with a firewall often still refuse; a refusal is a sign of life too.
    private static readonly int[] _commonPorts = [80, 443, 22, 23, 1883, 7];
    private const int MostPorts = 8;

    private readonly ConcurrentDictionary<DutAddress, ConcurrentDictionary<int, byte>> _known = new();
    private readonly ConcurrentDictionary<DutAddress, int> _lastSign = new();

    /// <summary>Notes a port that accepted a connection.</summary>
    public void SawOpen(Endpoint endpoint) =>
        _known.GetOrAdd(endpoint.Address, static _ => new ConcurrentDictionary<int, byte>()).TryAdd(endpoint.Port, 0);

    /// <summary>Asks for a sign of life. Without one, the answer takes four connect timeouts, and two more for a DUT of which no port is known.</summary>
    /// <param name="address">Address of the DUT.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether there was one, and what was tried.</returns>
    public async Task<SignOfLife> CheckAsync(DutAddress address, CancellationToken cancellationToken)
    {
        var ofTheHost = declared.Lab.HostPorts(address);
        var enabled = EnabledPorts().Where(port => !ofTheHost.Contains(port)).ToList();
        var seen = _known.TryGetValue(address, out var ports) ? ports.Keys.Where(port => !ofTheHost.Contains(port)).ToList() : [];
        if (address.IsLoopback && enabled.Count > 0)
        {
            seen = [.. seen.Intersect(enabled)];
        }

        if (seen.Count > 0)
        {
            return await AnyAcceptsAsync(address, seen, "that was open before", cancellationToken);
        }

        if (enabled.Count > 0 && await AnyAcceptsAsync(address, enabled, "declared enabled", cancellationToken) is { IsAlive: true } alive)
        {
            return alive;
        }

        if (address.IsLoopback)
        {
            return new SignOfLife(false, enabled.Count > 0
                ? $"none of the declared TCP ports {string.Join(", ", Some(address, enabled))} accepts a connection on {address}"
                : $"no TCP port of {address} is known to be the device's");
        }

        var sign = await FirstAsync(InTurn(address, _commonPorts), (port, _) => AnswersAsync(address, port, cancellationToken), cancellationToken);
        return sign.IsAlive ? sign : await PingAsync(address, cancellationToken);
    }

    private IEnumerable<int> EnabledPorts() => declared.Ixit.LogicalInterfaces(declared.Edition)
        .Where(pair => pair.Facts.Transport.Or(Transport.Tcp) == Transport.Tcp && !pair.Facts.Status.Is(InterfaceStatus.Disabled))
        .SelectMany(pair => pair.Facts.Ports)
        .Concat(declared.Ixit.With<SoftServFacts>(IxitRole.SoftServ)
            .Where(pair => pair.Facts.Transport.Or(Transport.Tcp) == Transport.Tcp && !pair.Facts.Status.Is(InterfaceStatus.Disabled))
            .SelectMany(pair => pair.Facts.Ports))
        .Distinct();

    private async Task<SignOfLife> AnyAcceptsAsync(DutAddress address, List<int> ports, string which, CancellationToken cancellationToken)
    {
        var sign = await FirstAsync(InTurn(address, Some(address, ports)), (port, repeat) => AcceptsAsync(address, port, which, repeat, cancellationToken), cancellationToken);
        return sign.IsAlive ? sign : new SignOfLife(false, $"no TCP port {which} ({string.Join(", ", Some(address, ports))}) accepts a connection on {address}");
    }

    // What gave the last sign comes first and alone: as a rule one connection is enough. Only then all, at the same time and with repeats.
    private static async Task<SignOfLife> FirstAsync(List<int> ports, Func<int, bool, Task<SignOfLife>> ask, CancellationToken cancellationToken)
    {
        var sign = await ask(ports[0], false);
        if (!sign.IsAlive)
        {
            var signs = await Task.WhenAll(ports.Select(port => ask(port, true)));
            sign = signs.FirstOrDefault(other => other.IsAlive);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return sign;
    }

    private List<int> Some(DutAddress address, List<int> ports) => [.. InTurn(address, ports.Order()).Take(MostPorts)];

    private List<int> InTurn(DutAddress address, IEnumerable<int> ports)
    {
        var last = _lastSign.GetValueOrDefault(address);
        return [.. ports.OrderBy(port => port == last ? 0 : 1)];
    }

    private async Task<SignOfLife> AcceptsAsync(DutAddress address, int port, string which, bool repeat, CancellationToken cancellationToken)
    {
        var endpoint = new Endpoint(address, port);
        var result = repeat
            ? await link.ConnectAsync(endpoint, Transcript.None, cancellationToken)
            : await link.ConnectOnceAsync(endpoint, Transcript.None, link.ConnectTimeout, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            return default;
        }

        await connection.DisposeAsync();
        SawOpen(endpoint);
        _lastSign[address] = port;
        return new SignOfLife(true, $"TCP {port}, {which}, accepts a connection");
    }

    private async Task<SignOfLife> AnswersAsync(DutAddress address, int port, CancellationToken cancellationToken)
    {
        var knock = await link.KnockAsync(new Endpoint(address, port), link.ConnectTimeout, cancellationToken);
        if (knock.Answer is not (PortAnswer.Open or PortAnswer.Closed))
        {
            return default;
        }

        _lastSign[address] = port;
        return new SignOfLife(true, knock.Answer == PortAnswer.Open ? $"TCP {port} accepts a connection" : $"TCP {port} refuses a connection");
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
