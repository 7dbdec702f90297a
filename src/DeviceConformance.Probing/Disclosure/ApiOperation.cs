using System.Collections.Immutable;
using System.Text.Json;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>A request that a description of an API names.</summary>
/// <param name="Method">HTTP method in capitals.</param>
/// <param name="Path">Path from the origin; {names} where a value goes.</param>
internal readonly record struct ApiOperation(string Method, string Path)
{
    private const int MaxOperations = 200;
    private const int MaxPath = 300;

    private static readonly ImmutableArray<string> _methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    /// <summary>Whether a value has to be put into the path.</summary>
    public bool NeedsValue => Path.Contains('{', StringComparison.Ordinal);

    /// <summary>Reads an OpenAPI (2.0, 3.x) description in JSON.</summary>
    /// <param name="json">The text; any text at all.</param>
    /// <param name="operations">What it names; empty when it is no such description.</param>
    public static bool TryRead(string json, out ImmutableArray<ApiOperation> operations)
    {
        operations = [];
        try
        {
            using var document = JsonDocument.Parse(json.AsMemory().TrimStart('\ufeff'), new JsonDocumentOptions { MaxDepth = 64, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !(root.TryGetProperty("openapi", out _) || root.TryGetProperty("swagger", out _))
                || !root.TryGetProperty("paths", out var paths) || paths.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var start = Base(root);
            operations =
            [
                .. paths.EnumerateObject().Where(path => path.Value.ValueKind == JsonValueKind.Object && path.Name.Length is > 0 and < MaxPath)
                    .SelectMany(path => path.Value.EnumerateObject(), (path, operation) => (path.Name, Method: operation.Name))
                    .Where(pair => _methods.Contains(pair.Method, StringComparer.OrdinalIgnoreCase))
                    .Take(MaxOperations)
                    .Select(pair => new ApiOperation(pair.Method.ToUpperInvariant(), $"{start}/{pair.Name.TrimStart('/')}")),
            ];
            return true;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static string Base(JsonElement root)
    {
        var text = root.TryGetProperty("basePath", out var path) && path.ValueKind == JsonValueKind.String ? path.GetString()!
            : root.TryGetProperty("servers", out var servers) && servers.ValueKind == JsonValueKind.Array && servers.GetArrayLength() > 0
                && servers[0].ValueKind == JsonValueKind.Object && servers[0].TryGetProperty("url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString()!
            : "";
        // Of an address the path counts: the description is read for this port, whatever name the maker put in.
        text = Uri.TryCreate(text, UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https" ? absolute.AbsolutePath : text;
        text = text.Trim('/');
        return text.Length > 0 && text.Length < MaxPath ? $"/{text}" : "";
    }
}
