using System.Globalization;
using System.Net;
using DeviceConformance.Probing.CaptureFiles;
using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Tests.Traffic.Agreement;

/// <summary>Each frame of a capture as it is decoded here, beside what tshark says of it.</summary>
internal static class FrameAgreement
{
    /// <summary>What differs.</summary>
    /// <param name="file">The capture.</param>
    /// <param name="rows">What tshark says of its frames.</param>
    /// <param name="hosts">Counts the frames that each host sent.</param>
    public static IEnumerable<Disagreement> Compare(string file, IReadOnlyList<TsharkRow> rows, Dictionary<string, int> hosts)
    {
        var found = new List<Disagreement>();
        var fragments = new FragmentTable();
        using var reader = CaptureReader.Open(file);
        var at = 0;
        while (reader.TryRead(out var frame))
        {
            // What Wireshark numbers and we number too, but is no frame: custom blocks of pcapng and the like.
            while (at < rows.Count && rows[at].Number < frame.Number && rows[at].Protocols is ["data"])
            {
                at++;
            }

            if (at == rows.Count || rows[at].Number != frame.Number)
            {
                found.Add(new Disagreement("frames", frame.Number, "read here", "not read by tshark"));
                break;
            }

            Compare(frame, rows[at++], fragments, found, hosts);
        }

        // At the end too.
        while (at < rows.Count && rows[at].Protocols is ["data"] && reader.Fault.Length == 0)
        {
            at++;
        }

        if (at < rows.Count)
        {
            found.Add(new Disagreement("frames", rows[at].Number, $"not read here: {reader.Fault}", $"{rows.Count - at} more"));
        }

        return found;
    }

    private static void Compare(scoped in CapturedFrame frame, TsharkRow row, FragmentTable fragments, List<Disagreement> found, Dictionary<string, int> hosts)
    {
        var number = frame.Number;
        var time = frame.Nanoseconds == CapturedFrame.NoTime ? "" : (frame.Nanoseconds / 1e9m).ToString("0.000000000", CultureInfo.InvariantCulture);
        Same("time", time, row["frame.time_epoch"]);
        Same("length", $"{frame.Length} {frame.Bytes.Length}", $"{row["frame.len"]} {row["frame.cap_len"]}");
        PacketDecoder.Decode(frame, out var packet);
        if (frame.Link == LinkType.Ethernet)
        {
            Same("link", packet.LinkSource.IsNone && packet.LinkDestination.IsNone && row["eth.src"].Length == 0 ? "" : $"{packet.LinkSource} {packet.LinkDestination}", $"{row.First("eth.src")} {row.First("eth.dst")}".Trim());
        }

        var hasAddresses = packet.IsNetwork || packet.Outcome == DecodeOutcome.Arp;
        Same("addresses", hasAddresses ? $"{packet.Source} {packet.Destination}" : "", row.Source.Length == 0 ? "" : $"{Spelt(row.Source)} {Spelt(row.Destination)}");
        if (hasAddresses && !packet.Source.IsUnspecified && !packet.Source.IsGroup)
        {
            var host = packet.Source.ToString();
            hosts[host] = hosts.GetValueOrDefault(host) + 1;
        }

        if (!packet.IsNetwork || !row.IsNetwork)
        {
            return;
        }

        Same("fragment", $"{packet.IsFragment}", $"{row.IsFragment}");
        if (packet.IsFragment)
        {
            var isWhole = fragments.TryComplete(ref packet);
            Same("fragments whole", $"{isWhole}", $"{row.CompletesFragments}");
            if (!isWhole)
            {
                return;
            }
        }

        var isTransport = packet.Outcome == DecodeOutcome.Transport;
        Same("transport", isTransport ? packet.Protocol == IPProtocol.Tcp ? "tcp" : "udp" : "", row.Transport);
        if (isTransport && row.Transport.Length > 0)
        {
            Same("ports", $"{packet.SourcePort} {packet.DestinationPort}", $"{row.SourcePort} {row.DestinationPort}");
            if (packet.Protocol == IPProtocol.Tcp)
            {
                Same("sequence", $"{packet.Sequence} {packet.PayloadLength}", $"{row.First("tcp.seq_raw")} {row.First("tcp.len")}");
            }
            else
            {
                Same("payload", $"{packet.PayloadLength + 8}", row.First("udp.length"));
            }
        }

        void Same(string what, string ours, string theirs)
        {
            if (ours != theirs)
            {
                found.Add(new Disagreement(what, number, ours, theirs + (what is "addresses" or "transport" ? $" ({string.Join(':', row.Protocols)})" : "")));
            }
        }
    }

    private static string Spelt(string address) => IPAddress.TryParse(address, out var read) ? read.ToString() : address;
}
