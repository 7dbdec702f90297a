using System.Text;

namespace DeviceConformance.Emulator.Lan;

/// <summary>The fault coap-open: CoAP (RFC 7252) without DTLS, with a list of its resources (RFC 6690). Anybody reads them; nothing can be changed.</summary>
internal sealed class CoapServer(DeviceState state)
{
    private const int Get = 0x01;
    private const byte Content = 0x45;
    private const byte BadOption = 0x82;
    private const byte NotFound = 0x84;
    private const byte MethodNotAllowed = 0x85;
    private const int UriHost = 3;
    private const int UriPort = 7;
    private const int UriPath = 11;
    private const int UriQuery = 15;
    private const int Accept = 17;
    private const byte LinkFormat = 40;
    private const byte Json = 50;

    /// <summary>Answers a datagram; null where CoAP says nothing. Never throws, whatever the bytes.</summary>
    public byte[]? Answer(ReadOnlyMemory<byte> datagram)
    {
        var bytes = datagram.Span;
        if (bytes.Length < 4 || bytes[0] >> 6 != 1)
        {
            return null;
        }

        var isConfirmable = ((bytes[0] >> 4) & 3) == 0;
        if (bytes[1] == 0 || bytes[1] >> 5 != 0 || ((bytes[0] >> 4) & 3) > 1 || !TryReadOptions(bytes, out var path, out var hasUnknown))
        {
            // What can not be processed, an empty message among it, is reset when it wants an answer (4.2).
            return isConfirmable ? [0x70, 0, bytes[2], bytes[3]] : null;
        }

        var (code, format, text) = hasUnknown ? (BadOption, (byte)0, "") : Find(path);
        if (bytes[1] != Get && code == Content)
        {
            (code, text) = (MethodNotAllowed, "");
        }

        var token = bytes.Slice(4, bytes[0] & 15);
        byte[] head = [(byte)((isConfirmable ? 0x60 : 0x50) | token.Length), code, bytes[2], bytes[3], .. token];
        // Content-Format is option 12 with one byte.
        return code == Content ? [.. head, 0xc1, format, 0xff, .. Encoding.UTF8.GetBytes(text)] : head;
    }

    private (byte Code, byte Format, string Text) Find(string path) => path switch
    {
        "/.well-known/core" => (Content, LinkFormat, "</water>;rt=\"temperature\";ct=50,</settings>;ct=50,</device>;ct=50"),
        "/water" => (Content, Json, """{"celsius":48.5,"flow":0.0}"""),
        "/settings" => (Content, Json, $$"""{"setPoint":{{state.Settings.SetPoint}},"ecoMode":{{(state.Settings.EcoMode ? "true" : "false")}}}"""),
        "/device" => (Content, Json, $$"""{"model":"GW-24 Connect","firmware":"{{state.Firmware.Version}}","serial":"GW24-004711"}"""),
        _ => (NotFound, 0, ""),
    };

    /// <summary>Reads the options (3.1): the path, and whether there is one that must be understood and is not (5.4.1).</summary>
    private static bool TryReadOptions(ReadOnlySpan<byte> bytes, out string path, out bool hasUnknown)
    {
        (path, hasUnknown) = ("", false);
        var at = 4 + (bytes[0] & 15);
        if ((bytes[0] & 15) > 8 || at > bytes.Length)
        {
            return false;
        }

        var number = 0;
        while (at < bytes.Length && bytes[at] != 0xff)
        {
            var head = bytes[at++];
            if (!TryExtend(bytes, ref at, head >> 4, out var delta) || !TryExtend(bytes, ref at, head & 15, out var length) || length > bytes.Length - at)
            {
                return false;
            }

            number += delta;
            path += number == UriPath ? $"/{Encoding.UTF8.GetString(bytes.Slice(at, length))}" : "";
            hasUnknown |= (number & 1) == 1 && number is not (UriHost or UriPort or UriPath or UriQuery or Accept);
            at += length;
        }

        // A marker without a payload behind it is an error of form.
        return at != bytes.Length - 1;
    }

    private static bool TryExtend(ReadOnlySpan<byte> bytes, ref int at, int nibble, out int value)
    {
        var more = nibble switch { 13 => 1, 14 => 2, _ => 0 };
        value = nibble;
        if (nibble == 15 || more > bytes.Length - at)
        {
            return false;
        }

        value = more switch { 1 => bytes[at] + 13, 2 => (bytes[at] << 8) + bytes[at + 1] + 269, _ => nibble };
        at += more;
        return true;
    }
}
