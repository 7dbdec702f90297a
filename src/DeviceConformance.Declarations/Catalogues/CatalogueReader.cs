using System.Collections.Immutable;
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
            if (CatalogueSection.Of(root, complaints) is not { } top)
            {
                return null;
            }

            var edition = top.Parsed<StandardEdition>("edition");
            var version = top.Text("version");
            top.Texts("confidence");
            _conditions = [.. top.Mapping("conditions").Select(pair => new Condition(pair.Key, pair.Text))];
            _tables = [.. top.Sections("ixit").Select(Table)];
            var provisions = top.Sections("provisions").Select(Provision).ToImmutableArray();
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

        private IxitTable Table(CatalogueSection section)
        {
            var id = section.Text("id");
            var dash = id.IndexOf('-', StringComparison.Ordinal);
            if (dash <= 0 || !int.TryParse(id.AsSpan(0, dash), out var number) || !Enum.IsDefined((IxitRole)number))
            {
                Complain("table-id", section.At, $"{Quotation.Of(id)} is no name of an IXIT table.", "Write number, dash and stem, for example 13-SoftServ.");
                id = "1-?";
            }

            var table = new IxitTable(id, section.Text("title"), [.. section.Mapping("fields").Select(pair => new IxitField(pair.Key, pair.Text))]);
            section.Close();
            return table;
        }

        private Provision Provision(CatalogueSection section)
        {
            var id = section.Parsed<ProvisionId>("id");
            var provision = new Provision(
                id,
                section.Text("title"),
                Status(section),
                section.Text("requires"),
                [.. section.Texts("ixit").Where(table => Known(table.Value, table.At)).Select(table => table.Value)],
                [.. section.Sections("cases").Select(inner => Case(inner, id))],
                section.Text("confidence"));
            section.Close();
            return provision;
        }

        // The status is kept as printed; the conditions beside it are what the harness evaluates. The two have to say the same.
        private ProvisionStatus Status(CatalogueSection section)
        {
            var text = section.Text("status");
            var expression = section.Optional("conditions");
            ImmutableArray<string> conditions = expression.Length == 0 ? [] : [.. expression.Split(" and ")];
            var printed = Regex.Match(text, @"^[MR](?: C)?(?: F)?(?: \((?<ids>[^()]+)\))?$");
            if (!printed.Success)
            {
                Complain("status", section.AtOf("status"), $"{Quotation.Of(text)} is no status.", "Write it as Table B.1 does, for example M C F (14, e).");
            }
            else if (!conditions.SequenceEqual(printed.Groups["ids"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)))
            {
                Complain("status-conditions", section.AtOf("status"), $"The status says {text}, the conditions say {Quotation.Of(expression)}.", "Let both name the same conditions in the same order.");
            }

            foreach (var condition in conditions.Where(condition => _conditions.All(known => known.Id != condition)))
            {
                Complain("unknown-condition", section.AtOf("conditions"), $"There is no condition {Quotation.Of(condition)}.", "Define it under conditions.");
            }

            return new ProvisionStatus(text, text.StartsWith('M'), conditions);
        }

        private TestCaseDefinition Case(CatalogueSection section, ProvisionId provision)
        {
            var id = section.Parsed<TestCaseId>("id");
            var kind = section.Choice("kind", TestKind.Conceptual);
            var fold = section.OptionalChoice("fold", Fold.AllOf);
            var units = section.Sections("units").Select(inner => Unit(inner, id, kind)).ToImmutableArray();
            if (id.Provision != provision)
            {
                Complain("foreign-case", section.At, $"Test case {id} stands under provision {provision}.", "Move it to its provision.");
            }

            if (fold == Fold.AnyEntry && units.Any(unit => unit.Per is null || unit.Per != units[0].Per))
            {
                Complain("any-entry", section.At, $"Case {id} passes by one entry, but not all of its units are done for the entries of one table.", "Give every unit the same per.");
            }

            var definition = new TestCaseDefinition(id, kind, section.Text("purpose"), fold, units, section.Text("pass-if"), section.Text("fail-if"));
            section.Close();
            return definition;
        }

        private TestUnitDefinition Unit(CatalogueSection section, TestCaseId testCase, TestKind caseKind)
        {
            var letter = section.Text("id");
            if (letter is not [>= 'a' and <= 'z'])
            {
                Complain("unit-letter", section.At, $"{Quotation.Of(letter)} is no letter of a unit.", "Write one small letter.");
                letter = "?";
            }

            var kind = caseKind == TestKind.Mixed ? section.Choice("kind", TestKind.Functional) : caseKind;
            var check = section.Text("check");
            var fields = section.Texts("fields").Select(text => Field(text.Value, text.At)).ToImmutableArray();
            var decidedBy = section.Choices<Deciders>("decided-by").Aggregate(Deciders.None, (all, one) => all | one);
            var per = section.Optional("per") is { Length: > 0 } table && Known(table, section.AtOf("per")) ? _tables.First(known => known.Id == table) : null;
            var question = section.Optional("question");
            TestCaseId? uses = section.Has("uses") ? section.Parsed<TestCaseId>("uses") : null;
            section.Close();

            if (per is { HasRows: false })
            {
                Complain("per", section.AtOf("per"), $"{per.Id} has no rows, so nothing can be done for them one by one.", "Leave per out.");
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
                _uses.Add((used, section.AtOf("uses")));
            }

            return new TestUnitDefinition(new TestUnitId(testCase, letter[0]), kind, check, fields, decidedBy, per?.Role, question, uses);
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

        private void Complain(string rule, SourceSpan at, string message, string remedy) => complaints.Error(rule, at, message, remedy);
    }

    private const string IcsName = "ICS";

    private static readonly string[] IcsColumns = ["Support", "Detail"];
}
