using System.Text.Json;
using System.Text.Json.Nodes;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Updates;

/// <summary>Makes the images of a trial out of those that the supplier handed over.</summary>
/// <param name="facts">Facts of the update mechanism.</param>
/// <param name="folder">Folder of the declaration; images lie in it or below.</param>
internal sealed class ImageSpoiler(UpdMechFacts facts, string folder)
{
    /// <summary>Size of an image at the most.</summary>
    public const long MaxImage = 512L * 1024 * 1024;

    /// <summary>Size of a manifest at the most.</summary>
    public const long MaxManifest = 1024 * 1024;

    /// <summary>What is wrong with the files that the declaration names, with the remedy; empty when nothing is.</summary>
    public string Complaint()
    {
        Fact<UpdateImage>[] images = [facts.Genuine, facts.Older, facts.OtherKey];
        foreach (var image in images.Where(fact => fact.IsDeclared).Select(fact => fact.Or(null!)))
        {
            var complaint = ComplaintOf(image.File, MaxImage) + (image.Manifest.Length > 0 ? ComplaintOf(image.Manifest, MaxManifest) : "");
            if (complaint.Length > 0)
            {
                return complaint;
            }
        }

        return images.Any(fact => fact.IsDeclared) ? "" : "no update image is declared; add 'genuine', 'older' and 'other-key' with their files to the facts";
    }

    /// <summary>Makes the image of a variant.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="image">The image.</param>
    /// <param name="why">Why there is none; empty when there is.</param>
    public bool TryMake(UpdateVariant variant, out OfferedImage image, out string why)
    {
        image = null!;
        var name = variant switch
        {
            UpdateVariant.Older => "older",
            UpdateVariant.OtherKey => "other-key",
            _ => "genuine",
        };
        var fact = variant switch
        {
            UpdateVariant.Older => facts.Older,
            UpdateVariant.OtherKey => facts.OtherKey,
            _ => facts.Genuine,
        };
        if (!fact.TryGet(out var declared))
        {
            why = $"the declaration names no image '{name}'";
            return false;
        }

        var file = PathOf(declared.File);
        var whole = new OfferedImage(file, 0, new FileInfo(file).Length, null, declared.Version, declared.Manifest.Length > 0 ? File.ReadAllBytes(PathOf(declared.Manifest)) : default);
        if (facts.Offer.TryGet(out var offer) && offer is UpdateOffer.Fetch { ManifestPath.Length: > 0 } && whole.Manifest.IsEmpty)
        {
            why = $"the declaration names no manifest for the image '{name}'";
            return false;
        }

        if (variant is not (UpdateVariant.BitFlipped or UpdateVariant.SignatureRemoved))
        {
            (image, why) = (whole, "");
            return true;
        }

        if (!facts.Layout.TryGet(out var layout))
        {
            why = "the declaration does not say how the image is laid out ('layout')";
            return false;
        }

        return variant == UpdateVariant.BitFlipped ? TryFlip(whole, layout, out image, out why) : TryRemoveSignature(whole, layout, out image, out why);
    }

    private static bool TryFlip(OfferedImage whole, ImageLayout layout, out OfferedImage image, out string why)
    {
        var (first, end) = layout.Signature switch
        {
            SignaturePlace.Header => (layout.SignatureLength, whole.Length),
            SignaturePlace.Trailer => (0L, whole.Length - layout.SignatureLength),
            _ => (0L, whole.Length),
        };
        image = whole with { FlipAt = layout.PayloadOffset };
        why = layout.PayloadOffset >= first && layout.PayloadOffset < end
            ? ""
            : $"'payload-offset' {layout.PayloadOffset} lies outside the payload, which runs from {first} to {end - 1}";
        return why.Length == 0;
    }

    private static bool TryRemoveSignature(OfferedImage whole, ImageLayout layout, out OfferedImage image, out string why)
    {
        image = whole;
        if (layout.Signature == SignaturePlace.Manifest)
        {
            if (!TryWithout(whole.Manifest, layout.ManifestField, out var manifest))
            {
                why = $"the manifest is no JSON with a value '{layout.ManifestField}' that could be taken away";
                return false;
            }

            image = whole with { Manifest = manifest };
            why = "";
            return true;
        }

        if (layout.SignatureLength <= 0 || layout.SignatureLength >= whole.Length)
        {
            why = $"'signature-length' {layout.SignatureLength} does not fit an image of {whole.Length} bytes";
            return false;
        }

        image = whole with
        {
            Start = layout.Signature == SignaturePlace.Header ? layout.SignatureLength : 0,
            Length = whole.Length - layout.SignatureLength,
        };
        why = "";
        return true;
    }

    private static bool TryWithout(ReadOnlyMemory<byte> manifest, string field, out ReadOnlyMemory<byte> without)
    {
        without = default;
        try
        {
            var root = manifest.IsEmpty ? null : JsonNode.Parse(manifest.Span);
            if (root is null || !Remove(root, field))
            {
                return false;
            }

            without = JsonSerializer.SerializeToUtf8Bytes(root, ManifestJson.Default.JsonNode);
            return true;
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            // No JSON, or a name twice in an object.
            return false;
        }
    }

    private static bool Remove(JsonNode? node, string field) => node switch
    {
        JsonObject inside => inside.Remove(field) || inside.Select(pair => pair.Value).ToList().Exists(value => Remove(value, field)),
        JsonArray list => list.ToList().Exists(value => Remove(value, field)),
        _ => false,
    };

    private string PathOf(string file) => Path.GetFullPath(Path.Combine(folder, file));

    private string ComplaintOf(string file, long most)
    {
        var path = PathOf(file);
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        if (!path.StartsWith(root, StringComparison.Ordinal))
        {
            return $"{file} leads out of the declaration's folder; put the file into it";
        }

        if (!File.Exists(path))
        {
            return $"{file} is not there; put the file that the supplier handed over into the declaration's folder";
        }

        var length = new FileInfo(path).Length;
        return length == 0 ? $"{file} is empty; ask the supplier for the file"
            : length > most ? $"{file} has {length} bytes, and this harness offers {most} at the most"
            : "";
    }
}

/// <summary>JSON of any manifest.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonNode))]
internal sealed partial class ManifestJson : System.Text.Json.Serialization.JsonSerializerContext;
