using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.Login;

namespace DeviceConformance.Emulator.TextServices;

/// <summary>The fault telnet-open: the maker's service login, the same on every unit, over Telnet.</summary>
internal sealed class TelnetLogin(DeviceState state)
{
    /// <summary>User name of the service login.</summary>
    public const string User = "root";

    /// <summary>Password of the service login.</summary>
    public const string Password = "GW24-service";

    private const int LoginsPerConnection = 3;

    /// <summary>Serves a connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var lines = new LineConnection(connection.Stream, state.Time, stopping);
        var terminal = new TelnetTerminal(lines);
        await terminal.NegotiateAsync();
        await lines.WriteAsync("\r\nGW-24 Connect\r\n\r\n");
        for (var attempt = 0; attempt < LoginsPerConnection; attempt++)
        {
            await lines.WriteAsync("login: ");
            if (await terminal.ReadLineAsync(echo: true) is not { } user)
            {
                return;
            }

            await lines.WriteAsync("Password: ");
            if (await terminal.ReadLineAsync(echo: false) is not { } password)
            {
                return;
            }

            var right = user == User && Passwords.AreEqual(password, Password);
            state.Log.Note($"Telnet login of '{DeviceLog.Foreign(user)}' from {connection.Remote}: {(right ? LoginResult.Accepted : LoginResult.Wrong)}");
            if (right)
            {
                await RunShellAsync(lines, terminal);
                return;
            }

            await lines.WriteAsync("Login incorrect\r\n");
        }
    }

    private async Task RunShellAsync(LineConnection lines, TelnetTerminal terminal)
    {
        await lines.WriteAsync("\r\nBusyBox v1.24.1 built-in shell (ash)\r\n\r\n# ");
        while (await terminal.ReadLineAsync(echo: true) is { } line)
        {
            var command = line.Trim();
            if (command is "exit" or "logout")
            {
                return;
            }

            var answer = command switch
            {
                "" => "",
                "help" => "cat exit help id ls uname uptime\r\n",
                "id" => "uid=0(root) gid=0(root)\r\n",
                "ls" => "bin  dev  etc  opt  proc  tmp  usr  var\r\n",
                "uname -a" => "Linux gw24 4.9.118 #1 PREEMPT armv7l GNU/Linux\r\n",
                "uptime" => "up 3 days, 4:12, load average: 0.02, 0.03, 0.00\r\n",
                "cat /etc/version" => $"GW-24 Connect {state.Firmware.Version}\r\n",
                _ => $"-sh: {DeviceLog.Foreign(command.Split(' ')[0])}: not found\r\n",
            };
            await lines.WriteAsync(answer + "# ");
        }
    }
}
