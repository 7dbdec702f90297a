using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Telnet (RFC 854): greeting, options declined, prompt. No name and no command is sent.</summary>
internal static class TelnetSurvey
{
    // A login program may start slowly on a small device, and looks up the client's name first.
    private static readonly TimeSpan _greeting = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _afterReturn = TimeSpan.FromSeconds(3);

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var (talk, failure) = await Conversation.OpenAsync(request, context, reader, telnet: true, cancellationToken);
        if (talk is null)
        {
            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
        }

        await using (talk)
        {
            var text = await talk.ReadPromptAsync(_greeting, cancellationToken);
            if (Prompts.At(text) == Prompt.None && talk.Ended is null)
            {
                // Some wait for a key before they show a prompt.
                await talk.SendAsync("\r\n", cancellationToken);
                text += await talk.ReadPromptAsync(_afterReturn, cancellationToken);
            }

            Read(text, talk.Ended, reader, notes);
            return null;
        }
    }

    /// <summary>Notes what a greeting with a prompt shows.</summary>
    public static void Read(string text, Silence? ended, InformationReader reader, SurveyNotes notes)
    {
        notes.Add(reader.Read(text, TextKind.Banner), "banner");
        switch (Prompts.At(text))
        {
            case Prompt.Login:
                notes.AddLogin(LoginProtocol.Telnet);
                ReadHostName(Prompts.LastLine(text), notes);
                notes.Done("the greeting and the login prompt were read, all Telnet options declined");
                break;
            case Prompt.Command:
                notes.AddOpen($"command prompt without login: {Prompts.LastLine(text)}", "command prompt", Prompts.IsDebug(text) ? AccessKind.Debug : AccessKind.Use);
                notes.Done("the greeting and the command prompt were read, all Telnet options declined; no command was given");
                break;
            default:
                notes.Gap(ended is { } silence
                    ? $"the connection ended ({silence}) before a prompt{(text.Length > 0 ? $", after: {SurveyNotes.Shortened(text)}" : "")}"
                    : $"no prompt that is known came within {(_greeting + _afterReturn).TotalSeconds:0} s{(text.Length > 0 ? $", only: {SurveyNotes.Shortened(text)}" : "")}");
                break;
        }
    }

    // Many login programs write "heater-4711 login:".
    private static void ReadHostName(string prompt, SurveyNotes notes)
    {
        if (prompt.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var host, var word] && word.StartsWith("login", StringComparison.OrdinalIgnoreCase)
            && !host.EndsWith(':') && !host.Equals("user", StringComparison.OrdinalIgnoreCase) && !host.Equals("please", StringComparison.OrdinalIgnoreCase) && !host.Equals("device", StringComparison.OrdinalIgnoreCase))
        {
            notes.Add(DisclosureKind.Network, $"host name {host}", "login prompt");
        }
    }
}
