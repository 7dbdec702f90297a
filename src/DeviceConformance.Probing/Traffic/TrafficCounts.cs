using DeviceConformance.Probing.Packets;

namespace DeviceConformance.Probing.Traffic;

/// <summary>Counts of frames while captures are read.</summary>
internal sealed class TrafficCounts
{
    public long Frames { get; set; }

    public long Bytes { get; set; }

    public long Dut { get; set; }

    public long Harness { get; set; }

    public long Undecoded { get; set; }

    public long Cut { get; set; }

    /// <summary>Frames without a time.</summary>
    public long Timeless { get; set; }

    /// <summary>Leaps of the recorder's clock.</summary>
    public long Leaps { get; set; }

    /// <summary>Frames of the DUT that its wireless network encrypts.</summary>
    public long Protected { get; set; }

    /// <summary>Frames of the DUT of which the end is not in the capture.</summary>
    public long DutCut { get; set; }

    /// <summary>Frames of which both sides are the DUT's.</summary>
    public long Inner { get; set; }

    /// <summary>Frames of the DUT in no marked phase, though the capture marks some.</summary>
    public long Phaseless { get; set; }

    /// <summary>Whether a frame says that it carries IP, TCP or UDP, and can not be read as such though all of it was captured.</summary>
    public static bool IsBroken(scoped in PacketView packet) => !packet.IsCut && packet.Outcome switch
    {
        DecodeOutcome.Link => packet.EtherType is 0x0800 or 0x86dd,
        DecodeOutcome.Network => !packet.IsFragment && packet.Protocol is (IPProtocol.Tcp or IPProtocol.Udp),
        _ => false,
    };
}
