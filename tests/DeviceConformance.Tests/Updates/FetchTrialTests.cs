using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;
using static DeviceConformance.Tests.Updates.UpdateBench;

namespace DeviceConformance.Tests.Updates;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class FetchTrialTests
{
    private static readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    [OneTimeTearDown]
    public static void DisposeClient() => _client.Dispose();

    [Test]
    public async Task Device_that_fetches_manifest_and_image_gets_each_variant()
    {
        var fetched = new List<(string Manifest, string Image)>();
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(async device =>
        {
            fetched.Add((await _client.GetStringAsync(url("/m?x=1")), await _client.GetStringAsync(url("/i"))));
            device.InstallIf(FakeUpdateDevice.IsGenuine(fetched[^1].Image), fetched[^1].Image);
        }));
        var seen = (await device.AskAsync(FetchFacts(device, url), IPAddress.Loopback)).Seen();
        Assert.Multiple(() =>
        {
            Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped NotInstalled 1>1", "OtherKey NotInstalled 1>1", "SignatureRemoved NotInstalled 1>1", "Older NotInstalled 1>1", "Genuine Installed 1>2" }));
            Assert.That(fetched.Select(pair => pair.Image), Is.EqualTo(new[] { "SIG1 p`yload 2", "SIG9 payload 2", " payload 2", "SIG1 payload 0", "SIG1 payload 2" }));
            Assert.That(fetched.Select(pair => pair.Manifest), Is.EqualTo(new[] { "{\"v\":2}", "{\"v\":2}", "{\"v\":2}", "{\"v\":0}", "{\"v\":2}" }));
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.Restored, Is.True);
        });
    }

    [Test]
    public async Task Signature_in_the_manifest_is_taken_out_of_it()
    {
        var manifests = new List<string>();
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(async device =>
        {
            manifests.Add(await _client.GetStringAsync(url("/m")));
            if (manifests[^1].Contains("good", StringComparison.Ordinal))
            {
                var image = await _client.GetStringAsync(url("/i"));
                device.InstallIf(FakeUpdateDevice.IsGenuine(image), image);
            }
        }));
        device.Write("genuine.json", "{\"v\":2,\"parts\":[{\"sig\":\"good\",\"n\":1}]}");
        device.Write("other-key.json", "{\"v\":2,\"parts\":[{\"sig\":\"bad\",\"n\":1}]}");
        var facts = FetchFacts(device, url) with
        {
            Layout = Declared(new ImageLayout(SignaturePlace.Manifest, 0, "sig", 6)),
            OtherKey = Declared(new UpdateImage("genuine.img", "2", "other-key.json")),
        };
        var seen = (await device.AskAsync(facts, IPAddress.Loopback)).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped NotInstalled 1>1", "OtherKey NotInstalled 1>1", "SignatureRemoved NotInstalled 1>1", "Older NotInstalled 1>1", "Genuine Installed 1>2" }));
        Assert.That(manifests[2], Is.EqualTo("{\"v\":2,\"parts\":[{\"n\":1}]}"));
        Assert.That(seen.Trial(UpdateVariant.SignatureRemoved)!.Answer, Does.Contain("manifest only"), "the fault shows in the manifest, so reading that is enough to refuse");
    }

    [Test]
    public async Task Manifest_alone_is_no_offer_of_an_image_whose_fault_it_does_not_show()
    {
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(_ => _client.GetStringAsync(url("/m"))));
        var seen = (await device.AskAsync(FetchFacts(device, url), IPAddress.Loopback)).Seen();
        Assert.That(seen.Lines(), Is.EqualTo(new[] { "BitFlipped NotOffered 1>1", "OtherKey NotOffered 1>1", "SignatureRemoved NotOffered 1>1", "Older NotInstalled 1>1", "Genuine NotOffered 1>1" }));
        Assert.That(seen.Trials[0].Answer, Does.Contain("manifest only"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Device_that_never_asks_was_never_offered_anything()
    {
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(_ => Task.CompletedTask));
        var seen = (await device.AskAsync(FetchFacts(device, url), IPAddress.Loopback)).Seen();
        Assert.That(seen.Trials.Select(trial => trial.Result), Is.All.EqualTo(UpdateResult.NotOffered));
        Assert.That(seen.Trials[0].Answer, Does.Contain("POST /check").And.Contain("answers 200").And.Contain("for nothing within 2 s"));
    }

    [Test]
    public async Task Broken_off_download_is_no_refusal()
    {
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(_ => GetRangeAsync(url("/i"), 0, 5)));
        var seen = (await device.AskAsync(FetchFacts(device, url), IPAddress.Loopback)).Seen();
        Assert.That(seen.Trials[0].Result, Is.EqualTo(UpdateResult.Unknown));
        Assert.That(seen.Trials[0].Answer, Does.Contain("6 of 14 bytes"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Download_in_ranges_is_a_whole_one()
    {
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(async device =>
        {
            var image = await GetRangeAsync(url("/i"), 0, 5) + await GetRangeAsync(url("/i"), 6, null);
            device.InstallIf(FakeUpdateDevice.IsGenuine(image), image);
        }));
        var seen = (await device.AskAsync(FetchFacts(device, url), IPAddress.Loopback)).Seen();
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Trial(UpdateVariant.Genuine)!.Result, Is.EqualTo(UpdateResult.Installed));
    }

    [Test]
    public async Task Device_without_a_trigger_that_looks_by_itself_is_waited_for()
    {
        var url = Url();
        await using var device = await FakeUpdateDevice.StartAsync();
        using var stop = new CancellationTokenSource();
        var looking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var image = await _client.GetStringAsync(url("/i"));
                    device.InstallIf(FakeUpdateDevice.IsGenuine(image), image);
                }
                catch (HttpRequestException)
                {
                    // The server stands in only while something is offered.
                    await Task.Delay(20);
                }
            }
        });
        var facts = FetchFacts(device, url) with { Offer = Declared<UpdateOffer>(new UpdateOffer.Fetch(url("/").Port, "", "/i", null)) };
        var seen = (await device.AskAsync(facts, IPAddress.Loopback)).Seen();
        await stop.CancelAsync();
        await looking;
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement + string.Join('\n', seen.Trials.Select(trial => trial.Answer)));
    }

    [Test]
    public async Task Server_answers_what_it_was_not_asked_for_without_giving_anything()
    {
        var url = Url();
        var answers = new List<string>();
        await using var device = await FakeUpdateDevice.StartAsync(FakeUpdateDevice.ThatFetches(async _ =>
        {
            if (answers.Count > 0)
            {
                return;
            }

            foreach (var request in new[] { "GET /other HTTP/1.1", "POST /i HTTP/1.1", "HEAD /i HTTP/1.1", "GET /i HTTP/1.1\r\nRange: bytes=99-", "GET /%69 HTTP/1.0\r\nRange: bytes=-3", "nonsense", new string('x', 20000) })
            {
                answers.Add(await ExchangeAsync(url("/").Port, $"{request}\r\nHost: x\r\n\r\n"));
            }
        }));
        await device.AskAsync(FetchFacts(device, url), IPAddress.Loopback);
        Assert.That(answers.Select(answer => answer.Split('\r')[0]), Is.EqualTo(new[]
        {
            "HTTP/1.1 404 Not Found", "HTTP/1.1 405 Method Not Allowed", "HTTP/1.1 200 OK", "HTTP/1.1 416 Range Not Satisfiable", "HTTP/1.1 206 Partial Content", "HTTP/1.1 400 Bad Request", "HTTP/1.1 400 Bad Request",
        }));
        Assert.That(answers[2], Does.Contain("Content-Length: 14").And.EndWith("\r\n\r\n"));
        Assert.That(answers[4], Does.Contain("Content-Range: bytes 11-13/14").And.EndWith("\r\n\r\nd 2"));
    }

    [Test]
    public async Task Taken_port_is_a_fault_of_the_laboratory()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var device = await FakeUpdateDevice.StartAsync();
        var facts = FetchFacts(device, path => new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}{path}"));
        Assert.That(async () => await device.AskAsync(facts, IPAddress.Loopback), Throws.InstanceOf<LabFaultException>().With.Message.Contains("stand in for the update server"));
    }

    private static Func<string, Uri> Url()
    {
        var port = Daemon.FreePort();
        return path => new Uri($"http://127.0.0.1:{port}{path}");
    }

    private static UpdMechFacts FetchFacts(FakeUpdateDevice device, Func<string, Uri> url)
    {
        foreach (var (name, text) in new[] { ("genuine.json", "{\"v\":2}"), ("older.json", "{\"v\":0}") })
        {
            if (!File.Exists(Path.Combine(device.Folder, name)))
            {
                device.Write(name, text);
            }
        }

        return device.UploadFacts() with
        {
            Offer = Declared<UpdateOffer>(new UpdateOffer.Fetch(url("/").Port, "/m", "/i", new UpdateTrigger(device.Port, false, "POST", "/check", ""))),
            Genuine = Declared(new UpdateImage("genuine.img", "2", "genuine.json")),
            OtherKey = Declared(new UpdateImage("other-key.img", "2", "genuine.json")),
            Older = Declared(new UpdateImage("older.img", "0", "older.json")),
        };
    }

    private static async Task<string> GetRangeAsync(Uri uri, long from, long? to)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Range = new RangeHeaderValue(from, to);
        using var response = await _client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<string> ExchangeAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // A request that was not read to its end is cut off with a reset; the answer came before it.
            return Encoding.ASCII.GetString(answer.ToArray());
        }

        return Encoding.ASCII.GetString(answer.ToArray());
    }
}
