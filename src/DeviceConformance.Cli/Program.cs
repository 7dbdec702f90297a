using System.CommandLine;
using System.Text;
using DeviceConformance.Cli;
using DeviceConformance.Cli.Commands;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Evidence;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Link;

Console.OutputEncoding = new UTF8Encoding(false);
var parsed = DctCommand.Build().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"dct: {error.Message}");
    }

    Console.Error.WriteLine($"See '{DctCommand.PathOf(parsed.CommandResult)} --help'.");
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
catch (Exception fault) when (fault is RunFolderException or LabFaultException or CatalogueException or CaptureFileException or IOException or UnauthorizedAccessException or ArgumentException)
{
    // The base library appends the name of the parameter, which is no word of this tool's users.
    var words = fault is ArgumentException { ParamName: { Length: > 0 } name } ? fault.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : fault.Message;
    Console.Error.WriteLine($"dct: {words}");
    return ExitCode.Fault;
}
