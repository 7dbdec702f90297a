using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Credentials;

/// <summary>Compares the preset passwords that the laboratory noted with each other and with the declaration. Sends nothing.</summary>
public sealed class PresetPasswordInspectionProbe : Probe<PresetPasswordInspection>
{
    // Shorter parts of an address or serial number occur by chance.
    private const int TellingPart = 4;

    /// <inheritdoc/>
    protected override Task<ProbeOutcome> AskAsync(PresetPasswordInspection request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return Task.FromResult(Inspect(request.AuthMech, context.Declared));
    }

    /// <summary>The comparison.</summary>
    /// <param name="authMech">Entry of 1-AuthMech.</param>
    /// <param name="declared">Declaration with the laboratory's notes.</param>
    public static ProbeOutcome Inspect(string authMech, Declaration declared)
    {
        ArgumentNullException.ThrowIfNull(declared);
        var notes = declared.Lab.CredentialsFor(authMech, CredentialKind.Preset).ToList();
        if (notes.Count == 0)
        {
            return new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"lab.yaml notes no preset password for {authMech}; add credentials of kind 'preset', one for each sample.");
        }

        var facts = declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech).FirstOrDefault(pair => pair.Entry.Id == authMech).Facts ?? new AuthMechFacts();
        var flaws = notes.SelectMany(note => OwnFlaws(note, facts, declared.Dut.Samples.FirstOrDefault(sample => sample.Name == note.Sample)))
            .Concat(notes.SelectMany((left, index) => notes.Skip(index + 1).Select(right => (left, right))).SelectMany(pair => PairFlaws(pair.left, pair.right)))
            .ToList();
        var samples = notes.Select(note => note.Sample).Distinct(StringComparer.Ordinal).Count();
        return new ProbeOutcome.Observed(new PresetPasswordsSeen(authMech, samples, [.. flaws])
        {
            Coverage = samples < 2
                ? Coverage.Partial($"The preset password of one sample ({notes[0].Sample}) was compared with the declaration; whether it differs on every unit shows with two.")
                : !facts.PasswordLength.IsDeclared && !facts.PasswordAlphabet.IsDeclared
                    ? Coverage.Partial($"The preset passwords of {samples} samples were compared with each other; {authMech} declares neither length nor alphabet to compare them with.")
                    : Coverage.Complete($"The preset passwords of {samples} samples were compared with each other, with the declared form, with MAC addresses and serial numbers, and with the dictionary of {CredentialDictionary.All.Length} defaults."),
        });
    }

    private static IEnumerable<PresetPasswordFinding> OwnFlaws(TestCredential note, AuthMechFacts facts, DutSample? sample)
    {
        var password = note.Password.Reveal();
        if (CredentialDictionary.All.FirstOrDefault(pair => pair.Password.Reveal() == password) is { } known)
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.InDictionary, $"The password of sample {note.Sample} is a well-known default ({known.Id}).");
        }

        if (facts.PasswordLength.TryGet(out var length) && password.Length != length)
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.OtherLength, $"The password of sample {note.Sample} has {password.Length} characters, {length} are declared.");
        }

        if (facts.PasswordAlphabet.TryGet(out var alphabet) && password.Count(character => !Alphabet(alphabet).Contains(character)) is var outside and > 0)
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.OutsideAlphabet, $"The password of sample {note.Sample} has {outside} characters outside {alphabet}.");
        }

        if (sample is not null && sample.Mac.Any(mac => SharesPart(password, mac.Replace(":", "", StringComparison.Ordinal))))
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.FromMacAddress, $"The password of sample {note.Sample} holds part of its MAC address.");
        }

        if (sample is not null && SharesPart(password, new string([.. sample.Serial.Where(char.IsLetterOrDigit)])))
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.FromSerialNumber, $"The password of sample {note.Sample} holds part of its serial number.");
        }
    }

    private static IEnumerable<PresetPasswordFinding> PairFlaws(TestCredential left, TestCredential right)
    {
        var (first, second) = (left.Password.Reveal(), right.Password.Reveal());
        if (left.Sample == right.Sample || first.Length == 0)
        {
            yield break;
        }

        if (first == second)
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.SameOnSamples, $"Samples {left.Sample} and {right.Sample} have the same password.");
        }
        else if (CommonEnds(first, second) * 2 > Math.Min(first.Length, second.Length))
        {
            yield return new PresetPasswordFinding(PresetPasswordFlaw.Regular, $"The passwords of samples {left.Sample} and {right.Sample} agree in more than half of their characters at the start and end.");
        }
    }

    private static int CommonEnds(string first, string second)
    {
        var start = first.Zip(second).TakeWhile(pair => pair.First == pair.Second).Count();
        var end = first.Reverse().Zip(second.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return Math.Min(start + end, Math.Min(first.Length, second.Length));
    }

    private static bool SharesPart(string password, string source)
    {
        var reversed = new string([.. source.Reverse()]);
        return Parts(source).Concat(Parts(reversed)).Any(part => password.Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    // A run of one character (0000) is in many numbers and tells nothing.
    private static IEnumerable<string> Parts(string text) =>
        Enumerable.Range(0, Math.Max(0, text.Length - TellingPart + 1)).Select(start => text.Substring(start, TellingPart)).Where(part => part.Distinct().Count() > 1);

    // Literal characters and ranges: A-Za-z0-9.
    private static HashSet<char> Alphabet(string declared)
    {
        var letters = new HashSet<char>();
        for (var at = 0; at < declared.Length; at++)
        {
            if (at + 2 < declared.Length && declared[at + 1] == '-' && declared[at] < declared[at + 2])
            {
                letters.UnionWith(Enumerable.Range(declared[at], declared[at + 2] - declared[at] + 1).Select(code => (char)code));
                at += 2;
            }
            else
            {
                letters.Add(declared[at]);
            }
        }

        return letters;
    }
}
