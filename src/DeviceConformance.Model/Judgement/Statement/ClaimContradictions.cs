using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement.Conditions;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Model.Judgement.Statement;

/// <summary>Claims that a single entry of the IXIT refutes.</summary>
internal sealed class ClaimContradictions
{
    private readonly Declaration _declared;
    private readonly List<IcsRemark> _remarks = [];

    private ClaimContradictions(Declaration declared) => _declared = declared;

    public static IEnumerable<IcsRemark> Check(Declaration declared)
    {
        var claims = new ClaimContradictions(declared);
        claims.Authentication();
        claims.Confirmations();
        claims.Updates();
        claims.Communication();
        claims.Services();
        claims.Interfaces();
        return claims._remarks;
    }

    private void Authentication()
    {
        foreach (var (entry, facts) in _declared.Ixit.With<AuthMechFacts>(IxitRole.AuthMech))
        {
            Refute("5.1-1", "shared-password", entry, facts.Origin.Is(PasswordOrigin.PresetUniversal), "has a preset password that several units share", "Give every unit its own password, or let the user set it.");
            Refute("5.1-2A", "password-between-machines", entry, facts.Subject.Is(AuthSubject.Machine) && facts.Factor.Is(AuthFactor.Password), "lets machines authenticate by a password", "Use another factor, or answer N with the reason.");
            var defence = entry.Field("Brute Force Prevention");
            Refute("5.1-5", "no-guessing-defence", entry, AuthenticationConditions.NetworkAddressable(facts).Is(true) && defence.TryGet(out var said) && Prose.SaysNone(said) && !facts.LockOut.IsDeclared, "can be addressed from a network and has no defence against guessing", "Name the defence.");
        }
    }

    private void Confirmations()
    {
        (string Provision, string Field)[] needed =
        [
            ("5.2-2", "Confirmation of Vulnerability Actions"),
            ("5.2-3", "Confirmation of Vulnerability Monitoring"),
            ("5.3-8", "Confirmation of Update Procedures"),
            ("5.5-8", "Confirmation of Secure Management"),
            ("5.6-9", "Confirmation of Secure Development"),
        ];
        foreach (var entry in _declared.Ixit.Entries(IxitRole.Conf))
        {
            foreach (var (provision, field) in needed)
            {
                Refute(provision, "denied-confirmation", entry, Prose.YesOrNo(entry.Field(field)).Is(false), $"answers {field} with no", "Confirm it, or change the answer.");
            }
        }
    }

    private void Updates()
    {
        foreach (var entry in _declared.Ixit.Entries(IxitRole.SoftComp))
        {
            var isUnexplained = !EntryReferences.Named(_declared, entry, "Update Mechanism", IxitRole.UpdMech)
                && entry.Field("Update Mechanism").TryGet(out var said) && !Prose.GivesReason(said);
            Refute("5.3-1", "component-without-update", entry, isUnexplained, "has no update mechanism and gives no reason for it", "Name the mechanism, or say why the component can not or must not be updated.");
        }

        var mechanisms = _declared.Ixit.With<UpdMechFacts>(IxitRole.UpdMech).ToList();
        if (mechanisms.Count > 0 && mechanisms.All(pair => pair.Facts.Automatic.Is(false)))
        {
            foreach (var provision in new[] { "5.3-4", "5.3-4A" })
            {
                Refute(provision, "no-automatic-update", mechanisms[0].Entry, true, "and every other mechanism install nothing without the user", "Declare the automatic mechanism, or answer N with the reason.");
            }
        }
    }

    private void Communication()
    {
        var clear = _declared.Ixit.With<ComMechFacts>(IxitRole.ComMech).Where(pair => pair.Facts.Protocol.Is(CommProtocol.None)).ToList();
        foreach (var (entry, facts) in clear)
        {
            Refute("5.5-1", "clear-text", entry, _declared.Edition != StandardEdition.V2, "is clear text among the secure communication mechanisms", "Protect it, or list it elsewhere.");
            foreach (var parameter in _declared.Ixit.Entries(IxitRole.SecParam).Where(parameter => ParameterConditions.IsCritical(parameter).Is(true) && CarriedBy(parameter, entry)))
            {
                Refute("5.5-6", "clear-text", entry, true, $"is clear text and carries the critical parameter {parameter.Id}", "Encrypt it.", parameter);
                Refute("5.5-7", "clear-text", entry, facts.RemotelyAccessible.Is(true), $"is clear text, remotely accessible, and carries the critical parameter {parameter.Id}", "Encrypt it.", parameter);
            }
        }
    }

    private static bool CarriedBy(IxitEntry parameter, IxitEntry mechanism) =>
        parameter.References("Communication Mechanisms").Contains(mechanism.Id) || parameter.References("Secure Communication Mechanisms").Contains(mechanism.Id);

    private void Services()
    {
        foreach (var (entry, facts) in _declared.Ixit.With<SoftServFacts>(IxitRole.SoftServ))
        {
            var isOpen = facts.Network.Is(true) && !facts.Status.Is(InterfaceStatus.Disabled) && !EntryReferences.Named(_declared, entry, "Authentication Mechanism", IxitRole.AuthMech);
            Refute("5.5-5", "configuration-without-login", entry, isOpen && facts.AllowsConfiguration.Is(true), "changes security-relevant settings over a network and names no authentication mechanism", "Name the mechanism that guards it.");
            Refute("5.5-4", "service-without-login", entry, isOpen && entry.Field("Authentication Mechanism").TryGet(out var said) && !Prose.GivesReason(said), "can be reached over a network, names no authentication mechanism and gives no reason", "Name the mechanism that guards it, or say why it needs none.");
            Refute("5.6-5", "service-without-need", entry, facts.Status.Is(InterfaceStatus.Enabled) && entry.Field("Justification").TryGet(out var why) && !Prose.GivesReason(why), "is enabled without a justification", "Say why it is needed, or disable it.");
        }
    }

    private void Interfaces()
    {
        foreach (var (entry, facts) in InterfaceConditions.Interfaces(_declared))
        {
            var isEnabled = facts.Status.Is(InterfaceStatus.Enabled);
            Refute("5.6-1", "unused-interface-enabled", entry, isEnabled && facts.Network.Is(true) && facts.Needed.Is(false), "is a network interface that is enabled although it is not needed", "Disable it, or declare what it is needed for.");
            var isOpenDebug = isEnabled && InterfaceConditions.IsDebug(entry).Is(true);
            Refute("5.6-4", "debug-interface-enabled", entry, isOpenDebug && !facts.Physical.Is(false), "is a debug interface that is enabled", "Disable it in software.");
            Refute("5.6-4A", "debug-interface-enabled", entry, isOpenDebug && entry.Field("Protection").TryGet(out var said) && Prose.SaysNone(said), "is a debug interface that is enabled and not protected", "Disable it in software, or protect it by authentication.");
        }
    }

    private void Refute(string provision, string rule, IxitEntry entry, bool isRefuted, string how, string remedy, params ReadOnlySpan<IxitEntry> others)
    {
        if (!isRefuted || _declared.Ics.Find(ProvisionId.Parse(provision)) is not { Support: Support.Yes } row)
        {
            return;
        }

        _remarks.Add(IcsRules.OnRow(
            rule,
            IcsWeight.Violation,
            row,
            $"Provision {row.Provision} is answered Y, but {entry.Id} of {entry.Table.Id} {how}.",
            remedy,
            [entry.Ref, .. others.ToArray().Select(other => other.Ref)]) with
        {
            Table = entry.Table.Id,
        });
    }
}
