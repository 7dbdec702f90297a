using System.Reflection;
using DeviceConformance.Declarations;
using DeviceConformance.Declarations.Catalogues;
using DeviceConformance.Declarations.Templates;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Standard;
using DeviceConformance.TestCases;
using NUnit.Framework;

namespace DeviceConformance.Tests.Templates;

/// <summary>The committed blank forms and schemas are what the catalogue gives, and the forms and examples fit the schemas.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FormTests
{
    private const string Folder = "ixit-templates";

    private static readonly string[] Editions = ["V2.1.1", "V3.1.3"];

    [TestCaseSource(nameof(Editions))]
    public void Committed_schemas_are_those_of_the_catalogue(string edition)
    {
        var schemas = FormSchemas.All(Of(edition));

        foreach (var (name, text) in schemas)
        {
            Golden.Verify($"{Folder}/schema/{edition.ToLowerInvariant()}/{name}", text);
        }

        Assert.That(FilesBelow($"schema/{edition.ToLowerInvariant()}"), Is.EquivalentTo(schemas.Keys));
    }

    [TestCaseSource(nameof(Editions))]
    public void Committed_blank_forms_are_those_of_the_catalogue(string edition)
    {
        var forms = FormWriter.Blank(Of(edition), $"../../schema/{edition.ToLowerInvariant()}");

        foreach (var (name, text) in forms)
        {
            Golden.Verify($"{Folder}/blank/{edition.ToLowerInvariant()}/{name}", text);
        }

        Assert.That(FilesBelow($"blank/{edition.ToLowerInvariant()}"), Is.EquivalentTo(forms.Keys));
        Assert.That(forms, Has.Count.EqualTo(29 + 3));
    }

    [TestCaseSource(nameof(Editions))]
    public void Blank_forms_fit_their_schemas(string edition)
    {
        var catalogue = Of(edition);
        var schemas = FormSchemas.All(catalogue);

        Assert.That(
            FormWriter.Blank(catalogue, ".schema").SelectMany(form => SchemaCheck.Faults(schemas[form.Key.Replace(".yaml", ".schema.json", StringComparison.Ordinal)], form.Value, form.Key)),
            Is.Empty);
    }

    [TestCaseSource(nameof(Editions))]
    public void The_example_fits_the_schemas_that_its_files_name(string edition)
    {
        var schemas = FormSchemas.All(Of(edition));
        var root = Path.Combine(Golden.RepositoryRoot, "ixit-templates", "examples", "water-heater", edition.ToLowerInvariant());
        var files = Directory.EnumerateFiles(root, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')).ToList();

        Assert.That(files, Has.Count.GreaterThan(29));
        foreach (var file in files)
        {
            var text = File.ReadAllText(Path.Combine(root, file));
            var schema = file.Replace(".yaml", ".schema.json", StringComparison.Ordinal);
            var named = Path.GetFullPath(Path.Combine(root, Path.GetDirectoryName(file)!, text.Split('\n')[0].Split("$schema=")[1]));
            Assert.That(named, Is.EqualTo(Path.Combine(Golden.RepositoryRoot, "ixit-templates", "schema", edition.ToLowerInvariant(), schema.Replace('/', Path.DirectorySeparatorChar))));
            Assert.That(SchemaCheck.Faults(schemas[schema], text, file), Is.Empty);
        }
    }

    [TestCaseSource(nameof(Editions))]
    public void A_blank_ICS_has_a_row_for_each_provision_and_each_form_every_field(string edition)
    {
        var catalogue = Of(edition);
        var forms = FormWriter.Blank(catalogue, ".schema");

        Assert.That(
            catalogue.Provisions.Where(provision => !forms["ics.yaml"].Contains($"{{provision: {provision.Id},", StringComparison.Ordinal)),
            Is.Empty);
        foreach (var table in catalogue.Tables)
        {
            var form = forms[$"ixit/{(int)table.Role:00}-{table.Stem}.yaml"];
            Assert.That(form, Does.Contain($"\ntable: {table.Id}\n"));
            Assert.That(table.Fields.Where(field => !form.Contains($"{field.Name}: ", StringComparison.Ordinal)).Select(field => field.Name), Is.Empty);
        }
    }

    [TestCaseSource(nameof(Editions))]
    public void A_blank_ICS_is_complained_of_once_for_each_provision(string edition)
    {
        var folder = Directory.CreateTempSubdirectory("forms-");
        try
        {
            FormWriter.WriteBlank(folder.FullName, Of(edition));

            var about = DeclarationReader.Read(folder.FullName, asked => Of(asked.Id)).Complaints.Where(complaint => complaint.At.File == "ics.yaml").ToList();

            Assert.That(about.Select(complaint => complaint.Rule), Is.All.EqualTo("missing-key"));
            Assert.That(about.Select(complaint => complaint.Remedy).ToList(), Is.Unique.And.Count.EqualTo(Of(edition).Provisions.Length));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Written_forms_name_schemas_that_are_there_and_are_never_overwritten()
    {
        var folder = Directory.CreateTempSubdirectory("forms-");
        try
        {
            var target = Path.Combine(folder.FullName, "device");
            var written = FormWriter.WriteBlank(target, Of("V3.1.3"));

            Assert.That(written, Has.Length.EqualTo(29 + 3 + 29 + 4));
            foreach (var form in written.Where(name => name.EndsWith(".yaml", StringComparison.Ordinal)))
            {
                var path = Path.Combine(target, form);
                var schema = File.ReadLines(path).First().Split("$schema=")[1];
                Assert.That(Path.Combine(Path.GetDirectoryName(path)!, schema), Does.Exist);
            }

            var before = File.ReadAllText(Path.Combine(target, "dut.yaml"));
            File.Delete(Path.Combine(target, "ics.yaml"));
            Assert.Throws<IOException>(() => FormWriter.WriteBlank(target, Of("V2.1.1")));
            Assert.That(File.ReadAllText(Path.Combine(target, "dut.yaml")), Is.EqualTo(before));
            Assert.That(Path.Combine(target, "ics.yaml"), Does.Not.Exist);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestCaseSource(nameof(Editions))]
    public void A_copied_example_names_the_schemas_beside_it_and_keeps_its_images(string edition)
    {
        var root = Path.Combine(Golden.RepositoryRoot, "ixit-templates", "examples", "water-heater", edition.ToLowerInvariant());
        var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetRelativePath(root, file).Replace('\\', '/'), file => (ReadOnlyMemory<byte>)File.ReadAllBytes(file));
        var folder = Directory.CreateTempSubdirectory("forms-");
        try
        {
            FormWriter.Write(folder.FullName, Of(edition), files);

            foreach (var name in files.Keys)
            {
                var path = Path.Combine(folder.FullName, name);
                if (name.EndsWith(".yaml", StringComparison.Ordinal))
                {
                    var lines = File.ReadAllLines(path);
                    Assert.That(Path.Combine(Path.GetDirectoryName(path)!, lines[0].Split("$schema=")[1]), Does.Exist);
                    Assert.That(lines.Skip(1), Is.EqualTo(File.ReadAllLines(Path.Combine(root, name)).Skip(1)));
                }
                else
                {
                    Assert.That(File.ReadAllBytes(path), Is.EqualTo(files[name].ToArray()));
                }
            }

            Assert.Throws<IOException>(() => FormWriter.Write(folder.FullName, Of(edition), files));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestCase("allowed-impact: read-only", "allowed-impact: reckless", "is not one of")]
    [TestCase("allow-public-addresses: no", "allow-public-addresses: perhaps", "is not one of")]
    [TestCase("minutes: 60", "minutes: soon", "is not of type")]
    [TestCase("minutes: 60", "minutes: 0", "is less than")]
    [TestCase("minutes: 60", "minute: 60", "unknown key minute")]
    [TestCase("allowed-impact: read-only", "laboratory2: x", "missing key allowed-impact")]
    [TestCase("credentials: []", "credentials: [{auth-mech: AuthMech-1, sample: A}]", "missing key kind")]
    [TestCase("credentials: []", "credentials: AuthMech-1", "is not of type")]
    public void The_schema_of_the_laboratory_refuses_what_is_wrong(string sound, string broken, string fault)
    {
        var schema = FormSchemas.All(Of("V3.1.3"))["lab.schema.json"];
        var form = FormWriter.Blank(Of("V3.1.3"), ".schema")["lab.yaml"];
        Assert.That(form, Does.Contain(sound));

        Assert.That(SchemaCheck.Faults(schema, form.Replace(sound, broken, StringComparison.Ordinal), "lab.yaml"), Has.Some.Contains(fault));
    }

    [TestCase("ID: AuthMech-1", "ID: Auth-1", "does not match")]
    [TestCase("ID: AuthMech-1", "ID: AuthMech-1\n    facts: {subject: nobody}", "is not one of")]
    [TestCase("ID: AuthMech-1", "ID: AuthMech-1\n    facts: {logins: [{protocol: http-form, port: 70000, tls: yes}]}", "fits none of the choices|is more than")]
    [TestCase("Description:", "Descripton:", "unknown key Descripton")]
    [TestCase("table: 1-AuthMech", "table: 2-AuthMech", "is not one of")]
    public void The_schema_of_a_table_refuses_what_is_wrong(string sound, string broken, string fault)
    {
        var schema = FormSchemas.All(Of("V3.1.3"))["ixit/01-AuthMech.schema.json"];
        var form = FormWriter.Blank(Of("V3.1.3"), ".schema")["ixit/01-AuthMech.yaml"];
        Assert.That(form, Does.Contain(sound));

        Assert.That(SchemaCheck.Faults(schema, form.Replace(sound, broken, StringComparison.Ordinal), "01-AuthMech.yaml"), Has.Some.Match(fault));
    }

    [TestCase(IxitRole.AuthMech, typeof(AuthMechFacts))]
    [TestCase(IxitRole.UpdMech, typeof(UpdMechFacts))]
    [TestCase(IxitRole.ComMech, typeof(ComMechFacts))]
    [TestCase(IxitRole.SoftServ, typeof(SoftServFacts))]
    [TestCase(IxitRole.Intf, typeof(LogIntfFacts))]
    [TestCase(IxitRole.LogIntf, typeof(LogIntfFacts))]
    public void The_forms_offer_every_typed_fact_of_the_model(IxitRole role, Type facts)
    {
        var table = Of("V3.1.3").Table(role);
        using var schema = System.Text.Json.JsonDocument.Parse(FormSchemas.All(Of("V3.1.3"))[$"ixit/{(int)role:00}-{table.Stem}.schema.json"]);
        var offered = schema.RootElement.GetProperty("properties").GetProperty("entries").GetProperty("items").GetProperty("properties").GetProperty("facts").GetProperty("properties");

        Assert.That(
            offered.EnumerateObject().Select(property => property.Name),
            Is.EquivalentTo(facts.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => Kebab.Of(property.Name))));
    }

    [Test]
    public void The_form_of_the_laboratory_offers_every_property_of_the_model()
    {
        using var schema = System.Text.Json.JsonDocument.Parse(FormSchemas.All(Of("V3.1.3"))["lab.schema.json"]);

        Assert.That(
            schema.RootElement.GetProperty("properties").EnumerateObject().Select(property => property.Name),
            Is.EquivalentTo(typeof(LabSetup).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => Kebab.Of(property.Name))));
        Assert.That(
            schema.RootElement.GetProperty("properties").GetProperty("limits").GetProperty("properties").EnumerateObject().Select(property => property.Name),
            Is.EquivalentTo(typeof(LabLimits).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => Kebab.Of(property.Name))));
    }

    private static Catalogue Of(string edition) =>
        CatalogueReader.Read(CatalogueFiles.Read(StandardEdition.Parse(edition)), StandardEdition.Parse(edition).CatalogueFile);

    private static IEnumerable<string> FilesBelow(string folder)
    {
        var root = Path.Combine(Golden.RepositoryRoot, "ixit-templates", folder);
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'));
    }
}
