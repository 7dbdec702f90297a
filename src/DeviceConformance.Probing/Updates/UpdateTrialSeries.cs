using System.Collections.Immutable;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Updates;

/// <summary>Offers the variants one after the other and tells by the version what became of each. Nothing is offered twice.</summary>
internal sealed class UpdateTrialSeries(ImageSpoiler spoiler, UpdateDelivery delivery, VersionReader reader, TimeSpan settle, ProbeContext context)
{
    // The control comes last: it shows that the DUT installs at all, and it replaces what should not have been installed.
    private static readonly UpdateVariant[] _order = [UpdateVariant.BitFlipped, UpdateVariant.OtherKey, UpdateVariant.SignatureRemoved, UpdateVariant.Older, UpdateVariant.Genuine];

    private static readonly TimeSpan _shortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(2);
    private const int QuickReadings = 3;

    private readonly List<UpdateTrial> _trials = [];
    private readonly List<(UpdateVariant Variant, string Version)> _notInstalled = [];

    /// <summary>Trials made, in order.</summary>
    public ImmutableArray<UpdateTrial> Trials => [.. _trials];

    /// <summary>Whether software runs that may be spoiled: something spoiled was installed, or may have been, and nothing genuine since.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>Makes all trials.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var variant in _order)
        {
            context.Progress(_trials.Count / (double)_order.Length, $"offering {variant}");
            var trial = spoiler.TryMake(variant, out var image, out var why)
                ? await TryAsync(variant, image, cancellationToken)
                : new UpdateTrial(variant, UpdateResult.NotOffered, "", "", $"Not offered: {why}.");
            _trials.Add(trial);
            context.Transcript.Note($"{variant}: {trial.Result}, version {trial.VersionBefore} before, {trial.VersionAfter} after. {trial.Answer}");
        }

        // An installation that takes longer than declared would otherwise go unnoticed after the last trial only.
        NoticeLateInstallation((await ReadQuicklyAsync(cancellationToken)).Version);
    }

    /// <summary>Reads the version, with a few tries in quick succession.</summary>
    public async Task<VersionRead> ReadQuicklyAsync(CancellationToken cancellationToken)
    {
        for (var reading = 1; ; reading++)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.IsKnown || reading == QuickReadings)
            {
                return read;
            }

            await Task.Delay(Pause, context.Time, cancellationToken);
        }
    }

    private TimeSpan Pause => TimeSpan.FromTicks(Math.Clamp((settle / 20).Ticks, _shortestPause.Ticks, _longestPause.Ticks));

    private static bool IsSpoiled(UpdateVariant variant) => variant is UpdateVariant.BitFlipped or UpdateVariant.OtherKey or UpdateVariant.SignatureRemoved;

    private async Task<UpdateTrial> TryAsync(UpdateVariant variant, OfferedImage image, CancellationToken cancellationToken)
    {
        var before = await ReadQuicklyAsync(cancellationToken);
        if (!before.IsKnown)
        {
            return new UpdateTrial(variant, UpdateResult.NotOffered, "", "", $"Not offered: the version can not be read before ({before.Problem}).");
        }

        NoticeLateInstallation(before.Version);
        if (before.Version == image.Version && !(variant == UpdateVariant.Genuine && IsSuspect))
        {
            return new UpdateTrial(variant, UpdateResult.Unknown, before.Version, before.Version, $"Not offered: the DUT reports version {before.Version} already, which is the image's, so nothing could be told.");
        }

        context.Transcript.Note($"offering {variant}: version {image.Version}, {image.Length} bytes, SHA-256 {await image.Sha256Async(cancellationToken)}");
        await delivery.OfferAsync(image, settle, cancellationToken);
        var after = delivery.Look().Reach == DeliveryReach.None ? await ReadQuicklyAsync(cancellationToken) : await WatchAsync(before.Version, image.Version, cancellationToken);
        var delivered = delivery.End();
        var (result, words) = Conclude(before.Version, after, image.Version, delivered);
        switch (result)
        {
            case UpdateResult.Installed:
                IsSuspect = IsSpoiled(variant);
                break;
            case UpdateResult.Unknown when after.Version != before.Version:
                IsSuspect = true;
                break;
            case UpdateResult.NotInstalled or UpdateResult.NotOffered:
                _notInstalled.Add((variant, image.Version));
                break;
            default:
                break;
        }

        return new UpdateTrial(variant, result, before.Version, after.Version, $"{Sentence(delivered.Answer)}{words}");
    }

    /// <summary>Waits until the image's version shows and stays, or the time that an installation may take is over.</summary>
    private async Task<VersionRead> WatchAsync(string before, string offered, CancellationToken cancellationToken)
    {
        var started = context.Time.GetTimestamp();
        var last = "";
        while (context.Time.GetElapsedTime(started) < settle)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.IsKnown && read.Version == offered && last == offered && before != offered)
            {
                return read;
            }

            last = read.Version;
            await Task.Delay(Pause, context.Time, cancellationToken);
        }

        return await ReadQuicklyAsync(cancellationToken);
    }

    private (UpdateResult Result, string Words) Conclude(string before, VersionRead after, string offered, Delivered delivered)
    {
        if (!after.IsKnown)
        {
            return (UpdateResult.Unknown, $" Within {settle.TotalSeconds:0} s the version could not be read again: {after.Problem}.");
        }

        if (before == offered && after.Version == offered)
        {
            return (UpdateResult.Unknown, $" Before and after, the DUT reports version {offered}, which is the image's, so nothing can be told.");
        }

        if (after.Version == offered)
        {
            return (UpdateResult.Installed, "");
        }

        if (after.Version != before)
        {
            return (UpdateResult.Unknown, $" The DUT then reports version {after.Version}, which is neither the one before ({before}) nor the image's ({offered}).");
        }

        return delivered.Reach switch
        {
            DeliveryReach.None => (UpdateResult.NotOffered, " So the DUT was not put to the test."),
            DeliveryReach.Part => (UpdateResult.Unknown, " The version stays as it was, but whether the DUT refused the image or the transfer failed does not show."),
            _ => (UpdateResult.NotInstalled, ""),
        };
    }

    /// <summary>A version that shows only now came from an image that was taken to be refused.</summary>
    private void NoticeLateInstallation(string version)
    {
        if (_trials.Count == 0 || version.Length == 0 || version == _trials.FindLast(trial => trial.VersionAfter.Length > 0)?.VersionAfter)
        {
            return;
        }

        foreach (var (variant, _) in _notInstalled.Where(offered => offered.Version == version))
        {
            var at = _trials.FindIndex(trial => trial.Variant == variant);
            IsSuspect |= IsSpoiled(variant);
            _trials[at] = _trials[at] with
            {
                Result = UpdateResult.Unknown,
                Answer = $"{_trials[at].Answer} Later than the declared {settle.TotalSeconds:0} s the DUT reports version {version}, which is this image's: it may have been installed after all.",
            };
        }
    }

    private static string Sentence(string text) => text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text[^1] is '.' or '!' ? "" : ".")}";
}
