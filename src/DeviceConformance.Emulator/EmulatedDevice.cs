using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.Mqtt;
using DeviceConformance.Emulator.Tls;
using DeviceConformance.Emulator.Updates;
using DeviceConformance.Emulator.Web;

namespace DeviceConformance.Emulator;

/// <summary>A port that the device listens on.</summary>
/// <param name="EndPoint">Address and port.</param>
/// <param name="Service">What is spoken there.</param>
public sealed record ListeningPort(IPEndPoint EndPoint, string Service);

/// <summary>
/// A gas water heater with remote control, "Thermona GW-24 Connect", with real listeners on this machine. Sound unless faults are switched
/// on; they can be switched while it runs. It never ends by what comes over the network.
/// </summary>
public sealed class EmulatedDevice : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly EmulatedDeviceOptions options;
    private readonly DeviceState state;
    private readonly DeviceTls tls;
    private readonly UpdateFetch updates;
    private readonly MqttBroker broker;
    private readonly FaultServices faultServices;
    private WebServer? web;
    private TcpService? mqtt;
    private bool disposed;

    private EmulatedDevice(EmulatedDeviceOptions options, Version firmware)
    {
        this.options = options;
        state = new DeviceState(options, firmware);
        Addresses = ListenSockets.Usable(options.Addresses, state.Log.Note);
        tls = new DeviceTls(Addresses, options.TimeProvider);
        updates = new UpdateFetch(options.UpdateServer, state.Firmware);
        broker = new MqttBroker(state);
        faultServices = new FaultServices(state, broker, Addresses, Port);
    }

    /// <summary>Addresses that the device really listens on.</summary>
    public ImmutableArray<IPAddress> Addresses { get; }

    /// <summary>What the services share; what the device says by itself follows it too.</summary>
    internal DeviceState State => state;

    /// <summary>Ports in use now, by service.</summary>
    public ImmutableArray<ListeningPort> Ports
    {
        get
        {
            lock (gate)
            {
                return
                [
                    .. Addresses.Select(address => new ListeningPort(new IPEndPoint(address, Port(DevicePorts.Https)), "HTTPS")),
                    .. Addresses.Select(address => new ListeningPort(new IPEndPoint(address, Port(DevicePorts.Http)), "HTTP")),
                    .. faultServices.Open.Prepend(mqtt!)
                        .SelectMany(service => service.EndPoints.Select(endPoint => new ListeningPort(endPoint, service.Name))),
                ];
            }
        }
    }

    /// <summary>Version of the software that runs now.</summary>
    public string Firmware => state.Firmware.Version;

    /// <summary>Fingerprint of the certificate on HTTPS and MQTT: SHA-256, lower-case hex.</summary>
    public string CertificateSha256 => Convert.ToHexStringLower(tls.Certificate.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256));

    /// <summary>Water temperature that is set, in degrees Celsius.</summary>
    public int SetPoint => state.Settings.SetPoint;

    /// <summary>Faults that are on. Setting them opens and closes the ports that belong to them; open connections of other services go on.</summary>
    /// <exception cref="PortTakenException">Another program has a port that a fault needs; the faults are as before.</exception>
    /// <exception cref="ObjectDisposedException">The device is off.</exception>
    public DeviceFaults Faults
    {
        get => state.Faults;
        set
        {
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                faultServices.Switch(value);
                state.Faults = value;
            }

            state.Log.Note($"faults: {(value == DeviceFaults.None ? "none" : string.Join(", ", DeviceFault.NamesOf(value)))}");
        }
    }

    /// <summary>Switches a device on; all its ports listen when the task ends.</summary>
    /// <param name="options">How it is to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PortTakenException">Another program has one of the ports; nothing is left listening.</exception>
    /// <exception cref="ArgumentException">An option makes no sense; the message says which.</exception>
    public static async Task<EmulatedDevice> StartAsync(EmulatedDeviceOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.PortOffset is < DevicePorts.SmallestOffset or > DevicePorts.LargestOffset)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.PortOffset, $"The port offset has to lie between {DevicePorts.SmallestOffset} and {DevicePorts.LargestOffset}.");
        }

        if (!UpdateImage.TryParseVersion(options.Firmware, out var firmware))
        {
            throw new ArgumentException($"'{options.Firmware}' is not a firmware version of three numbers.", nameof(options));
        }

        if (!options.UpdateServer.IsAbsoluteUri || options.UpdateServer.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"'{options.UpdateServer}' is not the address of an HTTP server.", nameof(options));
        }

        var device = new EmulatedDevice(options, firmware);
        try
        {
            await device.StartAsync(cancellationToken);
            return device;
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>Port of a service of this device: with its offset, unless it is one of <see cref="DevicePorts.Fixed"/>.</summary>
    /// <param name="port">One of <see cref="DevicePorts"/>.</param>
    public int Port(int port) => DevicePorts.Fixed.Contains(port) ? port : port + options.PortOffset;

    /// <summary>Switches the device off: closes all ports and connections at once, whatever they are doing.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            faultServices.Switch(DeviceFaults.None);
        }

        if (mqtt is not null)
        {
            await mqtt.DisposeAsync();
        }

        await faultServices.DisposeAsync();
        if (web is not null)
        {
            await web.DisposeAsync();
        }

        updates.Dispose();
        tls.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        mqtt = TcpService.Start("MQTT over TLS", Addresses, Port(DevicePorts.MqttTls), ServeMqttOverTlsAsync, state.Log);
        var pages = new WebInterface(state, updates, Port(DevicePorts.Https));
        web = await WebServer.StartAsync(Addresses, Port(DevicePorts.Http), Port(DevicePorts.Https), state, tls, pages.HandleAsync, cancellationToken);
        Faults = options.Faults;
    }

    private async Task ServeMqttOverTlsAsync(TcpConnection connection, CancellationToken stopping)
    {
        await using var secured = new SslStream(connection.Stream);
        using (var deadline = new IdleDeadline(DeviceTls.HandshakePatience, options.TimeProvider, stopping))
        {
            await secured.AuthenticateAsServerAsync(tls.ServerOptions(), deadline.Token);
        }

        await broker.ServeAsync(connection with { Stream = secured }, stopping);
    }
}
