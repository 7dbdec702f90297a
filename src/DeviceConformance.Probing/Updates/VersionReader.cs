using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Updates;

/// <summary>A reading of the version.</summary>
/// <param name="Version">The version; empty when it could not be read.</param>
/// <param name="Problem">Why not; empty when it could.</param>
/// <param name="Silence">How the DUT failed to answer; null when it answered.</param>
internal sealed record VersionRead(string Version, string Problem, Silence? Silence)
{
    /// <summary>Whether there is a version.</summary>
    public bool IsKnown => Version.Length > 0;
}

/// <summary>Reads the version of the software by the declared means.</summary>
/// <param name="declared">The means.</param>
/// <param name="pattern">The declared pattern.</param>
/// <param name="web">The port.</param>
/// <param name="transcript">Where a reading is noted that differs from the one before.</param>
internal sealed class VersionReader(VersionReading declared, Regex pattern, DeviceWeb web, Transcript transcript)
{
    /// <summary>How long the declared pattern may take; a hostile page must not hold the run up.</summary>
    public static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private const int MaxVersion = 200;

    private VersionRead? _last;

    /// <summary>Reads the version. When a session seems to have ended, logs in once more.</summary>
    public async Task<VersionRead> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await ReadOnceAsync(cancellationToken);
        if (read != _last)
        {
            transcript.Note(read.IsKnown ? $"version {read.Version}" : $"no version: {read.Problem}");
            _last = read;
        }

        return read;
    }

    private async Task<VersionRead> ReadOnceAsync(CancellationToken cancellationToken)
    {
        if (web.IsOpen)
        {
            var read = Interpret(await web.GetAsync(declared.Path, cancellationToken));
            if (read.IsKnown || read.Silence is not null || !web.NeedsLogin)
            {
                return read;
            }
        }

        return await web.LogInAsync(cancellationToken)
            ? Interpret(await web.GetAsync(declared.Path, cancellationToken))
            : new VersionRead("", web.LoginProblem, web.LoginSilence);
    }

    private VersionRead Interpret(HttpAnswer answer)
    {
        var asked = $"GET {declared.Path} on {web.Endpoint}";
        if (answer.Silence is { } silence)
        {
            return new VersionRead("", $"{asked} is not answered ({silence})", silence);
        }

        if (answer.Status is < 200 or >= 300)
        {
            return new VersionRead("", $"{asked} answers {answer.Status}", null);
        }

        try
        {
            var match = pattern.Match(answer.Text);
            var version = match.Success ? match.Groups[1].Value.Trim() : "";
            return version.Length is > 0 and <= MaxVersion
                ? new VersionRead(version, "", null)
                : new VersionRead("", $"the answer to {asked} does not match the declared pattern", null);
        }
        catch (RegexMatchTimeoutException)
        {
            return new VersionRead("", $"the declared pattern takes too long on the answer to {asked}", null);
        }
    }
}
