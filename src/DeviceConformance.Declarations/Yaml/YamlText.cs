using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Model.Declared;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DeviceConformance.Declarations.Yaml;

/// <summary>
/// Reads a YAML file into marked nodes. The part of YAML 1.2 that plain forms need: one document of mappings, lists and texts.
/// Anchors, aliases, tags and keys that are not texts are refused, as are duplicate keys; depth and size are bounded.
/// </summary>
public static class YamlText
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>How deep lists and mappings may be nested.</summary>
    public const int MaxDepth = 24;

    /// <summary>How many nodes a file may have.</summary>
    public const int MaxNodes = 200_000;

    private const string Remedy = "Mend the line; check indentation, quotes around texts with ': ' or ' #', and brackets.";

    /// <summary>Reads a file; null when it holds no single readable document, with the complaints that say why.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="file">Its name, for complaints.</param>
    /// <param name="complaints">Where complaints go.</param>
    public static YamlNode? Parse(ReadOnlySpan<byte> bytes, string file, ComplaintBook complaints)
    {
        ArgumentNullException.ThrowIfNull(complaints);
        if (Decode(bytes, file, complaints) is not { } text)
        {
            return null;
        }

        var construction = new Construction(file, complaints);
        try
        {
            using var reader = new StringReader(text);
            return construction.Document(new Parser(new Scanner(reader, skipComments: true)));
        }
        catch (YamlException exception)
        {
            var line = Math.Max(1, (int)exception.Start.Line);
            if (FirstTabIndent(text, line, Math.Max(line, (int)exception.End.Line) + 1) is var (tabLine, column))
            {
                complaints.Reject("yaml-tab", new SourceSpan(file, tabLine, column), "The line is indented with a tab, which YAML does not allow.", "Indent with blanks.");
                return null;
            }

            complaints.Reject(
                "yaml-syntax",
                new SourceSpan(file, line, Math.Max(1, (int)exception.Start.Column)),
                $"This is not valid YAML: {exception.Message.TrimEnd('.')}.",
                Remedy);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // The parser is a library that meets hostile text here; where it breaks instead of complaining, the file is to blame all the same.
            complaints.Reject(
                "yaml-syntax",
                construction.Last,
                "This is not valid YAML: the parser can not read on from here.",
                Remedy);
        }

        return null;
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, string file, ComplaintBook complaints)
    {
        var top = new SourceSpan(file, 1);
        if (bytes.Length > MaxBytes)
        {
            complaints.Reject("file-too-large", top, $"The file has {bytes.Length} bytes; {MaxBytes} are read at the most.", "Split it, or move what does not belong into it elsewhere.");
            return null;
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            complaints.Reject("file-encoding", top, "The file is UTF-16.", "Save it as UTF-8.");
            return null;
        }

        bytes = bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
        if (bytes.IndexOf((byte)0) is var zero and >= 0)
        {
            complaints.Reject("file-binary", Place(bytes[..zero], file), "The file holds a zero byte, so it is no text.", "Put a UTF-8 text file in its place.");
            return null;
        }

        if (!Utf8Valid(bytes, out var wrong))
        {
            complaints.Reject("file-encoding", Place(bytes[..wrong], file), $"The byte 0x{bytes[wrong]:x2} is not valid UTF-8.", "Save the file as UTF-8.");
            return null;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private static bool Utf8Valid(ReadOnlySpan<byte> bytes, out int wrong)
    {
        for (wrong = 0; wrong < bytes.Length;)
        {
            if (Rune.DecodeFromUtf8(bytes[wrong..], out _, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            wrong += consumed;
        }

        return true;
    }

    private static SourceSpan Place(ReadOnlySpan<byte> before, string file) =>
        new(file, before.Count((byte)'\n') + 1, before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1);

    // YAML forbids tabs as indentation and its parser says so in a roundabout way.
    private static (int Line, int Column)? FirstTabIndent(string text, int from, int to)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var tab = line[..(line.Length - line.TrimStart().Length)].IndexOf('\t');
            if (number >= from && number <= to && tab >= 0)
            {
                return (number, tab + 1);
            }
        }

        return null;
    }

    private sealed class Construction(string file, ComplaintBook complaints)
    {
        private int _nodes;
        private bool _bounded = true;

        public SourceSpan Last { get; private set; } = new(file, 1);

        public YamlNode? Document(Parser parser)
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                complaints.Reject("file-empty", new SourceSpan(file, 1), "The file is empty.", "Fill it in, or remove it where it is optional.");
                return null;
            }

            parser.Consume<DocumentStart>();
            var root = Node(parser, 0);
            if (!_bounded)
            {
                return null;
            }

            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
            {
                complaints.Reject("yaml-documents", Span(second.Start), "A second YAML document begins here; a file holds one.", "Remove the line '---' and join the parts, or use two files.");
            }

            return root;
        }

        private YamlNode? Node(Parser parser, int depth)
        {
            var next = parser.Consume<ParsingEvent>();
            Last = Span(next.Start);
            if (++_nodes > MaxNodes)
            {
                return Stop("yaml-too-many-nodes", $"The file has more than {MaxNodes} values.", "Split it.");
            }

            if (depth > MaxDepth)
            {
                return Stop("yaml-too-deep", $"Values are nested more than {MaxDepth} deep here.", "Flatten them; no form needs that.");
            }

            if (next is NodeEvent node && (!node.Anchor.IsEmpty || (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)) && next is not AnchorAlias)
            {
                var what = node.Anchor.IsEmpty ? "tag" : "anchor";
                complaints.Reject($"yaml-{what}", Last, $"A YAML {what} stands here; the forms do not use any.", $"Remove the {what} and write the value out.");
            }

            return next switch
            {
                AnchorAlias => Alias(),
                Scalar scalar => Text(scalar),
                SequenceStart => List(parser, depth),
                MappingStart => Map(parser, depth),
                _ => throw new SemanticErrorException(next.Start, next.End, "found the end of something where a value should stand"),
            };
        }

        private YamlNode.Text Alias()
        {
            complaints.Reject("yaml-alias", Last, "A YAML alias stands here; the forms do not use any.", "Write the value out.");
            return new YamlNode.Text("", Last);
        }

        private YamlNode.Text Text(Scalar scalar)
        {
            var value = scalar.Style == ScalarStyle.Plain && scalar.Value is ("~" or "null" or "Null" or "NULL") ? "" : scalar.Value;
            if (value.Any(IsRefused))
            {
                complaints.Reject("control-character", Last, $"The text holds the invisible character U+{(int)value.First(IsRefused):X4}.", "Remove it.");
                value = string.Concat(value.Select(character => IsRefused(character) ? '\uFFFD' : character));
            }

            return new YamlNode.Text(value, Last);
        }

        private static bool IsRefused(char character) => Quotation.IsUnsafe(character) && character is not ('\n' or '\t');

        private YamlNode.List? List(Parser parser, int depth)
        {
            var at = Last;
            var items = ImmutableArray.CreateBuilder<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                if (Node(parser, depth + 1) is not { } item)
                {
                    return null;
                }

                items.Add(item);
            }

            return new YamlNode.List(items.ToImmutable(), at);
        }

        private YamlNode.Map? Map(Parser parser, int depth)
        {
            var at = Last;
            var pairs = ImmutableArray.CreateBuilder<YamlPair>();
            var lines = new Dictionary<string, int>(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (Node(parser, depth + 1) is not { } key || Node(parser, depth + 1) is not { } value)
                {
                    return null;
                }

                if (key is not YamlNode.Text { Value: var name } || name.Length == 0)
                {
                    complaints.Reject("yaml-key", key.At, $"The key is {(key is YamlNode.Text ? "empty" : key.Kind)}; a key is a text.", "Write a text before the colon; put texts with brackets or braces in quotes.");
                }
                else if (!lines.TryAdd(name, key.At.Line))
                {
                    complaints.Reject("duplicate-key", key.At, $"The key {Quotation.Of(name)} stands here a second time; the first is on line {lines[name]}.", "Keep one of them.", "", name);
                }
                else
                {
                    pairs.Add(new YamlPair(name, key.At, value));
                }
            }

            return new YamlNode.Map(pairs.ToImmutable(), at);
        }

        private YamlNode? Stop(string rule, string message, string remedy)
        {
            if (_bounded)
            {
                complaints.Reject(rule, Last, message, remedy);
            }

            _bounded = false;
            return null;
        }

        private SourceSpan Span(Mark mark) => new(file, Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column));
    }
}
