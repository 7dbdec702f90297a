using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Traffic;
using DeviceConformance.Probing.Traffic.Content;
using NUnit.Framework;

namespace DeviceConformance.Tests.Traffic;

[Parallelizable]
public sealed class ContentSearchTests
{
    private const string Value = "Grill/Kohle+9 ä";

    private static readonly ContentSettings _settings = new([new SoughtValue(ClearItemKind.DeclaredSecret, "password of AuthMech-1", "AuthMech-1", Value), new SoughtValue(ClearItemKind.PersonalDatum, "initials", "", "abc")]);

    [TestCase("x Grill/Kohle+9 ä y", "clear")]
    [TestCase("4772696c6c2f4b6f686c652b3920c3a4", "hex")]
    [TestCase("4772696C6C2F4B6F686C652B3920C3A4", "hex")]
    [TestCase("p=Grill%2FKohle%2B9%20%C3%A4&", "URL")]
    [TestCase("\"Grill/Kohle\\u002B9 \\u00E4\"", "JSON")]
    public void Every_form_of_a_value_is_found_with_its_encoding(string text, string encoding) => Assert.That(Found(Encoding.UTF8.GetBytes(text)), Is.EqualTo(new[] { $"password of AuthMech-1 {encoding}" }));

    [Test]
    public void Base64_is_found_at_each_alignment([Values(0, 1, 2)] int before) => Assert.That(Found(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes("xyz"[..before] + Value + "tail")))), Is.EqualTo(new[] { "password of AuthMech-1 base64" }));

    [Test]
    public void Utf16_is_found_in_both_byte_orders()
    {
        Assert.That(Found(Encoding.Unicode.GetBytes(Value)), Is.EqualTo(new[] { "password of AuthMech-1 UTF-16" }));
        Assert.That(Found(Encoding.BigEndianUnicode.GetBytes(Value)), Is.EqualTo(new[] { "password of AuthMech-1 UTF-16" }));
    }

    [Test]
    public void Look_alikes_and_random_bytes_hold_nothing()
    {
        var random = new byte[1 << 20];
        new Random(1).NextBytes(random);
        Assert.That(Found(random), Is.Empty);
        Assert.That(Found("Grill/Kohle+8 and abc"u8.ToArray()), Is.Empty);
    }

    [Test]
    public void A_value_too_short_is_refused_by_its_label() => Assert.That(_settings.Refused, Is.EqualTo(new[] { "initials: shorter than 4 bytes, would be found by chance" }));

    [Test]
    public void Records_are_followed_over_any_segments_and_clear_bytes_break_them([Range(1, 9)] int segment)
    {
        byte[] stream = [22, 3, 1, 0, 3, 1, 2, 3, 23, 3, 3, 0, 2, 9, 9, .. "GET / HTTP/1.1"u8];
        var framing = new TlsFraming();
        foreach (var part in stream[..15].Chunk(segment))
        {
            framing.Append(part);
        }

        Assert.That((framing.Records, framing.ApplicationRecords, framing.IsBroken), Is.EqualTo((2, 1, false)));
        framing.Append(stream.AsSpan(15));
        Assert.That(framing.IsBroken, Is.True);
    }

    [Test]
    public void Frames_of_several_captures_point_each_at_its_own()
    {
        var flow = new FlowIdentity(Transport.Tcp, IPAddress.Parse("192.0.2.9"), 40000, IPAddress.Parse("192.0.2.7"), 80, true, true);
        var ledger = new TrafficLedger(["a.pcap", "b.pcap"]);
        foreach (var place in new[] { FramePlace.Of(0, 4), FramePlace.Of(0, 4), FramePlace.Of(1, 2), FramePlace.Of(0, 12) })
        {
            ledger.AddItem(ClearItemKind.Credential, "HTTP Basic", "base64", "", true, flow, place);
        }

        ledger.AddName("Updates.Example", flow.Server, "DNS", flow, FramePlace.Of(1, 2));
        var item = ledger.ClearItems.Single();
        Assert.That((item.Peer, item.PeerNames.Single(), item.Where.ToString()), Is.EqualTo(("192.0.2.7", "updates.example", "a.pcap frames 4, 12; b.pcap frame 2 (tcp.port == 80)")));
    }

    private static List<string> Found(byte[] bytes)
    {
        var found = new List<(SoughtValue Value, string Encoding)>();
        _settings.Find(Encoding.Latin1.GetString(bytes), found);
        return [.. found.Select(item => $"{item.Value} {item.Encoding}")];
    }
}
