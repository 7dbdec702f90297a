using System.Collections.Immutable;
using System.Globalization;

namespace DeviceConformance.Reporting.Html.Traffic;

/// <summary>Places times on a picture: in percent of its width, so that it fits any screen without a script.</summary>
internal sealed class TimeScale
{
    private const int MostTicks = 6;

    private static readonly TimeSpan _least = TimeSpan.FromSeconds(1);

    private static readonly ImmutableArray<TimeSpan> _steps =
    [
        .. new[] { 0.2, 0.5, 1, 2, 5, 10, 15, 30 }.Select(TimeSpan.FromSeconds),
        .. new[] { 1.0, 2, 5, 10, 15, 30 }.Select(TimeSpan.FromMinutes),
        .. new[] { 1.0, 2, 3, 4, 6, 8, 12 }.Select(TimeSpan.FromHours),
        .. new[] { 1.0, 2, 5, 7, 14, 30, 60, 120, 365 }.Select(TimeSpan.FromDays),
    ];

    private readonly DateTimeOffset _first;
    private readonly TimeSpan _span;

    /// <summary>A scale from the first to the last moment, at least a second long.</summary>
    public TimeScale(DateTimeOffset first, DateTimeOffset last)
    {
        _first = first.ToUniversalTime();
        _span = last - first > _least ? last - first : _least;
    }

    /// <summary>Place of a moment from 0 to 100; what lies outside is drawn at the edge.</summary>
    public double At(DateTimeOffset moment) => Math.Clamp((moment - _first) / _span * 100, 0, 100);

    /// <summary>Round times with their labels, at most six.</summary>
    public IEnumerable<(double At, string Label)> Ticks()
    {
        var step = _steps.FirstOrDefault(step => _span / step < MostTicks, _span);
        var isDated = _first.Date != (_first + _span).Date;
        var offset = _first.Ticks % step.Ticks;
        for (var moment = offset == 0 ? _first : _first.AddTicks(step.Ticks - offset); moment <= _first + _span; moment += step)
        {
            yield return (At(moment), Label(moment, step, isDated));
        }
    }

    /// <summary>A percentage as SVG writes it.</summary>
    public static string Percent(double at) => at.ToString("0.##", CultureInfo.InvariantCulture) + "%";

    private static string Label(DateTimeOffset moment, TimeSpan step, bool isDated)
    {
        var format =
            step >= TimeSpan.FromDays(1) || (isDated && moment.TimeOfDay == TimeSpan.Zero) ? "MM-dd"
            : step >= TimeSpan.FromMinutes(1) ? "HH:mm"
            : step >= TimeSpan.FromSeconds(1) ? "HH:mm:ss"
            : "ss.f 's'";
        return moment.ToString(format, CultureInfo.InvariantCulture);
    }
}
