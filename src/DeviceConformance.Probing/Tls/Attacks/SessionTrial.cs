using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>
/// One whole handshake of TLS 1.2: the ticket that the server gives, and whether it begins a renegotiation when the client wants one. A renegotiation
/// costs the server a signature and the client nothing; it is left after the ServerHello.
/// </summary>
internal sealed class SessionTrial
{
    /// <summary>What the server chose; null when the handshake did not come to its end.</summary>
    public ServerHello? Hello { get; private set; }

    /// <summary>The ticket; null when there was none.</summary>
    public SessionTicket? Ticket { get; private set; }

    /// <summary>Whether the server was offered tickets and answered without them.</summary>
    public bool GivesNoTickets { get; private set; }

    /// <summary>Why there is no session, or no ticket; empty when there are both.</summary>
    public string WhyNot { get; private set; } = "";

    /// <summary>What was found of renegotiation.</summary>
    public TlsAttackSeen Renegotiation { get; private set; } = Seen(Exposure.Undecided, "Not tried.");

    /// <summary>Tries.</summary>
    public async Task RunAsync(ClassicOpening opening, CancellationToken cancellationToken)
    {
        ClientHello offer = null!;
        var (connection, answer) = await opening.OpenAsync(
            hello => offer = hello with { Suites = [.. ClassicSession.Suites], Groups = [.. ClientKeyShare.Curves], More = [(TlsExtensionType.SessionTicket, [])] },
            cancellationToken);
        if (connection is null && ClassicOpening.IsRefusal(answer))
        {
            // With suites that are beyond us it still says whether it has tickets.
            (connection, answer) = await opening.OpenAsync(hello => offer = hello with { More = [(TlsExtensionType.SessionTicket, [])] }, cancellationToken);
        }

        if (connection is null)
        {
            Fail(answer.Text);
            return;
        }

        GivesNoTickets = !answer.Flight.Hello!.Has(TlsExtensionType.SessionTicket);
        var (session, whyNot) = await ClassicSession.CompleteAsync(connection, offer, answer.Flight, cancellationToken);
        if (session is null)
        {
            Fail(whyNot);
            return;
        }

        await using (session)
        {
            (Hello, Ticket) = (session.Hello, session.Tail.Ticket is { Bytes.Length: > 0 } ticket ? ticket : null);
            WhyNot = Ticket is null ? "the server said that it would give one, and gave none" : "";
            Renegotiation = await RenegotiateAsync(session, offer, cancellationToken);
        }
    }

    private void Fail(string whyNot)
    {
        WhyNot = whyNot;
        Renegotiation = Seen(Exposure.Undecided, $"No handshake of TLS 1.2 came to its end: {whyNot}.");
    }

    private static async Task<TlsAttackSeen> RenegotiateAsync(ClassicSession session, ClientHello offer, CancellationToken cancellationToken)
    {
        var isSecure = session.Hello.Has(TlsExtensionType.RenegotiationInfo);
        var again = new ClientHello(TlsVersion.Tls12, offer.Suites)
        {
            Groups = offer.Groups,
            SignalsRenegotiation = false,
            More = isSecure ? [(TlsExtensionType.RenegotiationInfo, ClientHello.Prefixed(1, session.Verification))] : [],
        };
        var silence = await session.AskAsync(again.ToMessage(), tail => tail.HasHello || tail.Alert is not null, cancellationToken);
        var tail = session.Tail;
        return tail switch
        {
            { HasHello: true } => Seen(Exposure.Vulnerable, $"The server begins a renegotiation when the client wants one{(isSecure ? "" : ", and does not bind it to the session (RFC 5746; CVE-2009-3555)")}."),
            { Alert: { } alert } => Seen(Exposure.NotVulnerable, $"The server answers a renegotiation by the client with {alert}."),
            { Fault.Length: > 0 } => Seen(Exposure.Undecided, $"To a renegotiation by the client something came back that is not understood: {tail.Fault}."),
            _ when silence is Silence.ClosedByPeer or Silence.Reset => Seen(Exposure.NotVulnerable, "The server closes on a renegotiation by the client."),
            _ => Seen(Exposure.Undecided, "The server is silent on a renegotiation by the client."),
        };
    }

    private static TlsAttackSeen Seen(Exposure exposure, string reason) => new(TlsAttack.ClientRenegotiation, exposure, reason);
}
