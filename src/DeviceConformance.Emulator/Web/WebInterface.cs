using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Login;
using DeviceConformance.Emulator.Updates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DeviceConformance.Emulator.Web;

/// <summary>The web interface: every request of the ports for HTTP and HTTPS.</summary>
internal sealed class WebInterface(DeviceState state, UpdateFetch updates, int httpsPort)
{
    private const string SessionCookie = "sid";
    private const string ImageField = "image";
    private const int FormLimit = 4096;

    /// <summary>Largest request body: an image with its multipart wrapping.</summary>
    public const int BodyLimit = UpdateImage.MaximumLength + (64 * 1024);

    private readonly Sessions sessions = new(state.Time);
    private readonly JsonInterface json = new(state);

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (BadHttpRequestException bad)
        {
            AnswerBare(context, bad.StatusCode);
        }
        catch (InvalidDataException)
        {
            // A form that is broken or longer than its limits.
            AnswerBare(context, StatusCodes.Status400BadRequest);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            context.Abort();
        }
        catch (Exception bug)
        {
            state.Log.InternalError("web interface", bug);
            AnswerBare(context, StatusCodes.Status500InternalServerError);
        }
    }

    private static void AnswerBare(HttpContext context, int status)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (state.Has(DeviceFaults.VerboseBanner))
        {
            context.Response.Headers.Server = Pages.VerboseServer;
        }

        if (!context.Request.IsHttps && !state.Has(DeviceFaults.HttpLogin))
        {
            return RedirectToHttps(context);
        }

        var method = HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method;
        return context.Request.Path.Value switch
        {
            "/" when method == HttpMethods.Get => AnswerPage(context, StatusCodes.Status200OK, Pages.Login("")),
            "/login" when method == HttpMethods.Post => LogInAsync(context),
            "/logout" when method == HttpMethods.Post => LogOut(context),
            "/backup.tar.gz" when method == HttpMethods.Get && state.Has(DeviceFaults.OpenBackup) => AnswerBytes(context, StatusCodes.Status200OK, "application/gzip", Backup.Make()),
            { } path when state.Options.JsonInterface && path.StartsWith(JsonInterface.Root, StringComparison.Ordinal) => json.AnswerAsync(context, method, this),
            "/debug" when method == HttpMethods.Get && state.Has(DeviceFaults.DebugPage) => AnswerPage(context, StatusCodes.Status200OK, Pages.Debug(state)),
            "/" => AnswerOtherMethod(context, "GET, HEAD"),
            "/login" or "/logout" => AnswerOtherMethod(context, "POST"),
            "/status" when method == HttpMethods.Get && state.Has(DeviceFaults.OpenStatus) => AnswerStatus(context),
            "/settings" when method == HttpMethods.Post && state.Has(DeviceFaults.OpenSettings) => ChangeSettingsAsync(context),
            "/home" or "/status" or "/settings" or "/api/version" or "/update" or "/update/check" => AnswerProtected(context, method),
            _ => AnswerUnknown(context),
        };
    }

    private Task AnswerProtected(HttpContext context, string method)
    {
        if (!sessions.Use(context.Request.Cookies[SessionCookie]))
        {
            AnswerBare(context, StatusCodes.Status401Unauthorized);
            return Task.CompletedTask;
        }

        return (context.Request.Path.Value, method) switch
        {
            ("/home", "GET") => AnswerPage(context, StatusCodes.Status200OK, Pages.Home(state)),
            ("/status", "GET") => AnswerStatus(context),
            ("/settings", "GET") => AnswerSettings(context),
            ("/settings", "POST") => ChangeSettingsAsync(context),
            ("/api/version", "GET") => AnswerJson(context, StatusCodes.Status200OK, new VersionAnswer(state.Firmware.Version), WebJson.Default.VersionAnswer),
            ("/update", "POST") => TakeUpdateAsync(context),
            ("/update/check", "POST") => FetchUpdateAsync(context),
            ("/update" or "/update/check", _) => AnswerOtherMethod(context, "POST"),
            ("/settings", _) => AnswerOtherMethod(context, "GET, HEAD, POST"),
            _ => AnswerOtherMethod(context, "GET, HEAD"),
        };
    }

    // The address comes from the connection, not from the Host header, so that a client can not choose where others are sent.
    private Task RedirectToHttps(HttpContext context)
    {
        var local = context.Connection.LocalIpAddress!;
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        context.Response.Headers.Location = new UriBuilder(Uri.UriSchemeHttps, local.ToString(), httpsPort).Uri.AbsoluteUri;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private async Task LogInAsync(HttpContext context)
    {
        var form = await ReadFormAsync(context, FormLimit);
        switch (TryLogIn(context, form["user"].ToString(), form["password"].ToString(), out _))
        {
            case LoginResult.Accepted:
                context.Response.StatusCode = StatusCodes.Status303SeeOther;
                context.Response.Headers.Location = "/home";
                break;
            case LoginResult.Locked:
                await AnswerPage(context, StatusCodes.Status429TooManyRequests, Pages.Login(Pages.TooManyAttempts));
                break;
            default:
                await AnswerPage(context, StatusCodes.Status401Unauthorized, Pages.Login(Pages.WrongLogin));
                break;
        }
    }

    /// <summary>Tries a web login; when it is right, sets the cookie of a new session.</summary>
    internal LoginResult TryLogIn(HttpContext context, string user, string password, out string session)
    {
        session = "";
        var right = (user == EmulatedDeviceOptions.AdministratorName && Passwords.AreEqual(password, state.Options.AdministratorPassword))
            || (state.Has(DeviceFaults.UniversalPassword) && user == "admin" && password == "admin");
        var result = state.WebLock.Attempt(user, right, locks: !state.Has(DeviceFaults.NoLockOut));
        state.Log.Note($"web login of '{DeviceLog.Foreign(user)}' from {context.Connection.RemoteIpAddress}: {result}");
        if (result == LoginResult.Accepted)
        {
            session = sessions.Open(state.Has(DeviceFaults.KeptSession) ? context.Request.Cookies[SessionCookie] : null);
            context.Response.Cookies.Append(SessionCookie, session, new CookieOptions { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Strict, Path = "/" });
        }

        return result;
    }

    /// <summary>Whether the cookie, or the token in the Authorization header, is that of a session.</summary>
    internal bool IsLoggedIn(HttpContext context) =>
        sessions.Use(context.Request.Cookies[SessionCookie])
        || (context.Request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal) && sessions.Use(header[7..]));

    /// <summary>Ends the session of the client.</summary>
    internal void LogOutSession(HttpContext context)
    {
        if (!state.Has(DeviceFaults.KeptSession))
        {
            sessions.Close(context.Request.Cookies[SessionCookie]);
            sessions.Close(context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal));
        }

        context.Response.Cookies.Delete(SessionCookie);
    }

    private Task LogOut(HttpContext context)
    {
        LogOutSession(context);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "/";
        return Task.CompletedTask;
    }

    internal Task AnswerStatus(HttpContext context)
    {
        var settings = state.Settings;
        return AnswerJson(context, StatusCodes.Status200OK, new StatusAnswer(48.5, settings.SetPoint, settings.EcoMode, "standby", 1.6, "Homestead", state.Firmware.Version), WebJson.Default.StatusAnswer);
    }

    private Task AnswerSettings(HttpContext context) => AnswerJson(context, StatusCodes.Status200OK, state.Settings, WebJson.Default.HeaterSettings);

    // Fields that are missing stay as they are.
    private async Task ChangeSettingsAsync(HttpContext context)
    {
        var form = context.Request.HasFormContentType ? await ReadFormAsync(context, FormLimit) : FormCollection.Empty;
        var changed = state.Settings;
        if (form.TryGetValue("setPoint", out var setPoint))
        {
            if (!HeaterSettings.TryParseSetPoint(setPoint.ToString(), out var degrees))
            {
                AnswerBare(context, StatusCodes.Status400BadRequest);
                return;
            }

            changed = changed with { SetPoint = degrees };
        }

        if (form.TryGetValue("ecoMode", out var ecoMode))
        {
            changed = changed with { EcoMode = ecoMode.ToString() is "on" or "true" };
        }

        state.Change(changed, "web");
        await AnswerSettings(context);
    }

    private async Task TakeUpdateAsync(HttpContext context)
    {
        var form = await ReadFormAsync(context, BodyLimit);
        if (form.Files.GetFile(ImageField) is not { } file)
        {
            await AnswerUpdate(context, StatusCodes.Status400BadRequest, state.Firmware.Refuse("no image in the request"));
            return;
        }

        var bytes = new byte[file.Length];
        await using (var content = file.OpenReadStream())
        {
            await content.ReadExactlyAsync(bytes, context.RequestAborted);
        }

        var taken = state.Firmware.Offer(bytes, state.Faults);
        await AnswerUpdate(context, taken.Installed ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity, taken);
    }

    private async Task FetchUpdateAsync(HttpContext context) =>
        await AnswerUpdate(context, StatusCodes.Status200OK, await updates.CheckAsync(state.Faults, context.RequestAborted));

    private Task AnswerUnknown(HttpContext context)
    {
        if (state.Has(DeviceFaults.VerboseBanner))
        {
            return AnswerPage(context, StatusCodes.Status404NotFound, Pages.VerboseNotFound(state));
        }

        AnswerBare(context, StatusCodes.Status404NotFound);
        return Task.CompletedTask;
    }

    private static Task AnswerOtherMethod(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        AnswerBare(context, StatusCodes.Status405MethodNotAllowed);
        return Task.CompletedTask;
    }

    private static async Task<IFormCollection> ReadFormAsync(HttpContext context, int limit)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }

        if (!context.Request.HasFormContentType)
        {
            throw new InvalidDataException("not a form");
        }

        // Everything stays in memory: the device has no disk to spool to.
        var options = new FormOptions
        {
            BufferBody = false,
            MemoryBufferThreshold = limit,
            ValueCountLimit = 16,
            KeyLengthLimit = 64,
            ValueLengthLimit = FormLimit,
            MultipartHeadersCountLimit = 8,
            MultipartHeadersLengthLimit = 1024,
            MultipartBodyLengthLimit = limit,
        };
        return await new FormFeature(context.Request, options).ReadFormAsync(context.RequestAborted);
    }

    private static Task AnswerUpdate(HttpContext context, int status, UpdateOutcome outcome) => AnswerJson(context, status, outcome, WebJson.Default.UpdateOutcome);

    private static Task AnswerJson<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        SetCommonHeaders(context);
        return context.Response.WriteAsJsonAsync(value, type, cancellationToken: context.RequestAborted);
    }

    internal static Task AnswerPage(HttpContext context, int status, string page) => AnswerBytes(context, status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page));

    internal static async Task AnswerBytes(HttpContext context, int status, string type, ReadOnlyMemory<byte> bytes, string scripts = "")
    {
        context.Response.StatusCode = status;
        SetCommonHeaders(context);
        if (scripts.Length > 0)
        {
            context.Response.Headers.ContentSecurityPolicy += $"; {scripts}";
        }

        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        context.Response.BodyWriter.Write(bytes.Span);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static void SetCommonHeaders(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";
    }
}

/// <summary>Answer of <c>/api/version</c>.</summary>
internal sealed record VersionAnswer(string Version);

/// <summary>Answer of <c>/status</c>: temperatures in degrees Celsius, pressure in bar.</summary>
internal sealed record StatusAnswer(double WaterTemperature, int SetPoint, bool EcoMode, string Burner, double Pressure, string WifiNetwork, string Firmware);

/// <summary>JSON of the web interface.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(HeaterSettings))]
[JsonSerializable(typeof(UpdateOutcome))]
internal sealed partial class WebJson : JsonSerializerContext;
