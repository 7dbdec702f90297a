using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

/// <summary>MUD files (RFC 8520): what they let pass, and slips in them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MudFileTests
{
    // After the example of RFC 8520, 9, with ports, networks and abstractions beside it.
    internal const string Sound = """
        {
          "ietf-mud:mud": {
            "mud-version": 1, "mud-url": "https://lighting.example.com/lightbulb2000", "last-update": "2018-03-02T11:20:51+01:00", "cache-validity": 48, "is-supported": true, "systeminfo": "lamp",
            "from-device-policy": {"access-lists": {"access-list": [{"name": "mud-76100-v6fr"}]}},
            "to-device-policy": {"access-lists": {"access-list": [{"name": "mud-76100-v6to"}]}}
          },
          "ietf-access-control-list:acls": {
            "acl": [
              {"name": "mud-76100-v6to", "type": "ipv6-acl-type", "aces": {"ace": [
                {"name": "cl0-todev", "matches": {"ipv6": {"ietf-acldns:src-dnsname": "test.example.com", "protocol": 6}, "tcp": {"ietf-mud:direction-initiated": "from-device", "source-port": {"operator": "eq", "port": 443}}}, "actions": {"forwarding": "accept"}},
                {"name": "local-todev", "matches": {"ietf-mud:mud": {"local-networks": [null]}, "ipv4": {"protocol": 6}, "tcp": {"destination-port": {"operator": "eq", "port": 8080}}}, "actions": {"forwarding": "accept"}}
              ]}},
              {"name": "mud-76100-v6fr", "type": "ipv6-acl-type", "aces": {"ace": [
                {"name": "cl0-frdev", "matches": {"ipv6": {"ietf-acldns:dst-dnsname": "test.example.com", "protocol": 6}, "tcp": {"ietf-mud:direction-initiated": "from-device", "destination-port": {"operator": "eq", "port": 443}}}, "actions": {"forwarding": "accept"}},
                {"name": "answers", "matches": {"ipv4": {"protocol": 6}, "tcp": {"ietf-mud:direction-initiated": "to-device", "destination-port": {"operator": "eq", "port": 25}}}, "actions": {"forwarding": "accept"}},
                {"name": "net", "matches": {"ipv4": {"destination-ipv4-network": "203.0.113.0/24"}, "udp": {"destination-port": {"lower-port": 5000, "upper-port": 5010}}}, "actions": {"forwarding": "accept"}},
                {"name": "controller", "matches": {"ietf-mud:mud": {"my-controller": [null]}, "udp": {"destination-port": {"operator": "gte", "port": 60000}}}, "actions": {"forwarding": "accept"}},
                {"name": "no", "matches": {"tcp": {"destination-port": {"operator": "eq", "port": 23}}}, "actions": {"forwarding": "drop"}}
              ]}}
            ]
          }
        }
        """;

    [TestCase(true, "198.51.100.1", "test.example.com", Transport.Tcp, 443, true)]
    [TestCase(true, "198.51.100.1", "test.example.com", Transport.Tcp, 80, false)]
    [TestCase(true, "198.51.100.1", "test.example.com", Transport.Udp, 443, false)]
    [TestCase(true, "198.51.100.1", "other.example.com", Transport.Tcp, 443, false)]
    [TestCase(true, "203.0.113.9", "", Transport.Udp, 5010, true)]
    [TestCase(true, "203.0.114.9", "", Transport.Udp, 5010, false)]
    [TestCase(true, "203.0.113.9", "", Transport.Udp, 5011, false)]
    [TestCase(true, "198.51.100.7", "", Transport.Udp, 60001, true)]
    [TestCase(true, "198.51.100.7", "", Transport.Tcp, 25, false)]
    [TestCase(true, "198.51.100.7", "", Transport.Tcp, 23, false)]
    [TestCase(false, "192.168.1.9", "", Transport.Tcp, 8080, true)]
    [TestCase(false, "8.8.8.8", "", Transport.Tcp, 8080, false)]
    [TestCase(false, "198.51.100.1", "test.example.com", Transport.Tcp, 50000, false)]
    public void What_passes_is_what_the_rules_name(bool fromDevice, string address, string name, Transport transport, int port, bool passes)
    {
        using var folder = Folder(Sound);
        Assert.That(folder.Read().Declaration!.Lab.MudFile!.Allows(fromDevice, address, name.Length > 0 ? [name] : [], transport, port), Is.EqualTo(passes));
    }

    [TestCase("{\n\"ietf-mud:mud\": }", "lamp.json:2", "no JSON")]
    [TestCase("{}", "lamp.json:1", "lacks the member ietf-mud:mud")]
    [TestCase("{\"ietf-mud:mud\": 7, \"ietf-access-control-list:acls\": {\"acl\": []}}", "lamp.json:1", "no MUD file")]
    [TestCase("{\"ietf-mud:mud\": {\"from-device-policy\": {\"access-lists\": {\"access-list\": [{\"name\": \"gone\"}]}}}, \"ietf-access-control-list:acls\": {\"acl\": []}}", "lamp.json:1", "which it does not hold")]
    public void Slip_is_a_complaint_with_its_place(string text, string place, string says)
    {
        using var folder = Folder(text);
        var reading = folder.Read();
        Assert.That(reading.Declaration, Is.Null);
        var complaint = reading.Complaints.Single(complaint => complaint.Rule == "mud-file");
        Assert.That(complaint.At.ToString(), Is.EqualTo(place));
        Assert.That(complaint.Message, Does.Contain(says));
    }

    [Test]
    public void File_that_is_cut_or_altered_anywhere_is_a_complaint_or_a_file_and_never_an_exception()
    {
        var bytes = Encoding.UTF8.GetBytes(Sound);
        var random = new Random(8520);
        using var folder = Folder(Sound);
        for (var round = 0; round < 40; round++)
        {
            var altered = round % 2 == 0 ? bytes[..random.Next(1, bytes.Length)] : [.. bytes];
            for (var change = 0; round % 2 == 1 && change < 3; change++)
            {
                altered[random.Next(altered.Length)] = (byte)"{}[],:\"019ax"[random.Next(12)];
            }

            folder.Write("lamp.json", altered);
            var reading = folder.Read();
            Assert.That(reading.Declaration is null, Is.EqualTo(reading.Complaints.Any(complaint => complaint.Rule == "mud-file")));
        }
    }

    private static DeclarationFolder Folder(string mud)
    {
        var folder = new DeclarationFolder(StandardEdition.V3);
        return folder.Write("lamp.json", mud).Write("lab.yaml", folder.Text("lab.yaml") + "\nmud-file: lamp.json\n");
    }
}
