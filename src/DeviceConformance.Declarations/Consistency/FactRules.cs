using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Consistency;

/// <summary>Typed facts against each other and against the text beside them.</summary>
internal sealed class FactRules
{
    private readonly Draft _draft;
    private readonly ComplaintBook _complaints;
    private readonly HashSet<(string Table, string Field)> _misread;

    private FactRules(Draft draft, ComplaintBook complaints)
    {
        _draft = draft;
        _complaints = complaints;
        _misread = complaints.Fields;
    }

    public static void Check(Draft draft, ComplaintBook complaints)
    {
        var rules = new FactRules(draft, complaints);
        rules.AuthMechs();
        rules.UpdMechs();
        rules.ComMechs();
        rules.SoftServs();
        rules.Interfaces();
    }

    private void AuthMechs()
    {
        foreach (var (entry, facts) in Declared<AuthMechFacts>(IxitRole.AuthMech))
        {
            Need(entry, facts.Subject, "subject");
            Need(entry, facts.Factor, "factor");
            Need(entry, facts.NetworkAddressable, "network-addressable");
            if (facts.Factor.Is(AuthFactor.Password))
            {
                Need(entry, facts.Origin, "origin");
            }

            Clash(entry, facts.Origin.IsDeclared && facts.Factor.IsDeclared && !facts.Factor.Is(AuthFactor.Password), facts.Origin.At, "origin", "gives the origin of a password, but its factor is no password");
            Clash(entry, facts.NetworkAddressable.Is(false) && !facts.Logins.IsEmpty, facts.NetworkAddressable.At, "logins", "gives network logins, but is not addressable from a network");
            Clash(entry, facts.Origin.Is(PasswordOrigin.UserDefined) && facts.PasswordLength.IsDeclared, facts.PasswordLength.At, "password-length", "gives the length of a preset password, but the user defines it");
            Clash(entry, facts.Origin.Is(PasswordOrigin.UserDefined) && facts.PasswordAlphabet.IsDeclared, facts.PasswordAlphabet.At, "password-alphabet", "gives the characters of a preset password, but the user defines it");
            foreach (var login in facts.Logins.Where(login => !PortIsDeclared(login.Port)))
            {
                _complaints.Warn(
                    "undeclared-port",
                    _draft.PlaceOfFacts(entry),
                    $"{entry.Id} logs in at TCP port {login.Port}, which no entry of {Name(IxitRole.SoftServ)}, {Name(IxitRole.LogIntf)} or {Name(IxitRole.Intf)} declares.",
                    "Add the port to the facts of the service or interface that it belongs to.",
                    entry.Table.Id,
                    "logins");
            }
        }
    }

    private void UpdMechs()
    {
        foreach (var (entry, facts) in Declared<UpdMechFacts>(IxitRole.UpdMech))
        {
            Need(entry, facts.Network, "network");
            Need(entry, facts.Automatic, "automatic");
            Need(entry, facts.Notifies, "notifies");
            Clash(entry, facts.Network.Is(false) && facts.Offer.IsDeclared, facts.Network.At, "network", "offers updates over the network, but is declared not to work over one");
            Clash(entry, facts.Offer.Or(null!) is UpdateOffer.Upload && facts.Genuine.TryGet(out var image) && image.Manifest.Length > 0, facts.Genuine.At, "manifest", "is uploaded, but its image has a manifest, which only a fetched update has");
            VersionOrder(entry, facts);
        }
    }

    private void VersionOrder(IxitEntry entry, UpdMechFacts facts)
    {
        var running = _draft.Declaration.Dut.Firmware;
        if (facts.Genuine.TryGet(out var genuine) && Compare(genuine.Version, running) is <= 0)
        {
            _complaints.Error("version-order", facts.Genuine.At, $"The genuine image of {entry.Id} is {Quotation.Of(genuine.Version)}, which is not newer than the firmware {Quotation.Of(running)}.", "Hand over an image that the DUT has to accept as an update.", entry.Table.Id, "genuine");
        }

        if (facts.Older.TryGet(out var older) && Compare(older.Version, running) is >= 0)
        {
            _complaints.Error("version-order", facts.Older.At, $"The older image of {entry.Id} is {Quotation.Of(older.Version)}, which is not older than the firmware {Quotation.Of(running)}.", "Hand over an image of an earlier version.", entry.Table.Id, "older");
        }
    }

    private void ComMechs()
    {
        foreach (var (entry, facts) in Declared<ComMechFacts>(IxitRole.ComMech))
        {
            Need(entry, facts.Protocol, "protocol");
            Need(entry, facts.Role, "role");
            if (facts.Role.Is(CommRole.Server))
            {
                Need(entry, facts.Port, "port");
            }

            var noTls = facts.Protocol.IsDeclared && !facts.Protocol.Is(CommProtocol.Tls) && !facts.Protocol.Is(CommProtocol.Dtls) && !facts.Protocol.Is(CommProtocol.Other);
            Clash(entry, noTls && (!facts.Versions.IsEmpty || !facts.Suites.IsEmpty || !facts.CertificateSha256.IsEmpty), facts.Protocol.At, "protocol", "gives TLS versions, suites or certificates, but its protocol is not TLS");
            Clash(entry, facts.Protocol.IsDeclared && !facts.Protocol.Is(CommProtocol.Ssh) && !facts.SshAlgorithms.IsEmpty, facts.Protocol.At, "protocol", "gives SSH algorithms, but its protocol is not SSH");
            Clash(entry, facts.Protocol.Is(CommProtocol.Tls) && facts.Transport.Is(Transport.Udp), facts.Transport.At, "transport", "is TLS over UDP, which is DTLS");
            Clash(entry, facts.Protocol.Is(CommProtocol.Dtls) && facts.Transport.Is(Transport.Tcp), facts.Transport.At, "transport", "is DTLS over TCP, which is TLS");
            if (facts.Protocol.Is(CommProtocol.Tls) && facts.Role.Is(CommRole.Server) && facts.Versions.IsEmpty)
            {
                Missing(entry, "versions");
            }
        }
    }

    private void SoftServs()
    {
        foreach (var (entry, facts) in Declared<SoftServFacts>(IxitRole.SoftServ))
        {
            Need(entry, facts.Network, "network");
            Need(entry, facts.Status, "status");
            Need(entry, facts.AllowsConfiguration, "allows-configuration");
            AgainstText(entry, facts.Status, Prose.Status(entry.Field("Status")), "Status");
            AgainstText(entry, facts.AllowsConfiguration, Prose.YesOrNo(entry.Field("Allows Configuration")), "Allows Configuration");
        }
    }

    private void Interfaces()
    {
        var interfaces = Declared<LogIntfFacts>(IxitRole.Intf).Concat(Declared<LogIntfFacts>(IxitRole.LogIntf));
        foreach (var (entry, facts) in interfaces)
        {
            var mayBePhysical = entry.Table.Role == IxitRole.Intf;
            Clash(entry, !mayBePhysical && facts.Physical.Is(true), facts.Physical.At, "physical", $"is physical, but {entry.Table.Id} holds logical interfaces");
            Clash(entry, facts.Physical.Is(true) && !facts.Ports.IsEmpty, facts.Physical.At, "ports", "is physical, but has TCP or UDP ports");
            Clash(entry, facts.Network.Is(false) && !facts.Ports.IsEmpty, facts.Network.At, "network", "has ports, but can not be reached over a network");
            AgainstText(entry, facts.Status, Prose.Status(entry.Field("Status")), "Status");
            AgainstText(entry, facts.Debug, Prose.YesOrNo(entry.Field("Debug Interface")), "Debug Interface");
            if (!mayBePhysical)
            {
                Need(entry, facts.Network, "network");
                Need(entry, facts.Status, "status");
            }

            if (facts.Network.Is(true) && facts.Status.Is(InterfaceStatus.Enabled) && !facts.Physical.Is(true) && facts.Ports.IsEmpty && facts.Transport.IsDeclared)
            {
                Missing(entry, "ports");
            }
        }
    }

    private bool PortIsDeclared(int port)
    {
        var ixit = _draft.Declaration.Ixit;
        return _draft.Broken.Contains(IxitRole.SoftServ) || _draft.Broken.Contains(IxitRole.LogIntf) || _draft.Broken.Contains(IxitRole.Intf)
            || ixit.With<SoftServFacts>(IxitRole.SoftServ).Any(pair => pair.Facts.Ports.Contains(port) && !pair.Facts.Transport.Is(Transport.Udp))
            || ixit.LogicalInterfaces(_draft.Declaration.Edition).Any(pair => pair.Facts.Ports.Contains(port) && !pair.Facts.Transport.Is(Transport.Udp));
    }

    private IEnumerable<(IxitEntry Entry, TFacts Facts)> Declared<TFacts>(IxitRole role)
        where TFacts : IxitFacts, new() =>
        _draft.Declaration.Ixit.With<TFacts>(role).Where(pair => pair.Entry.Facts is not null);

    private string Name(IxitRole role) => _draft.Catalogue.Tables.FirstOrDefault(table => table.Role == role)?.Id ?? role.ToString();

    private void Need<T>(IxitEntry entry, Fact<T> fact, string key)
    {
        if (!fact.IsDeclared)
        {
            Missing(entry, key);
        }
    }

    private void Missing(IxitEntry entry, string key)
    {
        if (!_misread.Contains((entry.Table.Id, key)))
        {
            _complaints.Warn("missing-fact", _draft.PlaceOfFacts(entry), $"The facts of {entry.Id} do not give '{key}'.", $"Add '{key}:'; without it the harness has to leave open what depends on it.", entry.Table.Id, key);
        }
    }

    private void Clash(IxitEntry entry, bool clashes, SourceSpan at, string key, string what)
    {
        if (clashes)
        {
            _complaints.Error("facts-disagree", at, $"{entry.Id} {what}.", "Change the fact that is wrong.", entry.Table.Id, key);
        }
    }

    private void AgainstText<T>(IxitEntry entry, Fact<T> fact, Fact<T> text, string field)
    {
        if (fact.TryGet(out var typed) && text.IsDeclared && !text.Is(typed))
        {
            _complaints.Error("fact-against-text", _draft.PlaceOf(entry, field), $"The column {field} of {entry.Id} says the opposite of its typed fact.", "Change the one that is wrong.", entry.Table.Id, field);
        }
    }

    // Versions are compared only where both are plain numbers with dots; other schemes have orders of their own.
    private static int? Compare(string left, string right) =>
        Numbers(left) is { } one && Numbers(right) is { } other
            ? Enumerable.Range(0, Math.Max(one.Length, other.Length))
                .Select(i => one.ElementAtOrDefault(i).CompareTo(other.ElementAtOrDefault(i)))
                .FirstOrDefault(order => order != 0)
            : null;

    private static int[]? Numbers(string version)
    {
        var parts = version.TrimStart('v', 'V').Split('.');
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], System.Globalization.NumberStyles.None, null, out numbers[i]))
            {
                return null;
            }
        }

        return numbers;
    }
}
