using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;

namespace DeviceConformance.Probing.Upnp;

/// <summary>A service of a UPnP device (UPnP Device Architecture 2.0, 2.3).</summary>
/// <param name="Type">Service type URN.</param>
/// <param name="Scpd">Where its actions are described.</param>
/// <param name="Control">Where actions are asked for.</param>
internal readonly record struct UpnpService(string Type, string Scpd, string Control)
{
    /// <summary>Last parts of the type: WANIPConnection:1.</summary>
    public string ShortType => string.Join(':', Type.Split(':')[^Math.Min(2, Type.Split(':').Length)..]);
}

/// <summary>An action of a service.</summary>
/// <param name="Name">Name.</param>
/// <param name="Inputs">Names of its input arguments.</param>
internal readonly record struct UpnpAction(string Name, ImmutableArray<string> Inputs)
{
    /// <summary>Whether its name says that it reads, and it needs to be told nothing.</summary>
    public bool OnlyReads => Inputs.IsEmpty && Name.StartsWith("Get", StringComparison.Ordinal);
}

/// <summary>Reads device and service descriptions of UPnP: tolerant and bounded, no XML parser, so no entity and no schema is ever followed.</summary>
internal static class UpnpDescription
{
    private const int MaxServices = 24;
    private const int MaxActions = 100;
    private const int MaxArguments = 30;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly ConcurrentDictionary<string, (Regex Opening, Regex Closing)> _tags = new(StringComparer.Ordinal);
    private static readonly Regex _name = new(@"^\w{1,80}$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>The services of a device and of the devices inside it.</summary>
    public static ImmutableArray<UpnpService> Services(string xml) =>
        [.. Blocks(xml, "service").Take(MaxServices).Select(block => new UpnpService(Value(block, "serviceType"), Value(block, "SCPDURL"), Value(block, "controlURL"))).Where(service => service.Type.Length is > 0 and < 200)];

    /// <summary>The actions of a service.</summary>
    public static ImmutableArray<UpnpAction> Actions(string xml) =>
        [.. Blocks(xml, "action").Take(MaxActions).Select(Action).Where(action => _name.IsMatch(action.Name))];

    /// <summary>Content of the first element of a name, with or without a prefix, entities replaced; empty when there is none.</summary>
    public static string Value(string xml, string element) => Blocks(xml, element).Select(text => WebUtility.HtmlDecode(text).Trim()).FirstOrDefault() ?? "";

    /// <summary>Contents of the elements of a name, with or without a prefix; elements of the same name are not expected inside each other.</summary>
    public static IEnumerable<string> Blocks(string xml, string element)
    {
        var (opening, closing) = _tags.GetOrAdd(element, static element => (new Regex($@"<(?:[\w.-]+:)?{element}(?:\s[^<>]*)?>", Linear), new Regex($@"</(?:[\w.-]+:)?{element}\s*>", Linear)));
        for (var at = 0; opening.Match(xml, at) is { Success: true } open;)
        {
            var close = closing.Match(xml, open.Index + open.Length);
            if (!close.Success)
            {
                yield break;
            }

            at = close.Index + close.Length;
            yield return xml[(open.Index + open.Length)..close.Index];
        }
    }

    private static UpnpAction Action(string block) => new(
        Value(block, "name"),
        [.. Blocks(block, "argument").Take(MaxArguments).Where(argument => Value(argument, "direction").Equals("in", StringComparison.OrdinalIgnoreCase)).Select(argument => Value(argument, "name"))]);
}
