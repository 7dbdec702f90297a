using System.Collections.Immutable;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.DebugAccess;

/// <summary>What a service of debugging or administration said.</summary>
/// <param name="IsOpen">Whether it lets anybody in; false when it asks for a key or password first.</param>
/// <param name="What">What it said, in words.</param>
/// <param name="Tells">What it tells of the device, as text that is read like a banner.</param>
/// <param name="Modules">Parts of it that were named, such as folders; empty for most.</param>
internal sealed record DebugAnswer(bool IsOpen, string What, string Tells, ImmutableArray<string> Modules)
{
    /// <summary>An answer without parts.</summary>
    public DebugAnswer(bool isOpen, string what, string tells)
        : this(isOpen, what, tells, [])
    {
    }
}

/// <summary>A service that development leaves behind, recognised by speaking its protocol, whatever the port.</summary>
/// <param name="Name">Name.</param>
/// <param name="UsualPorts">Ports on which it is asked for first; they decide nothing.</param>
/// <param name="Source">Where its first messages are specified.</param>
/// <param name="Reason">What somebody gets who is let in.</param>
/// <param name="Kind">The same in one word.</param>
/// <param name="Ask">Speaks it on a new connection; null when something else answers.</param>
internal sealed record DebugService(string Name, ImmutableArray<int> UsualPorts, string Source, string Reason, AccessKind Kind, Func<DebugTalk, Task<DebugAnswer?>> Ask);
