using System.Text;
using DeviceConformance.Probing.Updates;
using NUnit.Framework;

namespace DeviceConformance.Tests.Updates;

[TestFixture]
[Parallelizable]
public sealed class HttpRequestHeadTests
{
    [TestCase("GET /a%20b?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/a b")]
    [TestCase("HEAD http://update.example/i HTTP/1.0\n\n", "HEAD", "/i")]
    public void Method_and_path_are_read(string text, string method, string path)
    {
        Assert.That(HttpRequestHead.TryParse(Encoding.ASCII.GetBytes(text), out var head), Is.True);
        Assert.That(head, Is.EqualTo(new HttpRequestHead(method, path, null)));
    }

    [TestCase("")]
    [TestCase("GET /\r\n\r\n")]
    [TestCase("GET i HTTP/1.1\r\n\r\n")]
    [TestCase("GET / HTTP/2\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nX: \u0001\r\n\r\n")]
    [TestCase("\u0016\u0003\u0001\u0002\u0000")]
    public void What_is_no_request_is_refused(string text) => Assert.That(HttpRequestHead.TryParse(Encoding.Latin1.GetBytes(text), out _), Is.False);

    [TestCase("bytes=0-4", 0, 5)]
    [TestCase("bytes=5-", 5, 5)]
    [TestCase("bytes=-3", 7, 3)]
    [TestCase("bytes=-30", 0, 10)]
    [TestCase("bytes=9-99", 9, 1)]
    public void Range_means_these_bytes_of_ten(string value, long offset, long count)
    {
        Assert.That(ByteRange.Parse(value)!.Value.TryApply(10, out var first, out var length), Is.True);
        Assert.That((first, length), Is.EqualTo((offset, count)));
    }

    [TestCase("bytes=10-")]
    [TestCase("bytes=-0")]
    public void Range_beyond_the_end_holds_nothing(string value) => Assert.That(ByteRange.Parse(value)!.Value.TryApply(10, out _, out _), Is.False);

    [TestCase("bytes=0-1,3-4")]
    [TestCase("bytes=5-2")]
    [TestCase("bytes=-")]
    [TestCase("lines=1-2")]
    [TestCase("bytes=99999999999999999999-")]
    public void Other_ranges_are_ignored(string value) => Assert.That(ByteRange.Parse(value), Is.Null);

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_bytes_are_read_or_refused(byte[] bytes, string range)
    {
        _ = HttpRequestHead.TryParse(bytes, out _);
        _ = HttpRequestHead.TryParse([.. "GET /"u8, .. bytes, .. " HTTP/1.1\r\n"u8], out _);
        return ByteRange.Parse($"bytes={range}") is not { } parsed || !parsed.TryApply(100, out var offset, out var count) || (offset >= 0 && count > 0 && offset + count <= 100);
    }
}
