using System.Security.Cryptography;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>
/// CVE-2016-9244: a session is resumed by its ticket under a session id of <see cref="Length"/> bytes. A sound server says it back (RFC 5077, 3.4); a
/// vulnerable one says <see cref="Longest"/> bytes, the last one out of its memory, which is counted and not kept.
/// </summary>
internal static class Ticketbleed
{
    /// <summary>Length of the session id: one byte short of the longest, so that a vulnerable server gives away one byte.</summary>
    public const int Length = Longest - 1;

    private const int Longest = 32; // RFC 5246, 7.4.1.2

    public static async Task<TlsAttackSeen> TryAsync(ClassicOpening opening, SessionTrial trial, CancellationToken cancellationToken)
    {
        if (trial.GivesNoTickets)
        {
            return Seen(Exposure.NotVulnerable, "The server gives no session tickets.");
        }

        if (trial is not { Ticket: { } ticket, Hello: { } first })
        {
            return Seen(Exposure.Undecided, $"No session ticket was seen: {trial.WhyNot}.");
        }

        var (id, echo, text) = await ResumeAsync(opening, first.Suite, ticket, Length, cancellationToken);
        if (echo is null)
        {
            return Seen(Exposure.Undecided, $"To an offer with the server's own session ticket: {text}.");
        }

        if (echo.Length > id.Length && echo.AsSpan().StartsWith(id))
        {
            return Seen(Exposure.Vulnerable, $"A session was resumed by its ticket under a session id of {id.Length} bytes, and the server said it back with {echo.Length}: {echo.Length - id.Length} of memory.");
        }

        if (echo.AsSpan().SequenceEqual(id))
        {
            return Seen(Exposure.NotVulnerable, $"A session was resumed by its ticket under a session id of {id.Length} bytes, and the server said back just these.");
        }

        // It did not resume. Whether for the sake of the short id or in general makes the difference.
        var (control, second, controlText) = await ResumeAsync(opening, first.Suite, ticket, Longest, cancellationToken);
        return second is not null && second.AsSpan().SequenceEqual(control)
            ? Seen(Exposure.NotVulnerable, $"The server resumes a session by its ticket under a session id of {Longest} bytes, and under one of {id.Length} begins a new one.")
            : Seen(Exposure.Undecided, $"The server gives session tickets, and resumed no session by one ({(second is null ? controlText : "it began a new one each time")}).");
    }

    private static async Task<(byte[] Id, byte[]? Echo, string Text)> ResumeAsync(ClassicOpening opening, int suite, SessionTicket ticket, int length, CancellationToken cancellationToken)
    {
        var id = RandomNumberGenerator.GetBytes(length);
        var (connection, answer) = await opening.OpenAsync(
            hello => hello with { Suites = [suite], Groups = [.. ClientKeyShare.Curves], SessionId = [.. id], More = [(TlsExtensionType.SessionTicket, ticket.Bytes)] },
            cancellationToken);
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        return (id, answer.Flight.Hello?.SessionId.ToArray(), answer.Text);
    }

    private static TlsAttackSeen Seen(Exposure exposure, string reason) => new(TlsAttack.Ticketbleed, exposure, reason);
}
