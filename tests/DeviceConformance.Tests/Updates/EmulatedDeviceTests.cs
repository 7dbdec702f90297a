using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;
using static DeviceConformance.Tests.Updates.UpdateBench;

namespace DeviceConformance.Tests.Updates;

/// <summary>Update trials against the emulated water heater with its example images.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class EmulatedDeviceTests
{
    private const int StandInPort = 18090;

    private static readonly string[] _sound =
    [
        "BitFlipped NotInstalled 2.1.0>2.1.0",
        "OtherKey NotInstalled 2.1.0>2.1.0",
        "SignatureRemoved NotInstalled 2.1.0>2.1.0",
        "Older NotInstalled 2.1.0>2.1.0",
        "Genuine Installed 2.1.0>2.2.0",
    ];

    private static string Folder => Path.Combine(Golden.RepositoryRoot, "ixit-templates", "examples", "water-heater", "v3.1.3");

    private static LoginPoint Login { get; } = new(LoginProtocol.HttpForm, DevicePorts.Https, true, "/", new LoginForm("user", "password", "/login", "Wrong user name or password", ""));

    [Test]
    public async Task Sound_device_refuses_every_spoiled_upload_and_installs_the_genuine_one()
    {
        var said = "";
        var seen = await UploadAsync(DeviceFaults.None, text => said = text);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Lines(), Is.EqualTo(_sound));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.Restored, Is.True);
            Assert.That(seen.Tls, Is.True);
            Assert.That(said, Does.Not.Contain("Warm-Water-42"));
            Assert.That(said, Does.Contain("offering SignatureRemoved: version 2.2.0, 2112 bytes"));
        });
    }

    [TestCase(DeviceFaults.UpdateBitFlip, new[] { "BitFlipped Installed 2.1.0>2.2.0", "OtherKey Unknown 2.2.0>2.2.0", "SignatureRemoved Unknown 2.2.0>2.2.0", "Older NotInstalled 2.2.0>2.2.0", "Genuine Unknown 2.2.0>2.2.0" }, false)]
    [TestCase(DeviceFaults.UpdateForeignKey, new[] { "BitFlipped NotInstalled 2.1.0>2.1.0", "OtherKey Installed 2.1.0>2.2.0", "SignatureRemoved Unknown 2.2.0>2.2.0", "Older NotInstalled 2.2.0>2.2.0", "Genuine Unknown 2.2.0>2.2.0" }, false)]
    [TestCase(DeviceFaults.UpdateUnsigned, new[] { "BitFlipped NotInstalled 2.1.0>2.1.0", "OtherKey NotInstalled 2.1.0>2.1.0", "SignatureRemoved Installed 2.1.0>2.2.0", "Older NotInstalled 2.2.0>2.2.0", "Genuine Unknown 2.2.0>2.2.0" }, false)]
    [TestCase(DeviceFaults.UpdateDowngrade, new[] { "BitFlipped NotInstalled 2.1.0>2.1.0", "OtherKey NotInstalled 2.1.0>2.1.0", "SignatureRemoved NotInstalled 2.1.0>2.1.0", "Older Installed 2.1.0>2.0.0", "Genuine Installed 2.0.0>2.2.0" }, true)]
    [TestCase(DeviceFaults.UpdateUnsigned | DeviceFaults.UpdateDowngrade, new[] { "BitFlipped NotInstalled 2.1.0>2.1.0", "OtherKey NotInstalled 2.1.0>2.1.0", "SignatureRemoved Installed 2.1.0>2.2.0", "Older Installed 2.2.0>2.0.0", "Genuine Installed 2.0.0>2.2.0" }, true)]
    public async Task Each_fault_lets_its_own_upload_in(DeviceFaults faults, string[] lines, bool restored)
    {
        var seen = await UploadAsync(faults);
        Assert.That(seen.Lines(), Is.EqualTo(lines));
        Assert.That(seen.Restored, Is.EqualTo(restored));
        Assert.That(seen.Coverage.IsComplete, Is.EqualTo(restored), seen.Coverage.Statement);
    }

    [Test]
    public async Task Sound_device_refuses_every_spoiled_download_and_installs_the_genuine_one()
    {
        var seen = await FetchAsync(DeviceFaults.None);
        Assert.That(seen.Lines(), Is.EqualTo(_sound.Select(line => line.Replace("2.2.0", "2.3.0", StringComparison.Ordinal))));
        Assert.That(seen.Trials.Select(trial => trial.Answer), Is.All.Contains("the DUT fetched the image"));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Restored, Is.True);
        Assert.That(seen.Tls, Is.False);
    }

    [TestCase(DeviceFaults.UpdateBitFlip, UpdateVariant.BitFlipped)]
    [TestCase(DeviceFaults.UpdateForeignKey, UpdateVariant.OtherKey)]
    [TestCase(DeviceFaults.UpdateUnsigned, UpdateVariant.SignatureRemoved)]
    [TestCase(DeviceFaults.UpdateDowngrade, UpdateVariant.Older)]
    public async Task Each_fault_lets_its_own_download_in(DeviceFaults faults, UpdateVariant installed)
    {
        var seen = await FetchAsync(faults);
        Assert.That(seen.Trials.Where(trial => trial.Result == UpdateResult.Installed && trial.Variant != UpdateVariant.Genuine).Select(trial => trial.Variant), Is.EqualTo(new[] { installed }));
        Assert.That(seen.Restored, Is.EqualTo(installed == UpdateVariant.Older));
    }

    [Test]
    public async Task Wrong_password_in_the_laboratory_stops_before_anything_is_offered()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { AdministratorPassword = "Something-Else-1" });
        var outcome = await AskAsync(UploadFacts(), Folder, LoginFacts(), device.Address);
        Assert.That((outcome as ProbeOutcome.NotRun)?.Reason, Is.EqualTo(NotRunReason.InputMissing), outcome.Summary);
        Assert.That(outcome.Summary, Does.Contain("Check the credential"));
        Assert.That(device.Log.Where(line => line.StartsWith("update", StringComparison.Ordinal)), Is.Empty);
    }

    private static async Task<UpdateTrialsSeen> UploadAsync(DeviceFaults faults, Action<string>? said = null)
    {
        await using var device = await TestDevice.StartAsync(faults);
        return (await AskAsync(UploadFacts(), Folder, LoginFacts(), device.Address, said: said)).Seen();
    }

    private static async Task<UpdateTrialsSeen> FetchAsync(DeviceFaults faults)
    {
        var standIn = TestDevice.NextAddress();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Faults = faults, UpdateServer = new Uri($"http://{standIn}:{StandInPort}") });
        var trigger = new UpdateTrigger(DevicePorts.Https, true, "POST", "/update/check", AuthMech);
        var facts = Facts(new UpdateOffer.Fetch(StandInPort, "/manifest.json", "/gw24.img", trigger), Version) with
        {
            Genuine = Declared(new UpdateImage("images/gw24-2.3.0.img", "2.3.0", "images/manifest-2.3.0.json")),
            OtherKey = Declared(new UpdateImage("images/gw24-2.3.0-other-key.img", "2.3.0", "images/manifest-2.3.0.json")),
            Older = Declared(new UpdateImage("images/gw24-2.0.0.img", "2.0.0", "images/manifest-2.0.0.json")),
            Layout = Declared(new ImageLayout(SignaturePlace.Trailer, 64, "", 128)),
        };
        return (await AskAsync(facts, Folder, LoginFacts(), device.Address, standIn)).Seen();
    }

    private static VersionReading Version { get; } = new(DevicePorts.Https, true, "/api/version", "\"version\"\\s*:\\s*\"([^\"]+)\"", AuthMech);

    private static AuthMechFacts LoginFacts() => new() { Logins = [Login] };

    private static UpdMechFacts UploadFacts() => Facts(new UpdateOffer.Upload(DevicePorts.Https, true, "/update", "image", AuthMech), Version) with
    {
        Genuine = Declared(new UpdateImage("images/gw24-2.2.0.img", "2.2.0", "")),
        OtherKey = Declared(new UpdateImage("images/gw24-2.2.0-other-key.img", "2.2.0", "")),
        Older = Declared(new UpdateImage("images/gw24-2.0.0.img", "2.0.0", "")),
        Layout = Declared(new ImageLayout(SignaturePlace.Trailer, 64, "", 128)),
    };
}
