using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;

namespace DeviceConformance.Declarations.Tables;

/// <summary>Reads the typed facts of 1-AuthMech.</summary>
internal static class AuthMechReader
{
    private const int MostAttempts = 1_000_000;
    private const int SecondsOfAYear = 366 * 24 * 3600;
    private const int LongestPassword = 1024;

    /// <summary>Reads them.</summary>
    public static IxitFacts Read(MapReader map) => new AuthMechFacts
    {
        Subject = map.Choice<AuthSubject>("subject"),
        Factor = map.Choice<AuthFactor>("factor"),
        Origin = map.Choice<PasswordOrigin>("origin"),
        NetworkAddressable = map.YesNo("network-addressable"),
        Cryptographic = map.YesNo("cryptographic"),
        UserName = map.Text("user-name"),
        PasswordLength = map.Number("password-length", 1, LongestPassword),
        PasswordAlphabet = Alphabet(map),
        Logins = [.. map.Maps("logins", $"a login of {map.What}").Select(Login)],
        LockOut = LockOut(map),
    };

    private static LoginPoint Login(MapReader map)
    {
        var protocol = map.RequiredChoice<LoginProtocol>("protocol");
        var port = map.RequiredPort();
        // SSH has a protection of its own; for everything else it matters too much to be guessed.
        var tls = protocol == LoginProtocol.Ssh ? map.YesNo("tls").Or(false) : map.RequiredYesNo("tls");
        var path = map.PathOr("path", "/");
        var form = map.Map("form") is { } fields ? Form(fields) : null;
        var hasForm = protocol is LoginProtocol.HttpForm or LoginProtocol.HttpJson;
        if (hasForm && form is null)
        {
            map.Reject("missing-key", map.At, "form", $"{MapReader.Capital(map.What)} is {(protocol == LoginProtocol.HttpForm ? "an HTML form" : "a JSON login")} whose fields are not given.", "Add 'form: {user-field: ..., password-field: ..., action: ..., failure-text: ...}'.");
        }
        else if (!hasForm && form is not null)
        {
            map.Reject("needless-key", map.Take("form")!.At, "form", $"{MapReader.Capital(map.What)} has form fields, but is no HTML form.", "Remove 'form:' or write 'protocol: http-form' or 'protocol: http-json'.");
        }

        map.Close();
        return new LoginPoint(protocol, port, tls, path, form);
    }

    private static LoginForm Form(MapReader map)
    {
        var form = new LoginForm(
            map.Text("user-field").Or(""),
            map.RequiredText("password-field", "Give the name of the password field of the form."),
            map.PathOr("action", ""),
            map.Text("failure-text").Or(""),
            map.Text("success-text").Or(""))
        {
            TokenField = map.Text("token-field").Or(""),
        };
        map.Close();
        return form;
    }

    private static Fact<LockOut> LockOut(MapReader map)
    {
        if (map.Map("lock-out") is not { } lockOut)
        {
            return Fact<LockOut>.Missing;
        }

        var value = new LockOut(lockOut.RequiredNumber("attempts", 1, MostAttempts), lockOut.RequiredNumber("seconds", 1, SecondsOfAYear));
        lockOut.Close();
        return Fact<LockOut>.Declared(value, lockOut.At);
    }

    private static Fact<string> Alphabet(MapReader map)
    {
        var alphabet = map.Text("password-alphabet");
        if (alphabet.TryGet(out var text) && Backwards(text) is { } range)
        {
            map.Reject("bad-alphabet", alphabet.At, "password-alphabet", $"The range {Quotation.Of(range)} in 'password-alphabet' of {map.What} runs backwards.", "Write ranges from the lower to the higher character, as in A-Za-z0-9; a hyphen itself stands first or last.");
        }

        return alphabet;
    }

    private static string? Backwards(string alphabet)
    {
        for (var i = 1; i + 1 < alphabet.Length; i++)
        {
            if (alphabet[i] == '-' && alphabet[i - 1] > alphabet[i + 1])
            {
                return alphabet[(i - 1)..(i + 2)];
            }
        }

        return null;
    }
}
