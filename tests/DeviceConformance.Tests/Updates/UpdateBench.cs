using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Updates;
using DeviceConformance.Tests.Tls;

namespace DeviceConformance.Tests.Updates;

/// <summary>A declaration with one update mechanism, and the trial of it.</summary>
internal static class UpdateBench
{
    public const string UpdMech = "UpdMech-1";
    public const string AuthMech = "AuthMech-1";

    // The wall waits a fraction of what the declaration allows.
    private const int TimeFactor = 5;

    public static UpdMechFacts Facts(UpdateOffer offer, VersionReading version, int settleSeconds = 2) => new()
    {
        Offer = Declared(offer),
        Version = Declared(version),
        SettleSeconds = Declared(settleSeconds),
    };

    public static Fact<T> Declared<T>(T value) => Fact<T>.Declared(value, default);

    public static async Task<ProbeOutcome> AskAsync(UpdMechFacts facts, string folder, AuthMechFacts? login = null, IPAddress? address = null, IPAddress? standIn = null, Action<string>? said = null, Action<string>? progress = null)
    {
        ImmutableArray<TestCredential> credentials = login is null ? [] : [new TestCredential(AuthMech, "A", CredentialKind.Current, "admin", new Secret("Warm-Water-42"))];
        var lab = LabSetup.Default with { Credentials = credentials, StandInAddress = standIn is null ? null : new Model.Network.DutAddress(standIn) };
        using var bench = new ProbeBench(lab, [Sheet("7-UpdMech", UpdMech, facts), Sheet("1-AuthMech", AuthMech, login ?? new AuthMechFacts())], folder, new FastTime(TimeFactor), address, progress);
        var outcome = await bench.AskAsync(new UpdateIntegrityProbe(), new UpdateIntegrityTrial(UpdMech, bench.Declared.Addresses[0]));
        said?.Invoke(bench.Said);
        return outcome;
    }

    public static UpdateTrialsSeen Seen(this ProbeOutcome outcome) =>
        outcome is ProbeOutcome.Observed { Observation: UpdateTrialsSeen seen } ? seen : throw new InvalidOperationException(outcome.Summary);

    /// <summary>Variant and result of each trial, and the versions around it.</summary>
    public static IEnumerable<string> Lines(this UpdateTrialsSeen seen) =>
        seen.Trials.Select(trial => $"{trial.Variant} {trial.Result} {trial.VersionBefore}>{trial.VersionAfter}");

    private static IxitSheet Sheet(string table, string id, IxitFacts facts)
    {
        var described = new IxitTable(table, "", []);
        return new IxitSheet(described, [new IxitEntry(described, id, [], facts, default, new EvidenceRef($"ixit/{id}", ""))], "");
    }
}
