using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Emulator.Outgoing;

/// <summary>How the device speaks.</summary>
public sealed record SpeakingOptions
{
    /// <summary>Time between two messages of telemetry; zero: none at all, for tests.</summary>
    public TimeSpan TelemetryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Messages of telemetry while idle.</summary>
    public int TelemetryMessages { get; init; } = 3;

    /// <summary>Clock of the rhythm.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Told the name of each phase when it begins, one of <see cref="SpeakingDevice.Phases"/>; the device goes on when its task ends.</summary>
    public Func<string, Task> PhaseBegins { get; init; } = static _ => Task.CompletedTask;
}

/// <summary>What the emulated device says by itself: one cycle through the phases that a laboratory watches. Faults of the device apply.</summary>
public sealed class SpeakingDevice
{
    private const string RegistrationKey = "rK7-4417-pp02";
    private const string TelemetryPassword = "tM9-1180-qx51";

    // The same on every unit: that is the fault.
    private const string SharedToken = "tok-6e1f0c2b9d";

    private readonly EmulatedDevice device;
    private readonly VendorCloud cloud;
    private readonly SpeakingOptions options;
    private readonly DeviceNetwork network;
    private readonly Dictionary<string, IPAddress> known = new(StringComparer.Ordinal);
    private readonly string serial;

    /// <summary>Lets a device talk with a cloud.</summary>
    /// <exception cref="ArgumentException">The device has no IPv4 address.</exception>
    public SpeakingDevice(EmulatedDevice device, VendorCloud cloud, SpeakingOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(cloud);
        ArgumentNullException.ThrowIfNull(options);
        this.device = device;
        this.cloud = cloud;
        this.options = options;
        Address = device.Addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)
            ?? throw new ArgumentException("The device has no IPv4 address to speak from.", nameof(device));
        serial = device.State.Options.Sample == DeviceSample.A ? "GW24-004711" : "GW24-004712";
        network = new DeviceNetwork(Address, cloud, options.TimeProvider);
    }

    /// <summary>Phases of a cycle in their order.</summary>
    public static ImmutableArray<string> Phases { get; } = ["start-up", "idle", "in use", "update", "outage"];

    /// <summary>Address that the device speaks from.</summary>
    public IPAddress Address { get; }

    private DeviceFaults Faults => device.Faults;

    /// <summary>Goes through all phases once; every connection is closed when the task ends.</summary>
    /// <exception cref="IOException">The cloud did not answer as it should.</exception>
    public async Task RunCycleAsync(CancellationToken cancellationToken)
    {
        known.Clear();
        await BeginAsync(0);
        await StartUpAsync(cancellationToken);
        await BeginAsync(1);
        await IdleAsync(cancellationToken);
        await BeginAsync(2);
        await InUseAsync(cancellationToken);
        await BeginAsync(3);
        await LookForUpdateAsync(cancellationToken);
        await BeginAsync(4);
        await MeetOutageAsync(cancellationToken);
    }

    private async Task BeginAsync(int phase)
    {
        device.State.Log.Note($"phase: {Phases[phase]}");
        await options.PhaseBegins(Phases[phase]);
    }

    private async Task StartUpAsync(CancellationToken cancellationToken)
    {
        var resolver = Faults.HasFlag(DeviceFaults.ForeignDns) ? cloud.ForeignResolver : cloud.Resolver;
        foreach (var name in new[] { CloudNames.Time, CloudNames.Api, CloudNames.Telemetry, CloudNames.Updates })
        {
            known[name] = await network.ResolveAsync(name, resolver, cancellationToken);
        }

        await network.SynchroniseAsync(At(CloudNames.Time, CloudPorts.Time), cancellationToken);
        if (Faults.HasFlag(DeviceFaults.BroadcastDisclosure))
        {
            var words = $$"""{"model":"GW-24 Connect","serial":"{{serial}}","firmware":"{{device.Firmware}}"}""";
            await network.BroadcastAsync(CloudPorts.Discovery, Encoding.UTF8.GetBytes(words), cancellationToken);
        }

        if (Faults.HasFlag(DeviceFaults.ClearLogin))
        {
            var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{serial}:{RegistrationKey}"));
            await AskInClearAsync(CloudNames.Api, Request("POST", "/v1/login", CloudNames.Api, "", $"Authorization: Basic {login}\r\n"), cancellationToken);
        }

        await RegisterAsync(cancellationToken);
        await LookForUpdateAsync(cancellationToken);
        if (Faults.HasFlag(DeviceFaults.UndeclaredServer))
        {
            known[CloudNames.Tracker] = await network.ResolveAsync(CloudNames.Tracker, cloud.Resolver, cancellationToken);
            await AskSecurelyAsync(CloudNames.Tracker, Request("POST", "/collect", CloudNames.Tracker, """{"event":"boot"}"""), cancellationToken);
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var request = Request("POST", "/v1/devices", CloudNames.Api, $$"""{"serial":"{{serial}}","key":"{{RegistrationKey}}","firmware":"{{device.Firmware}}"}""");
        if (!Faults.HasFlag(DeviceFaults.OldTlsClient))
        {
            await AskSecurelyAsync(CloudNames.Api, request, cancellationToken);
            return;
        }

        await using var connection = await network.ConnectAsync(At(CloudNames.Api, CloudPorts.Https), cancellationToken);
        await using var secured = await DeviceNetwork.SecureByOldVersionAsync(CloudNames.Api, connection, cancellationToken);
        await ExchangeAsync(secured, request, cancellationToken);
        await secured.ShutdownAsync(cancellationToken);
        await DrainAsync(connection, cancellationToken);
    }

    private async Task IdleAsync(CancellationToken cancellationToken)
    {
        await using var link = await OpenTelemetryAsync(Faults.HasFlag(DeviceFaults.TelemetryClear), cancellationToken);
        for (var message = 1; message <= options.TelemetryMessages; message++)
        {
            await PublishAsync(link, message, cancellationToken);
            if (options.TelemetryInterval > TimeSpan.Zero)
            {
                await Task.Delay(options.TelemetryInterval, options.TimeProvider, cancellationToken);
            }
        }

        await link.CloseAsync(cancellationToken);
        if (Faults.HasFlag(DeviceFaults.FixedTelemetrySecret))
        {
            await AskInClearAsync(CloudNames.Api, Request("GET", $"/v1/alive?token={SharedToken}", CloudNames.Api, ""), cancellationToken);
        }
    }

    // The owner changes the temperature with the vendor's app; the device tells the account of it.
    private async Task InUseAsync(CancellationToken cancellationToken)
    {
        var words = $$"""{"account":"{{DeviceOwner.Email}}","place":"{{DeviceOwner.Place}}","setPoint":{{device.SetPoint}}}""";
        await AskSecurelyAsync(CloudNames.Api, Request("POST", "/v1/setpoint", CloudNames.Api, words), cancellationToken);
        if (Faults.HasFlag(DeviceFaults.PersonalDataClear))
        {
            var query = $"/v1/profile?email={DeviceOwner.Email}&place={DeviceOwner.Place}";
            await AskInClearAsync(CloudNames.Api, Request("GET", query, CloudNames.Api, ""), cancellationToken);
        }

        if (Faults.HasFlag(DeviceFaults.PersonalDataBase64))
        {
            await AskInClearAsync(CloudNames.Api, Request("POST", "/v1/usage", CloudNames.Api, Convert.ToBase64String(Encoding.UTF8.GetBytes(words))), cancellationToken);
        }
    }

    private Task LookForUpdateAsync(CancellationToken cancellationToken)
    {
        var request = Request("GET", "/version.json", CloudNames.Updates, "");
        return Faults.HasFlag(DeviceFaults.UpdateCheckClear)
            ? AskInClearAsync(CloudNames.Updates, request, cancellationToken)
            : AskSecurelyAsync(CloudNames.Updates, request, cancellationToken);
    }

    // The cloud refuses TLS. The sound device gives up until later.
    private async Task MeetOutageAsync(CancellationToken cancellationToken)
    {
        cloud.RefusesTls = true;
        try
        {
            if (Faults.HasFlag(DeviceFaults.TelemetryClear))
            {
                return;
            }

            try
            {
                await using var secure = await OpenTelemetryAsync(inClear: false, cancellationToken);
                await secure.CloseAsync(cancellationToken);
            }
            catch (Exception refused) when (refused is AuthenticationException or IOException)
            {
                device.State.Log.Note("telemetry: the broker refuses TLS");
                if (Faults.HasFlag(DeviceFaults.UnencryptedFallback))
                {
                    await using var clear = await OpenTelemetryAsync(inClear: true, cancellationToken);
                    await PublishAsync(clear, 0, cancellationToken);
                    await clear.CloseAsync(cancellationToken);
                }
            }
        }
        finally
        {
            cloud.RefusesTls = false;
        }
    }

    private async Task<TelemetryLink> OpenTelemetryAsync(bool inClear, CancellationToken cancellationToken)
    {
        Stream stream = inClear
            ? await network.ConnectAsync(At(CloudNames.Telemetry, CloudPorts.Mqtt), cancellationToken)
            : await network.SecureAsync(CloudNames.Telemetry, At(CloudNames.Telemetry, CloudPorts.MqttTls), cancellationToken);
        var link = new TelemetryLink(stream);
        try
        {
            await link.LogInAsync(serial, TelemetryPassword, cancellationToken);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    private Task PublishAsync(TelemetryLink link, int message, CancellationToken cancellationToken) =>
        link.PublishAsync($"gw24/{serial}/telemetry", Encoding.UTF8.GetBytes($$"""{"n":{{message}},"burnerStarts":{{41 + message}},"pressure":1.6}"""), cancellationToken);

    private async Task AskSecurelyAsync(string name, byte[] request, CancellationToken cancellationToken)
    {
        await using var secured = await network.SecureAsync(name, At(name, CloudPorts.Https), cancellationToken);
        await ExchangeAsync(secured, request, cancellationToken);
        await secured.ShutdownAsync();
        await DrainAsync(secured, cancellationToken);
    }

    private async Task AskInClearAsync(string name, byte[] request, CancellationToken cancellationToken)
    {
        await using var connection = await network.ConnectAsync(At(name, CloudPorts.Http), cancellationToken);
        await ExchangeAsync(connection, request, cancellationToken);
        await DrainAsync(connection, cancellationToken);
    }

    private static async Task ExchangeAsync(Stream stream, byte[] request, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(request, cancellationToken);
        if (await HttpText.ReadAsync(stream, cancellationToken) is not { } answer || !answer.FirstLine.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
        {
            throw new IOException("A server of the cloud did not answer as it should.");
        }
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (await stream.ReadAsync(new byte[256], cancellationToken) > 0)
        {
            // Nothing more is expected but the server's end.
        }
    }

    // The resolver gives the address; the port is the server's.
    private IPEndPoint At(string name, int port) => new(known[name], cloud.Place(name, port).Port);

    private static byte[] Request(string method, string target, string host, string body, string fields = "") =>
        Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: GW24\r\n{fields}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
}
