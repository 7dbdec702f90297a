using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>
/// Finds out groups and signature algorithms of a server whose versions and suites are known, by elimination as with suites, and asks for
/// its features. What can not be found out is named; no verdict rests on any of it.
/// </summary>
internal sealed class TlsDetailTrial(HelloSender sender, IReadOnlyList<TlsVersionTrial> trials)
{
    // After so many offers without an answer, the server is left alone.
    private const int MostSilences = 2;

    private readonly Lock _lock = new();
    private readonly List<TlsGroupSeen> _groups = [];
    private readonly List<TlsSignatureSeen> _signatures = [];
    private readonly List<string> _unknown = [];
    private int _silences;

    /// <summary>Asks; at least one version has to be accepted.</summary>
    public async Task<TlsDetails> RunAsync(CancellationToken cancellationToken)
    {
        var before = sender.Connections;
        var accepted = trials.Where(trial => trial.Seen.Accepted).ToList();
        var newest = accepted.FindLast(trial => trial.Version.AsTls() == TlsVersion.Tls13);
        var classic = accepted.FindLast(trial => trial.Version.AsTls() != TlsVersion.Tls13);
        var features = new TlsFeatureTrial(this, newest, classic, accepted);
        await Task.WhenAll(
            newest is null ? Task.CompletedTask : FindGroupsAsync(newest, cancellationToken),
            newest is null ? Task.CompletedTask : FindSignaturesByRefusalAsync(newest, cancellationToken),
            classic is null ? Task.CompletedTask : FindGroupsOfExchangeAsync(classic, cancellationToken),
            classic is null || classic.Version.AsTls() != TlsVersion.Tls12 ? Task.CompletedTask : FindSignaturesAsync(classic, cancellationToken),
            features.RunAsync(cancellationToken));
        return new TlsDetails(
            [.. _groups.OrderByDescending(group => group.Version.AsTls())],
            [.. _signatures.OrderByDescending(signature => signature.Version.AsTls())],
            [.. accepted.SelectMany(trial => trial.Primes).Select(prime => DhPrimes.Read(prime.Span)).DistinctBy(prime => prime.Sha256)],
            [.. features.Seen.OrderBy(feature => feature.Feature)],
            sender.Connections - before,
            [.. _unknown]);
    }

    /// <summary>Makes an offer, unless the server has stopped answering.</summary>
    /// <returns>Null when it has.</returns>
    public async Task<HelloAnswer?> AskAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        if (_silences >= MostSilences)
        {
            return null;
        }

        var answer = await sender.AskAsync(hello, cancellationToken);
        if (answer.Silence is Silence.NoReply or Silence.Refused or Silence.HostUnreachable)
        {
            Interlocked.Increment(ref _silences);
        }

        return answer;
    }

    /// <summary>Notes what could not be found out.</summary>
    public void Lacks(string what, HelloAnswer? answer)
    {
        lock (_lock)
        {
            _unknown.Add($"{what}: {answer?.Text ?? "not asked, since the server no longer answers"}");
        }
    }

    // Without a key share the server has to name the group that it wants; the next offer leaves that one out.
    private async Task FindGroupsAsync(TlsVersionTrial trial, CancellationToken cancellationToken)
    {
        var left = NamedGroup.ForTls13;
        while (!left.IsEmpty)
        {
            var answer = await AskAsync(new ClientHello(trial.Version, Suites(trial)) { Groups = left, AsksForGroup = true }, cancellationToken);
            if (answer?.Flight.Hello is { IsRetry: true } hello && left.Contains(hello.Group))
            {
                AddGroup(hello.Group, trial.Version);
                left = left.Remove(hello.Group);
            }
            else
            {
                if (answer?.Silence is not Silence.HandshakeRefused || left.Length == NamedGroup.ForTls13.Length)
                {
                    Lacks($"{(left.Length == NamedGroup.ForTls13.Length ? "" : "further ")}groups of {trial.Version.DisplayName()}, asked for by hello retry", answer);
                }

                return;
            }
        }
    }

    private async Task FindGroupsOfExchangeAsync(TlsVersionTrial trial, CancellationToken cancellationToken)
    {
        var onCurves = trial.Seen.Suites.Where(suite => CipherSuite.ByCode.TryGetValue(suite.Code, out var known) && known.Parameters == KeyExchangeParameters.EllipticCurve).ToList();
        // With a key on a curve the server can not sign once that curve is left out, so suites that need no such key go first.
        var free = onCurves.Where(suite => !suite.Name.Contains("_ECDSA_", StringComparison.Ordinal)).ToList();
        ImmutableArray<int> suites = [.. (free.Count > 0 ? free : onCurves).Select(suite => suite.Code)];
        var left = NamedGroup.Curves;
        while (!suites.IsEmpty && !left.IsEmpty)
        {
            var answer = await AskAsync(new ClientHello(trial.Version, suites) { Groups = left }, cancellationToken);
            if (answer?.Flight is { Hello: { } hello, Exchange.Curve: var curve and not 0 } && hello.Version == trial.Version)
            {
                AddGroup(curve, trial.Version);
                if (!left.Contains(curve))
                {
                    Lacks($"further groups of {trial.Version.DisplayName()}", answer with { Text = $"the server takes {NamedGroup.Name(curve)} although it was not offered" });
                    return;
                }

                left = left.Remove(curve);
            }
            else
            {
                if (answer?.Silence is not Silence.HandshakeRefused)
                {
                    Lacks($"further groups of {trial.Version.DisplayName()}", answer);
                }
                else if (free.Count == 0)
                {
                    Lacks($"further groups of {trial.Version.DisplayName()}", answer with { Text = "the server only has a key on a curve, and may refuse for want of that curve" });
                }

                return;
            }
        }
    }

    private async Task FindSignaturesAsync(TlsVersionTrial trial, CancellationToken cancellationToken)
    {
        ImmutableArray<int> suites =
        [
            .. trial.Seen.Suites
                .Where(suite => CipherSuite.ByCode.TryGetValue(suite.Code, out var known) && known.Parameters is KeyExchangeParameters.EllipticCurve or KeyExchangeParameters.DiffieHellman && !known.Weakness.HasFlag(SuiteWeakness.Anonymous))
                .Select(suite => suite.Code),
        ];
        var left = SignatureScheme.Offered;
        while (!suites.IsEmpty && !left.IsEmpty)
        {
            var answer = await AskAsync(new ClientHello(trial.Version, suites) { SignatureAlgorithms = left }, cancellationToken);
            if (answer?.Flight is { Hello: { } hello, Exchange.Signature: var signature and not 0 } && hello.Version == trial.Version)
            {
                AddSignature(signature, trial.Version);
                if (!left.Contains(signature))
                {
                    Lacks($"further signature algorithms of {trial.Version.DisplayName()}", answer with { Text = $"the server signs with {SignatureScheme.Name(signature)} although it was not offered" });
                    return;
                }

                left = left.Remove(signature);
            }
            else
            {
                if (answer?.Silence is not Silence.HandshakeRefused)
                {
                    Lacks($"further signature algorithms of {trial.Version.DisplayName()}", answer);
                }

                return;
            }
        }
    }

    // TLS 1.3 encrypts the signature, so only a refusal shows: a family is offered, and what it holds alone only when the family is taken.
    // A server that refuses none shows nothing by that.
    private async Task FindSignaturesByRefusalAsync(TlsVersionTrial trial, CancellationToken cancellationToken)
    {
        var taken = new List<int>();
        foreach (var family in SignatureScheme.FamiliesForTls13)
        {
            foreach (var offer in (ImmutableArray<int>[])[family, .. family.Select(scheme => ImmutableArray.Create(scheme))])
            {
                var answer = await AskAsync(new ClientHello(trial.Version, Suites(trial)) { SignatureAlgorithms = offer }, cancellationToken);
                if (answer?.Flight.Hello is not { IsRetry: false } && answer?.Silence is not Silence.HandshakeRefused)
                {
                    Lacks($"signature algorithms of {trial.Version.DisplayName()} beside {taken.Count} seen", answer);
                    taken.ForEach(scheme => AddSignature(scheme, trial.Version));
                    return;
                }

                if (answer.Flight.Hello is null && offer == family)
                {
                    break;
                }

                taken.AddRange(answer.Flight.Hello is not null && offer != family ? offer : []);
            }
        }

        if (taken.Count == SignatureScheme.FamiliesForTls13.Sum(family => family.Length))
        {
            Lacks($"signature algorithms of {trial.Version.DisplayName()}", new HelloAnswer(new ServerFlight(), null, "the server refuses none before it encrypts"));
            return;
        }

        taken.ForEach(scheme => AddSignature(scheme, trial.Version));
    }

    private void AddGroup(int code, TlsVersion version)
    {
        lock (_lock)
        {
            _groups.Add(new TlsGroupSeen(code, NamedGroup.Name(code), version));
        }
    }

    private void AddSignature(int code, TlsVersion version)
    {
        lock (_lock)
        {
            _signatures.Add(new TlsSignatureSeen(code, SignatureScheme.Name(code), version));
        }
    }

    private static ImmutableArray<int> Suites(TlsVersionTrial trial) => [.. trial.Seen.Suites.Select(suite => suite.Code)];
}
