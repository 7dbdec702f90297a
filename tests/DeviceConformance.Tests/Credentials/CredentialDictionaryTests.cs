using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Credentials;
using NUnit.Framework;

namespace DeviceConformance.Tests.Credentials;

[Parallelizable(ParallelScope.All)]
public sealed class CredentialDictionaryTests
{
    [Test]
    public void The_dictionary_is_large_and_every_pair_is_named_once()
    {
        var all = CredentialDictionary.All;
        Assert.Multiple(() =>
        {
            Assert.That(all, Has.Length.GreaterThanOrEqualTo(400));
            Assert.That(all.Select(pair => pair.Id), Is.Unique);
            Assert.That(all.Select(pair => (pair.User, pair.Password.Reveal())), Is.Unique);
            Assert.That(all.All(pair => $"{pair.User}{pair.Password.Reveal()}{pair.Origin}".All(char.IsAscii)));
            Assert.That(all.SelectMany(pair => pair.Protocols).Distinct(), Is.EquivalentTo(new[] { "http", "telnet", "ftp", "mqtt" }));
            Assert.That((all[0].User, all[0].Password.Reveal()), Is.EqualTo(("admin", "admin")));
        });
    }

    [TestCase(LoginProtocol.HttpForm)]
    [TestCase(LoginProtocol.Telnet)]
    [TestCase(LoginProtocol.Ftp)]
    [TestCase(LoginProtocol.Mqtt)]
    public void Every_login_protocol_has_pairs(LoginProtocol protocol) => Assert.That(CredentialDictionary.For(protocol).Count(), Is.GreaterThan(10));

    [TestCase(LoginProtocol.HttpForm)]
    [TestCase(LoginProtocol.Telnet)]
    public void The_usual_limit_lets_every_pair_of_a_protocol_be_tried(LoginProtocol protocol) =>
        Assert.That(CredentialDictionary.For(protocol).Count(), Is.LessThanOrEqualTo(LabLimits.Default.CredentialAttempts - 2));

    [TestCase("#\nid\nD-1,a,b,http,m,p\n", 3)]
    [TestCase("#\nid\nD-1,a,b,http,m,p,o\nX-1,a,b,http,m,p,o\n", 4)]
    [TestCase("#\nid\nD-1,a,b,,m,p,o\n", 3)]
    public void A_bad_line_is_named(string text, int line) =>
        Assert.That(() => CredentialDictionary.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains($":{line}:"));

    [Test]
    public void Cells_may_be_quoted()
    {
        var pair = CredentialDictionary.Parse("#\nid\nD-1,\"a,b\",\"say \"\"x\"\"\",http ftp,m,p,o\n").Single();
        Assert.That((pair.User, pair.Password.Reveal(), pair.Protocols.Length), Is.EqualTo(("a,b", "say \"x\"", 2)));
    }
}
