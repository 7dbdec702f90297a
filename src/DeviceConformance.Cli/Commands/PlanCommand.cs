using System.CommandLine;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Reporting.Plan;
using DeviceConformance.TestCases;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct plan</c>: what will be tested, how, and what can not be decided.</summary>
internal static class PlanCommand
{
    public static Command Build()
    {
        var folder = Inputs.DeclarationFolder();
        var json = Inputs.Json();
        var brief = new Option<bool>("--brief", "-b") { Description = "Provisions only, without their cases and units." };
        var command = new Command("plan", "Explains for each provision whether and why it is tested, how each unit is decided, what is needed and what is missing. Contacts no device.\n\nExample: dct plan my-device") { folder, json, brief };
        command.SetAction(parsed => Plan(parsed.GetValue(folder)!, parsed.GetValue(json), parsed.GetValue(brief)));
        return command;
    }

    private static int Plan(string folder, bool json, bool brief)
    {
        if (Inputs.ReadDeclaration(folder, showComplaints: false) is not { } declared)
        {
            return ExitCode.BadDeclaration;
        }

        var catalogue = Harness.Catalogue(declared.Edition);
        var plan = new Planner(catalogue, Registry.For(catalogue)).Plan(declared);
        if (json)
        {
            using var output = Console.OpenStandardOutput();
            PlanJson.Write(output, plan);
        }
        else
        {
            Console.Out.WriteLine(PlanText.Render(plan, withUnits: !brief));
        }

        return ExitCode.Pass;
    }
}
