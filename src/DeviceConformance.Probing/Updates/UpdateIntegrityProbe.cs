using System.Collections.Immutable;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Updates;

/// <summary>
/// Offers the DUT an altered, a foreign, an unsigned, an older and, last, the genuine update, and reads the version after each.
/// </summary>
/// <remarks>
/// Cannot see: an image that was stored and is started only at the next power-up; a device that reports a version it does not run; what
/// it makes of images whose version equals the one that runs.
/// </remarks>
public sealed class UpdateIntegrityProbe : Probe<UpdateIntegrityTrial>
{
    private const int UsualSettleSeconds = 60;

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(UpdateIntegrityTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        ProbeOutcome.NotRun Missing(string what) => new(NotRunReason.InputMissing, $"{request.Title}: {what}.");

        if (context.Declared.Ixit.With<UpdMechFacts>(IxitRole.UpdMech).FirstOrDefault(pair => pair.Entry.Id == request.UpdMech) is not { Entry: not null, Facts: var facts })
        {
            return Missing($"the declaration has no entry {request.UpdMech}");
        }

        if (!facts.Offer.TryGet(out var offer) || !facts.Version.TryGet(out var version))
        {
            return Missing($"{request.UpdMech} does not say how an update is offered and how the version is read; add 'offer' and 'version' to its facts");
        }

        var spoiler = new ImageSpoiler(facts, context.Declared.Folder);
        if (spoiler.Complaint() is { Length: > 0 } complaint)
        {
            return Missing(complaint);
        }

        if (!TryPattern(version.Pattern, out var pattern))
        {
            return Missing($"'pattern' of {request.UpdMech} is no regular expression with a group: {version.Pattern}");
        }

        // The version is read hundreds of times; what is new of it is noted, the rest would fill the transcript.
        var quiet = context with { Transcript = new Transcript(context.Time, []) };
        if (!DeviceWeb.TryOpen(new Endpoint(request.Address, version.Port), version.Tls, version.AuthMech, quiet, out var versionWeb, out var missing))
        {
            return Missing(missing);
        }

        await using (versionWeb)
        {
            if (!TryDelivery(offer, spoiler, request.Address, context, out var delivery, out missing))
            {
                return Missing(missing);
            }

            await using (delivery)
            {
                var settle = TimeSpan.FromSeconds(Math.Max(1, facts.SettleSeconds.Or(UsualSettleSeconds)));
                var series = new UpdateTrialSeries(spoiler, delivery, new VersionReader(version, pattern, versionWeb, context.Transcript), settle, context);
                return await RunAsync(request, facts, delivery.Tls, series, versionWeb, settle, cancellationToken);
            }
        }
    }

    private static async Task<ProbeOutcome> RunAsync(UpdateIntegrityTrial request, UpdMechFacts facts, bool tls, UpdateTrialSeries series, DeviceWeb versionWeb, TimeSpan settle, CancellationToken cancellationToken)
    {
        var first = await series.ReadQuicklyAsync(cancellationToken);
        if (!first.IsKnown)
        {
            var text = $"{request.Title}: the version can not be read, so nothing was offered: {first.Problem}.";
            return versionWeb.LoginProblem.Length > 0 && first.Silence is null
                ? new ProbeOutcome.NotRun(NotRunReason.InputMissing, $"{text} Check the credential in lab.yaml.")
                : new ProbeOutcome.Unanswered(first.Silence ?? Silence.Malformed, text);
        }

        await series.RunAsync(cancellationToken);
        var last = await series.ReadQuicklyAsync(cancellationToken);
        return new ProbeOutcome.Observed(new UpdateTrialsSeen(request.UpdMech, request.Address, tls, series.Trials, last.IsKnown && !series.IsSuspect)
        {
            Coverage = CoverageOf(facts, series.Trials, first, last, settle),
        });
    }

    private static Coverage CoverageOf(UpdMechFacts facts, ImmutableArray<UpdateTrial> trials, VersionRead first, VersionRead last, TimeSpan settle)
    {
        var expected = new List<UpdateVariant> { UpdateVariant.Genuine };
        expected.AddRange(facts.Genuine.IsDeclared && facts.Layout.IsDeclared ? [UpdateVariant.BitFlipped, UpdateVariant.SignatureRemoved] : []);
        expected.AddRange(facts.OtherKey.IsDeclared ? [UpdateVariant.OtherKey] : []);
        expected.AddRange(facts.Older.IsDeclared ? [UpdateVariant.Older] : []);
        var open = expected.Where(variant => trials.First(trial => trial.Variant == variant).Result is UpdateResult.Unknown or UpdateResult.NotOffered).ToList();
        var isControlled = trials.First(trial => trial.Variant == UpdateVariant.Genuine).Result == UpdateResult.Installed;
        var statement = $"{string.Join(", ", trials.Select(trial => $"{trial.Variant} {trial.Result}"))}; {settle.TotalSeconds:0} s allowed for each; version {first.Version} at the start, {(last.IsKnown ? last.Version : "unreadable")} at the end.";
        return isControlled && open.Count == 0
            ? Coverage.Complete(statement)
            : Coverage.Partial($"{statement}{(isControlled ? "" : " The genuine image was not installed, so refusals prove nothing.")}{(open.Count > 0 ? $" Without a definite result: {string.Join(", ", open)}." : "")}");
    }

    private static bool TryDelivery(UpdateOffer offer, ImageSpoiler spoiler, DutAddress address, ProbeContext context, out UpdateDelivery delivery, out string missing)
    {
        (delivery, missing) = (null!, "");
        switch (offer)
        {
            case UpdateOffer.Upload upload:
                if (!DeviceWeb.TryOpen(new Endpoint(address, upload.Port), upload.Tls, upload.AuthMech, context, out var web, out missing))
                {
                    return false;
                }

                delivery = new UploadDelivery(upload, web, context.Transcript);
                return true;
            case UpdateOffer.Fetch fetch:
                if (context.Declared.Lab.StandInAddress is not { } standIn)
                {
                    missing = "lab.yaml has no 'stand-in-address', at which the harness would take the place of the update server";
                    return false;
                }

                DeviceWeb? trigger = null;
                if (fetch.Trigger is { } pulled && !DeviceWeb.TryOpen(new Endpoint(address, pulled.Port), pulled.Tls, pulled.AuthMech, context, out trigger, out missing))
                {
                    return false;
                }

                var genuine = spoiler.TryMake(UpdateVariant.Genuine, out var image, out _) ? image.Manifest : default;
                delivery = new FetchDelivery(fetch, new StandInServer(standIn.Address, fetch, context), trigger, genuine);
                return true;
            default:
                missing = $"this harness does not know how to offer an update by {offer.GetType().Name}";
                return false;
        }
    }

    private static bool TryPattern(string text, out Regex pattern)
    {
        pattern = null!;
        try
        {
            pattern = new Regex(text, RegexOptions.CultureInvariant, VersionReader.MatchTimeout);
            return pattern.GetGroupNumbers().Length > 1;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
