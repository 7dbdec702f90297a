using System.Text.RegularExpressions;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Names that a device announces of itself by a discovery protocol.</summary>
/// <remarks>
/// Giving a name is what discovery is for, and a name alone tells no more than the device on the shelf does: it counts as a product's name.
/// What is built into it (a serial number, a hardware address or its end, a version) counts as what it is.
/// </remarks>
internal static class AnnouncedNames
{
    // A version 1 UUID ends with the node, which is a hardware address when its multicast bit is clear (RFC 9562, 5.1).
    private static readonly Regex _timeUuid = new(@"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-1[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-([0-9a-fA-F]{12})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Notes a name.</summary>
    public static void Add(string name, string where, ProbeFacts facts, InformationReader reader, SurveyNotes notes)
    {
        var text = name.Trim();
        if (text.Length == 0)
        {
            return;
        }

        var found = reader.Read(text, TextKind.Banner);
        notes.Add(found, where);
        notes.Add(DisclosureKind.Product, found.Redact(text), where);
        var digits = new string([.. text.Where(char.IsAsciiLetterOrDigit)]);
        if (facts.HardwareAddresses.FirstOrDefault(mac => digits.Contains(mac, StringComparison.OrdinalIgnoreCase) || digits.Contains(mac[6..], StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            notes.Add(DisclosureKind.MacAddress, $"{text} has digits of the hardware address {string.Join(':', known.Chunk(2).Select(pair => new string(pair)))}", where);
        }
        else if (_timeUuid.Match(text) is { Success: true } uuid && (Convert.ToByte(uuid.Groups[1].Value[..2], 16) & 1) == 0)
        {
            notes.Add(DisclosureKind.MacAddress, $"{text} (a version 1 UUID ends with a hardware address)", where);
        }
    }
}

/// <summary>What is declared of the DUT, in the form in which names are compared with it.</summary>
/// <param name="HardwareAddresses">Declared hardware addresses, twelve hex digits in lower case.</param>
internal sealed record ProbeFacts(IReadOnlyList<string> HardwareAddresses)
{
    /// <summary>What a declaration holds.</summary>
    public static ProbeFacts Of(Model.Declared.Declaration declared) => new(
        [.. declared.Dut.Samples.SelectMany(sample => sample.Mac).Select(mac => new string([.. mac.Where(char.IsAsciiHexDigit)]).ToLowerInvariant()).Where(mac => mac.Length == 12)]);
}
