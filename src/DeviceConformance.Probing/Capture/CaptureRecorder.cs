using System.Collections.Immutable;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Capture;

/// <summary>What a recording brought.</summary>
/// <param name="Interface">Interface.</param>
/// <param name="Method">How it was captured: libpcap, Npcap, packet socket.</param>
/// <param name="Files">Files that there are, oldest first.</param>
/// <param name="DeletedFiles">Files of the ring that were deleted to make room.</param>
/// <param name="Frames">Frames recorded, those in deleted files included.</param>
/// <param name="Bytes">Bytes of these frames on the wire.</param>
/// <param name="Counts">What the source counted; its losses make every absence uncertain.</param>
/// <param name="Fault">Empty, or why the recording ended before it was stopped: the interface went down, the disk is full.</param>
public sealed record RecordingSummary(string Interface, string Method, ImmutableArray<string> Files, int DeletedFiles, long Frames, long Bytes, CaptureCounts Counts, string Fault);

/// <summary>Records an interface into a file until it is stopped or something prevents it. Passive: it sends nothing.</summary>
public sealed class CaptureRecorder : IDisposable
{
    private const int FramesBetweenLooks = 4096;
    private const long NotStopped = 0;

    private readonly LiveCapture _capture;
    private readonly CaptureWriter _writer;
    private readonly CaptureSettings _settings;
    private readonly TaskCompletionSource<RecordingSummary> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _stopTick;
    private long _stopAt = NotStopped;

    private CaptureRecorder(LiveCapture capture, CaptureWriter writer, CaptureSettings settings)
    {
        (_capture, _writer, _settings) = (capture, writer, settings);
        new Thread(Run) { Name = $"capture {settings.Interface}", IsBackground = true }.Start();
    }

    /// <summary>Ends with the recording, whether it was stopped or ended by itself.</summary>
    public Task<RecordingSummary> Ended => _ended.Task;

    /// <summary>How it captures: libpcap, Npcap, packet socket.</summary>
    public string Method => _capture.Method;

    /// <summary>Frames recorded so far.</summary>
    public long Frames => _writer.Frames;

    /// <summary>Writes out what was recorded so far.</summary>
    /// <exception cref="CaptureFileException">The recording has ended by a fault.</exception>
    internal void Flush() => _writer.Flush();

    /// <summary>Begins to record: each frame that passes after this call is taken.</summary>
    /// <param name="settings">What to capture.</param>
    /// <param name="path">File to write; see <see cref="CaptureWriter.Create"/>.</param>
    /// <param name="ring">Sizes of a ring of files; null for one file without limit.</param>
    /// <param name="phase">Phase that it begins in; null for none.</param>
    /// <exception cref="CaptureRefusedException">The capture can not begin.</exception>
    /// <exception cref="CaptureFileException">The file is there already, or can not be written.</exception>
    public static CaptureRecorder Start(CaptureSettings settings, string path, CaptureRing? ring = null, string? phase = null) => Start(LiveCapture.Open(settings), settings, path, ring, phase);

    /// <summary>Begins to record from a capture that is open; it belongs to the recorder from here on.</summary>
    internal static CaptureRecorder Start(LiveCapture capture, CaptureSettings settings, string path, CaptureRing? ring = null, string? phase = null)
    {
        CaptureWriter? writer = null;
        try
        {
            writer = CaptureWriter.Create(path, new CaptureOrigin(settings.Interface, capture.Link, settings.SnapLength, settings.Filter), ring);
            if (phase is not null)
            {
                writer.BeginPhase(phase);
            }

            return new CaptureRecorder(capture, writer, settings);
        }
        catch
        {
            writer?.Dispose();
            capture.Dispose();
            throw;
        }
    }

    /// <summary>Marks that a phase begins now.</summary>
    /// <exception cref="ArgumentException">Nothing is left of the name.</exception>
    /// <exception cref="CaptureFileException">The recording has ended by a fault.</exception>
    public void BeginPhase(string name) => _writer.BeginPhase(name);

    /// <summary>Stops: what passed until now is still recorded.</summary>
    public Task<RecordingSummary> StopAsync()
    {
        Interlocked.CompareExchange(ref _stopTick, Environment.TickCount64, 0);
        Interlocked.CompareExchange(ref _stopAt, Now(), NotStopped);
        return Ended;
    }

    /// <summary>Stops and waits for the end.</summary>
    public void Dispose()
    {
        StopAsync().Wait();
        _writer.Dispose();
    }

    private void Run()
    {
        try
        {
            var fault = "";
            try
            {
                Pump();
                fault = _capture.Fault;
                _writer.Complete(_capture.Counts(), fault);
            }
            catch (CaptureFileException full)
            {
                fault = full.Message;
            }

            _ended.SetResult(new RecordingSummary(_settings.Interface, _capture.Method, _writer.Files, _writer.DeletedFiles, _writer.Frames, _writer.Bytes, _capture.Counts(), fault));
        }
        catch (Exception bug)
        {
            // A thread of its own: whoever waits for the end learns of it, instead of the process dying.
            _ended.SetException(bug);
        }
        finally
        {
            _capture.Dispose();
        }
    }

    private void Pump()
    {
        var lastFrame = 0L;
        var lateness = _capture.Lateness.Ticks * 100;
        while (true)
        {
            var taken = 0;
            for (; taken < FramesBetweenLooks && _capture.TryRead(out var frame); taken++)
            {
                if (Volatile.Read(ref _stopAt) is not NotStopped and var stop && frame.Nanoseconds > stop + lateness)
                {
                    return;
                }

                _writer.Write(frame.Nanoseconds, frame.Length, frame.Bytes);
            }

            if (taken > 0)
            {
                lastFrame = Environment.TickCount64;
                _writer.Count(_capture.Counts());
                continue;
            }

            if (_capture.Fault.Length > 0)
            {
                return;
            }

            // Frames may lie in the kernel for a while: they have come when nothing came for longer than that.
            if (Volatile.Read(ref _stopAt) != NotStopped && Environment.TickCount64 - Math.Max(lastFrame, Volatile.Read(ref _stopTick)) >= _capture.Lag.TotalMilliseconds)
            {
                return;
            }

            _capture.Wait();
        }
    }

    private static long Now() => Times.Of(DateTimeOffset.UtcNow);
}
