using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>Tries known attacks on a TLS server, one connection at a time, each in a form that reads a few bytes at the most and changes nothing.</summary>
public sealed class TlsAttackTrialProbe : Probe<TlsAttackTrial>
{
    private static readonly TlsAttack[] _attacks = [TlsAttack.Heartbleed, TlsAttack.CcsInjection, TlsAttack.Robot, TlsAttack.Ticketbleed, TlsAttack.ClientRenegotiation];

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TlsAttackTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Endpoint.Transport != Transport.Tcp)
        {
            return new ProbeOutcome.NotRun(NotRunReason.HarnessFault, $"{request.Title}: this harness tries them over TCP only.");
        }

        var exchange = new TlsExchange(request.Endpoint, request.StartTls, context);
        var opening = new ClassicOpening(exchange);
        var isThere = await opening.FindAsync(cancellationToken);
        if (!isThere && !opening.IsRefused)
        {
            var control = await exchange.AskAsync(TlsVersionTrial.FirstOffer(TlsVersion.Tls13, TlsVersionTrial.LongOffer), cancellationToken);
            if (!control.IsTls)
            {
                return new ProbeOutcome.Unanswered(control.Silence ?? Silence.NoReply, $"{request.Endpoint}: {control.Text}");
            }
        }

        var session = new SessionTrial();
        ImmutableArray<TlsAttackSeen> seen = isThere
            ? await TryAsync(opening, session, cancellationToken)
            : [.. _attacks.Select(attack => opening.IsRefused
                ? new TlsAttackSeen(attack, Exposure.NotVulnerable, $"The server takes no version before TLS 1.3 ({opening.WhyNot}), and the attack needs one.")
                : new TlsAttackSeen(attack, Exposure.Undecided, $"No handshake before TLS 1.3 came about: {opening.WhyNot}."))];
        if (isThere && await EndAsync(opening, cancellationToken) is { Length: > 0 } gone)
        {
            // What a server did not answer any more is no sign that it withstood.
            seen = [.. seen.Select(attack => attack.Exposure == Exposure.NotVulnerable ? attack with { Exposure = Exposure.Undecided, Reason = $"{attack.Reason} {gone}" } : attack)];
        }

        foreach (var attack in seen)
        {
            context.Transcript.Note($"{attack.Attack}: {attack.Exposure}. {attack.Reason}");
        }

        var open = seen.Where(attack => attack.Exposure == Exposure.Undecided).ToList();
        var statement = $"{seen.Length - open.Count} of {seen.Length} attacks decided; {opening.Connections} connections.";
        return new ProbeOutcome.Observed(new TlsAttacksTried(request.Endpoint, seen, opening.Connections)
        {
            Tickets = session.Ticket is { } ticket ? [new TlsTicketSeen(TlsVersion.Tls12, ticket.LifetimeHint, ticket.Bytes.Length)] : [],
            Coverage = open.Count == 0 ? Coverage.Complete(statement) : Coverage.Partial($"{statement} Undecided: {string.Join(" ", open.Select(attack => $"{attack.Attack}: {attack.Reason}"))}"),
        });
    }

    private static async Task<ImmutableArray<TlsAttackSeen>> TryAsync(ClassicOpening opening, SessionTrial session, CancellationToken cancellationToken)
    {
        var heartbleed = await Heartbleed.TryAsync(opening, cancellationToken);
        var early = await CcsInjection.TryAsync(opening, cancellationToken);
        var robot = await Robot.TryAsync(opening, cancellationToken);
        await session.RunAsync(opening, cancellationToken);
        return [heartbleed, early, robot, await Ticketbleed.TryAsync(opening, session, cancellationToken), session.Renegotiation];
    }

    private static async Task<string> EndAsync(ClassicOpening opening, CancellationToken cancellationToken)
    {
        var (connection, answer) = await opening.OpenAsync(hello => hello, cancellationToken);
        if (connection is not null)
        {
            await connection.DisposeAsync();
            return "";
        }

        return $"At the end the server no longer took an ordinary offer ({answer.Text}).";
    }
}
