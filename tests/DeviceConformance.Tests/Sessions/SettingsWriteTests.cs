using DeviceConformance.Emulator.Faults;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Sessions;
using DeviceConformance.Tests.Emulator;
using DeviceConformance.Tests.Logins;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace DeviceConformance.Tests.Sessions;

[Parallelizable(ParallelScope.All)]
public sealed class SettingsWriteTests
{
    [TestCase(DeviceFaults.None, AccessResult.Refused)]
    [TestCase(DeviceFaults.OpenSettings, AccessResult.Granted)]
    public async Task Form_is_sent_as_it_stands_by_nobody_and_by_somebody(DeviceFaults fault, AccessResult expected)
    {
        await using var device = await TestDevice.StartAsync(fault);

        var seen = await SessionBench.AskAsync(device, endpoint => new SettingsWriteTrial(endpoint, SessionBench.Mechanism, SessionBench.Form, "/home"));

        Assert.Multiple(() =>
        {
            Assert.That(seen.Writes.Select(write => (write.Where, write.Action, write.Anonymous, write.Invented, write.Ended, write.Valid)), Is.EqualTo(new[] { ("/home", "/settings", expected, expected, expected, AccessResult.Granted) }));
            Assert.That(seen.Writes[0].Text, Does.Not.Contain("other values"));
            Assert.That(seen.NotTried, Is.SupersetOf(new[] { "POST /update on /home: it takes a file", "POST /update/check on /home: it shows no value, so it is a button", "POST /logout on /home: it speaks of 'logout'" }));
            Assert.That(seen.SameSite, Is.True);
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        });
    }

    [Test]
    public async Task Session_that_was_logged_out_of_still_changes_settings()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.KeptSession);

        var seen = await SessionBench.AskAsync(device, endpoint => new SettingsWriteTrial(endpoint, SessionBench.Mechanism, SessionBench.Form, "/home"));

        Assert.That((seen.Writes[0].Anonymous, seen.Writes[0].Ended), Is.EqualTo((AccessResult.Refused, AccessResult.Granted)), seen.Writes[0].Text);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Server_that_takes_any_form_anywhere_proves_nothing(bool everywhere)
    {
        await using var device = await WebDevice.StartAsync(async context =>
        {
            var isIn = context.Request.Headers.Authorization.ToString().StartsWith("Basic ", StringComparison.Ordinal);
            if (context.Request.Method == "POST")
            {
                context.Response.StatusCode = everywhere || context.Request.Path == "/mode" ? 200 : 404;
                await context.Response.WriteAsync(context.Response.StatusCode == 200 ? "settings stored" : "");
                return;
            }

            context.Response.StatusCode = context.Request.Path != "/home" ? 404 : isIn ? 200 : 401;
            context.Response.Headers.WWWAuthenticate = "Basic realm=heater";
            await context.Response.WriteAsync(isIn ? "<form method=post action=/mode><select name=mode><option value=a><option value=b selected></select></form>" : "");
        });
        var login = new LoginPoint(LoginProtocol.HttpBasic, device.Port, false, "/home", null);

        var seen = await SessionBench.AskAsync(device, endpoint => new SettingsWriteTrial(endpoint, SessionBench.Mechanism, login, "/home"));

        Assert.That((seen.Writes[0].Anonymous, seen.Writes[0].Invented), Is.EqualTo((everywhere ? AccessResult.Unclear : AccessResult.Granted, AccessResult.NotTried)), seen.Writes[0].Text);
    }

    [TestCase("<form method=post action=/mode><input name=mode value=eco></form>", "")]
    [TestCase("<form method=post action=/wifi><input name=ssid value=Home><input type=password name=psk></form>", "it takes a password")]
    [TestCase("<form method=post action=/mode><input name=mode value=eco><input type=hidden name=cmd value=factory_reset></form>", "it speaks of 'factory'")]
    [TestCase("<form method=post action=/user/add><input name=user value=x></form>", "it speaks of 'add'")]
    [TestCase("<form method=post action=/user><input name=user></form>", "its field 'user' is empty, so that it may make something new")]
    [TestCase("<form method=post action=/do><button>Go</button></form>", "it shows no value, so it is a button")]
    [TestCase("<form method=post action=/fw><input type=file name=f></form>", "it takes a file")]
    [TestCase("<form method=post action=/mode><select name=m><option>a</select></form>", "the value of a list is not known")]
    public void Only_forms_that_leave_the_device_as_it_is_are_sent(string html, string why)
    {
        var form = HtmlPage.Read(html).Forms[0];
        Assert.That(RepeatableForm.TryMake(form, "/", form.Action, out _, out var whyNot), Is.EqualTo(why.Length == 0));
        Assert.That(whyNot, Is.EqualTo(why));
    }

    [Test]
    public void Values_are_those_that_a_browser_would_send()
    {
        var form = HtmlPage.Read("""<form method=post><input name=a value="1 &amp; 2"><input type=checkbox name=b checked><input type=checkbox name=c><input type=radio name=d value=x><input type=radio name=d value=y checked><textarea name=e>""" + "\nline</textarea><select name=f><option value=1><option value=2 selected></select><input type=submit name=save value=Save></form>").Forms[0];
        Assert.That(RepeatableForm.TryMake(form, "/", "/x", out var repeatable, out _), Is.True);
        Assert.That(string.Join('&', repeatable.Fields.Select(field => $"{field.Key}={field.Value}")), Is.EqualTo("a=1 & 2&b=on&d=y&e=line&f=2&save=Save"));
    }
}
