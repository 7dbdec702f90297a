using System.Net.Sockets;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class StartTlsTests
{
    private const int RsaAes128 = 0x002f;

    [TestCase(StartTls.Smtp, "220-lamp\r\n220 ready\r\n", "EHLO dct.invalid\r\n", "250-lamp\r\n250 STARTTLS\r\n", "STARTTLS\r\n", "220 go\r\n")]
    [TestCase(StartTls.Imap, "* OK ready\r\n", "a1 STARTTLS\r\n", "* CAPABILITY IMAP4rev2\r\na1 OK begin\r\n")]
    [TestCase(StartTls.Pop3, "+OK ready\r\n", "STLS\r\n", "+OK begin\r\n")]
    [TestCase(StartTls.Ftp, "220 ready\r\n", "AUTH TLS\r\n", "234 begin\r\n")]
    [TestCase(StartTls.Xmpp, "", "<?xml", "<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>", "<starttls", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]
    public async Task Service_is_brought_to_tls_and_enumerated(StartTls protocol, params string[] script)
    {
        await using var server = Start(script);
        var seen = await SeeAsync(server, protocol);
        Assert.That(seen.Accepted.Single().Suites.Single().Code, Is.EqualTo(RsaAes128));
        Assert.That(seen.StartTls, Is.EqualTo(protocol));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [TestCase(StartTls.Smtp, "220 ready\r\n", "EHLO dct.invalid\r\n", "250 lamp\r\n", "STARTTLS\r\n", "502 what?\r\n")]
    [TestCase(StartTls.Smtp, "SSH-2.0-dropbear\r\n")]
    [TestCase(StartTls.Imap, "* OK ready\r\n", "a1 STARTTLS\r\n", "a1 BAD no\r\n")]
    [TestCase(StartTls.Ftp, "220 ready\r\n", "AUTH TLS\r\n", "530 log in first\r\n")]
    [TestCase(StartTls.Xmpp, "", "<?xml", "<stream:stream><stream:features/></stream:stream>")]
    public async Task Refusal_is_told_apart_from_a_refusal_of_tls(StartTls protocol, params string[] script)
    {
        await using var server = Start(script);
        using var bench = new ProbeBench();
        var outcome = await bench.AskAsync(new TlsEnumerationProbe(), new TlsEnumeration(server.Endpoint, protocol));
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Malformed), outcome.Summary);
        Assert.That(outcome.Summary, Does.Contain("instead of going over to TLS"));
    }

    [Test]
    public async Task Refusal_in_the_middle_leaves_the_rest_unknown()
    {
        var connections = 0;
        await using var server = Start(["220 ready\r\n", "AUTH TLS\r\n", "234 begin\r\n"], () => Interlocked.Increment(ref connections) > 4 ? "421 too many\r\n" : null);
        var seen = await SeeAsync(server, StartTls.Ftp);
        Assert.That(seen.Coverage.IsComplete, Is.False, seen.Coverage.Statement);
        Assert.That(seen.Coverage.Statement, Does.Contain("421 too many"));
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public bool Any_greeting_ends_somewhere(byte[] greeting, StartTls protocol)
    {
        using var bench = new ProbeBench(time: new FastTime(100));
        var server = new LoopbackServer(async (socket, cancellationToken) => await socket.SendAsync(greeting ?? [], cancellationToken));
        try
        {
            return bench.AskAsync(new TlsEnumerationProbe(), new TlsEnumeration(server.Endpoint, protocol)).GetAwaiter().GetResult() is ProbeOutcome.Unanswered;
        }
        finally
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    // A greeting, then turn by turn what the client begins with and what the server says to that; then TLS.
    private static LoopbackServer Start(string[] script, Func<string?>? instead = null) => new(async (socket, cancellationToken) =>
    {
        await using var stream = new NetworkStream(socket);
        var buffer = new byte[4096];
        await stream.WriteAsync(Encoding.ASCII.GetBytes(instead?.Invoke() ?? script[0]), cancellationToken);
        for (var turn = 1; turn + 1 < script.Length; turn += 2)
        {
            var said = Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, cancellationToken));
            if (!said.StartsWith(script[turn], StringComparison.Ordinal))
            {
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(script[turn + 1]), cancellationToken);
        }

        var count = await stream.ReadAsync(buffer, cancellationToken);
        if (count == 0 || buffer[0] == 0x80)
        {
            return;
        }

        var offer = OfferRead.Parse(buffer[..count]);
        await stream.WriteAsync(
            offer.Version != TlsVersion.Tls12 ? FakeFlight.Alert(70)
            : offer.Suites.Contains(RsaAes128) ? FakeFlight.Record(TlsVersion.Tls12, [.. FakeFlight.Hello(TlsVersion.Tls12, RsaAes128), .. FakeFlight.Done])
            : FakeFlight.Alert(40),
            cancellationToken);
        _ = await stream.ReadAsync(buffer, cancellationToken);
    });

    private static async Task<TlsServerSeen> SeeAsync(LoopbackServer server, StartTls protocol)
    {
        using var bench = new ProbeBench();
        return await bench.SeeAsync(new TlsEnumerationProbe(), new TlsEnumeration(server.Endpoint, protocol));
    }
}
