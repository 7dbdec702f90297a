using DeviceConformance.Model.Declared;

namespace DeviceConformance.Model.Judgement.Conditions;

/// <summary>What the identification of the DUT shows of its resources: conditions 4 and 5, and what follows for 14 and 15.</summary>
internal static class ConstraintConditions
{
    public static Truth Constrained(Declaration declared, bool wanted)
    {
        if (!declared.Dut.IsConstrained.TryGet(out var constrained))
        {
            return new Truth.Unknown("The identification of the DUT does not say whether it is a constrained device.", "Add 'constrained' to dut.yaml.");
        }

        var reason = constrained
            ? $"{declared.Dut.IsConstrained.At} states that it is a constrained device: {declared.Dut.ConstrainedJustification.TrimEnd('.')}."
            : $"{declared.Dut.IsConstrained.At} states that it is not a constrained device.";
        return constrained == wanted ? new Truth.Holds(reason, declared.Dut.Ref) : new Truth.DoesNotHold(reason, declared.Dut.Ref);
    }

    // That a device is constrained does not say by what; that it is not says that nothing limits it.
    public static Truth Unlimited(Declaration declared) =>
        Constrained(declared, false) is Truth.Holds unlimited
            ? unlimited
            : new Truth.Unknown("The DUT is called constrained or says nothing about it; that does not show what its resources rule out.", "State the condition in dut.yaml with the limit that matters.");
}
