using DeviceConformance.Model.Standard;

namespace DeviceConformance.TestCases;

/// <summary>The catalogues that travel inside this assembly, one for each edition.</summary>
public static class CatalogueFiles
{
    /// <summary>The bytes of an edition's catalogue, as they stand in <c>testcases/catalogue/</c>.</summary>
    /// <exception cref="InvalidOperationException">The assembly was built without the file.</exception>
    public static ReadOnlyMemory<byte> Read(StandardEdition edition)
    {
        ArgumentNullException.ThrowIfNull(edition);
        using var stream = typeof(CatalogueFiles).Assembly.GetManifestResourceStream(edition.CatalogueFile)
            ?? throw new InvalidOperationException($"{edition.CatalogueFile} is not embedded in {typeof(CatalogueFiles).Assembly.GetName().Name}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
