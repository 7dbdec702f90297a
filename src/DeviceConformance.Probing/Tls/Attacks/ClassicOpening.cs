using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>A handshake before TLS 1.3 up to the end of the server's flight, which is where most known attacks begin.</summary>
internal sealed class ClassicOpening(TlsExchange exchange)
{
    private ImmutableArray<int> _suites = [];
    private int _connections;

    /// <summary>Connections opened so far.</summary>
    public int Connections => _connections;

    /// <summary>Why there is no such handshake; empty when there is one.</summary>
    public string WhyNot { get; private set; } = "";

    /// <summary>Whether the server was asked for all there is and refused it in words, so that these attacks have nothing to begin with.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Finds suites that the server takes.</summary>
    /// <returns>Whether there are any.</returns>
    public async Task<bool> FindAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync([.. CipherSuite.InOrderOfUse.Where(suite => suite.FitsInto(TlsVersion.Tls12)).Select(suite => suite.Code)], cancellationToken);
        if (answer.Flight.Hello is { } hello)
        {
            _suites = [hello.Suite];
            return true;
        }

        WhyNot = answer.Text;
        IsRefused = IsRefusal(answer);
        return false;
    }

    /// <summary>Looks for a suite among some.</summary>
    /// <returns>The first answer with a choice, or the last without one.</returns>
    public async Task<HelloAnswer> AskAsync(ImmutableArray<int> suites, CancellationToken cancellationToken)
    {
        HelloAnswer? last = null;
        foreach (var chunk in suites.Chunk(TlsVersionTrial.LongOffer))
        {
            Interlocked.Increment(ref _connections);
            last = await exchange.AskAsync(new ClientHello(TlsVersion.Tls12, [.. chunk]), cancellationToken);
            if (!IsRefusal(last) || last.Flight.Alert is { Description: TlsAlertDescription.ProtocolVersion })
            {
                break;
            }
        }

        return last!;
    }

    /// <summary>Opens a handshake and leaves it after the server's flight.</summary>
    /// <param name="change">Changes to the hello.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The connection, which the caller disposes, or null; and what was answered.</returns>
    public async Task<(DutConnection? Connection, HelloAnswer Answer)> OpenAsync(Func<ClientHello, ClientHello> change, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connections);
        return await exchange.OpenAsync(change(new ClientHello(TlsVersion.Tls12, _suites)), cancellationToken);
    }

    /// <summary>Whether the server refused the content of an offer, and in words.</summary>
    public static bool IsRefusal(HelloAnswer answer) =>
        answer.Flight.Hello is null
        && answer.Flight.Alert is { Description: TlsAlertDescription.HandshakeFailure or TlsAlertDescription.ProtocolVersion or TlsAlertDescription.InsufficientSecurity };
}
