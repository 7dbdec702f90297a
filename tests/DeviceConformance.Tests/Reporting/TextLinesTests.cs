using DeviceConformance.Reporting;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed class TextLinesTests
{
    [Test]
    public void Long_lines_are_broken_below_their_text_and_short_ones_stay_as_they_are() =>
        Assert.That(
            TextLines.Fit("a    b\n  ? one two three four", 12, 4),
            Is.EqualTo("a    b\n  ? one two\n    three\n    four"));

    [Test]
    public void A_word_that_is_too_long_has_a_line_of_its_own() =>
        Assert.That(TextLines.Broken("in 0123456789abcdef end", 10, "- "), Is.EqualTo(new[] { "- in", "  0123456789abcdef", "  end" }));
}
