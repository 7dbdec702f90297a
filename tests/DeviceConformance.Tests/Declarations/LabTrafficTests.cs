using DeviceConformance.Declarations.Laboratory;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

/// <summary>What lab.yaml and the IXIT say of captured traffic.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class LabTrafficTests
{
    [Test]
    public void Captures_sought_values_and_resolvers_are_read_and_no_value_shows()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        File.WriteAllText(Path.Combine(folder.Path_, "a.pcap"), "");
        folder.Write("lab.yaml", folder.Text("lab.yaml") + "\n" + """
            captures: [a.pcap]
            captured-addresses: [192.0.2.77]
            name-servers: [192.0.2.1, '2001:db8::1']
            personal-data:
              - {what: e-mail address, value: 'anna@mail.example'}
            secrets:
              - {what: token, value-env: DUT_TOKEN}
            """);
        var reading = folder.Read(name => name == "DUT_TOKEN" ? "tok-77" : null);
        var lab = reading.Declaration!.Lab;
        Assert.Multiple(() =>
        {
            Assert.That(lab.Captures, Is.EqualTo(new[] { "a.pcap" }));
            Assert.That(lab.CapturedAddresses, Is.EqualTo(new[] { DutAddress.Parse("192.0.2.77") }));
            Assert.That(lab.NameServers, Is.EqualTo(new[] { DutAddress.Parse("192.0.2.1"), DutAddress.Parse("2001:db8::1") }));
            Assert.That(lab.PersonalData.Select(datum => (datum.What, datum.Entry, datum.Value.Reveal())), Is.EqualTo(new[] { ("e-mail address", "", "anna@mail.example") }));
            Assert.That(lab.Secrets.Select(datum => (datum.What, datum.Value.Reveal())), Is.EqualTo(new[] { ("token", "tok-77") }));
            Assert.That($"{lab}{string.Join(",", lab.PersonalData)}", Does.Not.Contain("anna"));
            Assert.That(LabMask.Mask(File.ReadAllText(Path.Combine(folder.Path_, "lab.yaml"))), Does.Not.Contain("anna").And.Contain("e-mail address"));
        });
    }

    [TestCase("captures: [gone.pcap]", "capture-missing", "gone.pcap")]
    [TestCase("captured-addresses: [heater]", "bad-address", "heater")]
    [TestCase("name-servers: [dns.example]", "bad-address", "dns.example")]
    [TestCase("personal-data: [{what: e-mail address}]", "bad-value", "gives no value")]
    [TestCase("personal-data: [{what: e-mail address, value: hunter2, entry: PersData-99}]", "dangling-reference", "PersData-99")]
    [TestCase("secrets: [{what: key, value: hunter2, value-env: X}]", "bad-value", "more than one way")]
    [TestCase("secrets: [{what: key, value-file: gone.txt}]", "value-missing", "gone.txt")]
    public void Slip_is_a_complaint_that_quotes_no_value(string lines, string rule, string says)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write("lab.yaml", folder.Text("lab.yaml") + "\n" + lines);
        var complaints = folder.Read(_ => null).Complaints;
        Assert.That(complaints.Where(complaint => complaint.Rule == rule).Select(complaint => complaint.Message), Has.Some.Contains(says));
        Assert.That(complaints.Select(complaint => complaint.ToString()), Has.None.Contains("hunter2"));
    }
}
