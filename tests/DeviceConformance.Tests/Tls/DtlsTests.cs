using System.Net;
using System.Net.Sockets;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Tls;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class DtlsTests
{
    private const int PskCcm8 = 0xc0a8;
    private const int EcdheEcdsaCcm8 = 0xc0ae;
    private const int Dtls12 = 0xfefd;

    private static readonly byte[] _certificate = [0x30, 3, 2, 1, 7];

    private static byte[][] Flight { get; } =
    [
        Message(2, 1, Hello(TlsVersion.Dtls12, EcdheEcdsaCcm8)),
        Message(11, 2, [0, 0, 8, 0, 0, 5, .. _certificate]),
        Message(12, 3, [3, 0, 23, 1, 4]),
        Message(14, 4, []),
    ];

    [Test]
    public void Messages_in_any_order_and_twice_make_one_flight()
    {
        var assembly = Read([.. Flight.Reverse().Concat(Flight).Select(Record)]);
        Assert.That(Shape(assembly), Is.EqualTo(Shape(Read([Record([.. Flight.SelectMany(message => message)])]))));
        Assert.That(assembly.Flight.State, Is.EqualTo(FlightState.Complete));
        Assert.That((assembly.Flight.Hello!.Version, assembly.Flight.Group), Is.EqualTo((TlsVersion.Dtls12, "secp256r1")));
        Assert.That(assembly.Flight.Certificates.Single().ToArray(), Is.EqualTo(_certificate));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool Fragments_of_any_size_make_one_flight(byte size, int seed)
    {
        var datagrams = Flight.SelectMany(message => Fragments(message, 1 + (size % 40))).Select(Record).ToArray();
        new Random(seed).Shuffle(datagrams);
        return Shape(Read(datagrams)) == Shape(Read([Record([.. Flight.SelectMany(message => message)])]));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool Any_datagrams_end_in_some_state(byte[][] datagrams) => Enum.IsDefined(Read(datagrams ?? []).Flight.State);

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Changed_bytes_and_cut_datagrams_are_survived() => Prop.ForAll(
        Gen.Zip(Gen.Choose(0, 200), Gen.Choose(0, 255)).ListOf().ToArbitrary(),
        Gen.Choose(0, 200).ToArbitrary(),
        (changes, length) =>
        {
            var datagram = Record([.. Flight.SelectMany(message => message)]);
            foreach (var (at, value) in changes.Take(4))
            {
                datagram[at % datagram.Length] = (byte)value;
            }

            return Enum.IsDefined(Read([length % 3 == 0 ? datagram[..(length % datagram.Length)] : datagram]).Flight.State);
        });

    [Test]
    public void Flood_of_datagrams_is_cut_off()
    {
        var assembly = new DtlsAssembly();
        for (var i = 0; i < 1000 && !assembly.IsOver; i++)
        {
            assembly.Append(Record(Message(11, i, new byte[20])));
        }

        Assert.That(assembly.IsBroken, Is.True);
    }

    [Test]
    public async Task Server_that_wants_a_cookie_is_enumerated()
    {
        await using var server = new DtlsServer(offer => offer.Suites.Contains(PskCcm8) ? PskCcm8 : offer.Suites.Contains(EcdheEcdsaCcm8) ? EcdheEcdsaCcm8 : 0, wantsCookie: true);
        var seen = await SeeAsync(server);
        Assert.Multiple(() =>
        {
            Assert.That(seen.Coverage.IsComplete, Is.False, "the certificate is rubbish");
            Assert.That(seen.Coverage.Statement, Does.Contain("a certificate of 5 bytes"));
            Assert.That(seen.Accepted.Select(version => version.Version), Is.EqualTo(new[] { TlsVersion.Dtls12 }));
            Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Name), Is.EqualTo(new[] { "TLS_PSK_WITH_AES_128_CCM_8", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" }));
            Assert.That(seen.Accepted.Single().Suites[0].Classes, Is.EqualTo(SuiteWeakness.PreSharedKey | SuiteWeakness.NoForwardSecrecy));
            Assert.That(seen.Details!.Groups.Select(group => group.Name), Is.EqualTo(new[] { "secp256r1" }));
        });
    }

    [Test]
    public async Task Server_that_loses_every_second_datagram_is_enumerated()
    {
        var count = 0;
        await using var server = new DtlsServer(offer => offer.Suites.Contains(PskCcm8) ? PskCcm8 : 0, wantsCookie: true, drops: () => Interlocked.Increment(ref count) % 2 == 0);
        var seen = await SeeAsync(server, new FastTime(40));
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Code), Is.EqualTo(new[] { PskCcm8 }));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Silence_to_what_a_server_does_not_take_is_a_refusal_while_it_answers_the_rest()
    {
        await using var server = new DtlsServer(offer => offer.Suites.Contains(PskCcm8) ? PskCcm8 : -1, wantsCookie: false);
        var seen = await SeeAsync(server, new FastTime(200));
        Assert.That(seen.Accepted.Single().Suites.Select(suite => suite.Code), Is.EqualTo(new[] { PskCcm8 }));
        Assert.That(seen.Versions.Where(version => !version.Accepted).Select(version => version.Refusal), Is.All.EqualTo(Silence.NoReply));
        Assert.That(seen.Coverage.IsComplete, Is.True, seen.Coverage.Statement);
    }

    [Test]
    public async Task Server_that_falls_silent_for_good_is_incomplete()
    {
        var answers = 0;
        await using var server = new DtlsServer(offer => offer.Suites.Contains(PskCcm8) && Interlocked.Increment(ref answers) == 1 ? PskCcm8 : -1, wantsCookie: false);
        var seen = await SeeAsync(server, new FastTime(200));
        Assert.That(seen.Coverage.IsComplete, Is.False);
        Assert.That(seen.Coverage.Statement, Does.Contain("no longer took DTLS 1.2"));
    }

    [Test]
    public async Task Closed_port_is_refused_and_another_protocol_is_malformed()
    {
        using var free = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var closed = ((IPEndPoint)free.Client.LocalEndPoint!).Port;
        free.Dispose();
        Assert.That((await AskAsync(closed) as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Refused));

        await using var server = new DtlsServer(_ => 0, wantsCookie: false, says: "NOT DTLS AT ALL"u8.ToArray());
        Assert.That((await AskAsync(server.Port) as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Malformed));
    }

    [Test]
    public async Task Server_that_never_has_enough_of_cookies_is_malformed()
    {
        await using var server = new DtlsServer(_ => 0, wantsCookie: true, neverContent: true);
        var outcome = await AskAsync(server.Port);
        Assert.That((outcome as ProbeOutcome.Unanswered)?.Silence, Is.EqualTo(Silence.Malformed));
        Assert.That(outcome.Summary, Does.Contain("cookie"));
    }

    private static async Task<TlsServerSeen> SeeAsync(DtlsServer server, TimeProvider? time = null)
    {
        using var bench = new ProbeBench(time: time);
        return await bench.SeeAsync(new TlsEnumerationProbe(), new TlsEnumeration(new Endpoint(ProbeBench.Loopback, server.Port, Transport.Udp)));
    }

    private static async Task<ProbeOutcome> AskAsync(int port)
    {
        using var bench = new ProbeBench(time: new FastTime(40));
        return await bench.AskAsync(new TlsEnumerationProbe(), new TlsEnumeration(new Endpoint(ProbeBench.Loopback, port, Transport.Udp)));
    }

    private static DtlsAssembly Read(byte[][] datagrams)
    {
        var assembly = new DtlsAssembly();
        foreach (var datagram in datagrams)
        {
            assembly.Append(datagram ?? []);
        }

        return assembly;
    }

    private static string Shape(DtlsAssembly assembly) => $"{assembly.IsBroken} {assembly.Flight.State} {assembly.Flight.Hello?.Suite} {assembly.Flight.Group} {string.Join(',', assembly.Flight.Certificates.Select(der => Convert.ToHexString(der.Span)))}";

    private static byte[] Hello(TlsVersion version, int suite) => [(byte)((int)version >> 8), (byte)version, .. new byte[32], 0, (byte)(suite >> 8), (byte)suite, 0];

    private static byte[] Message(byte type, int sequence, byte[] body) => Fragment(type, body.Length, sequence, 0, body);

    private static byte[] Fragment(byte type, int total, int sequence, int offset, byte[] part) =>
        [type, .. U24(total), (byte)(sequence >> 8), (byte)sequence, .. U24(offset), .. U24(part.Length), .. part];

    private static IEnumerable<byte[]> Fragments(byte[] message, int size)
    {
        var body = message[12..];
        return body.Length == 0 ? [message] : body.Chunk(size).Select((part, index) => Fragment(message[0], body.Length, message[5], index * size, part));
    }

    private static byte[] U24(int value) => [(byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static byte[] Record(byte[] content) => [22, Dtls12 >> 8, Dtls12 & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    /// <summary>A server of DTLS 1.2 by raw datagrams, its flight in fragments. It chooses a suite; 0: alert, negative: silence.</summary>
    private sealed class DtlsServer : IAsyncDisposable
    {
        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly Task _serving;

        public DtlsServer(Func<OfferRead, int> choose, bool wantsCookie, Func<bool>? drops = null, byte[]? says = null, bool neverContent = false) =>
            _serving = ServeAsync(choose, wantsCookie, drops ?? (() => false), says, neverContent);

        public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

        public async ValueTask DisposeAsync()
        {
            _socket.Dispose();
            await _serving;
        }

        private async Task ServeAsync(Func<OfferRead, int> choose, bool wantsCookie, Func<bool> drops, byte[]? says, bool neverContent)
        {
            try
            {
                while (true)
                {
                    var received = await _socket.ReceiveAsync();
                    if (received.Buffer[0] != 22 || drops())
                    {
                        continue;
                    }

                    foreach (var answer in says is null ? Answer(received.Buffer, choose, wantsCookie, neverContent) : [says])
                    {
                        await _socket.SendAsync(answer, received.RemoteEndPoint);
                    }
                }
            }
            catch (Exception fault) when (fault is ObjectDisposedException or SocketException)
            {
                return;
            }
        }

        private static byte[][] Answer(byte[] datagram, Func<OfferRead, int> choose, bool wantsCookie, bool neverContent)
        {
            // As a hello of TLS, without the cookie, so that one reader knows it.
            var body = datagram[25..];
            var session = 2 + 32;
            var cookie = session + 1 + body[session];
            var isContent = body[cookie] > 0;
            byte[] plain = [.. body[..cookie], .. body[(cookie + 1 + body[cookie])..]];
            var offer = OfferRead.Parse([22, 3, 3, (byte)((plain.Length + 4) >> 8), (byte)(plain.Length + 4), 1, .. U24(plain.Length), .. plain]);
            if (wantsCookie && (!isContent || neverContent))
            {
                return [Record(Message(3, 0, [0xfe, 0xff, 4, 1, 2, 3, 4]))];
            }

            var suite = offer.Version == TlsVersion.Dtls12 ? choose(offer) : Math.Min(0, choose(offer));
            return suite < 0 ? []
                : suite == 0 ? [[21, Dtls12 >> 8, Dtls12 & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40]]
                : suite == PskCcm8 ? [Record(Message(2, 1, Hello(TlsVersion.Dtls12, suite))), Record(Message(14, 2, []))]
                : offer.Extensions.TryGetValue(10, out var groups) && !groups.AsSpan(2).ToArray().Chunk(2).Any(group => group[1] == 23) ? [[21, Dtls12 >> 8, Dtls12 & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40]]
                : [.. Flight.SelectMany(message => Fragments(message, 20)).Select(Record).Reverse()];
        }
    }
}
