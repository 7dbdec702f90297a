using System.CommandLine;
using System.CommandLine.Parsing;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct</c> with all its commands.</summary>
internal static class DctCommand
{
    public static RootCommand Build() => new(
        """
        dct assesses a consumer IoT device against ETSI EN 303 645 by the method of ETSI TS 103 701.

        First steps:
          dct demo                                   an emulated device is assessed, start to report
          dct init my-device --edition V3.1.3        forms to fill in
          dct check my-device                        every complaint about them at once
          dct plan my-device                         what will be tested, how, and what is missing
          dct run my-device                          probe the device, judge, write reports
          dct answer runs/ID                         what only a person can see

        Exit codes: 0 PASS, 1 FAIL, 2 INCONCLUSIVE, 3 fault of harness or lab or stopped, 64 usage, 65 bad declaration.
        """)
    {
        DemoCommand.Build(),
        InitCommand.Build(),
        CheckCommand.Build(),
        PlanCommand.Build(),
        RunCommand.Build(),
        AnswerCommand.Build(),
        JudgeCommand.Build(),
        ReportCommand.Build(),
        ObserveCommand.Build(),
        CaptureCommand.Build(),
        EmulateCommand.Build(),
    };

    /// <summary>A command as a person types it: <c>dct observe tls</c>.</summary>
    public static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "dct";
}
