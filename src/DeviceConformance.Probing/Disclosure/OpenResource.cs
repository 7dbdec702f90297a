using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>What an answer to somebody who has not logged in lets anybody use, in words.</summary>
internal static class OpenResource
{
    /// <summary>What a form lets anybody do; empty when it is harmless.</summary>
    public static string OfForm(HtmlFieldGroup form)
    {
        var shown = form.Fields.Where(field => field.Type is not ("hidden" or "submit" or "button" or "reset" or "image" or "search")).ToList();
        return shown.Exists(field => field.Type == "file") ? "form that takes a file"
            : shown.Exists(field => field.Type == "password") ? "form that sets a password"
            : form.Post && shown.Exists(field => field.Name.Length > 0) ? $"form with {string.Join(", ", shown.Select(field => field.Name).Where(name => name.Length > 0).Take(8))}"
            : "";
    }

    /// <summary>What an answer gives; empty when it is nothing of the kind.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="reading">What it says.</param>
    /// <param name="path">The path.</param>
    /// <param name="anythingGoes">Whether the server makes up a page for every path, so that only what a page says counts.</param>
    public static string Of(HttpAnswer answer, HttpAnswerReading reading, HttpPath path, bool anythingGoes)
    {
        if (path.Kind == HttpPathKind.Public)
        {
            return "";
        }

        if (reading.File is { } file)
        {
            return Describe(file, path.Kind);
        }

        if (reading.IsSourceMap)
        {
            return "source map, from which the source code of the interface can be read";
        }

        if (reading.Content == HttpContent.Media)
        {
            // Pictures that a page names belong to its looks; those that the list asks for are what the device sees.
            return path.Kind == HttpPathKind.Media || answer.Header("Content-Type").StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) ? $"picture, video or sound ({Type(answer)})" : "";
        }

        if (reading.Found.HasAny(DisclosureKind.DirectoryListing))
        {
            return "list of files";
        }

        if (reading.Found.HasAny(DisclosureKind.Log))
        {
            return "log";
        }

        if (reading.Found.HasAny(DisclosureKind.Credential, DisclosureKind.Status, DisclosureKind.PersonalData, DisclosureKind.InternalError, DisclosureKind.Network, DisclosureKind.UserName) || reading.HasValues)
        {
            return path.Kind == HttpPathKind.Discovery ? "" : Named(path.Kind);
        }

        return !anythingGoes && IsSensitive(path.Kind) && !reading.LooksLikeRefusal && !reading.IsMadeByScripts && reading.Content is not HttpContent.Json ? Named(path.Kind) : "";
    }

    /// <summary>What is kept of it: never a secret.</summary>
    public static string Excerpt(HttpAnswer answer, HttpAnswerReading reading) =>
        reading.File is { } file ? $"{(answer.BodyCut ? "more than " : "")}{answer.Body.Length} bytes, {file.What}{Holding(file)}"
        : reading.Content is HttpContent.Binary or HttpContent.Media ? $"{answer.Body.Length} bytes of {Type(answer)}"
        : reading.Content == HttpContent.Json ? $"values of {string.Join(", ", reading.Names)}"
        : reading.Found.Redact(reading.Text);

    private static string Describe(KnownFile file, HttpPathKind kind) =>
        kind is HttpPathKind.Linked or HttpPathKind.Entry or HttpPathKind.Api ? $"{(file.IsFirmware ? "firmware or part of it" : "file")} to take away ({file.What})" : $"{Named(kind)} to take away ({file.What})";

    private static string Holding(KnownFile file) =>
        file.Names.IsEmpty ? "" : $" with {string.Join(", ", file.Names.Take(6))}{(file.Names.Length > 6 ? " ..." : "")}";

    private static bool IsSensitive(HttpPathKind kind) =>
        kind is HttpPathKind.Status or HttpPathKind.Configuration or HttpPathKind.Firmware or HttpPathKind.Backup or HttpPathKind.Debug or HttpPathKind.Diagnostics or HttpPathKind.Log or HttpPathKind.Source;

    private static string Named(HttpPathKind kind) => kind switch
    {
        HttpPathKind.Configuration => "settings",
        HttpPathKind.Firmware => "firmware page or image",
        HttpPathKind.Backup => "copy of the settings",
        HttpPathKind.Debug => "debug page",
        HttpPathKind.Diagnostics => "diagnostics",
        HttpPathKind.Log => "log",
        HttpPathKind.Source => "source code or its history",
        HttpPathKind.Api => "API that answers with data",
        HttpPathKind.Status => "state of the device",
        _ => "page or data of the device",
    };

    private static string Type(HttpAnswer answer) => answer.Header("Content-Type").Split(';')[0] is { Length: > 0 } type ? type : "unknown type";
}
