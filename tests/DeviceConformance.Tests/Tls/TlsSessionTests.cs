using System.Security.Cryptography;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using DeviceConformance.Probing.Tls.Attacks;
using DeviceConformance.Probing.Traffic.Content;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

/// <summary>What a whole handshake of TLS 1.2 shows: Ticketbleed, the lifetime of tickets, renegotiation by the client.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class TlsSessionTests
{
    private const int Longest = 32;

    [Test]
    public async Task Server_that_says_back_more_than_the_session_id_has_Ticketbleed()
    {
        await using var server = new TicketServer { Echo = id => [.. id, .. "SECRET"u8.ToArray().Take(Longest - id.Length)] };
        using var bench = new ProbeBench(time: new FastTime(8));
        var tried = await bench.SeeAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(server.Endpoint));
        var seen = Of(tried, TlsAttack.Ticketbleed);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Exposure, Is.EqualTo(Exposure.Vulnerable), seen.Reason);
            Assert.That(seen.Reason, Does.Contain("31 bytes").And.Contain("1 of memory"));
            Assert.That(tried.Connections, Is.EqualTo(server.Connections));
            Assert.That(bench.Said, Does.Contain("Ticketbleed").And.Not.Contain("TICKET"));
        });
    }

    [Test]
    public async Task Server_that_says_back_the_session_id_has_not()
    {
        await using var server = new TicketServer { Hint = 14 * 86_400 };
        var tried = await TryAsync(server);
        Assert.Multiple(() =>
        {
            Assert.That(Of(tried, TlsAttack.Ticketbleed).Exposure, Is.EqualTo(Exposure.NotVulnerable), Of(tried, TlsAttack.Ticketbleed).Reason);
            Assert.That(Of(tried, TlsAttack.ClientRenegotiation).Exposure, Is.EqualTo(Exposure.NotVulnerable), Of(tried, TlsAttack.ClientRenegotiation).Reason);
            Assert.That(Of(tried, TlsAttack.ClientRenegotiation).Reason, Does.Contain("no_renegotiation"));
            Assert.That(tried.Tickets, Is.EqualTo(new[] { new TlsTicketSeen(TlsVersion.Tls12, 14 * 86_400, TicketServer.Ticket.Length) }));
            Assert.That(tried.Tickets[0].Text, Does.Contain("1209600 s").And.Contain("more than 7 days"));
        });
    }

    [TestCase(604_800u, false)]
    [TestCase(604_801u, true)]
    [TestCase(0u, false)]
    public void Lifetime_of_tickets_is_long_beyond_seven_days(uint hint, bool isLong)
    {
        var ticket = new TlsTicketSeen(TlsVersion.Tls12, hint, 9);
        Assert.That(ticket.IsLong, Is.EqualTo(isLong));
        Assert.That(ticket.Text.Contains("7 days", StringComparison.Ordinal), Is.EqualTo(isLong));
    }

    [Test]
    public async Task Server_that_resumes_only_under_ids_of_full_length_has_not()
    {
        await using var server = new TicketServer { Echo = id => id.Length == Longest ? id : RandomNumberGenerator.GetBytes(Longest) };
        var seen = Of(await TryAsync(server), TlsAttack.Ticketbleed);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.NotVulnerable), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("begins a new one"));
    }

    [Test]
    public async Task Server_that_never_takes_its_tickets_is_undecided()
    {
        await using var server = new TicketServer { Echo = _ => RandomNumberGenerator.GetBytes(Longest) };
        var tried = await TryAsync(server);
        Assert.That(Of(tried, TlsAttack.Ticketbleed).Exposure, Is.EqualTo(Exposure.Undecided), Of(tried, TlsAttack.Ticketbleed).Reason);
        Assert.That(tried.Coverage.IsComplete, Is.False);
    }

    [Test]
    public async Task Server_that_breaks_off_when_it_gets_its_ticket_is_undecided()
    {
        await using var server = new TicketServer { Echo = _ => null };
        var seen = Of(await TryAsync(server), TlsAttack.Ticketbleed);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Undecided), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("closed"));
    }

    [Test]
    public async Task Server_that_breaks_off_the_handshake_is_undecided()
    {
        await using var server = new TicketServer { BreaksOff = true };
        var tried = await TryAsync(server);
        Assert.Multiple(() =>
        {
            Assert.That(Of(tried, TlsAttack.Ticketbleed).Exposure, Is.EqualTo(Exposure.Undecided), Of(tried, TlsAttack.Ticketbleed).Reason);
            Assert.That(Of(tried, TlsAttack.ClientRenegotiation).Exposure, Is.EqualTo(Exposure.Undecided), Of(tried, TlsAttack.ClientRenegotiation).Reason);
            Assert.That(tried.Tickets, Is.Empty);
        });
    }

    [Test]
    public async Task Server_that_begins_a_renegotiation_lets_clients_make_it_work()
    {
        await using var server = new TicketServer { Renegotiate = () => (22, FakeFlight.Hello(TlsVersion.Tls12, 0x002f)) };
        var seen = Of(await TryAsync(server), TlsAttack.ClientRenegotiation);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Vulnerable), seen.Reason);
    }

    [Test]
    public async Task Server_that_is_silent_on_a_renegotiation_is_undecided()
    {
        await using var server = new TicketServer { Renegotiate = () => (22, null) };
        var seen = Of(await TryAsync(server), TlsAttack.ClientRenegotiation);
        Assert.That(seen.Exposure, Is.EqualTo(Exposure.Undecided), seen.Reason);
        Assert.That(seen.Reason, Does.Contain("silent"));
    }

    [TestCaseSource(nameof(Suites))]
    public void Sealed_records_open(string name)
    {
        var suite = CipherSuite.ByCode.Values.Single(known => known.Name == name);
        using var client = TlsRecordCipher.Of12(suite, new byte[48], new byte[32], new byte[32], fromClient: true, isMacOverCipherText: false)!;
        using var server = TlsRecordCipher.Of12(suite, new byte[48], new byte[32], new byte[32], fromClient: true, isMacOverCipherText: false)!;
        foreach (var length in new[] { 0, 1, 15, 16, 300 })
        {
            var content = RandomNumberGenerator.GetBytes(length);
            var record = client.Seal(22, content);
            var plain = new byte[record.Length];
            Assert.That(server.TryOpen(22, record, plain, out var opened), Is.True);
            Assert.That(plain[..opened], Is.EqualTo(content));
        }
    }

    [Test]
    public void Records_under_other_keys_end_the_session()
    {
        var suite = CipherSuite.ByCode[0xc02f];
        using var keys = TlsRecordCipher.Of12(suite, new byte[48], new byte[32], new byte[32], fromClient: false, isMacOverCipherText: false)!;
        var tail = new SessionTail(keys);
        tail.Append([20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 40, .. new byte[40]]);
        Assert.That((tail.IsFinished, tail.Fault), Is.EqualTo((false, "a record does not open with the keys that were agreed on")));
    }

    private static IEnumerable<string> Suites() => ClassicSession.Suites.Select(code => CipherSuite.ByCode[code].Name);

    private static async Task<TlsAttacksTried> TryAsync(TicketServer server)
    {
        using var bench = new ProbeBench(time: new FastTime(8));
        return await bench.SeeAsync(new TlsAttackTrialProbe(), new TlsAttackTrial(server.Endpoint));
    }

    private static TlsAttackSeen Of(TlsAttacksTried tried, TlsAttack attack) => tried.Attacks.Single(seen => seen.Attack == attack);
}
