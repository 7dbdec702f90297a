using System.Text;
using DeviceConformance.Declarations;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

/// <summary>Whatever is done to the files of a sound declaration, reading it gives a declaration or says why not.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class MutatedDeclarationTests
{
    private static readonly string[] Insertions =
    [
        "\t", "&a ", "*a", "!!x ", "- ", "? ", ": ", "[", "{", "'", "\"", "|\n", "\n---\n", "\0", "\uFEFF", "\u202E", "null", "~", "99999999999999999999", "-1", "5.3-4", "AuthMech-99", "TODO", "<<: *a\n", "\r",
    ];

    [FsCheck.NUnit.Property(MaxTest = 250)]
    public bool Mutations_never_make_the_reader_throw(bool older, (ushort File, byte Kind, ushort At, ushort To)[] mutations)
    {
        using var folder = new DeclarationFolder(older ? StandardEdition.V2 : StandardEdition.V3);
        var files = folder.Files.ToList();
        foreach (var (file, kind, at, to) in mutations.Take(4))
        {
            var name = files[file % files.Count];
            folder.Write(name, Mutate(folder.Bytes(name), kind, at, to));
        }

        return IsAnswered(folder, folder.Read());
    }

    [Test]
    public void Any_file_may_be_cut_off_anywhere()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        foreach (var name in new[] { "dut.yaml", "lab.yaml", "ixit/01-AuthMech.yaml", "ixit/07-UpdMech.yaml" })
        {
            var whole = folder.Bytes(name);
            for (var length = 0; length < whole.Length; length += 37)
            {
                folder.Write(name, whole[..length]);
                Assert.That(IsAnswered(folder, folder.Read()), $"{name} cut off after {length} bytes");
            }

            folder.Write(name, whole);
        }

        Assert.That(folder.Read().Complaints, Is.Empty);
    }

    private static bool IsAnswered(DeclarationFolder folder, DeclarationReading reading)
    {
        if (reading.Declaration is not { } declared)
        {
            return reading.HasErrors;
        }

        // What was taken over has to be fit for every rule that follows.
        var verification = IcsVerifier.Verify(folder.Catalogue, declared);
        return verification.Findings.All(finding => finding.Statement.Length > 0)
            && folder.Catalogue.Provisions.All(provision => ApplicabilityRules.Decide(provision, declared).Reason.Length > 0);
    }

    private static byte[] Mutate(byte[] bytes, byte kind, ushort at, ushort to)
    {
        if (bytes.Length == 0)
        {
            return [(byte)at];
        }

        var lines = Encoding.UTF8.GetString(bytes).Split('\n').ToList();
        var (one, other) = (at % lines.Count, to % lines.Count);
        switch (kind % 7)
        {
            case 0:
                return bytes[..(at % bytes.Length)];
            case 1:
                lines.RemoveAt(one);
                break;
            case 2:
                (lines[one], lines[other]) = (lines[other], lines[one]);
                break;
            case 3:
                lines.Insert(other, lines[one]);
                break;
            case 4:
                lines[one] = lines[one].Insert(to % (lines[one].Length + 1), Insertions[to % Insertions.Length]);
                break;
            case 5:
                lines[one] = lines[one].Contains(':', StringComparison.Ordinal) ? lines[one][..(lines[one].IndexOf(':', StringComparison.Ordinal) + 1)] + " " + Insertions[to % Insertions.Length] : lines[one];
                break;
            default:
                var changed = (byte[])bytes.Clone();
                changed[at % changed.Length] = (byte)to;
                changed[to % changed.Length] = (byte)at;
                return changed;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }
}
