using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Ssh;

/// <summary>Reads which algorithms an SSH server offers, off its KEXINIT. No key is exchanged and no login tried.</summary>
public sealed class SshEnumerationProbe : Probe<SshEnumeration>
{
    private const int ShownBytes = 60;
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(SshEnumeration request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var endpoint = request.Endpoint;
        if (endpoint.Transport != Transport.Tcp)
        {
            return new ProbeOutcome.NotRun(NotRunReason.HarnessFault, $"{request.Title}: SSH runs over TCP.");
        }

        var opened = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
        if (!opened.TryGet(out var connection))
        {
            return opened.Unanswered;
        }

        await using (connection)
        {
            var opening = new SshOpening();
            var (silence, firstBytes) = await ReadAsync(connection, opening, cancellationToken);
            return opening.State switch
            {
                OpeningState.Complete => new ProbeOutcome.Observed(Seen(endpoint, opening)),
                OpeningState.Disconnected => new ProbeOutcome.Unanswered(Silence.HandshakeRefused, $"{endpoint} ({opening.Identification}) takes its leave: {Transcript.Printable(Encoding.UTF8.GetBytes(opening.Fault), 300)}."),
                OpeningState.Malformed => new ProbeOutcome.Unanswered(Silence.Malformed, $"{endpoint} answers \"{firstBytes}\", which is not SSH ({opening.Fault})."),
                _ when opening.Identification.Length > 0 => new ProbeOutcome.Unanswered(silence, $"{endpoint} says {opening.Identification}, but no KEXINIT: {silence}."),
                _ when firstBytes.Length > 0 => new ProbeOutcome.Unanswered(Silence.Malformed, $"{endpoint} answers \"{firstBytes}\", which is not SSH."),
                _ => new ProbeOutcome.Unanswered(silence, $"{endpoint} accepts the connection and says nothing: {silence}."),
            };
        }
    }

    private static async Task<(Silence Silence, string FirstBytes)> ReadAsync(DutConnection connection, SshOpening opening, CancellationToken cancellationToken)
    {
        var firstBytes = "";
        // Both sides send their identification at once (RFC 4253, 4.2), and some servers send nothing further before they have ours.
        var silence = await connection.SendAsync("SSH-2.0-DeviceConformance\r\n"u8.ToArray(), _deadline, cancellationToken)
            ?? await connection.ReadUntilAsync(IsEnough, _deadline, cancellationToken);
        return (silence ?? Silence.ClosedByPeer, firstBytes);

        bool IsEnough(ReadOnlyMemory<byte> bytes)
        {
            firstBytes = firstBytes.Length == 0 ? Transcript.Printable(bytes.Span, ShownBytes) : firstBytes;
            return opening.Append(bytes.Span) != OpeningState.Open;
        }
    }

    private static SshServerSeen Seen(Endpoint endpoint, SshOpening opening)
    {
        if (opening.KexInit is not { } offered)
        {
            return new SshServerSeen(endpoint, opening.Identification, [], [], [], [])
            {
                Coverage = Coverage.Partial($"{opening.Identification} speaks no version 2 of the protocol, so its algorithms are not to be read."),
            };
        }

        var other = offered.CiphersToServer.SequenceEqual(offered.CiphersToClient) && offered.MacsToServer.SequenceEqual(offered.MacsToClient)
            ? "the same in both directions"
            : $"from client to server: {string.Join(", ", offered.CiphersToServer)}; {string.Join(", ", offered.MacsToServer)}";
        return new SshServerSeen(endpoint, opening.Identification, offered.KeyExchange, offered.HostKeys, offered.CiphersToClient, offered.MacsToClient)
        {
            Coverage = Coverage.Complete($"KEXINIT read in 1 connection; ciphers and MACs {other}; compression {string.Join(", ", offered.CompressionToClient)}."),
        };
    }
}
