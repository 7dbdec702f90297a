using System.CommandLine;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Declarations.Templates;
using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct init</c>: blank or example forms.</summary>
internal static class InitCommand
{
    private const string Blank = "blank";
    private const string Example = "water-heater";

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder to write the forms into; files that are there are not overwritten." };
        var edition = Inputs.Edition("V3.1.3");
        var template = new Option<string>("--template", "-t") { Description = $"{Blank}: empty forms. {Example}: the emulated device's declaration, to learn from.", DefaultValueFactory = _ => Blank };
        var command = new Command("init", "Writes the forms of a declaration.\n\nExample: dct init my-device --edition V3.1.3 --template blank") { folder, edition, template };
        command.SetAction(parsed => Init(parsed.GetValue(folder)!, parsed.GetValue(edition)!, parsed.GetValue(template)!));
        return command;
    }

    private static int Init(string folder, string edition, string template)
    {
        var standard = Inputs.ParseEdition(edition);
        switch (template)
        {
            case Blank:
                FormWriter.WriteBlank(folder, Harness.Catalogue(standard));
                break;
            case Example:
                DemoDeclaration.Write(folder, standard, 0, DeviceFaults.None);
                break;
            default:
                throw new UsageException($"'{template}' is no template; use {Blank} or {Example}.");
        }

        Console.Out.WriteLine(template == Blank
            ? $"Forms for {standard.Requirements} are in {folder}. Fill them in, then: dct check {folder}"
            : $"The emulated device's declaration for {standard.Requirements} is in {folder}. Start the device in a second terminal with 'dct emulate', then: dct run {folder}");
        return ExitCode.Pass;
    }
}
