using System.Net;
using DeviceConformance.Cli;
using DeviceConformance.Cli.Emulation;
using DeviceConformance.Declarations;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>The example declaration for an emulated device and a cloud at addresses and ports of a test.</summary>
internal sealed class SpeakingDeclaration : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dct-speaking-");

    public SpeakingDeclaration(IPAddress device, VendorCloud cloud, StandardEdition edition)
    {
        ExampleDevice.Write(Folder, edition);
        Edit("dut.yaml", "[127.0.0.1, '::1']", $"[{device}]");
        Edit("lab.yaml", "captured-addresses: [127.0.1.1]\n", "");
        Edit("lab.yaml", "name-servers: [127.0.2.1]", $"name-servers: [{cloud.Resolver.Address}]");
        foreach (var (name, port) in new[] { (CloudNames.Api, CloudPorts.Https), (CloudNames.Telemetry, CloudPorts.MqttTls), (CloudNames.Updates, CloudPorts.Https) })
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, "ixit")))
            {
                File.WriteAllText(file, File.ReadAllText(file).Replace($"tcp/{name}:{port}", $"tcp/{name}:{cloud.Place(name, port).Port}", StringComparison.Ordinal));
            }
        }
    }

    public string Folder => _folder.FullName;

    public Declaration Read()
    {
        var reading = DeclarationReader.Read(Folder, Harness.Catalogue);
        return reading.Declaration ?? throw new InvalidOperationException(string.Join("\n", reading.Complaints));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Edit(string file, string from, string to)
    {
        var path = Path.Combine(Folder, file);
        var before = File.ReadAllText(path).ReplaceLineEndings("\n");
        var after = before.Replace(from, to, StringComparison.Ordinal);
        if (after == before)
        {
            throw new InvalidOperationException($"The example's {file} is no longer what this changes.");
        }

        File.WriteAllText(path, after);
    }
}
