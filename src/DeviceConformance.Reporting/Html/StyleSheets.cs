using System.Globalization;
using System.Text;

namespace DeviceConformance.Reporting.Html;

/// <summary>The look of the page on screens, phones and paper.</summary>
internal static class StyleSheets
{
    private const string Sheet =
        """
        :root {
          color-scheme: light dark;
          --paper: #fff; --ink: #17202a; --quiet: #52606d; --line: #d3d9df; --soft: #f5f7f9; --link: #0a4d80;
          --pass: #17633a; --fail: #a3141a; --open: #7a4d00; --fail-soft: #fcefee; --open-soft: #fdf6e6;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --paper: #12171d; --ink: #e4e9ee; --quiet: #a5b0bb; --line: #36414c; --soft: #1a2129; --link: #8cc3f0;
            --pass: #74cf9b; --fail: #ff8f87; --open: #ecbf58; --fail-soft: #2d1b1c; --open-soft: #2a2416;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
        body {
          margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
          font: 1rem/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif;
          font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
        }
        h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; }
        h1 { margin: .2rem 0 .3rem; font-size: clamp(1.7rem, 5vw, 2.4rem); letter-spacing: -.015em; }
        h2 { margin: 0 0 1rem; font-size: 1.35rem; }
        h3 { margin: 1.75rem 0 .4rem; font-size: 1.08rem; }
        h4 { margin: 1.25rem 0 .4rem; font-size: .97rem; }
        h2 small, h4 small { font-weight: 400; font-size: .85em; color: var(--quiet); }
        p, ul, ol, dl { margin: 0 0 .75rem; }
        p, li, dd, td { max-width: 48rem; }
        a { color: var(--link); text-underline-offset: .15em; text-decoration-thickness: .06em; }
        a:focus-visible, summary:focus-visible, pre:focus-visible, input:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        code, pre, .subject { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .88em; }
        code, .subject, .statement { unicode-bidi: isolate; }
        .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .quiet { color: var(--quiet); font-size: .88rem; }
        .number { font-weight: 650; white-space: nowrap; }

        header { border-top: 4px solid var(--ink); padding-top: 1rem; }
        header .kind { margin: 0; font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; color: var(--quiet); }
        header .standard { color: var(--quiet); }
        header h2 { margin: 0 0 .6rem; font-size: 1rem; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem 3rem; margin: 1.75rem 0; }
        .facts { margin: 0; border-top: 1px solid var(--line); font-size: .92rem; }
        .facts > div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: .35rem 0; border-bottom: 1px solid var(--line); }
        .facts dt { color: var(--quiet); }
        .facts dd { margin: 0; }
        .facts ul { margin: 0; padding: 0; list-style: none; }
        nav { border-block: 1px solid var(--line); padding: .7rem 0; font-size: .92rem; }
        nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; margin: 0; padding: 0; list-style: none; }

        main > section { margin-top: 3rem; padding-top: 1.25rem; border-top: 2px solid var(--ink); }
        .badge {
          display: inline-block; padding: .05em .5em; border: 1.5px solid currentColor; border-radius: .25em; vertical-align: .08em;
          font: 650 .75em/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif; letter-spacing: .03em; white-space: nowrap;
        }
        .badge .symbol { margin-right: .35em; }
        .badge.pass { color: var(--pass); }
        .badge.fail { color: var(--paper); background: var(--fail); border-color: var(--fail); }
        .badge.inconclusive { color: var(--open); border-style: dashed; }
        .badge.untested { color: var(--quiet); border-color: transparent; padding-inline: 0; font-weight: 400; }
        .notice { max-width: none; margin: 0 0 1rem; padding: .8rem 1rem; background: var(--soft); border-left: 4px solid var(--pass); }
        .notice.trouble { background: var(--fail-soft); border-left-color: var(--fail); }
        .notice :last-child { margin-bottom: 0; }

        .verdict { margin: 0 0 1.5rem; padding: 1rem 1.25rem; border: 2px solid var(--quiet); border-left-width: .75rem; }
        .verdict p { margin: 0; }
        .verdict .word { font-size: 1.7rem; font-weight: 700; letter-spacing: .02em; }
        .verdict.pass { border-color: var(--pass); } .verdict.pass .word { color: var(--pass); }
        .verdict.fail { border-color: var(--fail); background: var(--fail-soft); } .verdict.fail .word { color: var(--fail); }
        .verdict.inconclusive { border-color: var(--open); border-style: dashed; border-left-style: solid; background: var(--open-soft); }
        .verdict.inconclusive .word { color: var(--open); }

        table { width: 100%; border-collapse: collapse; font-size: .92rem; }
        caption { padding: 0 0 .4rem; text-align: left; font-weight: 650; }
        th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        thead th { border-bottom: 1.5px solid var(--ink); font-weight: 650; font-size: .85rem; }
        tbody th { font-weight: 400; }
        .stacks tbody th, .stacks thead th:first-child { width: 26%; }
        #health thead th:last-child { width: 9rem; }
        .stacks td:last-child { padding-right: 0; }
        .counts { width: auto; }
        .counts th:not(:first-child), .counts td { padding-left: 1rem; padding-right: 0; text-align: right; white-space: nowrap; }
        .hash { display: inline-block; max-width: 17rem; font-size: .78em; color: var(--quiet); }
        #evidence thead th:last-child { width: 18rem; }
        #untested thead th:first-child { width: 34%; }
        #untested thead th:last-child { width: 42%; }

        .legend { font-size: .88rem; color: var(--quiet); }
        .matrix th { width: 15rem; font-weight: 400; }
        .matrix ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.6rem, 1fr)); gap: .4rem; margin: 0; padding: 0; list-style: none; }
        .matrix td { max-width: none; padding-right: 0; }
        .cell { display: flex; gap: .35rem; align-items: baseline; padding: .2rem .5rem; border: 1px solid var(--line); border-left: 4px solid var(--line); color: var(--ink); text-decoration: none; }
        .cell:hover .number { text-decoration: underline; }
        .cell .status { font-size: .75rem; color: var(--quiet); }
        .cell .symbol { margin-left: auto; font-weight: 700; }
        .cell.pass { border-left-color: var(--pass); } .cell.pass .symbol { color: var(--pass); }
        .cell.fail { border-color: var(--fail); background: var(--fail); color: var(--paper); } .cell.fail .status { color: var(--paper); }
        .cell.inconclusive { border: 1px dashed var(--open); border-left: 4px solid var(--open); background: var(--open-soft); } .cell.inconclusive .symbol { color: var(--open); }
        .cell.untested { border-style: dotted; border-left-width: 1px; padding-left: calc(.5rem + 3px); } .cell.untested .number { font-weight: 400; color: var(--quiet); }

        .finding { margin: .5rem 0; padding: .1rem 0 .1rem .85rem; border-left: 3px solid var(--line); }
        .finding.fail { border-left-color: var(--fail); }
        .finding.inconclusive { border-left: 3px dashed var(--open); }
        .finding p { margin: 0 0 .2rem; }
        .subject { padding: .05em .35em; background: var(--soft); border-radius: .2em; }
        .cites { font-size: .85rem; color: var(--quiet); }
        .failure { margin-top: 1.75rem; padding-top: .1rem; border-top: 1px solid var(--line); }
        .failure:first-of-type { border-top: 0; margin-top: 0; }
        .failure:first-of-type h3 { margin-top: 0; }
        .failure h4 .check, .check { font-weight: 400; }
        details { margin: .4rem 0; }
        summary { cursor: pointer; font-size: .88rem; color: var(--link); }
        pre { margin: .4rem 0; padding: .7rem .9rem; max-height: 28rem; overflow: auto; background: var(--soft); border: 1px solid var(--line); white-space: pre-wrap; line-height: 1.4; unicode-bidi: isolate; }
        .todo { padding: 0; list-style: none; }
        .todo > li { max-width: none; padding: .7rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
        .todo .do { margin: 0 0 .2rem; padding-left: 1.6rem; text-indent: -1.6rem; font-weight: 600; }
        .todo .box { display: inline-block; width: 1.6rem; text-indent: 0; font-weight: 400; }
        .todo .places { margin: 0; padding-left: 1.6rem; list-style: none; font-size: .9rem; color: var(--quiet); }

        .filter { display: none; }
        .group { margin-top: 2.25rem; padding-top: .25rem; border-top: 1px solid var(--ink); }
        .group > h3 { margin-top: .75rem; }
        .case { margin-left: 0; }
        .purpose { margin-bottom: .4rem; color: var(--quiet); }
        .unit { display: grid; grid-template-columns: 1.6rem 1fr; padding: .5rem 0; border-top: 1px solid var(--line); }
        .unit p { margin-bottom: .2rem; }
        .unit .letter { font-weight: 650; }
        .said { font-weight: 650; }
        .said.pass { color: var(--pass); } .said.fail { color: var(--fail); } .said.inconclusive { color: var(--open); }
        :target { scroll-margin-top: 1rem; }
        .unit:target, tr:target { background: var(--open-soft); }
        .notice.partial { border-left-color: var(--open); background: var(--open-soft); }
        figure { margin: 2rem 0; }
        figcaption { margin-bottom: .4rem; font-size: .92rem; }
        figure .legend, .phases { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: 0 0 .6rem; padding: 0; list-style: none; font-size: .85rem; }
        figure .legend li { display: flex; gap: .35rem; align-items: center; color: var(--quiet); }
        .shapes { position: absolute; }
        .sign { flex: none; overflow: visible; margin-right: .15em; vertical-align: -.1em; }
        .mark, .link, .more, .span { stroke-width: 1.6px; fill: none; }
        .encrypted { stroke: var(--link); } .mark.encrypted { fill: var(--link); }
        .clear { stroke: var(--open); } .mark.clear { fill: var(--paper); }
        .unknown { stroke: var(--ink); } .mark.unknown { fill: var(--paper); }
        .no-content { stroke: var(--quiet); }
        .link { stroke-width: 2px; } .link.clear { stroke-dasharray: 9 5; } .link.unknown { stroke-dasharray: 2 4; } .link.no-content { stroke-width: 1px; }
        .node { fill: var(--paper); stroke: var(--ink); stroke-width: 1.6px; } .node.declared, .node.basic-service { fill: var(--ink); }
        .span { stroke: var(--quiet); stroke-width: 1px; }
        .more { stroke: var(--quiet); stroke-width: 4px; stroke-dasharray: 1.5 3; } .links .more { stroke-width: 1px; }
        .lane { display: grid; grid-template-columns: 18rem 1fr; gap: 0 1rem; align-items: stretch; border-bottom: 1px solid var(--line); }
        .lane p { margin: 0; } .lane .label { padding: .3rem 0; } .lane.axis p { align-self: center; font-size: .8rem; color: var(--quiet); }
        .label .subject, .graph .subject { padding: 0; background: none; font-weight: 600; }
        .label .quiet, .graph .quiet { font-size: .78rem; line-height: 1.35; }
        .strip { position: relative; min-height: 1.7rem; font: .72rem/1 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; }
        .strip svg { position: absolute; inset: 0; overflow: visible; }
        .strip.rows-2 { min-height: 2.6rem; } .strip.rows-3 { min-height: 3.5rem; } .strip.rows-4 { min-height: 4.4rem; } .strip.axis-1 { min-height: 20px; } .strip.axis-2 { min-height: 39px; }
        .strip text { fill: var(--quiet); text-anchor: middle; } .strip text.begin { text-anchor: start; } .strip text.end { text-anchor: end; }
        .strip .number { fill: var(--ink); font-weight: 650; }
        .band { stroke: var(--line); stroke-width: 1px; } .band-0 { fill: var(--soft); } .band-1 { fill: var(--line); fill-opacity: .55; }
        .tick { stroke: var(--line); stroke-width: 1px; }
        .unrecorded { fill: var(--paper); stroke: var(--quiet); stroke-width: 1px; stroke-dasharray: 3 3; }
        .phases { counter-reset: phase; margin-top: .6rem; } .phases li { counter-increment: phase; color: var(--quiet); } .phases li::before { content: counter(phase) " "; font-weight: 650; color: var(--ink); }
        .graph { display: grid; grid-template-columns: minmax(4.5rem, 9rem) minmax(3.5rem, 1fr) minmax(0, 2.6fr); }
        .graph .dut { align-self: center; margin: 0; padding: .5rem; border: 2px solid var(--ink); font-size: .85rem; font-weight: 650; text-align: center; }
        .links { position: relative; } .links svg { position: absolute; inset: 0; overflow: visible; }
        .graph ul { display: grid; grid-auto-rows: 1fr; margin: 0; padding: 0 0 0 .6rem; list-style: none; }
        .graph li { display: flex; flex-direction: column; justify-content: center; max-width: none; padding: .2rem 0; }
        .graph li p { margin: 0; max-width: none; } .graph .place p { align-self: stretch; border-bottom: 1px solid var(--line); font-size: .85rem; font-weight: 650; }
        .facts-table { margin: 1.75rem 0 .5rem; } .facts-table table { table-layout: fixed; } .facts-table.conversations th:nth-child(2) { width: 34%; } .facts-table p { margin: 0; }
        .display-filter { user-select: all; color: var(--quiet); }
        .blanks { border-top: 1px solid var(--line); }
        .blanks > div { display: grid; grid-template-columns: 22rem 1fr; gap: 1rem; min-height: 2.4rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
        .blanks dd { margin: 0; }
        footer .end { margin: 3rem auto 0; padding-top: 1rem; border-top: 4px solid var(--ink); max-width: none; text-align: center; color: var(--quiet); }

        @media screen {
          @supports selector(:has(*)) {
            .filter { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: 0 0 1rem; padding: .5rem .9rem .6rem; border: 1px solid var(--line); font-size: .92rem; }
            .filter legend { padding: 0 .4rem; color: var(--quiet); }
            main:has(#show-fail:checked) :is(.group:not(.has-fail), .case:not(.has-fail), .unit:not(.fail)),
            main:has(#show-inconclusive:checked) :is(.group:not(.has-inconclusive), .case:not(.has-inconclusive), .unit:not(.inconclusive)),
            main:has(#show-pass:checked) :is(.group:not(.has-pass), .case:not(.has-pass), .unit:not(.pass)) { display: none; }
          }
        }
        @media screen and (max-width: 44rem) {
          body { padding-top: 1.25rem; }
          .facts > div { grid-template-columns: 7rem 1fr; gap: .75rem; }
          .blanks > div { grid-template-columns: 1fr; gap: 0; }
          .stacks, .stacks caption, .stacks tbody, .stacks tr, .stacks th, .stacks td { display: block; width: auto; }
          .stacks thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
          .stacks tr { padding: .55rem 0; border-bottom: 1px solid var(--line); }
          .stacks tbody th, .stacks tbody td { width: auto; padding: .1rem 0; border: 0; }
          .stacks tbody th { font-weight: 650; }
          .stacks td::before { content: attr(data-label) ": "; color: var(--quiet); }
          .matrix, .matrix tbody, .matrix tr, .matrix th, .matrix td { display: block; width: auto; }
          .matrix th { border: 0; padding-bottom: 0; }
          .counts { width: 100%; font-size: .82rem; }
          .counts th:not(:first-child), .counts td { padding-left: .4rem; white-space: normal; }
          .counts { overflow-wrap: normal; }
          .counts tbody th { white-space: nowrap; }
          .hash { max-width: none; }
          .lane { grid-template-columns: 1fr; padding-bottom: .3rem; } .lane .label { padding-bottom: 0; }
          .graph { grid-template-columns: 5.4rem 2.6rem minmax(0, 1fr); } .graph .dut { padding: .3rem; font-size: .75rem; }
        }
        @media print {
          :root { color-scheme: light; }
          html { font-size: 9.2pt; }
          body { max-width: none; padding: 0; line-height: 1.4; }
          h1 { font-size: 2.1rem; }
          nav, .screen { display: none; }
          a { color: inherit; text-decoration: none; }
          p, li, dd, td { max-width: none; }
          .columns { grid-template-columns: 1fr 1fr; gap: 6mm; margin: 5mm 0; }
          .facts > div { grid-template-columns: 27mm 1fr; gap: 3mm; }
          main > section { margin-top: 7mm; padding-top: 3mm; }
          h2, h3, h4, caption, thead, summary, .legend, .group > .quiet, .failure > .quiet, .purpose { break-after: avoid; }
          p, tr, .unit, .finding, .notice, .verdict, .counts, .todo > li, .blanks > div, .facts > div { break-inside: avoid; }
          tbody tr:first-child { break-before: avoid; }
          thead { display: table-header-group; }
          th, td { padding-block: 1mm; }
          .group { margin-top: 6mm; padding-top: 0; }
          .unit { padding: 1mm 0; }
          .finding { margin: 1.2mm 0; }
          .finding > p { display: inline; }
          .finding > .missing { display: block; }
          .todo > li { padding: 1.5mm 0; }
          pre { max-height: none; overflow: visible; font-size: .8rem; }
          .badge, .cell, .verdict, .notice, .subject, pre { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          details::details-content { display: block; content-visibility: visible; }
          summary { color: inherit; list-style: none; }
          .matrix th { width: 48mm; }
          .matrix ul { grid-template-columns: repeat(5, 1fr); gap: 1mm; }
          .hash { max-width: none; font-size: 6pt; white-space: nowrap; }
          #evidence thead th:first-child { width: 40mm; }
          #evidence thead th:last-child { width: 84mm; }
          .blanks > div { grid-template-columns: 75mm 1fr; min-height: 9mm; }
          figure { margin: 5mm 0; } .lane, .graph, .timeline.few, figure .legend { break-inside: avoid; } figcaption, .lane.axis { break-after: avoid; }
          .lane { grid-template-columns: 56mm 1fr; } .lane .label { padding: .6mm 0; } .facts-table { margin-top: 5mm; } .facts-table .hash { white-space: normal; }
          .mark, .node, .band, .unrecorded { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """;

    /// <summary>The style sheet with the run's id in the margin of every printed page.</summary>
    public static string For(string runId) => Sheet +
        $$"""

        @page {
          size: A4; margin: 18mm 16mm 20mm;
          @bottom-left { content: "Run {{Quoted(runId)}}"; font: 8pt "Liberation Sans", Arial, sans-serif; color: #52606d; }
          @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt "Liberation Sans", Arial, sans-serif; color: #52606d; }
        }

        """;

    /// <summary>Text inside a CSS string: everything but letters and digits as a code point (CSS Syntax, 4.3.7).</summary>
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder();
        foreach (var rune in VisibleText.Line(text).EnumerateRunes())
        {
            if (rune.IsAscii && char.IsAsciiLetterOrDigit((char)rune.Value))
            {
                quoted.Append(rune);
            }
            else
            {
                quoted.Append('\\').Append(rune.Value.ToString("x6", CultureInfo.InvariantCulture));
            }
        }

        return quoted.ToString();
    }
}
