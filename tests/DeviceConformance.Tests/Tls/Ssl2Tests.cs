using System.Net.Sockets;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class Ssl2Tests
{
    private static readonly byte[] _serverHello =
    [
        0x80, 11 + 3 + 6 + 2, 4, 0, 1, 0, 2, 0, 3, 0, 6, 0, 2,
        0x30, 1, 0,
        0x01, 0x00, 0x80, 0x07, 0x00, 0xc0,
        9, 9,
    ];

    [Test]
    public void Hello_has_the_form_of_ssl_2()
    {
        var hello = Ssl2.ClientHello();
        Assert.That(((hello[0] & 0x7f) << 8) | hello[1], Is.EqualTo(hello.Length - 2));
        Assert.That(hello[2..5], Is.EqualTo(new byte[] { 1, 0, 2 }));
        Assert.That(hello[5..11], Is.EqualTo(new byte[] { 0, 30, 0, 0, 0, 16 }));
    }

    [Test]
    public void Server_hello_gives_ciphers_and_certificate()
    {
        Assert.That(Ssl2.Read(_serverHello, out var suites, out var certificate), Is.EqualTo(Ssl2Answer.Accepted));
        Assert.That(suites.Select(suite => suite.Name), Is.EqualTo(new[] { "SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5" }));
        Assert.That(suites[1].Classes, Is.EqualTo(SuiteWeakness.TripleDes | SuiteWeakness.SmallBlock | SuiteWeakness.Cbc | SuiteWeakness.Md5 | SuiteWeakness.NoForwardSecrecy));
        Assert.That(certificate.ToArray(), Is.EqualTo(new byte[] { 0x30, 1, 0 }));
    }

    [Test]
    public void Answer_cut_at_any_byte_is_open()
    {
        for (var length = 0; length < _serverHello.Length; length++)
        {
            Assert.That(Ssl2.Read(_serverHello.AsSpan(0, length), out var suites, out _), Is.EqualTo(Ssl2Answer.Open), $"{length} bytes");
            Assert.That(suites, Is.Empty);
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_bytes_are_some_answer(byte[] bytes, byte at, byte value)
    {
        byte[] changed = [.. _serverHello];
        changed[at % changed.Length] = value;
        return Enum.IsDefined(Ssl2.Read(bytes, out _, out _)) && Enum.IsDefined(Ssl2.Read(changed, out _, out _));
    }

    [Test]
    public async Task Server_with_ssl_2_beside_tls_is_open_to_drown()
    {
        await using var server = Start(tls: true);
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Ssl2, TlsVersion.Tls12 }));
        Assert.That(TlsConclusions.Of(seen).Single(attack => attack.Attack == TlsAttack.Drown).Exposure, Is.EqualTo(Exposure.Vulnerable));
    }

    [Test]
    public async Task Server_with_ssl_2_alone_is_seen_and_the_rest_unknown()
    {
        await using var server = Start(tls: false);
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Ssl2 }));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Silence_on_ssl_2_leaves_it_unknown()
    {
        await using var server = Start(tls: true, onSsl2: null);
        var seen = await SeeAsync(server, new FastTime(40));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("SSL 2.0: no answer within 8 s, so whether it is supported is unknown"));
        Assert.That(TlsConclusions.Of(seen).Single(attack => attack.Attack == TlsAttack.Drown).Exposure, Is.EqualTo(Exposure.Undecided));
    }

    private static LoopbackServer Start(bool tls) => Start(tls, _serverHello);

    private static LoopbackServer Start(bool tls, byte[]? onSsl2) => new(async (socket, cancellationToken) =>
    {
        await using var stream = new NetworkStream(socket);
        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer, cancellationToken);
        if (buffer[0] == 0x80)
        {
            if (onSsl2 is null)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            await stream.WriteAsync(onSsl2, cancellationToken);
        }
        else if (!tls)
        {
            await stream.WriteAsync((byte[])[0x80, 3, 0, 0, 1], cancellationToken);
        }
        else
        {
            var offer = OfferRead.Parse(buffer[..count]);
            await stream.WriteAsync(
                offer.Version == TlsVersion.Tls12 && offer.Suites.Contains(0x2f) ? FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, 0x2f), .. FakeFlight.Done]) : FakeFlight.Alert(40),
                cancellationToken);
        }

        _ = await stream.ReadAsync(buffer, cancellationToken);
    });

    private static async Task<TlsServerSeen> SeeAsync(LoopbackServer server, TimeProvider? time = null)
    {
        using var bench = new ProbeBench(time: time);
        return await bench.SeeAsync(new TlsEnumerationProbe(), new TlsEnumeration(server.Endpoint));
    }
}
