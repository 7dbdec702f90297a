using DeviceConformance.Emulator.Faults;

namespace DeviceConformance.Emulator.Web;

/// <summary>Texts of the web interface. Before the login they name neither maker, model nor version.</summary>
internal static class Pages
{
    /// <summary>Server header of the fault <see cref="DeviceFaults.VerboseBanner"/>.</summary>
    public const string VerboseServer = "thermoweb/1.2.3 (Linux 4.9.118)";

    /// <summary>What a refused login shows.</summary>
    public const string WrongLogin = "Wrong user name or password";

    /// <summary>What a locked login shows.</summary>
    public const string TooManyAttempts = "Too many attempts";

    /// <summary>The login form, with a message above it.</summary>
    public static string Login(string message) => $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head>
        <body><h1>Sign in</h1>{(message.Length > 0 ? $"<p>{message}</p>" : "")}
        <form method="post" action="/login">
        <label>User <input name="user" autocomplete="username"></label>
        <label>Password <input name="password" type="password" autocomplete="current-password"></label>
        <button>Sign in</button></form></body></html>

        """;

    /// <summary>Start page after the login.</summary>
    public static string Home(DeviceState state) => $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>GW-24 Connect</title></head>
        <body><h1>Thermona GW-24 Connect</h1>
        <p>Water {state.Settings.SetPoint} degrees, software {state.Firmware.Version}</p>
        <form method="post" action="/settings"><label>Water <input name="setPoint" value="{state.Settings.SetPoint}"></label><button>Save</button></form>
        <form method="post" action="/update" enctype="multipart/form-data"><input type="file" name="image"><button>Install</button></form>
        <form method="post" action="/update/check"><button>Look for an update</button></form>
        <form method="post" action="/logout"><button>Sign out</button></form></body></html>

        """;

    /// <summary>What the fault <see cref="DeviceFaults.VerboseBanner"/> answers for an unknown path.</summary>
    public static string VerboseNotFound(DeviceState state) => $"""
        <!DOCTYPE html>
        <html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1><hr>
        <address>{VerboseServer}, Thermona GW-24 Connect firmware {state.Firmware.Version}, Linux kernel 4.9.118-rt88 armv7l</address></body></html>

        """;

    /// <summary>The forgotten page of the fault <see cref="DeviceFaults.DebugPage"/>.</summary>
    public static string Debug(DeviceState state) => $"""
        <!DOCTYPE html>
        <html><head><title>Index of /var/thermo</title></head><body><h1>Index of /var/thermo</h1>
        <pre><a href="..">Parent Directory</a>
        <a href="config.bak">config.bak</a>      2026-03-02 11:04   4.1K
        <a href="heater.log">heater.log</a>      2026-03-02 11:09    18K
        <a href="wifi.conf">wifi.conf</a>       2026-03-02 10:58    212</pre>
        <h2>Last error</h2>
        <pre>Traceback (most recent call last):
          File "/opt/thermo/scheduler.py", line 214, in run
            self.burner.ignite(timeout=None)
          File "/opt/thermo/burner.py", line 77, in ignite
            raise FlameError("no flame after 5 s")
        FlameError: no flame after 5 s</pre>
        <h2>wifi.conf</h2>
        <pre>ssid="Homestead"
        wifi_password="lavender-kettle-19"
        firmware={state.Firmware.Version}</pre></body></html>

        """;
}
