using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Coap;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>CoAP (RFC 7252): the list of resources, and GET of each without a credential; observable ones are registered for and given up at once.</summary>
internal static class CoapSurvey
{
    private const string List = "/.well-known/core";
    private const int MaxResources = 24;
    private const int MaxBlocks = 32;
    private const int MaxBody = 32 * 1024;

    private static readonly TimeSpan _separate = TimeSpan.FromSeconds(3);

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        using var session = new Session(new UdpTalk(request, context, reader), reader, notes, cancellationToken);
        return await session.RunAsync();
    }

    private sealed class Session(UdpTalk talk, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken) : IDisposable
    {
        private ushort _id = (ushort)Random.Shared.Next(1, 0x8000);

        public void Dispose() => talk.Dispose();

        public async Task<ProbeOutcome.Unanswered?> RunAsync()
        {
            var (first, text) = await GetAsync(List);
            if (first is null)
            {
                return talk.Unanswered($"GET {List}");
            }

            var links = first.Class == 2 ? CoapLink.Read(text) : [];
            // A list that names its host names this one's resources only where it is relative.
            var paths = links.Where(link => link.Target.StartsWith('/') && link.Target != List).DistinctBy(link => link.Target).ToList();
            if (links.Length > 0)
            {
                notes.AddOpen("list of resources without credentials", List);
                notes.Add(DisclosureKind.ApiDescription, $"{links.Length} resources: {string.Join(" ", links.Take(12).Select(link => link.Target))}", List);
                notes.Add(reader.Read(text, TextKind.Data), List);
            }

            notes.Done($"GET {List} gives {first.CodeText} and {links.Length} links");
            var asked = 0;
            foreach (var link in paths.Take(MaxResources))
            {
                if (HttpLinks.NamesAction(link.Target))
                {
                    notes.Remark($"{SurveyNotes.Shortened(link.Target)} was not asked for: it names an action");
                    continue;
                }

                if (talk.GaveUp)
                {
                    notes.Gap($"the service fell silent after {asked} resources");
                    break;
                }

                asked++;
                await AskForAsync(link);
            }

            if (asked > 0)
            {
                notes.Done($"GET of {asked} resources");
            }

            if (paths.Count > MaxResources)
            {
                notes.Gap($"{paths.Count - MaxResources} further resources were not asked for");
            }

            notes.Remark(talk.Figures);
            return null;
        }

        private async Task AskForAsync(CoapLink link)
        {
            var path = SurveyNotes.Shortened(link.Target);
            var (answer, text) = await GetAsync(link.Target);
            switch (answer)
            {
                case null:
                    notes.Gap($"GET {path}: no answer ({talk.LastSilence})");
                    return;
                case { Class: 2 }:
                    notes.AddOpen("resource readable without credentials", path);
                    ReadContent(path, answer, text);
                    break;
                case { Code: 0x81 or 0x83 }:
                    notes.Remark($"{path} is refused without credentials ({answer.CodeText})");
                    return;
                default:
                    notes.Remark($"{path} gives {answer.CodeText}");
                    return;
            }

            if (link.IsObservable)
            {
                await ObserveAsync(link.Target, path);
            }
        }

        private void ReadContent(string path, CoapMessage answer, string text)
        {
            if (text.Length == 0)
            {
                return;
            }

            if (text.Contains('\ufffd', StringComparison.Ordinal))
            {
                // CBOR and other binary formats: names and values in them are text all the same.
                var format = answer.Option(CoapMessage.ContentFormat)?.Number32;
                notes.Add(DisclosureKind.Status, $"{path}: binary content{(format is { } number ? $", format {number}" : "")}", path);
                notes.Add(talk.Hide(reader.Read(text.Replace('\ufffd', ' '), TextKind.Data)), path);
                return;
            }

            var found = reader.TryReadJson(text, out var json, out _) ? json : reader.Read(text, TextKind.Data);
            notes.Add(found, path);
            notes.Add(DisclosureKind.Status, $"{path} = {found.Redact(text)}", path);
        }

        // Register, and give up with the same token (RFC 7641, 3.6): the server keeps nothing of us.
        private async Task ObserveAsync(string target, string path)
        {
            var token = Token();
            var registered = await ExchangeAsync($"observe {path}", CoapMessage.GetOf(target, ++_id, token, CoapOption.OfNumber(CoapMessage.Observe, 0)));
            if (registered?.Option(CoapMessage.Observe) is null)
            {
                return;
            }

            notes.AddOpen("changes observable without credentials", $"{path} (observe)");
            if (await ExchangeAsync($"give up observing {path}", CoapMessage.GetOf(target, ++_id, token, CoapOption.OfNumber(CoapMessage.Observe, 1))) is null)
            {
                notes.Remark($"the end of observing {path} was not acknowledged; the server drops it with the next notification");
            }
        }

        /// <summary>GET of a path with all its blocks (RFC 7959, 2.4).</summary>
        /// <returns>The first answer, or null; and the body as text.</returns>
        private async Task<(CoapMessage? First, string Text)> GetAsync(string path)
        {
            CoapMessage? first = null;
            using var body = new MemoryStream();
            uint block = 0;
            for (var blocks = 0; blocks < MaxBlocks && body.Length < MaxBody; blocks++)
            {
                CoapOption[] wanted = blocks == 0 ? [] : [CoapOption.OfNumber(CoapMessage.Block2, block)];
                if (await ExchangeAsync($"GET {SurveyNotes.Shortened(path)}{(blocks == 0 ? "" : $" block {blocks}")}", CoapMessage.GetOf(path, ++_id, Token(), wanted)) is not { } answer)
                {
                    if (first is not null)
                    {
                        notes.Gap($"{SurveyNotes.Shortened(path)}: block {blocks} did not come");
                    }

                    break;
                }

                first ??= answer;
                body.Write(answer.Payload.Span);
                if (answer.Option(CoapMessage.Block2) is not { } option || (option.Number32 & 8) == 0 || answer.Class != 2)
                {
                    break;
                }

                block = ((uint)(blocks + 1) << 4) | (option.Number32 & 7);
            }

            var text = Encoding.UTF8.GetString(body.ToArray());
            talk.Hide(reader.TryReadJson(text, out var json, out _) ? json : reader.Read(text, TextKind.Data));
            return (first, text);
        }

        /// <summary>Sends a request; an empty acknowledgement is waited through (RFC 7252, 5.2.2), and a late confirmable answer acknowledged.</summary>
        private async Task<CoapMessage?> ExchangeAsync(string name, CoapMessage question)
        {
            bool IsAnswer(Datagram datagram) => CoapMessage.TryParse(datagram.Bytes, out var message)
                && ((message.Type is CoapType.Acknowledgement or CoapType.Reset && message.Id == question.Id) || (message.Class is 2 or 4 or 5 && message.Token.Span.SequenceEqual(question.Token.Span)));
            if (await talk.AskAsync(name, question.ToBytes(), IsAnswer, cancellationToken) is not { } first || !CoapMessage.TryParse(first.Bytes, out var answer))
            {
                return null;
            }

            if (answer is { Type: CoapType.Acknowledgement, Code: 0 })
            {
                var late = await talk.ListenAsync(datagram => IsAnswer(datagram) && CoapMessage.TryParse(datagram.Bytes, out var message) && message.Code != 0, _separate, 1, cancellationToken);
                if (late.Count == 0 || !CoapMessage.TryParse(late[0].Bytes, out answer))
                {
                    return null;
                }
            }

            if (answer.Type == CoapType.Confirmable)
            {
                await talk.SendAsync("acknowledgement", new CoapMessage(CoapType.Acknowledgement, 0, answer.Id, default, [], default).ToBytes(), cancellationToken);
            }

            return answer.Type == CoapType.Reset ? null : answer;
        }

        private static byte[] Token()
        {
            var token = new byte[4];
            Random.Shared.NextBytes(token);
            return token;
        }
    }
}
