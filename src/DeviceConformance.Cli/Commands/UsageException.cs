namespace DeviceConformance.Cli.Commands;

/// <summary>The command line asks for something that can not be; the message says what and what would.</summary>
internal sealed class UsageException(string message) : Exception(message);
