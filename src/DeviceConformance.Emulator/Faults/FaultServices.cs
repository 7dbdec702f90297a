using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DeviceConformance.Emulator.Lan;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.Mqtt;
using DeviceConformance.Emulator.TextServices;

namespace DeviceConformance.Emulator.Faults;

/// <summary>The ports that are open only while a fault is on. Not for several threads at a time.</summary>
internal sealed class FaultServices : IAsyncDisposable
{
    private readonly DeviceState state;
    private readonly ImmutableArray<IPAddress> addresses;
    private readonly Func<int, int> portOf;
    private readonly ImmutableSortedDictionary<DeviceFaults, Func<IEnumerable<DeviceService>>> starts;
    private readonly SortedDictionary<DeviceFaults, ImmutableArray<DeviceService>> open = [];
    private readonly List<DeviceService> closed = [];

    /// <summary>Prepares them; none is open yet.</summary>
    /// <param name="state">State of the device.</param>
    /// <param name="broker">What speaks MQTT.</param>
    /// <param name="addresses">Addresses of the device.</param>
    /// <param name="portOf">The device's port for one of <see cref="DevicePorts"/>.</param>
    public FaultServices(DeviceState state, MqttBroker broker, ImmutableArray<IPAddress> addresses, Func<int, int> portOf)
    {
        this.state = state;
        this.addresses = addresses;
        this.portOf = portOf;
        starts = ImmutableSortedDictionary.CreateRange(
        [
            On(DeviceFaults.TelnetOpen, () => [Tcp("Telnet", DevicePorts.Telnet, new TelnetLogin(state).ServeAsync)]),
            On(DeviceFaults.PlainMqtt, () => [Tcp("MQTT without TLS", DevicePorts.PlainMqtt, broker.ServeAsync)]),
            On(DeviceFaults.FtpAnonymous, () => [Tcp("FTP", DevicePorts.Ftp, new FtpServer(state).ServeAsync)]),
            On(DeviceFaults.Ipv6DebugPort, DebugShells),
            On(DeviceFaults.UdpDebug, () => [Udp("debug console (UDP)", DevicePorts.DebugConsole, new DebugConsole(state).Answer)]),
            On(DeviceFaults.RtspOpen, () => [Tcp("RTSP", DevicePorts.Rtsp, new RtspServer(state).ServeAsync)]),
            On(DeviceFaults.ModbusOpen, () => [Tcp("Modbus", DevicePorts.Modbus, new ModbusUnit(state).ServeAsync)]),
            On(DeviceFaults.SnmpPublic, () => [Udp("SNMP", DevicePorts.Snmp, new SnmpAgent(state).Answer)]),
            On(DeviceFaults.CoapOpen, () => [Udp("CoAP", DevicePorts.Coap, new CoapServer(state).Answer)]),
            On(DeviceFaults.TftpOpen, () => [Udp("TFTP", DevicePorts.Tftp, new TftpServer(state).AnswerAsync)]),
            On(DeviceFaults.UpnpPortMapping, Gateway),
            On(DeviceFaults.AdbOpen, () => [Tcp("ADB", DevicePorts.Adb, new AdbDaemon(state).ServeAsync)]),
        ]);
    }

    /// <summary>What is open now, in the order of the faults.</summary>
    public IEnumerable<DeviceService> Open => open.Values.SelectMany(services => services);

    /// <summary>Opens the ports of faults that are on and closes the others.</summary>
    /// <exception cref="PortTakenException">Another program has a port that a fault needs; what is open is as before.</exception>
    public void Switch(DeviceFaults wanted)
    {
        var opened = new List<DeviceFaults>();
        try
        {
            foreach (var (fault, start) in starts)
            {
                if (wanted.HasFlag(fault) && !open.ContainsKey(fault))
                {
                    open.Add(fault, []);
                    opened.Add(fault);
                    foreach (var service in start())
                    {
                        open[fault] = open[fault].Add(service);
                    }
                }
            }
        }
        catch
        {
            Close(opened);
            throw;
        }

        Close([.. open.Keys.Where(fault => !wanted.HasFlag(fault))]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close([.. open.Keys]);
        foreach (var service in closed)
        {
            await service.DisposeAsync();
        }
    }

    private static KeyValuePair<DeviceFaults, Func<IEnumerable<DeviceService>>> On(DeviceFaults fault, Func<IEnumerable<DeviceService>> start) => new(fault, start);

    private TcpService Tcp(string name, int port, ServeConnection serve) => TcpService.Start(name, addresses, portOf(port), serve, state.Log);

    private UdpService Udp(string name, int port, AnswerDatagram answer) => UdpService.Start(name, addresses, portOf(port), answer, state.Log);

    private UdpService Udp(string name, int port, Func<ReadOnlyMemory<byte>, byte[]?> answer) => Udp(name, port, (datagram, _) => new(answer(datagram.Bytes)));

    private IEnumerable<DeviceService> Gateway()
    {
        var gateway = new UpnpGateway(state, portOf(DevicePorts.Upnp));
        yield return Tcp("UPnP", DevicePorts.Upnp, gateway.ServeAsync);
        yield return Udp("SSDP", DevicePorts.Ssdp, (datagram, _) => new(gateway.Find(datagram)));
    }

    private IEnumerable<DeviceService> DebugShells()
    {
        IPAddress[] onSix = [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6)];
        if (onSix.Length == 0)
        {
            state.Log.Note("The fault ipv6-debug-port can not show: the device has no IPv6 address.");
            return [];
        }

        return [TcpService.Start("debug shell", onSix, portOf(DevicePorts.DebugShell), new DebugShell(state).ServeAsync, state.Log)];
    }

    private void Close(IEnumerable<DeviceFaults> faults)
    {
        foreach (var fault in faults)
        {
            foreach (var service in open[fault])
            {
                service.Stop();
                closed.Add(service);
            }

            open.Remove(fault);
        }
    }
}
