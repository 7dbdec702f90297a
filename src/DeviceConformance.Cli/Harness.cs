using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Browser;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Probing.PortSweep;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Identification;
using DeviceConformance.Probing.Sessions;
using DeviceConformance.Probing.Ssh;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Tls.Attacks;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Probing.UdpSweep;
using DeviceConformance.Probing.Updates;
using DeviceConformance.TestCases;

namespace DeviceConformance.Cli;

/// <summary>What the harness is made of.</summary>
internal static class Harness
{
    private static readonly ConcurrentDictionary<StandardEdition, Catalogue> _catalogues = [];

    /// <summary>Name and version, as every run records them.</summary>
    public static string NameAndVersion { get; } =
        $"DeviceConformance {typeof(Harness).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0"}";

    /// <summary>Operating system and architecture of this host.</summary>
    public static string Host { get; } = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, .NET {Environment.Version}";

    /// <summary>The catalogue of an edition.</summary>
    public static Catalogue Catalogue(StandardEdition edition) =>
        _catalogues.GetOrAdd(edition, static edition => CatalogueReader.Read(CatalogueFiles.Read(edition), edition.CatalogueFile));

    /// <summary>All probes. A new one is a line here.</summary>
    public static ImmutableArray<Probe> Probes() =>
    [
        new TrafficWatchProbe(),
        new TcpPortSweepProbe(),
        new ClosingPortSweepProbe(),
        new UdpPortSweepProbe(),
        new ServiceIdentificationProbe(),
        new TlsEnumerationProbe(),
        new TlsAttackTrialProbe(),
        new SshEnumerationProbe(),
        new DisclosureSurveyProbe(PageRunner.Find()),
        new AccessTrialProbe(),
        new WriteTrialProbe(),
        new DefaultCredentialTrialProbe(),
        new PresetPasswordInspectionProbe(),
        new UpdateIntegrityProbe(),
        new WebSessionProbe(),
        new SettingsWriteProbe(),
    ];
}
