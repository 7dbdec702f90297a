using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using DeviceConformance.Model.Standard;
using DeviceConformance.Tests.EndToEnd;

namespace DeviceConformance.Benchmarks.Identify;

/// <summary>What speaks on 23 open TCP ports, most of them unusual for it: ours and nmap -sV.</summary>
/// <remarks>Ten ports are real servers of Debian. The rest answer with the first words of their protocol, stay silent, or close at once.</remarks>
internal static partial class IdentifyComparison
{
    private static readonly (int Port, string Service)[] _servers =
        [(21, "ftp"), (22, "ssh"), (23, "telnet"), (80, "http"), (443, "http"), (1883, "mqtt"), (8883, "mqtt"), (8081, "http"), (20022, "ssh"), (21883, "mqtt")];

    // What is said on connecting (Greets) or to whatever is asked; empty: nothing, ever; null: the connection is closed at once.
    private static readonly (int Port, string Service, bool Greets, string? Says)[] _actors =
    [
        (25, "smtp", true, "220 hub.local ESMTP Postfix\r\n"),
        (110, "pop3", true, "+OK Dovecot ready.\r\n"),
        (143, "imap", true, "* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE IDLE STARTTLS] Dovecot ready.\r\n"),
        (5900, "rfb", true, "RFB 003.008\n"),
        (2121, "ftp", true, "220 ProFTPD Server (Camera) [10.0.0.2]\r\n"),
        (554, "rtsp", false, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: GStreamer RTSP server\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n"),
        (5060, "sip", false, "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP dct;branch=z9hG4bKdct\r\nCSeq: 1 OPTIONS\r\nServer: Asterisk PBX 16\r\nContent-Length: 0\r\n\r\n"),
        (49152, "http", false, "HTTP/1.1 404 Not Found\r\nServer: Linux/3.10 UPnP/1.0 MiniUPnPd/2.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        (7777, "", false, "\u0001\u0002\u0003\u0004"),
        (9100, "", false, ""),
        (33333, "", false, ""),
        (40404, "", false, ""),
        (60001, "", false, null),
    ];

    public static Comparison Comparison { get; } = new("identify", "services on 23 TCP ports: ours, nmap -sV", RunAsync);

    private static async Task<int> RunAsync(Options options)
    {
        using var device = await ServerDevice.StartAsync(StandardEdition.V3, Weakness.Telnet | Weakness.AnonymousFtp | Weakness.PlainBroker | Weakness.Ssh);
        var folder = device.Run("more");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $"daemon off; user root; pid {folder}/nginx.pid; events {{}} http {{ access_log off; server {{ listen 8081; return 200 ok; }} }}");
        await File.WriteAllTextAsync(Path.Combine(folder, "mosquitto.conf"), "user root\nlistener 21883\nallow_anonymous true\n");
        device.Network.Start("nginx", "-p", folder, "-e", "stderr", "-c", Path.Combine(folder, "nginx.conf"));
        device.Network.Start("mosquitto", "-c", Path.Combine(folder, "mosquitto.conf"));
        device.Network.Start("dropbear", "-F", "-E", "-s", "-R", "-p", "20022", "-P", Path.Combine(folder, "dropbear.pid"));
        using var end = new CancellationTokenSource();
        var actors = _actors.Select(actor => PlayAsync(device.Network.Listen(actor.Port), actor.Greets, actor.Says, end.Token)).ToList();
        foreach (var (port, _) in _servers)
        {
            await device.Network.WaitForPortAsync(port);
        }

        var ports = _servers.Select(server => server.Port).Concat(_actors.Select(actor => actor.Port)).Order().ToList();
        var truth = _servers.Concat(_actors.Where(actor => actor.Service.Length > 0).Select(actor => (actor.Port, actor.Service))).Select(service => $"{service.Port}/{service.Service}").ToHashSet();
        var address = device.Network.DeviceAddress.ToString();
        Contest.Run(
            "23 TCP ports, 18 of them with a service that can be named",
            [
                Contender.Ours("ours", "identify", address, string.Join(',', ports)),
                new Contender("nmap -sV -T4", ["nmap", "-sV", "-T4", "-n", "-Pn", "-p", string.Join(',', ports), "-oG", "-", address], Nmap),
            ],
            truth,
            options.Rounds,
            () => Counters.Of(device.Network));
        await end.CancelAsync();
        await Task.WhenAll(actors);
        return 0;
    }

    // A name with a question mark is a guess by the port's number: nothing was recognised.
    private static Answer Nmap(string output) => new(
        [.. Found().Matches(output).Where(match => !match.Groups[2].Value.EndsWith('?')).Select(match => $"{match.Groups[1].Value}/{Ours(match.Groups[2].Value.Split('|')[^1])}")],
        string.Join(' ', Found().Matches(output).Select(match => $"{match.Groups[1].Value}/{match.Groups[2].Value}")));

    private static string Ours(string nmap) => nmap switch
    {
        "vnc" => "rfb",
        "secure-mqtt" => "mqtt",
        "sip-proxy" => "sip",
        "upnp" => "http",
        // The name nmap's file gives to mosquitto's greeting.
        _ when nmap.StartsWith("mosquitto", StringComparison.Ordinal) => "mqtt",
        _ => nmap,
    };

    private static async Task PlayAsync(Socket door, bool greets, string? says, CancellationToken cancellationToken)
    {
        var guests = new List<Task>();
        try
        {
            while (true)
            {
                guests.Add(ServeAsync(await door.AcceptAsync(cancellationToken), greets, says, cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(guests);
        }
    }

    private static async Task ServeAsync(Socket guest, bool greets, string? says, CancellationToken cancellationToken)
    {
        using (guest)
        {
            try
            {
                if (says is null)
                {
                    return;
                }

                var words = Encoding.Latin1.GetBytes(says);
                if (greets)
                {
                    await guest.SendAsync(words, cancellationToken);
                }

                var buffer = new byte[4096];
                while (await guest.ReceiveAsync(buffer, cancellationToken) > 0)
                {
                    if (!greets && words.Length > 0)
                    {
                        await guest.SendAsync(words, cancellationToken);
                    }
                }
            }
            catch (Exception fault) when (fault is SocketException or OperationCanceledException)
            {
                return;
            }
        }
    }

    [GeneratedRegex(@"(\d+)/open/tcp//([^/]*)/")]
    private static partial Regex Found();
}
