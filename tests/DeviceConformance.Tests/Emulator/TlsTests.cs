using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class TlsTests
{
    private const ushort Tls10 = 0x0301;
    private const ushort Tls11 = 0x0302;
    private const ushort Tls12 = 0x0303;
    private const byte Alert = 21;
    private const byte Handshake = 22;

    [Test]
    public async Task Https_and_mqtt_speak_tls_12_and_13_with_the_ecdsa_certificate_of_this_start(
        [Values(DevicePorts.Https, DevicePorts.MqttTls)] int port, [Values(SslProtocols.Tls12, SslProtocols.Tls13)] SslProtocols version)
    {
        await using var device = await TestDevice.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(device.EndPoint(port), TestDevice.Deadline);
        await using var tls = new SslStream(client.GetStream(), false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "heater.local", EnabledSslProtocols = version }, TestDevice.Deadline);
        using var certificate = X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
        using var key = certificate.GetECDsaPublicKey();
        Assert.Multiple(() =>
        {
            Assert.That(tls.SslProtocol, Is.EqualTo(version));
            Assert.That(key!.KeySize, Is.EqualTo(256));
            Assert.That(certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256), Is.EqualTo(device.Device.CertificateSha256).IgnoreCase);
            Assert.That(certificate.MatchesHostname(device.Address.ToString()), Is.True);
        });
    }

    [Test]
    public async Task Each_start_has_a_certificate_of_its_own()
    {
        await using var first = await TestDevice.StartAsync();
        await using var second = await TestDevice.StartAsync();
        Assert.That(first.Device.CertificateSha256, Is.Not.EqualTo(second.Device.CertificateSha256));
    }

    [Test]
    public async Task Sound_device_refuses_older_versions_with_an_alert([Values(DevicePorts.Https, DevicePorts.MqttTls)] int port, [Values(Tls10, Tls11)] ushort version)
    {
        await using var device = await TestDevice.StartAsync();
        var answer = await AskAsync(device.EndPoint(port), ClientHelloBytes(version, 0xC009, 0xC00A, 0xC013, 0x002F, 0x0035));
        Assert.That(answer.Length, Is.GreaterThanOrEqualTo(7));
        Assert.That(answer[0], Is.EqualTo(Alert));
        Assert.That(answer[6], Is.EqualTo(70), "protocol_version");
    }

    [Test]
    public async Task Sound_device_takes_no_suite_without_forward_secrecy_or_with_cbc()
    {
        await using var device = await TestDevice.StartAsync();
        var weak = await AskAsync(device.EndPoint(DevicePorts.Https), ClientHelloBytes(Tls12, 0xC023, 0xC024, 0xC009, 0xC00A, 0x009C, 0x003C, 0x002F));
        var good = await AskAsync(device.EndPoint(DevicePorts.Https), ClientHelloBytes(Tls12, 0xC02B), closeAfter: 5);
        Assert.That(weak[0], Is.EqualTo(Alert));
        Assert.That(good[0], Is.EqualTo(Handshake));
    }

    [Test]
    public async Task Obsolete_tls_sends_a_whole_flight_and_ends_when_the_client_went_on([Values(Tls10, Tls11)] ushort version)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        using var connection = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https));
        await connection.SendAsync(ClientHelloBytes(version, 0xC013, 0x002F, 0x000A));
        var hello = await ReadMessageAsync(connection, version);
        var certificates = await ReadMessageAsync(connection, version);
        var done = await ReadMessageAsync(connection, version);
        using var certificate = X509CertificateLoader.LoadCertificate(certificates.Body[6..]);
        using var key = certificate.GetRSAPublicKey();
        Assert.Multiple(() =>
        {
            Assert.That(hello.Type, Is.EqualTo(2));
            Assert.That(BinaryPrimitives.ReadUInt16BigEndian(hello.Body), Is.EqualTo(version));
            Assert.That(hello.Body[34], Is.Zero, "session id");
            Assert.That(BinaryPrimitives.ReadUInt16BigEndian(hello.Body.AsSpan(35)), Is.EqualTo(0x002F));
            Assert.That(certificates.Type, Is.EqualTo(11));
            Assert.That(key!.KeySize, Is.EqualTo(2048));
            Assert.That((done.Type, done.Body.Length), Is.EqualTo((14, 0)));
        });
        await connection.SendAsync([Handshake, 3, 1, 0, 4, 16, 0, 0, 0]);
        Assert.That(await connection.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Obsolete_tls_can_be_enumerated_by_elimination_down_to_a_handshake_failure()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        List<ushort> offered = [0xC009, 0xC013, 0x0005, 0x000A, 0x002F, 0x0035, 0x009C];
        List<ushort> chosen = [];
        while (true)
        {
            var answer = await AskAsync(device.EndPoint(DevicePorts.Https), ClientHelloBytes(Tls10, [.. offered]), closeAfter: 48);
            if (answer[0] == Alert)
            {
                Assert.That(answer, Is.EqualTo(new byte[] { Alert, 3, 1, 0, 2, 2, 40 }));
                break;
            }

            chosen.Add(BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(5 + 4 + 35)));
            Assert.That(offered.Remove(chosen[^1]), Is.True);
        }

        Assert.That(chosen, Is.EqualTo(new ushort[] { 0x0035, 0x002F, 0x000A }));
    }

    [TestCase(new ushort[] { 0x002F }, new byte[0])]
    [TestCase(new ushort[] { 0x002F, 0x00FF }, new byte[] { 0, 5, 0xFF, 1, 0, 1, 0 })]
    public async Task Obsolete_tls_answers_the_wish_for_secure_renegotiation(ushort[] suites, byte[] extensions)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        using var connection = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https));
        await connection.SendAsync(ClientHelloBytes(Tls10, suites));
        Assert.That((await ReadMessageAsync(connection, Tls10)).Body[38..], Is.EqualTo(extensions));
    }

    [Test]
    public async Task Obsolete_tls_reads_a_hello_that_comes_in_pieces_and_records()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        using var connection = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https));
        var message = ClientHelloBytes(Tls10, 0x002F)[5..];
        byte[] records = [Handshake, 3, 1, 0, 2, .. message[..2], Handshake, 3, 1, 0, 9, .. message[2..11], Handshake, 3, 1, 0, (byte)(message.Length - 11), .. message[11..]];
        foreach (var piece in records.Chunk(3))
        {
            await connection.SendAsync(piece);
        }

        Assert.That((await ReadMessageAsync(connection, Tls10)).Type, Is.EqualTo(2));
    }

    [Test]
    public async Task Obsolete_tls_leaves_current_versions_and_mqtt_as_they_are()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);
        using var browser = device.Browse();
        Assert.That((await browser.LogInAsync()).StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        var offersBoth = await AskAsync(device.EndPoint(DevicePorts.Https), ClientHelloBytes(Tls12, 0x002F));
        var mqtt = await AskAsync(device.EndPoint(DevicePorts.MqttTls), ClientHelloBytes(Tls10, 0x002F));
        Assert.That(offersBoth[0], Is.EqualTo(Alert), "RSA key transport in TLS 1.2 stays refused");
        Assert.That(mqtt[0], Is.EqualTo(Alert));
    }

    [Test]
    public async Task Version_inside_the_extension_counts_more_than_the_one_in_the_hello()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ObsoleteTls);

        // supported_versions with a reserved value (RFC 8701), TLS 1.0 and TLS 1.1
        byte[] extensions = [0, 11, 0, 43, 0, 7, 6, 0x1A, 0x1A, 3, 1, 3, 2];
        using var connection = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https));
        await connection.SendAsync(ClientHelloBytes(Tls12, extensions, 0x0035));
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian((await ReadMessageAsync(connection, Tls11)).Body), Is.EqualTo(Tls11));
    }

    [Test]
    public async Task Client_that_stays_silent_is_dropped()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Faults = DeviceFaults.ObsoleteTls, TimeProvider = time });
        using var https = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Https));
        using var mqtt = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.MqttTls));
        await https.SendAsync([Handshake, 3, 1]);
        await Eventually.ClosesAsync(https, () => time.Advance(TimeSpan.FromSeconds(11)));
        await Eventually.ClosesAsync(mqtt, () => time.Advance(TimeSpan.FromSeconds(11)));
    }

    internal static byte[] ClientHelloBytes(ushort version, params ushort[] suites) => ClientHelloBytes(version, GoodExtensions, suites);

    // supported_groups (x25519, secp256r1), ec_point_formats, signature_algorithms (ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, rsa_pkcs1_sha256)
    private static readonly byte[] GoodExtensions =
        [0, 28, 0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1];

    private static byte[] ClientHelloBytes(ushort version, byte[] extensions, params ushort[] suites)
    {
        byte[] body =
        [
            (byte)(version >> 8), (byte)version,
            .. new byte[32],
            0,
            (byte)(suites.Length * 2 >> 8), (byte)(suites.Length * 2),
            .. suites.SelectMany(suite => new[] { (byte)(suite >> 8), (byte)suite }),
            1, 0,
            .. extensions,
        ];
        byte[] message = [1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
        return [Handshake, 3, 1, (byte)(message.Length >> 8), (byte)message.Length, .. message];
    }

    private static async Task<byte[]> AskAsync(IPEndPoint endPoint, byte[] hello, int? closeAfter = null)
    {
        using var connection = await RawConnection.OpenAsync(endPoint);
        await connection.SendAsync(hello);
        if (closeAfter is not { } count)
        {
            return await connection.ReadToEndAsync();
        }

        // An alert is shorter than what is waited for; then the device closes.
        var first = await connection.ReadAsync(5);
        return first[0] == Alert ? [.. first, .. await connection.ReadToEndAsync()] : [.. first, .. await connection.ReadAsync(count - 5)];
    }

    private static async Task<(int Type, byte[] Body)> ReadMessageAsync(RawConnection connection, ushort version)
    {
        var header = await connection.ReadAsync(5);
        Assert.That(header[0], Is.EqualTo(Handshake));
        Assert.That(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(1)), Is.EqualTo(version));
        var message = await connection.ReadAsync(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3)));
        Assert.That((message[1] << 16) | (message[2] << 8) | message[3], Is.EqualTo(message.Length - 4));
        return (message[0], message[4..]);
    }
}
