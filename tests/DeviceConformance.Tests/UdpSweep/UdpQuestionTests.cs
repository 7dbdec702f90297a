using System.Collections.Immutable;
using System.Net;
using System.Text;
using DeviceConformance.Probing.UdpSweep;
using NUnit.Framework;

namespace DeviceConformance.Tests.UdpSweep;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class UdpQuestionTests
{
    private static readonly UdpPeers _peers = new(IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.7"));

    private static readonly UdpPeers _peersV6 = new(IPAddress.Parse("fe80::1%3"), IPAddress.Parse("fe80::7%3"));

    private static IEnumerable<TestCaseData> Answers =>
        UdpAnswerSamples.All.Select(sample => new TestCaseData(sample.Question, sample.Bytes, sample.Name).SetArgDisplayNames(sample.Question, sample.Name));

    [Test]
    public void Every_question_names_its_source_and_can_be_asked_over_both_families()
    {
        foreach (var question in UdpQuestions.All)
        {
            Assert.That(question.Source, Is.Not.Empty, question.Name);
            Assert.That(question.Compose(_peers).Length, Is.InRange(1, 1200), question.Name);
            Assert.That(question.Compose(_peersV6).Length, Is.InRange(1, 1200), question.Name);
        }

        Assert.That(UdpQuestions.All.Select(question => question.Name), Is.Unique);
        Assert.That(UdpQuestions.ForAnyPort, Has.Length.EqualTo(UdpSweeper.Tries));
    }

    [Test]
    public void Questions_with_a_length_field_state_their_length()
    {
        byte[] Datagram(string name) => UdpQuestions.All.Single(question => question.Name == name).Compose(_peers);
        int Word(byte[] bytes, int at) => (bytes[at] << 8) | bytes[at + 1];
        Assert.Multiple(() =>
        {
            foreach (var name in new[] { "SNMPv1 get sysDescr", "SNMPv2c get sysDescr", "SNMPv3 discovery" })
            {
                Assert.That(Datagram(name)[1], Is.EqualTo(Datagram(name).Length - 2), name);
            }

            Assert.That(Datagram("NTP client request"), Has.Length.EqualTo(48));
            Assert.That(Datagram("L2TP control connection request"), Has.Length.EqualTo(Word(Datagram("L2TP control connection request"), 2)));
            Assert.That(Datagram("BACnet read of the device object"), Has.Length.EqualTo(Word(Datagram("BACnet read of the device object"), 2)));
            Assert.That(Datagram("KNXnet/IP description"), Has.Length.EqualTo(Word(Datagram("KNXnet/IP description"), 4)));
            Assert.That(Datagram("SLP service types"), Has.Length.EqualTo(Datagram("SLP service types")[4]));
            Assert.That(Datagram("LIFX GetService"), Has.Length.EqualTo(Datagram("LIFX GetService")[0]));
            Assert.That(Datagram("DTLS 1.2 ClientHello"), Has.Length.EqualTo(13 + Word(Datagram("DTLS 1.2 ClientHello"), 11)));
            Assert.That(Datagram("QUIC with a reserved version"), Has.Length.EqualTo(1200));
            Assert.That(Datagram("EtherNet/IP list identity"), Has.Length.EqualTo(24));
            Assert.That(Datagram("RIP request of the whole table"), Has.Length.EqualTo(24));
            Assert.That(Datagram("NetBIOS node status"), Has.Length.EqualTo(50));
        });
    }

    [Test]
    public void No_question_is_taken_for_an_answer()
    {
        foreach (var (asked, reader) in UdpQuestions.All.SelectMany(_ => UdpQuestions.All, (asked, reader) => (asked, reader)))
        {
            Assert.That(reader.Read(asked.Compose(_peers)), Is.Null, $"{asked.Name} read as an answer to {reader.Name}");
        }
    }

    [TestCaseSource(nameof(Answers))]
    public void Answer_is_recognised(string question, byte[] bytes, string name) =>
        Assert.That(UdpQuestions.All.Single(candidate => candidate.Name == question).Read(bytes), Is.EqualTo(name));

    [Test]
    public void Every_reader_has_a_sample() =>
        Assert.That(
            UdpQuestions.All.Where(question => !UdpAnswerSamples.All.Any(sample => question.Read(sample.Bytes) is not null)).Select(question => question.Name),
            Is.EquivalentTo(["text line"]));

    [Test]
    public void Truncated_at_every_byte_and_altered_answers_never_throw()
    {
        var random = new Random(5);
        foreach (var sample in UdpAnswerSamples.All)
        {
            for (var length = 0; length <= sample.Bytes.Length; length++)
            {
                ReadByAll(sample.Bytes[..length]);
            }

            for (var round = 0; round < 300; round++)
            {
                var altered = sample.Bytes.ToArray();
                for (var change = 0; change <= round % 4; change++)
                {
                    altered[random.Next(altered.Length)] = (byte)random.Next(256);
                }

                ReadByAll(altered[..random.Next(altered.Length + 1)]);
            }
        }

        for (var round = 0; round < 2000; round++)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            ReadByAll(noise);
        }
    }

    [Test]
    public void What_a_device_says_is_printable_and_short()
    {
        var hostile = Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nSERVER: \u001b[31m" + new string('x', 3000) + "\r\n\r\n");
        var name = UdpQuestions.All.Single(question => question.Name == "SSDP M-SEARCH").Read(hostile)!;
        Assert.That(name.Length, Is.LessThan(100));
        Assert.That(name.Any(char.IsControl), Is.False);
    }

    [Test]
    public void Common_ports_are_about_a_thousand_and_hold_those_of_the_questions()
    {
        Assert.That(CommonUdpPorts.All, Has.Count.InRange(1000, 1300));
        Assert.That(UdpQuestions.Ports.Except(CommonUdpPorts.All), Is.Empty);
        Assert.That(ImmutableArray.Create(53, 123, 161, 1900, 5353, 5683), Is.SubsetOf(CommonUdpPorts.All));
    }

    private static void ReadByAll(byte[] bytes)
    {
        foreach (var question in UdpQuestions.All)
        {
            Assert.That(() => question.Read(bytes), Throws.Nothing, $"{question.Name}: {Convert.ToHexString(bytes)}");
        }
    }
}
