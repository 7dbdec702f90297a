using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DeviceConformance.Emulator.Cloud;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Outgoing;
using DeviceConformance.Model.Standard;
using DeviceConformance.Tests.Emulator;
using NUnit.Framework;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>A round of the speaking device, recorded by dumpcap, with its declarations.</summary>
/// <param name="File">The capture.</param>
/// <param name="Network">Network of the cloud.</param>
/// <param name="Device">Address of the device.</param>
/// <param name="Phases">When each phase began.</param>
/// <param name="Declaration">Declaration of V3.1.3.</param>
/// <param name="Older">Declaration of V2.1.1.</param>
internal sealed record SpeakingRecording(string File, IPAddress Network, IPAddress Device, ImmutableArray<(string Name, DateTimeOffset From)> Phases, SpeakingDeclaration Declaration, SpeakingDeclaration Older) : IDisposable
{
    private const int DiscardPort = 9;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static IPAddress Host(IPAddress network, int host) => new([.. network.GetAddressBytes()[..3], (byte)host]);

    public static async Task<SpeakingRecording> MakeAsync(DeviceFaults fault)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !System.IO.File.Exists("/usr/bin/dumpcap"))
        {
            Assert.Ignore("needs Linux, root and dumpcap (Debian package wireshark-common)");
        }

        var network = SpeakingTests.NextNetwork();
        await using var device = await TestDevice.StartAsync(fault);
        await using var cloud = await VendorCloud.StartAsync(new VendorCloudOptions { Network = network });
        var file = Path.Combine(Path.GetTempPath(), $"dct-{fault}-{Guid.NewGuid():N}.pcapng");
        using var dumpcap = Process.Start(new ProcessStartInfo("dumpcap", ["-q", "-i", "lo", "-w", file, "-f", $"host {device.Address}"]) { RedirectStandardError = true })!;
        try
        {
            using var deadline = new CancellationTokenSource(_patience);
            string? line;
            do
            {
                line = await dumpcap.StandardError.ReadLineAsync(deadline.Token);
            }
            while (line is not null && !line.StartsWith("File:", StringComparison.Ordinal));
            Assert.That(line, Is.Not.Null, "dumpcap records");
            var phases = ImmutableArray.CreateBuilder<(string, DateTimeOffset)>();
            var options = new SpeakingOptions
            {
                TelemetryInterval = TimeSpan.Zero,
                PhaseBegins = phase =>
                {
                    phases.Add((phase, DateTimeOffset.UtcNow));
                    return Task.CompletedTask;
                },
            };
            var rest = dumpcap.StandardError.ReadToEndAsync(deadline.Token);
            await new SpeakingDevice(device.Device, cloud, options).RunCycleAsync(deadline.Token);
            await AwaitEverythingAsync(file, device.Address, Host(network, 1), deadline.Token);
            using var interrupt = Process.Start("kill", ["-INT", $"{dumpcap.Id}"]);
            await interrupt.WaitForExitAsync(deadline.Token);
            await dumpcap.WaitForExitAsync(deadline.Token);
            await rest;
            return new SpeakingRecording(
                file, network, device.Address, phases.ToImmutable(), new SpeakingDeclaration(device.Address, cloud, StandardEdition.V3), new SpeakingDeclaration(device.Address, cloud, StandardEdition.V2));
        }
        finally
        {
            if (!dumpcap.HasExited)
            {
                dumpcap.Kill();
            }
        }
    }

    // The last datagram is one that we know: when dumpcap has written it, it has written everything before. It comes from elsewhere, so that it is not the device's.
    private static async Task AwaitEverythingAsync(string file, IPAddress device, IPAddress other, CancellationToken cancellationToken)
    {
        var mark = RandomNumberGenerator.GetBytes(11);
        using (var socket = new UdpClient(new IPEndPoint(other, 0)))
        {
            await socket.SendAsync(mark, new IPEndPoint(device, DiscardPort), cancellationToken);
        }

        while (System.IO.File.ReadAllBytes(file).AsSpan().IndexOf(mark) < 0)
        {
            await Task.Delay(20, cancellationToken);
        }
    }

    public void Dispose()
    {
        System.IO.File.Delete(File);
        Declaration.Dispose();
        Older.Dispose();
    }
}
