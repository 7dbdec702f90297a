using System.Collections.Immutable;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>A field of an HTML form.</summary>
/// <param name="Name">Name under which it is sent; empty when it has none, so that only a script can send it.</param>
/// <param name="Type">Type in lower case: text, password, hidden, file, select, textarea ...</param>
/// <param name="Value">Value that the page fills in; of a list the chosen one, of a text area its text.</param>
/// <param name="IsSent">Whether a browser would send it as it stands: boxes and buttons only when they are chosen.</param>
public sealed record HtmlField(string Name, string Type, string Value, bool IsSent = true);

/// <summary>An HTML form, or the fields of a page outside any form.</summary>
/// <param name="Action">Where it is sent to, as written; empty: the page itself.</param>
/// <param name="Post">Whether it is sent with POST.</param>
/// <param name="IsForm">Whether there is a form element; fields outside one can only be sent by a script.</param>
/// <param name="Fields">Fields, in the order of the page.</param>
public sealed record HtmlFieldGroup(string Action, bool Post, bool IsForm, ImmutableArray<HtmlField> Fields);

/// <summary>Puts together the forms of a page as its tags come, with what a browser would send of them as they stand.</summary>
internal sealed class HtmlForms
{
    // What an option without a value would send is its text, which is not kept.
    private const string Unknown = "\0";

    private readonly List<HtmlFieldGroup> _forms = [];
    private readonly List<HtmlField> _loose = [];
    private (string Action, bool Post, List<HtmlField> Fields)? _form;
    private (string Name, string? First, string? Chosen)? _select;

    /// <summary>Begins a form; one that was not closed ends there.</summary>
    public void Open(string action, bool post)
    {
        Close();
        _form = (action, post, []);
    }

    /// <summary>Ends the form.</summary>
    public void Close()
    {
        CloseSelect();
        if (_form is { } form && _forms.Count < HtmlPage.MaxForms)
        {
            _forms.Add(new HtmlFieldGroup(form.Action, form.Post, IsForm: true, [.. form.Fields]));
        }

        _form = null;
    }

    /// <summary>Adds an input element.</summary>
    /// <param name="name">Name.</param>
    /// <param name="type">Type in lower case.</param>
    /// <param name="value">Value; null when there is none.</param>
    /// <param name="isChecked">Whether a box or button is chosen.</param>
    public void AddInput(string name, string type, string? value, bool isChecked)
    {
        var isBox = type is "checkbox" or "radio";
        Add(new HtmlField(name, type, value ?? (isBox ? "on" : ""), isBox ? isChecked : type is not ("submit" or "button" or "reset" or "image" or "file")));
    }

    /// <summary>Adds a text area.</summary>
    /// <remarks>A line feed right after the tag is not part of the text (HTML, 13.2.6.4.7).</remarks>
    public void AddTextArea(string name, string text) => Add(new HtmlField(name, "textarea", text.StartsWith('\n') ? text[1..] : text));

    /// <summary>Begins a list to choose from.</summary>
    public void OpenSelect(string name)
    {
        CloseSelect();
        _select = (name, null, null);
    }

    /// <summary>Adds an option of the list.</summary>
    public void AddOption(string? value, bool isSelected)
    {
        if (_select is { } select)
        {
            _select = (select.Name, select.First ?? value ?? Unknown, isSelected ? value ?? Unknown : select.Chosen);
        }
    }

    /// <summary>Ends the list: what it sends is the chosen option, or the first.</summary>
    public void CloseSelect()
    {
        if (_select is { } select)
        {
            var chosen = select.Chosen ?? select.First ?? Unknown;
            Add(new HtmlField(select.Name, "select", chosen == Unknown ? "" : chosen, chosen != Unknown));
            _select = null;
        }
    }

    /// <summary>All forms; fields outside any form come last, as a group that is none.</summary>
    public ImmutableArray<HtmlFieldGroup> Done()
    {
        Close();
        return _loose.Count > 0 ? [.. _forms, new HtmlFieldGroup("", Post: true, IsForm: false, [.. _loose])] : [.. _forms];
    }

    private void Add(HtmlField field)
    {
        var fields = _form?.Fields ?? _loose;
        if (fields.Count < HtmlPage.MaxFields)
        {
            fields.Add(field);
        }
    }
}
