using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Dns;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Traffic;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

[Parallelizable]
public sealed class ContentReaderTests
{
    private static readonly ContentSettings _settings = new([new SoughtValue(ClearItemKind.DeclaredSecret, "password of AuthMech-1", "AuthMech-1", "Grill-Kohle-9")]);

    private readonly TrafficLedger _ledger = new(["a.pcap"]);

    [Test]
    public void Http_shows_request_host_and_credentials_and_no_value([Values(1, 3, 7, 1000)] int segment)
    {
        var (ledger, reader) = Reader();
        Send(reader, true, "GET /cfg?user=anna&password=geheim HTTP/1.1\r\nHost: Updates.Example:80\r\nAuthorization: Basic YTpi\r\nCookie: sid=4711\r\n\r\n", segment);
        Send(reader, false, "HTTP/1.1 200 OK\r\nSet-Cookie: sid=9; Path=/\r\nContent-Length: 29\r\n\r\nAuthorization: Basic YTpi\r\n\r\n", segment);
        var facts = reader.Facts;
        Assert.That((facts.Protocol, facts.Application, facts.Protection, facts.Names.Single(), facts.Requests.Single()), Is.EqualTo((ServiceProtocol.Http, "HTTP/1.1", ContentProtection.Clear, "updates.example", "GET /cfg?user=&password=")));
        Assert.That(Items(ledger), Is.EquivalentTo(new[] { "Credential password in a query True", "Credential HTTP Basic True", "Token HTTP cookie True", "Token HTTP cookie False" }));
    }

    [Test]
    public void A_known_value_is_found_across_segments_once_and_masked_in_the_request([Values(1, 2, 5, 64)] int segment)
    {
        var (ledger, reader) = Reader();
        Send(reader, true, "GET /set/Grill-Kohle-9/x HTTP/1.1\r\nX: Grill-Kohle-9\r\n\r\n", segment);
        Assert.That(Items(ledger), Is.EqualTo(new[] { "DeclaredSecret password of AuthMech-1 True" }));
        Assert.That(ledger.ClearItems[0].Where.Count, Is.EqualTo(1));
        Assert.That(reader.Facts.Requests.Single(), Does.Contain("***").And.Not.Contain("Kohle"));
    }

    [TestCase("220 ready\r\n", "USER anna\r\nPASS geheim\r\n", "Credential USER and PASS True", ServiceProtocol.Ftp)]
    [TestCase("+OK POP3 ready\r\n", "USER anna\r\nPASS geheim\r\n", "Credential USER and PASS True", ServiceProtocol.Pop3)]
    [TestCase("220 mail ESMTP\r\n", "EHLO heater.local\r\nAUTH PLAIN AGEAYg==\r\n", "Credential AUTH PLAIN True", ServiceProtocol.Smtp)]
    [TestCase("heater login: Password: ", "geheim\r\n", "Credential password at a prompt True", ServiceProtocol.Unknown)]
    public void Logins_by_line_are_items(string server, string client, string item, object protocol)
    {
        var (ledger, reader) = Reader();
        Send(reader, false, server, 4);
        Send(reader, true, client, 4);
        reader.End();
        Assert.That((Items(ledger).Single(), reader.Facts.Protocol, reader.Facts.Protection), Is.EqualTo((item, (ServiceProtocol)protocol, ContentProtection.Clear)));
    }

    [Test]
    public void Mqtt_shows_login_and_topic([Values(1, 4, 100)] int segment)
    {
        var (ledger, reader) = Reader();
        byte[] bytes = [0x10, 0x12, 0, 4, .. "MQTT"u8, 4, 0xc2, 0, 60, 0, 0, 0, 1, (byte)'u', 0, 1, (byte)'p', 0x30, 8, 0, 3, .. "a/b"u8, .. "21C"u8];
        foreach (var part in bytes.Chunk(segment))
        {
            reader.Stream(true, part, 1, 0);
        }

        reader.Stream(false, [0x20, 2, 0, 0], 2, 0);
        reader.End();
        Assert.That((reader.Facts.Application, reader.Facts.Protection, string.Join(',', reader.Facts.Requests), Items(ledger).Single()), Is.EqualTo(("MQTT 3.1.1", ContentProtection.Clear, "CONNECT,PUBLISH a/b", "Credential MQTT user name and password True")));
    }

    [Test]
    public void Ssh_is_encrypted_only_when_its_key_exchange_follows()
    {
        var (_, reader) = Reader();
        reader.Stream(true, [.. "SSH-2.0-dropbear\r\n"u8, 0, 0, 1, 0xf4, 5, 20, .. new byte[100]], 1, 0);
        Assert.That(reader.Facts.Protection, Is.EqualTo(ContentProtection.Encrypted));
        (_, reader) = Reader();
        reader.Stream(true, "SSH-2.0-dropbear\r\nand then clear text in place of packets"u8, 1, 0);
        Assert.That(reader.Facts.Protection, Is.EqualTo(ContentProtection.Unknown));
    }

    [Test]
    public void Random_bytes_are_unknown_and_hold_nothing()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (ledger, reader) = Reader();
            var bytes = new byte[8192];
            new Random(seed).NextBytes(bytes);
            foreach (var part in bytes.Chunk(700))
            {
                reader.Stream(seed % 2 == 0, part, 1, 0);
            }

            reader.End();
            Assert.That((reader.Facts.Protection, ledger.ClearItems.Length), Is.EqualTo((ContentProtection.Unknown, 0)), $"seed {seed}");
        }
    }

    [Test]
    public void Records_in_the_middle_of_a_connection_are_recognised_and_clear_bytes_end_that()
    {
        var flow = Flow(443) with { OpenerKnown = false };
        var reader = new ContentReader(flow, _ledger, _settings);
        var random = new byte[600];
        new Random(3).NextBytes(random);
        reader.Stream(true, random.AsSpan(0, 300), 1, 0);
        byte[] record = [23, 3, 3, 0, 40, .. random[..40]];
        reader.Stream(true, [.. record, .. record, .. record, .. record], 2, 0);
        Assert.That((reader.Facts.Application, reader.Facts.Protection), Is.EqualTo(("TLS", ContentProtection.Unknown)));
        reader.Stream(true, record, 3, 0);
        reader.Stream(true, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("plain words ", 500))), 4, 0);
        Assert.That(reader.Facts.Protection, Is.Not.EqualTo(ContentProtection.Encrypted));
    }

    [Test]
    public async Task A_real_handshake_is_read_whole([Values(SslProtocols.Tls12, SslProtocols.Tls13)] SslProtocols protocol)
    {
        var (toServer, toClient) = await HandshakeAsync(protocol);
        var (ledger, reader) = Reader(443);
        for (var at = 0; at < Math.Max(toServer.Length, toClient.Length); at += 100)
        {
            reader.Stream(true, toServer.AsSpan(Math.Min(at, toServer.Length)..Math.Min(at + 100, toServer.Length)), 1, 0);
            reader.Stream(false, toClient.AsSpan(Math.Min(at, toClient.Length)..Math.Min(at + 100, toClient.Length)), 2, 0);
        }

        reader.End();
        var (facts, version) = (reader.Facts, protocol == SslProtocols.Tls13 ? TlsVersion.Tls13 : TlsVersion.Tls12);
        Assert.That((facts.Protocol, facts.Protection, facts.Application), Is.EqualTo((ServiceProtocol.Tls, ContentProtection.Encrypted, version.DisplayName())));
        Assert.That((facts.Tls!.Handshakes, facts.Tls.Completed, facts.Tls.Refused, facts.Tls.Versions.Single(), facts.Tls.ServerNames.Single(), facts.Tls.Alpn.Single(), facts.Tls.Certificates.Length), Is.EqualTo((1, 1, 0, version, "updates.example", "http/1.1", protocol == SslProtocols.Tls13 ? 0 : 1)));
        Assert.That((facts.Tls.Suites.Single()[..4], facts.Tls.Ja3.Single().Length), Is.EqualTo(("TLS_", 32)));
        Assert.That(ledger.Names.Single().Source, Is.EqualTo("SNI"));
        Assert.That(ledger.ClearItems, Is.Empty);
    }

    [Test]
    public void A_suite_without_encryption_is_clear_and_a_lone_hello_is_refused()
    {
        var (_, reader) = Reader(443);
        reader.Stream(true, new ClientHello(TlsVersion.Tls12, [0x003b]).ToBytes(), 1, 0);
        reader.End();
        Assert.That((reader.Facts.Tls!.Refused, reader.Facts.Protection), Is.EqualTo((1, ContentProtection.NoContent)));
        (_, reader) = Reader(443);
        reader.Stream(true, new ClientHello(TlsVersion.Tls12, [0x003b]).ToBytes(), 1, 0);
        reader.Stream(false, [22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, .. new byte[32], 0, 0, 0x3b, 0], 2, 0);
        Assert.That((reader.Facts.Protection, reader.Facts.Because), Is.EqualTo((ContentProtection.Clear, "cipher suite TLS_RSA_WITH_NULL_SHA256 does not encrypt")));
    }

    [Test]
    public void Dns_shows_what_was_asked_and_what_was_answered()
    {
        var (ledger, reader) = Reader(53, Transport.Udp);
        var query = DnsMessage.Query(7, true, [("Cloud.Example", DnsType.A)]);
        reader.Datagram(true, query, 1, 0);
        byte[] answer = [.. query, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 50];
        (answer[2], answer[7]) = (0x81, 1);
        reader.Datagram(false, answer, 2, 0);
        var asked = ledger.NameQueries.Single();
        Assert.That((asked.Name, asked.Types.Single(), asked.Server, asked.Port, asked.Count, asked.Answered, asked.ServerIsGiven), Is.EqualTo(("cloud.example", "A", "192.0.2.7", 53, 1L, 1L, (bool?)null)));
        Assert.That((ledger.Names.Single().Name, ledger.Names.Single().Address, reader.Facts.Protection), Is.EqualTo(("cloud.example", "192.0.2.50", ContentProtection.Clear)));
    }

    [Test]
    public void Time_and_dhcp_reach_the_ledger()
    {
        var (ledger, reader) = Reader(123, Transport.Udp);
        reader.Datagram(true, [0x23, .. new byte[47]], 1, 0);
        reader.Datagram(false, [0x24, 2, .. new byte[46]], 2, 0);
        var time = ledger.TimeSources.Single();
        Assert.That((time.Server, time.Version, time.Authenticated, time.Queries, time.Answers), Is.EqualTo(("192.0.2.7", 4, false, 1L, 1L)));
        var dhcp = new ContentReader(Flow(67, Transport.Udp), ledger, _settings);
        dhcp.Datagram(true, [1, .. new byte[235], 0x63, 0x82, 0x53, 0x63, 12, 6, .. "heater"u8, 60, 4, .. "udhc"u8, 255], 3, 0);
        dhcp.Datagram(false, [2, .. new byte[235], 0x63, 0x82, 0x53, 0x63, 6, 4, 192, 0, 2, 1, 255], 4, 0);
        new ContentReader(Flow(53, Transport.Udp), ledger, _settings).Datagram(true, DnsMessage.Query(7, true, [("x.example", DnsType.Aaaa)]), 5, 0);
        Assert.That(ledger.Announcements.Select(item => $"{item.What} {item.Text}"), Is.EqualTo(new[] { "host name heater", "vendor class udhc" }));
        Assert.That(ledger.NameQueries.Single().ServerIsGiven, Is.False);
    }

    private static async Task<(byte[] ToServer, byte[] ToClient)> HandshakeAsync(SslProtocols protocol)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=updates.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var tcp = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync();
        await tcp.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await accepting;
        await using var clientTap = new Tap(tcp.GetStream());
        await using var client = new SslStream(clientTap, false, (_, _, _, _) => true);
        await using var server = new SslStream(accepted.GetStream());
        var serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = protocol, ApplicationProtocols = [SslApplicationProtocol.Http11] });
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "updates.example", EnabledSslProtocols = protocol, ApplicationProtocols = [SslApplicationProtocol.Http11] });
        await serving;
        await client.WriteAsync(Encoding.ASCII.GetBytes("GET /Grill-Kohle-9 HTTP/1.1\r\nHost: updates.example\r\n\r\n"));
        var buffer = new byte[64];
        _ = await server.ReadAsync(buffer);
        await server.WriteAsync(new byte[50]);
        _ = await client.ReadAsync(buffer);
        return (clientTap.Written.ToArray(), clientTap.Heard.ToArray());
    }

    private static FlowIdentity Flow(int port, Transport transport = Transport.Tcp) => new(transport, IPAddress.Parse("192.0.2.9"), 40000, IPAddress.Parse("192.0.2.7"), port, true, true);

    private static (TrafficLedger Ledger, ContentReader Reader) Reader(int port = 80, Transport transport = Transport.Tcp)
    {
        var ledger = new TrafficLedger(["a.pcap"]);
        return (ledger, new ContentReader(Flow(port, transport), ledger, _settings));
    }

    private static void Send(ContentReader reader, bool fromClient, string text, int segment)
    {
        foreach (var (index, part) in Encoding.Latin1.GetBytes(text).Chunk(segment).Index())
        {
            reader.Stream(fromClient, part, index + 1, 0);
        }
    }

    private static string[] Items(TrafficLedger ledger) => [.. ledger.ClearItems.Select(item => $"{item.Kind} {item.Label} {item.FromDut}")];

    /// <summary>Keeps what goes through a stream.</summary>
    private sealed class Tap(Stream inner) : Stream
    {
        public MemoryStream Written { get; } = new();

        public MemoryStream Heard { get; } = new();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = inner.Read(buffer, offset, count);
            Heard.Write(buffer, offset, read);
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Heard.Write(buffer.Span[..read]);
            return read;
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Written.Write(buffer, offset, count);
            inner.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.Write(buffer.Span);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
