using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls.Attacks;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class TlsAttackTests
{
    private const int RsaAes128 = 0x002f;
    private const byte Heartbeat = 24;
    private const byte ChangeCipherSpec = 20;
    private const byte UnexpectedMessage = 10;
    private const byte BadRecordMac = 20;
    private const byte DecryptError = 51;

    private static readonly byte[] _heartbeatExtension = [0, 15, 0, 1, 1];
    private static readonly RSA _key = RSA.Create(1024);
    private static readonly byte[] _certificate = Certificate();

    [OneTimeTearDown]
    public static void DisposeKey() => _key.Dispose();

    [Test]
    public async Task Server_that_answers_a_heartbeat_with_memory_has_Heartbleed()
    {
        await using var server = Start((type, content, _) => type == Heartbeat
            ? [Heartbeat, 3, 3, 0, 35, 2, content[1], content[2], .. new byte[32]]
            : FakeFlight.Alert(UnexpectedMessage), _heartbeatExtension);
        var seen = Of(await TryAsync(server), TlsAttack.Heartbleed);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Vulnerable), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("32 bytes of memory"));
    }

    [Test]
    public async Task Server_that_drops_the_heartbeat_has_not()
    {
        await using var server = Start((type, _, _) => type == Heartbeat ? ScriptedTlsServer.Nothing : FakeFlight.Alert(UnexpectedMessage), _heartbeatExtension);
        var seen = Of(await TryAsync(server), TlsAttack.Heartbleed);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.NotVulnerable), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("unexpected_message"));
    }

    [Test]
    public async Task Memory_never_reaches_the_transcript()
    {
        await using var server = Start((type, content, _) => type == Heartbeat
            ? [Heartbeat, 3, 3, 0, 35, 2, content[1], content[2], .. "TOPSECRETTOPSECRETTOPSECRETTOPSE"u8]
            : FakeFlight.Alert(UnexpectedMessage), _heartbeatExtension);
        using var bench = new ProbeBench();
        var tried = await bench.SeeAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(server.Endpoint));
        Assert.That(Of(tried, TlsAttack.Heartbleed).Exposure, Is.EqualTo(Exposure.Vulnerable));
        Assert.That(bench.Said, Does.Contain("Heartbleed").And.Not.Contain("SECRET"));
    }

    [Test]
    public async Task Server_that_takes_an_early_change_of_keys_has_ccs_injection()
    {
        await using var server = Start((type, _, number) => type == ChangeCipherSpec && number == 0 ? ScriptedTlsServer.Nothing : FakeFlight.Alert(BadRecordMac));
        var seen = Of(await TryAsync(server, new FastTime(10)), TlsAttack.CcsInjection);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Vulnerable), seen.Reason);
    }

    [TestCase(UnexpectedMessage)]
    [TestCase(BadRecordMac)]
    public async Task Server_that_refuses_an_early_change_of_keys_at_once_has_not(byte alert)
    {
        await using var server = Start((_, _, _) => FakeFlight.Alert(alert));
        Assert.That(Of(await TryAsync(server), TlsAttack.CcsInjection).Exposure, Is.EqualTo(Exposure.NotVulnerable));
    }

    [Test]
    public async Task Server_that_closes_on_an_early_change_of_keys_has_not()
    {
        await using var server = Start((_, _, _) => ScriptedTlsServer.Close);
        Assert.That(Of(await TryAsync(server), TlsAttack.CcsInjection).Exposure, Is.EqualTo(Exposure.NotVulnerable));
    }

    [Test]
    public async Task Server_that_says_what_is_wrong_with_the_padding_has_robot()
    {
        var isWellFormed = false;
        await using var server = Start((type, content, _) =>
        {
            if (type == 22 && content[0] == 16)
            {
                isWellFormed = IsWellFormed(content[6..]);
                return ScriptedTlsServer.Nothing;
            }

            return type == ChangeCipherSpec ? ScriptedTlsServer.Nothing : FakeFlight.Alert(isWellFormed ? BadRecordMac : DecryptError);
        });
        var seen = Of(await TryAsync(server, new FastTime(10)), TlsAttack.Robot);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Vulnerable), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("no separator: decrypt_error").And.Contain("well-formed: bad_record_mac"));
    }

    [Test]
    public async Task Server_that_tells_only_before_the_end_of_the_handshake_has_robot()
    {
        await using var server = Start((type, content, _) =>
            type == 22 && content[0] == 16 ? IsWellFormed(content[6..]) ? ScriptedTlsServer.Nothing : FakeFlight.Alert(BadRecordMac)
            : type == ChangeCipherSpec ? ScriptedTlsServer.Nothing : FakeFlight.Alert(BadRecordMac));
        var seen = Of(await TryAsync(server, new FastTime(4)), TlsAttack.Robot);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Vulnerable), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("well-formed: silence"));
    }

    [Test]
    public async Task Server_whose_answers_vary_is_undecided()
    {
        var count = 0;
        await using var server = Start((type, content, _) =>
            (type == 22 && content[0] == 16) || type == ChangeCipherSpec ? ScriptedTlsServer.Nothing : FakeFlight.Alert(Interlocked.Increment(ref count) % 3 == 0 ? BadRecordMac : DecryptError));
        var tried = await TryAsync(server, new FastTime(4));
        Assert.That(Of(tried, TlsAttack.Robot).Exposure, Is.EqualTo(Exposure.Undecided), Of(tried, TlsAttack.Robot).Reason);
        Assert.That(tried.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Server_that_answers_everything_in_one_way_has_not()
    {
        await using var server = Start((type, content, _) => (type == 22 && content[0] == 16) || (type == ChangeCipherSpec && content.Length > 1) ? ScriptedTlsServer.Nothing : FakeFlight.Alert(BadRecordMac));
        var tried = await TryAsync(server, new FastTime(4));
        // This server completes no handshake, so that nobody can want to renegotiate.
        Assert.That(tried.Attacks.Where(attack => attack.Exposure != Exposure.NotVulnerable).Select(attack => (attack.Attack, attack.Exposure)), Is.EqualTo(new[] { (TlsAttack.ClientRenegotiation, Exposure.Undecided) }), tried.Coverage.Statement);
        Assert.That(Of(tried, TlsAttack.Ticketbleed).Reason, Does.Contain("no session tickets"));
        Assert.That(tried.Connections, Is.EqualTo(server.Connections));
    }

    [Test]
    public async Task Server_that_falls_silent_is_undecided_throughout()
    {
        await using var server = Start((_, _, _) => ScriptedTlsServer.Nothing, _heartbeatExtension);
        var tried = await TryAsync(server, new FastTime(60));
        Assert.That(tried.Attacks.Where(attack => attack.Attack != TlsAttack.Ticketbleed).Select(attack => attack.Exposure), Is.All.EqualTo(Exposure.Undecided), tried.Coverage.Statement);
        Assert.That(tried.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task What_a_server_withstood_before_it_went_away_is_undecided()
    {
        var alive = 4;
        await using var server = ScriptedTlsServer.Start(
            _ => Interlocked.Decrement(ref alive) > 0 ? ScriptedTlsServer.Flight(0xc02f, _certificate) : FakeFlight.Alert(80),
            (_, _, _) => FakeFlight.Alert(UnexpectedMessage));
        var tried = await TryAsync(server);
        Assert.That(tried.Attacks.Select(attack => attack.Exposure), Is.All.EqualTo(Exposure.Undecided), tried.Coverage.Statement);
        Assert.That(tried.Coverage.Statement, Does.Contain("no longer took an ordinary offer"));
    }

    [Test]
    public async Task Server_of_tls_1_3_only_gives_the_attacks_nothing_to_begin_with()
    {
        await using var server = FakeTlsServer.Start(new Dictionary<TlsVersion, int[]> { [TlsVersion.Tls13] = [0x1301] });
        var tried = await TryAsync(server);
        Assert.That(tried.Attacks.Select(attack => attack.Exposure), Is.All.EqualTo(Exposure.NotVulnerable));
        Assert.That(tried.Coverage.IsComplete, Is.True);
    }

    [Test]
    public async Task Server_that_wants_a_name_is_undecided()
    {
        await using var server = FakeTlsServer.Start(_ => FakeFlight.Alert(112));
        Assert.That((await TryAsync(server)).Attacks.Select(attack => attack.Exposure), Is.All.EqualTo(Exposure.Undecided));
    }

    [Test]
    public async Task Port_without_tls_is_unanswered()
    {
        await using var server = FakeTlsServer.Start(_ => "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        using var bench = new ProbeBench();
        Assert.That(await bench.AskAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(server.Endpoint)), Is.InstanceOf<ProbeOutcome.Unanswered>());
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public Property Records_are_the_same_in_pieces_of_any_size() => Prop.ForAll(
        Gen.Elements(20, 21, 22, 23, 24).SelectMany(type => Gen.Choose(0, 70).Select(length => (byte[])[(byte)type, 3, 3, 0, (byte)length, .. Enumerable.Repeat((byte)2, length)])).ListOf().Select(records => records.SelectMany(record => record).ToArray()).ToArbitrary(),
        Gen.Choose(1, 40).ToArbitrary(),
        (bytes, size) => Shape(bytes, size) == Shape(bytes, int.MaxValue));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool Any_bytes_end_somewhere(byte[] bytes) => Shape(bytes, 7) == Shape(bytes, int.MaxValue);

    private static string Shape(byte[] bytes, int size)
    {
        var tail = new RecordTail();
        foreach (var chunk in bytes.Chunk(Math.Min(size, Math.Max(1, bytes.Length))))
        {
            tail.Append(chunk);
        }

        return $"{tail.IsBroken} {string.Join(' ', tail.Records)}";
    }

    private static LoopbackServer Start(Func<byte, byte[], int, byte[]?> react, params byte[] extensions) => ScriptedTlsServer.Start(
        offer => offer.Suites.Contains(RsaAes128) ? ScriptedTlsServer.Flight(RsaAes128, _certificate, offer.Extensions.ContainsKey(15) ? extensions : []) : FakeFlight.Alert(40),
        react);

    private static async Task<TlsAttacksTried> TryAsync(LoopbackServer server, TimeProvider? time = null)
    {
        using var bench = new ProbeBench(time: time);
        return await bench.SeeAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(server.Endpoint));
    }

    private static TlsAttackSeen Of(TlsAttacksTried tried, TlsAttack attack) => tried.Attacks.Single(seen => seen.Attack == attack);

    // What a careless server looks at: the first bytes, the separator in its place, the version.
    private static bool IsWellFormed(byte[] cipher)
    {
        var key = _key.ExportParameters(true);
        var block = BigInteger.ModPow(Number(cipher), Number(key.D!), Number(key.Modulus!)).ToByteArray(isUnsigned: true, isBigEndian: true);
        return block.Length == 127 && block[0] == 2 && Array.IndexOf(block, (byte)0) == 127 - 49 && block[127 - 48] == 3 && block[127 - 47] == 3;
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Certificate()
    {
        using var certificate = new CertificateRequest("CN=old", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        return certificate.RawData;
    }
}
