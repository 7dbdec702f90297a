using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>What a server answers to an authentication request.</summary>
internal enum SshAuthResult
{
    /// <summary>No answer; the fault says why.</summary>
    None,

    /// <summary>The user is let in.</summary>
    Success,

    /// <summary>Refused.</summary>
    Failure,

    /// <summary>The credential is right, and another one is wanted besides it.</summary>
    Partial,

    /// <summary>The password has to be changed before it is of use.</summary>
    ChangePassword,

    /// <summary>After the password the server asks for something else.</summary>
    AsksFurther,
}

/// <summary>An answer to an authentication request.</summary>
/// <param name="Result">What it says.</param>
/// <param name="Methods">Methods that can go on, as the server lists them.</param>
/// <param name="Text">What it shows a person: banner, instruction, prompt; at most a few lines.</param>
/// <param name="Elapsed">Time from the request to the answer.</param>
/// <param name="Fault">Why there is no answer.</param>
internal sealed record SshAuthAnswer(SshAuthResult Result, ImmutableArray<string> Methods, string Text, TimeSpan Elapsed, SshFault? Fault);

/// <summary>User authentication over an encrypted transport (RFC 4252, RFC 4256). It starts no service behind the login.</summary>
internal sealed class SshAuthentication(SshTransport transport, TimeProvider time)
{
    private const string Service = "ssh-connection";
    private const int MostText = 4096;
    private const int MostQuestions = 8;
    private const uint MostPrompts = 16;

    private readonly StringBuilder _banner = new();

    /// <summary>What the server has shown to a person so far (RFC 4252, 5.4), at most a few thousand characters.</summary>
    public string Banner => _banner.ToString();

    /// <summary>Asks for the service of user authentication (RFC 4253, 10).</summary>
    public async Task<SshFault?> StartAsync(CancellationToken cancellationToken)
    {
        if (await transport.SendAsync(new SshWriter().Byte(SshMessage.ServiceRequest).Text("ssh-userauth").ToArray(), cancellationToken) is { } unsent)
        {
            return unsent;
        }

        var answer = await transport.ReadAsync(cancellationToken);
        return answer.Number == SshMessage.ServiceAccept ? null : answer.Fault ?? Strange(answer);
    }

    /// <summary>Asks to be let in without anything, which tells the methods (RFC 4252, 5.2).</summary>
    public Task<SshAuthAnswer> NoneAsync(string user, CancellationToken cancellationToken) => AskAsync(Request(user, "none").ToArray(), null, cancellationToken);

    /// <summary>Sends a password (RFC 4252, 8).</summary>
    public Task<SshAuthAnswer> PasswordAsync(string user, Secret password, CancellationToken cancellationToken) =>
        AskAsync(Request(user, "password").Bool(false).Text(password.Reveal()).ToArray(), null, cancellationToken);

    /// <summary>Answers the server's questions with a password (RFC 4256).</summary>
    public Task<SshAuthAnswer> KeyboardAsync(string user, Secret password, CancellationToken cancellationToken) =>
        AskAsync(Request(user, "keyboard-interactive").Text("").Text("").ToArray(), password, cancellationToken);

    private static SshWriter Request(string user, string method) => new SshWriter().Byte(SshMessage.AuthRequest).Text(user).Text(Service).Text(method);

    private async Task<SshAuthAnswer> AskAsync(byte[] request, Secret? forQuestions, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var shown = _banner.Length;
        var fault = await transport.SendAsync(request, cancellationToken);
        var isAnswered = false;
        var questions = 0;
        while (fault is null)
        {
            var message = await transport.ReadAsync(cancellationToken);
            switch (message.Number)
            {
                case SshMessage.AuthSuccess:
                    return Answer(SshAuthResult.Success, []);
                case SshMessage.AuthFailure when TryFailure(message.Payload, out var methods, out var isPartial):
                    return Answer(isPartial ? SshAuthResult.Partial : SshAuthResult.Failure, methods);
                case SshMessage.AuthBanner when TryText(message.Payload, out var text) && _banner.Length < MostText:
                    _banner.Append(text);
                    break;
                case SshMessage.PasswordChange when forQuestions is null:
                    return Answer(SshAuthResult.ChangePassword, []);
                case SshMessage.InfoRequest when forQuestions is not null && TryPrompts(message.Payload, out var text, out var prompts) && ++questions < MostQuestions:
                    _ = _banner.Length < MostText ? _banner.Append(text) : _banner;
                    if (isAnswered && prompts > 0)
                    {
                        return Answer(SshAuthResult.AsksFurther, []);
                    }

                    isAnswered = prompts > 0;
                    started = time.GetTimestamp();
                    fault = await transport.SendAsync(Response(forQuestions, prompts), cancellationToken);
                    break;
                default:
                    fault = message.Fault ?? Strange(message);
                    break;
            }
        }

        return Answer(SshAuthResult.None, []) with { Fault = fault };

        SshAuthAnswer Answer(SshAuthResult result, ImmutableArray<string> methods) => new(result, methods, _banner.ToString(shown, _banner.Length - shown), time.GetElapsedTime(started), null);
    }

    private static byte[] Response(Secret password, int prompts)
    {
        var response = new SshWriter().Byte(SshMessage.InfoResponse).U32((uint)prompts);
        for (var prompt = 0; prompt < prompts; prompt++)
        {
            response.Text(password.Reveal());
        }

        return response.ToArray();
    }

    /// <summary>Reads a refusal: methods that can go on, and whether the credential was right.</summary>
    internal static bool TryFailure(ReadOnlySpan<byte> payload, out ImmutableArray<string> methods, out bool isPartial)
    {
        var reader = new WireReader(payload);
        methods = [];
        isPartial = false;
        if (!reader.TrySkip(1) || !reader.TryVector32(out var names) || !SshKexInit.TryNames(names, out methods) || !reader.TryByte(out var partial))
        {
            return false;
        }

        isPartial = partial != 0;
        return true;
    }

    /// <summary>Reads a banner.</summary>
    internal static bool TryText(ReadOnlySpan<byte> payload, out string text)
    {
        var reader = new WireReader(payload);
        var isThere = reader.TrySkip(1) & reader.TryVector32(out var bytes);
        text = Shown(bytes);
        return isThere;
    }

    /// <summary>Reads a question: name, instruction and the prompts, of which the first is shown.</summary>
    internal static bool TryPrompts(ReadOnlySpan<byte> payload, out string text, out int prompts)
    {
        var reader = new WireReader(payload);
        (text, prompts) = ("", 0);
        if (!reader.TrySkip(1) || !reader.TryVector32(out var name) || !reader.TryVector32(out var instruction) || !reader.TryVector32(out _) || !reader.TryU32(out var count) || count > MostPrompts)
        {
            return false;
        }

        text = string.Join(' ', new[] { Shown(name), Shown(instruction) }.Where(part => part.Length > 0));
        for (; prompts < count; prompts++)
        {
            if (!reader.TryVector32(out var prompt) || !reader.TryByte(out _))
            {
                return false;
            }

            text += $"{(text.Length > 0 && !text.EndsWith(' ') ? " " : "")}{Shown(prompt)}";
        }

        return true;
    }

    private static string Shown(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MostText)]);

    private static SshFault Strange(SshReceived message) => new(Silence.Malformed, $"message {message.Number}, which is no answer to an authentication request");
}
