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
        TlsAttacksTried tried => [.. tried.Attacks.Select(TlsText.Line), $"{tried.Connections} connections"],
        SshServerSeen ssh =>
        [
            $"key exchange: {string.Join(", ", ssh.KeyExchange)}",
            $"host keys:    {string.Join(", ", ssh.HostKeys)}",
            $"ciphers:      {string.Join(", ", ssh.Ciphers)}",
            $"MACs:         {string.Join(", ", ssh.Macs)}",
        ],
        DisclosureSeen survey =>
        [
            .. survey.Items.Select(item => $"{item.Kind}: {item.What} ({item.Where})"),
            .. survey.Open.Select(open => $"usable without login: {open.Where} ({open.What})"),
            .. survey.Logins.Select(login => $"login: {login.Protocol} at {login.Path}"),
        ],
        DefaultCredentialsTried tried =>
        [
            .. tried.Accepted.Select(pair => $"accepted: {pair.Pair} (user {pair.User}, {pair.Origin})"),
            string.Create(CultureInfo.InvariantCulture, $"answers took {tried.FirstMilliseconds:0} ms at first and {tried.LastMilliseconds:0} ms at the end"),
        ],
        _ => [],
    };

    // What a device says must not steer the terminal.
    private static string Clean(string text) => new([.. text.Select(character => char.IsControl(character) && character != '\n' ? ' ' : character)]);
}
