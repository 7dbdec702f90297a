using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Questions over UDP and their answers: repeated when nothing comes, counted, given up when the service has fallen silent.</summary>
/// <remarks>The transcript gets the answers without the credentials that the device gives away.</remarks>
internal sealed class UdpTalk : IDisposable
{
    /// <summary>A question is sent so often in all, for what the network loses.</summary>
    public const int Tries = 3;

    // A service that leaves so many questions in a row unanswered, each repeated, is left alone.
    private const int MostSilent = 3;
    private const int MostOthers = 200;
    private const int Together = 8;

    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _breath = TimeSpan.FromMilliseconds(20);

    private readonly DutDatagrams _datagrams;
    private readonly ProbeContext _context;
    private readonly InformationReader _reader;
    private int _silentInARow;

    public UdpTalk(DisclosureSurvey request, ProbeContext context, InformationReader reader)
    {
        _context = context;
        _reader = reader;
        _datagrams = context.Link.OpenUdp(request.Endpoint);
    }

    /// <summary>Answers so far.</summary>
    public int Answers { get; private set; }

    /// <summary>How the last question stayed unanswered.</summary>
    public Silence LastSilence { get; private set; } = Silence.NoReply;

    /// <summary>Whether the service has fallen silent, so that nothing more is asked.</summary>
    public bool GaveUp => _silentInARow >= MostSilent;

    /// <summary>What was sent and came, for the coverage.</summary>
    public string Figures => $"{_datagrams.Sent} datagrams sent, {Answers} answers";

    /// <summary>The outcome of a survey whose service never answered.</summary>
    public ProbeOutcome.Unanswered Unanswered(string what) =>
        new(LastSilence, $"{_datagrams.Endpoint}: {what} has no answer ({(LastSilence == Silence.NoReply ? "silent" : LastSilence)}; {_datagrams.Sent} datagrams sent).");

    /// <summary>Asks until an answer is taken, <see cref="Tries"/> times at the most.</summary>
    /// <param name="name">The question in words, for the transcript.</param>
    /// <param name="question">The datagram.</param>
    /// <param name="takes">Whether a datagram of the DUT answers it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer, or null.</returns>
    public async Task<Datagram?> AskAsync(string name, byte[] question, Func<Datagram, bool> takes, CancellationToken cancellationToken)
    {
        if (GaveUp)
        {
            return null;
        }

        _context.Transcript.Note($"-> {name}: {Convert.ToHexStringLower(question.AsSpan(0, Math.Min(question.Length, 512)))}");
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await _datagrams.SendAsync(question, cancellationToken) is { } unsent)
            {
                LastSilence = unsent;
            }
            else if (await TakeAsync(_wait, takes, cancellationToken) is { } answer)
            {
                _silentInARow = 0;
                return answer;
            }

            if (LastSilence is Silence.Refused or Silence.HostUnreachable)
            {
                break;
            }
        }

        _silentInARow++;
        _context.Transcript.Note($"<- no answer: {LastSilence}");
        return null;
    }

    /// <summary>Asks many questions at once, in small groups, and those without an answer again.</summary>
    /// <param name="questions">The datagrams.</param>
    /// <param name="answered">Index of the question that a datagram answers; -1 for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answers, null where none came.</returns>
    public async Task<Datagram?[]> AskTogetherAsync(IReadOnlyList<(string Name, byte[] Bytes)> questions, Func<Datagram, int> answered, CancellationToken cancellationToken)
    {
        var answers = new Datagram?[questions.Count];
        for (var round = 0; round < Tries && Array.IndexOf(answers, null) >= 0; round++)
        {
            var open = Enumerable.Range(0, questions.Count).Where(index => answers[index] is null).ToList();
            foreach (var group in open.Chunk(Together))
            {
                foreach (var index in group)
                {
                    _context.Transcript.Note($"-> {questions[index].Name}");
                    LastSilence = await _datagrams.SendAsync(questions[index].Bytes, cancellationToken) ?? LastSilence;
                }

                await CollectAsync(answers, answered, _breath, cancellationToken);
                if (Answers == 0 && LastSilence is Silence.Refused or Silence.HostUnreachable)
                {
                    return answers;
                }
            }

            await CollectAsync(answers, answered, _wait, cancellationToken);
        }

        return answers;
    }

    /// <summary>Asks once, and takes every answer that comes within a time; again when nothing came.</summary>
    /// <param name="name">The question in words.</param>
    /// <param name="question">The datagram.</param>
    /// <param name="takes">Whether a datagram is an answer.</param>
    /// <param name="window">How long answers are taken.</param>
    /// <param name="most">Answers after which it ends.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<List<Datagram>> GatherAsync(string name, byte[] question, Func<Datagram, bool> takes, TimeSpan window, int most, CancellationToken cancellationToken)
    {
        var taken = new List<Datagram>();
        for (var attempt = 0; attempt < Tries && taken.Count == 0; attempt++)
        {
            _context.Transcript.Note($"-> {name}");
            if (await _datagrams.SendAsync(question, cancellationToken) is { } unsent)
            {
                LastSilence = unsent;
                break;
            }

            taken = await ListenAsync(takes, window, most, cancellationToken);
            if (LastSilence is Silence.Refused or Silence.HostUnreachable)
            {
                break;
            }
        }

        return taken;
    }

    /// <summary>Asks a multicast group, where the laboratory's set-up allows it; takes the DUT's answers.</summary>
    /// <returns>The answers, or null when it was not asked.</returns>
    public async Task<List<Datagram>?> GatherFromGroupAsync(string name, System.Net.IPAddress group, byte[] question, Func<Datagram, bool> takes, TimeSpan window, int most, CancellationToken cancellationToken)
    {
        if (!await _context.Link.TrySendToGroupAsync(_datagrams, group, question, cancellationToken))
        {
            return null;
        }

        _context.Transcript.Note($"-> {name} to {group}");
        return await ListenAsync(takes, window, most, cancellationToken);
    }

    /// <summary>Keeps credentials that were found out of the transcript, also where they stand in it already: in packed bytes they do not show as such.</summary>
    public Disclosures Hide(Disclosures found)
    {
        foreach (var secret in found.Secrets)
        {
            _context.Transcript.Mask("", new Model.Lab.Secret(secret));
        }

        return found;
    }

    /// <summary>Sends without waiting for an answer, perhaps to another port of the DUT that has answered.</summary>
    public async Task SendAsync(string name, byte[] bytes, CancellationToken cancellationToken, int port = 0)
    {
        _context.Transcript.Note($"-> {name}");
        await _datagrams.SendAsync(bytes, cancellationToken, port);
    }

    /// <summary>Takes every datagram that comes within a time.</summary>
    public async Task<List<Datagram>> ListenAsync(Func<Datagram, bool> takes, TimeSpan window, int most, CancellationToken cancellationToken)
    {
        var taken = new List<Datagram>();
        var started = _context.Time.GetTimestamp();
        while (taken.Count < most && window - _context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            if (await TakeAsync(left, takes, cancellationToken) is not { } answer)
            {
                break;
            }

            taken.Add(answer);
        }

        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => _datagrams.Dispose();

    private async Task CollectAsync(Datagram?[] answers, Func<Datagram, int> answered, TimeSpan window, CancellationToken cancellationToken)
    {
        var started = _context.Time.GetTimestamp();
        while (Array.IndexOf(answers, null) >= 0 && window - _context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            if (await TakeAsync(left, datagram => answered(datagram) >= 0, cancellationToken) is not { } answer)
            {
                return;
            }

            answers[answered(answer)] ??= answer;
        }
    }

    private async Task<Datagram?> TakeAsync(TimeSpan window, Func<Datagram, bool> takes, CancellationToken cancellationToken)
    {
        var started = _context.Time.GetTimestamp();
        for (var others = 0; others < MostOthers && window - _context.Time.GetElapsedTime(started) is var left && left > TimeSpan.Zero; others++)
        {
            var datagram = await _datagrams.ReceiveAsync(left, cancellationToken);
            if (datagram.Silence is { } silence)
            {
                LastSilence = silence;
                return null;
            }

            if (takes(datagram))
            {
                Answers++;
                Note(datagram);
                return datagram;
            }
        }

        LastSilence = Silence.NoReply;
        return null;
    }

    private void Note(Datagram datagram)
    {
        var text = Encoding.Latin1.GetString(datagram.Bytes.Span);
        var found = _reader.Read(text, TextKind.Data);
        _context.Transcript.Note($"<- from port {datagram.FromPort}, {datagram.Bytes.Length} bytes: {Transcript.Printable(Encoding.Latin1.GetBytes(found.Redact(text)), 4096)}");
    }
}
