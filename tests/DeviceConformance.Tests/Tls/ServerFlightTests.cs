using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Tls;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable]
public sealed class ServerFlightTests
{
    private static readonly byte[] _x25519Share = [0, 51, 0, 36, 0, 29, 0, 32, .. new byte[32]];

    private static byte[] EcdheFlight { get; } =
    [
        .. FakeFlight.Record(TlsVersion.Tls12, FakeFlight.Hello(TlsVersion.Tls12, 0xc02b, 0xff, 0x01, 0, 1, 0)),
        .. FakeFlight.Record(TlsVersion.Tls12, FakeFlight.Certificate([1, 2, 3], [4, 5])),
        .. FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.CurveExchange(23), .. FakeFlight.Done]),
    ];

    [Test]
    public void Flight_of_tls_1_2_gives_choice_certificates_and_group()
    {
        var flight = Read(EcdheFlight);
        Assert.Multiple(() =>
        {
            Assert.That(flight.State, Is.EqualTo(FlightState.Complete));
            Assert.That((flight.Hello!.Version, flight.Hello.Suite, flight.Hello.Group, flight.Hello.IsRetry), Is.EqualTo((TlsVersion.Tls12, 0xc02b, 0, false)));
            Assert.That(flight.Certificates.Select(certificate => certificate.ToArray()), Is.EqualTo(new byte[][] { [1, 2, 3], [4, 5] }));
            Assert.That(flight.Group, Is.EqualTo("secp256r1"));
        });
    }

    [Test]
    public void Tls_1_3_shows_by_supported_versions_and_ends_with_the_hello()
    {
        var flight = Read([.. FakeFlight.Record(TlsVersion.Tls13, FakeFlight.Hello(TlsVersion.Tls13, 0x1302, _x25519Share)), 20, 3, 3, 0, 1, 1, 23, 3, 3]);
        Assert.That(flight.State, Is.EqualTo(FlightState.Complete));
        Assert.That((flight.Hello!.Version, flight.Hello.Suite, flight.Hello.Group, flight.Hello.IsRetry), Is.EqualTo((TlsVersion.Tls13, 0x1302, 29, false)));
        Assert.That(flight.Group, Is.EqualTo("x25519"));
    }

    [Test]
    public void Hello_retry_request_is_a_choice_with_a_group_that_was_not_sent()
    {
        byte[] hello = FakeFlight.Hello(TlsVersion.Tls13, 0x1301, 0, 51, 0, 2, 0, 24);
        System.Security.Cryptography.SHA256.HashData("HelloRetryRequest"u8).CopyTo(hello, 6);
        var flight = Read(FakeFlight.Record(TlsVersion.Tls13, hello));
        Assert.That((flight.Hello!.Version, flight.Hello.Suite, flight.Hello.Group, flight.Hello.IsRetry), Is.EqualTo((TlsVersion.Tls13, 0x1301, 24, true)));
        Assert.That(flight.Group, Is.EqualTo("secp384r1"));
    }

    [TestCase(0x0016, 1024, ExpectedResult = "DH 1024")]
    [TestCase(0x0008, 512, ExpectedResult = "RSA 512")]
    [TestCase(0x002f, 2048, ExpectedResult = "")]
    public string Size_is_read_as_the_suite_lays_it_out(int suite, int bits) =>
        Read(FakeFlight.Record(TlsVersion.Tls10, [.. FakeFlight.Hello(TlsVersion.Tls10, suite), .. FakeFlight.DhExchange(bits), .. FakeFlight.Done])).Group;

    [Test]
    public void Identity_hint_of_psk_stands_before_the_prime()
    {
        var exchange = FakeFlight.DhExchange(3072)[4..];
        var flight = Read(FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, 0x00aa), .. FakeFlight.Message(12, [0, 2, 65, 66, .. exchange]), .. FakeFlight.Done]));
        Assert.That(flight.Group, Is.EqualTo("DH 3072"));
    }

    [Test]
    public void Messages_may_be_spread_over_records_and_share_them()
    {
        byte[] messages = [.. FakeFlight.Hello(TlsVersion.Tls11, 0xc013), .. FakeFlight.Certificate([9]), .. FakeFlight.CurveExchange(29), .. FakeFlight.Done];
        byte[] oneByteRecords = [.. messages.SelectMany(value => FakeFlight.Record(TlsVersion.Tls11, value))];
        Assert.That(Shape(Read(oneByteRecords)), Is.EqualTo(Shape(Read(FakeFlight.Record(TlsVersion.Tls11, messages)))));
        Assert.That(Read(oneByteRecords).State, Is.EqualTo(FlightState.Complete));
    }

    [Test]
    public void Fatal_alert_refuses_and_a_warning_does_not()
    {
        Assert.That(Read(FakeFlight.Alert(40)).State, Is.EqualTo(FlightState.Refused));
        Assert.That(Read(FakeFlight.Alert(0, level: 1)).State, Is.EqualTo(FlightState.Refused), "close_notify");
        var warned = Read([.. FakeFlight.Alert(112, level: 1), .. EcdheFlight]);
        Assert.That(warned.State, Is.EqualTo(FlightState.Complete));
        Assert.That(warned.Alert?.ToString(), Is.EqualTo("unrecognized_name"));
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n")]
    [TestCase("220 ready\r\n")]
    [TestCase("\u0016\u0002")]
    [TestCase("\u0015\u0003\u0001\u0000\u0001\u0001")]
    [TestCase("\u0016\u0003\u0001\u0000\u0000")]
    [TestCase("\u0016\u0003\u0001\u0040\u0001")]
    [TestCase("\u0017\u0003\u0003\u0000\u0005")]
    [TestCase("\u0016\u0003\u0003\u0000\u0004\u000b\u0000\u0000\u0000")]
    public void What_is_not_tls_is_malformed(string text) =>
        Assert.That(Read([.. text.Select(c => (byte)c)]).State, Is.EqualTo(FlightState.Malformed));

    [Test]
    public void Second_hello_and_twofold_extension_are_malformed()
    {
        var hello = FakeFlight.Hello(TlsVersion.Tls12, 0xc02f);
        Assert.That(Read(FakeFlight.Record(TlsVersion.Tls12, [.. hello, .. hello])).State, Is.EqualTo(FlightState.Malformed));
        Assert.That(Read(FakeFlight.Record(TlsVersion.Tls12, FakeFlight.Hello(TlsVersion.Tls12, 0xc02f, 0, 23, 0, 0, 0, 23, 0, 0))).State, Is.EqualTo(FlightState.Malformed));
    }

    [Test]
    public void Endless_flight_is_cut_off()
    {
        var flight = new ServerFlight();
        flight.Append(FakeFlight.Record(TlsVersion.Tls12, FakeFlight.Hello(TlsVersion.Tls12, 0x002f)));
        var filler = FakeFlight.Record(TlsVersion.Tls12, FakeFlight.Message(22, new byte[ServerFlight.MaxRecord - 4]));
        var records = 0;
        while (flight.Append(filler) == FlightState.Open)
        {
            records++;
        }

        Assert.That(flight.State, Is.EqualTo(FlightState.Malformed));
        Assert.That(records * filler.Length, Is.LessThanOrEqualTo(ServerFlight.MaxBytes));
        Assert.That(Read(FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, 0x002f), 11, 2, 0, 1])).Fault, Does.Contain("131073"));
    }

    [Test]
    public void Flight_cut_at_any_byte_stays_open_and_claims_nothing_that_is_not_there()
    {
        for (var length = 0; length < EcdheFlight.Length; length++)
        {
            var flight = Read(EcdheFlight[..length]);
            Assert.That(flight.State, Is.EqualTo(FlightState.Open), $"{length} bytes");
            Assert.That(flight.Hello is null, Is.EqualTo(length < 54), $"{length} bytes");
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Pieces_of_any_size_give_the_same_as_the_whole() => Prop.ForAll(
        Gen.Elements(EcdheFlight, FakeFlight.Record(TlsVersion.Tls13, FakeFlight.Hello(TlsVersion.Tls13, 0x1301, _x25519Share))).SelectMany(flight => Mutated(flight)).ToArbitrary(),
        Gen.Choose(1, 40).ToArbitrary(),
        (bytes, size) => Shape(Read(bytes)) == Shape(Read(bytes, size)));

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_bytes_end_in_some_state(byte[] bytes)
    {
        _ = ServerHello.TryParse(bytes, out _);
        _ = CertificateMessage.TryParse(bytes, out _);
        foreach (var parameters in Enum.GetValues<KeyExchangeParameters>())
        {
            _ = ServerKeyExchange.TryParse(bytes, parameters, TlsVersion.Tls12, out _);
        }

        return Enum.IsDefined(Read(bytes).State) && Enum.IsDefined(Read(FakeFlight.Record(TlsVersion.Tls12, FakeFlight.Message(2, bytes))).State);
    }

    private static Gen<byte[]> Mutated(byte[] flight) =>
        from changes in Gen.Zip(Gen.Choose(0, flight.Length - 1), Gen.Choose(0, 255)).ListOf()
        from length in Gen.Choose(0, flight.Length)
        select Change(flight, changes, length);

    private static byte[] Change(byte[] flight, IEnumerable<(int At, int Value)> changes, int length)
    {
        byte[] copy = [.. flight];
        foreach (var (at, value) in changes.Take(4))
        {
            copy[at] = (byte)value;
        }

        return length % 3 == 0 ? copy[..length] : copy;
    }

    private static ServerFlight Read(byte[] bytes, int piece = int.MaxValue)
    {
        var flight = new ServerFlight();
        foreach (var chunk in bytes.Chunk(Math.Min(piece, Math.Max(1, bytes.Length))))
        {
            flight.Append(chunk);
        }

        return flight;
    }

    private static string Shape(ServerFlight flight) =>
        $"{flight.State} {flight.Hello} {flight.Group} {flight.Alert} {flight.Fault} {string.Join(',', flight.Certificates.Select(certificate => Convert.ToHexString(certificate.Span)))}";
}
