using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>Asks a server for SSL 2.0: one connection tells all of its ciphers.</summary>
internal sealed class Ssl2Trial(TlsExchange exchange)
{
    /// <summary>What was seen.</summary>
    public TlsVersionSeen Seen { get; private set; } = new(TlsVersion.Ssl2, false, Silence.NoReply, [], false);

    /// <summary>Certificate of the server; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Certificate { get; private set; }

    /// <summary>What was seen, in words.</summary>
    public string Text { get; private set; } = "SSL 2.0 not tried";

    /// <summary>What remains unknown, in words; empty when nothing does.</summary>
    public string Gap { get; private set; } = "";

    /// <summary>Whether the server closed or reset the connection instead of an answer.</summary>
    public bool IsUnspokenRefusal { get; private set; }

    /// <summary>Asks.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (connection, ended) = await exchange.ConnectAsync(cancellationToken);
        if (connection is null)
        {
            Refuse(ended.Silence ?? Silence.NoReply, ended.Text, isAnswer: false);
            return;
        }

        await using (connection)
        {
            var bytes = new List<byte>();
            var answer = Ssl2Answer.Open;
            ImmutableArray<TlsSuiteSeen> suites = [];
            ReadOnlyMemory<byte> certificate = default;
            var silence = await connection.SendAsync(Ssl2.ClientHello(), TlsExchange.Deadline, cancellationToken)
                ?? await connection.ReadUntilAsync(
                    more =>
                    {
                        bytes.AddRange(more.Span[..Math.Min(more.Length, Ssl2.MaxAnswer)]);
                        answer = Ssl2.Read(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes), out suites, out certificate);
                        return answer != Ssl2Answer.Open || bytes.Count > Ssl2.MaxAnswer;
                    },
                    TlsExchange.Deadline,
                    cancellationToken);
            switch (answer)
            {
                case Ssl2Answer.Accepted:
                    // A server without a common cipher has answered all the same, and some can be brought to use one (CVE-2015-3197).
                    Seen = new TlsVersionSeen(TlsVersion.Ssl2, true, null, suites, false);
                    Certificate = certificate;
                    Text = $"SSL 2.0 accepted with {suites.Length} ciphers";
                    break;
                case Ssl2Answer.Refused:
                    Refuse(Silence.HandshakeRefused, "refused", isAnswer: true);
                    break;
                case Ssl2Answer.Other:
                    // Whatever it is, it is no SERVER-HELLO.
                    Refuse(Silence.Malformed, "answered otherwise", isAnswer: true);
                    break;
                default:
                    IsUnspokenRefusal = silence is Silence.ClosedByPeer or Silence.Reset;
                    Refuse(silence ?? Silence.Malformed, TlsExchange.Conclude(new ServerFlight(), silence, "").Text, isAnswer: IsUnspokenRefusal);
                    break;
            }
        }
    }

    private void Refuse(Silence silence, string why, bool isAnswer)
    {
        Seen = new TlsVersionSeen(TlsVersion.Ssl2, false, silence, [], false);
        Text = $"SSL 2.0 not accepted ({why})";
        Gap = isAnswer ? "" : $"SSL 2.0: {why}, so whether it is supported is unknown";
    }
}
