using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>A web server that answers GET from a table; what is not in it gets the page for unknown paths.</summary>
internal sealed class FakeWeb : IAsyncDisposable
{
    public const string NotFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

    private readonly FakeDevice _device;

    public FakeWeb(Func<string, string> answer) => _device = new FakeDevice((stream, end) => ServeAsync(stream, answer, end));

    public FakeWeb(params (string Path, string Answer)[] pages)
        : this(path => pages.FirstOrDefault(page => page.Path == path) is { Answer: { } answer } ? answer : NotFound)
    {
    }

    public ConcurrentQueue<string> Asked { get; } = [];

    public int Port => _device.Endpoint.Port;

    public static string Ok(string body, string type = "text/html", string headers = "") =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n{headers}Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}";

    public static string Json(string body) => Ok(body, "application/json");

    public static string Redirect(string location) => $"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n";

    public static string Challenge(string challenge) => $"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n";

    public async Task<DisclosureSeen> SurveyAsync(TimeProvider? time = null)
    {
        using var bench = new SurveyBench(time: time);
        return await bench.SeeAsync(Port, ServiceProtocol.Http);
    }

    public ValueTask DisposeAsync() => _device.DisposeAsync();

    private async Task ServeAsync(NetworkStream stream, Func<string, string> answer, CancellationToken end)
    {
        while (await FakeDevice.ReadHeadAsync(stream, end) is { Length: > 0 } head)
        {
            var path = head.Split(' ')[1];
            Asked.Enqueue(path);
            var text = answer(path);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), end);
            if (text.Length == 0)
            {
                return;
            }
        }
    }
}
