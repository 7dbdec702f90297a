using System.Collections.Immutable;
using System.Net;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>Surveys a port of loopback as a campaign would, without the campaign around it.</summary>
internal sealed class SurveyBench : IDisposable
{
    private readonly TimeProvider _time;
    private readonly DutLink _link;
    private readonly Transcript _transcript;

    public SurveyBench(IPAddress? address = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Declared = Declare(address ?? IPAddress.Loopback);
        _link = new DutLink(Declared.Lab, Declared.Addresses, _time);
        _transcript = new Transcript(_time, Declared.Lab.Credentials);
    }

    /// <summary>The example device, with the serial number, MAC address and firmware of its declaration.</summary>
    public Declaration Declared { get; }

    public string Said => Encoding.UTF8.GetString(_transcript.ToBytes().Span);

    public IReadOnlyDictionary<Endpoint, int> Connections => _link.Requests;

    public static Declaration Declare(IPAddress address)
    {
        var sample = new DutSample("A", "GW24-004711", ["02:00:5e:10:00:01"], [new DutAddress(address)]);
        var dut = new Dut("Nordwarm Appliances", "Thermona", "GW-24 Connect", "gas water heater", "2.1.0", "rev C", Fact<bool>.Missing, "", [], [], [sample], ImmutableDictionary<string, StatedCondition>.Empty, new EvidenceRef("dut", ""));
        // Tests that let the clock run faster must not lose connections by it.
        var limits = LabLimits.Default with { ConnectTimeoutMilliseconds = 60_000 };
        var lab = LabSetup.Default with { Limits = limits, Credentials = [new TestCredential("AuthMech-1", "A", CredentialKind.Current, "admin", new Secret("Warm-Water-42"))] };
        return new Declaration(StandardEdition.V3, dut, new Ics([]), new Ixit([]), lab, "");
    }

    public ProbeContext Context => new(Declared, _link, new Liveness(_link, Declared), _transcript, _time, (_, extension) => new EvidenceRef($"artefacts/x.{extension}", ""), (_, _) => { });

    public Task<ProbeOutcome> AskAsync(int port, ServiceProtocol protocol, bool tls = false, Transport transport = Transport.Tcp, string? browser = null) =>
        new DisclosureSurveyProbe(browser).AskAsync(new DisclosureSurvey(new Endpoint(Declared.Addresses[0], port, transport), protocol, tls), Context, CancellationToken.None);

    public async Task<DisclosureSeen> SeeAsync(int port, ServiceProtocol protocol, bool tls = false, Transport transport = Transport.Tcp, string? browser = null)
    {
        var outcome = await AskAsync(port, protocol, tls, transport, browser);
        return outcome is ProbeOutcome.Observed { Observation: DisclosureSeen seen } ? seen : throw new InvalidOperationException($"{outcome}\n{Said}");
    }

    public void Dispose() => _link.Dispose();
}

/// <summary>A clock that a test puts forward; deadlines run on the wall's.</summary>
internal sealed class LeapingTime : TimeProvider
{
    private long _leaps;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _leaps);

    public void Leap(TimeSpan span) => Interlocked.Add(ref _leaps, (long)(span.TotalSeconds * TimestampFrequency));
}

/// <summary>What a survey saw, in the words that tests compare.</summary>
internal static class Seen
{
    public static IEnumerable<string> Items(this DisclosureSeen seen, DisclosureKind kind) => seen.Items.Where(item => item.Kind == kind).Select(item => item.What);

    public static IEnumerable<string> OpenPaths(this DisclosureSeen seen) => seen.Open.Select(open => open.Where);

    public static IEnumerable<LoginProtocol> LoginProtocols(this DisclosureSeen seen) => seen.Logins.Select(login => login.Protocol);
}
