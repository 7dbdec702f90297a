using System.Buffers;
using System.Collections.Frozen;

namespace DeviceConformance.Reporting.Html;

/// <summary>Writes markup as HTML (HTML Living Standard, 13.3) with every text and attribute value encoded.</summary>
internal sealed class MarkupWriter(TextWriter output)
{
    private static readonly FrozenSet<string> Void = FrozenSet.Create("meta", "br", "hr", "input", "col");

    private static readonly FrozenSet<string> OwnLine = FrozenSet.Create(
        "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "article", "footer", "div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li",
        "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "td", "th", "details", "summary", "pre", "fieldset", "legend", "label", "figure", "figcaption", "svg");

    private static readonly SearchValues<char> Special = SearchValues.Create("&<>\"'");

    /// <summary>Writes the document type and the page.</summary>
    public void WritePage(Markup html)
    {
        output.Write("<!DOCTYPE html>\n");
        Write(html);
    }

    private void Write(Markup markup)
    {
        switch (markup)
        {
            case Markup.Text text:
                WriteEncoded(VisibleText.Block(text.Value));
                break;
            case Markup.Several several:
                foreach (var part in several.Parts)
                {
                    Write(part);
                }

                break;
            case Markup.Style style:
                output.Write("<style>");
                output.Write(style.Css);
                output.Write("</style>\n");
                break;
            case Markup.Tag tag:
                Write(tag);
                break;
            default:
                throw new ArgumentException("An attribute stands outside of an element.", nameof(markup));
        }
    }

    private void Write(Markup.Tag tag)
    {
        output.Write('<');
        output.Write(tag.Name);
        foreach (var attribute in tag.Attributes)
        {
            output.Write(' ');
            output.Write(attribute.Key);
            output.Write("=\"");
            WriteEncoded(VisibleText.Block(attribute.Value));
            output.Write('"');
        }

        output.Write('>');
        if (!Void.Contains(tag.Name))
        {
            foreach (var part in tag.Contents)
            {
                Write(part);
            }

            output.Write("</");
            output.Write(tag.Name);
            output.Write('>');
        }

        if (OwnLine.Contains(tag.Name))
        {
            output.Write('\n');
        }
    }

    private void WriteEncoded(string text)
    {
        var rest = text.AsSpan();
        for (var at = rest.IndexOfAny(Special); at >= 0; at = rest.IndexOfAny(Special))
        {
            output.Write(rest[..at]);
            output.Write(rest[at] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                _ => "&#39;",
            });
            rest = rest[(at + 1)..];
        }

        output.Write(rest);
    }
}
