using System.Diagnostics;
using NUnit.Framework;

namespace DeviceConformance.Tests.Fuzzing;

/// <summary>A parser of what devices and makers send, with messages to begin from.</summary>
/// <param name="Name">Name of the parser; found messages are kept in a folder of this name.</param>
/// <param name="Seeds">Sound messages.</param>
/// <param name="Read">Parses, and tells in a few words what came of it: a message with a new outcome is worth altering further.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], string> Read)
{
    // Far beyond what a message of 96 KiB may take on a busy machine; a parser that is quadratic in it stays below, one that hangs does not.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(10);
    private const long MostBytes = 512L * 1024 * 1024;
    private const int MostKept = 2000;

    public override string ToString() => Name;

    /// <summary>Reads seeds, found messages and alterations of them.</summary>
    /// <param name="duration">For how long; at least a thousand messages are read.</param>
    /// <param name="seed">Number that makes the alterations, so that a failure can be repeated.</param>
    /// <param name="found">Folder with messages that once failed, and where failing ones are written.</param>
    /// <returns>How many messages were read.</returns>
    public long Run(TimeSpan duration, int seed, DirectoryInfo found)
    {
        var random = new Random(seed);
        var mutation = new Mutation(random);
        var kept = new List<byte[]>(Seeds);
        var folder = Path.Combine(found.FullName, Name);
        if (Directory.Exists(folder))
        {
            kept.AddRange(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes));
        }

        var outcomes = new HashSet<string>(StringComparer.Ordinal);
        long count = 0;
        foreach (var message in kept.SelectMany(Cuts).ToList())
        {
            outcomes.Add(ReadOne(message, folder, seed));
            count++;
        }

        var clock = Stopwatch.StartNew();
        for (var rounds = 0; rounds < 1000 || clock.Elapsed < duration; rounds++)
        {
            var message = mutation.Of(kept[random.Next(kept.Count)], kept[random.Next(kept.Count)]);
            if (outcomes.Add(ReadOne(message, folder, seed)) && kept.Count < MostKept)
            {
                kept.Add(message);
            }

            count++;
        }

        return count;
    }

    // A message cut at every byte, as far as it is short; a long one at some.
    private static IEnumerable<byte[]> Cuts(byte[] message)
    {
        for (var length = 0; length < message.Length; length += 1 + (message.Length / 1024))
        {
            yield return message[..length];
        }

        yield return message;
    }

    private string ReadOne(byte[] message, string folder, int seed)
    {
        var clock = Stopwatch.GetTimestamp();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        string outcome;
        try
        {
            outcome = Read(message);
        }
        catch (Exception fault)
        {
            throw new AssertionException($"{Name} threw {fault.GetType().Name} (seed {seed}); the message is kept in {Keep(message, folder)}.\n{fault}", fault);
        }

        var (took, bytes) = (Stopwatch.GetElapsedTime(clock), GC.GetAllocatedBytesForCurrentThread() - allocated);
        if (took > _longest || bytes > MostBytes)
        {
            throw new AssertionException($"{Name} took {took.TotalSeconds:0.0} s and {bytes / 1024 / 1024} MiB for {message.Length} bytes (seed {seed}); the message is kept in {Keep(message, folder)}.");
        }

        return outcome;
    }

    private static string Keep(byte[] message, string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(message))[..16] + ".bin");
        File.WriteAllBytes(file, message);
        return file;
    }
}
