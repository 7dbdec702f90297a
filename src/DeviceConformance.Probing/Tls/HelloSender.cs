using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Tls;

/// <summary>Makes offers to one port, each on a connection of its own: two at a time, one at a time from the first trouble on.</summary>
internal sealed class HelloSender(Endpoint endpoint, ProbeContext context) : IDisposable
{
    // A small device may need seconds for a signature; more than that and it would not serve anybody.
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(250);

    private const int Lanes = 2;
    private const int ShownBytes = 60;

    private readonly SemaphoreSlim _lanes = new(Lanes);
    private int _isSingle;
    private int _connections;

    /// <summary>Connections opened so far, answered or not.</summary>
    public int Connections => _connections;

    /// <summary>Makes an offer. What ended without an alert, or with internal_error, is asked once more, alone, since the device may have been busy.</summary>
    public async Task<HelloAnswer> AskAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        var answer = await AskInLaneAsync(hello, cancellationToken);
        var isOutOfBreath = answer.Flight.Alert is { Description: TlsAlertDescription.InternalError };
        if (answer.Silence is null or Silence.Malformed || (answer.Silence == Silence.HandshakeRefused && !isOutOfBreath))
        {
            return answer;
        }

        if (Interlocked.Exchange(ref _isSingle, 1) == 0)
        {
            // One lane is taken for good: from here on there is one connection at a time.
            await _lanes.WaitAsync(cancellationToken);
            context.Transcript.Note($"{answer.Text}; from here on one connection at a time");
        }

        await Task.Delay(_rest, context.Time, cancellationToken);
        return await AskInLaneAsync(hello, cancellationToken);
    }

    /// <summary>Makes an offer once.</summary>
    public async Task<HelloAnswer> AskInLaneAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        await _lanes.WaitAsync(cancellationToken);
        try
        {
            var answer = await AskOnceAsync(hello, cancellationToken);
            context.Transcript.Note($"{hello.Version.DisplayName()} with {Words(hello.Suites.Length)}: {answer.Text}");
            return answer;
        }
        finally
        {
            _lanes.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lanes.Dispose();

    private async Task<HelloAnswer> AskOnceAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        var flight = new ServerFlight();
        Interlocked.Increment(ref _connections);
        // Raw bytes of a hundred flights would fill the transcript; what each said is noted in words.
        var opened = await context.Link.ConnectAsync(endpoint, Transcript.None, cancellationToken);
        if (!opened.TryGet(out var connection))
        {
            return new HelloAnswer(flight, opened.Silence, opened.Text);
        }

        await using (connection)
        {
            var firstBytes = "";
            var silence = await connection.SendAsync(hello.ToBytes(), _deadline, cancellationToken) ?? await connection.ReadUntilAsync(IsEnough, _deadline, cancellationToken);
            return Conclude(flight, silence, firstBytes);

            bool IsEnough(ReadOnlyMemory<byte> bytes)
            {
                firstBytes = firstBytes.Length == 0 ? Transcript.Printable(bytes.Span, ShownBytes) : firstBytes;
                return flight.Append(bytes.Span) != FlightState.Open;
            }
        }
    }

    private static HelloAnswer Conclude(ServerFlight flight, Silence? silence, string firstBytes)
    {
        if (flight.Hello is { } hello)
        {
            var kind = hello.IsRetry ? "HelloRetryRequest" : "ServerHello";
            var rest = flight.Fault.Length > 0 ? $", then malformed: {flight.Fault}" : flight.Alert is { } after ? $", then {after}" : "";
            return new HelloAnswer(flight, null, $"{kind} {hello.Version.DisplayName()}, {CipherSuite.Seen(hello.Suite, "").Name}{(flight.Group.Length > 0 ? $", {flight.Group}" : "")}{rest}");
        }

        if (flight.State == FlightState.Malformed)
        {
            return new HelloAnswer(flight, Silence.Malformed, $"answers \"{firstBytes}\", which is not TLS ({flight.Fault})");
        }

        if (flight.Alert is { } alert)
        {
            return new HelloAnswer(flight, Silence.HandshakeRefused, $"refused with {alert}");
        }

        return new HelloAnswer(flight, silence, silence switch
        {
            Silence.ClosedByPeer => "closed without an alert",
            Silence.Reset => "reset",
            Silence.NoReply => $"no answer within {_deadline.TotalSeconds:0} s",
            _ => $"no answer ({silence})",
        });
    }

    private static string Words(int suites) => suites == 1 ? "1 suite" : $"{suites} suites";
}
