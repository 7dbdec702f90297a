using System.Net;
using System.Security;
using System.Text;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Upnp;

/// <summary>SOAP requests of UPnP (1.1) and ONVIF (1.2) over an HTTP session.</summary>
internal static class SoapClient
{
    /// <summary>Asks for an action of a UPnP service (UPnP Device Architecture 2.0, 3.2).</summary>
    /// <param name="session">Session with the DUT.</param>
    /// <param name="path">Control path.</param>
    /// <param name="service">Service type.</param>
    /// <param name="action">Action.</param>
    /// <param name="arguments">Arguments in their order.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<HttpAnswer> InvokeAsync(HttpSession session, string path, string service, string action, IEnumerable<(string Name, string Value)> arguments, CancellationToken cancellationToken)
    {
        var type = Plain(service);
        var body = $"<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:{action} xmlns:u=\"{SecurityElement.Escape(type)}\">"
            + string.Concat(arguments.Select(argument => $"<{argument.Name}>{SecurityElement.Escape(argument.Value)}</{argument.Name}>")) + $"</u:{action}></s:Body></s:Envelope>";
        using var content = new StringContent(body, Encoding.UTF8, "text/xml");
        content.Headers.TryAddWithoutValidation("SOAPACTION", $"\"{type}#{action}\"");
        return await session.SendAsync(HttpMethod.Post, path, content, null, cancellationToken);
    }

    /// <summary>Asks an ONVIF service without a login (ONVIF Core Specification, 5.9).</summary>
    public static async Task<HttpAnswer> AskOnvifAsync(HttpSession session, string path, string wsdlNamespace, string operation, string content, CancellationToken cancellationToken)
    {
        using var body = new StringContent(
            $"<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><{operation} xmlns=\"{wsdlNamespace}\">{content}</{operation}></s:Body></s:Envelope>", Encoding.UTF8, "application/soap+xml");
        return await session.SendAsync(HttpMethod.Post, path, body, null, cancellationToken);
    }

    /// <summary>Whether an address that a device gives leads to the device itself.</summary>
    /// <param name="text">The address.</param>
    /// <param name="own">The device.</param>
    /// <param name="location">The address, read.</param>
    public static bool IsOwn(string text, IPAddress own, out Uri location)
    {
        location = null!;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || !IPAddress.TryParse(uri.Host.Trim('[', ']'), out var host)
            || !host.GetAddressBytes().AsSpan().SequenceEqual(own.GetAddressBytes()) || uri.Port is < 1 or > 65535)
        {
            return false;
        }

        location = uri;
        return true;
    }

    // What a device says goes into a header and a name here: printable, no quotes.
    private static string Plain(string text) => new([.. text.Where(character => character is > ' ' and < '\u007f' and not ('"' or '<' or '>' or '\\'))]);
}
