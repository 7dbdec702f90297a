using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

/// <summary>Texts that a device or a declaration could send to break a report or to mislead its reader.</summary>
internal static class Hostile
{
    public static IEnumerable<TestCaseData> Cases =>
        Texts.Select((text, at) => new TestCaseData(text).SetArgDisplayNames($"hostile text {at + 1}"));

    public static IReadOnlyList<string> Texts { get; } =
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style><script>alert(1)</script>",
        "</title><svg onload=alert(1)>",
        "--><!-- ]]> <![CDATA[ <?xml ?>",
        "&lt;b&gt; &amp; &#x3c; &nosuch;",
        "\" } body { display: none } @import url(http://192.0.2.1/x.css); \\",
        "a | b \\| c\n| --- | --- |\n# heading\n- [x] done",
        "**bold** _it_ ~~no~~ `code` [link](javascript:alert(1)) ![i](http://192.0.2.1/i.png) <http://192.0.2.1>",
        "@octocat closes #12, see https://example.com and www.example.com",
        "1. one", "- dash", "+ plus", "> quote", "===",
        "\u001b[2J\u001b[31mPASS\u001b[0m\r\nPASS\a\b\u009b31m",
        "\u202eSSAP\u202c \u2066x\u2069 \u200bzero\ufeff width\u2028line",
        "\ud800 lone \udc00 surrogates \ufffe \uffff \0",
        "🔥 Grüße 漢字 עברית ‏",
        new string('A', 20_000),
        string.Concat(Enumerable.Repeat("@<&|", 5_000)),
    ];
}
