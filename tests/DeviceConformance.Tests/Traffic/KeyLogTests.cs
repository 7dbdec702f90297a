using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Probing.Traffic.Content;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

/// <summary>TLS that a key log opens: OpenSSL's client and server on the loopback interface, recorded by dumpcap, beside what tshark opens with the same key log.</summary>
[Category("Capture")]
[Parallelizable]
public sealed class KeyLogTests
{
    private const string Request = "GET /version.json?token=abcdef HTTP/1.1\r\nHost: updates.example\r\nAuthorization: Basic YTpi\r\nX-Key: Grill-Kohle-9\r\n\r\n";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // OpenSSL's names; every way in which records are protected, CBC with and without encrypt-then-MAC.
    private static readonly (string Cipher, string Name, bool IsTls13)[] _suites =
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", true),
        ("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", true),
        ("TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", true),
        ("TLS_AES_128_CCM_8_SHA256", "TLS_AES_128_CCM_8_SHA256", true),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", false),
        ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", false),
        ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", false),
        ("AES128-CCM8", "TLS_RSA_WITH_AES_128_CCM_8", false),
        ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", false),
        ("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", false),
    ];

    private string _folder = "";
    private int _port;
    private string _keyLog = "";

    private string Capture => Path.Combine(_folder, "tls.pcapng");

    private string KeyLogFile => Path.Combine(_folder, "keys.txt");

    [OneTimeSetUp]
    public async Task RecordAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/tshark"))
        {
            Assert.Ignore("needs Linux, root and tshark");
        }

        _folder = Directory.CreateTempSubdirectory("dct-keylog-").FullName;
        WriteCertificate();
        using var deadline = new CancellationTokenSource(_patience);
        using var server = Start("openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", In("c.pem"), "-key", In("k.pem"), "-www", "-cipher", "ALL:@SECLEVEL=0", "-ciphersuites", string.Join(':', _suites.Where(suite => suite.IsTls13).Select(suite => suite.Cipher)), "-alpn", "http/1.1");
        using var dumpcap = new Process();
        try
        {
            var line = await AwaitLineAsync(server.StandardOutput, "ACCEPT ", deadline.Token);
            var draining = server.StandardOutput.ReadToEndAsync(deadline.Token);
            _port = int.Parse(line[(line.LastIndexOf(':') + 1)..]);
            dumpcap.StartInfo = new ProcessStartInfo("dumpcap", ["-q", "-i", "lo", "-w", Capture, "-f", $"port {_port}"]) { RedirectStandardError = true };
            dumpcap.Start();
            await AwaitLineAsync(dumpcap.StandardError, "File:", deadline.Token);
            foreach (var (cipher, _, isTls13) in _suites)
            {
                await AskAsync(cipher, isTls13, cipher == "ECDHE-RSA-AES256-SHA384", deadline.Token);
            }

            await StopAsync(dumpcap, deadline.Token);
            _keyLog = await File.ReadAllTextAsync(KeyLogFile, deadline.Token);
        }
        finally
        {
            server.Kill();
            if (dumpcap is { StartInfo.FileName.Length: > 0, HasExited: false })
            {
                dumpcap.Kill();
            }
        }
    }

    [OneTimeTearDown]
    public void Delete()
    {
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, true);
        }
    }

    [Test]
    public void Every_connection_is_opened_as_tshark_opens_it()
    {
        var flows = Read(_keyLog);
        Assert.That(flows.Select(flow => flow.Facts.Tls!.Suites.Single()), Is.EqualTo(_suites.Select(suite => suite.Name)));
        var seen = ContentTshark.FieldsOf(Capture, "http.request", ["-o", $"tls.keylog_file:{KeyLogFile}", "-d", $"tcp.port=={_port},tls", "-o", $"http.tls.port:{_port}"], "tcp.stream", "http.request.method", "http.request.uri.path", "http.host");
        // A number for each connection; what is opened is the same, but for the values of a query, which are never kept.
        Assert.That(seen, Is.EqualTo(flows.Select((flow, at) => $"{at}|{flow.Facts.Requests.Single().Split('?')[0].Replace(" ", "|", StringComparison.Ordinal)}|{flow.Facts.Names[^1]}")));
        Assert.Multiple(() =>
        {
            foreach (var (flow, suite) in flows.Zip(_suites))
            {
                var version = suite.IsTls13 ? "TLS 1.3" : "TLS 1.2";
                Assert.That((flow.Facts.Protocol, flow.Facts.Application, flow.Facts.Protection, flow.Facts.Requests.Single()), Is.EqualTo((ServiceProtocol.Http, $"{version} with HTTP/1.1 inside", ContentProtection.Encrypted, "GET /version.json?token=")), suite.Name);
                Assert.That((flow.Facts.Tls!.OpenedByKeyLog, flow.Facts.Tls.Certificates.Single().Subject, flow.Facts.Tls.Alpn.Single(), flow.Facts.Tls.Completed), Is.EqualTo((true, "CN=updates.example", "http/1.1", 1)), suite.Name);
            }
        });
    }

    [Test]
    public void Analysis_opens_with_a_key_log_file_and_with_secrets_in_the_capture()
    {
        var inside = In("inside.pcapng");
        using (var editcap = Start("editcap", "--inject-secrets", $"tls,{KeyLogFile}", Capture, inside))
        {
            Assert.That(editcap.WaitForExit(_patience) && editcap.ExitCode == 0, Is.True);
        }

        var subject = new TrafficSubject([], [IPAddress.Parse("127.0.0.2")]) { Sought = [new SoughtValue(ClearItemKind.DeclaredSecret, "password of AuthMech-1", "AuthMech-1", "Grill-Kohle-9")] };
        foreach (var (file, keyLogs) in new[] { (Capture, new[] { KeyLogFile }), (inside, []) })
        {
            var seen = TrafficAnalysis.Analyse([file], subject with { KeyLogs = [.. keyLogs] }, CancellationToken.None);
            var row = seen.Conversations.Single(row => row.Tls is not null);
            Assert.That((row.Tls!.OpenedByKeyLog, row.Requests.Single(), row.Protection, row.Connections, seen.ClearItems.Length), Is.EqualTo((true, "GET /version.json?token=", ContentProtection.Encrypted, (long)_suites.Length, 0)), file);
        }

        Assert.That(TrafficAnalysis.Analyse([Capture], subject, CancellationToken.None).Conversations.Single(row => row.Tls is not null).Tls!.OpenedByKeyLog, Is.False);
        Assert.That(() => TrafficAnalysis.Analyse([Capture], subject with { KeyLogs = [In("none.txt")] }, CancellationToken.None), Throws.TypeOf<CaptureFileException>().With.Message.StartsWith("The key log none.txt can not be read"));
    }

    [Test]
    public void Opened_content_is_never_a_readable_item() => Assert.That(Read(_keyLog).SelectMany(flow => flow.Ledger.ClearItems).Select(item => item.Label), Is.Empty);

    [Test]
    public void Without_keys_or_with_others_nothing_is_opened()
    {
        foreach (var text in new[] { "", _keyLog.Replace('0', '1'), string.Join('\n', _keyLog.Split('\n').Select(line => line.Length > 8 ? line[..^8] + "00000000" : line)) })
        {
            var flows = Read(text);
            Assert.That(flows.Select(flow => flow.Facts.Tls!.OpenedByKeyLog), Is.All.False);
            Assert.That(flows.Select(flow => (flow.Facts.Protection, flow.Facts.Requests.Length)), Is.All.EqualTo((ContentProtection.Encrypted, 0)));
        }
    }

    [Test]
    public void Key_log_holds_secrets_by_label_and_counts_what_is_none()
    {
        var book = new KeyLogBook();
        var random = string.Concat(Enumerable.Repeat("ab", 32));
        book.Add($"# comment\r\n\r\nCLIENT_RANDOM {random} {new string('c', 96)}\nCLIENT_RANDOM {random[2..]} 00\nnonsense\nCLIENT_RANDOM {random} {new string('c', 130)}\nX {random} zz\n");
        Assert.That((book.Count, book.Refused, book.Find("CLIENT_RANDOM", Convert.FromHexString(random))!.Length, book.Find("OTHER", Convert.FromHexString(random))), Is.EqualTo((1, 4, 48, (byte[]?)null)));
        Assert.That($"{book}", Is.EqualTo("1 secrets"));
    }

    /// <summary>What the reader makes of the inside of a record of TLS 1.3: content, type, zeros.</summary>
    internal static ContentFacts Inside(byte[] inside)
    {
        var hello = new ClientHello(TlsVersion.Tls13, [0x1301]).ToBytes();
        var (keys, secret) = (new KeyLogBook(), new byte[32]);
        keys.Add($"SERVER_HANDSHAKE_TRAFFIC_SECRET {Convert.ToHexString(hello.AsSpan(11, 32))} {Convert.ToHexString(secret)}");
        var bench = new ContentBench(443, settings: new ContentSettings([]) { Keys = keys }).Client(hello).Server([22, 3, 3, 0, 50, 2, 0, 0, 46, 3, 3, .. new byte[32], 0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
        var (length, cipherText, tag) = (inside.Length + 16, new byte[inside.Length], new byte[16]);
        byte[] header = [23, 3, 3, (byte)(length >> 8), (byte)length];
        using var gcm = new AesGcm(HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, "key", 16), 16);
        gcm.Encrypt(HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, "iv", 12), inside, cipherText, tag, header);
        return bench.Server([.. header, .. cipherText, .. tag]).End().Facts;
    }

    [Test]
    public void Handshake_inside_a_record_is_read_to_its_end_wherever_it_is_cut()
    {
        byte[] extensions = [8, 0, 0, 17, 0, 15, 0, 16, 0, 11, 0, 9, 8, .. "http/1.1"u8, 22, 0, 0];
        Assert.That(Inside(extensions).Tls!.Alpn.Single(), Is.EqualTo("http/1.1"));
        for (var length = 0; length < extensions.Length - 3; length++)
        {
            Assert.That(Inside([.. extensions.AsSpan(0, length), 22]).Tls!.Alpn, Is.Empty);
        }
    }

    private string In(string name) => Path.Combine(_folder, name);

    private void WriteCertificate()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=updates.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(In("c.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(In("k.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private async Task AskAsync(string cipher, bool isTls13, bool withoutEncryptThenMac, CancellationToken cancellation)
    {
        using var client = Start(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{_port}", "-bind", "127.0.0.2:0", "-servername", "updates.example", "-alpn", "http/1.1", "-keylogfile", KeyLogFile, "-quiet", isTls13 ? "-tls1_3" : "-tls1_2", isTls13 ? "-ciphersuites" : "-cipher", isTls13 ? cipher : cipher + ":@SECLEVEL=0", .. withoutEncryptThenMac ? (string[])["-no_etm"] : []]);
        try
        {
            await client.StandardInput.WriteAsync(Request.AsMemory(), cancellation);
            await client.StandardInput.FlushAsync(cancellation);
            var answer = client.StandardOutput.ReadToEndAsync(cancellation);
            await client.WaitForExitAsync(cancellation);
            Assert.That(await answer, Does.Contain("HTTP/1.0 200"), cipher);
        }
        finally
        {
            if (!client.HasExited)
            {
                client.Kill();
            }
        }
    }

    // The last datagram is one that we know: when dumpcap has written it, it has written everything before.
    private async Task StopAsync(Process dumpcap, CancellationToken cancellation)
    {
        var mark = RandomNumberGenerator.GetBytes(11);
        using var socket = new UdpClient();
        await socket.SendAsync(mark, new IPEndPoint(IPAddress.Loopback, _port), cancellation);
        while (File.ReadAllBytes(Capture).AsSpan().IndexOf(mark) < 0)
        {
            await Task.Delay(20, cancellation);
        }

        using var interrupt = Start("kill", "-INT", $"{dumpcap.Id}");
        await dumpcap.WaitForExitAsync(cancellation);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<string> AwaitLineAsync(StreamReader reader, string start, CancellationToken cancellation)
    {
        string? line;
        while ((line = await reader.ReadLineAsync(cancellation)) is not null && !line.StartsWith(start, StringComparison.Ordinal))
        {
        }

        return line ?? throw new InvalidOperationException($"ended without '{start}'");
    }

    private List<Flow> Read(string keyLog)
    {
        var keys = new KeyLogBook();
        keys.Add(keyLog);
        var settings = new ContentSettings([new SoughtValue(ClearItemKind.DeclaredSecret, "password of AuthMech-1", "AuthMech-1", "Grill-Kohle-9")]) { Keys = keys };
        var flows = new Dictionary<int, Flow>();
        var order = new List<Flow>();
        using var reader = CaptureReader.Open(Capture);
        while (reader.TryRead(out var frame))
        {
            PacketDecoder.Decode(frame, out var packet);
            if (packet.Outcome != DecodeOutcome.Transport || packet.Protocol != IPProtocol.Tcp)
            {
                continue;
            }

            var fromClient = packet.DestinationPort == _port;
            var port = fromClient ? packet.SourcePort : packet.DestinationPort;
            if (!flows.TryGetValue(port, out var flow))
            {
                order.Add(flows[port] = flow = new Flow(_port, settings));
            }

            flow.Connection.Accept(packet, fromClient, frame.Number, 0, flow);
        }

        foreach (var flow in order)
        {
            flow.Connection.Finish(flow);
            flow.Bench.End();
        }

        return order;
    }

    private sealed class Flow(int port, ContentSettings settings) : IStreamSink
    {
        public ContentBench Bench { get; } = new(port, settings: settings);

        public TcpConnection Connection { get; } = new(new HeldBudget());

        public ContentFacts Facts => Bench.Facts;

        public TrafficLedger Ledger => Bench.Ledger;

        void IStreamSink.Stream(bool fromClient, ReadOnlySpan<byte> bytes, long frame, long nanoseconds) => Bench.Reader.Stream(fromClient, bytes, frame, nanoseconds);

        void IStreamSink.Gap(bool fromClient, long bytes) => Bench.Reader.Gap(fromClient, bytes);
    }
}
