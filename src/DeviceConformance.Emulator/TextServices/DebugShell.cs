using DeviceConformance.Emulator.Listening;

namespace DeviceConformance.Emulator.TextServices;

/// <summary>The fault ipv6-debug-port: a shell of the factory that was left open, on IPv6 only and without login.</summary>
internal sealed class DebugShell(DeviceState state)
{
    /// <summary>Serves a connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var lines = new LineConnection(connection.Stream, state.Time, stopping);
        state.Log.Note($"debug shell: connection from {connection.Remote}");
        await lines.WriteAsync($"GW24 debug shell, firmware {state.Firmware.Version}\r\n> ");
        while (await lines.ReadLineAsync() is { } line)
        {
            var answer = line.Trim() switch
            {
                "help" => "help info sensors tasks log quit",
                "info" => $"GW-24 Connect rev C, serial GW24-004711, firmware {state.Firmware.Version}, kernel 4.9.118",
                "sensors" => "water 48.5 C, flow 0.0 l/min, pressure 1.6 bar, flame 0",
                "tasks" => "burner running, web running, mqtt running, watchdog running",
                "log" => "burner: standby",
                "" => "",
                "quit" or "exit" => null,
                _ => "unknown command",
            };
            if (answer is null)
            {
                await lines.WriteAsync("bye\r\n");
                return;
            }

            await lines.WriteAsync(answer.Length > 0 ? $"{answer}\r\n> " : "> ");
        }
    }
}
