using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Updates;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class UpdateTests
{
    private static readonly string Example = Path.Combine(TestDevice.RepositoryRoot(), "ixit-templates", "examples", "water-heater");

    [Test]
    public async Task Genuine_newer_image_is_installed()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        await browser.LogInAsync();
        using var answer = await browser.UploadAsync(Image("gw24-2.2.0.img"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("""{"installed":true,"reason":"installed","version":"2.2.0"}"""));
        Assert.That(await browser.VersionAsync(), Is.EqualTo("2.2.0"));
        Assert.That(device.Device.Firmware, Is.EqualTo("2.2.0"));
        Assert.That((await browser.UploadAsync(Image("gw24-2.2.0.img"))).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity), "the same again is not newer");
    }

    /// <summary>Every kind of image against every fault: a fault lets exactly its kind through.</summary>
    [Test]
    public async Task Each_fault_lets_exactly_one_kind_of_spoiled_image_through(
        [Values(DeviceFaults.None, DeviceFaults.UpdateUnsigned, DeviceFaults.UpdateBitFlip, DeviceFaults.UpdateForeignKey, DeviceFaults.UpdateDowngrade)] DeviceFaults fault)
    {
        (DeviceFaults Needs, byte[] Image, string Version)[] offers =
        [
            (DeviceFaults.UpdateUnsigned, Image("gw24-2.2.0.img")[..^64], "2.2.0"),
            (DeviceFaults.UpdateUnsigned, [.. Image("gw24-2.2.0.img")[..^64], .. new byte[64]], "2.2.0"),
            (DeviceFaults.UpdateBitFlip, Flipped(Image("gw24-2.2.0.img"), 128), "2.2.0"),
            (DeviceFaults.UpdateBitFlip, Flipped(Image("gw24-2.2.0.img"), 2111), "2.2.0"),
            (DeviceFaults.UpdateForeignKey, Image("gw24-2.2.0-other-key.img"), "2.2.0"),
            (DeviceFaults.UpdateDowngrade, Image("gw24-2.0.0.img"), "2.0.0"),
        ];
        foreach (var (needs, image, version) in offers)
        {
            await using var device = await TestDevice.StartAsync(fault);
            using var browser = device.Browse();
            await browser.LogInAsync();
            using var answer = await browser.UploadAsync(image);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.That(answer.StatusCode, Is.EqualTo(needs == fault ? HttpStatusCode.OK : HttpStatusCode.UnprocessableEntity), text);
            Assert.That(await browser.VersionAsync(), Is.EqualTo(needs == fault ? version : "2.1.0"));
        }
    }

    [Test]
    public async Task A_key_that_the_device_does_not_know_is_never_trusted()
    {
        using var unknown = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var device = await TestDevice.StartAsync(DeviceFaults.UpdateForeignKey | DeviceFaults.UpdateUnsigned | DeviceFaults.UpdateDowngrade);
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That((await browser.UploadAsync(UpdateImage.BuildSigned("2.2.0", [], unknown))).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
    }

    [Test]
    public async Task Keys_of_the_example_are_those_of_the_device()
    {
        using var vendor = Key("vendor.pem");
        using var other = Key("other.pem");
        await using var device = await TestDevice.StartAsync(DeviceFaults.UpdateForeignKey);
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That((await browser.UploadAsync(UpdateImage.BuildSigned("2.1.1", "own payload"u8, vendor))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await browser.UploadAsync(UpdateImage.BuildSigned("2.1.2", "own payload"u8, other))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        device.Device.Faults = DeviceFaults.None;
        Assert.That((await browser.UploadAsync(UpdateImage.BuildSigned("2.1.3", "own payload"u8, other))).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(device.Device.Firmware, Is.EqualTo("2.1.2"));
    }

    [Test]
    public async Task Upload_without_image_or_with_rubbish_is_refused()
    {
        await using var device = await TestDevice.StartAsync();
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That((await browser.UploadAsync(Image("gw24-2.2.0.img"), field: "other")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await browser.UploadAsync("rubbish"u8.ToArray())).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That((await browser.PostAsync("/update")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await browser.PostAsync("/update", new ByteArrayContent(Image("gw24-2.2.0.img")))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(device.Device.Firmware, Is.EqualTo("2.1.0"));
    }

    [Test]
    public async Task Image_beyond_the_limit_is_refused()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.UpdateUnsigned);
        using var browser = device.Browse();
        await browser.LogInAsync();
        var largest = UpdateImage.BuildUnsigned("2.2.0", new byte[UpdateImage.MaximumLength - 2048]);
        Assert.That((await browser.UploadAsync([.. largest, .. new byte[2048]])).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That((await browser.UploadAsync(largest)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Check_fetches_the_manifest_and_the_image_that_it_names()
    {
        using var server = new UpdateServer(("/manifest.json", Image("manifest-2.3.0.json")), ("/gw24.img", Image("gw24-2.3.0.img")));
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { UpdateServer = server.Uri });
        using var browser = device.Browse();
        await browser.LogInAsync();
        using var answer = await browser.PostAsync("/update/check");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("\"installed\":true"));
        Assert.That(await browser.VersionAsync(), Is.EqualTo("2.3.0"));
        Assert.That(server.Asked, Is.EqualTo(new[] { "/manifest.json", "/gw24.img" }));
    }

    [Test]
    public async Task Fetched_images_are_judged_like_uploaded_ones()
    {
        using var server = new UpdateServer(("/manifest.json", Image("manifest-2.3.0.json")), ("/gw24.img", Image("gw24-2.3.0-other-key.img")));
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { UpdateServer = server.Uri });
        using var browser = device.Browse();
        await browser.LogInAsync();
        using var refused = await browser.PostAsync("/update/check");
        Assert.That(await refused.Content.ReadAsStringAsync(), Is.EqualTo("""{"installed":false,"reason":"signature of another key","version":"2.1.0"}"""));
        device.Device.Faults = DeviceFaults.UpdateForeignKey;
        await browser.PostAsync("/update/check");
        Assert.That(device.Device.Firmware, Is.EqualTo("2.3.0"));
    }

    [Test]
    public async Task Older_image_on_the_server_is_fetched_and_refused()
    {
        using var server = new UpdateServer(("/manifest.json", Image("manifest-2.0.0.json")), ("/gw24.img", Image("gw24-2.0.0.img")));
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { UpdateServer = server.Uri });
        using var browser = device.Browse();
        await browser.LogInAsync();
        await browser.PostAsync("/update/check");
        Assert.That(server.Asked, Has.Member("/gw24.img"), "what is refused has been looked at");
        Assert.That(device.Device.Firmware, Is.EqualTo("2.1.0"));
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"version":"2.3.0"}""")]
    [TestCase("""{"version":"2.3.0","image":"../gw24.img"}""")]
    [TestCase("""{"version":"2.3.0","image":"http://127.0.0.1:1/gw24.img"}""")]
    [TestCase("""{"version":"new","image":"gw24.img"}""")]
    [TestCase("""{"version":{"a":{"b":{"c":{"d":1}}}},"image":"gw24.img"}""")]
    [TestCase("\u0000\u0001")]
    public async Task Manifest_that_makes_no_sense_installs_nothing_and_asks_for_nothing_more(string manifest)
    {
        using var server = new UpdateServer(("/manifest.json", Encoding.UTF8.GetBytes(manifest)), ("/gw24.img", Image("gw24-2.3.0.img")));
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { UpdateServer = server.Uri });
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That((await browser.PostAsync("/update/check")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Asked, Is.EqualTo(new[] { "/manifest.json" }));
        Assert.That(device.Device.Firmware, Is.EqualTo("2.1.0"));
    }

    [Test]
    public async Task Endless_answer_of_the_server_is_cut_off()
    {
        using var server = new UpdateServer(("/manifest.json", new byte[100_000]));
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { UpdateServer = server.Uri });
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That(await (await browser.PostAsync("/update/check")).Content.ReadAsStringAsync(), Does.Contain("no manifest"));
    }

    [Test]
    public async Task Absent_server_is_an_answer_not_an_error()
    {
        int closed;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            closed = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { UpdateServer = new Uri($"http://127.0.0.1:{closed}") });
        using var browser = device.Browse();
        await browser.LogInAsync();
        Assert.That(await (await browser.PostAsync("/update/check")).Content.ReadAsStringAsync(), Does.Contain("can not be reached"));
    }

    private static byte[] Image(string name) => File.ReadAllBytes(Path.Combine(Example, "v3.1.3", "images", name));

    private static ECDsa Key(string name)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Example, "keys", name)));
        return key;
    }

    private static byte[] Flipped(byte[] image, int position)
    {
        image[position] ^= 0x10;
        return image;
    }
}
