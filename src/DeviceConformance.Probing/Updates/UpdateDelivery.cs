using System.Net.Http.Headers;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Updates;

/// <summary>What became of the offer of an image, before looking at the version.</summary>
/// <param name="Reach">How far the image got.</param>
/// <param name="Answer">What the DUT answered or fetched, in words.</param>
internal sealed record Delivered(DeliveryReach Reach, string Answer);

/// <summary>How far an image got.</summary>
internal enum DeliveryReach
{
    /// <summary>The DUT did not get it, so its not being installed means nothing.</summary>
    None,

    /// <summary>The DUT got a part of it and broke off; whether it refused or lost the connection does not show.</summary>
    Part,

    /// <summary>The DUT had what it needed to decide.</summary>
    Whole,
}

/// <summary>A way in which an image reaches the DUT.</summary>
internal abstract class UpdateDelivery : IAsyncDisposable
{
    /// <summary>Whether images travel inside TLS.</summary>
    public abstract bool Tls { get; }

    /// <summary>Offers an image, once.</summary>
    /// <param name="image">The image.</param>
    /// <param name="patience">How long the DUT may take.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public abstract Task OfferAsync(OfferedImage image, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>How far the offer has got.</summary>
    public abstract Delivered Look();

    /// <summary>Ends the offer and says how far it got.</summary>
    public virtual Delivered End() => Look();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The image is sent to the DUT over HTTP.</summary>
/// <param name="offer">Port, path and field.</param>
/// <param name="web">The port.</param>
/// <param name="transcript">Masks passwords that the DUT repeats in its answer.</param>
internal sealed class UploadDelivery(UpdateOffer.Upload offer, DeviceWeb web, Transcript transcript) : UpdateDelivery
{
    // A device on a slow link or with slow flash.
    private const long BytesPerSecond = 32 * 1024;
    private const int ShownCharacters = 200;

    private Delivered _delivered = new(DeliveryReach.None, "");

    /// <inheritdoc/>
    public override bool Tls => offer.Tls;

    /// <inheritdoc/>
    public override async Task OfferAsync(OfferedImage image, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await web.LogInAsync(cancellationToken))
        {
            _delivered = new Delivered(DeliveryReach.None, web.LoginProblem);
            return;
        }

        var deadline = patience + TimeSpan.FromSeconds(15 + (image.Length / BytesPerSecond));
        var answer = await web.SendAsync(HttpMethod.Post, offer.Path, () => Body(image), deadline, cancellationToken);
        _delivered = Interpret(answer);
    }

    /// <inheritdoc/>
    public override Delivered Look() => _delivered;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => web.DisposeAsync();

    private HttpContent Body(OfferedImage image)
    {
        var content = new ImageContent(image);
        if (offer.Field.Length == 0)
        {
            return content;
        }

        // Form fields in the plain spelling of RFC 7578, 4.2; small servers know no filename* and no quoted boundary.
        var boundary = $"dct{Guid.NewGuid():N}";
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{offer.Field}\"", FileName = $"\"{Path.GetFileName(image.File)}\"" };
        var form = new MultipartFormDataContent(boundary) { content };
        form.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={boundary}");
        return form;
    }

    private Delivered Interpret(HttpAnswer answer)
    {
        var asked = $"POST {offer.Path} on {web.Endpoint}";
        if (answer.Silence is { } silence)
        {
            return silence is Silence.Refused or Silence.HostUnreachable or Silence.HandshakeRefused
                ? new Delivered(DeliveryReach.None, $"{asked} did not come about ({silence})")
                : new Delivered(DeliveryReach.Part, $"{asked} was not answered ({silence})");
        }

        var text = transcript.Masked(Transcript.Printable(answer.Body.Span, ShownCharacters));
        var words = $"{asked} answers {answer.Status}{(text.Length > 0 ? $": {text}" : "")}";
        // These speak of the request, the way to it or the load, not of the image.
        return answer.Status is 401 or 404 or 405 or 407 or 408 or 413 or 429 or 502 or 503 or 504
            ? new Delivered(DeliveryReach.None, words)
            : new Delivered(DeliveryReach.Whole, words);
    }
}

/// <summary>The DUT fetches the image from the harness, which stands in for the supplier's server.</summary>
/// <param name="offer">Port, paths and trigger.</param>
/// <param name="server">The stand-in.</param>
/// <param name="trigger">Where the trigger is pulled; null when the DUT looks by itself.</param>
/// <param name="genuineManifest">Manifest of the genuine image; empty when there is none.</param>
internal sealed class FetchDelivery(UpdateOffer.Fetch offer, StandInServer server, DeviceWeb? trigger, ReadOnlyMemory<byte> genuineManifest) : UpdateDelivery
{
    private OfferedImage? _image;
    private string _triggered = "";
    private TimeSpan _patience;

    /// <inheritdoc/>
    public override bool Tls => false;

    /// <inheritdoc/>
    public override async Task OfferAsync(OfferedImage image, TimeSpan patience, CancellationToken cancellationToken)
    {
        (_image, _triggered, _patience) = (image, "", patience);
        server.Offer(image);
        if (trigger is not null && offer.Trigger is { } pulled)
        {
            if (!await trigger.LogInAsync(cancellationToken))
            {
                _triggered = trigger.LoginProblem;
                return;
            }

            var answer = await trigger.SendAsync(new HttpMethod(pulled.Method), pulled.Path, static () => null, patience + TimeSpan.FromSeconds(15), cancellationToken);
            _triggered = $"{pulled.Method} {pulled.Path} on {trigger.Endpoint} {(answer.Silence is { } silence ? $"is not answered ({silence})" : $"answers {answer.Status}")}";
        }

        await server.WaitForImageAsync(patience, cancellationToken);
    }

    /// <inheritdoc/>
    public override Delivered End()
    {
        var delivered = Look();
        server.Withdraw();
        return delivered;
    }

    /// <inheritdoc/>
    public override Delivered Look()
    {
        var fetched = server.Fetched;
        var image = _image!;
        var lead = _triggered.Length > 0 ? $"{_triggered}; " : "";
        if (fetched.ImageRead)
        {
            return new Delivered(DeliveryReach.Whole, $"{lead}the DUT fetched the image ({image.Length} bytes)");
        }

        if (fetched.ImageBytes > 0)
        {
            return new Delivered(DeliveryReach.Part, $"{lead}the DUT fetched {fetched.ImageBytes} of {image.Length} bytes of the image and broke off");
        }

        if (fetched.ManifestRead)
        {
            // What is wrong with the offer shows in the manifest, or it does not: then the DUT has not met it.
            var shows = !image.Manifest.Span.SequenceEqual(genuineManifest.Span);
            return new Delivered(shows ? DeliveryReach.Whole : DeliveryReach.None, $"{lead}the DUT fetched the manifest only, not the image");
        }

        return new Delivered(DeliveryReach.None, $"{lead}the DUT asked the stand-in server on port {offer.ListenPort} for {(fetched.Requests > 0 ? "neither manifest nor image" : "nothing")} within {_patience.TotalSeconds:0} s");
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        if (trigger is not null)
        {
            await trigger.DisposeAsync();
        }
    }
}
