using System.Text.Json;
using DeviceConformance.Emulator;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Sessions;
using DeviceConformance.Tests.Emulator;
using DeviceConformance.Tests.Logins;
using NUnit.Framework;

namespace DeviceConformance.Tests.Sessions;

/// <summary>Asks about sessions as a campaign would, and checks that nothing kept holds a password.</summary>
internal static class SessionBench
{
    public const string Mechanism = "AuthMech-1";
    public const string Password = "Warm-Water-42";

    public static LoginPoint Form { get; } = new(LoginProtocol.HttpForm, DevicePorts.Https, true, "/home", new LoginForm("user", "password", "/login", "Wrong user name or password", ""));

    public static LoginPoint Json { get; } = new(LoginProtocol.HttpJson, DevicePorts.Https, true, "/app/api/status", new LoginForm("username", "password", "/app/api/login", "", ""));

    public static Task<T> AskAsync<T>(TestDevice device, Func<Endpoint, ProbeRequest<T>> request)
        where T : Observation
    {
        var bench = new LoginBench(Lab, address: device.Address);
        return AskAsync<T>(bench, request(new Endpoint(new DutAddress(device.Address), DevicePorts.Https)));
    }

    public static Task<T> AskAsync<T>(WebDevice device, Func<Endpoint, ProbeRequest<T>> request)
        where T : Observation => AskAsync<T>(new LoginBench(Lab), request(LoginBench.At(device.Port)));

    private static LabSetup Lab => LabSetup.Default with { AllowedImpact = ProbeImpact.StateChanging, Credentials = [LoginBench.Credential(Mechanism, "admin", Password)] };

    private static async Task<T> AskAsync<T>(LoginBench bench, ProbeRequest request)
        where T : Observation
    {
        using (bench)
        {
            Probe probe = request is WebSessionTrial ? new WebSessionProbe() : new SettingsWriteProbe();
            var outcome = await probe.AskAsync(request, bench.Context, default);
            var json = JsonSerializer.Serialize(outcome, RunJson.Default.ProbeOutcome);
            Assert.That(bench.Transcript + json, Does.Not.Contain(Password));
            Assert.That(JsonSerializer.Deserialize(json, RunJson.Default.ProbeOutcome)?.Summary, Is.EqualTo(outcome.Summary));
            Assert.That(outcome, Is.TypeOf<ProbeOutcome.Observed>(), outcome.Summary);
            return (T)((ProbeOutcome.Observed)outcome).Observation;
        }
    }
}
