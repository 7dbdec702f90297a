using System.Collections.Immutable;
using System.Text;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Credentials;

/// <summary>The dictionary of default credentials that ships with the harness, likeliest first.</summary>
public static class CredentialDictionary
{
    private const string Resource = "default-credentials.csv";
    private const int Columns = 7;

    /// <summary>All pairs in the order they are tried.</summary>
    public static ImmutableArray<DefaultPair> All { get; } = Parse(Text(Resource));

    /// <summary>Pairs known from logins of a protocol, in the order they are tried.</summary>
    public static IEnumerable<DefaultPair> For(LoginProtocol protocol)
    {
        var family = Family(protocol);
        return All.Where(pair => pair.Protocols.Contains(family));
    }

    /// <summary>The word by which lists name a kind of login.</summary>
    public static string Family(LoginProtocol protocol) => protocol switch
    {
        LoginProtocol.HttpBasic or LoginProtocol.HttpDigest or LoginProtocol.HttpForm or LoginProtocol.HttpJson => "http",
        LoginProtocol.Ftp => "ftp",
        LoginProtocol.Mqtt => "mqtt",
        // A camera's streams have the accounts of its pages, storage the accounts of its pages too.
        LoginProtocol.RtspBasic or LoginProtocol.RtspDigest or LoginProtocol.Smb => "http",
        // What a device takes at its console it takes over SSH too.
        _ => "telnet",
    };

    /// <summary>Reads the dictionary's text: a comment line, a line of column names, then one pair a line.</summary>
    /// <exception cref="FormatException">A line is not as it should be; the message names it.</exception>
    public static ImmutableArray<DefaultPair> Parse(string text) => Parse(text, Resource, "D-");

    internal static ImmutableArray<DefaultPair> Parse(string text, string name, string prefix)
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

            var cells = CsvLine.Cells(line);
            if (cells.Count != Columns || !cells[0].StartsWith(prefix, StringComparison.Ordinal) || cells[3].Length == 0 || cells[6].Length == 0)
            {
                throw new FormatException($"{name}:{number}: a pair needs {Columns} columns: id, user, password, protocols, maker, product, origin.");
            }

            pairs.Add(new DefaultPair(cells[0], cells[1], new Secret(cells[2]), [.. cells[3].Split(' ')], $"{cells[4]}, {cells[5]}: {cells[6]}"));
        }

        return pairs.ToImmutable();
    }

    internal static string Text(string resource)
    {
        using var stream = typeof(CredentialDictionary).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
