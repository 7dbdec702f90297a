using System.Text;
using DeviceConformance.Model.Lab;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DeviceConformance.Declarations.Laboratory;

/// <summary>The laboratory's file without its passwords and sought values, for the copy that a run keeps.</summary>
public static class LabMask
{
    /// <summary>The text of lab.yaml in which each password and each sought value is replaced by <c>(secret)</c>; all else stays as it is.</summary>
    /// <exception cref="YamlException">It is no YAML; reading the declaration would have said so before.</exception>
    public static string Mask(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var masked = new StringBuilder(yaml);
        var secrets = stream.Documents.SelectMany(document => Passwords(document.RootNode))
            .Select(node => (Start: (int)node.Start.Index, End: (int)node.End.Index))
            .Distinct()
            .OrderByDescending(span => span.Start);
        foreach (var (start, end) in secrets)
        {
            masked.Remove(start, end - start).Insert(start, $"'{Secret.Mask}'{(end > start && yaml[end - 1] == '\n' ? "\n" : "")}");
        }

        return masked.ToString();
    }

    private static IEnumerable<YamlNode> Passwords(YamlNode node) => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(pair => pair is { Key: YamlScalarNode { Value: "password" or "value" }, Value: YamlScalarNode secret } ? [secret] : Passwords(pair.Value)),
        YamlSequenceNode list => list.Children.SelectMany(Passwords),
        _ => [],
    };
}
