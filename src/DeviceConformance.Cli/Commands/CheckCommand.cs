using System.CommandLine;
using DeviceConformance.Declarations;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Judgement;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct check</c>: every complaint about a declaration at once.</summary>
internal static class CheckCommand
{
    public static Command Build()
    {
        var folder = Inputs.DeclarationFolder();
        var json = Inputs.Json();
        var command = new Command("check", "Checks a declaration: syntax, fields, references, and the ICS against conditions and IXIT.\n\nExample: dct check my-device") { folder, json };
        command.SetAction(parsed => Check(parsed.GetValue(folder)!, parsed.GetValue(json)));
        return command;
    }

    private static int Check(string folder, bool json)
    {
        var reading = DeclarationReader.Read(folder, Harness.Catalogue);
        if (json)
        {
            Console.Out.WriteLine(ComplaintJson.Render(reading.Complaints));
        }
        else if (!reading.Complaints.IsEmpty)
        {
            Console.Out.WriteLine(ComplaintText.Render(reading.Complaints));
        }

        if (reading.Declaration is { } declared && !json)
        {
            var ics = IcsVerifier.Verify(Harness.Catalogue(declared.Edition), declared);
            Console.Out.WriteLine($"ICS verification: {ics.Verdict.ToString().ToUpperInvariant()}");
            foreach (var finding in ics.Findings.Where(finding => finding.Verdict == Verdict.Inconclusive))
            {
                Console.Out.WriteLine($"  {finding.Subject}: {finding.Statement} {finding.Missing}");
            }

            if (!reading.HasErrors)
            {
                Console.Out.WriteLine($"{folder}: no errors. Next: dct plan {folder}");
            }
        }

        return reading.HasErrors ? ExitCode.BadDeclaration : ExitCode.Pass;
    }
}
