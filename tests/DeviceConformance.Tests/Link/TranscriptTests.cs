using System.Net;
using System.Text;
using System.Text.Json;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Link;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Link;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class TranscriptTests
{
    private const string User = "adm\u00fcn";

    private static readonly (string Name, Func<string, byte[]> Encode)[] _writings =
    [
        ("in clear", Encoding.UTF8.GetBytes),
        ("in UTF-16", Encoding.Unicode.GetBytes),
        ("in UTF-16 big-endian", Encoding.BigEndianUnicode.GetBytes),
        ("percent-encoded", password => Encoding.ASCII.GetBytes(Uri.EscapeDataString(password))),
        ("percent-encoded throughout, lower case", password => Encoding.ASCII.GetBytes(string.Concat(Encoding.UTF8.GetBytes(password).Select(value => $"%{value:x2}")))),
        ("in a form", password => Encoding.ASCII.GetBytes(WebUtility.UrlEncode(password))),
        ("in a form, lower case", password => Encoding.ASCII.GetBytes(WebUtility.UrlEncode(password).ToLowerInvariant())),
        ("in HTML", password => Encoding.UTF8.GetBytes(WebUtility.HtmlEncode(password))),
        ("in JSON", password => JsonEncodedText.Encode(password).EncodedUtf8Bytes.ToArray()),
        ("in hexadecimal", password => Encoding.ASCII.GetBytes(Convert.ToHexString(Encoding.UTF8.GetBytes(password)))),
        ("in Base64", password => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(password)))),
        ("in HTTP Basic", password => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{password}")))),
        ("in HTTP Basic of another user", password => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes($"root:{password}")))),
        ("in SASL PLAIN", password => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{password}")))),
    ];

    private static IEnumerable<string> Writings => _writings.Select(writing => writing.Name);

    // Letters alone would hide what escaping does: quotes, slashes, percent signs, blanks and umlauts are frequent in real passwords.
    private static Gen<string> Passwords =>
        Gen.Choose(6, 24).SelectMany(length => Gen.ArrayOf(Gen.Elements("abcXYZ0189\"'\\/%&<>+=: ;?#!\u00e4\u00df\u20ac\u00ff".ToCharArray()), length)).Select(letters => new string(letters));

    [TestCaseSource(nameof(Writings))]
    public void Password_is_masked_however_it_is_written_and_wherever_the_bytes_are_cut(string name)
    {
        var encode = _writings.First(writing => writing.Name == name).Encode;
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Passwords.ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), (password, chunk) =>
        {
            var transcript = new Transcript(TimeProvider.System, [Credential(password)]);
            byte[] written = encode(password);
            byte[] said = [.. "before "u8, .. written, .. " after"u8];
            foreach (var part in said.Chunk(chunk))
            {
                transcript.Sent(part);
                transcript.Received(part);
            }

            transcript.Note(Encoding.UTF8.GetString(said));
            transcript.Note(Encoding.Latin1.GetString(said));
            transcript.Note(Transcript.Printable(said, 4000));
            // What the lines of one direction say, one after the other.
            var lines = Encoding.UTF8.GetString(transcript.ToBytes().Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            foreach (var arrow in new[] { " -> ", " <- ", " -- " })
            {
                var all = string.Concat(lines.Where(line => line.Contains(arrow, StringComparison.Ordinal)).Select(line => line[(line.IndexOf(arrow, StringComparison.Ordinal) + 4)..]));
                // In the middle of Base64 the characters at either end belong to the neighbours too and do not give the password away.
                var core = Transcript.Printable(written.AsSpan()[(written.Length / 3)..(written.Length / 2 + 2)], 4000);
                if (all.Contains(Transcript.Printable(written, 4000), StringComparison.OrdinalIgnoreCase)
                    || !all.Contains(Secret.Mask, StringComparison.Ordinal)
                    || (core.Length > 6 && !"before after (secret)".Contains(core, StringComparison.Ordinal) && all.Contains(core, StringComparison.Ordinal)))
                {
                    return false;
                }
            }

            return true;
        }));
    }

    [Test]
    public void What_is_no_secret_stays_readable()
    {
        var transcript = new Transcript(TimeProvider.System, [Credential("hunter2")]);
        transcript.Sent("USER panel\r\n"u8);
        transcript.Sent("PASS hunter2\r\n"u8);
        transcript.Received("230 welcome, panel\r\n"u8);

        Assert.That(Said(transcript), Is.EqualTo("-> USER panel\\r\\n|-> PASS (secret)\\r\\n|<- 230 welcome, panel\\r\\n"));
    }

    [Test]
    public void Echo_that_comes_letter_by_letter_is_masked()
    {
        var transcript = new Transcript(TimeProvider.System, [Credential("hunter2")]);
        foreach (var letter in "login: hunter2\n"u8.ToArray())
        {
            transcript.Received([letter]);
        }

        Assert.That(Said(transcript).Replace("|<- ", "", StringComparison.Ordinal), Is.EqualTo("<- login: (secret)\\n"));
    }

    [Test]
    public void Password_that_is_part_of_another_does_not_leave_the_rest_readable()
    {
        var transcript = new Transcript(TimeProvider.System, [Credential("warm"), Credential("warm-water-42"), Credential("er-42-more")]);
        transcript.Note("warm-water-42-more");

        Assert.That(Said(transcript), Is.EqualTo("-- (secret)"));
    }

    [Test]
    public void Password_that_becomes_known_late_is_masked_from_the_beginning()
    {
        var transcript = new Transcript(TimeProvider.System, []);
        transcript.Received("Set-Cookie: sid=0123456789abcdef"u8);
        transcript.Mask("", new Secret("0123456789abcdef"));

        Assert.That(Said(transcript), Is.EqualTo("<- Set-Cookie: sid=(secret)"));
    }

    [Test]
    public void Password_at_the_cut_end_of_a_long_line_is_masked_as_far_as_it_is_kept()
    {
        for (var kept = 1; kept < 13; kept++)
        {
            var transcript = new Transcript(TimeProvider.System, [Credential("Q7w9-Zx4-Kp2m")]);
            transcript.Received(Encoding.ASCII.GetBytes(new string('.', 4096 - kept) + "Q7w9-Zx4-Kp2m"));

            Assert.That(Said(transcript), Does.EndWith($".(secret) ... {13 - kept} more bytes"));
        }
    }

    [Test]
    public void Excerpt_masks_before_it_cuts()
    {
        var transcript = new Transcript(TimeProvider.System, [Credential("hunter2")]);

        Assert.That(transcript.Excerpt("x: hunter2 y"u8, 6), Does.StartWith("x: (se").And.Not.Contain("hun"));
    }

    [Test]
    public void Device_that_pours_out_data_does_not_fill_the_disk()
    {
        var transcript = new Transcript(TimeProvider.System, []);
        var flood = new byte[1_000_000];
        for (var count = 0; count < 1000; count++)
        {
            transcript.Received(flood);
        }

        Assert.That(transcript.ToBytes().Length, Is.LessThan(2_000_000));
        Assert.That(Said(transcript), Does.EndWith("the transcript is full"));
    }

    [Test]
    public void Transcript_for_sweeps_keeps_nothing()
    {
        Transcript.None.Note("anything");
        Transcript.None.Mask("", new Secret("anything"));

        Assert.That(Transcript.None.IsEmpty, Is.True);
        Assert.That(Transcript.None.Masked("anything"), Is.EqualTo("anything"));
    }

    private static TestCredential Credential(string password) => new("AuthMech-1", "A", CredentialKind.Current, User, new Secret(password));

    // Without the times, lines joined by |.
    private static string Said(Transcript transcript) =>
        string.Join('|', Encoding.UTF8.GetString(transcript.ToBytes().Span).TrimEnd('\n').Split('\n').Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
}
