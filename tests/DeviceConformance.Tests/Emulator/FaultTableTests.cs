using System.Text.RegularExpressions;
using DeviceConformance.Emulator.Faults;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class FaultTableTests
{
    [Test]
    public void Every_fault_has_one_row_named_after_it()
    {
        var flags = Enum.GetValues<DeviceFaults>().Where(fault => fault != DeviceFaults.None);
        Assert.That(DeviceFault.All.Select(fault => fault.Flag), Is.EqualTo(flags));
        foreach (var fault in DeviceFault.All)
        {
            Assert.That(fault.Name, Is.EqualTo(Regex.Replace(fault.Flag.ToString(), "(?<=.)([A-Z])", "-$1").ToLowerInvariant()));
            Assert.That(fault.Finding, Is.Not.Empty.And.Not.Contain("\n"));
        }
    }

    [Test]
    public void Readme_has_the_same_table()
    {
        var readme = File.ReadAllLines(Path.Combine(TestDevice.RepositoryRoot(), "src", "DeviceConformance.Emulator", "README.md"));
        var table = readme.SkipWhile(line => line != "## Faults").Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.That(table, Is.EqualTo(DeviceFault.All.Select(fault => $"| `{fault.Name}` | {fault.Finding} |")));
    }

    [Test]
    public void Names_are_read_together_and_unknown_ones_named()
    {
        Assert.That(DeviceFault.TryParse(["telnet-open", "obsolete-tls"], out var two, out _), Is.True);
        Assert.That(two, Is.EqualTo(DeviceFaults.TelnetOpen | DeviceFaults.ObsoleteTls));
        Assert.That(DeviceFault.NamesOf(two), Is.EqualTo(new[] { "telnet-open", "obsolete-tls" }));
        Assert.That(DeviceFault.TryParse(["all"], out var all, out _), Is.True);
        Assert.That(DeviceFault.NamesOf(all).Count(), Is.EqualTo(DeviceFault.All.Length));
        Assert.That(DeviceFault.TryParse([], out var none, out _), Is.True);
        Assert.That(none, Is.EqualTo(DeviceFaults.None));
        Assert.That(DeviceFault.TryParse(["telnet-open", "Telnet"], out var wrong, out var unknown), Is.False);
        Assert.That((wrong, unknown), Is.EqualTo((DeviceFaults.None, "Telnet")));
    }
}
