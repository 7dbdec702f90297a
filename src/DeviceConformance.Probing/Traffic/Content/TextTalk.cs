namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>What both directions of a readable conversation know of each other.</summary>
internal sealed class TextTalk
{
    /// <summary>Whether the server asked for a password and waits on the same line.</summary>
    public bool AsksPassword { get; set; }

    /// <summary>Whether a switch to TLS was asked for (RFC 3207, RFC 2595, RFC 4217).</summary>
    public bool AskedForTls { get; set; }

    /// <summary>Whether it is HTTP, RTSP or SIP: heads with fields.</summary>
    public bool HasHeads { get; set; }

    /// <summary>Whether the server took the change to WebSocket (RFC 6455, 4.2.2).</summary>
    public bool IsWebSocket { get; set; }

    /// <summary>Requests that wait for their answer: true for HEAD, whose answer has no body (RFC 9110, 9.3.2). Bounded.</summary>
    public Queue<bool> Asked { get; } = new();

    /// <summary>Asked requests kept at the most.</summary>
    public const int MostAsked = 64;
}
