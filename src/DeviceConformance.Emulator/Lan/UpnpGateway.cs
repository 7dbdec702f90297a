using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.TextServices;

namespace DeviceConformance.Emulator.Lan;

/// <summary>
/// The fault upnp-port-mapping: the service's access point calls itself an Internet gateway (UPnP Device Architecture 1.1; WANIPConnection:1) and adds
/// port mappings for anybody. It is found by a search to its own address; mappings are kept until their time is up or the port closes.
/// </summary>
internal sealed partial class UpnpGateway(DeviceState state, int port)
{
    private const int MostHeaders = 64;
    private const int LongestBody = 8 * 1024;
    private const int MostMappings = 16;
    private const int LongestSearch = 1500;
    private const string Device = "urn:schemas-upnp-org:device:InternetGatewayDevice:1";
    private const string Service = "urn:schemas-upnp-org:service:WANIPConnection:1";
    private const string Name = "uuid:5f1a2c60-24b7-4c1e-9d53-6a0b8e7c1d42";

    private readonly Lock gate = new();
    private readonly List<Mapping> mappings = [];

    /// <summary>Answers a search (1.3.3); null for anything else. Never throws, whatever the bytes.</summary>
    public byte[]? Find(Datagram datagram)
    {
        var text = datagram.Bytes.Length > LongestSearch ? "" : Encoding.Latin1.GetString(datagram.Bytes.Span);
        if (!text.StartsWith("M-SEARCH * HTTP/1.1\r\n", StringComparison.Ordinal) || !text.Contains("\"ssdp:discover\"", StringComparison.OrdinalIgnoreCase)
            || SearchTarget().Match(text) is not { Success: true, Groups: [_, var target] } || target.Value is not ("ssdp:all" or "upnp:rootdevice" or Device or Name))
        {
            return null;
        }

        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION: http://{new IPEndPoint(Plain(datagram.Local.Address), port)}/gateway.xml\r\nSERVER: {Software}\r\nST: {(target.Value == "ssdp:all" ? Device : target.Value)}\r\nUSN: {Name}::{Device}\r\n\r\n");
    }

    /// <summary>Serves a connection: one description or action over HTTP/1.1.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var lines = new LineConnection(connection.Stream, state.Time, stopping);
        // A method's name begins with a letter; TLS and binary protocols do not.
        if (await lines.ReadByteAsync() is >= 'A' and <= 'Z' and var first && await lines.ReadLineAsync() is { } rest)
        {
            var (length, action, headers) = (0, "", 0);
            while (await lines.ReadLineAsync() is { Length: > 0 } header)
            {
                var (name, value) = header.Split(':', 2) is [var before, var after] ? (before.ToUpperInvariant(), after.Trim()) : ("", "");
                if (++headers > MostHeaders || (name == "CONTENT-LENGTH" && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > LongestBody)))
                {
                    return;
                }

                action = name == "SOAPACTION" ? value.Trim('"') : action;
            }

            var body = new StringBuilder();
            while (body.Length < length && await lines.ReadByteAsync() is >= 0 and var next)
            {
                body.Append((char)next);
            }

            var (status, type, content) = ((char)first + rest).Split(' ') switch
            {
                [_, _, var version] when !version.StartsWith("HTTP/1.", StringComparison.Ordinal) => ("400 Bad Request", "text/plain", "bad request\n"),
                ["GET", "/gateway.xml", _] => ("200 OK", "text/xml", Description),
                ["GET", "/wanip.xml", _] => ("200 OK", "text/xml", Actions),
                ["POST", "/control", _] => Act(action, body.ToString(), connection.Remote),
                [_, _, _] => ("404 Not Found", "text/plain", "not found\n"),
                _ => ("400 Bad Request", "text/plain", "bad request\n"),
            };
            await lines.WriteAsync($"HTTP/1.1 {status}\r\nContent-Type: {type}; charset=\"utf-8\"\r\nContent-Length: {content.Length}\r\nConnection: close\r\nServer: {Software}\r\n\r\n{content}");
        }
    }

    private static IPAddress Plain(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes()) : address;

    private (string Status, string Type, string Content) Act(string soapAction, string body, IPEndPoint by)
    {
        string Value(string argument) => body.Split($"<{argument}>", 2) is [_, var after] && after.IndexOf('<', StringComparison.Ordinal) is >= 0 and var end ? WebUtility.HtmlDecode(after[..end]).Trim() : "";
        var action = soapAction.StartsWith($"{Service}#", StringComparison.Ordinal) ? soapAction[(Service.Length + 1)..] : "";
        lock (gate)
        {
            mappings.RemoveAll(mapping => mapping.Lease > TimeSpan.Zero && state.Time.GetElapsedTime(mapping.Added) > mapping.Lease);
            switch (action)
            {
                case "GetExternalIPAddress":
                    return Done(action, "<NewExternalIPAddress>192.0.2.24</NewExternalIPAddress>");
                case "GetGenericPortMappingEntry":
                    return int.TryParse(Value("NewPortMappingIndex"), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < mappings.Count
                        ? Done(action, mappings[index].ToXml())
                        : Failed(713, "SpecifiedArrayIndexInvalid");
                case "AddPortMapping" or "DeletePortMapping":
                    var protocol = Value("NewProtocol");
                    if (!ushort.TryParse(Value("NewExternalPort"), NumberStyles.None, CultureInfo.InvariantCulture, out var external) || protocol is not ("TCP" or "UDP"))
                    {
                        return Failed(402, "Invalid Args");
                    }

                    var removed = mappings.RemoveAll(mapping => mapping.External == external && mapping.Protocol == protocol);
                    if (action == "DeletePortMapping")
                    {
                        state.Log.Note($"UPnP: the mapping of {protocol} {external} is deleted by {by}");
                        return removed > 0 ? Done(action, "") : Failed(714, "NoSuchEntryInArray");
                    }

                    if (!ushort.TryParse(Value("NewInternalPort"), NumberStyles.None, CultureInfo.InvariantCulture, out var inner) || !IPAddress.TryParse(Value("NewInternalClient"), out var client)
                        || !uint.TryParse(Value("NewLeaseDuration"), NumberStyles.None, CultureInfo.InvariantCulture, out var lease))
                    {
                        return Failed(402, "Invalid Args");
                    }

                    if (mappings.Count == MostMappings)
                    {
                        return Failed(501, "Action Failed");
                    }

                    mappings.Add(new Mapping(protocol, external, client, inner, TimeSpan.FromSeconds(lease), state.Time.GetTimestamp()));
                    state.Log.Note($"UPnP: {protocol} {external} is mapped to {client}:{inner} by {by}");
                    return Done(action, "");
                default:
                    return Failed(401, "Invalid Action");
            }
        }
    }

    private static (string Status, string Type, string Content) Done(string action, string results) =>
        ("200 OK", "text/xml", Envelope($"<u:{action}Response xmlns:u=\"{Service}\">{results}</u:{action}Response>"));

    private static (string Status, string Type, string Content) Failed(int code, string description) =>
        ("500 Internal Server Error", "text/xml", Envelope($"<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>{code}</errorCode><errorDescription>{description}</errorDescription></UPnPError></detail></s:Fault>"));

    private static string Envelope(string body) =>
        $"<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>{body}</s:Body></s:Envelope>\r\n";

    private string Software => $"Linux/4.9.118 UPnP/1.1 GW24/{state.Firmware.Version}";

    // The outer device has one service here; the standard's nesting of WANDevice and WANConnectionDevice is left out, as small devices do.
    private string Description =>
        $"""
        <?xml version="1.0"?>
        <root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>1</minor></specVersion><device><deviceType>{Device}</deviceType>
        <friendlyName>Thermona GW-24 service access</friendlyName><manufacturer>Thermona</manufacturer><modelName>GW-24 Connect</modelName><modelNumber>{state.Firmware.Version}</modelNumber><UDN>{Name}</UDN>
        <serviceList><service><serviceType>{Service}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><SCPDURL>/wanip.xml</SCPDURL><controlURL>/control</controlURL><eventSubURL></eventSubURL></service></serviceList></device></root>
        """;

    private static string Actions { get; } =
        "<?xml version=\"1.0\"?>\n<scpd xmlns=\"urn:schemas-upnp-org:service-1-0\"><specVersion><major>1</major><minor>1</minor></specVersion><actionList>"
        + Action("GetExternalIPAddress", [], ["NewExternalIPAddress"])
        + Action("GetGenericPortMappingEntry", ["NewPortMappingIndex"], ["NewRemoteHost", "NewExternalPort", "NewProtocol", "NewInternalPort", "NewInternalClient", "NewEnabled", "NewPortMappingDescription", "NewLeaseDuration"])
        + Action("AddPortMapping", ["NewRemoteHost", "NewExternalPort", "NewProtocol", "NewInternalPort", "NewInternalClient", "NewEnabled", "NewPortMappingDescription", "NewLeaseDuration"], [])
        + Action("DeletePortMapping", ["NewRemoteHost", "NewExternalPort", "NewProtocol"], [])
        + "</actionList></scpd>\n";

    private static string Action(string name, string[] inputs, string[] outputs) =>
        $"<action><name>{name}</name><argumentList>{string.Concat(inputs.Select(input => Of(input, "in")))}{string.Concat(outputs.Select(output => Of(output, "out")))}</argumentList></action>";

    private static string Of(string argument, string direction) => $"<argument><name>{argument}</name><direction>{direction}</direction><relatedStateVariable>{argument[3..]}</relatedStateVariable></argument>";

    [GeneratedRegex(@"\r\nST:[ \t]*([^\r\n]{1,200}?)[ \t]*\r\n", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SearchTarget();

    private sealed record Mapping(string Protocol, ushort External, IPAddress Client, ushort Inner, TimeSpan Lease, long Added)
    {
        public string ToXml() =>
            $"<NewRemoteHost></NewRemoteHost><NewExternalPort>{External}</NewExternalPort><NewProtocol>{Protocol}</NewProtocol><NewInternalPort>{Inner}</NewInternalPort><NewInternalClient>{SecurityElement.Escape(Client.ToString())}</NewInternalClient>"
            + $"<NewEnabled>1</NewEnabled><NewPortMappingDescription></NewPortMappingDescription><NewLeaseDuration>{(int)Lease.TotalSeconds}</NewLeaseDuration>";
    }
}
