using System.Net;
using System.Text.Json;

namespace DeviceConformance.Tests.Emulator;

/// <summary>A web client of a device: follows no redirect, trusts any certificate, keeps the session by hand.</summary>
internal sealed class DeviceBrowser : IDisposable
{
    public const string RightPassword = "Warm-Water-42";

    private readonly HttpClient client;

    public DeviceBrowser(IPEndPoint endPoint, bool tls)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        client = new HttpClient(handler) { BaseAddress = new UriBuilder(tls ? "https" : "http", endPoint.Address.ToString(), endPoint.Port).Uri, Timeout = TimeSpan.FromSeconds(20) };
    }

    public string Session { get; private set; } = "";

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<HttpResponseMessage> PostAsync(string path, HttpContent? content = null) => SendAsync(HttpMethod.Post, path, content);

    public async Task<string> TextAsync(string path) => await (await GetAsync(path)).Content.ReadAsStringAsync();

    public async Task<HttpResponseMessage> LogInAsync(string user = "admin", string password = RightPassword)
    {
        var answer = await PostAsync("/login", Form(("user", user), ("password", password)));
        if (answer.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            Session = cookies.Single().Split(';')[0];
        }

        return answer;
    }

    public async Task<string> VersionAsync()
    {
        using var document = JsonDocument.Parse(await TextAsync("/api/version"));
        return document.RootElement.GetProperty("version").GetString()!;
    }

    public async Task<HttpResponseMessage> UploadAsync(byte[] image, string field = "image") =>
        await PostAsync("/update", new MultipartFormDataContent { { new ByteArrayContent(image), field, "gw24.img" } });

    public static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        if (Session.Length > 0)
        {
            request.Headers.Add("Cookie", Session);
        }

        return await client.SendAsync(request);
    }

    public void Dispose() => client.Dispose();
}
