using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable(ParallelScope.All)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class TlsEnumerationTests
{
    private const int RsaAes128 = 0x002f;
    private const int RsaAes256 = 0x0035;
    private const int Rc4Md5 = 0x0004;
    private const int DheRsaAes128 = 0x0033;
    private const int EcdheRsaGcm = 0xc02f;

    private static readonly X509Certificate2 _certificate = CreateCertificate();

    [OneTimeTearDown]
    public static void DisposeCertificate() => _certificate.Dispose();

    [Test]
    public async Task Each_version_is_accepted_with_exactly_the_suites_that_the_server_knows()
    {
        var knows = new Dictionary<TlsVersion, int[]>
        {
            [TlsVersion.Ssl3] = [Rc4Md5],
            [TlsVersion.Tls10] = [RsaAes128, RsaAes256, DheRsaAes128],
            [TlsVersion.Tls12] = [EcdheRsaGcm, RsaAes128],
            [TlsVersion.Tls13] = [0x1301],
        };
        await using var server = FakeTlsServer.Start(knows, (_, suite) =>
        [
            .. FakeFlight.Certificate(_certificate.RawData),
            .. suite == DheRsaAes128 ? FakeFlight.DhExchange(1024) : suite == EcdheRsaGcm ? FakeFlight.CurveExchange(23) : [],
            .. FakeFlight.Done,
        ]);
        var seen = await SeeAsync(server);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
            Assert.That(seen.Versions.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Ssl2, TlsVersion.Ssl3, TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13 }));
            foreach (var version in seen.Versions)
            {
                Assert.That(version.Accepted, Is.EqualTo(knows.ContainsKey(version.Version)), $"{version.Version}");
                Assert.That(version.Suites.Select(suite => suite.Code), Is.EqualTo(knows.GetValueOrDefault(version.Version, [])), $"{version.Version}");
                Assert.That(version.Refusal, version.Accepted ? Is.Null : version.Version == TlsVersion.Ssl2 ? Is.EqualTo(Silence.ClosedByPeer).Or.EqualTo(Silence.Reset) : Is.EqualTo(Silence.HandshakeRefused), $"{version.Version}");
            }

            Assert.That(Version(seen, TlsVersion.Tls10).Suites.Select(suite => suite.Group), Is.EqualTo(new[] { "", "", "DH 1024" }));
            Assert.That(Version(seen, TlsVersion.Tls12).Suites.Select(suite => suite.Group), Is.EqualTo(new[] { "secp256r1", "" }));
            Assert.That(Version(seen, TlsVersion.Tls12).ServerPreference, Is.True);
            Assert.That(seen.Certificates, Has.Length.EqualTo(1));
            Assert.That(seen.Certificates[0].Sha256, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(_certificate.RawData))));
            Assert.That(seen.Connections + seen.Details!.Connections, Is.EqualTo(server.Connections));
        });
    }

    [Test]
    public async Task Certificate_is_read_with_names_key_and_validity()
    {
        await using var server = FakeTlsServer.Start(new Dictionary<TlsVersion, int[]> { [TlsVersion.Tls12] = [RsaAes128] }, (_, _) => [.. FakeFlight.Certificate(_certificate.RawData), .. FakeFlight.Done]);
        var certificate = (await SeeAsync(server)).Certificates.Single();
        Assert.Multiple(() =>
        {
            Assert.That(certificate.Subject, Is.EqualTo("CN=device"));
            Assert.That(certificate.Names, Is.EqualTo(new[] { "device.local", "127.0.0.1" }));
            Assert.That((certificate.KeyAlgorithm, certificate.KeyBits), Is.EqualTo(("ECDSA", 256)));
            Assert.That(certificate.SelfSigned, Is.True);
            Assert.That(certificate.SignatureAlgorithm, Is.EqualTo("sha256ECDSA"));
            Assert.That(certificate.NotAfter - certificate.NotBefore, Is.EqualTo(TimeSpan.FromDays(30)));
        });
    }

    [Test]
    public async Task Server_in_the_clients_order_has_no_preference_of_its_own()
    {
        int[] known = [RsaAes256, RsaAes128, EcdheRsaGcm];
        await using var server = FakeTlsServer.Start(offer => offer.Version != TlsVersion.Tls12 ? FakeFlight.Alert(70)
            : offer.Suites.FirstOrDefault(known.Contains) is var suite and not 0 ? Answer(TlsVersion.Tls12, suite) : FakeFlight.Alert(40));
        var version = Version(await SeeAsync(server), TlsVersion.Tls12);
        Assert.That(version.ServerPreference, Is.False);
        Assert.That(version.Suites.Select(suite => suite.Code), Is.EquivalentTo(known));
    }

    [Test]
    public async Task Version_costs_its_suites_and_two_more_connections()
    {
        int[] known = [RsaAes256, RsaAes128, EcdheRsaGcm, 0xc0a0, 0x00ba];
        await using var server = FakeTlsServer.Start(offer => offer.Version != TlsVersion.Tls12 ? FakeFlight.Alert(70)
            : offer.Suites.FirstOrDefault(known.Contains) is var suite and not 0 ? Answer(TlsVersion.Tls12, suite) : FakeFlight.Alert(40));
        var seen = await SeeAsync(server);
        Assert.That(Version(seen, TlsVersion.Tls12).Suites.Select(suite => suite.Code), Is.EquivalentTo(known));
        Assert.That(Version(seen, TlsVersion.Tls12).ServerPreference, Is.False);
        Assert.That(seen.Connections, Is.EqualTo(known.Length + 2 + 5), "one for each other version");
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [TestCase(false, TestName = "Server_that_reads_the_first_128_suites_shows_those_behind_them_too")]
    [TestCase(true, TestName = "Server_that_refuses_more_than_128_suites_shows_all_it_has")]
    public async Task Limit_of_suites_hides_none(bool refuses)
    {
        int[] known = [RsaAes128, RsaAes256, .. CipherSuite.InOrderOfUse.Where(suite => suite.FitsInto(TlsVersion.Tls12)).Select(suite => suite.Code).TakeLast(1)];
        await using var server = FakeTlsServer.Start(offer => offer.Version != TlsVersion.Tls12 ? FakeFlight.Alert(70)
            : refuses && offer.Suites.Count > 128 ? FakeFlight.Alert(50)
            : offer.Suites.Take(128).FirstOrDefault(known.Contains) is var suite and not 0 ? Answer(TlsVersion.Tls12, suite) : FakeFlight.Alert(40));
        var seen = await SeeAsync(server);
        Assert.That(Version(seen, TlsVersion.Tls12).Suites.Select(suite => suite.Code), Is.EquivalentTo(known));
        Assert.That(Version(seen, TlsVersion.Tls12).ServerPreference, Is.False);
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Server_that_leaves_the_order_of_some_suites_to_the_client_shows_the_others_too()
    {
        // As BoringSSL does with groups of equal preference: the first group before the second, whatever the client's order of both.
        int[][] groups = [[RsaAes128, RsaAes256], [0xc0a0, 0x00ba]];
        await using var server = FakeTlsServer.Start(offer => offer.Version != TlsVersion.Tls12 ? FakeFlight.Alert(70)
            : groups.Select(group => offer.Suites.FirstOrDefault(group.Contains)).FirstOrDefault(suite => suite != 0) is var suite and not 0 ? Answer(TlsVersion.Tls12, suite) : FakeFlight.Alert(40));
        var seen = await SeeAsync(server);
        Assert.That(Version(seen, TlsVersion.Tls12).Suites.Select(suite => suite.Code), Is.EquivalentTo(groups.SelectMany(group => group)));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Lower_version_in_the_answer_is_no_acceptance()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Version < TlsVersion.Tls10 ? FakeFlight.Alert(70)
            : offer.Suites.Contains(RsaAes128) ? Answer(TlsVersion.Tls10, RsaAes128) : FakeFlight.Alert(40));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls10 }));
        Assert.That(Version(seen, TlsVersion.Tls12).Refusal, Is.EqualTo(Silence.HandshakeRefused));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Server_that_blames_the_version_for_want_of_a_suite_is_asked_for_the_others()
    {
        int[] known = [RsaAes128, 0xc0a0, 0xd001];
        await using var server = FakeTlsServer.Start(offer => offer.Version == TlsVersion.Tls12 && known.FirstOrDefault(offer.Suites.Contains) is var suite and not 0
            ? Answer(TlsVersion.Tls12, suite)
            : FakeFlight.Alert(70));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Code), Is.EquivalentTo(known));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Closing_without_an_alert_is_a_refusal_when_the_server_still_answers_afterwards()
    {
        await using var server = FakeTlsServer.Start(offer => Knows(offer) ? Answer(TlsVersion.Tls12, RsaAes128) : []);
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Suites.Single().Code, Is.EqualTo(RsaAes128));
        Assert.That(Version(seen, TlsVersion.Tls10).Refusal, Is.EqualTo(Silence.ClosedByPeer));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Closing_is_no_refusal_when_the_server_has_stopped_answering()
    {
        var answered = 0;
        await using var server = FakeTlsServer.Start(offer => Knows(offer) && Interlocked.Increment(ref answered) == 1 ? Answer(TlsVersion.Tls12, RsaAes128) : []);
        var seen = await SeeAsync(server);
        Assert.That(seen.Coverage.IsComplete, Is.False, seen.Coverage.Statement);
        Assert.That(seen.Coverage.Statement, Does.Contain("no longer took TLS 1.2"));
    }

    [Test]
    public async Task Reset_in_the_middle_of_the_suites_leaves_the_rest_unknown()
    {
        await using var server = FakeTlsServer.Start((offer, socket) =>
        {
            if (Knows(offer))
            {
                return Answer(TlsVersion.Tls12, RsaAes128);
            }

            if (offer.Version != TlsVersion.Tls12)
            {
                return FakeFlight.Alert(70);
            }

            LoopbackServer.Reset(socket);
            return [];
        });
        var seen = await SeeAsync(server);
        Assert.That(Version(seen, TlsVersion.Tls12).Accepted, Is.True);
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("TLS 1.2: reset after 1 suites, so further suites are unknown"));
    }

    [Test]
    public async Task Silence_in_the_middle_leaves_the_rest_unknown()
    {
        await using var server = FakeTlsServer.Start(offer => Knows(offer) ? Answer(TlsVersion.Tls12, RsaAes128) : offer.Version == TlsVersion.Tls11 ? null : FakeFlight.Alert(40));
        var seen = await SeeAsync(server, new FastTime(10));
        Assert.That(Version(seen, TlsVersion.Tls11).Refusal, Is.EqualTo(Silence.NoReply));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("TLS 1.1: no answer within 8 s, so whether it is supported is unknown"));
    }

    [Test]
    public async Task Busy_server_is_asked_again_alone()
    {
        var open = 0;
        var most = 0;
        await using var server = new LoopbackServer(async (socket, cancellationToken) =>
        {
            var now = Interlocked.Increment(ref open);
            try
            {
                await using var stream = new NetworkStream(socket);
                var buffer = new byte[2048];
                var count = await stream.ReadAsync(buffer, cancellationToken);
                if (now > 1)
                {
                    Interlocked.Increment(ref most);
                    LoopbackServer.Reset(socket);
                    return;
                }

                if (buffer[0] == 0x80)
                {
                    return;
                }

                var offer = OfferRead.Parse(buffer[..count]);
                await stream.WriteAsync(Knows(offer) ? Answer(TlsVersion.Tls12, RsaAes128) : FakeFlight.Alert(offer.Version == TlsVersion.Tls12 ? (byte)40 : (byte)70), cancellationToken);
                _ = await stream.ReadAsync(buffer, cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        });
        var seen = await SeeAsync(server);
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Single().Suites.Single().Code, Is.EqualTo(RsaAes128));
        Assert.That(most, Is.LessThanOrEqualTo(6), "connections that met another one");
    }

    [Test]
    public async Task Internal_error_is_asked_about_once_more()
    {
        var failed = 0;
        await using var server = FakeTlsServer.Start(offer => Knows(offer) && Interlocked.Exchange(ref failed, 1) == 0 ? FakeFlight.Alert(80)
            : Knows(offer) ? Answer(TlsVersion.Tls12, RsaAes128) : FakeFlight.Alert(offer.Version == TlsVersion.Tls12 ? (byte)40 : (byte)70));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Suites.Single().Code, Is.EqualTo(RsaAes128));
    }

    [Test]
    public async Task Server_that_does_not_read_long_offers_gets_short_ones()
    {
        int[] known = [RsaAes128, RsaAes256, 0x00ba];
        await using var server = FakeTlsServer.Start(offer => offer.Suites.Count > 20 ? FakeFlight.Alert(50)
            : offer.Version != TlsVersion.Tls12 ? FakeFlight.Alert(70)
            : known.FirstOrDefault(offer.Suites.Contains) is var suite and not 0 ? Answer(TlsVersion.Tls12, suite) : FakeFlight.Alert(40));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Code), Is.EquivalentTo(known));
    }

    [Test]
    public async Task Server_that_reads_no_offer_at_all_is_incomplete()
    {
        await using var server = FakeTlsServer.Start(_ => FakeFlight.Alert(50));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted, Is.Empty);
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("took none of the offers").And.Contain("does not understand the offer (decode_error)"));
    }

    [Test]
    public async Task Suite_that_was_not_offered_ends_the_elimination()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Version == TlsVersion.Tls12 ? Answer(TlsVersion.Tls12, RsaAes128) : FakeFlight.Alert(70));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Suites, Has.Length.EqualTo(1));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("which it was not offered"));
    }

    [Test]
    public async Task Server_that_wants_a_name_is_incomplete()
    {
        await using var server = FakeTlsServer.Start(offer => offer.Extensions.ContainsKey(0) ? Answer(TlsVersion.Tls12, RsaAes128) : FakeFlight.Alert(112));
        var seen = await SeeAsync(server);
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("wants a server name"));
    }

    [Test]
    public async Task Hostile_certificate_is_named_and_not_believed()
    {
        await using var server = FakeTlsServer.Start(new Dictionary<TlsVersion, int[]> { [TlsVersion.Tls12] = [RsaAes128] }, (_, _) => [.. FakeFlight.Certificate([0x30, 0x82, 0xff, 0xff, 1]), .. FakeFlight.Done]);
        var seen = await SeeAsync(server);
        Assert.That(seen.Certificates, Is.Empty);
        Assert.That(seen.Accepted.Single().Suites, Has.Length.EqualTo(1));
        Assert.That(seen.Coverage.Statement, Does.Contain("certificate of 5 bytes"));
        Assert.That(seen.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Malformed_rest_of_a_flight_keeps_the_choice_and_is_named()
    {
        await using var server = FakeTlsServer.Start(new Dictionary<TlsVersion, int[]> { [TlsVersion.Tls12] = [EcdheRsaGcm] }, (_, _) => FakeFlight.Message(12, 9, 9));
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Suites.Single().Code, Is.EqualTo(EcdheRsaGcm));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("malformed (ServerKeyExchange message)"));
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [TestCase("SSH-2.0-dropbear\r\n")]
    public async Task Port_that_speaks_something_else_is_malformed(string banner)
    {
        await using var server = FakeTlsServer.Start(_ => Encoding.ASCII.GetBytes(banner));
        var outcome = await AskAsync(server.Endpoint);
        Assert.That(outcome, Is.InstanceOf<ProbeOutcome.Unanswered>());
        Assert.That(((ProbeOutcome.Unanswered)outcome).Silence, Is.EqualTo(Silence.Malformed));
        Assert.That(outcome.Summary, Does.Contain(banner[..8]).And.Contain("not TLS"));
    }

    [Test]
    public async Task Port_that_stays_silent_is_no_reply()
    {
        await using var server = FakeTlsServer.Start(_ => null);
        var outcome = await AskAsync(server.Endpoint, new FastTime(20));
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.NoReply), outcome.Summary);
    }

    [Test]
    public async Task Port_that_closes_every_time_is_closed_by_peer()
    {
        await using var server = FakeTlsServer.Start(_ => []);
        var outcome = await AskAsync(server.Endpoint);
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.ClosedByPeer), outcome.Summary);
        Assert.That(server.Connections, Is.LessThanOrEqualTo(5));
    }

    [Test]
    public async Task Closed_port_is_refused()
    {
        var outcome = await AskAsync(new Endpoint(ProbeBench.Loopback, Daemon.FreePort()));
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Refused), outcome.Summary);
    }

    [Test]
    public async Task Offers_name_no_server_and_fit_into_512_bytes()
    {
        var offers = new ConcurrentBag<OfferRead>();
        await using var server = FakeTlsServer.Start(offer =>
        {
            offers.Add(offer);
            return FakeFlight.Alert(40);
        });
        await SeeAsync(server);
        Assert.That(offers, Is.Not.Empty);
        Assert.That(offers.Select(offer => offer.Extensions.Keys.Contains(0)), Is.All.False);
        Assert.That(offers.Select(offer => offer.Suites.Count), Is.All.LessThan(128), "some embedded stacks read no more");
        Assert.That(offers.Select(offer => offer.Extensions.Sum(extension => 4 + extension.Value.Length) + (2 * offer.Suites.Count) + offer.SessionIdLength + 50), Is.All.LessThan(512));
        Assert.That(offers.SelectMany(offer => offer.Suites).Distinct().Count(), Is.EqualTo(CipherSuite.ByCode.Count + 1), "every suite, and the renegotiation signal");
    }

    [Test]
    public async Task Platform_server_with_tls_1_2_and_two_suites()
    {
        await using var server = StartPlatform(SslProtocols.Tls12, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384);
        var seen = await SeeAsync(server);
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Tls12 }));
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Code), Is.EquivalentTo(new[] { 0xc02b, 0xc02c }));
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Group), Is.All.EqualTo("x25519"));
        Assert.That(seen.Certificates.Single().Subject, Is.EqualTo("CN=device"));
    }

    [Test]
    public async Task Certificate_of_a_server_of_tls_1_3_only_is_taken_from_a_handshake()
    {
        await using var server = StartPlatform(SslProtocols.Tls13, TlsCipherSuite.TLS_AES_256_GCM_SHA384);
        var seen = await SeeAsync(server);
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
        Assert.That(seen.Accepted.Single().Version, Is.EqualTo(TlsVersion.Tls13));
        Assert.That(seen.Accepted.Single().Suites.Select(suite => (suite.Name, suite.Group)), Is.EqualTo(new[] { ("TLS_AES_256_GCM_SHA384", "x25519") }));
        Assert.That(seen.Certificates.Single().Sha256, Is.EqualTo(CertificateReading.Fingerprint(_certificate.RawData)));
        Assert.That(seen.Connections + seen.Details!.Connections, Is.EqualTo(server.Connections));
    }

    [Test]
    public async Task Fake_that_never_finishes_tls_1_3_leaves_the_certificate_unknown()
    {
        await using var server = FakeTlsServer.Start(new Dictionary<TlsVersion, int[]> { [TlsVersion.Tls13] = [0x1301] });
        var seen = await SeeAsync(server);
        Assert.That(seen.Accepted.Single().Version, Is.EqualTo(TlsVersion.Tls13));
        Assert.That(seen.Certificates, Is.Empty);
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("the certificate was not seen"));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool Certificate_with_changed_bytes_never_throws(int at, byte value, ushort length)
    {
        var der = _certificate.RawData.ToArray();
        der[(int)((uint)at % der.Length)] = value;
        return CertificateReading.TryRead(der, DateTimeOffset.UnixEpoch, out var seen) == seen is not null
            && CertificateReading.TryRead(der.AsSpan(0, length % der.Length), DateTimeOffset.UnixEpoch, out var cut) == cut is not null;
    }

    private static bool Knows(OfferRead offer) => offer.Version == TlsVersion.Tls12 && offer.Suites.Contains(RsaAes128);

    private static byte[] Answer(TlsVersion version, int suite) => FakeFlight.Record(version, [.. FakeFlight.Hello(version, suite), .. FakeFlight.Done]);

    private static TlsVersionSeen Version(TlsServerSeen seen, TlsVersion version) => seen.Versions.Single(candidate => candidate.Version == version);

    private static Task<TlsServerSeen> SeeAsync(LoopbackServer server, TimeProvider? time = null) => WithBenchAsync(time, bench => bench.SeeAsync(new TlsEnumerationProbe(), new TlsEnumeration(server.Endpoint)));

    private static Task<ProbeOutcome> AskAsync(Endpoint endpoint, TimeProvider? time = null) => WithBenchAsync(time, bench => bench.AskAsync(new TlsEnumerationProbe(), new TlsEnumeration(endpoint)));

    private static async Task<T> WithBenchAsync<T>(TimeProvider? time, Func<ProbeBench, Task<T>> ask)
    {
        using var bench = new ProbeBench(time: time);
        return await ask(bench);
    }

    private static LoopbackServer StartPlatform(SslProtocols versions, params TlsCipherSuite[] suites) => new(async (socket, cancellationToken) =>
    {
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate, EnabledSslProtocols = versions, CipherSuitesPolicy = new CipherSuitesPolicy(suites) }, cancellationToken);
        _ = await tls.ReadAsync(new byte[1], cancellationToken);
    });

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("device.local");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var start = DateTimeOffset.UtcNow.Date;
        return request.CreateSelfSigned(start, start.AddDays(30));
    }
}
