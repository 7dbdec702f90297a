using DeviceConformance.Model.Declared;
using DeviceConformance.Probing.Http;
using DeviceConformance.Probing.Logins;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Finds the logins that web pages ask for: challenges, forms, and those that scripts send.</summary>
internal sealed class HttpLoginFinder(Uri origin, SurveyNotes notes)
{
    private readonly HashSet<(string Scheme, string Realm)> _realms = [];
    private readonly List<string> _byScript = [];
    private readonly List<(string Path, LoginForm Form)> _json = [];

    /// <summary>Reads the challenges of an answer with status 401 (RFC 9110, 11.6.1).</summary>
    public void ReadChallenges(HttpAnswer answer, string path)
    {
        foreach (var header in answer.HeaderValues("WWW-Authenticate"))
        {
            // One realm is one login, however many paths are behind it.
            _ = AuthChallenge.TryParse(header, out var challenges);
            foreach (var challenge in challenges)
            {
                if (_realms.Add((challenge.Scheme, challenge["realm"])))
                {
                    notes.AddLogin(challenge.Scheme switch { "basic" => LoginProtocol.HttpBasic, "digest" => LoginProtocol.HttpDigest, _ => LoginProtocol.Other }, path);
                }
            }

            if (challenges.IsEmpty && _realms.Add((header, "")))
            {
                notes.AddLogin(LoginProtocol.Other, path);
                notes.Remark($"a WWW-Authenticate header that is not understood: {SurveyNotes.Shortened(header)}");
            }
        }
    }

    /// <summary>Reads the login form of a page.</summary>
    /// <returns>Whether the page asks for a password to let somebody in.</returns>
    public bool ReadPage(HtmlPage page, string path)
    {
        var found = false;
        foreach (var form in page.Forms.Where(form => form.Fields.Count(field => field.Type == "password") == 1))
        {
            found = true;
            var password = form.Fields.First(field => field.Type == "password");
            var action = HttpLinks.PathOf(origin, path, form.Action.Length > 0 ? form.Action : path);
            if (!form.IsForm || password.Name.Length == 0 || !form.Post || action is null || form.Action.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase))
            {
                _byScript.Add(path);
                continue;
            }

            var user = form.Fields.TakeWhile(field => field != password).LastOrDefault(field => field.Type is "text" or "email" or "tel" or "select" && field.Name.Length > 0)?.Name ?? "";
            notes.AddLogin(LoginProtocol.HttpForm, path, new LoginForm(user, password.Name, action, "", ""));
        }

        return found;
    }

    /// <summary>Reads the logins that a script sends as JSON.</summary>
    /// <param name="script">The script.</param>
    /// <param name="page">Path of the page whose script it is.</param>
    public void ReadScript(string script, string page)
    {
        foreach (var login in HttpScripts.Logins(script))
        {
            if (HttpLinks.PathOf(origin, page, login.Action) is { } action && !_json.Exists(known => known.Form.Action == action))
            {
                _json.Add((page, login with { Action = action }));
            }
        }
    }

    /// <summary>Notes the logins that scripts send, once all scripts were read.</summary>
    public void Conclude()
    {
        foreach (var (page, form) in _json)
        {
            notes.AddLogin(LoginProtocol.HttpJson, page, form);
        }

        // A page with a password field and no form is where the user of such a login types.
        foreach (var path in _json.Count > 0 ? [] : _byScript)
        {
            notes.AddLogin(LoginProtocol.Other, path);
            notes.Remark($"the login on {path} is not sent by a plain form with POST to this port; scripts were not run");
        }
    }
}
