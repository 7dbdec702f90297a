using DeviceConformance.Probing.Disclosure;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class TelnetTextTests
{
    [TestCase("FFFD18", "", "FFFC18", Description = "DO is answered with WONT")]
    [TestCase("FFFB01", "", "FFFE01", Description = "WILL is answered with DONT")]
    [TestCase("FFFC01FFFE01", "", "", Description = "WONT and DONT need no answer")]
    [TestCase("41FFFF42", "A\u00ffB", "", Description = "a doubled IAC is a byte of text")]
    [TestCase("41FFFA1801FFFF02FFF042", "AB", "", Description = "a subnegotiation is stepped over")]
    [TestCase("41FFF942", "AB", "", Description = "GA is stepped over")]
    [TestCase("0D00", "\r", "", Description = "CR NUL is a carriage return")]
    public void Commands_are_taken_out_and_declined(string hex, string text, string replies)
    {
        var taken = new TelnetText().Take(Convert.FromHexString(hex));

        Assert.Multiple(() =>
        {
            Assert.That(taken.Text, Is.EqualTo(text));
            Assert.That(Convert.ToHexString(taken.Replies), Is.EqualTo(replies));
        });
    }

    [Test]
    public void Negotiation_without_end_is_not_answered_without_end()
    {
        var asked = Enumerable.Repeat(new byte[] { 255, 253, 1 }, 10_000).SelectMany(bytes => bytes).ToArray();

        Assert.That(new TelnetText().Take(asked).Replies, Has.Length.EqualTo(3 * TelnetText.MaxReplies));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public Property Cutting_the_bytes_anywhere_changes_nothing() => Prop.ForAll(Bytes().ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (bytes, cut) =>
    {
        var at = bytes.Length == 0 ? 0 : cut % bytes.Length;
        var whole = new TelnetText().Take(bytes);
        var halves = new TelnetText();
        var (first, second) = (halves.Take(bytes.AsSpan(0, at)), halves.Take(bytes.AsSpan(at)));
        return whole.Text == first.Text + second.Text
            && whole.Replies.AsSpan().SequenceEqual([.. first.Replies, .. second.Replies])
            && whole.Text.Length <= bytes.Length && whole.Replies.Length <= bytes.Length;
    });

    private static Gen<byte[]> Bytes() =>
        Gen.Elements<byte>(255, 255, 254, 253, 252, 251, 250, 240, 1, 24, 0, 65).ListOf().Select(list => list.ToArray());
}
