using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Emulator.Updates;

/// <summary>What the update server says is there. It is not signed, so nothing but the image itself decides.</summary>
/// <param name="Version">Version on offer.</param>
/// <param name="Image">File name of the image, beside the manifest.</param>
internal sealed record UpdateManifest(string? Version, string? Image);

/// <summary>Asks the update server and installs what it has.</summary>
internal sealed partial class UpdateFetch : IDisposable
{
    private const int ManifestLimit = 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient client;
    private readonly Uri server;
    private readonly Firmware firmware;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    public UpdateFetch(Uri server, Firmware firmware)
    {
        this.server = server;
        this.firmware = firmware;

        // Only the configured server is asked: no redirect, no proxy of the environment.
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, MaxResponseHeadersLength = 16, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            Timeout = Patience,
        };
    }

    /// <summary>Fetches the manifest and, when it names another version than runs, the image.</summary>
    /// <param name="faults">Faults that are on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<UpdateOutcome> CheckAsync(DeviceFaults faults, CancellationToken cancellationToken)
    {
        if (!await oneAtATime.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return firmware.Refuse("another check is running");
        }

        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(Patience);
            var manifest = Parse(await FetchAsync(new Uri(server, "manifest.json"), ManifestLimit, deadline.Token));
            if (manifest is not { Image: { } file } || !UpdateImage.TryParseVersion(manifest.Version, out var version) || !PlainFileName().IsMatch(file))
            {
                return firmware.Refuse("the server has no manifest that can be read");
            }

            if (version.ToString(3) == firmware.Version)
            {
                return firmware.Refuse("the server has nothing else");
            }

            var image = await FetchAsync(new Uri(server, file), UpdateImage.MaximumLength, deadline.Token);
            return image is null ? firmware.Refuse("the server does not give the image") : firmware.Offer(image, faults);
        }
        catch (HttpRequestException)
        {
            return firmware.Refuse("the server can not be reached");
        }
        catch (Exception lost) when (lost is OperationCanceledException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return firmware.Refuse("the server did not answer to the end");
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        oneAtATime.Dispose();
    }

    // Null: no such thing on the server, or too long.
    private async Task<byte[]?> FetchAsync(Uri uri, int limit, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentLength > limit)
        {
            return null;
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var received = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (received.Length + read > limit)
            {
                return null;
            }

            received.Write(buffer, 0, read);
        }

        return received.ToArray();
    }

    private static UpdateManifest? Parse(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : JsonSerializer.Deserialize(bytes, ManifestJson.Default.UpdateManifest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainFileName();
}

/// <summary>JSON of the manifest.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 4)]
[JsonSerializable(typeof(UpdateManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
