using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace DeviceConformance.Tests.Lab;

/// <summary>
/// A network of its own for a device that a test plays: a namespace that a veth pair joins to the test process's network.
/// The test process stays where it is and reaches the device at <see cref="DeviceAddress"/> or <see cref="DeviceAddressV6"/>.
/// </summary>
/// <remarks>
/// Needs root on Linux, iproute2 and, for <see cref="Filter"/>, nftables; without them the test is skipped and says so.
/// Every instance takes a free /30 of 10.77.0.0/16 and a /64 of fd77::/32, so that test processes can run side by side.
/// </remarks>
public sealed class NetworkNamespace : IDisposable
{
    private const int Slots = 64 * 256;
    private const int CloneNewNet = 0x40000000;
    private const string Remedy = "apt-get install iproute2 nftables; sudo dotnet test tests/DeviceConformance.Tests";
    private static readonly TimeSpan _toolDeadline = TimeSpan.FromSeconds(20);

    private readonly string _hostLink;
    private readonly List<Process> _daemons = [];
    private readonly List<Socket> _listeners = [];
    private readonly List<string> _files = [];

    private NetworkNamespace(int slot)
    {
        Name = $"dct-{slot}";
        _hostLink = $"dct-{slot}h";
        HostAddress = new IPAddress([10, 77, (byte)(slot / 64), (byte)(slot % 64 * 4 + 1)]);
        DeviceAddress = new IPAddress([10, 77, (byte)(slot / 64), (byte)(slot % 64 * 4 + 2)]);
        HostAddressV6 = IPAddress.Parse($"fd77:0:0:{slot:x}::1");
        DeviceAddressV6 = IPAddress.Parse($"fd77:0:0:{slot:x}::2");
    }

    /// <summary>Name of the namespace, for <c>ip netns exec</c>.</summary>
    public string Name { get; }

    /// <summary>Name of the link on the side of the test process.</summary>
    public string HostLink => _hostLink;

    /// <summary>IPv4 address of the test process as the device sees it.</summary>
    public IPAddress HostAddress { get; }

    /// <summary>IPv4 address of the device.</summary>
    public IPAddress DeviceAddress { get; }

    /// <summary>IPv6 address of the test process as the device sees it.</summary>
    public IPAddress HostAddressV6 { get; }

    /// <summary>IPv6 address of the device.</summary>
    public IPAddress DeviceAddressV6 { get; }

    /// <summary>Whether the host has IPv6.</summary>
    public bool HasIPv6 { get; private set; }

    /// <summary>Makes a namespace, or skips the test with the reason.</summary>
    public static NetworkNamespace CreateOrSkip()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore($"needs root on Linux to make a network namespace: {Remedy}");
        }

        if (!HasTool("ip"))
        {
            Assert.Ignore($"needs the program 'ip': {Remedy}");
        }

        var firstSlot = Random.Shared.Next(Slots);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var made = new NetworkNamespace((firstSlot + attempt) % Slots);
            // The name is the lock: only one process can make it.
            if (Tool("ip", ["netns", "add", made.Name]) is { Code: not 0 } refused)
            {
                if (refused.Errors.Contains("exists", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                Assert.Ignore($"this host does not let root make a network namespace ({refused.Errors.Trim()}): {Remedy}");
            }

            try
            {
                made.Connect();
                return made;
            }
            catch
            {
                made.Dispose();
                throw;
            }
        }

        throw new InvalidOperationException("20 network namespaces in a row are taken; remove old ones: ip -all netns delete");
    }

    /// <summary>Whether a program is installed.</summary>
    public static bool HasTool(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"])
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs a program in the test process's network to its end and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string RunOnHost(string program, params IReadOnlyList<string> arguments) => Checked(program, arguments);

    /// <summary>Runs a program in the device's network to its end and gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public string Run(string program, params IReadOnlyList<string> arguments) => Checked("ip", ["netns", "exec", Name, program, .. arguments]);

    /// <summary>Starts a daemon in the device's network, in the foreground; it ends with the namespace.</summary>
    public Process Start(string program, params IReadOnlyList<string> arguments)
    {
        var daemon = Launch("ip", ["netns", "exec", Name, program, .. arguments]);
        // Nobody waits for what a daemon prints; an undrained pipe would stop it.
        daemon.OutputDataReceived += static (_, _) => { };
        daemon.ErrorDataReceived += static (_, _) => { };
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
        _daemons.Add(daemon);
        return daemon;
    }

    /// <summary>Waits until a port of the device accepts a connection.</summary>
    /// <exception cref="TimeoutException">It does not within ten seconds.</exception>
    public async Task WaitForPortAsync(int port, bool ipv6 = false)
    {
        var target = ipv6 ? DeviceAddressV6 : DeviceAddress;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(target, port, deadline.Token);
                return;
            }
            catch (SocketException)
            {
                await tick.WaitForNextTickAsync(CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"nothing accepts connections on {target} port {port}");
            }
        }
    }

    /// <summary>Waits until something listens on UDP ports of the device.</summary>
    /// <exception cref="TimeoutException">It does not within ten seconds.</exception>
    public async Task WaitForUdpPortsAsync(params int[] ports)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (ports.Where(port => !Run("ss", "-Hlun", "sport", "=", $":{port}").Contains($":{port}", StringComparison.Ordinal)).ToList() is { Count: > 0 } missing)
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"nothing listens on UDP {string.Join(", ", missing)}");
            }

            await tick.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>A listening socket of this process inside the device's network; port 0 takes a free one. It is closed with the namespace.</summary>
    public Socket Listen(int port, bool ipv6 = false, int backlog = 64) => InDeviceNetwork(() =>
    {
        var socket = new Socket(ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        socket.Listen(backlog);
        _listeners.Add(socket);
        return socket;
    });

    /// <summary>Does something on a thread inside the device's network. Sockets opened there belong to it for good.</summary>
    public T InDeviceNetwork<T>(Func<T> action)
    {
        T result = default!;
        Exception? fault = null;
        // A thread of its own: it ends afterwards and takes the foreign network with it.
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{Name}");
                if (SetNs((int)handle.DangerousGetHandle(), CloneNewNet) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                }

                result = action();
            }
            catch (Exception thrown) when (thrown is IOException or Win32Exception or SocketException or UnauthorizedAccessException)
            {
                fault = thrown;
            }
        });
        thread.Start();
        thread.Join();
        return fault is null ? result : throw new InvalidOperationException($"can not act inside network namespace {Name}: {fault.Message}", fault);
    }

    /// <summary>Adds nftables rules in the device's network (text as for <c>nft -f</c>); skips the test when nft is missing.</summary>
    public void Filter(string rules)
    {
        if (!HasTool("nft"))
        {
            Assert.Ignore($"needs the program 'nft': {Remedy}");
        }

        var file = Path.GetTempFileName();
        _files.Add(file);
        File.WriteAllText(file, rules);
        Run("nft", "-f", file);
    }

    /// <summary>Gives both ends a link-local IPv6 address that is usable at once, and tells the device's with the zone to reach it.</summary>
    public IPAddress AddLinkLocal()
    {
        Checked("ip", ["addr", "add", "fe80::77:1/64", "dev", _hostLink, "nodad"]);
        Run("ip", "addr", "add", "fe80::77:2/64", "dev", "eth0", "nodad");
        return IPAddress.Parse($"fe80::77:2%{_hostLink}");
    }

    /// <summary>Cuts the cable between host and device and leads both ends into another namespace, where somebody has to carry frames between them.</summary>
    /// <param name="relay">The namespace between the two.</param>
    /// <param name="towardsHost">Name of the link there that leads to the host.</param>
    /// <param name="towardsDevice">Name of the link there that leads to the device.</param>
    public void InsertRelay(NetworkNamespace relay, string towardsHost, string towardsDevice)
    {
        Checked("ip", ["link", "set", _hostLink, "netns", relay.Name]);
        relay.Run("ip", "link", "set", _hostLink, "name", towardsDevice);
        Checked("ip", ["link", "add", _hostLink, "type", "veth", "peer", "name", towardsHost, "netns", relay.Name]);
        relay.Run("ip", "link", "set", towardsDevice, "up");
        relay.Run("ip", "link", "set", towardsHost, "up");
        AddressHost();
    }

    /// <summary>Pulls or plugs the device's cable.</summary>
    public void SetLink(bool up) => Run("ip", "link", "set", "eth0", up ? "up" : "down");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        foreach (var daemon in _daemons)
        {
            if (!daemon.HasExited)
            {
                daemon.Kill(entireProcessTree: true);
                daemon.WaitForExit(_toolDeadline);
            }

            daemon.Dispose();
        }

        // What a daemon left behind when it went to the background.
        foreach (var id in Tool("ip", ["netns", "pids", Name]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Tool("kill", ["-9", id]);
        }

        Tool("ip", ["link", "del", _hostLink]);
        Tool("ip", ["netns", "del", Name]);
        foreach (var file in _files)
        {
            File.Delete(file);
        }
    }

    private void Connect()
    {
        Checked("ip", ["link", "add", _hostLink, "type", "veth", "peer", "name", "eth0", "netns", Name]);
        Run("ip", "addr", "add", $"{DeviceAddress}/30", "dev", "eth0");
        var hostHasIPv6 = AddressHost();
        Run("ip", "link", "set", "eth0", "up");
        Run("ip", "link", "set", "lo", "up");
        HasIPv6 = hostHasIPv6
            && Tool("ip", ["netns", "exec", Name, "ip", "addr", "add", $"{DeviceAddressV6}/64", "dev", "eth0", "nodad"]).Code == 0;
    }

    private bool AddressHost()
    {
        Checked("ip", ["addr", "add", $"{HostAddress}/30", "dev", _hostLink]);
        Checked("ip", ["link", "set", _hostLink, "up"]);
        // nodad: duplicate address detection would keep the address unusable for a second or two.
        return Tool("ip", ["addr", "add", $"{HostAddressV6}/64", "dev", _hostLink, "nodad"]).Code == 0;
    }

    private static string Checked(string program, IReadOnlyList<string> arguments)
    {
        var (code, output, errors) = Tool(program, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {code}: {errors.Trim()}");
    }

    private static (int Code, string Output, string Errors) Tool(string program, IReadOnlyList<string> arguments)
    {
        using var process = Launch(program, arguments);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(_toolDeadline))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    private static Process Launch(string program, IReadOnlyList<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNs(int fileDescriptor, int kind);
}
