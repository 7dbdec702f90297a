using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Tests.Lab;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

/// <summary>Whether anybody may leave files on Debian's FTP and TFTP servers, and that nothing stays behind untold.</summary>
[TestFixture, Category("Daemon"), Parallelizable(ParallelScope.All)]
public sealed class FileWriteTests
{
    [TestCase("anon_upload_enable=YES\nanon_other_write_enable=YES\n", AccessResult.Granted, true, 0)]
    [TestCase("anon_upload_enable=YES\n", AccessResult.Granted, false, 1)]
    [TestCase("", AccessResult.Refused, true, 0)]
    [TestCase("anonymous_enable=NO\nlocal_enable=YES\n", AccessResult.Refused, true, 0)]
    public async Task Anonymous_upload_over_ftp_is_seen_and_tidied_or_told(string settings, AccessResult result, bool restored, int left)
    {
        var vsftpd = Daemon.Find("vsftpd", "vsftpd");
        using var folder = new TemporaryFolder();
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("vsftpd changes its user, which only root may");
            return;
        }

        var port = Daemon.FreePort();
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        const UnixFileMode writable = readable | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        foreach (var (name, mode) in new[] { ("empty", readable), ("pub", readable), ("pub/incoming", writable) })
        {
            Directory.CreateDirectory(folder.File(name));
            File.SetUnixFileMode(folder.File(name), mode);
        }

        File.SetUnixFileMode(folder.Path, readable | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(folder.File("conf"), $"""
            listen=YES
            listen_address=127.0.0.1
            listen_port={port}
            background=NO
            anonymous_enable=YES
            write_enable=YES
            anon_root={folder.File("pub")}
            ftp_username=daemon
            secure_chroot_dir={folder.File("empty")}
            seccomp_sandbox=NO
            xferlog_enable=NO
            {settings}
            """);
        await using var server = await Daemon.StartAsync(vsftpd, port, folder.File("conf"));
        using var bench = new DutBench(System.Net.IPAddress.Loopback, []);

        var seen = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(bench.At(port), ServiceProtocol.Ftp));

        Assert.Multiple(() =>
        {
            Assert.That((seen.Result, seen.Restored, seen.Coverage.IsComplete), Is.EqualTo((result, restored, true)), seen.What);
            Assert.That(Directory.EnumerateFiles(folder.File("pub/incoming")).Count(), Is.EqualTo(left));
        });
    }

    [TestCase(true, AccessResult.Granted)]
    [TestCase(false, AccessResult.Refused)]
    public async Task Writing_over_tftp_is_seen_and_what_may_be_left_is_told(bool creates, AccessResult result)
    {
        var tftpd = Daemon.Find("in.tftpd", "tftpd-hpa");
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("in.tftpd changes its root folder, which only root may");
        }

        using var folder = new TemporaryFolder();
        var port = Daemon.FreePort();
        await using var server = await Daemon.StartUdpAsync(tftpd, port, [.. new[] { "-L", "--secure", "--user", "root", "--address", $"127.0.0.1:{port}" }, .. creates ? new[] { "--create" } : [], folder.Path]);
        using var bench = new DutBench(System.Net.IPAddress.Loopback, []);

        var seen = await bench.SeeAsync(new WriteTrialProbe(), new WriteTrial(bench.At(port) with { Transport = Transport.Udp }, ServiceProtocol.Tftp));

        Assert.Multiple(() =>
        {
            Assert.That((seen.Result, seen.Coverage.IsComplete), Is.EqualTo((result, true)), seen.What);
            Assert.That(Directory.EnumerateFiles(folder.Path).Sum(file => new FileInfo(file).Length), Is.Zero);
            Assert.That(seen.Restored, Is.EqualTo(!Directory.EnumerateFiles(folder.Path).Any()), seen.What);
        });
    }
}
