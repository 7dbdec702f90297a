using System.Collections.Concurrent;
using System.Threading.Channels;

namespace DeviceConformance.Emulator.Mqtt;

/// <summary>A client that was let in.</summary>
/// <param name="id">Client identifier.</param>
/// <param name="level">Protocol level.</param>
/// <param name="mayPublish">Whether what it publishes counts.</param>
internal sealed class MqttClient(string id, byte level, bool mayPublish) : IDisposable
{
    /// <summary>Subscriptions of one client at the most.</summary>
    public const int SubscriptionLimit = 32;

    private const int QueueLimit = 64;

    private readonly CancellationTokenSource replaced = new();

    public string Id => id;

    public byte Level => level;

    public bool MayPublish => mayPublish;

    /// <summary>Subscriptions by their filter.</summary>
    public ConcurrentDictionary<string, MqttSubscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>Packets on their way to the client.</summary>
    public Channel<byte[]> Outgoing { get; } = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });

    /// <summary>Signalled when another connection took over the identifier.</summary>
    public CancellationToken Replaced => replaced.Token;

    /// <summary>Ends the connection in favour of a newer one with the same identifier (3.1.4-2).</summary>
    public void Replace() => replaced.Cancel();

    /// <summary>Sends a message if a subscription covers it; drops it when the client reads too slowly, as QoS 0 allows.</summary>
    public void Deliver(MqttMessage message, MqttClient? from)
    {
        var wanted = Subscriptions.Values.Any(subscription => MqttTopics.Matches(subscription.Filter, message.Topic) && !(subscription.NotOwn && from == this));
        if (wanted)
        {
            Outgoing.Writer.TryWrite(MqttPackets.Publish(level, message, retain: false));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => replaced.Dispose();
}
