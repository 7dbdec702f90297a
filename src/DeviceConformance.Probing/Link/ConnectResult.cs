using System.Net.Sockets;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Link;

/// <summary>A connection, or the way in which there is none.</summary>
public sealed class ConnectResult
{
    private readonly DutConnection? _connection;

    private ConnectResult(DutConnection? connection, Silence silence, string text)
    {
        _connection = connection;
        Silence = silence;
        Text = text;
    }

    /// <summary>How the connection failed; meaningless when there is one.</summary>
    public Silence Silence { get; }

    /// <summary>The failure in words; empty when there is a connection.</summary>
    public string Text { get; }

    /// <summary>The outcome that a probe returns when it can not go on.</summary>
    public ProbeOutcome.Unanswered Unanswered => new(Silence, Text);

    /// <summary>The connection, when there is one. The caller disposes it.</summary>
    public bool TryGet(out DutConnection connection)
    {
        connection = _connection!;
        return _connection is not null;
    }

    internal static ConnectResult Open(DutConnection connection) => new(connection, default, "");

    internal static ConnectResult Failed(Silence silence, string text) => new(null, silence, text);

    internal static Silence SilenceOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => Silence.Refused,
        SocketError.ConnectionReset or SocketError.ConnectionAborted => Silence.Reset,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => Silence.HostUnreachable,
        _ => Silence.NoReply,
    };
}
