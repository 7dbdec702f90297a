using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting.Json;

namespace DeviceConformance.Tests.Reporting;

/// <summary>
/// What <c>dct run heater --pcap heater.pcapng</c> made of a recording of the emulated device, which is not made up:
/// <c>dct emulate --cycle --hurry --fault telemetry-clear undeclared-server --record heater.pcapng</c>.
/// </summary>
internal static class RecordedTraffic
{
    /// <summary>Reads it from the file beside the tests.</summary>
    public static AssessedTraffic Read()
    {
        using var file = File.OpenRead(Path.Combine(Golden.RepositoryRoot, "tests", "DeviceConformance.Tests", "Reporting", "recorded-traffic.json"));
        return AssessmentJson.Read(file).Traffic.Single();
    }
}
