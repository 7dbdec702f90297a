using DeviceConformance.Model.Declared;
using DeviceConformance.Probing.Disclosure;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class HttpScriptsTests
{
    private static readonly string[] _pieces =
        ["fetch(\"/api/login\",{method:\"POST\",body:JSON.stringify({username:u,password:p})})", "new WebSocket('ws://x/ws')", "`/api/v1/${id}`", "{{{{", "\"", "'", "//# sourceMappingURL=a.js.map", "\ud800", "\0", "a.post(\"/x\"", "(((((", "{\"openapi\":\"3\",\"paths\":{\"/a\":{\"get\":{}}}}"];

    [TestCase("""fetch("/api/state")""", "/api/state")]
    [TestCase("""x.open("GET", "status.cgi", true)""", "status.cgi")]
    [TestCase("""get('api/v2/readings')""", "api/v2/readings")]
    [TestCase("""`/api/rooms/${id}/lights`""", "/api/rooms/")]
    [TestCase("""import("./chunk-1f.js")""", "./chunk-1f.js")]
    [TestCase("//# sourceMappingURL=app.js.map\n", "app.js.map")]
    public void Targets_are_found(string script, string target) => Assert.That(HttpScripts.Targets(script), Does.Contain(target));

    [TestCase("""x.open("POST", "/cgi-bin/set.cgi")""", "POST", "/cgi-bin/set.cgi")]
    [TestCase("""fetch("/api/mode", { method: "PUT", body: b })""", "PUT", "/api/mode")]
    [TestCase("""axios.delete("/api/user/1")""", "DELETE", "/api/user/1")]
    [TestCase("""$.post('/set', {a: 1})""", "POST", "/set")]
    public void Requests_that_change_something_are_told_apart(string script, string method, string target) =>
        Assert.That(HttpScripts.Writes(script), Is.EqualTo(new[] { (method, target) }));

    [TestCase("""new WebSocket("ws://" + location.host + "/api/live")""", "/api/live")]
    [TestCase("""const s = new WebSocket(`wss://heater/ws`)""", "/ws")]
    [TestCase("""var s = io("/socket.io/")""", "/socket.io/")]
    public void WebSockets_are_found(string script, string path) => Assert.That(HttpScripts.Sockets(script), Is.EqualTo(new[] { path }));

    [Test]
    public void A_path_like_that_of_a_WebSocket_is_none_without_one() => Assert.That(HttpScripts.Sockets("""fetch("/ws")"""), Is.Empty);

    [TestCase("""fetch("/api/login",{method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify({username:u,password:p})})""", "username", "password", "/api/login")]
    [TestCase("""$http.post('rest/session', { 'user': a.b, 'pwd': c })""", "user", "pwd", "rest/session")]
    [TestCase("""axios.post("/auth/token",{email,passwd})""", "email", "passwd", "/auth/token")]
    [TestCase("""post("/login", {pin: x})""", "", "pin", "/login")]
    public void Logins_by_JSON_are_read_with_their_fields(string script, string user, string password, string action) =>
        Assert.That(HttpScripts.Logins(script), Is.EqualTo(new[] { new LoginForm(user, password, action, "", "") }));

    [TestCase("""fetch("/api/login")""")]
    [TestCase("""t({login: "Log in", password: "Password"})""")]
    [TestCase("""{"password":"x"} const a = "/status" """)]
    public void What_sends_no_credential_is_no_login(string script) => Assert.That(HttpScripts.Logins(script), Is.Empty);

    [TestCase("/logout", true)]
    [TestCase("/user/sign-out.html", true)]
    [TestCase("/maintenance/factoryReset", true)]
    [TestCase("/api/v1/device/reboot?now=1", true)]
    [TestCase("/index.cgi?relay=off", true)]
    [TestCase("/update.html", false)]
    [TestCase("/js/setup.js", false)]
    [TestCase("/api/settings", false)]
    [TestCase("/about", false)]
    public void Paths_that_name_an_action_are_known(string path, bool names) => Assert.That(HttpLinks.NamesAction(path), Is.EqualTo(names));

    [TestCase("""{"openapi":"3.0.1","servers":[{"url":"https://192.0.2.1:8443/v2"}],"paths":{"/users":{"get":{},"post":{}},"/users/{id}":{"get":{}}}}""", new[] { "GET /v2/users", "POST /v2/users", "GET /v2/users/{id}" })]
    [TestCase("""{"swagger":"2.0","basePath":"/api/","paths":{"state":{"get":{}, "parameters": []}}}""", new[] { "GET /api/state" })]
    public void API_descriptions_are_read(string json, string[] expected)
    {
        Assert.That(ApiOperation.TryRead(json, out var operations), Is.True);
        Assert.That(operations.Select(operation => $"{operation.Method} {operation.Path}"), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("""{"openapi":1,"paths":[]}""")]
    [TestCase("""{"openapi":"3","paths":{"/a":1},"servers":[7]}""")]
    [TestCase("""{"openapi":"3","paths":{"/a":{"get":{}}""")]
    public void What_is_no_description_gives_no_operation(string json)
    {
        _ = ApiOperation.TryRead(json, out var operations);
        Assert.That(operations, Is.Empty);
    }

    [FsCheck.NUnit.Property(MaxTest = 120)]
    public Property Hostile_scripts_and_descriptions_never_throw_and_give_little()
    {
        var texts = from count in Gen.Choose(0, 60)
                    from picked in Gen.Elements(_pieces).ListOf(count)
                    from cut in Gen.Choose(0, 4000)
                    let text = string.Concat(picked)
                    select text[..Math.Min(cut, text.Length)];
        return Prop.ForAll(texts.ToArbitrary(), text =>
            HttpScripts.Targets(text).Count() <= 150 && HttpScripts.Writes(text).Count() <= 40 && HttpScripts.Sockets(text).Count() <= 8
            && HttpScripts.Logins(text).Length <= 4 && HttpScripts.Moves(text).Count() <= 4 && (ApiOperation.TryRead(text, out var operations) || operations.IsEmpty)
            && HtmlPage.Read(text).Links.Length <= HtmlPage.MaxLinks);
    }

    [Test]
    public void Much_of_one_character_takes_no_time_to_speak_of()
    {
        foreach (var piece in new[] { "{", "\"", "/a", "login", "fetch(", "\"/login\"{password," })
        {
            var text = string.Concat(Enumerable.Repeat(piece, 150_000 / piece.Length));
            Assert.That(HttpScripts.Targets(text).Count() + HttpScripts.Logins(text).Length + HttpScripts.Writes(text).Count() + HttpScripts.Sockets(text).Count(), Is.LessThan(250));
        }
    }
}
