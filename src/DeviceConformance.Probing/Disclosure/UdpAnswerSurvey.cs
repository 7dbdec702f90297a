using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.UdpSweep;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>UDP services whose protocol the survey does not speak further: the sweep's questions are asked, and what the answers tell is read.</summary>
internal static class UdpAnswerSurvey
{
    private const int MaxQuestions = 8;

    // One question holds all that these tell a stranger: an address, a time, a negotiation.
    private static readonly ServiceProtocol[] _told = [ServiceProtocol.Stun, ServiceProtocol.Dhcp, ServiceProtocol.Matter, ServiceProtocol.Ntp, ServiceProtocol.Knx];

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var talk = new UdpTalk(request, context, reader);
        var peers = new UdpPeers(context.Link.LocalAddressTowards(request.Endpoint.Address), request.Endpoint.Address.Address);
        var questions = UdpQuestions.For(request.Endpoint.Port).Concat(UdpQuestions.All.Where(question => question.Protocol == request.Protocol && request.Protocol is not (ServiceProtocol.Unknown or ServiceProtocol.Other)))
            .Concat(UdpQuestions.ForAnyPort).Distinct().Take(MaxQuestions).ToList();
        var answered = new List<string>();
        foreach (var question in questions)
        {
            var datagram = question.Compose(peers);
            if (await talk.AskAsync(question.Name, datagram, answer => !answer.Bytes.Span.SequenceEqual(datagram) && (answer.FromPort == request.Endpoint.Port || question.Read(answer.Bytes.Span) is not null), cancellationToken) is { } got)
            {
                answered.Add(question.Name);
                Read(question, got.Bytes.Span, talk, reader, notes);
            }
        }

        if (answered.Count == 0)
        {
            return talk.Unanswered(string.Join(", ", questions.Select(question => question.Name)));
        }

        notes.Done($"answered: {string.Join(", ", answered)}");
        notes.Remark(talk.Figures);
        if (!_told.Contains(request.Protocol))
        {
            notes.Gap($"the survey does not speak {(request.Protocol is ServiceProtocol.Unknown or ServiceProtocol.Other ? "this service's protocol" : request.Protocol == ServiceProtocol.Tls ? "DTLS to its end" : request.Protocol.ToString())} further, so what it tells its own clients was not asked");
        }

        return null;
    }

    private static void Read(UdpQuestion question, ReadOnlySpan<byte> answer, UdpTalk talk, InformationReader reader, SurveyNotes notes)
    {
        // The smart home protocol hides its JSON behind a running XOR.
        var plain = question.Name.Contains("Kasa", StringComparison.Ordinal) ? UdpAnswers.KasaPlain(answer) : answer.ToArray();
        var text = Encoding.UTF8.GetString(plain);
        var found = talk.Hide(reader.TryReadJson(text, out var json, out _) ? json : reader.Read(Encoding.Latin1.GetString(plain), TextKind.Data));
        notes.Add(found, question.Name);
        // A console puts its prompt before or behind what it answers.
        var prompt = Prompts.At(text) == Prompt.Command ? text : text.Split(' ', 2)[0];
        if (question.Protocol == ServiceProtocol.Unknown && Prompts.At(prompt) == Prompt.Command)
        {
            notes.AddOpen($"command prompt without login: {Prompts.LastLine(prompt)}", "command prompt", Prompts.IsDebug(text) ? AccessKind.Debug : AccessKind.Use);
        }
    }
}
