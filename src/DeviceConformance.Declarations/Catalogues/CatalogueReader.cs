using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Catalogues;

/// <summary>Reads a catalogue file: one edition of the standard as data. Every id it refers to has to resolve.</summary>
public static class CatalogueReader
{
    /// <summary>Reads a catalogue.</summary>
    /// <param name="yaml">The file.</param>
    /// <param name="fileName">Its name, for complaints.</param>
    /// <exception cref="CatalogueException">The file is broken; the exception lists every fault with its line.</exception>
    public static Catalogue Read(ReadOnlyMemory<byte> yaml, string fileName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fileName);
        var complaints = new ComplaintBook();
        var root = YamlText.Parse(yaml.Span, fileName, complaints);
        var catalogue = root is null ? null : new Reading(complaints).Catalogue(root, Convert.ToHexStringLower(SHA256.HashData(yaml.Span)));
        var found = complaints.InOrder();
        return catalogue is not null && found.IsEmpty ? catalogue : throw new CatalogueException(found);
    }

    /// <summary>Reads a catalogue from a stream.</summary>
    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, string)"/>
    public static Catalogue Read(Stream yaml, string fileName)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        using var copy = new MemoryStream();
        yaml.CopyTo(copy);
        return Read(copy.GetBuffer().AsMemory(0, (int)copy.Length), fileName);
    }

    private sealed class Reading(ComplaintBook complaints)
    {
        private ImmutableArray<Condition> _conditions = [];
        private ImmutableArray<IxitTable> _tables = [];
        private readonly List<(TestCaseId Case, SourceSpan At)> _uses = [];

        public Catalogue? Catalogue(YamlNode root, string sha256)
        {
            if (MapReader.Open(root, "the catalogue", complaints) is not { } top)
            {
                return null;
            }

            var edition = Parsed<StandardEdition>(top, "edition");
            var version = Text(top, "version");
            top.Texts("confidence");
            _conditions = [.. Mapping(top, "conditions").Select(pair => new Condition(pair.Key, pair.Text))];
            _tables = [.. top.Maps("ixit", "an IXIT table").Select(Table)];
            var provisions = top.Maps("provisions", "a provision").Select(Provision).ToImmutableArray();
            top.Close();

            CheckTables(top.At);
            CheckOrder(provisions, top.At);
            var cases = provisions.SelectMany(provision => provision.Cases).Select(testCase => testCase.Id).ToHashSet();
            foreach (var (used, at) in _uses.Where(used => !cases.Contains(used.Case)))
            {
                Complain("unknown-case", at, $"There is no test case {used}.", "Name a case of this catalogue.");
            }

            return edition is null ? null : new Catalogue(edition, version, sha256, _conditions, _tables, provisions);
        }

        private IxitTable Table(MapReader section)
        {
            var id = Text(section, "id");
            var dash = id.IndexOf('-', StringComparison.Ordinal);
            if (dash <= 0 || !int.TryParse(id.AsSpan(0, dash), out var number) || !Enum.IsDefined((IxitRole)number))
            {
                Complain("table-id", section.At, $"{Quotation.Of(id)} is no name of an IXIT table.", "Write number, dash and stem, for example 13-SoftServ.");
                id = "1-?";
            }

            var table = new IxitTable(id, Text(section, "title"), [.. Mapping(section, "fields").Select(pair => new IxitField(pair.Key, pair.Text))]);
            section.Close();
            return table;
        }

        private Provision Provision(MapReader section)
        {
            var id = Parsed<ProvisionId>(section, "id");
            var provision = new Provision(
                id,
                Text(section, "title"),
                Status(section),
                Text(section, "requires"),
                [.. section.Texts("ixit").Where(table => Known(table.Value, table.At)).Select(table => table.Value)],
                [.. section.Maps("cases", $"a test case of {id}").Select(inner => Case(inner, id))],
                Text(section, "confidence"));
            section.Close();
            return provision;
        }

        // The status is kept as printed; the conditions beside it are what the harness evaluates. The two have to say the same.
        private ProvisionStatus Status(MapReader section)
        {
            var text = Text(section, "status");
            var expression = section.Text("conditions").Or("");
            ImmutableArray<string> conditions = expression.Length == 0 ? [] : [.. expression.Split(" and ")];
            var printed = Regex.Match(text, @"^[MR](?: C)?(?: F)?(?: \((?<ids>[^()]+)\))?$");
            if (!printed.Success)
            {
                Complain("status", AtOf(section, "status"), $"{Quotation.Of(text)} is no status.", "Write it as Table B.1 does, for example M C F (14, e).");
            }
            else if (!conditions.SequenceEqual(printed.Groups["ids"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)))
            {
                Complain("status-conditions", AtOf(section, "status"), $"The status says {text}, the conditions say {Quotation.Of(expression)}.", "Let both name the same conditions in the same order.");
            }

            foreach (var condition in conditions.Where(condition => _conditions.All(known => known.Id != condition)))
            {
                Complain("unknown-condition", AtOf(section, "conditions"), $"There is no condition {Quotation.Of(condition)}.", "Define it under conditions.");
            }

            return new ProvisionStatus(text, text.StartsWith('M'), conditions);
        }

        private TestCaseDefinition Case(MapReader section, ProvisionId provision)
        {
            var id = Parsed<TestCaseId>(section, "id");
            var kind = section.RequiredChoice<TestKind>("kind");
            var fold = section.Choice<Fold>("fold").Or(Fold.AllOf);
            var units = section.Maps("units", $"a unit of {id}").Select(inner => Unit(inner, id, kind)).ToImmutableArray();
            if (id.Provision != provision)
            {
                Complain("foreign-case", section.At, $"Test case {id} stands under provision {provision}.", "Move it to its provision.");
            }

            if (fold == Fold.AnyEntry && units.Any(unit => unit.Per is null || unit.Per != units[0].Per))
            {
                Complain("any-entry", section.At, $"Case {id} passes by one entry, but not all of its units are done for the entries of one table.", "Give every unit the same per.");
            }

            var definition = new TestCaseDefinition(id, kind, Text(section, "purpose"), fold, units, Text(section, "pass-if"), Text(section, "fail-if"));
            section.Close();
            return definition;
        }

        private TestUnitDefinition Unit(MapReader section, TestCaseId testCase, TestKind caseKind)
        {
            var letter = Text(section, "id");
            if (letter is not [>= 'a' and <= 'z'])
            {
                Complain("unit-letter", section.At, $"{Quotation.Of(letter)} is no letter of a unit.", "Write one small letter.");
                letter = "?";
            }

            var kind = caseKind == TestKind.Mixed ? section.RequiredChoice<TestKind>("kind") : caseKind;
            var check = Text(section, "check");
            var fields = section.Texts("fields").Select(text => Field(text.Value, text.At)).ToImmutableArray();
            var decidedBy = section.Texts("decided-by").Aggregate(Deciders.None, (all, word) => all | Decider(word.Value, word.At));
            var per = section.Text("per").Or("") is { Length: > 0 } table && Known(table, AtOf(section, "per")) ? _tables.First(known => known.Id == table) : null;
            var question = section.Text("question").Or("");
            TestCaseId? uses = section.Take("uses") is not null ? Parsed<TestCaseId>(section, "uses") : null;
            section.Close();

            if (per is { HasRows: false })
            {
                Complain("per", AtOf(section, "per"), $"{per.Id} has no rows, so nothing can be done for them one by one.", "Leave per out.");
            }

            if (decidedBy.HasFlag(Deciders.Operator) != question.Length > 0)
            {
                Complain("question", section.At, "A question goes with the decider operator, and with no other.", "Add the question or the decider, or take one away.");
            }

            if (decidedBy == Deciders.None)
            {
                Complain("decided-by", section.At, "Nothing decides the unit.", "Name probe, rule or operator.");
            }

            if (uses is { } used)
            {
                _uses.Add((used, AtOf(section, "uses")));
            }

            return new TestUnitDefinition(new TestUnitId(testCase, letter[0]), kind, check, fields, decidedBy, per?.Role, question, uses);
        }

        private Deciders Decider(string word, SourceSpan at)
        {
            if (DeciderNames.TryGetValue(word, out var decider))
            {
                return decider;
            }

            Complain("bad-choice", at, $"{Quotation.Of(word)} decides nothing.", Nearest.Remedy(word, [.. DeciderNames.Keys]));
            return Deciders.None;
        }

        private IxitFieldReference Field(string text, SourceSpan at)
        {
            var dot = text.IndexOf('.', StringComparison.Ordinal);
            var field = dot < 0 ? new IxitFieldReference(text, "") : new IxitFieldReference(text[..dot], text[(dot + 1)..]);
            var columns = field.Table == IcsName ? IcsColumns : _tables.FirstOrDefault(table => table.Id == field.Table)?.Fields.Select(column => column.Name) ?? [];
            if (!columns.Contains(field.Field))
            {
                Complain("unknown-field", at, $"There is no field {Quotation.Of(text)}.", $"Write table, dot and column. {Nearest.Remedy(field.Field, [.. columns])}");
            }

            return field;
        }

        private bool Known(string table, SourceSpan at)
        {
            var known = _tables.Any(candidate => candidate.Id == table);
            if (!known)
            {
                Complain("unknown-table", at, $"There is no IXIT table {Quotation.Of(table)}.", Nearest.Remedy(table, [.. _tables.Select(candidate => candidate.Id)]));
            }

            return known;
        }

        private void CheckTables(SourceSpan at)
        {
            for (var index = 0; index < _tables.Length; index++)
            {
                if ((int)_tables[index].Role != index + 1)
                {
                    Complain("table-order", at, $"Table {_tables[index].Id} stands at place {index + 1}.", "List all tables by their number, each once.");
                    return;
                }
            }
        }

        private void CheckOrder(ImmutableArray<Provision> provisions, SourceSpan at)
        {
            Ascending(provisions.Select(provision => provision.Id), "provision", at);
            Ascending(provisions.SelectMany(provision => provision.Cases).Select(testCase => testCase.Id), "test case", at);
            foreach (var testCase in provisions.SelectMany(provision => provision.Cases))
            {
                if (!testCase.Units.Select(unit => unit.Id.Letter).SequenceEqual(Enumerable.Range('a', testCase.Units.Length).Select(letter => (char)letter)))
                {
                    Complain("unit-order", at, $"The units of case {testCase.Id} are not lettered a, b, c and so on.", "Letter them without gaps.");
                }
            }
        }

        private void Ascending<T>(IEnumerable<T> ids, string what, SourceSpan at)
            where T : struct, IComparable<T>
        {
            T? previous = null;
            foreach (var id in ids)
            {
                if (previous is { } before && before.CompareTo(id) >= 0)
                {
                    Complain("order", at, $"The {what} {id} stands after {before}.", "Keep the order of the standard, each once.");
                }

                previous = id;
            }
        }

        private static string Text(MapReader section, string key) => section.RequiredText(key, $"Add '{key}: ...'.");

        private static SourceSpan AtOf(MapReader section, string key) => section.Take(key)?.At ?? section.At;

        private T Parsed<T>(MapReader section, string key)
            where T : IParsable<T>
        {
            var text = Text(section, key);
            if (!T.TryParse(text, CultureInfo.InvariantCulture, out var value) && text.Length > 0)
            {
                Complain("bad-value", AtOf(section, key), $"{Quotation.Of(text)} is no valid {typeof(T).Name}.", $"Mend {key}.");
            }

            return value!;
        }

        private static List<(string Key, string Text)> Mapping(MapReader section, string key)
        {
            if (section.Map(key) is not { } map)
            {
                section.Reject("missing-key", section.At, key, $"{key} is missing or no mapping.", "Write one 'name: meaning' line for each.");
                return [];
            }

            return map.Pairs.Select(pair => (pair.Key, map.RequiredText(pair.Key, "Give its meaning."))).ToList();
        }

        private void Complain(string rule, SourceSpan at, string message, string remedy) => complaints.Error(rule, at, message, remedy);
    }

    private static readonly ImmutableSortedDictionary<string, Deciders> DeciderNames = Kebab.Names<Deciders>().Remove("none");

    private const string IcsName = "ICS";

    private static readonly string[] IcsColumns = ["Support", "Detail"];
}
