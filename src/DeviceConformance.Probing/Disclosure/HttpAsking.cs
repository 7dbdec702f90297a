using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>GET requests of a survey, one at a time, within its budget; it stops when the device asks for a pause, becomes slow or falls silent.</summary>
internal sealed class HttpAsking : IDisposable
{
    /// <summary>Requests at the most.</summary>
    public const int MaxRequests = 400;

    private const long MaxBytes = 48L * 1024 * 1024;
    private const int MaxSilentInARow = 3;
    private const int LatencySample = 5;
    private const int SlowFactor = 8;

    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(1.5);

    private readonly ProbeContext _context;
    private readonly HttpSession _session;
    private readonly List<TimeSpan> _times = [];
    private readonly List<string> _silent = [];
    private readonly long _started;
    private HttpAnswerReading _reading = null!;
    private string _asking = "/";
    private int _silentInARow;

    public HttpAsking(DisclosureSurvey request, ProbeContext context, InformationReader reader)
    {
        _context = context;
        _started = context.Time.GetTimestamp();
        _session = new HttpSession(request.Endpoint, request.Tls, context.Link, context.Transcript, context.Time)
        {
            Deadline = _deadline,
            SecretsIn = answer =>
            {
                _reading = HttpAnswerReading.Read(answer, reader, _asking);
                return _reading.Found.Secrets;
            },
        };
    }

    /// <summary>Base of all paths.</summary>
    public Uri Origin => _session.Origin;

    /// <summary>Requests made.</summary>
    public int Requests { get; private set; }

    /// <summary>Bytes of bodies read.</summary>
    public long Bytes { get; private set; }

    /// <summary>Why no further request is made; null while there is no reason.</summary>
    public string? Stop { get; private set; }

    /// <summary>Paths without an answer, each with the way of silence.</summary>
    public IReadOnlyList<string> Silent => _silent;

    /// <summary>Asks for a path. The reading is null when there was no answer.</summary>
    public async Task<(HttpAnswer Answer, HttpAnswerReading Reading)> AskAsync(string path, CancellationToken cancellationToken)
    {
        _context.Progress(Math.Min(0.99, (double)Requests / (HttpPathList.All.Length + 40)), $"GET {path}");
        Requests++;
        _asking = path;
        var answer = await _session.GetAsync(path, cancellationToken);
        if (answer.Silence is Silence.Reset)
        {
            // A server may drop an idle connection at the moment that it is used again; GET may be repeated (RFC 9110, 9.2.2). Where it
            // closes in good order the platform's client has done so already.
            Requests++;
            answer = await _session.GetAsync(path, cancellationToken);
        }

        if (answer.Silence is { } silence)
        {
            _silent.Add($"{path} ({silence})");
            _silentInARow++;
            Stop ??= _silentInARow == MaxSilentInARow ? $"{MaxSilentInARow} requests in a row had no answer" : null;
            return (answer, null!);
        }

        _silentInARow = 0;
        _times.Add(answer.Elapsed);
        Bytes += answer.Body.Length;
        Stop ??= WhyStop(answer, path);
        return (answer, _reading);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private string? WhyStop(HttpAnswer answer, string path)
    {
        if (answer.Status == 429 || (answer.Status == 503 && answer.Header("Retry-After").Length > 0))
        {
            return $"the device asks for a pause (status {answer.Status} at {path})";
        }

        if (_context.Time.GetElapsedTime(_started) > _budget)
        {
            return $"the time of {_budget.TotalSeconds:0} s is over";
        }

        if (Bytes > MaxBytes)
        {
            return $"{MaxBytes / 1024 / 1024} MiB were read";
        }

        if (_times.Count < 2 * LatencySample)
        {
            return null;
        }

        var (first, last) = (Median(_times.Take(LatencySample)), Median(_times.TakeLast(LatencySample)));
        return last > _slow && last > first * SlowFactor
            ? $"the device has become slow ({first.TotalMilliseconds:0} ms at first, {last.TotalMilliseconds:0} ms now)"
            : null;
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times) => times.Order().ElementAt(LatencySample / 2);
}
