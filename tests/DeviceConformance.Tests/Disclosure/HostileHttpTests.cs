using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Link;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class HostileHttpTests
{
    [Test]
    public async Task Endless_body_is_cut()
    {
        await using var device = Answering(async (stream, end) =>
        {
            await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: video/x-motion-jpeg\r\n\r\n", end);
            while (true)
            {
                await stream.WriteAsync(new byte[64 * 1024], end);
            }
        });

        var answer = await GetAsync(device, TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(answer.Status, Is.EqualTo(200));
            Assert.That(answer.Body.Length, Is.EqualTo(HttpSession.MaxBody));
            Assert.That(answer.BodyCut, Is.True);
        });
    }

    [Test]
    public async Task Body_that_drips_is_an_answer_without_its_end()
    {
        await using var device = Answering(async (stream, end) =>
        {
            await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nServer: drip/1.0\r\n\r\n", end);
            while (true)
            {
                await WriteAsync(stream, "data: 1\n", end);
                await Task.Delay(20, end);
            }
        });

        var answer = await GetAsync(device, TimeSpan.FromMilliseconds(600));

        Assert.Multiple(() =>
        {
            Assert.That(answer.Status, Is.EqualTo(200));
            Assert.That(answer.Silence, Is.Null);
            Assert.That(answer.BodySilence, Is.EqualTo(Silence.NoReply));
            Assert.That(answer.Header("Server"), Is.EqualTo("drip/1.0"));
            Assert.That(answer.Text, Does.StartWith("data: 1"));
        });
    }

    [Test]
    public async Task Head_that_drips_is_no_reply()
    {
        await using var device = Answering(async (stream, end) =>
        {
            await WriteAsync(stream, "HTTP/1.1 200 OK\r\nX-Slow: ", end);
            while (true)
            {
                await WriteAsync(stream, "a", end);
                await Task.Delay(20, end);
            }
        });

        Assert.That((await GetAsync(device, TimeSpan.FromMilliseconds(400))).Silence, Is.EqualTo(Silence.NoReply));
    }

    [Test]
    public async Task Endless_headers_are_malformed()
    {
        await using var device = Answering(async (stream, end) =>
        {
            await WriteAsync(stream, "HTTP/1.1 200 OK\r\n", end);
            while (true)
            {
                await WriteAsync(stream, $"X-Header: {new string('a', 4000)}\r\n", end);
            }
        });

        Assert.That((await GetAsync(device, TimeSpan.FromSeconds(20))).Silence, Is.EqualTo(Silence.Malformed));
    }

    [Test]
    public async Task Small_body_that_unpacks_to_gigabytes_is_cut()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var block = 0; block < 64; block++)
            {
                await gzip.WriteAsync(new byte[1024 * 1024]);
            }
        }

        var bomb = packed.ToArray();
        await using var device = Answering(async (stream, end) =>
        {
            await WriteAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n", end);
            await stream.WriteAsync(bomb, end);
        });

        var answer = await GetAsync(device, TimeSpan.FromSeconds(20));

        Assert.That(answer.Body.Length, Is.EqualTo(HttpSession.MaxBody));
    }

    [TestCase("SSH-2.0-dropbear\r\n", Silence.Malformed)]
    [TestCase("HTTP/1.1 abc\r\n\r\n", Silence.Malformed)]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nno colon here\r\n\r\n12345", Silence.Malformed)]
    [TestCase("", Silence.ClosedByPeer)]
    [TestCase("HTTP/1.1 200 OK\r\nServer: x", Silence.ClosedByPeer)]
    public async Task What_is_no_http_is_told_apart_from_no_answer(string bytes, Silence expected)
    {
        await using var device = Answering((stream, end) => WriteAsync(stream, bytes, end));

        Assert.That((await GetAsync(device, TimeSpan.FromSeconds(20))).Silence, Is.EqualTo(expected));
    }

    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", Silence.Malformed)]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc", Silence.ClosedByPeer)]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", Silence.Malformed)]
    public async Task Broken_body_leaves_the_head(string bytes, Silence expected)
    {
        await using var device = Answering((stream, end) => WriteAsync(stream, bytes, end));

        var answer = await GetAsync(device, TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(answer.Status, Is.EqualTo(200));
            Assert.That(answer.BodySilence, Is.EqualTo(expected));
        });
    }

    [Test]
    public async Task Headers_stay_as_the_device_wrote_them()
    {
        await using var device = Answering((stream, end) => WriteAsync(
            stream,
            "HTTP/1.1 401 Unauthorized\r\nServer: thermoweb/1.2.3 (Linux 4.9.118)\r\nWWW-Authenticate: Basic realm=\"a, b\"\r\nWWW-Authenticate: Digest realm=\"x\"\r\nDate: yesterday\r\nContent-Type: ;;\r\nContent-Length: 0\r\n\r\n",
            end));

        var answer = await GetAsync(device, TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(answer.Header("Server"), Is.EqualTo("thermoweb/1.2.3 (Linux 4.9.118)"));
            Assert.That(answer.HeaderValues("WWW-Authenticate"), Is.EqualTo(new[] { "Basic realm=\"a, b\"", "Digest realm=\"x\"" }));
            Assert.That(answer.Header("Date"), Is.EqualTo("yesterday"));
            Assert.That(answer.Header("Content-Type"), Is.EqualTo(";;"));
        });
    }

    [Test]
    public async Task Huge_redirect_is_an_answer_and_leads_nowhere()
    {
        await using var device = Answering((stream, end) =>
            WriteAsync(stream, $"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/{new string('a', 30_000)}\r\nContent-Length: 0\r\n\r\n", end));

        var answer = await GetAsync(device, TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(answer.Status, Is.EqualTo(302));
            Assert.That(answer.Header("Location"), Has.Length.GreaterThan(30_000));
            Assert.That(device.Connections, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Secret_in_an_answer_is_not_in_the_transcript()
    {
        await using var device = Answering((stream, end) => WriteAsync(stream, "HTTP/1.0 200 OK\r\nX-Key: hidden\\word\r\n\r\nkey=hidden\\word", end));
        var transcript = new Transcript(TimeProvider.System, []);
        using var session = new HttpSession(device.Endpoint, tls: false, device.Link, transcript, TimeProvider.System) { SecretsIn = _ => ["hidden\\word"] };

        await session.GetAsync("/", CancellationToken.None);

        var text = Encoding.UTF8.GetString(transcript.ToBytes().Span);
        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Contain("key=(secret)"));
            Assert.That(text, Does.Not.Contain("hidden"));
        });
    }

    [Test]
    public async Task Page_that_comes_again_is_written_once()
    {
        var page = new string('p', 200);
        await using var device = Answering((stream, end) => WriteAsync(stream, $"HTTP/1.0 200 OK\r\n\r\n{page}", end));
        var transcript = new Transcript(TimeProvider.System, []);
        using var session = new HttpSession(device.Endpoint, tls: false, device.Link, transcript, TimeProvider.System);

        await session.GetAsync("/a", CancellationToken.None);
        await session.GetAsync("/b", CancellationToken.None);

        var text = Encoding.UTF8.GetString(transcript.ToBytes().Span);
        Assert.Multiple(() =>
        {
            Assert.That(text.Split(page), Has.Length.EqualTo(2));
            Assert.That(text, Does.Contain("shown before"));
        });
    }

    [Test]
    public async Task Path_that_leads_to_another_host_is_not_asked()
    {
        await using var device = Answering((_, _) => Task.CompletedTask);
        using var session = new HttpSession(device.Endpoint, tls: false, device.Link, Transcript.None, TimeProvider.System);

        var answer = await session.GetAsync("//192.0.2.1/", CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(answer.Silence, Is.EqualTo(Silence.Malformed));
            Assert.That(device.Connections, Is.Zero);
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public Property Damaged_answers_never_throw()
    {
        const string sound = "HTTP/1.1 200 OK\r\nServer: a/1\r\nSet-Cookie: sid=1; Path=/\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html; charset=utf-8\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        var damaged = from at in Gen.Choose(0, sound.Length - 1)
                      from value in Gen.Choose(0, 255)
                      from cut in Gen.Choose(1, sound.Length)
                      select string.Concat(sound.AsSpan(0, at), [(char)value], sound.AsSpan(at + 1))[..cut];
        return Prop.ForAll(damaged.ToArbitrary(), text =>
        {
            var answer = OnceAsync(text).GetAwaiter().GetResult();
            return (answer.Silence is null) == (answer.Status > 0);
        });

        static async Task<HttpAnswer> OnceAsync(string text)
        {
            await using var device = Answering((stream, end) => WriteAsync(stream, text, end));
            return await GetAsync(device, TimeSpan.FromSeconds(20));
        }
    }

    private static FakeDevice Answering(Func<NetworkStream, CancellationToken, Task> answer) => new(async (stream, end) =>
    {
        if (await FakeDevice.ReadHeadAsync(stream, end) != "")
        {
            await answer(stream, end);
        }
    });

    private static Task WriteAsync(NetworkStream stream, string text, CancellationToken end) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), end).AsTask();

    private static async Task<HttpAnswer> GetAsync(FakeDevice device, TimeSpan deadline)
    {
        using var session = new HttpSession(device.Endpoint, tls: false, device.Link, new Transcript(TimeProvider.System, []), TimeProvider.System) { Deadline = deadline };
        return await session.GetAsync("/", CancellationToken.None);
    }
}
