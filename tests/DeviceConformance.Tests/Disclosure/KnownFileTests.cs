using System.IO.Compression;
using System.Text;
using DeviceConformance.Probing.Disclosure;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class KnownFileTests
{
    [TestCase("hsqs....", "squashfs file system", true)]
    [TestCase("\x27\x05\x19\x56....", "U-Boot image", true)]
    [TestCase("\x7f\x45LF\x01\x01", "ELF program", true)]
    [TestCase("SQLite format 3\0....", "SQLite database", false)]
    [TestCase("\u00fd7zXZ\0", "xz archive", false)]
    public void Files_are_known_by_their_first_bytes(string latin, string what, bool isFirmware)
    {
        var file = KnownFile.Of(Encoding.Latin1.GetBytes(latin));
        Assert.That((file?.What, file?.IsFirmware), Is.EqualTo((what, isFirmware)));
    }

    [TestCase("")]
    [TestCase("h")]
    [TestCase("<html>hsqs</html>")]
    [TestCase("{\"a\":1}")]
    public void Pages_are_no_files(string text) => Assert.That(KnownFile.Of(Encoding.UTF8.GetBytes(text)), Is.Null);

    [Test]
    public void Packed_tar_tells_its_names_and_content()
    {
        var file = KnownFile.Of(Archives.Gzip(Archives.Tar(("etc/passwd", "root:x:0:0:"), ("etc/wifi.conf", "psk=kettle"))))!;
        Assert.That(file.Names, Is.EqualTo(new[] { "etc/passwd", "etc/wifi.conf" }));
        Assert.That(file.Text, Does.Contain("psk=kettle"));
    }

    [Test]
    public void Zip_tells_its_names_even_without_its_end()
    {
        using var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = new StreamWriter(archive.CreateEntry("config.xml").Open());
            entry.Write("<password>kettle</password>");
        }

        var whole = KnownFile.Of(packed.ToArray())!;
        var cut = KnownFile.Of(packed.ToArray().AsMemory(0, 60))!;
        Assert.That((whole.Names.Single(), cut.Names.Single()), Is.EqualTo(("config.xml", "config.xml")));
        Assert.That(whole.Text, Does.Contain("kettle"));
    }

    [Test]
    public void Little_that_unpacks_to_much_is_cut()
    {
        var bomb = Archives.Gzip(new byte[64 * 1024 * 1024]);
        Assert.That(KnownFile.Of(bomb)!.Text, Has.Length.EqualTo(KnownFile.MaxUnpacked));
    }

    [FsCheck.NUnit.Property(MaxTest = 120)]
    public Property Damaged_archives_never_throw()
    {
        var tar = Archives.Tar(("a", "text"), ("b/c", new string('x', 900)));
        using var zipped = new MemoryStream();
        using (var archive = new ZipArchive(zipped, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = new StreamWriter(archive.CreateEntry("n").Open());
            entry.Write(new string('z', 500));
        }

        byte[][] sound = [tar, Archives.Gzip(tar), zipped.ToArray()];
        var damaged = from file in Gen.Elements(sound)
                      from at in Gen.Choose(0, file.Length - 1)
                      from value in Gen.Choose(0, 255)
                      from cut in Gen.Choose(0, file.Length)
                      select (byte[])[.. file.Take(at), (byte)value, .. file.Skip(at + 1).Take(Math.Max(0, cut - at))];
        return Prop.ForAll(damaged.ToArbitrary(), bytes => KnownFile.Of(bytes) is not { } file || (file.Names.Length <= KnownFile.MaxNames && file.Text.Length <= KnownFile.MaxUnpacked + KnownFile.MaxNames));
    }
}
