using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>What a survey of a web port saw beside information, open resources and logins.</summary>
/// <param name="Requests">GET requests made, repeats included.</param>
/// <param name="Bytes">Bytes of bodies read.</param>
/// <param name="Depth">Links from the start page to the farthest page asked for.</param>
/// <param name="Left">Paths that pages name and that the budget left unasked, at most 20.</param>
/// <param name="Actions">Paths that pages name and that were not asked for because they name an action, at most 40.</param>
/// <param name="ToTls">On a port in clear: answers that lead to TLS on the same address.</param>
/// <param name="InClear">On a port in clear: paths that gave content there, at most 20.</param>
/// <param name="Cookies">Cookies set before any login.</param>
/// <param name="Forms">Forms that are sent by POST, those of logins left out.</param>
/// <param name="Writes">Requests other than GET that scripts and API descriptions name. None of them was sent.</param>
/// <param name="WebSockets">WebSocket paths that were tried and are there.</param>
public sealed record WebSeen(
    int Requests,
    long Bytes,
    int Depth,
    ImmutableArray<string> Left,
    ImmutableArray<string> Actions,
    int ToTls,
    ImmutableArray<string> InClear,
    ImmutableArray<WebCookie> Cookies,
    ImmutableArray<WebForm> Forms,
    ImmutableArray<WebWrite> Writes,
    ImmutableArray<WebSocketSeen> WebSockets)
{
    /// <summary>Whether the port tells browsers to come inside TLS only; null on a port in clear, where it would mean nothing (RFC 6797, 7.2), and in recordings of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WebStrictTransport? StrictTransport { get; init; }
}

/// <summary>The Strict-Transport-Security header (HSTS; RFC 6797) of a web port inside TLS. Browsers keep to it for names only, and not for an address in its place (RFC 6797, 8.1.1).</summary>
/// <param name="IsSent">Whether any answer had one that clients can read.</param>
/// <param name="MaxAge">Seconds to keep to it; 0 takes it back.</param>
/// <param name="IncludesSubDomains">Whether it holds for the names below too.</param>
/// <param name="Where">Path of the first answer that had it; empty when none had.</param>
public sealed record WebStrictTransport(bool IsSent, long MaxAge, bool IncludesSubDomains, string Where)
{
    /// <summary>No answer had one.</summary>
    public static WebStrictTransport None { get; } = new(false, 0, false, "");
}

/// <summary>A cookie as the device sets it (RFC 6265, 4.1). Its value is not recorded.</summary>
/// <param name="Name">Name.</param>
/// <param name="Where">Path of the answer that sets it.</param>
/// <param name="Characters">Length of the value.</param>
/// <param name="Secure">Whether clients must not send it in clear.</param>
/// <param name="HttpOnly">Whether it is kept from scripts.</param>
/// <param name="SameSite">Value of SameSite as sent; empty when there is none.</param>
public sealed record WebCookie(string Name, string Where, int Characters, bool Secure, bool HttpOnly, string SameSite);

/// <summary>A form that is sent by POST.</summary>
/// <param name="Where">Path of the page.</param>
/// <param name="Action">Path that it is sent to.</param>
/// <param name="Fields">Names of its fields.</param>
/// <param name="HasToken">Whether a hidden field looks like a token against forged requests.</param>
public sealed record WebForm(string Where, string Action, ImmutableArray<string> Fields, bool HasToken);

/// <summary>A request that would change something, as a script or an API description names it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path.</param>
/// <param name="Where">Where it is named.</param>
public sealed record WebWrite(string Method, string Path, string Where);

/// <summary>A WebSocket (RFC 6455).</summary>
/// <param name="Path">Path.</param>
/// <param name="WithoutLogin">Whether the upgrade is granted to a client that has not logged in.</param>
/// <param name="ForeignOrigin">The same with the Origin of another site (RFC 6455, 10.2); not tried where the upgrade is refused anyway.</param>
/// <param name="Message">What the device sent first of its own accord, shortened, without credentials; empty when nothing came.</param>
public sealed record WebSocketSeen(string Path, AccessResult WithoutLogin, AccessResult ForeignOrigin, string Message);

/// <summary>By what a device knows a client that has logged in.</summary>
public enum SessionCarrier
{
    /// <summary>It did not show.</summary>
    Unknown,

    /// <summary>Cookies.</summary>
    Cookie,

    /// <summary>A token in the Authorization header (RFC 6750).</summary>
    Bearer,

    /// <summary>Neither: the client's address, or nothing at all.</summary>
    Neither,
}

/// <summary>Whether something was seen of a session.</summary>
public enum SessionSign
{
    /// <summary>It was not tried; the details say why.</summary>
    NotTried,

    /// <summary>Seen.</summary>
    Yes,

    /// <summary>Tried and not so.</summary>
    No,

    /// <summary>The answers do not tell.</summary>
    Unclear,
}

/// <summary>How a device keeps the session of a login. Identifiers are not recorded.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="AuthMech">Entry of 1-AuthMech.</param>
/// <param name="Path">Resource by which access was told.</param>
/// <param name="Tls">Whether the exchange was inside TLS.</param>
/// <param name="Valid">Whether the login gave access to the resource.</param>
/// <param name="Carrier">By what the client is known.</param>
/// <param name="Cookies">Cookies of the session, those first without which access is lost.</param>
/// <param name="Characters">Length of the identifier; 0 when there is none.</param>
/// <param name="BitsAtMost">Upper bound of its entropy in bits: its length times the logarithm of the alphabet that its characters belong to.</param>
/// <param name="Logins">Logins that were compared.</param>
/// <param name="Invented">Access with an invented identifier of the same shape.</param>
/// <param name="KeptAtLogin">Whether an identifier that the client held before the login is the one that is logged in afterwards (session fixation).</param>
/// <param name="Repeats">Whether two logins got the same identifier.</param>
/// <param name="Regular">Whether identifiers of several logins share all but a few characters.</param>
/// <param name="InUrl">Whether the identifier stands in a URL.</param>
/// <param name="OutlivesLogout">Whether the identifier still gives access after the device's own logout.</param>
/// <param name="Details">What the device answered, in words.</param>
public sealed record WebSessionSeen(
    Endpoint Endpoint,
    string AuthMech,
    string Path,
    bool Tls,
    AccessResult Valid,
    SessionCarrier Carrier,
    ImmutableArray<WebCookie> Cookies,
    int Characters,
    double BitsAtMost,
    int Logins,
    AccessResult Invented,
    SessionSign KeptAtLogin,
    SessionSign Repeats,
    SessionSign Regular,
    SessionSign InUrl,
    SessionSign OutlivesLogout,
    string Details) : Observation
{
    /// <inheritdoc/>
    public override string Summary =>
        Valid != AccessResult.Granted
            ? $"{Endpoint} {AuthMech}: no session was seen"
            : $"{Endpoint} {AuthMech}: session by {Carrier}, {Characters} characters, invented identifier {Invented}, kept at login {KeptAtLogin}, repeats {Repeats}, outlives logout {OutlivesLogout}";
}

/// <summary>A form of the device that was sent with the values it shows, by different people.</summary>
/// <param name="Where">Page that holds it.</param>
/// <param name="Action">Path that it is sent to.</param>
/// <param name="Anonymous">Without a session.</param>
/// <param name="Invented">With an invented session.</param>
/// <param name="Ended">With a session that was logged out of; not tried where the device has no logout.</param>
/// <param name="Valid">With a valid session: the control.</param>
/// <param name="HasToken">Whether it carries a token against forged requests.</param>
/// <param name="Text">What the device answered, in words.</param>
public sealed record SettingsWrite(
    string Where,
    string Action,
    AccessResult Anonymous,
    AccessResult Invented,
    AccessResult Ended,
    AccessResult Valid,
    bool HasToken,
    string Text);

/// <summary>Who may send the forms behind a login.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="AuthMech">Entry of 1-AuthMech.</param>
/// <param name="Tls">Whether the exchange was inside TLS.</param>
/// <param name="Writes">Forms that were sent.</param>
/// <param name="NotTried">Forms and requests that were not sent, each with the reason.</param>
/// <param name="SameSite">Whether a cookie of the session is kept from requests of other sites by SameSite.</param>
public sealed record SettingsWritesSeen(
    Endpoint Endpoint,
    string AuthMech,
    bool Tls,
    ImmutableArray<SettingsWrite> Writes,
    ImmutableArray<string> NotTried,
    bool SameSite) : Observation
{
    /// <inheritdoc/>
    public override string Summary =>
        $"{Endpoint} {AuthMech}: {Writes.Length} forms sent with the values they show"
        + string.Concat(Writes.Select(write => $"; {write.Action}: without session {write.Anonymous}, invented {write.Invented}, ended {write.Ended}, valid {write.Valid}"))
        + (NotTried.IsEmpty ? "" : $"; {NotTried.Length} not sent");
}
