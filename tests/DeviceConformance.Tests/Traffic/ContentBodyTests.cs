using System.IO.Compression;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Traffic.Content;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>What bodies, frames and other ways of packing hide from a plain search.</summary>
[Parallelizable]
public sealed class ContentBodyTests
{
    private const string Value = "Grill-Kohle-9";

    [Test]
    public void Value_in_a_packed_body_is_found_and_named_so([Values("gzip", "deflate")] string coding, [Values(1, 3, 700)] int segment, [Values] bool isChunked)
    {
        var body = Pack(coding, Encoding.ASCII.GetBytes($"{{\"wifi\":\"{Value}\"}} {new string('x', 300)}"));
        var bench = new ContentBench().Client("GET /a HTTP/1.1\r\n\r\n").Server($"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}")}\r\n\r\n", segment);
        bench.Server(isChunked ? Chunks(body, 7) : body, segment).Server("HTTP/1.1 401 no\r\nSet-Cookie: a=b\r\n\r\n", segment);
        var items = bench.Ledger.ClearItems.Select(item => $"{item.Label} {item.Encoding} {item.FromDut}");
        Assert.That(items, Is.EquivalentTo(new[] { "password of AuthMech-1 gzip False", "HTTP cookie clear False" }), "and the next head is read");
    }

    [Test]
    public void Value_that_chunks_cut_is_found([Values(1, 2, 5)] int chunk)
    {
        var bench = new ContentBench().Client("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").Client(Chunks(Encoding.ASCII.GetBytes($"key={Value};"), chunk)).Client("GET /b HTTP/1.1\r\n\r\n");
        Assert.That((bench.Items.Single(), string.Join(',', bench.Facts.Requests)), Is.EqualTo(("DeclaredSecret password of AuthMech-1 True", "POST /a,GET /b")));
    }

    [Test]
    public void Bomb_is_unpacked_to_the_bound_and_no_further()
    {
        var bomb = Pack("gzip", [.. new byte[HttpBody.MostUnpacked + 50_000], .. Encoding.ASCII.GetBytes(Value)]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var bench = new ContentBench().Client("GET / HTTP/1.1\r\n\r\n").Server($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n").Server(bomb);
        Assert.That(bench.Items, Is.Empty);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(8 * HttpBody.MostUnpacked));
    }

    [Test]
    public void Damaged_packing_ends_without_a_fault_and_the_next_message_is_read()
    {
        var body = Pack("gzip", Encoding.ASCII.GetBytes(Value));
        for (var at = 0; at < body.Length; at++)
        {
            var damaged = body.ToArray();
            damaged[at] ^= 0xff;
            var bench = new ContentBench().Client($"POST /a HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {body.Length}\r\n\r\n").Client(damaged).Client("GET /b HTTP/1.1\r\n\r\n");
            Assert.That(string.Join(',', bench.Facts.Requests), Is.EqualTo("POST /a,GET /b"), $"byte {at}");
        }
    }

    [TestCase("application/x-www-form-urlencoded", "user=anna&password=x&token=", "Credential password in a form True")]
    [TestCase("application/x-www-form-urlencoded", "access_token=x", "Token token in a form True")]
    [TestCase("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"pwd\"\r\n\r\nx\r\n--b--\r\n", "Credential password in a form True")]
    [TestCase("application/json; charset=utf-8", "{\"user\":\"anna\",\"password\": \"x\",\"token\":\"\"}", "Credential password in a JSON body True")]
    public void Login_in_a_form_is_an_item_without_its_value(string type, string body, string item)
    {
        var bench = new ContentBench().Client($"POST /login HTTP/1.1\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}", 9);
        Assert.That((bench.Items.Single(), bench.Facts.Requests.Single()), Is.EqualTo((item, "POST /login")));
    }

    [Test]
    public void Answer_to_head_has_no_body_and_the_next_is_read()
    {
        var bench = new ContentBench().Client("HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n").Server("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nHTTP/1.1 304 no\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n");
        Assert.That(bench.Items.Single(), Is.EqualTo("Token HTTP cookie False"));
    }

    [Test]
    public void Value_under_the_mask_of_a_websocket_is_found([Values(1, 3, 500)] int segment, [Values(20, 300, 70_000)] int length)
    {
        var bench = new ContentBench().Client("GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\r\n").Server("HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\n\r\n").Server([0x81, 2, .. "ok"u8], segment);
        bench.Client(Masked($"{{\"k\":\"{Value}\"}}".PadRight(length, '.')), length > 1000 ? 1400 : segment).Client(Masked("more"), segment);
        Assert.That((bench.Items.Single(), string.Join(',', bench.Facts.Requests), bench.Protection), Is.EqualTo(("DeclaredSecret password of AuthMech-1 True", "GET /ws,WebSocket text", ContentProtection.Clear)));
    }

    [Test]
    public void Dns_over_tcp_is_read_message_by_message([Values(1, 4, 900)] int segment)
    {
        var query = DnsMessage.Query(7, true, [("Cloud.Example", DnsType.A)]);
        byte[] answer = [.. query, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 50];
        (answer[2], answer[7]) = (0x81, 1);
        var bench = new ContentBench(53).Client([0, (byte)query.Length, .. query, 0, (byte)query.Length, .. query], segment).Server([0, (byte)answer.Length, .. answer], segment);
        var asked = bench.Ledger.NameQueries.Single();
        Assert.That((asked.Name, asked.Count, asked.Answered, bench.Facts.Protocol, bench.Protection), Is.EqualTo(("cloud.example", 2L, 1L, ServiceProtocol.Dns, ContentProtection.Clear)));
        Assert.That(new ContentBench(53).Client([0, (byte)query.Length, .. query], segment).Gap(true, 10).Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [TestCase("\r\0")]
    [TestCase("\r\n")]
    public void Login_by_telnet_letter_by_letter_is_an_item(string end)
    {
        var bench = new ContentBench(23).Server([0xff, 0xfd, 24, 0xff, 0xfb, 1]).Server("\r\nheater login: ").Client([0xff, 0xfb, 24]).Client("anna" + end, 1).Server("anna\r\nPassword: ").Client("geheim" + end, 1);
        Assert.That((bench.Items.Single(), bench.Facts.Protocol), Is.EqualTo(("Credential password at a prompt True", ServiceProtocol.Telnet)));
    }

    /// <summary>Rests of heads with their bodies.</summary>
    internal static IEnumerable<byte[]> Bodies =>
    [
        [.. "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"u8, .. Chunks(Pack("gzip", new byte[3000]), 9)],
        [.. "Content-Encoding: deflate\r\nContent-Length: 40\r\n\r\n"u8, .. Pack("deflate", "x=Grill-Kohle-9"u8.ToArray())],
        [.. "Content-Length: 60\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"pwd\"\r\n\r\nx\r\n--b--\r\n"u8],
        [.. "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"password\": \"x\",\"\":"u8],
        [.. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\npassword=x&token=&=&"u8],
    ];

    private static byte[] Pack(string coding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = coding == "gzip" ? new GZipStream(packed, CompressionLevel.Optimal, true) : new ZLibStream(packed, CompressionLevel.Optimal, true))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Chunks(byte[] bytes, int size) => [.. bytes.Chunk(size).SelectMany(chunk => (byte[])[.. Encoding.ASCII.GetBytes($"{chunk.Length:x};x=y\r\n"), .. chunk, 13, 10]), .. "0\r\nTrailer: x\r\n\r\n"u8];

    private static byte[] Masked(string text)
    {
        byte[] mask = [0x11, 0x92, 0xa3, 0x04];
        var bytes = Encoding.ASCII.GetBytes(text).Select((value, at) => (byte)(value ^ mask[at & 3])).ToArray();
        byte[] length = bytes.Length switch { < 126 => [(byte)(0x80 | bytes.Length)], < 65536 => [0xfe, (byte)(bytes.Length >> 8), (byte)bytes.Length], _ => [0xff, 0, 0, 0, 0, (byte)(bytes.Length >> 24), (byte)(bytes.Length >> 16), (byte)(bytes.Length >> 8), (byte)bytes.Length] };
        return [0x81, .. length, .. mask, .. bytes];
    }
}
