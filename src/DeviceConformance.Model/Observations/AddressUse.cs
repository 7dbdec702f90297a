using System.Collections.Immutable;
using System.Globalization;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>What the times at which a DUT used its IPv6 addresses tell of whether they are temporary (RFC 8981) or stay the same (RFC 7217).</summary>
/// <remarks>
/// An identifier shows nothing by itself: both kinds look random. Only use over time tells them apart, so that these are words for people and
/// never a verdict. Addresses that are made from the MAC address are told by <see cref="AddressKind.IPv6Eui64"/>.
/// </remarks>
public static class AddressUse
{
    // For two days a temporary address may be used at all, unless somebody sets it otherwise (RFC 8981, 3.8: TEMP_VALID_LIFETIME).
    private static readonly TimeSpan _longestTemporary = TimeSpan.FromDays(2);

    // Connections that are open keep an address which has been replaced for new ones (RFC 8981, 3.5); much longer it would be a second one.
    private static readonly TimeSpan _longestOverlap = TimeSpan.FromHours(1);

    // An address that was silent for less at the end may be used again the next moment.
    private static readonly TimeSpan _shortestAbsence = TimeSpan.FromMinutes(10);

    /// <summary>One sentence, without a full stop, for each IPv6 address beyond the link whose identifier is not made from the MAC address.</summary>
    /// <param name="addresses">Addresses that the DUT used.</param>
    public static ImmutableDictionary<string, string> Of(ImmutableArray<AddressSeen> addresses)
    {
        var told = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var prefix in addresses.Select(seen => (Seen: seen, Prefix: PrefixOf(seen))).Where(pair => pair.Prefix is not null).GroupBy(pair => pair.Prefix, pair => pair.Seen, StringComparer.Ordinal))
        {
            var used = prefix.OrderBy(seen => seen.First).ToList();
            var replaced = used.Select(seen => (Old: seen, New: used.Find(other => Replaces(seen, other)))).Where(pair => pair.New is not null).ToList();
            foreach (var seen in used)
            {
                told[seen.Address] = replaced.Find(pair => pair.Old == seen) is { New: { } successor }
                    ? $"seems temporary: replaced by {successor.Address} at {Moment(successor.First)}"
                    : replaced.Find(pair => seen != pair.New && seen.First <= pair.Old.Last && seen.Last >= pair.New!.First) is { Old: { } before }
                        ? $"seems to stay: in use before and after {before.Address} was replaced"
                        : seen.Last - seen.First > _longestTemporary
                            ? $"seems to stay: in use for {((seen.Last - seen.First).TotalDays).ToString("0.0", CultureInfo.InvariantCulture)} days, longer than a temporary address is valid by default (RFC 8981, 3.8)"
                            : replaced.Exists(pair => pair.New == seen)
                                ? "seems temporary: it took the place of another, and was not yet replaced itself"
                                : "whether it is temporary does not show in this time";
            }
        }

        return told.ToImmutable();
    }

    private static bool Replaces(AddressSeen old, AddressSeen other) =>
        other.First > old.First
        && other.First >= old.Last - Overlap(old)
        && other.Last - old.Last >= _shortestAbsence;

    // A quarter at the most: addresses that are both in use most of the time stand beside each other.
    private static TimeSpan Overlap(AddressSeen old) => (old.Last - old.First) / 4 is var quarter && quarter < _longestOverlap ? quarter : _longestOverlap;

    // Temporary addresses are of global scope (RFC 8981, 1); link-local ones do not leave the link.
    private static string? PrefixOf(AddressSeen seen) =>
        seen.Kind == AddressKind.IPv6Other && DutAddress.TryParse(seen.Address, CultureInfo.InvariantCulture, out var address) && !address.Address.IsIPv6LinkLocal
            ? Convert.ToHexString(address.Address.GetAddressBytes().AsSpan(0, 8))
            : null;

    private static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
