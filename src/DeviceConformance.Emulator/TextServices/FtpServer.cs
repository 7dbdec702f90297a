using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Emulator.Listening;

namespace DeviceConformance.Emulator.TextServices;

/// <summary>The fault ftp-anonymous: a read-only FTP server (RFC 959, RFC 2428, RFC 3659 SIZE) that gives two small files to anybody.</summary>
internal sealed class FtpServer(DeviceState state)
{
    private static readonly TimeSpan DataPatience = TimeSpan.FromSeconds(10);

    private static readonly ImmutableSortedDictionary<string, string> Files = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("heater.log", "2026-03-02 11:04:31 burner ignited\r\n2026-03-02 11:06:02 water 52.0 C\r\n2026-03-02 11:09:47 web login of admin from 192.168.4.23\r\n"),
        KeyValuePair.Create("readme.txt", "Service files. Not for customers.\r\n"),
    ]);

    /// <summary>Serves a control connection.</summary>
    public async Task ServeAsync(TcpConnection connection, CancellationToken stopping)
    {
        using var lines = new LineConnection(connection.Stream, state.Time, stopping);
        using var session = new Session(state, lines, connection);
        await lines.WriteAsync("220 Service FTP ready\r\n");
        while (await lines.ReadLineAsync() is { } line && await session.DoAsync(line))
        {
        }
    }

    private sealed class Session(DeviceState state, LineConnection lines, TcpConnection control) : IDisposable
    {
        private string user = "";
        private bool loggedIn;
        private Socket? passive;

        /// <summary>Carries out a command.</summary>
        /// <returns>Whether the connection goes on.</returns>
        public async Task<bool> DoAsync(string line)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var verb = (space < 0 ? line : line[..space]).ToUpperInvariant();
            var argument = space < 0 ? "" : line[(space + 1)..].Trim();
            switch (verb)
            {
                case "USER":
                    (user, loggedIn) = (argument, false);
                    await ReplyAsync("331 Password, please");
                    return true;
                case "PASS":
                    loggedIn = user.Equals("anonymous", StringComparison.OrdinalIgnoreCase) || user.Equals("ftp", StringComparison.OrdinalIgnoreCase);
                    state.Log.Note($"FTP login of '{DeviceLog.Foreign(user)}' from {control.Remote}: {(loggedIn ? "Accepted" : "Wrong")}");
                    await ReplyAsync(loggedIn ? "230 Logged in" : "530 Login incorrect");
                    return true;
                case "SYST":
                    await ReplyAsync("215 UNIX Type: L8");
                    return true;
                case "FEAT":
                    await ReplyAsync("211-Features\r\n EPSV\r\n PASV\r\n SIZE\r\n211 End");
                    return true;
                case "NOOP":
                    await ReplyAsync("200 Done");
                    return true;
                case "QUIT":
                    await ReplyAsync("221 Goodbye");
                    return false;
                case "TYPE" or "MODE" or "STRU" or "PWD" or "XPWD" or "CWD" or "CDUP" or "PASV" or "EPSV" or "LIST" or "NLST" or "RETR" or "SIZE" when !loggedIn:
                    await ReplyAsync("530 Log in first");
                    return true;
                case "TYPE":
                    await ReplyAsync(argument.ToUpperInvariant() is "A" or "A N" or "I" or "L 8" ? "200 Done" : "504 Not here");
                    return true;
                case "MODE" or "STRU":
                    await ReplyAsync(argument.Equals(verb == "MODE" ? "S" : "F", StringComparison.OrdinalIgnoreCase) ? "200 Done" : "504 Not here");
                    return true;
                case "PWD" or "XPWD":
                    await ReplyAsync("257 \"/\" is the directory");
                    return true;
                case "CWD" or "CDUP":
                    await ReplyAsync(verb == "CDUP" || argument is "/" or "." or ".." ? "250 Done" : "550 No such directory");
                    return true;
                case "PASV" or "EPSV":
                    await OpenPassiveAsync(extended: verb == "EPSV", argument);
                    return true;
                case "LIST" or "NLST":
                    await SendAsync(string.Concat(Files.Select(file => verb == "NLST" ? $"{file.Key}\r\n" : $"-r--r--r-- 1 root root {file.Value.Length,8} Mar  2 11:09 {file.Key}\r\n")));
                    return true;
                case "RETR" or "SIZE":
                    var name = argument.StartsWith('/') ? argument[1..] : argument;
                    if (!Files.TryGetValue(name, out var content))
                    {
                        await ReplyAsync("550 No such file");
                    }
                    else if (verb == "SIZE")
                    {
                        await ReplyAsync($"213 {content.Length}");
                    }
                    else
                    {
                        await SendAsync(content);
                    }

                    return true;
                default:
                    // PORT and EPRT among them: the device opens no connection to where a client says.
                    await ReplyAsync("502 Not here");
                    return true;
            }
        }

        public void Dispose() => passive?.Dispose();

        private ValueTask ReplyAsync(string text) => lines.WriteAsync(text + "\r\n");

        private async Task OpenPassiveAsync(bool extended, string argument)
        {
            passive?.Dispose();
            passive = null;
            var family = control.Local.AddressFamily;
            if (extended && argument.ToUpperInvariant() is not ("" or "1" or "2" or "ALL"))
            {
                await ReplyAsync("522 Network protocol not supported, use (1,2)");
                return;
            }

            if (extended && argument.Equals("ALL", StringComparison.OrdinalIgnoreCase))
            {
                await ReplyAsync("200 Done");
                return;
            }

            if ((!extended && family != AddressFamily.InterNetwork) || (argument == "1" && family != AddressFamily.InterNetwork) || (argument == "2" && family != AddressFamily.InterNetworkV6))
            {
                await ReplyAsync(extended ? $"522 Network protocol not supported, use ({(family == AddressFamily.InterNetwork ? 1 : 2)})" : "425 Use EPSV");
                return;
            }

            passive = ListenSockets.Bind(new IPEndPoint(control.Local.Address, 0));
            passive.Listen(1);
            var port = ((IPEndPoint)passive.LocalEndPoint!).Port;
            await ReplyAsync(extended
                ? $"229 Extended passive mode (|||{port}|)"
                : $"227 Passive mode ({string.Join(',', control.Local.Address.GetAddressBytes())},{port >> 8},{port & 0xFF})");
        }

        private async Task SendAsync(string content)
        {
            if (passive is not { } listener)
            {
                await ReplyAsync("425 Use PASV or EPSV first");
                return;
            }

            passive = null;
            using (listener)
            {
                await ReplyAsync("150 Here it comes");
                using var deadline = new IdleDeadline(DataPatience, state.Time, lines.Deadline);
                try
                {
                    using var data = await listener.AcceptAsync(deadline.Token);

                    // Otherwise somebody else could collect what this client asked for.
                    if (!((IPEndPoint)data.RemoteEndPoint!).Address.Equals(control.Remote.Address))
                    {
                        await ReplyAsync("425 Connection of a stranger");
                        return;
                    }

                    await data.SendAsync(Encoding.Latin1.GetBytes(content), deadline.Token);
                    data.Shutdown(SocketShutdown.Send);
                }
                catch (Exception lost) when (lost is SocketException || (lost is OperationCanceledException && !lines.Deadline.IsCancellationRequested))
                {
                    await ReplyAsync("425 No data connection");
                    return;
                }
            }

            await ReplyAsync("226 Done");
        }
    }
}
