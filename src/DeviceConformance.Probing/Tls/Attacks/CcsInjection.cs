using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>
/// CVE-2014-0224: a ChangeCipherSpec before any key is agreed on. A sound server refuses it; a vulnerable one takes it and from then on
/// reads with keys of nothing, so that it calls a second one badly encrypted.
/// </summary>
internal static class CcsInjection
{
    // A sound server answers at once, and a vulnerable one never: it waits for more.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    public static async Task<TlsAttackSeen> TryAsync(ClassicOpening opening, CancellationToken cancellationToken)
    {
        var (connection, answer) = await opening.OpenAsync(hello => hello, cancellationToken);
        if (connection is null)
        {
            return Seen(Exposure.Undecided, $"To an ordinary offer: {answer.Text}.");
        }

        await using (connection)
        {
            var early = RecordTail.Record(TlsContentType.ChangeCipherSpec, answer.Flight.Hello!.Version, [1]);
            var tail = new RecordTail();
            var first = await connection.SendAsync(early, TlsExchange.Deadline, cancellationToken) ?? await tail.ReadAsync(connection, read => read.Alert is not null, _patience, cancellationToken);
            if (first != Silence.NoReply)
            {
                return Seen(Exposure.NotVulnerable, tail.Alert is { } refusal ? $"The server refuses an early ChangeCipherSpec with {refusal}." : "The server closes on an early ChangeCipherSpec.");
            }

            var second = await connection.SendAsync(early, TlsExchange.Deadline, cancellationToken) ?? await tail.ReadAsync(connection, read => read.Alert is not null, TlsExchange.Deadline, cancellationToken);
            return tail.Alert switch
            {
                { Description: TlsAlertDescription.BadRecordMac or TlsAlertDescription.DecryptionFailed or TlsAlertDescription.DecryptError } badly =>
                    Seen(Exposure.Vulnerable, $"The server takes an early ChangeCipherSpec without a word, and says {badly} to a second one: it decrypts already."),
                { } refusal => Seen(Exposure.NotVulnerable, $"The server is silent on an early ChangeCipherSpec and refuses a second one with {refusal}."),
                null => Seen(Exposure.Undecided, $"The server is silent on an early ChangeCipherSpec; to a second one: {(second is { } end ? end.ToString() : "something that is not TLS")}."),
            };
        }
    }

    private static TlsAttackSeen Seen(Exposure exposure, string reason) => new(TlsAttack.CcsInjection, exposure, reason);
}
