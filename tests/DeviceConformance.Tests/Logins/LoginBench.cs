using System.Collections.Immutable;
using System.Net;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Tests.Logins;

/// <summary>What a probe needs to talk to a device on this machine.</summary>
internal sealed class LoginBench : IDisposable
{
    private readonly DutLink _link;

    public LoginBench(LabSetup? lab = null, Ixit? ixit = null, ImmutableArray<DutSample>? samples = null, TimeProvider? time = null, IPAddress? address = null)
    {
        var target = new DutAddress(address ?? IPAddress.Loopback);
        lab ??= LabSetup.Default;
        time ??= TimeProvider.System;
        var dut = new Dut(
            "Maker", "", "Model", "device", "1.0", "", Fact<bool>.Missing, "", [], [],
            samples ?? [new DutSample("A", "", [], [target])], ImmutableDictionary<string, StatedCondition>.Empty, Evidence("dut"));
        var declared = new Declaration(StandardEdition.V3, dut, new Ics([]), ixit ?? new Ixit([]), lab, "");
        _link = new DutLink(lab, [target], time);
        Context = new ProbeContext(
            declared, _link, new Liveness(_link, declared), new Transcript(time, lab.Credentials), time, (_, _) => Evidence("artefact"), (_, text) => Progress.Add(text));
    }

    public static DutAddress Loopback { get; } = new(IPAddress.Loopback);

    public ProbeContext Context { get; }

    public List<string> Progress { get; } = [];

    /// <summary>What was written down so far.</summary>
    public string Transcript => Encoding.UTF8.GetString(Context.Transcript.ToBytes().Span);

    public static Endpoint At(int port) => new(Loopback, port);

    public static TestCredential Credential(string authMech, string user, string password, CredentialKind kind = CredentialKind.Current, string sample = "A") =>
        new(authMech, sample, kind, user, new Secret(password));

    /// <summary>A declaration whose only table is 1-AuthMech.</summary>
    public static Ixit AuthMechs(params (string Id, AuthMechFacts Facts)[] entries)
    {
        var table = new IxitTable("1-AuthMech", "", []);
        return new Ixit([new IxitSheet(table, [.. entries.Select(entry => new IxitEntry(table, entry.Id, [], entry.Facts, default, Evidence($"ixit/{entry.Id}")))], "")]);
    }

    public void Dispose() => _link.Dispose();

    private static EvidenceRef Evidence(string address) => new(address, new string('0', 64));
}
