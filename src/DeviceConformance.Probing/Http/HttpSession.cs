using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Http;

/// <summary>An answer to an HTTP request, or the way in which there was none.</summary>
/// <param name="Status">Status code; 0 when there was no answer.</param>
/// <param name="Headers">Headers in the order received, names as sent.</param>
/// <param name="Body">Body, at most <see cref="HttpSession.MaxBody"/> bytes.</param>
/// <param name="Silence">Why there is no answer; null when there is one.</param>
/// <param name="Elapsed">Time from the request to the end of the answer.</param>
public sealed record HttpAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, Silence? Silence, TimeSpan Elapsed)
{
    /// <summary>Why the body ended early, when the head came but not the whole body: an endless stream, a reset; otherwise null.</summary>
    public Silence? BodySilence { get; init; }

    /// <summary>Whether the body is larger than <see cref="HttpSession.MaxBody"/>, so that the rest was left.</summary>
    public bool BodyCut { get; init; }

    /// <summary>Body as text, invalid bytes replaced.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);

    /// <summary>First header of a name, or empty.</summary>
    public string Header(string name) => HeaderValues(name).FirstOrDefault() ?? "";

    /// <summary>All values of a header.</summary>
    public IEnumerable<string> HeaderValues(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);
}

/// <summary>
/// HTTP requests to one port of the DUT, over the link and into the transcript; redirects are answers, not followed.
/// Keeps cookies as a browser would, for the host it talks to.
/// </summary>
public sealed class HttpSession : IDisposable
{
    /// <summary>Bytes of a body that are read; the rest of a larger one is left.</summary>
    public const int MaxBody = 512 * 1024;

    private const int BodyInTranscript = 2048;

    // A page that is shown for every unknown path would fill the transcript.
    private const int WorthRepeating = 80;
    private const int MaxShown = 500;

    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private readonly Lock _shownLock = new();
    private readonly HttpClient _client;
    private readonly Transcript _transcript;
    private readonly TimeProvider _time;

    /// <summary>A session with a port.</summary>
    /// <param name="endpoint">The port.</param>
    /// <param name="tls">Whether to speak HTTPS.</param>
    /// <param name="link">The way to the DUT.</param>
    /// <param name="transcript">Where the exchange is kept.</param>
    /// <param name="time">Clock.</param>
    public HttpSession(Endpoint endpoint, bool tls, DutLink link, Transcript transcript, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(link);
        Endpoint = endpoint;
        Tls = tls;
        _transcript = transcript;
        _time = time;
        Origin = new Uri($"{(tls ? "https" : "http")}://{OriginHost(endpoint)}:{endpoint.Port}/");
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.All,
            MaxResponseHeadersLength = 64,
            // What is left of a body is not worth reading to keep a connection: it may have no end.
            MaxResponseDrainSize = 0,
            MaxConnectionsPerServer = 4,
            PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            CookieContainer = Cookies,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            ConnectCallback = async (_, cancellationToken) => await OpenAsync(link, cancellationToken),
        };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The port.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>Whether it speaks HTTPS.</summary>
    public bool Tls { get; }

    /// <summary>Base of all paths.</summary>
    public Uri Origin { get; }

    /// <summary>How long an answer may take, from the request to its last byte; a body that is not over by then is cut there.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Texts in an answer that the transcript must not keep, such as a password that the device gives away.</summary>
    public Func<HttpAnswer, IEnumerable<string>> SecretsIn { get; init; } = static _ => [];

    /// <summary>Is told of each answer with its method and path, before the next request.</summary>
    public Action<HttpMethod, string, HttpAnswer> Answered { get; set; } = static (_, _, _) => { };

    /// <summary>Cookies received so far.</summary>
    public CookieContainer Cookies { get; } = new();

    /// <summary>GET of a path.</summary>
    public Task<HttpAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <summary>Sends a request. A device that does not answer, or not in HTTP, gives an answer with <see cref="HttpAnswer.Silence"/>.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path and query, from the origin.</param>
    /// <param name="content">Body, or null.</param>
    /// <param name="authorization">Value of the Authorization header, or null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<HttpAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        if (!Uri.TryCreate(Origin, path, out var target) || target.Authority != Origin.Authority)
        {
            _transcript.Note($"{method} {path}: leads away from the device and is not asked");
            return new HttpAnswer(0, [], default, Model.Observations.Silence.Malformed, TimeSpan.Zero);
        }

        using var request = new HttpRequestMessage(method, target) { Content = content };
        request.Headers.Authorization = authorization;
        using var limit = Link.Deadline.After(Deadline, _time, cancellationToken);
        try
        {
            _transcript.Note(await DescribeAsync(request, limit.Token));
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            // Unparsed: the platform would take a Server header apart and drop what it can not read.
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value)).ToList();
            using var body = new MemoryStream();
            var (cut, bodySilence) = await ReadBodyAsync(response, body, limit.Token);
            cancellationToken.ThrowIfCancellationRequested();
            var answer = new HttpAnswer((int)response.StatusCode, headers, body.ToArray(), null, _time.GetElapsedTime(started)) { BodySilence = bodySilence, BodyCut = cut };
            foreach (var secret in SecretsIn(answer))
            {
                _transcript.Mask("", new Model.Lab.Secret(secret));
            }

            _transcript.Note(Describe(answer));
            Answered(method, target.PathAndQuery, answer);
            return answer;
        }
        catch (Exception fault) when (IsNoAnswer(fault))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var silence = SilenceOf(fault);
            _transcript.Note($"<- no answer: {silence} ({fault.GetBaseException().Message})");
            return new HttpAnswer(0, [], default, silence, _time.GetElapsedTime(started));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string OriginHost(Endpoint endpoint) =>
        // A zone (fe80::1%eth0) is the host's business and does not belong in a Host header (RFC 6874).
        endpoint.Address.IsIPv6 ? $"[{endpoint.Address.ToString().Split('%')[0]}]" : endpoint.Address.ToString();

    private static bool IsNoAnswer(Exception fault) =>
        fault is HttpRequestException or IOException or OperationCanceledException or InvalidDataException or InvalidOperationException or NotSupportedException;

    /// <summary>Reads a body as far as it comes: a head without the end of its body is an answer all the same.</summary>
    private static async Task<(bool Cut, Silence? Silence)> ReadBodyAsync(HttpResponseMessage response, MemoryStream body, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[16 * 1024];
            int count;
            while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                body.Write(buffer, 0, (int)Math.Min(count, MaxBody - body.Length));
                if (body.Length == MaxBody)
                {
                    return (Cut: true, null);
                }
            }

            return (Cut: false, null);
        }
        catch (Exception fault) when (IsNoAnswer(fault))
        {
            return (Cut: false, SilenceOf(fault));
        }
    }

    private static async Task<string> DescribeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var text = new StringBuilder($"-> {request.Method} {request.RequestUri!.PathAndQuery}");
        if (request.Headers.Authorization is { } authorization)
        {
            // Basic carries the password itself; a Digest response lets whoever reads it try passwords at leisure.
            text.Append($"\n   Authorization: {authorization.Scheme} {Model.Lab.Secret.Mask}");
        }

        if (request.Content is FormUrlEncodedContent or StringContent)
        {
            text.Append($"\n   {await request.Content.ReadAsStringAsync(cancellationToken)}");
        }
        else if (request.Content is not null)
        {
            text.Append($"\n   ({request.Content.Headers.ContentType}, {request.Content.Headers.ContentLength?.ToString() ?? "?"} bytes)");
        }

        return text.ToString();
    }

    private string Describe(HttpAnswer answer)
    {
        var text = new StringBuilder($"<- {answer.Status}");
        foreach (var (name, value) in answer.Headers)
        {
            text.Append($"\n   {name}: {Transcript.Printable(Encoding.UTF8.GetBytes(WithoutSession(name, value)), 512)}");
        }

        if (!answer.Body.IsEmpty)
        {
            // Masked before it is cut: half a password at the end would no longer be recognised as one.
            var body = _transcript.Masked(Transcript.Printable(answer.Body.Span, BodyInTranscript * 2));
            body = body.Length > BodyInTranscript ? $"{body[..BodyInTranscript]} ... (body of {answer.Body.Length} bytes)" : body;
            text.Append($"\n   {(IsShown(body) ? $"(a body of {answer.Body.Length} bytes that was shown before)" : body)}");
        }

        return answer.BodySilence is { } silence ? text.Append($"\n   (the body did not end: {silence})").ToString() : text.ToString();
    }

    private bool IsShown(string body)
    {
        lock (_shownLock)
        {
            return body.Length > WorthRepeating && (_shown.Count < MaxShown ? !_shown.Add(body) : _shown.Contains(body));
        }
    }

    // A session id logs in whoever reads it; its attributes are what matters.
    private static string WithoutSession(string name, string value)
    {
        var equals = value.IndexOf('=', StringComparison.Ordinal);
        var semicolon = value.IndexOf(';', StringComparison.Ordinal);
        return !name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) || equals < 0
            ? value
            : $"{value[..equals]}={Model.Lab.Secret.Mask}{(semicolon > equals ? value[semicolon..] : "")}";
    }

    private static Silence SilenceOf(Exception fault) => fault switch
    {
        OperationCanceledException => Model.Observations.Silence.NoReply,
        { InnerException: UnansweredException unanswered } => unanswered.Silence,
        UnansweredException unanswered => unanswered.Silence,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Model.Observations.Silence.HandshakeRefused,
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } => Model.Observations.Silence.Malformed,
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => Model.Observations.Silence.ClosedByPeer,
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } => Model.Observations.Silence.Malformed,
        InvalidDataException or InvalidOperationException or NotSupportedException => Model.Observations.Silence.Malformed,
        _ => (fault.GetBaseException() as SocketException)?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => Model.Observations.Silence.Refused,
            SocketError.ConnectionReset or SocketError.ConnectionAborted => Model.Observations.Silence.Reset,
            _ => Model.Observations.Silence.ClosedByPeer,
        },
    };

    private async Task<Stream> OpenAsync(DutLink link, CancellationToken cancellationToken)
    {
        var result = await link.ConnectAsync(Endpoint, Transcript.None, cancellationToken);
        return result.TryGet(out var connection) ? connection.Raw : throw new UnansweredException(result.Silence, result.Text);
    }

    private sealed class UnansweredException(Silence silence, string text) : IOException(text)
    {
        public Silence Silence { get; } = silence;
    }
}
