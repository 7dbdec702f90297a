using DeviceConformance.Cli.Emulation;
using DeviceConformance.Model.Standard;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>Exit codes and messages of the tool as a process, as the README documents them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ExitCodeTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("")]
    [TestCase("examine heater")]
    [TestCase("run")]
    [TestCase("run /nonexistent/declaration")]
    [TestCase("run --resume /nonexistent/run --whatever")]
    [TestCase("run heater --resume run")]
    [TestCase("init heater --edition V9")]
    [TestCase("observe tcp-ports not-an-address")]
    public async Task Wrong_usage_ends_with_64_and_says_what_is_wrong(string arguments)
    {
        var ended = await Dct.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        AssertEnds(ended, 64, "dct: ");
    }

    [TestCase("--help")]
    [TestCase("run --help")]
    [TestCase("--version")]
    public async Task Asking_for_help_is_no_fault(string arguments) => Assert.That((await Dct.RunAsync(arguments.Split(' '))).Code, Is.Zero);

    [TestCase("dut.yaml", "edition: V3.1.3", "edition: [V3.1.3", "dut.yaml:3:")]
    [TestCase("dut.yaml", "127.0.0.1, '::1'", "198.41.0.4", "dut.yaml:18:")]
    [TestCase("ics.yaml", "support: Y", "support: perhaps", "ics.yaml:6:")]
    [TestCase("ixit/28-LogIntf.yaml", "ports: [18080]", "ports: [118080]", "28-LogIntf.yaml:15:")]
    [TestCase("lab.yaml", "allowed-impact: state-changing", "allowed-impact: anything", "lab.yaml:6:")]
    [TestCase("answers.yaml", "verdict: pass", "verdict: maybe", "answers.yaml:11:")]
    public async Task Bad_declaration_ends_with_65_and_names_the_place(string file, string text, string instead, string place)
    {
        var declaration = Declaration(file, text, instead);
        var run = _folder.File($"run-{Guid.NewGuid():n}");

        var ended = await Dct.RunAsync("run", declaration, "--out", run);

        AssertEnds(ended, 65, place);
        Assert.That(Directory.Exists(run), Is.False, "nothing is recorded of a run that does not begin");
    }

    [Test]
    public async Task Run_folder_that_can_not_be_made_ends_with_3()
    {
        var declaration = Declaration("lab.yaml", "minutes: 60", "minutes: 61");

        // Below a file no folder can be made, not even by root.
        var ended = await Dct.RunAsync("run", declaration, "--out", Path.Combine(declaration, "dut.yaml", "run"));

        AssertEnds(ended, 3, "dut.yaml");
    }

    [Test]
    public async Task Folder_that_is_no_run_ends_with_3()
    {
        var declaration = Declaration("lab.yaml", "minutes: 60", "minutes: 62");

        AssertEnds(await Dct.RunAsync("judge", declaration), 3, "is no run folder");
    }

    [Test]
    [Category("Daemon")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task Full_disk_ends_with_3_and_what_was_recorded_can_be_judged()
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3);
        var disk = device.Run("disk");
        Directory.CreateDirectory(disk);

        // The disk is the tool's alone: what is mounted in a namespace of its own goes with it.
        using var dct = Dct.StartInShell($"exec unshare -m sh -c \"mount -t tmpfs -o size=620k none {disk} && $dct run {device.Declaration} --out {disk}/run; code=\\$?; cp -r {disk}/run {device.Run()}; exit \\$code\"");
        var ended = await dct.EndAsync();

        AssertEnds(ended, 3, "No space left on device");
        var judged = await Dct.RunAsync("judge", device.Run());
        Assert.That(judged.Code, Is.EqualTo(2), judged.Text);
        Assert.That(judged.Text, Does.Contain("did not end in good order"));
    }

    // A person reads this.
    private static void AssertEnds(DctResult ended, int code, string message) => Assert.Multiple(() =>
    {
        Assert.That(ended.Code, Is.EqualTo(code), ended.Text);
        Assert.That(ended.Errors, Does.Contain(message));
        Assert.That(ended.Text, Does.Not.Contain("   at ").And.Not.Contain("Exception"));
    });

    private string Declaration(string file, string text, string instead)
    {
        var folder = _folder.File($"declaration-{Guid.NewGuid():n}");
        ExampleDevice.Write(folder, StandardEdition.V3);
        var path = Path.Combine(folder, file);
        var before = File.ReadAllText(path);
        var at = before.IndexOf(text, StringComparison.Ordinal);
        File.WriteAllText(path, before[..at] + instead + before[(at + text.Length)..]);
        return folder;
    }
}
