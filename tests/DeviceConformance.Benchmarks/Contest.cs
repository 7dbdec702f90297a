namespace DeviceConformance.Benchmarks;

/// <summary>Runs contenders in interleaved rounds against one target and prints them side by side.</summary>
internal static class Contest
{
    // What takes a minute is not run again: its figure is clear enough.
    private static readonly TimeSpan _tooSlow = TimeSpan.FromMinutes(1);

    /// <summary>Runs and prints.</summary>
    /// <param name="title">What the target is.</param>
    /// <param name="contenders">The first one is what the others are compared with.</param>
    /// <param name="truth">What there is to find; empty: whatever the contenders found together.</param>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="counters">Packets and connections that the target has seen so far.</param>
    public static void Run(string title, IReadOnlyList<Contender> contenders, IReadOnlySet<string> truth, int rounds, Func<(long Packets, long Connections)> counters)
    {
        var runs = contenders.ToDictionary(contender => contender.Name, _ => new List<Go>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in contenders.Where(contender => runs[contender.Name].All(run => run.Wall < _tooSlow)))
            {
                var run = contender.Run(counters);
                runs[contender.Name].Add(run);
                Console.Error.WriteLine($"  {title}, round {round + 1}, {contender.Name}: {run.Wall.TotalSeconds:0.00} s, {run.Answer.Found.Length} found. {run.Answer.Remark}");
            }
        }

        var all = truth.Count > 0 ? truth : runs.Values.SelectMany(list => list).SelectMany(run => run.Answer.Found).ToHashSet();
        var reference = Median(runs[contenders[0].Name]);
        Console.WriteLine($"\n### {title}\n");
        Console.WriteLine("| | found | missed, by round | wrong | wall s, median (min-max) | ratio | packets | connections |");
        Console.WriteLine("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var contender in contenders)
        {
            var list = runs[contender.Name];
            var median = Median(list);
            Console.WriteLine(
                $"| {contender.Name} | {list.Min(run => all.Intersect(run.Answer.Found).Count())} of {all.Count} | {string.Join(' ', list.Select(run => all.Except(run.Answer.Found).Count()))} "
                + $"| {list.Max(run => run.Answer.Found.Except(all).Count())} | {median:0.00} ({list.Min(run => run.Wall.TotalSeconds):0.00}-{list.Max(run => run.Wall.TotalSeconds):0.00}) "
                + $"| {median / reference:0.00} | {list[^1].Packets} | {list[^1].Connections} |");
        }

        foreach (var (name, missed) in contenders.Select(contender => (contender.Name, runs[contender.Name].SelectMany(run => all.Except(run.Answer.Found)).Distinct().ToList())).Where(pair => pair.Item2.Count > 0))
        {
            const int shown = 24;
            Console.WriteLine($"\n{name} missed {string.Join(", ", missed.Take(shown))}{(missed.Count > shown ? $" and {missed.Count - shown} more" : "")}.");
        }
    }

    private static double Median(List<Go> runs) => runs.Select(run => run.Wall.TotalSeconds).Order().ElementAt((runs.Count - 1) / 2);
}
