using System.Collections.Immutable;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Declared;

/// <summary>What the supplier says of the DUT (identification, ICS, IXIT) together with the laboratory's set-up.</summary>
/// <param name="Edition">Edition the DUT is assessed against.</param>
/// <param name="Dut">Identification of the DUT.</param>
/// <param name="Ics">Implementation conformance statement.</param>
/// <param name="Ixit">Extra information for testing.</param>
/// <param name="Lab">The laboratory's set-up.</param>
/// <param name="Folder">Folder that the declaration was read from; relative file names in it start here.</param>
public sealed record Declaration(StandardEdition Edition, Dut Dut, Ics Ics, Ixit Ixit, LabSetup Lab, string Folder)
{
    /// <summary>Addresses of the first sample, which is the one that is probed.</summary>
    public ImmutableArray<DutAddress> Addresses => Dut.Samples.IsEmpty ? [] : Dut.Samples[0].Addresses;

    /// <summary>All endpoints that a declared port means: one for each address of the DUT.</summary>
    public IEnumerable<Endpoint> EndpointsOf(int port, Transport transport = Transport.Tcp) =>
        Addresses.Select(address => new Endpoint(address, port, transport));
}

/// <summary>A place in a file, for complaints: <c>ixit/01-AuthMech.yaml:12</c>.</summary>
/// <param name="File">Path relative to the declaration's folder, with forward slashes.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
public readonly record struct SourceSpan(string File, int Line, int Column = 1)
{
    /// <summary>File, colon, line.</summary>
    public override string ToString() => $"{File}:{Line}";
}

/// <summary>A value that a declaration gives or leaves out; nothing else stands for "not said".</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public readonly record struct Fact<T>
{
    private readonly T _value;

    private Fact(T value, SourceSpan at)
    {
        _value = value;
        At = at;
        IsDeclared = true;
    }

    /// <summary>The value is not declared.</summary>
    public static Fact<T> Missing => default;

    /// <summary>Whether the declaration gives the value.</summary>
    public bool IsDeclared { get; }

    /// <summary>Where the value stands; default when it is missing.</summary>
    public SourceSpan At { get; }

    /// <summary>A declared value.</summary>
    public static Fact<T> Declared(T value, SourceSpan at) => new(value, at);

    /// <summary>The value if declared.</summary>
    public bool TryGet(out T value)
    {
        value = _value;
        return IsDeclared;
    }

    /// <summary>The value, or <paramref name="otherwise"/> when it is missing.</summary>
    public T Or(T otherwise) => IsDeclared ? _value : otherwise;

    /// <summary>Whether the value is declared and equals <paramref name="expected"/>.</summary>
    public bool Is(T expected) => IsDeclared && EqualityComparer<T>.Default.Equals(_value, expected);

    /// <summary>The value, or (not declared).</summary>
    public override string ToString() => IsDeclared ? _value?.ToString() ?? "" : "(not declared)";
}

/// <summary>Identification of the device under test (ISO/IEC 17025:2017, 7.8.2.1 g).</summary>
/// <param name="Maker">Supplier.</param>
/// <param name="Brand">Brand or trade name; empty when it is the maker's.</param>
/// <param name="Model">Model designation.</param>
/// <param name="Kind">What kind of device it is, in words.</param>
/// <param name="Firmware">Version of the software under test.</param>
/// <param name="Hardware">Hardware version or configuration.</param>
/// <param name="IsConstrained">Whether the supplier states that it is a constrained device (EN 303 645, 3.1).</param>
/// <param name="ConstrainedJustification">Why it is constrained; empty otherwise.</param>
/// <param name="States">Device states of the DUT that the supplier distinguishes, for example factory default, initialised.</param>
/// <param name="AssociatedServices">Associated services, in words.</param>
/// <param name="Samples">The units at hand; the first is probed.</param>
/// <param name="Conditions">Conditions that the supplier states expressly, by condition id.</param>
/// <param name="Ref">The identification as evidence.</param>
public sealed record Dut(
    string Maker,
    string Brand,
    string Model,
    string Kind,
    string Firmware,
    string Hardware,
    Fact<bool> IsConstrained,
    string ConstrainedJustification,
    ImmutableArray<string> States,
    ImmutableArray<string> AssociatedServices,
    ImmutableArray<DutSample> Samples,
    ImmutableDictionary<string, StatedCondition> Conditions,
    EvidenceRef Ref);

/// <summary>A condition that the supplier states expressly in <c>dut.yaml</c>.</summary>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Because">The reason.</param>
/// <param name="At">Where it stands.</param>
public sealed record StatedCondition(bool Holds, string Because, SourceSpan At);

/// <summary>One unit of the DUT. Uniqueness can be tested with two only.</summary>
/// <param name="Name">The laboratory's name for it.</param>
/// <param name="Serial">Serial number; empty when unknown.</param>
/// <param name="Mac">MAC addresses as declared, in lower case with colons.</param>
/// <param name="Addresses">IP addresses in the lab LAN.</param>
public sealed record DutSample(string Name, string Serial, ImmutableArray<string> Mac, ImmutableArray<DutAddress> Addresses);

/// <summary>Answer in the support column of the ICS.</summary>
public enum Support
{
    /// <summary>Y: the provision is fulfilled.</summary>
    Yes,

    /// <summary>N: the provision applies and is not fulfilled.</summary>
    No,

    /// <summary>N/A: the condition of the provision does not hold.</summary>
    NotApplicable,
}

/// <summary>The implementation conformance statement: one entry for each provision that the supplier answered.</summary>
/// <param name="Entries">In the order of the standard.</param>
public sealed record Ics(ImmutableArray<IcsEntry> Entries)
{
    /// <summary>The answer for a provision, or null when the ICS has none.</summary>
    public IcsEntry? Find(ProvisionId provision) => Entries.FirstOrDefault(entry => entry.Provision == provision);
}

/// <summary>A row of the ICS.</summary>
/// <param name="Provision">The provision.</param>
/// <param name="Support">Y, N or N/A.</param>
/// <param name="Detail">Measures taken, or the reason; empty when nothing is said.</param>
/// <param name="At">Where it stands.</param>
/// <param name="Ref">The row as evidence.</param>
public sealed record IcsEntry(ProvisionId Provision, Support Support, string Detail, SourceSpan At, EvidenceRef Ref);

/// <summary>The IXIT: all tables with their entries.</summary>
/// <param name="Tables">Tables that the declaration contains, in order.</param>
public sealed record Ixit(ImmutableArray<IxitSheet> Tables)
{
    /// <summary>Entries of a table; none when the declaration does not contain it.</summary>
    public ImmutableArray<IxitEntry> Entries(IxitRole role) =>
        Tables.FirstOrDefault(sheet => sheet.Table.Role == role)?.Entries ?? [];

    /// <summary>The entry with an id such as <c>LogIntf-3</c>, or null.</summary>
    public IxitEntry? Find(string id) =>
        Tables.SelectMany(sheet => sheet.Entries).FirstOrDefault(entry => string.Equals(entry.Id, id, StringComparison.Ordinal));

    /// <summary>Entries of a table together with their typed facts; an entry without any comes with all facts missing.</summary>
    public IEnumerable<(IxitEntry Entry, TFacts Facts)> With<TFacts>(IxitRole role)
        where TFacts : IxitFacts, new() =>
        Entries(role).Select(entry => (entry, entry.Facts as TFacts ?? new TFacts()));

    /// <summary>
    /// Declared logical interfaces: 28-LogIntf in V3.1.3; in V2.1.1 the entries of 15-Intf and of 28-ExtAPI that are not physical.
    /// </summary>
    public IEnumerable<(IxitEntry Entry, LogIntfFacts Facts)> LogicalInterfaces(StandardEdition edition) =>
        edition == StandardEdition.V2
            ? With<LogIntfFacts>(IxitRole.Intf).Concat(With<LogIntfFacts>(IxitRole.LogIntf)).Where(pair => !pair.Facts.Physical.Or(false))
            : With<LogIntfFacts>(IxitRole.LogIntf);
}

/// <summary>A table of the IXIT as filled in.</summary>
/// <param name="Table">The table.</param>
/// <param name="Entries">Its rows; a table without rows has one entry that stands for the form.</param>
/// <param name="File">File it stands in.</param>
public sealed record IxitSheet(IxitTable Table, ImmutableArray<IxitEntry> Entries, string File);

/// <summary>A row of an IXIT table: the free text of the pro forma and, beside it, typed facts that the harness can act on.</summary>
/// <param name="Table">The table.</param>
/// <param name="Id">Label, for example <c>AuthMech-1</c>; the table's stem for a table without rows.</param>
/// <param name="Fields">Free text by column name, in the order of the file. Unknown columns are kept.</param>
/// <param name="Facts">Typed facts, or null when the entry has none.</param>
/// <param name="At">Where it stands.</param>
/// <param name="Ref">The entry as evidence, for example <c>ixit/AuthMech-1</c>.</param>
public sealed record IxitEntry(
    IxitTable Table,
    string Id,
    ImmutableArray<KeyValuePair<string, string>> Fields,
    IxitFacts? Facts,
    SourceSpan At,
    EvidenceRef Ref)
{
    /// <summary>Text of a column; missing when the column is absent or blank.</summary>
    public Fact<string> Field(string name) =>
        Fields.FirstOrDefault(field => field.Key == name) is { Value: { } text } && !string.IsNullOrWhiteSpace(text)
            ? Fact<string>.Declared(text, At)
            : Fact<string>.Missing;

    /// <summary>Ids of other entries that a column names, such as <c>AuthMech-1</c> in "see AuthMech-1 and AuthMech-2".</summary>
    public ImmutableArray<string> References(string name) => EntryIds.In(Field(name).Or(""));
}
