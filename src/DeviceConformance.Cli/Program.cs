using System.CommandLine;
using System.Text;
using DeviceConformance.Cli;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Evidence;
using DeviceConformance.Probing.Link;

Console.OutputEncoding = new UTF8Encoding(false);
var root = new RootCommand(
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
    EmulateCommand.Build(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"dct: {error.Message}");
    }

    var command = parsed.CommandResult.Command;
    Console.Error.WriteLine($"See 'dct {(command.Parents.Any() ? $"{command.Name} " : "")}--help'.");
    return ExitCode.Usage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("dct: stopped. What was recorded is kept; continue a run with 'dct run --resume RUN'.");
    return ExitCode.Fault;
}
catch (UsageException fault)
{
    Console.Error.WriteLine($"dct: {fault.Message}");
    return ExitCode.Usage;
}
catch (Exception fault) when (fault is RunFolderException or LabFaultException or CatalogueException or IOException or UnauthorizedAccessException or ArgumentException)
{
    Console.Error.WriteLine($"dct: {fault.Message}");
    return ExitCode.Fault;
}
