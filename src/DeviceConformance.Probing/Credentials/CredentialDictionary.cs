using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Credentials;

/// <summary>A well-known default credential of consumer devices.</summary>
/// <param name="Id">Stable id, for example <c>D-017</c>, by which reports name the pair.</param>
/// <param name="User">User name; may be empty.</param>
/// <param name="Password">Password; public, but never shown.</param>
/// <param name="Protocols">Families of logins it is known from: http, telnet, ftp, mqtt.</param>
/// <param name="Origin">Maker, product and public origin in words.</param>
public sealed record DefaultPair(string Id, string User, Secret Password, ImmutableArray<string> Protocols, string Origin);

/// <summary>The dictionary of default credentials that ships with the harness, likeliest first.</summary>
public static class CredentialDictionary
{
    private const string Resource = "default-credentials.csv";
    private const int Columns = 7;

    /// <summary>All pairs in the order they are tried.</summary>
    public static ImmutableArray<DefaultPair> All { get; } = Load();

    /// <summary>Pairs known from logins of a protocol, in the order they are tried.</summary>
    public static IEnumerable<DefaultPair> For(LoginProtocol protocol)
    {
        var family = protocol switch
        {
            LoginProtocol.HttpBasic or LoginProtocol.HttpDigest or LoginProtocol.HttpForm or LoginProtocol.HttpJson => "http",
            LoginProtocol.Ftp => "ftp",
            LoginProtocol.Mqtt => "mqtt",
            _ => "telnet",
        };
        return All.Where(pair => pair.Protocols.Contains(family));
    }

    /// <summary>Reads the dictionary's text: a comment line, a line of column names, then one pair a line.</summary>
    /// <exception cref="FormatException">A line is not as it should be; the message names it.</exception>
    public static ImmutableArray<DefaultPair> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pairs = ImmutableArray.CreateBuilder<DefaultPair>();
        var lines = text.Split('\n');
        for (var number = 3; number <= lines.Length; number++)
        {
            var line = lines[number - 1].TrimEnd('\r');
            if (line.Length == 0)
            {
                continue;
            }

            var cells = Cells(line);
            if (cells.Count != Columns || !cells[0].StartsWith("D-", StringComparison.Ordinal) || cells[3].Length == 0 || cells[6].Length == 0)
            {
                throw new FormatException($"{Resource}:{number}: a pair needs {Columns} columns: id, user, password, protocols, maker, product, origin.");
            }

            pairs.Add(new DefaultPair(cells[0], cells[1], new Secret(cells[2]), [.. cells[3].Split(' ')], $"{cells[4]}, {cells[5]}: {cells[6]}"));
        }

        return pairs.ToImmutable();
    }

    // RFC 4180 without line ends inside cells.
    private static List<string> Cells(string line)
    {
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

    private static ImmutableArray<DefaultPair> Load()
    {
        using var stream = typeof(CredentialDictionary).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Parse(reader.ReadToEnd());
    }
}
