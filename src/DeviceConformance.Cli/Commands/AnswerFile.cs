using DeviceConformance.Cli.Runs;
using DeviceConformance.Declarations.Answers;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Observations;
using DeviceConformance.TestCases;

namespace DeviceConformance.Cli.Commands;

/// <summary>Answers of the examiner from a file, for runs without hands.</summary>
internal static class AnswerFile
{
    /// <summary>Its usual name.</summary>
    public const string Name = "answers.yaml";

    /// <summary>Whether the file can be taken in; complaints go to standard error.</summary>
    public static bool IsUsable(string file, Declaration declared)
    {
        var reading = AnswersReader.Read(file, Harness.Catalogue(declared.Edition), declared);
        if (!reading.Complaints.IsEmpty)
        {
            Console.Error.WriteLine(ComplaintText.Render(reading.Complaints));
        }

        return !reading.HasErrors;
    }

    /// <summary>Records each answer of the file that the run does not hold in the same words yet.</summary>
    /// <returns>How many were recorded.</returns>
    public static int Import(RunFolder run, Declaration declared, string file)
    {
        var catalogue = Harness.Catalogue(declared.Edition);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var questions = new Planner(catalogue, Registry.For(catalogue)).Plan(declared).Units.SelectMany(unit => unit.Questions).ToLookup(question => question.Unit);
        var answers = AnswersReader.Read(file, catalogue).Answers;
        var own = answers.Select(answer => (answer.Unit, answer.Subject)).ToHashSet();
        var count = 0;
        foreach (var answer in answers)
        {
            var subjects = answer.Subject == "*"
                ? questions[answer.Unit].Select(question => question.Subject).Where(subject => !own.Contains((answer.Unit, subject)))
                : [answer.Subject];
            foreach (var question in subjects.Select(subject => new OperatorQuestion(answer.Unit, subject)))
            {
                if (run.Observations.Ask(question).TryGet(out var known, out _)
                    && known.Verdict == answer.Verdict && known.Reason == answer.Reason && known.By == answer.By && known.Date == answer.Date)
                {
                    continue;
                }

                AnswerRecords.Add(run, question, answer.Verdict, answer.Reason, answer.By, answer.Date, answer.Files.Select(attached => Path.Combine(folder, attached)));
                count++;
            }
        }

        return count;
    }
}
