using System.Collections.Immutable;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Tables;

/// <summary>Keys that several kinds of facts share.</summary>
internal static class PortKeys
{
    private const int LastPort = 65535;

    /// <summary>A port that has to be given.</summary>
    public static int RequiredPort(this MapReader map, string key = "port") => map.RequiredNumber(key, 1, LastPort);

    /// <summary>A port that may be given.</summary>
    public static Fact<int> Port(this MapReader map) => map.Number("port", 1, LastPort);

    /// <summary>Ports, several in a list or one alone.</summary>
    public static ImmutableArray<int> Ports(this MapReader map) => [.. map.Numbers("ports", 1, LastPort).Distinct()];

    /// <summary>Peers that the DUT contacts, several in a list or one alone.</summary>
    public static ImmutableArray<DeclaredPeer> Peers(this MapReader map, string key)
    {
        var peers = ImmutableArray.CreateBuilder<DeclaredPeer>();
        foreach (var (text, at) in map.Texts(key))
        {
            if (DeclaredPeer.TryParse(text, out var peer))
            {
                peers.Add(peer);
            }
            else
            {
                map.Reject("bad-peer", at, key, $"{Quotation.Of(text)} is no peer.", "Write it as 'tcp/updates.example.com:443', '*.example.com' or '203.0.113.0/24'; transport and port may be left out.");
            }
        }

        return peers.ToImmutable();
    }

    /// <summary>A path of an HTTP resource that has to be given.</summary>
    public static string RequiredPath(this MapReader map, string key = "path") =>
        Checked(map, key, map.RequiredText(key, "Add the path of the resource; it begins with a slash."));

    /// <summary>A path of an HTTP resource, or what stands for it when it is absent.</summary>
    public static string PathOr(this MapReader map, string key, string otherwise) =>
        map.Text(key).TryGet(out var path) ? Checked(map, key, path) : otherwise;

    private static string Checked(MapReader map, string key, string path)
    {
        if (path.Length > 0 && (path[0] != '/' || path.Any(character => character is <= ' ' or '\x7f')))
        {
            map.Reject("bad-path", map.Take(key)!.At, key, $"'{key}' of {map.What} does not begin with a slash or holds a blank.", "Write it as it stands in the request line: /status?all=1.");
        }

        return path;
    }
}
