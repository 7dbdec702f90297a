using System.Text;
using System.Text.Json;
using DeviceConformance.Emulator.Login;
using Microsoft.AspNetCore.Http;

namespace DeviceConformance.Emulator.Web;

/// <summary>Pages that a script fills, behind a login by JSON; on with <see cref="EmulatedDeviceOptions.JsonInterface"/>.</summary>
internal sealed class JsonInterface(DeviceState state)
{
    /// <summary>Beginning of its paths.</summary>
    public const string Root = "/app";

    private const int BodyLimit = 4096;

    private const string Page = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Heater</title></head>
        <body><div id="app"></div><script src="/app/app.js"></script></body></html>

        """;

    private const string Script = """
        async function signIn(username, password) {
          const answer = await fetch("/app/api/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ username, password }) });
          return (await answer.json()).token;
        }
        const readStatus = () => fetch("/app/api/status", { credentials: "same-origin" });
        const store = setPoint => fetch("/app/api/settings", { method: "PUT", body: JSON.stringify({ setPoint }) });
        const leave = () => fetch("/app/api/logout", { method: "POST" });

        """;

    /// <summary>Answers a request below <see cref="Root"/>.</summary>
    public Task AnswerAsync(HttpContext context, string method, WebInterface web) => (context.Request.Path.Value, method) switch
    {
        ("/app/", "GET") => WebInterface.AnswerBytes(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(Page), "script-src 'self'; connect-src 'self'"),
        ("/app/app.js", "GET") => WebInterface.AnswerBytes(context, StatusCodes.Status200OK, "text/javascript", Encoding.UTF8.GetBytes(Script)),
        ("/app/api/login", "POST") => LogInAsync(context, web),
        ("/app/api/logout", "POST") when web.IsLoggedIn(context) => LogOut(context, web),
        ("/app/api/status", "GET") when web.IsLoggedIn(context) => web.AnswerStatus(context),
        ("/app/api/status" or "/app/api/settings" or "/app/api/logout", _) => AnswerJson(context, StatusCodes.Status401Unauthorized, """{"error":"not signed in"}"""),
        _ => AnswerJson(context, StatusCodes.Status404NotFound, """{"error":"not found"}"""),
    };

    private static Task AnswerJson(HttpContext context, int status, string json) =>
        WebInterface.AnswerBytes(context, status, "application/json", Encoding.UTF8.GetBytes(json));

    private static Task LogOut(HttpContext context, WebInterface web)
    {
        web.LogOutSession(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task LogInAsync(HttpContext context, WebInterface web)
    {
        if (context.Request.ContentLength is null or > BodyLimit || !context.Request.HasJsonContentType() || await ReadAsync(context) is not { } credential)
        {
            await AnswerJson(context, StatusCodes.Status400BadRequest, """{"error":"no credential"}""");
            return;
        }

        await (web.TryLogIn(context, credential.User, credential.Password, out var session) switch
        {
            LoginResult.Accepted => AnswerJson(context, StatusCodes.Status200OK, $$"""{"token":"{{session}}"}"""),
            LoginResult.Locked => AnswerJson(context, StatusCodes.Status429TooManyRequests, $$"""{"error":"{{Pages.TooManyAttempts}}"}"""),
            _ => AnswerJson(context, StatusCodes.Status401Unauthorized, $$"""{"error":"{{Pages.WrongLogin}}"}"""),
        });
        state.Log.Note("the last login came as JSON");
    }

    private static async Task<(string User, string Password)?> ReadAsync(HttpContext context)
    {
        try
        {
            using var json = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("username", out var user) && user.ValueKind == JsonValueKind.String
                && json.RootElement.TryGetProperty("password", out var password) && password.ValueKind == JsonValueKind.String
                ? (user.GetString()!, password.GetString()!)
                : null;
        }
        // The second comes of text that is not UTF-8.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
