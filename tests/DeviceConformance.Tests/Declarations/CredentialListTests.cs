using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class CredentialListTests
{
    [Test]
    public void Lines_of_user_and_password_and_tables_are_read_in_their_order()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write("own.txt", "# of the maker\nadmin:maker:1\n\n:only-a-password\r\n");
        folder.Write("bought.csv", "user,password,protocols,origin\nroot,\"a,b\",telnet ftp,manual of 2024\nguest,,,\n");
        folder.Replace("lab.yaml", "laboratory:", "credential-lists: [own.txt, bought.csv]\nlaboratory:");

        var reading = folder.Read();

        Assert.That(reading.Complaints, Is.Empty);
        Assert.That(
            reading.Declaration!.Lab.CredentialLists.SelectMany(list => list.Pairs).Select(pair => (pair.Id, pair.User, pair.Password.Reveal(), string.Join(' ', pair.Protocols), pair.Origin)),
            Is.EqualTo(new[]
            {
                ("L1-2", "admin", "maker:1", "", "list own.txt, line 2"),
                ("L1-4", "", "only-a-password", "", "list own.txt, line 4"),
                ("L2-2", "root", "a,b", "telnet ftp", "manual of 2024"),
                ("L2-3", "guest", "", "", "list bought.csv, line 3"),
            }));
    }

    [TestCase("own.txt", "admin:x\nhunter2\n", 2)]
    [TestCase("own.csv", "hunter2,x\n", 1)]
    [TestCase("own.csv", "user,password\nadmin\n", 2)]
    [TestCase("own.csv", "user,password,protocols\nadmin,hunter2,hunter2\n", 2)]
    public void Wrong_lines_are_named_and_never_quoted(string name, string text, int line)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Write(name, text);
        folder.Replace("lab.yaml", "laboratory:", $"credential-lists: [{name}]\nlaboratory:");

        var complaint = folder.Complaints("credential-list").Single();

        Assert.That((complaint.At.File, complaint.At.Line), Is.EqualTo((name, line)));
        Assert.That(complaint.ToString(), Does.Not.Contain("hunter2"));
    }

    [TestCase("nowhere.txt", null)]
    [TestCase("empty.txt", new byte[0])]
    [TestCase("latin.txt", new byte[] { 0x61, 0x3a, 0xe9, 0x0a })]
    public void A_list_that_can_not_be_read_is_complained_of_where_it_is_named(string name, byte[]? bytes)
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        if (bytes is not null)
        {
            folder.Write(name, bytes);
        }

        folder.Replace("lab.yaml", "laboratory:", $"credential-lists: [{name}]\nlaboratory:");

        Assert.That(folder.Complaints("credential-list").Single().At.File, Is.EqualTo("lab.yaml"));
    }
}
