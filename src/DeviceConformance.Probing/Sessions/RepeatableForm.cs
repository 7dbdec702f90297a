using System.Collections.Frozen;
using System.Collections.Immutable;
using DeviceConformance.Probing.Disclosure;

namespace DeviceConformance.Probing.Sessions;

/// <summary>A form that can be sent with the values that it shows, so that the device stays as it is.</summary>
/// <param name="Where">Page that holds it.</param>
/// <param name="Action">Path that it is sent to.</param>
/// <param name="Fields">What a browser would send if nothing were typed.</param>
/// <param name="HasToken">Whether it carries a token against forged requests.</param>
internal sealed record RepeatableForm(string Where, string Action, ImmutableArray<KeyValuePair<string, string>> Fields, bool HasToken)
{
    // Words that storing the values as they are has as well.
    private static readonly FrozenSet<string> _stores = new[] { "set", "save", "apply", "change", "edit", "submit", "write", "commit", "do", "action", "cmd", "command", "control", "update" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> _notTyped = new[] { "hidden", "submit", "button", "reset", "image" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a form can be sent as it stands.</summary>
    /// <param name="form">The form.</param>
    /// <param name="where">Page that holds it.</param>
    /// <param name="action">Path that it is sent to.</param>
    /// <param name="repeatable">The form to send.</param>
    /// <param name="whyNot">Why it must not be sent; empty when it may.</param>
    public static bool TryMake(HtmlFieldGroup form, string where, string action, out RepeatableForm repeatable, out string whyNot)
    {
        repeatable = new RepeatableForm(where, action, Sent(form), form.Fields.Any(WebNotes.IsToken));
        whyNot = WhyNot(form, action);
        return whyNot.Length == 0;
    }

    private static string WhyNot(HtmlFieldGroup form, string action)
    {
        var typed = form.Fields.Where(field => !_notTyped.Contains(field.Type)).ToList();
        var words = HttpLinks.ActionsIn(action)
            .Concat(form.Fields.Where(field => _notTyped.Contains(field.Type)).SelectMany(field => HttpLinks.ActionsIn($"{field.Name} {(field.Value.Length < 60 ? field.Value : "")}")))
            .FirstOrDefault(word => !_stores.Contains(word));
        var empty = typed.Find(field => field.Type is not ("checkbox" or "radio" or "select") && string.IsNullOrWhiteSpace(field.Value));
        return typed.Exists(field => field.Type == "file") ? "it takes a file"
            : typed.Exists(field => field.Type == "password") ? "it takes a password"
            : words is not null ? $"it speaks of '{words}'"
            : typed.TrueForAll(field => field.Name.Length == 0) ? "it shows no value, so it is a button"
            : empty is not null ? $"its field '{empty.Name}' is empty, so that it may make something new"
            : typed.Exists(field => field is { Type: "select", IsSent: false }) ? "the value of a list is not known"
            : "";
    }

    private static ImmutableArray<KeyValuePair<string, string>> Sent(HtmlFieldGroup form)
    {
        var fields = form.Fields.Where(field => field.IsSent && field.Name.Length > 0).Select(field => KeyValuePair.Create(field.Name, field.Value));
        // The one button with a name goes along, as it does when it is pressed.
        var buttons = form.Fields.Where(field => field.Type == "submit" && field.Name.Length > 0).ToList();
        return buttons.Count == 1 ? [.. fields, KeyValuePair.Create(buttons[0].Name, buttons[0].Value)] : [.. fields];
    }
}
