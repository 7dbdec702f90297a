using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DeviceConformance.Model.Standard;
using DeviceConformance.Tests.Lab;
using DeviceConformance.Tests.Tls;

namespace DeviceConformance.Tests.EndToEnd;

/// <summary>What may be wrong with <see cref="ServerDevice"/>.</summary>
[Flags]
internal enum Weakness
{
    None = 0,

    /// <summary>A Telnet login that nobody declared.</summary>
    Telnet = 1,

    /// <summary>An FTP server that nobody declared and that lets in anybody.</summary>
    AnonymousFtp = 2,

    /// <summary>The broker on its plain port, without passwords.</summary>
    PlainBroker = 4,

    /// <summary>An SSH server, for keys only, that nobody declared.</summary>
    Ssh = 8,

    /// <summary>A web page on the IPv6 address alone that nobody declared.</summary>
    IPv6Only = 16,

    /// <summary>TLS 1.0 and 1.1 with suites of their time.</summary>
    OldTls = 32,

    /// <summary>The status page without login, with version and settings in it.</summary>
    OpenStatus = 64,

    /// <summary>An account with a well-known password, and no limit to guessing.</summary>
    DefaultAccount = 128,

    /// <summary>The declared broker asks for no password.</summary>
    OpenBroker = 256,

    /// <summary>A declared SSH login whose account has a well-known password.</summary>
    DefaultShell = 512,

    /// <summary>Sample B has the same keys.</summary>
    SharedKeys = 1024,
}

/// <summary>A device made of Debian's servers in a network of its own, with its declaration: nginx as web interface, mosquitto as broker.</summary>
internal sealed class ServerDevice : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ServerDevice(NetworkNamespace network, StandardEdition edition)
    {
        Network = network;
        Directory.CreateDirectory(_folder.File("www"));
        ServerDeclaration.Write(Declaration, edition, network.DeviceAddress, network.DeviceAddressV6);
    }

    public NetworkNamespace Network { get; }

    /// <summary>Folder of its declaration.</summary>
    public string Declaration => _folder.File("declaration");

    /// <summary>Address of sample B.</summary>
    public IPAddress OtherSample => new([.. Network.DeviceAddressV6.GetAddressBytes()[..15], 0xb]);

    /// <summary>A folder for a run.</summary>
    public string Run(string name = "run") => _folder.File(name);

    /// <summary>Starts it, or skips the test where a server is missing.</summary>
    public static async Task<ServerDevice> StartAsync(StandardEdition edition, Weakness weak = Weakness.None)
    {
        foreach (var (program, package) in Needed(weak))
        {
            Daemon.Find(program, package);
        }

        var device = new ServerDevice(NetworkNamespace.CreateOrSkip(), edition);
        try
        {
            device.WriteFiles(weak);
            if (weak.HasFlag(Weakness.DefaultShell))
            {
                ServerDeclaration.DeclareShell(device.Declaration);
            }

            if (weak.HasFlag(Weakness.SharedKeys))
            {
                // The second unit is a second address: what it shows is the same.
                ServerDeclaration.DeclareOtherSample(device.Declaration, device.OtherSample);
                device.Network.Run("ip", "addr", "add", $"{device.OtherSample}/64", "dev", "eth0", "nodad");
            }

            foreach (var (port, command) in device.Servers(weak))
            {
                // Without a name server to ask, none waits for the name of its client.
                device.Network.Start("sh", "-c", $"mount --bind /dev/null /etc/resolv.conf; {(port == 22 ? device.OwnAccounts : "")} exec {command}");
                await device.Network.WaitForPortAsync(port);
            }

            if (!device.Network.HasIPv6)
            {
                NUnit.Framework.Assert.Ignore("needs IPv6: sysctl net.ipv6.conf.all.disable_ipv6=0");
            }

            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Network.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<(string Program, string Package)> Needed(Weakness weak)
    {
        yield return ("nginx", "nginx-light");
        yield return ("mosquitto", "mosquitto");
        yield return ("openssl", "openssl");
        if (weak.HasFlag(Weakness.Telnet))
        {
            yield return ("telnetd", "inetutils-telnetd");
            yield return ("systemd-socket-activate", "systemd");
        }

        if (weak.HasFlag(Weakness.AnonymousFtp))
        {
            yield return ("vsftpd", "vsftpd");
        }

        if (weak.HasFlag(Weakness.Ssh))
        {
            yield return ("dropbear", "dropbear-bin");
        }

        if (weak.HasFlag(Weakness.DefaultShell))
        {
            yield return ("sshd", "openssh-server");
        }
    }

    // Mounts made by "ip netns exec" are its own; the host keeps its account files.
    private string OwnAccounts => $"mkdir -p /run/sshd; mount --bind {_folder.File("shadow")} /etc/shadow;";

    private IEnumerable<(int Port, string Command)> Servers(Weakness weak)
    {
        yield return (443, $"nginx -p {_folder.Path} -e stderr -c {_folder.File("nginx.conf")}");
        yield return (8883, $"mosquitto -c {_folder.File("mosquitto.conf")}");
        if (weak.HasFlag(Weakness.Telnet))
        {
            yield return (23, "systemd-socket-activate --inetd -a -l 23 /usr/sbin/telnetd -h");
        }

        if (weak.HasFlag(Weakness.AnonymousFtp))
        {
            yield return (21, $"vsftpd {_folder.File("vsftpd.conf")}");
        }

        if (weak.HasFlag(Weakness.Ssh))
        {
            yield return (22, $"dropbear -F -E -s -R -p 22 -P {_folder.File("dropbear.pid")}");
        }

        if (weak.HasFlag(Weakness.DefaultShell))
        {
            yield return (22, $"/usr/sbin/sshd -D -f /dev/null -h {_folder.File("host_key")} -o UsePAM=no -o PermitRootLogin=yes -o PidFile=none");
        }
    }

    private void WriteFiles(Weakness weak)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=heater.local", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(365));
        File.WriteAllText(_folder.File("device.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("device.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_folder.File("www/home"), "Set point 52 degrees, schedule winter");
        File.WriteAllText(_folder.File("www/status"), """{"firmware":"2.1.0","pressure":1.6,"burner":"standby"}""");
        File.WriteAllText(_folder.File("accounts"), Account(ServerDeclaration.Owner, ServerDeclaration.OwnerPassword) + (weak.HasFlag(Weakness.DefaultAccount) ? Account("root", "root") : ""));
        File.WriteAllText(_folder.File("nginx.conf"), NginxConf(weak));
        File.WriteAllText(_folder.File("mosquitto.conf"), MosquittoConf(weak));
        Network.Run("mosquitto_passwd", "-c", "-b", _folder.File("panels"), ServerDeclaration.Panel, ServerDeclaration.PanelPassword);
        if (weak.HasFlag(Weakness.DefaultShell))
        {
            Network.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", _folder.File("host_key"));
        }

        File.WriteAllText(_folder.File("shadow"), $"root:{Network.Run("openssl", "passwd", "-6", "root").Trim()}:19000:0:99999:7:::\n");
        Directory.CreateDirectory(_folder.File("ftp"));
        File.WriteAllText(_folder.File("vsftpd.conf"), $"listen=NO\nlisten_ipv6=YES\nbackground=NO\nanonymous_enable=YES\nanon_root={_folder.File("ftp")}\n");
    }

    private string Account(string user, string password) => $"{user}:{Network.Run("openssl", "passwd", "-apr1", password).Trim()}\n";

    // The limit counts wrong logins only, whoever they come from: the right credential and requests without one have an empty key.
    private string NginxConf(Weakness weak) => $$"""
        daemon off;
        user root;
        worker_processes 1;
        pid {{_folder.File("nginx.pid")}};
        events {}
        http {
          access_log off;
          server_tokens off;
          default_type text/plain;
          map $http_authorization $guesser {
            default all;
            "" "";
            "Basic {{Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ServerDeclaration.Owner}:{ServerDeclaration.OwnerPassword}"))}}" "";
          }
          limit_req_zone $guesser zone=logins:1m rate=1r/m;
          limit_req_status 429;
          server {
            listen 80;
            listen [::]:80;
            return 301 https://$host/;
          }
          server {
            listen 443 ssl;
            listen [::]:443 ssl;
            ssl_certificate device.crt;
            ssl_certificate_key device.key;
            ssl_protocols {{(weak.HasFlag(Weakness.OldTls) ? "TLSv1 TLSv1.1 " : "")}}TLSv1.2 TLSv1.3;
            ssl_ciphers {{(weak.HasFlag(Weakness.OldTls) ? "ALL:@SECLEVEL=0" : "ECDHE+AESGCM:ECDHE+CHACHA20")}};
            root www;
            auth_basic device;
            auth_basic_user_file {{_folder.File("accounts")}};
            {{(weak.HasFlag(Weakness.DefaultAccount) ? "" : $"limit_req zone=logins burst={ServerDeclaration.Attempts - 1} nodelay;")}}
            {{(weak.HasFlag(Weakness.OpenStatus) ? "location = /status { auth_basic off; default_type application/json; }" : "")}}
          }
          {{(weak.HasFlag(Weakness.IPv6Only) ? "server { listen [::]:8081 ipv6only=on; return 200 debug; }" : "")}}
        }
        """;

    private string MosquittoConf(Weakness weak) => $"""
        user root
        per_listener_settings true
        listener 8883
        certfile {_folder.File("device.crt")}
        keyfile {_folder.File("device.key")}
        tls_version tlsv1.2
        ciphers ECDHE+AESGCM
        password_file {_folder.File("panels")}
        allow_anonymous {(weak.HasFlag(Weakness.OpenBroker) ? "true" : "false")}
        {(weak.HasFlag(Weakness.PlainBroker) ? "listener 1883\nallow_anonymous true" : "")}
        """;
}
