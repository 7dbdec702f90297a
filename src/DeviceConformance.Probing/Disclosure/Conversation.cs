using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>A talk in text with a service. The transcript gets what was said without the credentials that the device gives away.</summary>
internal sealed class Conversation : IAsyncDisposable
{
    /// <summary>Bytes that are read over the whole talk; a service that says more has said enough.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly TimeSpan _sendDeadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _tlsDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _settle = TimeSpan.FromMilliseconds(400);

    private readonly DutConnection _connection;
    private readonly ProbeContext _context;
    private readonly InformationReader _reader;
    private readonly TelnetText? _telnet;
    private int _received;

    private Conversation(DutConnection connection, ProbeContext context, InformationReader reader, bool telnet)
    {
        _connection = connection;
        _context = context;
        _reader = reader;
        _telnet = telnet ? new TelnetText() : null;
    }

    /// <summary>How the connection ended; null while it lasts.</summary>
    public Silence? Ended { get; private set; }

    /// <summary>Why there is no conversation.</summary>
    internal readonly record struct NotOpen(Silence Silence, string Text);

    /// <summary>Connects, and starts TLS where the service is inside it.</summary>
    /// <returns>The conversation, or how there is none.</returns>
    public static async Task<(Conversation? Talk, NotOpen Failure)> OpenAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, bool telnet, CancellationToken cancellationToken)
    {
        var (connection, failure) = await ConnectAsync(request, context, cancellationToken);
        return (connection is null ? null : new Conversation(connection, context, reader, telnet), failure);
    }

    /// <summary>Connects, and starts TLS where the service is inside it.</summary>
    public static async Task<(DutConnection? Connection, NotOpen Failure)> ConnectAsync(DisclosureSurvey request, ProbeContext context, CancellationToken cancellationToken)
    {
        // The bytes are not kept as they come: what the device says may hold a password.
        var result = await context.Link.ConnectAsync(request.Endpoint, Transcript.None, cancellationToken);
        if (!result.TryGet(out var connection))
        {
            context.Transcript.Note(result.Text);
            return (null, new NotOpen(result.Silence, result.Text));
        }

        context.Transcript.Note($"connected to {request.Endpoint}");
        if (!request.Tls)
        {
            return (connection, default);
        }

        if (await connection.StartTlsAsync(_tlsDeadline, cancellationToken) is { } silence)
        {
            await connection.DisposeAsync();
            context.Transcript.Note($"TLS failed: {silence}");
            return (null, new NotOpen(silence, $"{request.Endpoint} does not complete a TLS handshake with the platform's client: {silence}."));
        }

        context.Transcript.Note($"TLS is up: {connection.Tls?.SslProtocol}");
        return (connection, default);
    }

    /// <summary>Sends a line, or other text as it is.</summary>
    public async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        if (Ended is null)
        {
            _context.Transcript.Note($"-> {Transcript.Printable(Encoding.UTF8.GetBytes(text), 1024)}");
            Ended = await _connection.SendAsync(Encoding.UTF8.GetBytes(text), _sendDeadline, cancellationToken);
        }
    }

    /// <summary>Reads until enough was said, nothing comes any more, or the time is over.</summary>
    /// <param name="deadline">How long in all.</param>
    /// <param name="isEnough">Whether what was said so far is what was waited for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was said, as Latin-1 text; a text that is not "enough" came incomplete.</returns>
    public async Task<string> ReadAsync(TimeSpan deadline, Func<string, bool> isEnough, CancellationToken cancellationToken)
    {
        var said = new StringBuilder();
        var started = _context.Time.GetTimestamp();
        var buffer = new byte[4096];
        while (Ended is null && _received < MaxBytes && deadline - _context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            var read = await _connection.ReadAsync(buffer, left, cancellationToken);
            if (read.Silence is { } silence)
            {
                // Silence within the time is no end: the connection is still there.
                Ended = silence == Silence.NoReply ? null : silence;
                break;
            }

            _received += read.Count;
            said.Append(await TextOfAsync(buffer.AsMemory(0, read.Count), cancellationToken));
            if (isEnough(said.ToString()))
            {
                break;
            }
        }

        var text = said.ToString();
        if (text.Length > 0)
        {
            Note(text);
        }

        if (Ended is { } ended)
        {
            _context.Transcript.Note($"-- {ended}");
        }

        return text;
    }

    /// <summary>Reads until a prompt stands: nothing follows it for a moment.</summary>
    public async Task<string> ReadPromptAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var started = _context.Time.GetTimestamp();
        var said = "";
        while (Ended is null && _received < MaxBytes && deadline - _context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            var before = said;
            said += await ReadAsync(left, more => Prompts.At(before + more) != Prompt.None, cancellationToken);
            var further = await ReadAsync(_settle, static _ => true, cancellationToken);
            said += further;
            if (further.Length == 0 && Prompts.At(said) != Prompt.None)
            {
                break;
            }
        }

        return said;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<string> TextOfAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_telnet is null)
        {
            return Encoding.Latin1.GetString(bytes.Span);
        }

        var (text, replies) = _telnet.Take(bytes.Span);
        if (replies.Length > 0)
        {
            Ended = await _connection.SendAsync(replies, _sendDeadline, cancellationToken) ?? Ended;
        }

        return text;
    }

    private void Note(string text)
    {
        var found = _reader.Read(text, TextKind.Data);
        _context.Transcript.Note($"<- {Transcript.Printable(Encoding.Latin1.GetBytes(found.Redact(text)), 4096)}");
    }
}
