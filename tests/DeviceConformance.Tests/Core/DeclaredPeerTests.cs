using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

/// <summary>Peers as declarations write them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DeclaredPeerTests
{
    [TestCase("tcp/updates.example.com:443", "updates.example.com", Transport.Tcp, 443)]
    [TestCase("UDP/*.Pool.example.:123", "*.pool.example", Transport.Udp, 123)]
    [TestCase(" hub.local ", "hub.local", null, 0)]
    [TestCase("192.0.2.7:8883", "192.0.2.7", null, 8883)]
    [TestCase("203.0.113.0/24", "203.0.113.0/24", null, 0)]
    [TestCase("tcp/[2001:db8::1]:443", "2001:db8::1", Transport.Tcp, 443)]
    [TestCase("2001:db8::1", "2001:db8::1", null, 0)]
    [TestCase("2001:db8::/32", "2001:db8::/32", null, 0)]
    public void Peer_is_read_and_written_alike(string text, string host, Transport? transport, int port)
    {
        Assert.That(DeclaredPeer.TryParse(text, out var peer), Is.True);
        Assert.That(peer, Is.EqualTo(new DeclaredPeer(host, transport, port)));
        Assert.That(DeclaredPeer.TryParse(peer.ToString(), out var again), Is.True);
        Assert.That(again, Is.EqualTo(peer));
    }

    [TestCase("")]
    [TestCase(null)]
    [TestCase("the cloud of the maker")]
    [TestCase("tcp/")]
    [TestCase("host:0")]
    [TestCase("host:65536")]
    [TestCase("host:https")]
    [TestCase("a..b")]
    [TestCase("[abc")]
    [TestCase("[::1")]
    [TestCase("https://example.com/")]
    [TestCase("203.0.113.0/33")]
    public void What_is_no_peer_is_not_taken(string? text) => Assert.That(DeclaredPeer.TryParse(text, out _), Is.False);

    [TestCase("*.example.com", "198.51.100.9", "api.example.com", true)]
    [TestCase("*.example.com", "198.51.100.9", "example.com", false)]
    [TestCase("example.com", "198.51.100.9", "notexample.com", false)]
    [TestCase("API.example.com", "198.51.100.9", "api.example.com.", true)]
    [TestCase("198.51.100.0/24", "198.51.100.9", "", true)]
    [TestCase("198.51.100.0/24", "198.51.101.9", "", false)]
    [TestCase("198.51.100.9", "198.51.100.9", "", true)]
    [TestCase("2001:db8::1", "2001:DB8:0::1", "", true)]
    public void Host_is_told_by_name_address_or_network(string text, string address, string name, bool isMeant)
    {
        Assert.That(DeclaredPeer.TryParse(text, out var peer), Is.True);
        Assert.That(peer.IsHost(address, [name]), Is.EqualTo(isMeant));
    }
}
