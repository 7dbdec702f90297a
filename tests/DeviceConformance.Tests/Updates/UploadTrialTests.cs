using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;
using static DeviceConformance.Tests.Updates.UpdateBench;

namespace DeviceConformance.Tests.Updates;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class UploadTrialTests
{
    [Test]
    public async Task Sound_device_gives_a_definite_result_for_each_variant()
    {
        var offered = new List<string>();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) =>
        {
            offered.Add(image);
            return device.InstallIf(FakeUpdateDevice.IsGenuine(image), image);
        }));
        var seen = (await device.AskAsync()).Seen();
        Assert.Multiple(() =>
        {
            Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped NotInstalled 1>1", "OtherKey NotInstalled 1>1", "SignatureRemoved NotInstalled 1>1", "Older NotInstalled 1>1", "Genuine Installed 1>2" }));
            Assert.That(offered, Is.EqualTo(new[] { "SIG1 p`yload 2", "SIG9 payload 2", " payload 2", "SIG1 payload 0", "SIG1 payload 2" }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.Restored, Is.True);
            Assert.That(seen.Tls, Is.False);
        });
    }

    [Test]
    public async Task Refused_control_makes_the_trial_incomplete()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((_, _) => 422));
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Trials.Select(trial => trial.Result), Is.All.EqualTo(UpdateResult.NotInstalled));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("refusals prove nothing"));
        Assert.That(seen.Restored, Is.True, "nothing was installed, so the genuine software still runs");
    }

    [Test]
    public async Task Device_that_dies_of_a_spoiled_image_is_unknown_and_not_restored()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, _) =>
        {
            device.Version = "";
            return 0;
        }));
        var seen = (await device.AskAsync()).Seen();
        Assert.Multiple(() =>
        {
            Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped Unknown 1>", "OtherKey NotOffered >", "SignatureRemoved NotOffered >", "Older NotOffered >", "Genuine NotOffered >" }));
            Assert.That(seen.Trials[0].Answer, Does.Contain("could not be read again"));
            Assert.That(seen.Restored, Is.False);
            Assert.That(seen.Coverage.IsComplete, Is.False);
            Assert.That(device.Uploads, Is.EqualTo(1), "nothing is offered to a device that is gone, and nothing twice");
        });
    }

    [Test]
    public async Task Connection_broken_off_at_an_unchanged_version_is_unknown_and_not_repeated()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) => FakeUpdateDevice.IsGenuine(image) ? device.InstallIf(true, image) : 0));
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped Unknown 1>1", "OtherKey Unknown 1>1", "SignatureRemoved Unknown 1>1", "Older Unknown 1>1", "Genuine Installed 1>2" }));
        Assert.That(seen.Trials[0].Answer, Does.Contain("whether the DUT refused the image or the transfer failed does not show"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Restored, Is.True);
        Assert.That(device.Uploads, Is.EqualTo(5));
    }

    [Test]
    public async Task Unreadable_version_stops_before_anything_is_offered()
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        device.Version = "";
        var outcome = await device.AskAsync();
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Malformed), outcome.Summary);
        Assert.That(outcome.Summary, Does.Contain("GET /version").And.Contain("answers 503"));
        Assert.That(device.Uploads, Is.Zero);
    }

    [Test]
    public async Task Absent_device_is_unanswered()
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        var facts = device.UploadFacts();
        var outcome = await device.AskAsync(facts with { Version = Declared(facts.Version.Or(null!) with { Port = Daemon.FreePort() }) });
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Refused), outcome.Summary);
        Assert.That(device.Uploads, Is.Zero);
    }

    [Test]
    public async Task Slow_installation_is_awaited()
    {
        Task? installing = null;
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) =>
        {
            if (FakeUpdateDevice.IsGenuine(image))
            {
                // Gone for a while in between, as at a restart.
                device.Version = "";
                installing = Task.Run(async () =>
                {
                    await Task.Delay(200);
                    device.Version = "2";
                });
            }

            return 202;
        }));
        var seen = (await device.AskAsync(device.UploadFacts() with { OtherKey = default, Older = default, Layout = default, SettleSeconds = Declared(60) })).Seen();
        await installing!;
        Assert.That(seen.Lines().Last(), Is.EqualTo("Genuine Installed 1>2"));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Installation_later_than_declared_is_not_taken_for_a_refusal()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((_, _) => 202));
        var seen = (await device.AskAsync(progress: text =>
        {
            // The first image has had its time; the DUT installs it only now.
            if (text.Contains("OtherKey", StringComparison.Ordinal))
            {
                device.Version = "2";
            }
        })).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped Unknown 1>1", "OtherKey Unknown 2>2", "SignatureRemoved Unknown 2>2", "Older NotInstalled 2>2", "Genuine Unknown 2>2" }));
        Assert.That(seen.Trials[0].Answer, Does.Contain("it may have been installed after all"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Restored, Is.False);
    }

    [Test]
    public async Task Version_that_runs_already_tells_nothing_and_is_not_offered()
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        device.Version = "2";
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped Unknown 2>2", "OtherKey Unknown 2>2", "SignatureRemoved Unknown 2>2", "Older NotInstalled 2>2", "Genuine Unknown 2>2" }));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Restored, Is.True);
        Assert.That(device.Uploads, Is.EqualTo(1), "the older image");
    }

    [Test]
    public async Task Genuine_image_is_offered_over_a_spoiled_one_of_its_version_though_that_proves_nothing()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) => device.InstallIf(image.EndsWith('2'), image)));
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped Installed 1>2", "OtherKey Unknown 2>2", "SignatureRemoved Unknown 2>2", "Older NotInstalled 2>2", "Genuine Unknown 2>2" }));
        Assert.That(seen.Restored, Is.False);
        Assert.That(device.Uploads, Is.EqualTo(3), "bit flipped, older, genuine");
    }

    [Test]
    public async Task Version_that_is_neither_old_nor_offered_is_unknown()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) =>
        {
            device.Version = FakeUpdateDevice.IsGenuine(image) ? "2" : "recovery";
            return 200;
        }));
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Lines().First(), Is.EqualTo("BitFlipped Unknown 1>recovery"));
        Assert.That(seen.Trials[0].Answer, Does.Contain("neither the one before (1) nor the image's (2)"));
        Assert.That(seen.Restored, Is.True, "the genuine image was installed at the end");
    }

    [TestCase(401)]
    [TestCase(404)]
    [TestCase(503)]
    public async Task Answer_that_speaks_of_the_request_is_no_refusal_of_the_image(int status)
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((_, _) => status));
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Trials.Select(trial => trial.Result), Is.All.EqualTo(UpdateResult.NotOffered));
        Assert.That(seen.Trials[0].Answer, Does.Contain($"answers {status}").And.Contain("not put to the test"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Installing_in_spite_of_an_error_answer_is_seen()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) =>
        {
            device.InstallIf(true, image);
            return 503;
        }));
        var seen = (await device.AskAsync()).Seen();
        Assert.That(seen.Lines().First(), Is.EqualTo("BitFlipped Installed 1>2"));
    }

    [Test]
    public async Task Undeclared_images_are_not_offered_and_say_so()
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        var seen = (await device.AskAsync(device.UploadFacts() with { OtherKey = default, Older = default, Layout = default })).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped NotOffered >", "OtherKey NotOffered >", "SignatureRemoved NotOffered >", "Older NotOffered >", "Genuine Installed 1>2" }));
        Assert.That(seen.Trial(UpdateVariant.OtherKey)!.Answer, Does.Contain("no image 'other-key'"));
        Assert.That(seen.Trial(UpdateVariant.BitFlipped)!.Answer, Does.Contain("'layout'"));
    }

    [TestCase(2L)]
    [TestCase(14L)]
    [TestCase(-1L)]
    public async Task Flip_outside_the_payload_is_not_offered(long offset)
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        var seen = (await device.AskAsync(device.UploadFacts() with { Layout = Declared(new ImageLayout(SignaturePlace.Header, 4, "", offset)) })).Seen();
        Assert.That(seen.Trial(UpdateVariant.BitFlipped)!.Result, Is.EqualTo(UpdateResult.NotOffered));
        Assert.That(seen.Trial(UpdateVariant.BitFlipped)!.Answer, Does.Contain("runs from 4 to 13"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Signature_at_the_end_is_cut_off_there()
    {
        var offered = new List<string>();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.That((device, image) =>
        {
            offered.Add(image);
            return 422;
        }));
        await device.AskAsync(device.UploadFacts() with { Layout = Declared(new ImageLayout(SignaturePlace.Trailer, 2, "", 0)) });
        Assert.That(offered[0], Is.EqualTo("RIG1 payload 2"));
        Assert.That(offered[2], Is.EqualTo("SIG1 payload"));
    }

    [Test]
    public async Task Missing_file_is_named_with_a_remedy()
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        await AssertMissingAsync(device, new UpdateImage("lost.img", "0", ""), "lost.img is not there");
        await AssertMissingAsync(device, new UpdateImage("../../etc/passwd", "0", ""), "leads out of the declaration's folder");
        device.Write("empty.img", "");
        await AssertMissingAsync(device, new UpdateImage("empty.img", "0", ""), "empty.img is empty");
        await using (var large = File.Create(Path.Combine(device.Folder, "large.img")))
        {
            large.SetLength((512L * 1024 * 1024) + 1);
        }

        await AssertMissingAsync(device, new UpdateImage("large.img", "0", ""), "large.img has 536870913 bytes");
        Assert.That(device.Uploads, Is.Zero);
    }

    [Test]
    public async Task What_the_declaration_leaves_out_is_named()
    {
        await using var device = await FakeUpdateDevice.StartAsync();
        var facts = device.UploadFacts();
        var version = facts.Version.Or(null!);
        await AssertNotRunAsync(device, facts with { Version = default }, "add 'offer' and 'version'");
        await AssertNotRunAsync(device, facts with { Genuine = default, Older = default, OtherKey = default }, "no update image is declared");
        await AssertNotRunAsync(device, facts with { Version = Declared(version with { Pattern = "version (" }) }, "no regular expression with a group");
        await AssertNotRunAsync(device, facts with { Version = Declared(version with { Pattern = "version" }) }, "no regular expression with a group");
        await AssertNotRunAsync(device, facts with { Version = Declared(version with { AuthMech = AuthMech }) }, "AuthMech-1 declares no login over HTTP");
        await AssertNotRunAsync(device, facts with { Offer = Declared<UpdateOffer>(new UpdateOffer.Fetch(1, "", "/i", null)) }, "'stand-in-address'");
    }

    [Test]
    public async Task Pattern_that_takes_for_ever_does_not_hold_the_run_up()
    {
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.WithPage(new string('a', 200) + "!"));
        var facts = device.UploadFacts();
        var outcome = await device.AskAsync(facts with { Version = Declared(facts.Version.Or(null!) with { Pattern = "^((a+)+)+$" }) });
        Assert.That(outcome, Is.InstanceOf<ProbeOutcome.Unanswered>());
        Assert.That(outcome.Summary, Does.Contain("takes too long"));
    }

    private static async Task AssertMissingAsync(FakeUpdateDevice device, UpdateImage older, string text) =>
        await AssertNotRunAsync(device, device.UploadFacts() with { Older = Declared(older) }, text);

    private static async Task AssertNotRunAsync(FakeUpdateDevice device, UpdMechFacts facts, string text)
    {
        var outcome = await device.AskAsync(facts);
        Assert.That((outcome as ProbeOutcome.NotRun)?.Reason, Is.EqualTo(NotRunReason.InputMissing), outcome.Summary);
        Assert.That(outcome.Summary, Does.Contain(text));
    }
}
