using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Campaigns;

/// <summary>Answers requests of one kind.</summary>
public abstract class Probe
{
    /// <summary>Kind of request that it answers.</summary>
    public abstract Type RequestType { get; }

    /// <summary>Asks. What the device does is the outcome; an exception means a bug or a broken laboratory.</summary>
    public abstract Task<ProbeOutcome> AskAsync(ProbeRequest request, ProbeContext context, CancellationToken cancellationToken);
}

/// <summary>Answers requests of type <typeparamref name="TRequest"/>.</summary>
/// <typeparam name="TRequest">Kind of request.</typeparam>
public abstract class Probe<TRequest> : Probe
    where TRequest : ProbeRequest
{
    /// <inheritdoc/>
    public sealed override Type RequestType => typeof(TRequest);

    /// <inheritdoc/>
    public sealed override Task<ProbeOutcome> AskAsync(ProbeRequest request, ProbeContext context, CancellationToken cancellationToken) =>
        AskAsync((TRequest)request, context, cancellationToken);

    /// <summary>Asks.</summary>
    protected abstract Task<ProbeOutcome> AskAsync(TRequest request, ProbeContext context, CancellationToken cancellationToken);
}

/// <summary>What a probe has at hand while it answers one request.</summary>
/// <param name="Declared">The declaration, for endpoints, images and test credentials.</param>
/// <param name="Link">The way to the DUT.</param>
/// <param name="Liveness">Whether the DUT is still there.</param>
/// <param name="Transcript">What was said; stored with the record when it is not empty.</param>
/// <param name="Time">Clock.</param>
/// <param name="Store">Stores bytes as an artefact (bytes, file name ending without the dot) and gives its address.</param>
/// <param name="Progress">Tells how far the request has come, 0 to 1, and what is being done.</param>
public sealed record ProbeContext(
    Declaration Declared,
    DutLink Link,
    Liveness Liveness,
    Transcript Transcript,
    TimeProvider Time,
    Func<ReadOnlyMemory<byte>, string, EvidenceRef> Store,
    Action<double, string> Progress);
