using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>Finds out what a server does with one version: which suites it takes, by elimination, and whose order counts.</summary>
/// <remarks>
/// Each offer names up to <see cref="LongOffer"/> suites. The server picks one, which is left out of the next offer; when it refuses, it
/// takes none of them, and the next suites come. So a version costs as many connections as it has suites, one for the order and one for the refusal
/// of all the rest at once, if the server shows that it reads so long an offer to its end; otherwise one for each <see cref="LongOffer"/> suites.
/// </remarks>
internal sealed class TlsVersionTrial(TlsVersion version, HelloSender sender)
{
    /// <summary>Suites in an offer; some embedded stacks do not read more than 128.</summary>
    public const int LongOffer = 120;

    /// <summary>Suites in an offer to a server that does not take a long one.</summary>
    public const int ShortOffer = 16;

    private readonly ImmutableArray<int> _candidates = Candidates(version);
    private readonly List<TlsSuiteSeen> _chosen = [];
    private readonly List<string> _gaps = [];
    private readonly List<ReadOnlyMemory<byte>> _certificates = [];
    private readonly List<ReadOnlyMemory<byte>> _issuers = [];
    private readonly List<ReadOnlyMemory<byte>> _primes = [];
    private ImmutableArray<int> _firstOffer = [];
    private HelloAnswer? _refusal;
    private bool? _isServerOrder;
    private bool _isLengthTried;

    /// <summary>What was seen.</summary>
    public TlsVersionSeen Seen => _chosen.Count > 0
        ? new TlsVersionSeen(version, true, null, [.. _chosen], _isServerOrder ?? false)
        : new TlsVersionSeen(version, false, _refusal?.Silence ?? Silence.HandshakeRefused, [], false);

    /// <summary>What was seen, in words.</summary>
    public string Text => $"{version.DisplayName()} {(_chosen.Count > 0 ? $"accepted with {_chosen.Count} of {_candidates.Length} suites" : $"not accepted ({_refusal?.Text})")}";

    /// <summary>What remains unknown, in words.</summary>
    public IReadOnlyList<string> Gaps => _gaps;

    /// <summary>Leaf certificates, each once.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates => _certificates;

    /// <summary>Certificates that came with the leaves.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Issuers => _issuers;

    /// <summary>The first choice, or null when the version is not accepted.</summary>
    public ServerHello? FirstHello { get; private set; }

    /// <summary>Primes of finite field Diffie-Hellman, each once.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Primes => _primes;

    /// <summary>The version.</summary>
    public TlsVersion Version => version;

    /// <summary>Whether the server refused an offer by closing or resetting the connection, or by silence to datagrams: worth a look whether it still answers at all.</summary>
    public bool HasUnspokenRefusal { get; private set; }

    /// <summary>The first offer of a version.</summary>
    public static ClientHello FirstOffer(TlsVersion version, int length) => new(version, [.. Candidates(version).Take(length)]);

    /// <summary>Runs the trial.</summary>
    /// <param name="opening">Answer to the first offer of <see cref="LongOffer"/> suites when it was made already; null otherwise.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task RunAsync(HelloAnswer? opening, CancellationToken cancellationToken)
    {
        await EliminateAsync(opening, LongOffer, cancellationToken);
        if (_chosen.Count == 0 && _refusal is { MayBeAboutForm: true } && _candidates.Length > ShortOffer)
        {
            var small = await sender.AskAsync(FirstOffer(version, ShortOffer), cancellationToken);
            if (small.Flight.Hello?.Version == version)
            {
                _gaps.Clear();
                HasUnspokenRefusal = false;
                await EliminateAsync(small, ShortOffer, cancellationToken);
            }
        }

        if (_chosen.Count == 0 && _refusal?.Flight.Alert is { Description: TlsAlertDescription.DecodeError or TlsAlertDescription.UnexpectedMessage } alert)
        {
            _gaps.Add($"{version.DisplayName()}: the server does not understand the offer ({alert})");
        }

        if (_chosen.Count > 1 && _isServerOrder is null)
        {
            await FindOrderAsync(cancellationToken);
        }
    }

    private static ImmutableArray<int> Candidates(TlsVersion version) =>
        [
            .. CipherSuite.InOrderOfUse.Where(suite => suite.FitsInto(version))
                // What speaks DTLS in a device mostly has a pre-shared key (RFC 7925, 4.2), and may be silent to an offer without one.
                .OrderByDescending(suite => version.IsDatagram() && suite.Weakness.HasFlag(SuiteWeakness.PreSharedKey))
                .ThenByDescending(suite => version.IsDatagram() && suite.Name.EndsWith("_CCM_8", StringComparison.Ordinal))
                .Select(suite => suite.Code),
        ];

    private async Task EliminateAsync(HelloAnswer? opening, int length, CancellationToken cancellationToken)
    {
        var remaining = _candidates.ToList();
        while (remaining.Count > 0)
        {
            if (length == LongOffer && remaining.Count > length && _chosen.Count == 2 && !_isLengthTried)
            {
                _isLengthTried = true;
                length = await ReadsToTheEndAsync(remaining, cancellationToken) ? remaining.Count : length;
                continue;
            }

            ImmutableArray<int> offered = [.. remaining.Take(length)];
            var answer = opening ?? await sender.AskAsync(new ClientHello(version, offered), cancellationToken);
            opening = null;
            if (answer.Flight.Hello is { } hello && hello.Version == version)
            {
                if (!offered.Contains(hello.Suite))
                {
                    _gaps.Add($"{version.DisplayName()}: the server chose {CipherSuite.Seen(hello.Suite, "").Name}, which it was not offered, so its other suites are unknown");
                    _refusal ??= answer with { Silence = Silence.Malformed };
                    return;
                }

                _firstOffer = _chosen.Count == 0 ? offered : _firstOffer;
                remaining.Remove(hello.Suite);
                Take(hello, answer.Flight);
            }
            else if (GoesOnAfter(answer))
            {
                remaining.RemoveRange(0, offered.Length);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>
    /// Offers all that is left, and behind it the two suites that were taken before. What the server takes of the rest is taken as ever; once it takes one of
    /// those two, it has read the offer to its end, and the refusal of as many means all of them. It says whose order counts by which one it takes.
    /// </summary>
    /// <returns>Whether it read to the end. Trouble of any kind is a no: it may come from the length, and shorter offers tell.</returns>
    private async Task<bool> ReadsToTheEndAsync(List<int> remaining, CancellationToken cancellationToken)
    {
        var (first, second) = (_chosen[0].Code, _chosen[1].Code);
        while (remaining.Count > LongOffer)
        {
            ImmutableArray<int> offered = [.. remaining, second, first];
            var answer = await sender.AskInLaneAsync(new ClientHello(version, offered), cancellationToken);
            if (answer.Flight.Hello is not { } hello || hello.Version != version || !offered.Contains(hello.Suite))
            {
                return false;
            }

            if (hello.Suite == first || hello.Suite == second)
            {
                // Taken before the other when it stood before it, and now when it stands behind.
                var wasBehind = _firstOffer.IndexOf(second) > _firstOffer.IndexOf(first);
                _isServerOrder = hello.Suite == first ? true : wasBehind ? false : null;
                return true;
            }

            remaining.Remove(hello.Suite);
            Take(hello, answer.Flight);
        }

        return false;
    }

    private void Take(ServerHello hello, ServerFlight flight)
    {
        FirstHello ??= hello;
        _chosen.Add(CipherSuite.Seen(hello.Suite, flight.Group));
        if (flight.Fault.Length > 0)
        {
            _gaps.Add($"{version.DisplayName()}: what follows the choice of {_chosen[^1].Name} is malformed ({flight.Fault})");
        }

        AddOnce(_certificates, flight.Certificates.Take(1));
        AddOnce(_issuers, flight.Certificates.Skip(1));
        AddOnce(_primes, flight.Exchange.Prime is { IsEmpty: false } prime ? [prime] : []);
    }

    private static void AddOnce(List<ReadOnlyMemory<byte>> list, IEnumerable<ReadOnlyMemory<byte>> found) =>
        list.AddRange(found.Where(bytes => !list.Exists(known => known.Span.SequenceEqual(bytes.Span))));

    /// <summary>Notes a refusal; false when nothing is to be learned from further offers.</summary>
    private bool GoesOnAfter(HelloAnswer answer)
    {
        _refusal ??= answer;
        switch (answer.Silence)
        {
            case var _ when answer.RefusesVersion(version):
                // Once it has taken the version, it can only mean these suites.
                return _chosen.Count > 0;
            case Silence.HandshakeRefused when answer.Flight.Alert is { Description: TlsAlertDescription.UnrecognizedName }:
                _gaps.Add($"{version.DisplayName()}: the server wants a server name, and an IP address has none");
                return false;
            case Silence.HandshakeRefused:
                return true;
            // A server of DTLS may drop what it does not like (RFC 6347, 4.1.2.7); each offer was sent three times.
            case Silence.NoReply when version.IsDatagram():
            case Silence.ClosedByPeer:
            case Silence.Reset when _chosen.Count == 0:
                HasUnspokenRefusal = true;
                return true;
            default:
                _gaps.Add($"{version.DisplayName()}: {answer.Text}{(_chosen.Count > 0 ? $" after {_chosen.Count} suites" : "")}, so {(_chosen.Count > 0 ? "further suites are" : "whether it is supported is")} unknown");
                return false;
        }
    }

    /// <summary>Whoever takes the same one of two suites in either order has an order of his own.</summary>
    private async Task FindOrderAsync(CancellationToken cancellationToken)
    {
        var (first, second) = (_chosen[0].Code, _chosen[1].Code);
        var secondInFirstOffer = _firstOffer.IndexOf(second);
        if (secondInFirstOffer >= 0 && secondInFirstOffer < _firstOffer.IndexOf(first))
        {
            // It passed over the one that stood before.
            _isServerOrder = true;
            return;
        }

        var choice = await ChooseAsync(second, first, cancellationToken);
        _isServerOrder = choice switch
        {
            null => null,
            _ when choice == first => true,
            _ when secondInFirstOffer >= 0 => false,
            _ => await ChooseAsync(first, second, cancellationToken) is { } again ? again == second : null,
        };
        if (_isServerOrder is null)
        {
            _gaps.Add($"{version.DisplayName()}: whose order of suites counts is unknown");
        }
    }

    private async Task<int?> ChooseAsync(int one, int other, CancellationToken cancellationToken)
    {
        var answer = await sender.AskAsync(new ClientHello(version, [one, other]), cancellationToken);
        return answer.Flight.Hello is { } hello && hello.Version == version && (hello.Suite == one || hello.Suite == other) ? hello.Suite : null;
    }
}
