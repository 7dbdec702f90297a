using DeviceConformance.Reporting.Html;
using NUnit.Framework;

namespace DeviceConformance.Tests.Reporting;

[Parallelizable(ParallelScope.All)]
public sealed class HtmlReportTests
{
    [Test]
    public void Report_of_every_kind_of_result_is_as_in_the_golden_file() =>
        Golden.Verify("Reporting/golden/every-kind.html", HtmlReport.Render(Samples.EveryKind));
}
