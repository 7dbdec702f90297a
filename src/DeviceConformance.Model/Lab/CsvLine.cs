using System.Text;

namespace DeviceConformance.Model.Lab;

/// <summary>A line of comma-separated values (RFC 4180), without line ends inside cells.</summary>
public static class CsvLine
{
    /// <summary>The cells of a line; quotes around a cell are taken off and doubled ones inside are one.</summary>
    public static IReadOnlyList<string> Cells(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] == '"')
            {
                var doubled = quoted && at + 1 < line.Length && line[at + 1] == '"';
                _ = doubled ? cell.Append('"') : cell;
                at += doubled ? 1 : 0;
                quoted = doubled || !quoted;
            }
            else if (line[at] == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(line[at]);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
