using System.CommandLine;
using DeviceConformance.Declarations;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Cli.Commands;

/// <summary>Arguments, options and input files that several commands share.</summary>
internal static class Inputs
{
    public static Argument<string> DeclarationFolder() => new("DIR") { Description = "Folder of the declaration, with dut.yaml." };

    public static Argument<string> RunFolder() => new("RUN") { Description = "Run folder." };

    public static Option<bool> Json() => new("--json") { Description = "Write JSON instead of text." };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Show problems and the result only." };

    public static Option<string> Edition(string otherwise) => new("--edition", "-e")
    {
        Description = "Edition of EN 303 645: V2.1.1 or V3.1.3.",
        DefaultValueFactory = _ => otherwise,
    };

    public static StandardEdition ParseEdition(string text) =>
        StandardEdition.TryParse(text, null, out var edition) ? edition : throw new UsageException($"'{text}' is no edition that dct knows; use V2.1.1 or V3.1.3.");

    /// <summary>The command line as it is recorded.</summary>
    public static string CommandLine(ParseResult parsed) => "dct " + string.Join(' ', parsed.Tokens.Select(token => token.Value.Contains(' ', StringComparison.Ordinal) ? $"'{token.Value}'" : token.Value));

    /// <summary>Reads a declaration; complaints go to standard error. Null when it can not be used.</summary>
    public static Declaration? ReadDeclaration(string folder, bool showComplaints)
    {
        var reading = DeclarationReader.Read(folder, Harness.Catalogue);
        if (reading.Declaration is null || (showComplaints && !reading.Complaints.IsEmpty))
        {
            Console.Error.WriteLine(ComplaintText.Render(reading.Complaints));
        }

        if (reading.Declaration is null)
        {
            Console.Error.WriteLine($"dct: the declaration in {folder} can not be used; mend the errors above. 'dct check {folder}' lists them again.");
        }

        return reading.Declaration;
    }
}
