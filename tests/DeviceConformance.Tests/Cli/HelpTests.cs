using System.CommandLine;
using System.Text.RegularExpressions;
using DeviceConformance.Cli.Commands;
using NUnit.Framework;

namespace DeviceConformance.Tests.Cli;

/// <summary>Every command explains itself, and what it shows as an example is understood.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HelpTests
{
    private static IEnumerable<TestCaseData> Commands() =>
        Below(DctCommand.Build(), "").Select(entry => new TestCaseData(entry.Path, entry.Command).SetArgDisplayNames(entry.Path));

    [TestCaseSource(nameof(Commands))]
    public void Every_command_has_examples_that_parse(string path, Command command)
    {
        var examples = Regex.Matches(command.Description ?? "", @"^(?:Example: |  )dct (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value.Trim()).ToList();

        Assert.That(examples, Is.Not.Empty);
        foreach (var example in examples)
        {
            Assert.That(example, Is.EqualTo(path).Or.StartsWith($"{path} "));
            Assert.That(DctCommand.Build().Parse(example.Replace('\'', '"')).Errors, Is.Empty, example);
        }
    }

    [TestCase("observe tls", "dct observe tls")]
    [TestCase("frobnicate", "dct")]
    public void A_wrong_command_line_is_told_where_help_is(string line, string path) =>
        Assert.That(DctCommand.PathOf(DctCommand.Build().Parse(line).CommandResult), Is.EqualTo(path));

    private static IEnumerable<(string Path, Command Command)> Below(Command parent, string path) =>
        parent.Subcommands.SelectMany(command =>
        {
            var own = $"{path} {command.Name}".Trim();
            return Below(command, own).Prepend((own, command));
        });
}
