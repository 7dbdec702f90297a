using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

/// <summary>A program of Debian that a test starts, reads and ends.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;

    private Daemon(Process process)
    {
        _process = process;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        _output = Task.Run(async () => await output + await errors);
    }

    /// <summary>Path of a program, or the test is skipped with the command that installs it.</summary>
    public static string Find(string program, string package)
    {
        var path = new[] { "/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin" }.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Ignore($"{program} is not installed: apt-get install --no-install-recommends {package}");
        }

        return path!;
    }

    /// <summary>A port of loopback that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a server and waits until its port accepts.</summary>
    public static async Task<Daemon> StartAsync(string path, int port, params string[] arguments)
    {
        var daemon = new Daemon(Launch(path, arguments));
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return daemon;
            }
            catch (SocketException) when (!daemon._process.HasExited)
            {
                await Task.Yield();
            }
            catch (SocketException)
            {
                break;
            }
        }

        await daemon.DisposeAsync();
        throw new InvalidOperationException($"{path} does not listen on {port}: {await daemon._output}");
    }

    /// <summary>Starts a server of UDP, which shows no sign when it is ready: the port is bound once the kernel lists it.</summary>
    public static async Task<Daemon> StartUdpAsync(string path, int port, params string[] arguments)
    {
        var daemon = new Daemon(Launch(path, arguments));
        // openssl s_server ends with its first failed handshake as long as its input is open.
        daemon._process.StandardInput.Close();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
        {
            if (System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveUdpListeners().Any(listener => listener.Port == port))
            {
                return daemon;
            }

            await Task.Yield();
        }

        await daemon.DisposeAsync();
        throw new InvalidOperationException($"{path} does not listen: {await daemon._output}");
    }

    /// <summary>Runs a program to its end and gives what it printed.</summary>
    public static async Task<string> RunAsync(string path, params string[] arguments)
    {
        await using var daemon = new Daemon(Launch(path, arguments));
        await daemon._process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return await daemon._output;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _output;
        _process.Dispose();
    }

    private static Process Launch(string path, string[] arguments) =>
        Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })
        ?? throw new InvalidOperationException($"{path} does not start");
}
