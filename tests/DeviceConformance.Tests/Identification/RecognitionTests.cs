using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Probing.Identification;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Identification;

[Parallelizable(ParallelScope.All)]
public sealed class RecognitionTests
{
    [TestCase("SSH-2.0-dropbear_2022.83\r\n", ServiceProtocol.Ssh, "dropbear_2022.83")]
    [TestCase("220 (vsFTPd 3.0.3)\r\n", ServiceProtocol.Ftp, "(vsFTPd 3.0.3)")]
    [TestCase("220 mail.example ESMTP Postfix\r\n", ServiceProtocol.Smtp, "mail.example ESMTP Postfix")]
    [TestCase("+OK ready\r\n", ServiceProtocol.Pop3, "ready")]
    [TestCase("* OK IMAP4rev1\r\n", ServiceProtocol.Imap, "IMAP4rev1")]
    [TestCase("RFB 003.008\n", ServiceProtocol.Rfb, "RFB 003.008")]
    [TestCase("\u00ff\u00fd\u0018\u00ff\u00fd ", ServiceProtocol.Telnet, "")]
    [TestCase("BusyBox v1.2\r\ngateway login: ", ServiceProtocol.Telnet, "")]
    [TestCase("HTTP/1.0 401 Unauthorized\r\nServer: mini_httpd/1.19\r\n\r\n", ServiceProtocol.Http, "mini_httpd/1.19")]
    [TestCase("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: cam\r\n\r\n", ServiceProtocol.Rtsp, "cam")]
    [TestCase("SIP/2.0 200 OK\r\n", ServiceProtocol.Sip, "")]
    [TestCase("\u0015\u0003\u0001\u0000\u0002\u0002\u0028", ServiceProtocol.Tls, "")]
    public void Protocols_are_told_by_what_they_say(string said, ServiceProtocol protocol, string name) =>
        Assert.That(Recognition.Answer(Encoding.Latin1.GetBytes(said)), Is.EqualTo(new Recognised(protocol, name)));

    [TestCase("")]
    [TestCase("hello\r\n")]
    [TestCase("22")]
    [TestCase("\u0015\u0003\u0009\u0000\u0002")]
    public void Other_words_are_not_taken_for_a_protocol(string said) => Assert.That(Recognition.Answer(Encoding.Latin1.GetBytes(said)), Is.Null);

    [Test]
    public void A_connack_is_recognised_with_whatever_code()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Recognition.MqttAnswer([0x20, 2, 0, 5], 4)?.Protocol, Is.EqualTo(ServiceProtocol.Mqtt));
            Assert.That(Recognition.MqttAnswer([0x30, 2, 0, 5], 4), Is.Null);
            Assert.That(Recognition.ModbusAnswer([0x44, 0x43, 0, 0, 0, 3, 1, 0xab, 1], 0x4443)?.Protocol, Is.EqualTo(ServiceProtocol.Modbus));
            Assert.That(Recognition.ModbusAnswer([0x44, 0x43, 0, 0, 0, 9, 1, 0xab, 1], 0x4443), Is.Null);
            Assert.That(Recognition.DnsAnswer([0, 12, 0x44, 0x43, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0x4443)?.Protocol, Is.EqualTo(ServiceProtocol.Dns));
        });
    }

    [Test]
    public void Hostile_bytes_do_no_harm() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            _ = Recognition.Answer(bytes);
            _ = Recognition.MqttAnswer(bytes, 4);
            _ = Recognition.MqttAnswer(bytes, 5);
            _ = Recognition.ModbusAnswer(bytes, 1);
            _ = Recognition.DnsAnswer(bytes, 1);
            return Recognition.Answer(bytes) is not { Name.Length: > 200 };
        }).QuickCheckThrowOnFailure();
}
