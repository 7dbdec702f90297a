using DeviceConformance.Probing.Http;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Means of debugging inside HTTP, recognised by what they answer.</summary>
internal static class DebugPages
{
    /// <summary>What an answer to a GET without login shows of a debugger or a container engine; null for anything else.</summary>
    public static string? Recognise(HttpAnswer answer, string path)
    {
        if (answer.Status != 200)
        {
            return null;
        }

        // The inspector names the protocol it speaks and where its socket is (Chrome DevTools Protocol; Node.js inspector).
        if (path == "/json/version" && answer.Text.Contains("\"Protocol-Version\"", StringComparison.Ordinal))
        {
            return answer.Text.Contains("node.js", StringComparison.OrdinalIgnoreCase) ? "Node.js inspector takes anybody: any code in the program" : "browser's remote debugger takes anybody: any code in the browser";
        }

        return path == "/containers/json" && (answer.Header("Api-Version").Length > 0 || answer.Header("Server").StartsWith("Docker/", StringComparison.OrdinalIgnoreCase))
            ? "container engine takes anybody: any command as its user, root as a rule"
            : null;
    }
}
