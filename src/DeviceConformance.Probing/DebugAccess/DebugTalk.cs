using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.DebugAccess;

/// <summary>A few bytes out and a few back on one connection, in a protocol of debugging.</summary>
internal sealed class DebugTalk(DutConnection connection, CancellationToken cancellationToken)
{
    private const int MaxAnswer = 16 * 1024;

    private static readonly TimeSpan _answer = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(150);

    /// <summary>Sends, and reads what comes until it pauses; empty when nothing does.</summary>
    public async Task<byte[]> ExchangeAsync(ReadOnlyMemory<byte> question)
    {
        using var said = new MemoryStream();
        if (!question.IsEmpty && await connection.SendAsync(question, _answer, cancellationToken) is not null)
        {
            return [];
        }

        var buffer = new byte[4096];
        while (said.Length < MaxAnswer && await connection.ReadAsync(buffer, said.Length == 0 ? _answer : _pause, cancellationToken) is { Silence: null } read)
        {
            said.Write(buffer, 0, read.Count);
        }

        return said.ToArray();
    }
}
