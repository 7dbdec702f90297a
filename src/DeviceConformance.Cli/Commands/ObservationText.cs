using System.Globalization;
using System.Text;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Cli.Commands;

/// <summary>An outcome as text for a person.</summary>
internal static class ObservationText
{
    public static string Render(ProbeOutcome outcome)
    {
        if (outcome is not ProbeOutcome.Observed { Observation: var seen })
        {
            return Clean($"{(outcome is ProbeOutcome.Unanswered unanswered ? $"No answer ({unanswered.Silence})" : "Not asked")}: {outcome.Summary}");
        }

        var text = new StringBuilder(seen.Summary).Append('\n');
        foreach (var line in Details(seen))
        {
            text.Append("  ").Append(line).Append('\n');
        }

        return Clean(text.Append(seen.Coverage.IsComplete ? "Complete: " : "NOT COMPLETE: ").Append(seen.Coverage.Statement).ToString());
    }

    private static IEnumerable<string> Details(Observation observation) => observation switch
    {
        TcpPortsSeen ports => [string.Create(CultureInfo.InvariantCulture, $"{ports.Connections} connections by {ports.Method} in {ports.Seconds:0.0} s")],
        UdpPortsSeen ports =>
        [
            .. ports.Open.Select(service => $"{service.Port}: {service.Name}, by {service.Question}{(service.AnsweredFrom == service.Port ? "" : $", answered from port {service.AnsweredFrom}")}: {service.Answer}"),
            string.Create(CultureInfo.InvariantCulture, $"{ports.Datagrams} datagrams in {ports.Seconds:0.0} s by {ports.Method}"),
        ],
        ServiceSeen { Banner.Length: > 0 } service => [$"said: {service.Banner}"],
        TlsServerSeen tls => TlsText.Lines(tls),
        TlsAttacksTried tried => [.. tried.Attacks.Select(TlsText.Line), .. tried.Tickets.Select(ticket => ticket.Text), $"{tried.Connections} connections"],
        SshServerSeen ssh => SshText.Lines(ssh),
        TrafficSeen traffic => TrafficText.Lines(traffic),
        DisclosureSeen survey =>
        [
            .. survey.Items.Select(item => $"{item.Kind}: {item.What} ({item.Where})"),
            .. survey.Open.Select(open => $"usable without login: {open.Where} ({open.What})"),
            .. survey.Logins.Select(login => $"login: {login.Protocol} at {login.Path}"),
            .. survey.Web is { } web ? Web(web) : [],
            .. survey.Smb is { } smb ? Smb(smb) : [],
        ],
        WebSessionSeen session =>
        [
            string.Create(CultureInfo.InvariantCulture, $"{session.Carrier}, {session.Characters} characters, at most {session.BitsAtMost:0} bits"),
            $"repeats {session.Repeats}, regular {session.Regular}, in URL {session.InUrl}",
            .. session.Cookies.Select(Cookie),
        ],
        SettingsWritesSeen writes => [.. writes.Writes.Select(write => $"POST {write.Action}: {write.Text}"), .. writes.NotTried.Select(text => $"not sent: {text}")],
        DefaultCredentialsTried tried =>
        [
            .. tried.Accepted.Select(pair => $"accepted: {pair.Pair} (user {pair.User}, {pair.Origin})"),
            string.Create(CultureInfo.InvariantCulture, $"answers took {tried.FirstMilliseconds:0} ms at first and {tried.LastMilliseconds:0} ms at the end"),
        ],
        _ => [],
    };

    private static string StrictTransport(WebStrictTransport strict) => strict.IsSent
        ? $"Strict-Transport-Security: {strict.MaxAge} s{(strict.IncludesSubDomains ? ", names below included" : "")} (first on {strict.Where})"
        : "no Strict-Transport-Security";

    private static IEnumerable<string> Web(WebSeen web) =>
    [
        .. web.StrictTransport is { } strict ? [StrictTransport(strict)] : (string[])[],
        .. web.Cookies.Select(Cookie),
        .. web.Forms.Select(form => $"form: POST {form.Action} on {form.Where}{(form.HasToken ? ", with a token against forged requests" : "")}"),
        .. web.Writes.Select(write => $"not sent: {write.Method} {write.Path} (named by {write.Where})"),
        .. web.Actions.Select(path => $"not followed, names an action: {path}"),
        .. web.WebSockets.Select(socket => $"WebSocket {socket.Path}: without login {socket.WithoutLogin}, from another site {socket.ForeignOrigin}"),
    ];

    private static IEnumerable<string> Smb(SmbSeen smb) =>
    [
        $"dialects taken: {string.Join(", ", smb.Dialects)}; not taken: {string.Join(", ", smb.Refused)}",
        $"signing {(smb.SigningRequired ? "required" : "not required")}{(smb.PlainPasswords ? "; passwords travel as they are" : "")}",
        $"session for nobody in particular: {smb.Nobody}, for a guest: {smb.Guest}",
    ];

    private static string Cookie(WebCookie cookie) =>
        $"cookie {cookie.Name} ({cookie.Characters} characters): {(cookie.Secure ? "" : "not ")}Secure, {(cookie.HttpOnly ? "" : "not ")}HttpOnly, SameSite {(cookie.SameSite.Length > 0 ? cookie.SameSite : "not given")}";

    // What a device says must not steer the terminal.
    private static string Clean(string text) => new([.. text.Select(character => char.IsControl(character) && character != '\n' ? ' ' : character)]);
}
