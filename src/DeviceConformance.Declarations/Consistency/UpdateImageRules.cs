using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>The update images that the facts name have to be there, inside the declaration's folder.</summary>
internal static class UpdateImageRules
{
    public static void Check(Draft draft, ComplaintBook complaints)
    {
        foreach (var (entry, facts) in draft.Declaration.Ixit.With<UpdMechFacts>(IxitRole.UpdMech))
        {
            foreach (var (key, fact) in new[] { ("genuine", facts.Genuine), ("older", facts.Older), ("other-key", facts.OtherKey) })
            {
                if (fact.TryGet(out var image))
                {
                    var length = File(draft, complaints, entry, image.File, fact.At, key);
                    File(draft, complaints, entry, image.Manifest, fact.At, key);
                    if (length is { } bytes && facts.Layout.TryGet(out var layout))
                    {
                        Layout(complaints, entry, layout, facts.Layout.At, bytes, image.File);
                    }
                }
            }
        }
    }

    private static long? File(Draft draft, ComplaintBook complaints, IxitEntry entry, string name, SourceSpan at, string key)
    {
        if (name.Length == 0)
        {
            return null;
        }

        var (file, wrong) = FolderFile.Find(draft.Declaration.Folder, name);
        if (file is null)
        {
            complaints.Error("file-reference", at, $"'{key}' of {entry.Id} names the file {Quotation.Of(name)}, which {wrong}.", "Put the file into the declaration's folder and name it relative to that folder.", entry.Table.Id, key);
        }

        return file?.Length;
    }

    private static void Layout(ComplaintBook complaints, IxitEntry entry, ImageLayout layout, SourceSpan at, long length, string name)
    {
        var (from, to) = layout.Signature switch
        {
            SignaturePlace.Header => (layout.SignatureLength, length),
            SignaturePlace.Trailer => (0, length - layout.SignatureLength),
            _ => (0, length),
        };
        if (layout.PayloadOffset < from || layout.PayloadOffset >= to)
        {
            complaints.Error("image-layout", at, $"The payload offset {layout.PayloadOffset} of {entry.Id} is not inside the payload of {Quotation.Of(name)}, which has {length} bytes.", "Give the offset of a byte that is neither signature nor beyond the end.", entry.Table.Id, "layout");
        }
    }
}
