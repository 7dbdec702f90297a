using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Browser;

/// <summary>A page as its scripts make it.</summary>
/// <param name="Page">The page that a reader would see, as an answer.</param>
/// <param name="Asked">Paths that its scripts asked for by GET.</param>
/// <param name="Held">Requests of its scripts that were not passed on.</param>
internal sealed record ShownPage(HttpAnswer Page, ImmutableArray<string> Asked, ImmutableArray<(string Method, string Path)> Held);

/// <summary>
/// Shows a page of the device in Chromium. The browser never meets the device: it talks to a stand-in on loopback that passes on GET
/// requests for the device's own paths, over the link, and nothing else; every other name and address is closed to it.
/// </summary>
public static class PageRunner
{
    private const int MaxDom = 2 * 1024 * 1024;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(25);
    private static readonly string[] _names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

    /// <summary>Path of the browser on this host; null when there is none.</summary>
    public static string? Find() => _names.FirstOrDefault(File.Exists);

    /// <summary>Shows a page; null when the browser did not.</summary>
    internal static async Task<ShownPage?> RunAsync(string browser, DisclosureSurvey request, string path, InformationReader reader, ProbeContext context, CancellationToken cancellationToken)
    {
        context.Progress(0.9, $"Chromium shows {path}");
        var folder = Directory.CreateTempSubdirectory("dct-browser-");
        try
        {
            await using var device = new DeviceStandIn(request, reader, context);
            var dom = await DumpAsync(browser, folder.FullName, device.Origin, new Uri(device.Origin, path), context, cancellationToken);
            return dom.Length == 0 ? null : new ShownPage(
                new HttpAnswer(200, [KeyValuePair.Create("Content-Type", "text/html; charset=utf-8")], Encoding.UTF8.GetBytes(dom), null, TimeSpan.Zero),
                [.. device.Asked.Where(asked => asked != path)],
                [.. device.Held]);
        }
        finally
        {
            Remove(folder);
        }
    }

    /// <summary>Arguments of the browser: no name but loopback resolves, and all requests go to the stand-in as a proxy, which refuses what is not its own.</summary>
    internal static ImmutableArray<string> Arguments(string folder, Uri standIn, Uri page) =>
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-extensions", "--disable-default-apps", "--disable-dev-shm-usage", "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--metrics-recording-only",
        "--mute-audio", "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,CertificateTransparencyComponentUpdater,WebRtcHideLocalIpsWithMdns",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", $"--proxy-server=http://{standIn.Authority}", "--proxy-bypass-list=<-loopback>",
        $"--user-data-dir={folder}", "--virtual-time-budget=8000", "--timeout=15000", "--dump-dom", page.AbsoluteUri,
    ];

    private static async Task<string> DumpAsync(string browser, string folder, Uri standIn, Uri page, ProbeContext context, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(browser, Arguments(folder, standIn, page)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["HOME"] = folder;
        start.Environment["DBUS_SESSION_BUS_ADDRESS"] = "disabled:";
        Process process;
        try
        {
            process = Process.Start(start) ?? throw new Win32Exception();
        }
        catch (Win32Exception fault)
        {
            context.Transcript.Note($"{browser} does not start: {fault.Message}");
            return "";
        }

        using (process)
        {
            using var limit = Link.Deadline.After(_patience, context.Time, cancellationToken);
            try
            {
                var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token);
                var dom = await ReadAsync(process.StandardOutput, limit.Token);
                await errors;
                return dom;
            }
            catch (Exception ended) when (ended is OperationCanceledException or IOException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                context.Transcript.Note($"Chromium did not show {page.PathAndQuery} within {_patience.TotalSeconds:0} s");
                return "";
            }
            finally
            {
                await EndAsync(process);
            }
        }
    }

    private static async Task<string> ReadAsync(StreamReader output, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[8192];
        int count;
        while ((count = await output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            text.Append(buffer, 0, Math.Min(count, MaxDom - text.Length));
        }

        return text.ToString();
    }

    private static async Task EndAsync(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
            return;
        }

        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static void Remove(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A part of the browser that is just ending may still write there; the host cleans its temporary folder.
            return;
        }
    }
}
