using System.Net;

namespace DeviceConformance.Probing.Updates;

/// <summary>An image as the body of a request, streamed from its file. It can be sent once: an update is never offered twice by a retry.</summary>
internal sealed class ImageContent : HttpContent
{
    private readonly OfferedImage _image;
    private bool _isSent;

    public ImageContent(OfferedImage image)
    {
        _image = image;
        Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_isSent)
        {
            throw new InvalidOperationException("An update is not offered twice.");
        }

        _isSent = true;
        return _image.CopyToAsync(stream, 0, _image.Length, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _image.Length;
        return true;
    }
}
