using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Tls;

/// <summary>One offer over datagrams (RFC 6347; DTLS 1.3: RFC 9147): with the server's cookie when it wants one, repeated when nothing comes.</summary>
internal sealed class DtlsExchange(Endpoint endpoint, ProbeContext context)
{
    // RFC 6347, 4.2.4.1: a second at first, then twice as long; a device far away or asleep would need more, one in the laboratory does not.
    private static readonly TimeSpan[] _waits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)];

    private const int MostCookies = 3;
    private const int ShownBytes = 60;
    private const byte Fatal = 2;
    private const byte UserCanceled = 90; // RFC 5246, 7.2

    /// <summary>Makes an offer and reads what is said in clear.</summary>
    public async Task<HelloAnswer> AskAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        using var datagrams = context.Link.OpenUdp(endpoint);
        var assembly = new DtlsAssembly();
        var (records, messages, firstBytes) = (0, 0, "");
        Silence? silence = Silence.NoReply;
        for (var wait = 0; wait < _waits.Length && !assembly.IsOver; wait++)
        {
            silence = await datagrams.SendAsync(Datagram(hello, records++, messages), cancellationToken);
            var started = context.Time.GetTimestamp();
            while (silence is null && !assembly.IsOver)
            {
                var left = _waits[wait] - context.Time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    silence = Silence.NoReply;
                    break;
                }

                var received = await datagrams.ReceiveAsync(left, cancellationToken);
                silence = received.Silence;
                if (silence is not null)
                {
                    break;
                }

                if (received.FromPort != endpoint.Port)
                {
                    // DTLS answers from the port that was asked (RFC 6347, 4.2.1); anything else is not this server's.
                    continue;
                }

                var datagram = received.Bytes;

                firstBytes = firstBytes.Length == 0 ? Transcript.Printable(datagram.Span, ShownBytes) : firstBytes;
                assembly.Append(datagram.Span);
                if (assembly.Cookie is { } cookie && !assembly.IsOver)
                {
                    // Once more with the cookie; the wait begins anew, and the number of the message counts on.
                    assembly.Cookie = null;
                    if (messages == MostCookies)
                    {
                        return new HelloAnswer(assembly.Flight, Silence.Malformed, $"wants another cookie for each that it gets, {MostCookies} times");
                    }

                    messages++;
                    hello = hello with { Cookie = cookie };
                    silence = await datagrams.SendAsync(Datagram(hello, records++, messages), cancellationToken);
                    started = context.Time.GetTimestamp();
                }
            }

            if (silence is Silence.Refused or Silence.HostUnreachable)
            {
                break;
            }
        }

        if (assembly.Flight.Hello is not null)
        {
            // Frees the place that the server keeps for this handshake.
            await datagrams.SendAsync(Record(TlsContentType.Alert, hello.Version, records, [Fatal, UserCanceled]), cancellationToken);
        }

        return Conclude(assembly, silence, firstBytes);
    }

    private HelloAnswer Conclude(DtlsAssembly assembly, Silence? silence, string firstBytes)
    {
        var answer = TlsExchange.Conclude(assembly.Flight, silence, firstBytes);
        return answer.Silence switch
        {
            _ when assembly.IsBroken && assembly.Flight.Hello is null => answer with { Silence = Silence.Malformed, Text = $"answers \"{firstBytes}\", which is not DTLS" },
            Silence.NoReply => answer with { Text = $"no answer to {_waits.Length} datagrams within {_waits.Sum(wait => wait.TotalSeconds):0} s" },
            Silence.Refused => answer with { Text = $"{endpoint} is closed (ICMP port unreachable)" },
            _ => answer,
        };
    }

    private static byte[] Datagram(ClientHello hello, int record, int message)
    {
        var body = hello.ToBody();
        byte[] length = ClientHello.Prefixed(3, body)[..3];
        byte[] content = [(byte)TlsHandshakeType.ClientHello, .. length, .. ClientHello.U16(message), 0, 0, 0, .. length, .. body];
        return Record(TlsContentType.Handshake, hello.Version, record, content);
    }

    // The lowest version that may be meant, as with TLS: servers of every version read it (RFC 6347, 4.2.1).
    private static byte[] Record(TlsContentType type, TlsVersion version, int number, byte[] content) =>
        [(byte)type, .. ClientHello.U16((int)(version == TlsVersion.Dtls10 ? TlsVersion.Dtls10 : TlsVersion.Dtls12)), 0, 0, 0, 0, 0, 0, .. ClientHello.U16(number), .. ClientHello.U16(content.Length), .. content];
}
