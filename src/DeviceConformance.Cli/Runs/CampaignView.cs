using System.Diagnostics;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Reports;
using DeviceConformance.Reporting;
using Spectre.Console;

namespace DeviceConformance.Cli.Runs;

/// <summary>Shows a campaign: a live list of what is being asked on a terminal, a plain line for each answer elsewhere.</summary>
internal sealed class CampaignView
{
    // Characters in front of the text of a line.
    private const int TimeAndMark = 21;

    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<ProbeRequest, ProgressTask> _tasks = [];
    private readonly bool _quiet;
    private ProgressContext? _progress;

    private CampaignView(bool quiet) => _quiet = quiet;

    /// <summary>Runs a campaign in view.</summary>
    /// <param name="quiet">Whether only problems are shown.</param>
    /// <param name="campaign">The campaign.</param>
    public static async Task ShowAsync(bool quiet, Func<CampaignView, Task> campaign)
    {
        var view = new CampaignView(quiet);
        if (quiet || !AnsiConsole.Profile.Out.IsTerminal || !AnsiConsole.Profile.Capabilities.Ansi)
        {
            await campaign(view);
            return;
        }

        await AnsiConsole.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                view._progress = context;
                await campaign(view);
            });
    }

    public void Progress(ProbeRequest request, double fraction, string text)
    {
        lock (_lock)
        {
            if (_progress is null)
            {
                return;
            }

            if (!_tasks.TryGetValue(request, out var task))
            {
                task = _progress.AddTask(Markup.Escape(request.Title), maxValue: 1);
                _tasks.Add(request, task);
            }

            task.Value = fraction;
            task.Description = Markup.Escape(Shortened(text.Length > 0 && fraction < 1 ? $"{request.Title}: {text}" : request.Title));
        }
    }

    public void Done(ProbeRecord entry)
    {
        lock (_lock)
        {
            if (_tasks.Remove(entry.Request, out var task))
            {
                task.Value = 1;
                task.StopTask();
            }

            var mark = entry.Outcome switch
            {
                ProbeOutcome.Observed { Observation.Coverage.IsComplete: true } => "seen      ",
                ProbeOutcome.Observed => "seen part ",
                ProbeOutcome.Unanswered => "no answer ",
                _ => "not asked ",
            };
            Write($"{_clock.Elapsed.TotalSeconds,6:0.0} s  {mark} {entry.Outcome.Summary}", entry.Outcome is ProbeOutcome.Observed ? null : "grey");
        }
    }

    public void Problem(HealthProblem problem)
    {
        lock (_lock)
        {
            Write($"{_clock.Elapsed.TotalSeconds,6:0.0} s  PROBLEM    {problem.Text}", "yellow", always: true);
        }
    }

    private static string Shortened(string text)
    {
        var width = Math.Max(30, AnsiConsole.Profile.Width - 45);
        return text.Length <= width ? text : text[..(width - 3)] + "...";
    }

    private void Write(string line, string? colour, bool always = false)
    {
        if (_quiet && !always)
        {
            return;
        }

        // What a device says may hold control characters; they must not reach the terminal.
        line = new string([.. line.Select(character => char.IsControl(character) ? ' ' : character)]);
        if (_progress is null)
        {
            Console.Out.WriteLine(line);
        }
        else
        {
            // Blanks up to the edge: the line takes the place of a longer one.
            var width = Math.Max(40, AnsiConsole.Profile.Width);
            var lines = TextLines.Fit(line, width - 1, TimeAndMark).Split('\n').Select(part => part.PadRight(width - 1));
            AnsiConsole.Write(new Text($"{string.Join('\n', lines)}\n", colour is null ? Style.Plain : Style.Parse(colour)));
        }
    }
}
