using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.DebugAccess;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Ports on which nothing usual speaks: the services that development leaves behind are asked for, by speaking to them.</summary>
/// <remarks>What greets in words of its own is not spoken to: a shell would take every question for a command.</remarks>
internal static class DebugSurvey
{
    private const int Parallel = 3;

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var (connection, failure) = await Conversation.ConnectAsync(request, context, cancellationToken);
        if (connection is null)
        {
            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
        }

        string greeting;
        (string Name, string Reason, AccessKind Kind, DebugAnswer Answer)? found = null;
        await using (connection)
        {
            var talk = new DebugTalk(connection, cancellationToken);
            greeting = Encoding.Latin1.GetString(await talk.ExchangeAsync(default));
            if (greeting.StartsWith("RFB ", StringComparison.Ordinal) && await GreetingServices.AskVncAsync(greeting, talk) is { } vnc)
            {
                found = ("VNC", "the screen and its input", AccessKind.Control, vnc);
            }
            else if (greeting.StartsWith("@RSYNCD:", StringComparison.Ordinal) && await GreetingServices.AskRsyncAsync(talk) is { } rsync)
            {
                found = ("rsync", "copies of folders", AccessKind.Use, rsync);
            }
        }

        if (greeting.Length > 0 && found is null)
        {
            return await BannerSurvey.RunAsync(request, context, reader, notes, cancellationToken);
        }

        found ??= await AskForAsync(request, context, cancellationToken);
        if (found is not { } seen)
        {
            notes.Done($"asked for {string.Join(", ", DebugServices.Silent.Select(service => service.Name))}: none answered");
            return await BannerSurvey.RunAsync(request, context, reader, notes, cancellationToken);
        }

        Read(seen.Name, seen.Reason, seen.Kind, seen.Answer, reader, notes);
        context.Transcript.Note($"{seen.Name}: {seen.Answer.What}");
        return null;
    }

    private static void Read(string name, string reason, AccessKind kind, DebugAnswer answer, InformationReader reader, SurveyNotes notes)
    {
        notes.Add(DisclosureKind.Product, name, "first answer");
        notes.Add(reader.Read(answer.Tells, TextKind.Data), $"{name} first answer");
        notes.Add(reader.Read(answer.Tells, TextKind.Banner), $"{name} first answer");
        if (answer.IsOpen)
        {
            notes.AddOpen($"{name} without login gives {reason}: {answer.What}", name, kind);
        }

        foreach (var module in answer.Modules)
        {
            notes.Add(DisclosureKind.Status, module, $"{name} list");
        }

        notes.Done($"{name} was recognised by speaking it: {answer.What}");
    }

    private static async Task<(string Name, string Reason, AccessKind Kind, DebugAnswer Answer)?> AskForAsync(DisclosureSurvey request, ProbeContext context, CancellationToken cancellationToken)
    {
        var services = DebugServices.Silent.OrderBy(service => service.UsualPorts.Contains(request.Endpoint.Port) || (request.Protocol == ServiceProtocol.Adb && service.Name == "ADB") ? 0 : 1);
        foreach (var batch in services.Chunk(Parallel))
        {
            var answers = await Task.WhenAll(batch.Select(service => AskAsync(service, request, context, cancellationToken)));
            for (var index = 0; index < batch.Length; index++)
            {
                if (answers[index] is { } answer)
                {
                    return (batch[index].Name, batch[index].Reason, batch[index].Kind, answer);
                }
            }
        }

        return null;
    }

    private static async Task<DebugAnswer?> AskAsync(DebugService service, DisclosureSurvey request, ProbeContext context, CancellationToken cancellationToken)
    {
        var result = await context.Link.ConnectAsync(request.Endpoint, Transcript.None, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            return null;
        }

        await using (connection)
        {
            context.Transcript.Note($"-> {service.Name}");
            return await service.Ask(new DebugTalk(connection, cancellationToken));
        }
    }
}
