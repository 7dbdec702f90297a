using System.Globalization;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Http;

/// <summary>Reads the Strict-Transport-Security header (HSTS; RFC 6797, 6.1).</summary>
internal static class StrictTransport
{
    private const int MaxDirectives = 32;

    /// <summary>Reads one header value; any text at all.</summary>
    /// <param name="header">The value.</param>
    /// <param name="where">Path of the answer.</param>
    /// <param name="seen">What it says.</param>
    /// <returns>False for what clients have to ignore: without max-age, or with a directive twice (RFC 6797, 6.1).</returns>
    public static bool TryParse(string header, string where, out WebStrictTransport seen)
    {
        seen = null!;
        long? maxAge = null;
        var includesSubDomains = false;
        foreach (var part in header.Split(';', MaxDirectives))
        {
            var directive = part.Trim();
            var equals = directive.IndexOf('=', StringComparison.Ordinal);
            var name = (equals < 0 ? directive : directive[..equals]).TrimEnd();
            if (name.Equals("max-age", StringComparison.OrdinalIgnoreCase))
            {
                var value = equals < 0 ? "" : directive[(equals + 1)..].Trim();
                value = value is ['"', .., '"'] ? value[1..^1] : value;
                if (maxAge is not null || !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                {
                    return false;
                }

                maxAge = seconds;
            }
            else if (name.Equals("includeSubDomains", StringComparison.OrdinalIgnoreCase))
            {
                if (includesSubDomains)
                {
                    return false;
                }

                includesSubDomains = true;
            }
        }

        seen = maxAge is { } age ? new WebStrictTransport(true, age, includesSubDomains, where) : null!;
        return maxAge is not null;
    }
}
