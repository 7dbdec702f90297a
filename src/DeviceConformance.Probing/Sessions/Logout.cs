using System.Text.RegularExpressions;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Sessions;

/// <summary>The device's own way to end a session, as its pages name it.</summary>
/// <param name="Method">Method.</param>
/// <param name="Path">Path.</param>
/// <param name="Fields">Fields of its form.</param>
internal sealed partial record Logout(HttpMethod Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    private const int MaxScripts = 4;

    /// <summary>Looks for it on pages behind the login and in their scripts; null when none names one.</summary>
    /// <param name="session">A session that is logged in.</param>
    /// <param name="paths">Pages to look at.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Logout?> FindAsync(WebSession session, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var origin = session.Login.Session.Origin;
        var scripts = new List<string>();
        foreach (var path in paths.Distinct())
        {
            var page = await session.Login.FollowAsync(path, await session.GetAsync(path, cancellationToken), next => session.GetAsync(next, cancellationToken));
            if (page.Answer.Silence is not null || !page.IsSuccess)
            {
                continue;
            }

            var html = HtmlPage.Read(page.Answer.Text);
            if (In(html, origin, page.Path) is { } logout)
            {
                return logout;
            }

            scripts.AddRange(html.Links.Select(link => HttpLinks.PathOf(origin, page.Path, link)).OfType<string>().Where(link => link.Split('?')[0].EndsWith(".js", StringComparison.Ordinal) && !scripts.Contains(link)));
        }

        foreach (var script in scripts.Take(MaxScripts))
        {
            var answer = await session.GetAsync(script, cancellationToken);
            if (answer is { Silence: null, Status: 200 } && InScript(answer.Text, origin, "/") is { } logout)
            {
                return logout;
            }
        }

        return null;
    }

    /// <summary>Ends the session.</summary>
    public Task<HttpAnswer> RunAsync(WebSession session, CancellationToken cancellationToken) =>
        session.SendAsync(Method, Path, () => Method == HttpMethod.Get ? null : new FormUrlEncodedContent(Fields), cancellationToken);

    private static Logout? In(HtmlPage html, Uri origin, string path)
    {
        foreach (var form in html.Forms.Where(form => form.IsForm))
        {
            if (Word().IsMatch(form.Action) && HttpLinks.PathOf(origin, path, form.Action) is { } action)
            {
                return new Logout(form.Post ? HttpMethod.Post : HttpMethod.Get, action, [.. form.Fields.Where(field => field.IsSent && field.Name.Length > 0).Select(field => KeyValuePair.Create(field.Name, field.Value))]);
            }
        }

        return html.Links.Where(link => Word().IsMatch(link)).Select(link => HttpLinks.PathOf(origin, path, link)).OfType<string>().FirstOrDefault() is { } target
            ? new Logout(HttpMethod.Get, target, [])
            : InScript(html.Scripts, origin, path);
    }

    private static Logout? InScript(string script, Uri origin, string page)
    {
        var (method, target) = HttpScripts.Writes(script).FirstOrDefault(write => Word().IsMatch(write.Target));
        target ??= HttpScripts.Targets(script).FirstOrDefault(found => Word().IsMatch(found));
        return target is not null && HttpLinks.PathOf(origin, page, target) is { } path
            ? new Logout(method is null ? HttpMethod.Get : new HttpMethod(method), path, [])
            : null;
    }

    [GeneratedRegex(@"log-?_?(?:out|off)\b|sign-?_?(?:out|off)\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
