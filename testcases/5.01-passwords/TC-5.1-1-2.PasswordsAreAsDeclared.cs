using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Checks that the DUT has no other password logins than declared, and that passwords are set or preset as declared.</summary>
/// <remarks>
/// Source: EN 303 645 provision 5.1-1; TS 103 701 test case 5.1-1-2 (functional), both editions.
/// Cannot see: logins over UDP, radio or at the device itself; what the manual says; the set-up of a factory-fresh unit.
/// </remarks>
public sealed class PasswordsAreAsDeclared : TestCase
{
    /// <inheritdoc/>
    public override TestCaseId Id => TestCaseId.Parse("5.1-1-2");

    /// <inheritdoc/>
    public override ImmutableArray<TestUnit> Units(StandardEdition edition) =>
    [
        new('a', AskCompleteness, JudgeCompleteness),
        new('b', AskUserDefined, JudgeUserDefined),
        new('c', AskPreset, JudgePreset),
    ];

    private static IEnumerable<ProbeRequest> AskCompleteness(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Surveys).Concat(SshLogins.Ask(declared, seen));

    private static IEnumerable<Finding> JudgeCompleteness(Declaration declared, ObservationSet seen) =>
        DeclaredLogins.Completeness(declared, seen, AsksForPassword, "password login").Concat(SshLogins.Judge(declared, seen));

    // Of an SSH server the survey sees that there is a login; whether by password, its list of methods tells.
    private static bool AsksForPassword(LoginPoint login) => login.Protocol != LoginProtocol.Ssh;

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> Passwords(Declaration declared, bool userDefined) =>
        DeclaredLogins.InNetwork(declared).Where(pair => LoginTrials.IsPassword(pair.Facts)
            && pair.Facts.Origin.TryGet(out var origin) && (origin == PasswordOrigin.UserDefined) == userDefined);

    private static IEnumerable<ProbeRequest> AskUserDefined(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Ports).Concat(Passwords(declared, true).SelectMany(pair => LoginTrials.Defaults(declared, seen, pair.Facts)));

    private static IEnumerable<Finding> JudgeUserDefined(Declaration declared, ObservationSet seen) =>
        Passwords(declared, true).SelectMany(pair => LoginTrials.Defaults(declared, seen, pair.Facts)
            .Select(trial => JudgeTrial(seen, trial, pair.Entry, "although it declares that the user sets the password", _ => true))
            .Concat(LoginTrials.NotSeen(declared, seen, pair.Entry, pair.Facts)));

    private static IEnumerable<ProbeRequest> AskPreset(Declaration declared, ObservationSet seen) =>
        DutServices.Ask(declared, seen, Depth.Ports)
            .Concat(PresetEntries(declared).Select(pair => new PresetPasswordInspection(pair.Entry.Id)))
            .Concat(Passwords(declared, false).SelectMany(pair => LoginTrials.Defaults(declared, seen, pair.Facts)));

    private static IEnumerable<(IxitEntry Entry, AuthMechFacts Facts)> PresetEntries(Declaration declared) =>
        declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).Where(pair => LoginTrials.IsPassword(pair.Facts) && !pair.Facts.Origin.Is(PasswordOrigin.UserDefined));

    private static IEnumerable<Finding> JudgePreset(Declaration declared, ObservationSet seen)
    {
        foreach (var (entry, facts) in PresetEntries(declared))
        {
            yield return PresetPasswords.Judge(
                seen,
                entry,
                [PresetPasswordFlaw.SameOnSamples, PresetPasswordFlaw.InDictionary, PresetPasswordFlaw.OtherLength, PresetPasswordFlaw.OutsideAlphabet]);
            foreach (var trial in LoginTrials.Defaults(declared, seen, facts))
            {
                yield return JudgeTrial(seen, trial, entry, "although it declares a password that differs on every unit", accepted => !accepted.IsOfUnit);
            }

            foreach (var closed in LoginTrials.NotSeen(declared, seen, entry, facts))
            {
                yield return closed;
            }
        }

        if (!PresetEntries(declared).Any() && declared.Ixit.Entries(IxitRole.AuthMech) is { IsEmpty: false } entries)
        {
            yield return Finding.Pass(OperatorQuestion.WholeDut, "No entry of 1-AuthMech declares a preset password.", entries.Select(entry => entry.Ref));
        }
    }

    private static Finding JudgeTrial(ObservationSet seen, DefaultCredentialTrial trial, IxitEntry entry, string although, Func<AcceptedDefault, bool> counts)
    {
        var asked = seen.Ask(trial);
        if (!asked.TryGet(out var tried, out var evidence))
        {
            return DutServices.Gap(asked, entry.Id, $"Default credentials were not tried at {trial.Endpoint}")!;
        }

        if (tried.NonsenseAccepted)
        {
            return Finding.Fail(entry.Id, $"{trial.Endpoint} lets in a password that nobody set, {although}.", evidence, entry.Ref);
        }

        if (tried.Accepted.FirstOrDefault(counts) is { } accepted)
        {
            return Finding.Fail(entry.Id, $"{trial.Endpoint} accepts the default credential {accepted.Pair} (user {accepted.User}, {accepted.Origin}), {although}.", evidence, entry.Ref);
        }

        // A login that locks can not be tried any further, which is what 5.1-5 wants of it; the likeliest pairs were tried first.
        const int enough = 3;
        if (tried.Coverage.IsComplete || (tried.Reaction is GuessingReaction.LockOut && tried.Attempts >= enough))
        {
            return Finding.Pass(entry.Id, $"{trial.Endpoint} refuses the {tried.Attempts} likeliest default credentials{(tried.Coverage.IsComplete ? "" : ", then locks")}.", evidence);
        }

        return DutServices.Gap(asked, entry.Id, $"Default credentials were not all tried at {trial.Endpoint}")!;
    }
}
