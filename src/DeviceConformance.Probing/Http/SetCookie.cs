using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Http;

/// <summary>Reads a Set-Cookie header as clients do (RFC 6265, 5.2): tolerantly, attributes in any order and case.</summary>
internal static class SetCookie
{
    private const int MaxAttributes = 32;
    private const int MaxName = 128;

    /// <summary>Reads one header value; any text at all.</summary>
    /// <param name="header">The value.</param>
    /// <param name="where">Path of the answer.</param>
    /// <param name="cookie">The cookie.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False for what is no cookie, or takes one back by an empty value.</returns>
    public static bool TryParse(string header, string where, out WebCookie cookie, out string value)
    {
        (cookie, value) = (null!, "");
        var parts = header.Split(';', MaxAttributes);
        var equals = parts[0].IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            return false;
        }

        var name = parts[0][..equals].Trim();
        value = parts[0][(equals + 1)..].Trim().Trim('"');
        if (name.Length is 0 or > MaxName || value.Length == 0 || name.Any(char.IsControl))
        {
            return false;
        }

        var (secure, httpOnly, sameSite) = (false, false, "");
        foreach (var part in parts.Skip(1))
        {
            var attribute = part.Trim();
            if (attribute.Equals("Secure", StringComparison.OrdinalIgnoreCase))
            {
                secure = true;
            }
            else if (attribute.Equals("HttpOnly", StringComparison.OrdinalIgnoreCase))
            {
                httpOnly = true;
            }
            else if (attribute.StartsWith("SameSite=", StringComparison.OrdinalIgnoreCase) && attribute.Length < 32)
            {
                sameSite = new string([.. attribute[9..].Trim().Where(char.IsAsciiLetter)]);
            }
        }

        cookie = new WebCookie(name, where, value.Length, secure, httpOnly, sameSite);
        return true;
    }

    /// <summary>Whether other sites can not send the cookie along with a request that changes something: SameSite of Lax or Strict (RFC 6265bis, 5.6.7).</summary>
    public static bool IsKeptFromOtherSites(WebCookie cookie) =>
        cookie.SameSite.Equals("Lax", StringComparison.OrdinalIgnoreCase) || cookie.SameSite.Equals("Strict", StringComparison.OrdinalIgnoreCase);
}
