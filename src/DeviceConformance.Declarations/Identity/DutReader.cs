using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using DeviceConformance.Declarations.Complaints;
using DeviceConformance.Declarations.Yaml;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Standard;

namespace DeviceConformance.Declarations.Identity;

/// <summary>Reads <c>dut.yaml</c>: the edition and the identification of the DUT.</summary>
internal sealed partial class DutReader(SourceFile file, ComplaintBook complaints)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "dut.yaml";

    /// <summary>Samples with the places of their addresses, for checks that need the laboratory's part.</summary>
    public List<(DutAddress Address, SourceSpan At)> AddressPlaces { get; } = [];

    /// <summary>Reads the edition; null with a complaint when there is none.</summary>
    public static StandardEdition? Edition(SourceFile file, ComplaintBook complaints) =>
        MapReader.Open(file.Root, "the identification of the DUT", complaints) is { } map ? Edition(map) : null;

    /// <summary>Reads the whole file; null when it is no mapping.</summary>
    public (StandardEdition? Edition, Dut Dut)? Read()
    {
        if (MapReader.Open(file.Root, "the identification of the DUT", complaints) is not { } map)
        {
            return null;
        }

        var edition = Edition(map);
        var (constrained, justification) = Constrained(map);
        var dut = new Dut(
            map.RequiredText("maker", "Name the supplier."),
            map.Text("brand").Or(""),
            map.RequiredText("model", "Give the model designation as it stands on the device."),
            map.RequiredText("kind", "Say in a few words what kind of device it is."),
            map.RequiredText("firmware", "Give the version of the software under test."),
            map.RequiredText("hardware", "Give the hardware version or configuration."),
            constrained,
            justification,
            Words(map, "states", "List the device states that you distinguish, such as [factory default, initialised]."),
            Words(map, "associated-services", "List the associated services, or write [none]."),
            Samples(map),
            Conditions(map),
            file.Ref("dut"));
        map.Close();
        return (edition, dut);
    }

    private static StandardEdition? Edition(MapReader map)
    {
        var known = string.Join(", ", StandardEdition.All);
        if (map.TakeRequired("edition", $"Add 'edition:' with one of {known}. The harness never guesses it.") is not { } node)
        {
            return null;
        }

        if (node is YamlNode.Text text && StandardEdition.TryParse(text.Value, null, out var edition))
        {
            return edition;
        }

        map.Reject("unknown-edition", node.At, "edition", $"The edition is {(node is YamlNode.Text { Value: var value } ? Quotation.Of(value) : node.Kind)}.", $"Give the version of EN 303 645: {known}.");
        return null;
    }

    private (Fact<bool> Answer, string Justification) Constrained(MapReader map)
    {
        var node = map.Take("constrained");
        if (node is null or YamlNode.Text { IsBlank: true })
        {
            complaints.Error("missing-key", map.At, "The identification does not say whether the DUT is a constrained device.", "Add 'constrained: {answer: no, justification: ''}'; the answer decides which provisions apply.", "", "constrained");
            return (Fact<bool>.Missing, "");
        }

        if (node is YamlNode.Text)
        {
            return (Justified(map.YesNo("constrained"), ""), "");
        }

        if (map.Map("constrained") is not { } constrained)
        {
            return (Fact<bool>.Missing, "");
        }

        var justification = constrained.Text("justification").Or("");
        var answer = constrained.TakeRequired("answer", "Add 'answer: yes' or 'answer: no'.") is null ? Fact<bool>.Missing : constrained.YesNo("answer");
        constrained.Close();
        return (Justified(answer, justification), justification);
    }

    private Fact<bool> Justified(Fact<bool> answer, string justification)
    {
        if (answer.Is(true) && string.IsNullOrWhiteSpace(justification))
        {
            complaints.Error("constrained-without-reason", answer.At, "The DUT is called constrained without a reason.", "Add 'justification:' naming the limit that the intended use brings (EN 303 645, clause 3.1).", "", "constrained");
        }

        return answer;
    }

    private ImmutableArray<string> Words(MapReader map, string key, string remedy)
    {
        var words = map.Texts(key);
        if (words.IsEmpty)
        {
            complaints.Warn("missing-key", map.At, $"The identification of the DUT does not give '{key}'.", remedy, "", key);
        }

        return [.. words.Select(word => word.Value)];
    }

    private ImmutableArray<DutSample> Samples(MapReader map)
    {
        var samples = ImmutableArray.CreateBuilder<DutSample>();
        foreach (var sample in map.Maps("samples", "a sample"))
        {
            var name = sample.RequiredText("name", "Name the sample, such as A.");
            if (name.Length > 0 && samples.Any(earlier => earlier.Name == name))
            {
                sample.Reject("duplicate-sample", sample.At, "name", $"The sample {Quotation.Of(name)} stands here a second time.", "Give every sample a name of its own.");
            }

            samples.Add(new DutSample(
                name,
                sample.Text("serial").Or(""),
                [.. sample.Texts("mac").Select(text => Mac(sample, text.Value, text.At))],
                [.. sample.Texts("addresses").Select(text => Address(sample, text.Value, text.At)).OfType<DutAddress>()]));
            sample.Close();
        }

        if (samples.Count == 0)
        {
            map.Reject("missing-key", map.At, "samples", "The identification names no sample.", "Add 'samples:' with a name, and the addresses in the laboratory's network.");
        }
        else if (samples[0].Addresses.IsEmpty)
        {
            complaints.Warn("sample-without-address", map.At, $"The first sample, {Quotation.Of(samples[0].Name)}, has no address, so nothing can be probed.", "Add 'addresses:' to it; the first sample is the one that is probed.", "", "addresses");
        }

        return samples.ToImmutable();
    }

    private static string Mac(MapReader sample, string text, SourceSpan at)
    {
        var mac = text.Trim().ToLowerInvariant().Replace('-', ':');
        if (!MacAddress().IsMatch(mac))
        {
            sample.Reject("bad-address", at, "mac", $"{Quotation.Of(text)} is not a MAC address.", "Write six pairs of hex digits with colons, in quotes: '02:00:5e:10:00:01'.");
        }

        return mac;
    }

    private DutAddress? Address(MapReader sample, string text, SourceSpan at)
    {
        if (!DutAddress.TryParse(text.Trim(), null, out var address))
        {
            sample.Reject("bad-address", at, "addresses", $"{Quotation.Of(text)} is not an IP address.", "Write an IPv4 or IPv6 address, IPv6 in quotes, without a port and without brackets.");
            return null;
        }

        if (Unusable(address) is { } reason)
        {
            sample.Reject("bad-address", at, "addresses", $"{address} {reason}.", "Give the unicast address of the DUT itself.");
            return null;
        }

        if (AddressPlaces.Any(earlier => earlier.Address == address))
        {
            sample.Reject("duplicate-address", at, "addresses", $"{address} stands here a second time.", "Give every address once; two samples at one address can not be told apart.");
            return null;
        }

        AddressPlaces.Add((address, at));
        return address;
    }

    /// <summary>Why an address can not be that of one host; null when it can.</summary>
    internal static string? Unusable(DutAddress address)
    {
        var bytes = address.Address.GetAddressBytes();
        return address switch
        {
            { IsIPv6: true } when address.Address.IsIPv4MappedToIPv6 => "is an IPv4 address in IPv6 clothes; write it as IPv4",
            { IsIPv6: true } when address.Address.IsIPv6Multicast => "is a multicast address",
            { IsIPv6: true } when address.Address.IsIPv6LinkLocal && address.Address.ScopeId == 0 => "is a link-local address without a zone; add the interface, as in fe80::1%eth0",
            _ when bytes.All(part => part == 0) => "is the unspecified address",
            { IsIPv6: false } when bytes[0] is 0 or >= 224 => "is not a unicast address",
            { Address.AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 } => null,
            _ => "is not an IP address",
        };
    }

    private ImmutableDictionary<string, StatedCondition> Conditions(MapReader map)
    {
        var stated = ImmutableDictionary.CreateBuilder<string, StatedCondition>(StringComparer.Ordinal);
        if (map.Map("conditions") is not { } conditions)
        {
            return stated.ToImmutable();
        }

        foreach (var pair in conditions.Pairs)
        {
            if (MapReader.Open(pair.Value, $"condition {Quotation.Of(pair.Key)}", complaints) is { } condition)
            {
                var holds = condition.RequiredYesNo("holds");
                stated[pair.Key] = new StatedCondition(holds, condition.RequiredText("because", "Say why, in a sentence that a laboratory can check."), pair.KeyAt);
                condition.Close();
            }
        }

        return stated.ToImmutable();
    }

    [GeneratedRegex("^([0-9a-f]{2}:){5}[0-9a-f]{2}$", RegexOptions.CultureInvariant)]
    private static partial Regex MacAddress();
}
