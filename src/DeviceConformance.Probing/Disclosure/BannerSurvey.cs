using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Services whose greeting alone is read: SSH, mail, VNC, and whatever is not known.</summary>
internal static class BannerSurvey
{
    // A server that is to speak first may look up its client's name before; of an unknown one nothing may ever come.
    private static readonly TimeSpan _greeting = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _anything = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _afterReturn = TimeSpan.FromSeconds(2);

    // Printers take whatever comes to these ports as a page to print (raw printing, JetDirect).
    private const int FirstPrinterPort = 9100;
    private const int LastPrinterPort = 9109;

    // SSH-2.0-softwareversion SP comments (RFC 4253, 4.2); softwareversion is mostly Product_Version or Product-Version.
    private static readonly Regex _ssh = new(@"^SSH-[\d.]{1,6}-([^\s]+?)(?: ([^\r\n]*))?\r?$", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking);
    private static readonly Regex _product = new(@"^([A-Za-z][A-Za-z.+-]*?)[_-]?v?(\d[\w.+-]*)?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var (talk, failure) = await Conversation.OpenAsync(request, context, reader, telnet: false, cancellationToken);
        if (talk is null)
        {
            return new ProbeOutcome.Unanswered(failure.Silence, failure.Text);
        }

        await using (talk)
        {
            var text = IsSpoken(request.Protocol)
                ? await talk.ReadAsync(_greeting, said => IsWhole(request.Protocol, said), cancellationToken)
                : await talk.ReadPromptAsync(_anything, cancellationToken);
            if (text.Length == 0 && talk.Ended is null && MayNudge(request))
            {
                await talk.SendAsync("\r\n", cancellationToken);
                text = await talk.ReadPromptAsync(_afterReturn, cancellationToken);
            }

            Read(request.Protocol, text, talk.Ended, reader, notes);
            return null;
        }
    }

    private static bool IsSpoken(ServiceProtocol protocol) =>
        protocol is ServiceProtocol.Ssh or ServiceProtocol.Smtp or ServiceProtocol.Pop3 or ServiceProtocol.Imap or ServiceProtocol.Rfb;

    // A server may send its KEXINIT right behind the line with its identification, and then nothing before it has the client's.
    private static bool IsWhole(ServiceProtocol protocol, string said) => protocol == ServiceProtocol.Ssh
        ? _ssh.Match(said) is { Success: true } line && line.Index + line.Length < said.Length
        : said.EndsWith('\n');

    private static bool MayNudge(DisclosureSurvey request) =>
        request.Protocol is ServiceProtocol.Unknown or ServiceProtocol.Other or ServiceProtocol.Tls && request.Endpoint.Port is < FirstPrinterPort or > LastPrinterPort;

    private static void Read(ServiceProtocol protocol, string text, Silence? ended, InformationReader reader, SurveyNotes notes)
    {
        if (protocol == ServiceProtocol.Ssh)
        {
            ReadSsh(text, reader, notes);
        }
        else
        {
            notes.Add(reader.Read(text, TextKind.Banner), "banner");
        }

        if (text.Length == 0)
        {
            notes.Gap(ended is { } silence ? $"the connection ended ({silence}) without a greeting" : $"no greeting came within {(IsSpoken(protocol) ? _greeting : _anything).TotalSeconds:0} s");
        }

        switch (protocol)
        {
            case ServiceProtocol.Ssh when text.Length > 0:
                notes.AddLogin(LoginProtocol.Ssh);
                notes.Done("the identification string was read");
                notes.Remark("which SSH authentication methods are offered is asked apart, with its algorithms; here a password login is taken as possible");
                break;
            case ServiceProtocol.Pop3 or ServiceProtocol.Imap when text.Length > 0:
                notes.AddLogin(LoginProtocol.Other);
                notes.Done("the greeting was read; mail is behind a login in this protocol");
                break;
            case ServiceProtocol.Smtp or ServiceProtocol.Ssh or ServiceProtocol.Pop3 or ServiceProtocol.Imap:
                notes.Done(text.Length > 0 ? "the greeting was read" : "the greeting was waited for");
                break;
            default:
                ReadPrompt(protocol, text, notes);
                break;
        }
    }

    private static void ReadPrompt(ServiceProtocol protocol, string text, SurveyNotes notes)
    {
        switch (Prompts.At(text))
        {
            case Prompt.Command:
                notes.AddOpen($"command prompt without login: {Prompts.LastLine(text)}", "command prompt", Prompts.IsDebug(text) ? AccessKind.Debug : AccessKind.Use);
                notes.Done("the greeting and a command prompt were read; no command was given");
                return;
            case Prompt.Login:
                notes.AddLogin(LoginProtocol.Other);
                notes.Done("the greeting and a login prompt were read");
                return;
            default:
                notes.Done("the greeting was waited for");
                // What the service tells a client that speaks its language stays unseen.
                notes.Gap(protocol is ServiceProtocol.Unknown or ServiceProtocol.Other or ServiceProtocol.Tls
                    ? "what the service would tell a client that speaks its protocol is not known"
                    : $"the survey does not speak {protocol}, so what it tells its clients was not asked");
                return;
        }
    }

    private static void ReadSsh(string text, InformationReader reader, SurveyNotes notes)
    {
        var match = _ssh.Match(text);
        if (!match.Success)
        {
            notes.Add(reader.Read(text, TextKind.Banner), "banner");
            notes.Gap($"no SSH identification string (RFC 4253, 4.2) came, only: {SurveyNotes.Shortened(text)}");
            return;
        }

        notes.Add(reader.Read(text[..match.Index], TextKind.Banner), "lines before the identification string");
        var software = match.Groups[1].Value;
        var (name, version) = _product.Match(software) is { Success: true } product ? (product.Groups[1].Value, product.Groups[2].Value) : (software, "");
        notes.Add(DisclosureKind.Product, name, "identification string");
        if (version.Length > 0)
        {
            notes.Add(DisclosureKind.Version, $"{name} {version}", "identification string");
        }

        if (match.Groups[2].Value is { Length: > 0 } comment)
        {
            notes.Add(comment.Any(char.IsAsciiDigit) ? DisclosureKind.Version : DisclosureKind.Product, comment, "identification string");
        }
    }
}
