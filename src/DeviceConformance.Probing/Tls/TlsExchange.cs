using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Tls;

/// <summary>One offer on one TCP connection, after STARTTLS where the service begins in clear.</summary>
internal sealed class TlsExchange(Endpoint endpoint, StartTls startTls, ProbeContext context)
{
    // A small device may need seconds for a signature; more than that and it would not serve anybody.
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    private const int ShownBytes = 60;

    /// <summary>Makes an offer and reads what is said in clear.</summary>
    public async Task<HelloAnswer> AskAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        var (connection, answer) = await BeginAsync(hello.ToBytes(), cancellationToken);
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        return answer;
    }

    /// <summary>As <see cref="AskAsync"/>, and leaves the connection open for what comes after the server's flight.</summary>
    /// <returns>The connection, which the caller disposes, when the server sent a ServerHello; otherwise null.</returns>
    public async Task<(DutConnection? Connection, HelloAnswer Answer)> OpenAsync(ClientHello hello, CancellationToken cancellationToken)
    {
        var (connection, answer) = await BeginAsync(hello.ToBytes(), cancellationToken);
        if (connection is not null && answer.Flight.Hello is null)
        {
            await connection.DisposeAsync();
            connection = null;
        }

        return (connection, answer);
    }

    /// <summary>Connects, and goes through STARTTLS.</summary>
    /// <returns>The connection, or null and how it ended.</returns>
    public async Task<(DutConnection? Connection, HelloAnswer Answer)> ConnectAsync(CancellationToken cancellationToken)
    {
        // Raw bytes of a hundred flights would fill the transcript; what each said is noted in words.
        var opened = await context.Link.ConnectAsync(endpoint, Transcript.None, cancellationToken);
        if (!opened.TryGet(out var connection))
        {
            return (null, new HelloAnswer(new ServerFlight(), opened.Silence, opened.Text));
        }

        if (await StartTlsOpening.RunAsync(connection, startTls, Deadline, cancellationToken) is { } fault)
        {
            await connection.DisposeAsync();
            return (null, new HelloAnswer(new ServerFlight(), fault.Silence, fault.Text));
        }

        return (connection, new HelloAnswer(new ServerFlight(), null, "connected"));
    }

    private async Task<(DutConnection? Connection, HelloAnswer Answer)> BeginAsync(byte[] hello, CancellationToken cancellationToken)
    {
        var (connection, ended) = await ConnectAsync(cancellationToken);
        if (connection is null)
        {
            return (null, ended);
        }

        var flight = new ServerFlight();
        var firstBytes = "";
        var silence = await connection.SendAsync(hello, Deadline, cancellationToken) ?? await connection.ReadUntilAsync(IsEnough, Deadline, cancellationToken);
        return (connection, Conclude(flight, silence, firstBytes));

        bool IsEnough(ReadOnlyMemory<byte> bytes)
        {
            firstBytes = firstBytes.Length == 0 ? Transcript.Printable(bytes.Span, ShownBytes) : firstBytes;
            return flight.Append(bytes.Span) != FlightState.Open;
        }
    }

    /// <summary>What a flight amounts to.</summary>
    public static HelloAnswer Conclude(ServerFlight flight, Silence? silence, string firstBytes)
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
            Silence.NoReply => $"no answer within {Deadline.TotalSeconds:0} s",
            _ => $"no answer ({silence})",
        });
    }
}
