using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases.Network;

namespace DeviceConformance.TestCases.Passwords;

/// <summary>Preset passwords of the samples against what the declaration says of them.</summary>
internal static class PresetPasswords
{
    /// <summary>The finding for an entry of 1-AuthMech.</summary>
    /// <param name="seen">What was seen.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="against">Flaws that fail the unit.</param>
    public static Finding Judge(ObservationSet seen, IxitEntry entry, ImmutableArray<PresetPasswordFlaw> against)
    {
        var asked = seen.Ask(new PresetPasswordInspection(entry.Id));
        if (!asked.TryGet(out var passwords, out var evidence))
        {
            return DutServices.Gap(asked, entry.Id, $"The preset passwords of {entry.Id} were not compared")!;
        }

        var flaws = passwords.Flaws.Where(flaw => against.Contains(flaw.Flaw)).ToList();
        if (flaws.Count > 0)
        {
            return Finding.Fail(entry.Id, $"The preset passwords of {entry.Id} depart from the declaration: {string.Join(" ", flaws.Select(flaw => flaw.Text))}", evidence, entry.Ref);
        }

        return DutServices.Gap(asked, entry.Id, $"The preset passwords of {entry.Id} were compared in part")
            ?? Finding.Pass(entry.Id, $"The preset passwords of {passwords.Samples} samples agree with {entry.Id}.", evidence, entry.Ref);
    }
}
