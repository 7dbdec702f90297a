using System.Collections.Immutable;
using System.Net;

namespace DeviceConformance.Emulator.Listening;

/// <summary>A port of the device on some addresses, served in the background until it is stopped.</summary>
internal abstract class DeviceService(string name, ImmutableArray<IPEndPoint> endPoints) : IAsyncDisposable
{
    /// <summary>What is spoken, for people.</summary>
    public string Name { get; } = name;

    /// <summary>Where it listens.</summary>
    public ImmutableArray<IPEndPoint> EndPoints { get; } = endPoints;

    /// <summary>Closes the port. Tasks end in the background; <see cref="DisposeAsync"/> awaits them.</summary>
    public abstract void Stop();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
