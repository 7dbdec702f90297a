using System.Net;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Tests.Logins;
using DeviceConformance.Tests.Tls;
using Microsoft.AspNetCore.Http;
using static DeviceConformance.Tests.Updates.UpdateBench;

namespace DeviceConformance.Tests.Updates;

/// <summary>
/// A device with /version, an upload and a trigger, whose ways a test decides. Its images are text: <c>SIG1 payload 2</c>, the first four
/// characters being the signature, SIG1 the genuine one, the last character the version.
/// </summary>
internal sealed class FakeUpdateDevice : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private WebDevice _web = null!;
    private int _uploads;

    private FakeUpdateDevice()
    {
        Write("genuine.img", "SIG1 payload 2");
        Write("other-key.img", "SIG9 payload 2");
        Write("older.img", "SIG1 payload 0");
    }

    /// <summary>Version that it reports; empty: it answers 503.</summary>
    public string Version { get; set; } = "1";

    /// <summary>What it does with an uploaded image; gives the status that it answers, 0 to break the connection off.</summary>
    public Func<FakeUpdateDevice, string, int> OnUpload { get; init; } = static (device, image) => device.InstallIf(IsGenuine(image), image);

    /// <summary>What it does when told to look for updates.</summary>
    public Func<FakeUpdateDevice, Task> OnTrigger { get; init; } = static _ => Task.CompletedTask;

    public int Uploads => _uploads;

    public string Folder => _folder.Path;

    public int Port => _web.Port;

    public string PageAround { get; init; } = "";

    public static async Task<FakeUpdateDevice> StartAsync(FakeUpdateDevice? device = null)
    {
        var started = device ?? new FakeUpdateDevice();
        started._web = await WebDevice.StartAsync(started.AnswerAsync);
        return started;
    }

    public static FakeUpdateDevice That(Func<FakeUpdateDevice, string, int> onUpload) => new() { OnUpload = onUpload };

    public static FakeUpdateDevice ThatFetches(Func<FakeUpdateDevice, Task> onTrigger) => new() { OnTrigger = onTrigger };

    public static FakeUpdateDevice WithPage(string page) => new() { PageAround = page };

    public static bool IsGenuine(string image) => image is "SIG1 payload 2";

    public void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);

    /// <summary>Installs an image or not, and gives the status for it.</summary>
    public int InstallIf(bool isGood, string image)
    {
        if (isGood && image.Length > 0)
        {
            Version = image[^1].ToString();
        }

        return isGood ? 200 : 422;
    }

    public UpdMechFacts UploadFacts() => Facts(new UpdateOffer.Upload(Port, false, "/update", "", ""), new VersionReading(Port, false, "/version", "version (\\w+)", "")) with
    {
        Genuine = Declared(new UpdateImage("genuine.img", "2", "")),
        OtherKey = Declared(new UpdateImage("other-key.img", "2", "")),
        Older = Declared(new UpdateImage("older.img", "0", "")),
        Layout = Declared(new ImageLayout(SignaturePlace.Header, 4, "", 6)),
    };

    public Task<ProbeOutcome> AskAsync(UpdMechFacts? facts = null, IPAddress? standIn = null, Action<string>? progress = null) =>
        UpdateBench.AskAsync(facts ?? UploadFacts(), Folder, standIn: standIn, progress: progress);

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _folder.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/version" when Version.Length > 0:
                await http.Response.WriteAsync($"{PageAround}version {Version}");
                break;
            case "/update":
                Interlocked.Increment(ref _uploads);
                using (var reader = new StreamReader(http.Request.Body))
                {
                    var status = OnUpload(this, await reader.ReadToEndAsync());
                    if (status == 0)
                    {
                        http.Abort();
                        return;
                    }

                    http.Response.StatusCode = status;
                }

                break;
            case "/check":
                await OnTrigger(this);
                break;
            default:
                http.Response.StatusCode = 503;
                break;
        }
    }
}
