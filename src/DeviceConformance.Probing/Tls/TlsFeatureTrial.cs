using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>Finds out which extensions and other features a server has, in a handful of offers.</summary>
/// <param name="asker">Makes the offers.</param>
/// <param name="newest">TLS 1.3, or null when the server does not take it.</param>
/// <param name="classic">The newest version before TLS 1.3 that it takes, or null.</param>
/// <param name="accepted">All that it takes, oldest first.</param>
internal sealed class TlsFeatureTrial(TlsDetailTrial asker, TlsVersionTrial? newest, TlsVersionTrial? classic, IReadOnlyList<TlsVersionTrial> accepted)
{
    private const int FallbackScsv = 0x5600; // RFC 7507, 2
    private const byte PeerMaySend = 1; // RFC 6520, 2
    private const int MostProtocols = 12;

    // What devices may speak inside, by the IANA registry "TLS ALPN Protocol IDs".
    private static readonly string[] _protocols = ["h2", "http/1.1", "http/1.0", "mqtt", "coap", "dot", "ftp", "imap", "pop3", "xmpp-client", "sip/2", "irc", "ntske/1", "stun.turn"];

    private readonly List<TlsFeatureSeen> _seen = [];

    /// <summary>What was found.</summary>
    public IReadOnlyList<TlsFeatureSeen> Seen => _seen;

    /// <summary>Asks.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (classic is null)
        {
            foreach (var feature in new[] { TlsFeature.SecureRenegotiation, TlsFeature.ExtendedMainSecret, TlsFeature.EncryptThenMac, TlsFeature.SessionId, TlsFeature.Heartbeat, TlsFeature.Compression, TlsFeature.FallbackScsv, TlsFeature.DowngradeSentinel })
            {
                Add(feature, Presence.NotApplicable, "TLS 1.3 only");
            }

            foreach (var feature in new[] { TlsFeature.Alpn, TlsFeature.SessionTicket, TlsFeature.OcspStapling })
            {
                Add(feature, Presence.Unknown, "TLS 1.3 encrypts it");
            }

            return;
        }

        await AskExtensionsAsync(classic, cancellationToken);
        await AskEncryptThenMacAsync(classic, cancellationToken);
        await AskFallbackAsync(cancellationToken);
        var below = accepted.Where(trial => trial != accepted[^1]).Select(trial => trial.FirstHello).OfType<ServerHello>().ToList();
        if (newest is null || below.Count == 0)
        {
            Add(TlsFeature.DowngradeSentinel, Presence.NotApplicable, newest is null ? "no TLS 1.3" : "no version below TLS 1.3");
        }
        else
        {
            Add(TlsFeature.DowngradeSentinel, below.TrueForAll(hello => hello.HasSentinel) ? Presence.Yes : Presence.No, "");
        }
    }

    private async Task AskExtensionsAsync(TlsVersionTrial trial, CancellationToken cancellationToken)
    {
        var chosen = new List<string>();
        var refusesOthers = false;
        for (var left = _protocols; ;)
        {
            var hello = Hello(trial, left);
            var answer = await asker.AskAsync(hello, cancellationToken);
            if (answer?.Flight.Alert is { Description: TlsAlertDescription.NoApplicationProtocol } && left.Length > 0)
            {
                refusesOthers = true;
                if (chosen.Count > 0)
                {
                    break;
                }

                left = [];
                continue;
            }

            if (answer?.Flight.Hello is not { } seen || seen.Version != trial.Version)
            {
                asker.Lacks(chosen.Count == 0 ? "features" : "further protocols of ALPN", answer);
                break;
            }

            if (chosen.Count == 0)
            {
                Note(seen, answer.Flight, trial.Version);
            }

            if (Protocol(seen) is not { } protocol || !left.Contains(protocol) || chosen.Count == MostProtocols)
            {
                break;
            }

            chosen.Add(protocol);
            left = [.. left.Where(other => other != protocol)];
        }

        if (chosen.Count > 0 || refusesOthers)
        {
            Add(TlsFeature.Alpn, Presence.Yes, $"{string.Join(", ", chosen)}{(refusesOthers ? $"{(chosen.Count > 0 ? "; " : "")}refuses others" : "")}");
        }
        else
        {
            Add(TlsFeature.Alpn, _seen.Count > 0 ? Presence.No : Presence.Unknown, _seen.Count > 0 ? "" : "the offer was not answered");
        }
    }

    private void Note(ServerHello hello, ServerFlight flight, TlsVersion version)
    {
        if (version == TlsVersion.Ssl3)
        {
            // SSL 3.0 has no extensions, but a server may know the signal of renegotiation all the same.
            foreach (var feature in new[] { TlsFeature.ExtendedMainSecret, TlsFeature.SessionTicket, TlsFeature.OcspStapling, TlsFeature.Heartbeat })
            {
                Add(feature, Presence.NotApplicable, "SSL 3.0 has no extensions");
            }
        }
        else
        {
            Add(TlsFeature.ExtendedMainSecret, hello.Has(TlsExtensionType.ExtendedMainSecret));
            Add(TlsFeature.SessionTicket, hello.Has(TlsExtensionType.SessionTicket));
            Add(TlsFeature.OcspStapling, flight.HasStatus || hello.Has(TlsExtensionType.StatusRequest));
            Add(TlsFeature.Heartbeat, hello.Has(TlsExtensionType.Heartbeat));
        }

        Add(TlsFeature.SecureRenegotiation, hello.Has(TlsExtensionType.RenegotiationInfo));
        Add(TlsFeature.SessionId, hello.SessionId.Length > 0);
        Add(TlsFeature.Compression, hello.Compression != 0 ? Presence.Yes : Presence.No, hello.Compression > 1 ? $"method {hello.Compression}" : "");
    }

    private async Task AskEncryptThenMacAsync(TlsVersionTrial trial, CancellationToken cancellationToken)
    {
        ImmutableArray<int> suites = [.. trial.Seen.Suites.Where(suite => suite.Classes.HasFlag(SuiteWeakness.Cbc)).Select(suite => suite.Code)];
        if (suites.IsEmpty || trial.Version == TlsVersion.Ssl3)
        {
            Add(TlsFeature.EncryptThenMac, Presence.NotApplicable, suites.IsEmpty ? "no CBC suites" : "SSL 3.0 has no extensions");
            return;
        }

        var answer = await asker.AskAsync(new ClientHello(trial.Version, suites) { More = [(TlsExtensionType.EncryptThenMac, [])] }, cancellationToken);
        if (answer?.Flight.Hello is { } hello)
        {
            Add(TlsFeature.EncryptThenMac, hello.Has(TlsExtensionType.EncryptThenMac));
        }
        else
        {
            Add(TlsFeature.EncryptThenMac, Presence.Unknown, answer?.Text ?? "not asked");
        }
    }

    private async Task AskFallbackAsync(CancellationToken cancellationToken)
    {
        var lower = accepted.Where(trial => trial != accepted[^1] && trial.Version != TlsVersion.Ssl2).LastOrDefault();
        if (lower is null)
        {
            Add(TlsFeature.FallbackScsv, Presence.NotApplicable, "one version only");
            return;
        }

        var answer = await asker.AskAsync(new ClientHello(lower.Version, [.. lower.Seen.Suites.Select(suite => suite.Code), FallbackScsv]), cancellationToken);
        if (answer?.Flight.Alert is { Description: TlsAlertDescription.InappropriateFallback })
        {
            Add(TlsFeature.FallbackScsv, Presence.Yes, "");
        }
        else if (answer?.Flight.Hello is not null)
        {
            Add(TlsFeature.FallbackScsv, Presence.No, $"takes {lower.Version.DisplayName()} although it knows {accepted[^1].Version.DisplayName()}");
        }
        else
        {
            Add(TlsFeature.FallbackScsv, Presence.Unknown, answer?.Text ?? "not asked");
        }
    }

    private static ClientHello Hello(TlsVersionTrial trial, string[] protocols)
    {
        List<(TlsExtensionType, byte[])> more =
        [
            (TlsExtensionType.SessionTicket, []),
            (TlsExtensionType.StatusRequest, [1, 0, 0, 0, 0]),
            (TlsExtensionType.Heartbeat, [PeerMaySend]),
        ];
        if (protocols.Length > 0)
        {
            more.Add((TlsExtensionType.Alpn, ClientHello.Prefixed(2, [.. protocols.SelectMany(protocol => ClientHello.Prefixed(1, Encoding.ASCII.GetBytes(protocol)))])));
        }

        return new ClientHello(trial.Version, [.. trial.Seen.Suites.Select(suite => suite.Code)]) { OffersCompression = true, More = [.. more] };
    }

    // A list of exactly one name (RFC 7301, 3.1).
    private static string? Protocol(ServerHello hello) =>
        hello.Extensions.TryGetValue((int)TlsExtensionType.Alpn, out var content)
        && new WireReader(content.Span) is var reader && reader.TryVector16(out var list)
        && new WireReader(list) is var inside && inside.TryVector8(out var name)
            ? Encoding.ASCII.GetString(name)
            : null;

    private void Add(TlsFeature feature, bool isThere) => Add(feature, isThere ? Presence.Yes : Presence.No, "");

    private void Add(TlsFeature feature, Presence presence, string note) => _seen.Add(new TlsFeatureSeen(feature, presence, note));
}
