using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Tables;

/// <summary>Reads the typed facts of 7-UpdMech.</summary>
internal static class UpdMechReader
{
    private const int LongestSignature = 64 * 1024;
    private const int LongestPattern = 500;
    private const int SecondsOfADay = 24 * 3600;

    /// <summary>Reads them.</summary>
    public static IxitFacts Read(MapReader map) => new UpdMechFacts
    {
        Network = map.YesNo("network"),
        Automatic = map.YesNo("automatic"),
        Notifies = map.YesNo("notifies"),
        Servers = map.Peers("servers"),
        Offer = Section(map, "offer", Offer),
        Version = Section(map, "version", Version),
        Genuine = Section(map, "genuine", Image),
        Older = Section(map, "older", Image),
        OtherKey = Section(map, "other-key", Image),
        Layout = Section(map, "layout", Layout),
        SettleSeconds = map.Number("settle-seconds", 0, SecondsOfADay),
    };

    private static Fact<T> Section<T>(MapReader map, string key, Func<MapReader, T?> read)
        where T : class
    {
        if (map.Map(key) is not { } section)
        {
            return Fact<T>.Missing;
        }

        var value = read(section);
        section.Close();
        return value is null ? Fact<T>.Missing : Fact<T>.Declared(value, section.At);
    }

    private static UpdateOffer? Offer(MapReader map)
    {
        var upload = map.Map("upload");
        var fetch = map.Map("fetch");
        if (upload is null == fetch is null)
        {
            map.Reject("bad-offer", map.At, "offer", $"{MapReader.Capital(map.What)} gives {(upload is null ? "neither 'upload' nor 'fetch'" : "both 'upload' and 'fetch'")}.", "Give one of them: 'upload' when the image is sent to the DUT, 'fetch' when the DUT gets it from a server.");
            return null;
        }

        return upload is not null ? Upload(upload) : Fetch(fetch!);
    }

    private static UpdateOffer.Upload Upload(MapReader map)
    {
        var offer = new UpdateOffer.Upload(map.RequiredPort(), map.RequiredYesNo("tls"), map.RequiredPath(), map.Text("field").Or(""), map.Text("auth-mech").Or(""));
        map.Close();
        return offer;
    }

    private static UpdateOffer.Fetch Fetch(MapReader map)
    {
        var offer = new UpdateOffer.Fetch(
            map.RequiredPort("listen-port"),
            map.RequiredPath("manifest-path"),
            map.RequiredPath("image-path"),
            map.Map("trigger") is { } trigger ? Trigger(trigger) : null);
        map.Close();
        return offer;
    }

    private static UpdateTrigger Trigger(MapReader map)
    {
        var trigger = new UpdateTrigger(map.RequiredPort(), map.RequiredYesNo("tls"), map.Text("method").Or("POST"), map.RequiredPath(), map.Text("auth-mech").Or(""));
        map.Close();
        return trigger;
    }

    private static VersionReading? Version(MapReader map)
    {
        var reading = new VersionReading(
            map.RequiredPort(),
            map.RequiredYesNo("tls"),
            map.RequiredPath(),
            map.RequiredText("pattern", "Give a regular expression whose first group is the version."),
            map.Text("auth-mech").Or(""));
        if (reading.Pattern.Length > 0 && WrongWith(reading.Pattern) is { } wrong)
        {
            map.Reject("bad-pattern", map.Take("pattern")!.At, "pattern", $"'pattern' of {map.What} {wrong}.", "Write a plain regular expression with one group around the version: '\"version\":\"([^\"]+)\"'.");
            return null;
        }

        return reading;
    }

    // The pattern meets what the DUT answers, so only patterns whose time grows with the text's length alone are taken.
    private static string? WrongWith(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            return $"is longer than {LongestPattern} characters";
        }

        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant).GetGroupNumbers().Length < 2
                ? "has no group, so it does not say where the version stands"
                : null;
        }
        catch (NotSupportedException)
        {
            return "uses look-around or back-references, or is too large";
        }
        catch (ArgumentException exception)
        {
            return $"is no regular expression: {exception.Message.TrimEnd('.')}";
        }
    }

    private static UpdateImage Image(MapReader map) => new(
        map.RequiredText("file", "Give the image file, relative to the declaration's folder."),
        map.RequiredText("version", "Give the version that the DUT reports once the image runs."),
        map.Text("manifest").Or(""));

    private static ImageLayout Layout(MapReader map)
    {
        var place = map.RequiredChoice<SignaturePlace>("signature");
        var inManifest = place == SignaturePlace.Manifest;
        var field = map.Text("manifest-field").Or("");
        if (inManifest && field.Length == 0)
        {
            map.Reject("missing-key", map.At, "manifest-field", $"{MapReader.Capital(map.What)} has its signature in the manifest, but does not say where.", "Add 'manifest-field:' with the name of the JSON value.");
        }

        return new ImageLayout(
            place,
            inManifest ? map.Number("signature-length", 0, LongestSignature).Or(0) : map.RequiredNumber("signature-length", 1, LongestSignature),
            field,
            map.RequiredNumber("payload-offset", 0, int.MaxValue));
    }
}
