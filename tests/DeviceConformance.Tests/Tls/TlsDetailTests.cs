using System.Collections.Immutable;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

/// <summary>What servers show beside versions and suites, by servers of raw bytes.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class TlsDetailTests
{
    private const int EcdheRsaGcm = 0xc02f;
    private const int RsaAes128 = 0x002f;
    private const int X25519MlKem768 = 4588;

    [Test]
    public async Task Groups_of_tls_1_3_show_by_hello_retry_in_the_servers_order()
    {
        int[] order = [X25519MlKem768, 29, 0x6399, 24];
        await using var server = FakeTlsServer.Start(offer => offer.Version != TlsVersion.Tls13 || !offer.Suites.Contains(0x1301) ? FakeFlight.Alert(70)
            : offer.Extensions[51].Length > 2 ? FakeFlight.Record(TlsVersion.Tls13, FakeFlight.Hello(TlsVersion.Tls13, 0x1301))
            : Array.Find(order, Numbers(offer.Extensions[10]).Contains) is var group and not 0 ? Retry(group)
            : FakeFlight.Alert(40));
        var details = (await SeeAsync(server)).Details!;
        Assert.That(details.Groups.Select(group => group.Name), Is.EqualTo(new[] { "X25519MLKEM768", "x25519", "X25519Kyber768Draft00", "secp384r1" }));
        Assert.That(details.Features.Where(feature => feature.Presence == Presence.Unknown).Select(feature => feature.Feature), Is.EqualTo(new[] { TlsFeature.Alpn, TlsFeature.SessionTicket, TlsFeature.OcspStapling }));
        Assert.That(details.Unknown, Has.Exactly(1).Contains("refuses none before it encrypts"));
    }

    [Test]
    public async Task Server_that_does_not_retry_leaves_the_groups_unknown()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Version == TlsVersion.Tls13 && offer.Suites.Contains(0x1301) && offer.Extensions[51].Length > 2
            ? FakeFlight.Record(TlsVersion.Tls13, FakeFlight.Hello(TlsVersion.Tls13, 0x1301))
            : FakeFlight.Alert(47));
        Assert.That((await SeeAsync(server)).Details!.Unknown, Has.Exactly(1).Contains("groups of TLS 1.3, asked for by hello retry: refused with illegal_parameter"));
    }

    [Test]
    public async Task Groups_and_signatures_of_tls_1_2_show_by_elimination()
    {
        int[] groups = [23, 29];
        int[] signatures = [0x0401, 0x0201];
        await using var server = FakeTlsServer.Start(offer => offer.Version != TlsVersion.Tls12 || !offer.Suites.Contains(EcdheRsaGcm) ? FakeFlight.Alert(40)
            : Array.Find(groups, Numbers(offer.Extensions[10]).Contains) is var group and not 0 && Array.Find(signatures, Numbers(offer.Extensions[13]).Contains) is var signature and not 0
                ? FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, EcdheRsaGcm), .. FakeFlight.Message(12, 3, 0, (byte)group, 1, 4, (byte)(signature >> 8), (byte)signature, 0, 1, 9), .. FakeFlight.Done])
                : FakeFlight.Alert(40));
        var details = (await SeeAsync(server)).Details!;
        Assert.That(details.Groups.Select(group => group.Name), Is.EqualTo(new[] { "secp256r1", "x25519" }));
        Assert.That(details.Signatures.Select(signature => signature.Name), Is.EqualTo(new[] { "rsa_pkcs1_sha256", "rsa_pkcs1_sha1" }));
        Assert.That(details.Unknown, Is.Empty);
    }

    [Test]
    public async Task Server_that_signs_as_it_likes_is_named()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Version == TlsVersion.Tls12 && offer.Suites.Contains(EcdheRsaGcm)
            ? FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, EcdheRsaGcm), .. FakeFlight.Message(12, 3, 0, 23, 1, 4, 2, 1, 0, 1, 9), .. FakeFlight.Done])
            : FakeFlight.Alert(40));
        var details = (await SeeAsync(server)).Details!;
        Assert.That(details.Signatures.Select(signature => signature.Name).Distinct(), Is.EqualTo(new[] { "rsa_pkcs1_sha1" }));
        Assert.That(details.Unknown, Has.Exactly(1).Contains("signs with rsa_pkcs1_sha1 although it was not offered").And.Exactly(1).Contains("takes secp256r1 although it was not offered"));
    }

    [TestCase(1, Presence.Yes, Exposure.Vulnerable)]
    [TestCase(0, Presence.No, Exposure.NotVulnerable)]
    public async Task Compression_is_crime(byte method, Presence presence, Exposure exposure)
    {
        await using var server = FakeTlsServer.Start(offer =>
        {
            if (offer.Version != TlsVersion.Tls12 || !offer.Suites.Contains(RsaAes128))
            {
                return FakeFlight.Alert(40);
            }

            var hello = FakeFlight.Hello(TlsVersion.Tls12, RsaAes128);
            hello[^1] = method;
            return FakeFlight.Record(TlsVersion.Tls12, [.. hello, .. FakeFlight.Done]);
        });
        var seen = await SeeAsync(server);
        Assert.That(seen.Details!.Has(TlsFeature.Compression), Is.EqualTo(presence));
        Assert.That(TlsConclusions.Of(seen).Single(attack => attack.Attack == TlsAttack.Crime).Exposure, Is.EqualTo(exposure));
    }

    [TestCase(true, Presence.Yes)]
    [TestCase(false, Presence.No)]
    public async Task Fallback_and_sentinel_are_seen(bool careful, Presence presence)
    {
        await using var server = FakeTlsServer.Start(offer =>
        {
            if (offer.Version == TlsVersion.Tls13)
            {
                return offer.Suites.Contains(0x1301) ? FakeFlight.Record(TlsVersion.Tls13, FakeFlight.Hello(TlsVersion.Tls13, 0x1301)) : FakeFlight.Alert(40);
            }

            if (offer.Version != TlsVersion.Tls12 || !offer.Suites.Contains(RsaAes128))
            {
                return FakeFlight.Alert(40);
            }

            if (careful && offer.Suites.Contains(0x5600))
            {
                return FakeFlight.Alert(86);
            }

            var hello = FakeFlight.Hello(TlsVersion.Tls12, RsaAes128);
            if (careful)
            {
                "DOWNGRD\u0001"u8.CopyTo(hello.AsSpan(4 + 2 + 24));
            }

            return FakeFlight.Record(TlsVersion.Tls12, [.. hello, .. FakeFlight.Done]);
        });
        var details = (await SeeAsync(server)).Details!;
        Assert.That((details.Has(TlsFeature.FallbackScsv), details.Has(TlsFeature.DowngradeSentinel)), Is.EqualTo((presence, presence)));
    }

    [Test]
    public async Task Extensions_of_the_server_are_features()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Version == TlsVersion.Tls12 && offer.Suites.Contains(RsaAes128)
            ? FakeFlight.Record(TlsVersion.Tls12,
            [
                .. FakeFlight.Hello(
                    TlsVersion.Tls12,
                    RsaAes128,
                    [
                        0xff, 1, 0, 1, 0,
                        .. offer.Extensions.ContainsKey(22) ? (byte[])[0, 22, 0, 0] : [],
                        .. offer.Extensions.TryGetValue(16, out var alpn) && Contains(alpn, "mqtt"u8) ? (byte[])[0, 16, 0, 7, 0, 5, 4, .. "mqtt"u8] : [],
                        .. offer.Extensions.ContainsKey(15) ? (byte[])[0, 15, 0, 1, 1] : [],
                    ]),
                .. FakeFlight.Done,
            ])
            : FakeFlight.Alert(40));
        var details = (await SeeAsync(server)).Details!;
        Assert.Multiple(() =>
        {
            foreach (var feature in new[] { TlsFeature.SecureRenegotiation, TlsFeature.EncryptThenMac, TlsFeature.Alpn, TlsFeature.Heartbeat })
            {
                Assert.That(details.Has(feature), Is.EqualTo(Presence.Yes), $"{feature}");
            }

            foreach (var feature in new[] { TlsFeature.ExtendedMainSecret, TlsFeature.SessionTicket, TlsFeature.SessionId, TlsFeature.OcspStapling, TlsFeature.Compression })
            {
                Assert.That(details.Has(feature), Is.EqualTo(Presence.No), $"{feature}");
            }
        });
        Assert.That(details.Features.Single(feature => feature.Feature == TlsFeature.Alpn).Note, Is.EqualTo("mqtt"));
    }

    [Test]
    public async Task Server_that_stops_answering_is_left_alone_and_the_enumeration_stays_complete()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Extensions.ContainsKey(35) || (offer.Extensions.TryGetValue(13, out var list) && list.Length < 52) || (offer.Extensions.TryGetValue(10, out var curves) && curves.Length < 50) ? null
            : offer.Version == TlsVersion.Tls12 && offer.Suites.Contains(EcdheRsaGcm) ? FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, EcdheRsaGcm), .. FakeFlight.Message(12, 3, 0, 23, 1, 4, 4, 1, 0, 1, 9), .. FakeFlight.Done])
            : FakeFlight.Alert(40));
        var seen = await SeeAsync(server, new FastTime(60));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Details!.Unknown, Is.Not.Empty);
        Assert.That(seen.Details.Has(TlsFeature.Compression), Is.EqualTo(Presence.Unknown));
        Assert.That(seen.OneAtATime, Is.True);
    }

    [Test]
    public async Task Diffie_hellman_prime_is_known_by_its_fingerprint()
    {
        // 2^768 - 2^704 - 1 + 2^64 * (floor(2^638 pi) + 149686) (RFC 2409, 6.1).
        var prime = Convert.FromHexString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF");
        await using var server = FakeTlsServer.Start(offer => offer.Version == TlsVersion.Tls10 && offer.Suites.Contains(0x0033)
            ? FakeFlight.Record(TlsVersion.Tls10, [.. FakeFlight.Hello(TlsVersion.Tls10, 0x0033), .. FakeFlight.Message(12, [0, 96, .. prime, 0, 1, 2, 0, 1, 5]), .. FakeFlight.Done])
            : FakeFlight.Alert(40));
        var seen = await SeeAsync(server);
        Assert.That(seen.Details!.Primes.Select(known => (known.Bits, known.KnownAs)), Is.EqualTo(new[] { (768, "RFC 2409, 6.1") }));
        Assert.That(TlsConclusions.Of(seen).Single(attack => attack.Attack == TlsAttack.Logjam).Exposure, Is.EqualTo(Exposure.Vulnerable));
    }

    private static byte[] Retry(int group)
    {
        var hello = FakeFlight.Hello(TlsVersion.Tls13, 0x1301, 0, 51, 0, 2, (byte)(group >> 8), (byte)group);
        System.Security.Cryptography.SHA256.HashData("HelloRetryRequest"u8).CopyTo(hello, 6);
        return FakeFlight.Record(TlsVersion.Tls13, hello);
    }

    private static ImmutableArray<int> Numbers(byte[] list) => [.. Enumerable.Range(1, (list.Length / 2) - 1).Select(index => (list[2 * index] << 8) | list[(2 * index) + 1])];

    private static bool Contains(byte[] bytes, ReadOnlySpan<byte> word) => bytes.AsSpan().IndexOf(word) >= 0;

    private static async Task<TlsServerSeen> SeeAsync(LoopbackServer server, TimeProvider? time = null)
    {
        using var bench = new ProbeBench(time: time);
        return await bench.SeeAsync(new TlsEnumerationProbe(), new TlsEnumeration(server.Endpoint));
    }
}
