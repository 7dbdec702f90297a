using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>SIP OPTIONS over UDP (RFC 3261, 11): product and version in the answer's headers. No call is set up and nothing is registered.</summary>
internal static class SipSurvey
{
    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var id = $"dct{Random.Shared.Next(100_000, 999_999)}";
        var question = Question(request.Endpoint, context.Link.LocalAddressTowards(request.Endpoint.Address), id);
        if (await talk.AskAsync("SIP OPTIONS", Encoding.ASCII.GetBytes(question), datagram => datagram.Bytes.Span.StartsWith("SIP/2.0 "u8) && Encoding.Latin1.GetString(datagram.Bytes.Span).Contains(id, StringComparison.Ordinal), cancellationToken) is not { } answer)
        {
            return talk.Unanswered("SIP OPTIONS");
        }

        var lines = Encoding.Latin1.GetString(answer.Bytes.Span).Split("\r\n");
        foreach (var header in lines.Skip(1).Select(line => line.Split(':', 2)).Where(header => header.Length == 2).Take(100))
        {
            if (header[0].Trim().ToLowerInvariant() is "server" or "user-agent")
            {
                HttpAnswerReading.ReadProductHeader(header[0].Trim(), header[1].Trim(), reader, notes);
            }
            else if (header[0].Trim().Equals("WWW-Authenticate", StringComparison.OrdinalIgnoreCase))
            {
                HttpAnswerReading.ReadRealm(header[1].Trim(), notes);
            }
        }

        notes.Done($"OPTIONS is answered: {SurveyNotes.Shortened(lines[0])}");
        notes.Remark("whether a call or a registration is taken without a login was not tried");
        notes.Remark(talk.Figures);
        return null;
    }

    private static string Question(Endpoint endpoint, IPAddress local, string id)
    {
        static string Host(IPAddress address) => address.GetAddressBytes().Length == 4 ? $"{address}" : $"[{new IPAddress(address.GetAddressBytes())}]";
        var (there, here) = (Host(endpoint.Address.Address), Host(local));
        return $"OPTIONS sip:{there}:{endpoint.Port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id};rport\r\nMax-Forwards: 70\r\nFrom: <sip:dct@{here}>;tag={id}\r\nTo: <sip:{there}>\r\nCall-ID: {id}\r\nCSeq: 1 OPTIONS\r\nContact: <sip:dct@{here}>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n";
    }
}
