using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Lab;

/// <summary>What a probe does to the DUT, from harmless to harmful. Requests run in this order.</summary>
public enum ProbeImpact
{
    /// <summary>Sends nothing to the DUT.</summary>
    Passive,

    /// <summary>Connects and reads; changes nothing that lasts.</summary>
    ReadOnly,

    /// <summary>Changes settings, locks accounts or installs software.</summary>
    StateChanging,

    /// <summary>May put the DUT out of service: power, outage, overload.</summary>
    Disruptive,
}

/// <summary>A text that never shows: <c>ToString</c>, logs, JSON and reports print <c>(secret)</c>.</summary>
[JsonConverter(typeof(SecretJsonConverter))]
public sealed class Secret(string value)
{
    /// <summary>What is printed in its place.</summary>
    public const string Mask = "(secret)";

    /// <summary>The text, for the probe that sends it and for nothing else.</summary>
    public string Reveal() => value;

    /// <inheritdoc/>
    public override string ToString() => Mask;
}

/// <summary>Writes <c>(secret)</c>; a secret can not be read back.</summary>
public sealed class SecretJsonConverter : JsonConverter<Secret>
{
    /// <inheritdoc/>
    public override Secret Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        throw new NotSupportedException("A secret is never stored, so it can not be read.");

    /// <inheritdoc/>
    public override void Write(System.Text.Json.Utf8JsonWriter writer, Secret value, System.Text.Json.JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(Secret.Mask);
    }
}

/// <summary>What a test credential is.</summary>
public enum CredentialKind
{
    /// <summary>It logs in now.</summary>
    Current,

    /// <summary>It stood on the label or in the box when the sample came.</summary>
    Preset,

    /// <summary>It logs in, but with fewer rights than the function under test needs.</summary>
    LowRights,
}

/// <summary>A credential that the laboratory holds for a declared mechanism.</summary>
/// <param name="AuthMech">Entry of 1-AuthMech.</param>
/// <param name="Sample">Name of the sample it belongs to.</param>
/// <param name="Kind">What it is.</param>
/// <param name="User">User name; may be empty.</param>
/// <param name="Password">Password.</param>
public sealed record TestCredential(string AuthMech, string Sample, CredentialKind Kind, string User, Secret Password);

/// <summary>Something in the laboratory that acts on the DUT (power switch, reset button, factory reset).</summary>
/// <param name="Name">Name.</param>
/// <param name="Does">What it does, for example power, reset, factory-reset.</param>
/// <param name="How">Who or what operates it, in words.</param>
public sealed record Actuator(string Name, string Does, string How);

/// <summary>How a sweep over ports treats the DUT.</summary>
public enum SweepPace
{
    /// <summary>Begins slowly and goes faster only as the DUT keeps up: for every device.</summary>
    Gentle,

    /// <summary>Begins fast and allows ten times as much: for devices that are known to bear it. It slows down all the same.</summary>
    Fast,
}

/// <summary>How a sweep asks a TCP port.</summary>
public enum SweepMethod
{
    /// <summary>By a SYN where the host allows raw packets, by connecting elsewhere and on loopback.</summary>
    Auto,

    /// <summary>By connecting: needs no right.</summary>
    Connect,

    /// <summary>By a SYN, or not at all.</summary>
    Syn,
}

/// <summary>A value that the laboratory looks for in captured traffic: where it shows, it passed readably.</summary>
/// <param name="What">What it is, for reports: "e-mail address of the test account".</param>
/// <param name="Entry">Row of 21-PersData or 10-SecParam that it belongs to; empty when none is named.</param>
/// <param name="Value">The value; it shows nowhere.</param>
public sealed record SoughtDatum(string What, string Entry, Secret Value);

/// <summary>Limits that protect the DUT.</summary>
/// <param name="ConnectionsPerSecond">New connections per second at the most, 1 or more.</param>
/// <param name="ConcurrentConnections">Connections open or being opened at the same time, 1 or more.</param>
/// <param name="ConnectTimeoutMilliseconds">How long a connection attempt waits for an answer.</param>
/// <param name="CredentialAttempts">Wrong logins per login point at the most.</param>
/// <param name="UdpSeconds">Length of the sweep over the UDP ports of one address at the most.</param>
/// <param name="Minutes">Length of the campaign; what was not asked by then is recorded as not run.</param>
public sealed record LabLimits(
    int ConnectionsPerSecond,
    int ConcurrentConnections,
    int ConnectTimeoutMilliseconds,
    int CredentialAttempts,
    int UdpSeconds,
    int Minutes)
{
    /// <summary>Upper bounds that suit a device with a small network stack, because a sweep stays below them when the device does not keep up.</summary>
    /// <remarks>
    /// 20 000 connections a second are 10 Mbit/s of empty segments each way and let a sweep of an address whose closed ports refuse end in
    /// 3.3 s; it begins at a twentieth of that and goes only as fast as the DUT keeps answering. Ports that refuse or accept free their
    /// place at once; 1024 places fill up only where a firewall swallows connections, which costs the DUT nothing, and bound such a sweep:
    /// 65 535 ports, 1024 at a time, 0.2 s each, are 13 s. All other probes hold four connections to a port at the most. A second without
    /// an answer is the first retransmission of TCP (RFC 6298, 2.1). 500 wrong logins hold every default credential that is
    /// known from one kind of login, and show that the limit of 100 which NIST SP 800-63B, 5.2.2, sets is missing. A device that answers
    /// one closed UDP port a second, as Linux does, can not prove all of them closed in half a day; half a minute asks each of them at a
    /// rate that small devices bear.
    /// </remarks>
    public static LabLimits Default { get; } = new(20000, 1024, 1000, 500, 30, 60);

    /// <summary>Upper bounds for a DUT that is known to bear a fast sweep: 200 000 SYNs a second fill the 100 Mbit/s of a plain Ethernet link.</summary>
    public static LabLimits Fast { get; } = Default with { ConnectionsPerSecond = 200_000, Sweep = SweepPace.Fast };

    /// <summary>How sweeps treat the DUT.</summary>
    public SweepPace Sweep { get; init; }
}

/// <summary>A listener on a loopback address that belongs to the laboratory's host and not to the DUT.</summary>
/// <param name="Endpoint">The endpoint; loopback only, elsewhere every open port is the DUT's.</param>
/// <param name="Reason">What it is.</param>
public sealed record HostListener(Endpoint Endpoint, string Reason);

/// <summary>The laboratory's part of the declaration: <c>lab.yaml</c>.</summary>
/// <param name="Laboratory">Name of the laboratory; empty when not given.</param>
/// <param name="Interface">Network interface towards the DUT; empty: whatever the routing table says.</param>
/// <param name="AllowedImpact">The most that probes may do.</param>
/// <param name="AllowPublicAddresses">Whether an address outside private ranges may be probed.</param>
/// <param name="AllowRoutedAddresses">Whether an address may be probed that only a gateway leads to.</param>
/// <param name="Limits">Limits.</param>
/// <param name="Credentials">Credentials for tests.</param>
/// <param name="Actuators">What acts on the DUT.</param>
/// <param name="HostListeners">Loopback listeners of the host itself.</param>
/// <param name="StandInAddress">Address of the laboratory's host that the DUT reaches, for servers the harness stands in for; null: none.</param>
public sealed record LabSetup(
    string Laboratory,
    string Interface,
    ProbeImpact AllowedImpact,
    bool AllowPublicAddresses,
    bool AllowRoutedAddresses,
    LabLimits Limits,
    ImmutableArray<TestCredential> Credentials,
    ImmutableArray<Actuator> Actuators,
    ImmutableArray<HostListener> HostListeners,
    DutAddress? StandInAddress)
{
    /// <summary>TCP ports of an address that are the laboratory's own host's and none of the DUT's.</summary>
    /// <param name="address">The address.</param>
    public HashSet<int> HostPorts(DutAddress address) =>
        [.. HostListeners.Where(listener => listener.Endpoint.Address == address && listener.Endpoint.Transport == Transport.Tcp).Select(listener => listener.Endpoint.Port)];

    /// <summary>How sweeps ask TCP ports.</summary>
    public SweepMethod SweepMethod { get; init; }

    /// <summary>Default credentials of the laboratory's own, tried before the dictionary.</summary>
    public ImmutableArray<CredentialList> CredentialLists { get; init; } = [];

    /// <summary>Captures of the DUT's traffic that others made; relative names start at the declaration's folder.</summary>
    public ImmutableArray<string> Captures { get; init; } = [];

    /// <summary>IP addresses that the DUT had while captures were made; empty when they are its present ones.</summary>
    public ImmutableArray<DutAddress> CapturedAddresses { get; init; } = [];

    /// <summary>TLS key logs (SSLKEYLOGFILE) that open captured traffic; relative names start at the declaration's folder.</summary>
    public ImmutableArray<string> KeyLogs { get; init; } = [];

    /// <summary>Name servers that the laboratory's network gives the DUT.</summary>
    public ImmutableArray<DutAddress> NameServers { get; init; } = [];

    /// <summary>The maker's description of what the DUT needs of its network (RFC 8520); null when there is none.</summary>
    public MudFile? MudFile { get; init; }

    /// <summary>Personal data that the laboratory entered for the tests, looked for in captures.</summary>
    public ImmutableArray<SoughtDatum> PersonalData { get; init; } = [];

    /// <summary>Secrets of the DUT that the laboratory knows beside its test credentials, looked for in captures.</summary>
    public ImmutableArray<SoughtDatum> Secrets { get; init; } = [];

    /// <summary>A laboratory that allows reading and has nothing else.</summary>
    public static LabSetup Default { get; } = new("", "", ProbeImpact.ReadOnly, false, false, LabLimits.Default, [], [], [], null);

    /// <summary>Credentials of a kind for a mechanism.</summary>
    public IEnumerable<TestCredential> CredentialsFor(string authMech, CredentialKind kind) =>
        Credentials.Where(credential => credential.AuthMech == authMech && credential.Kind == kind);
}
