namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>What a captured frame begins with (the LINKTYPE values of the tcpdump group).</summary>
public enum LinkType
{
    /// <summary>BSD loopback: four bytes of address family in the byte order of the host.</summary>
    Null = 0,

    /// <summary>Ethernet.</summary>
    Ethernet = 1,

    /// <summary>Raw IP, as some systems write it.</summary>
    RawBsd = 12,

    /// <summary>Raw IP, as OpenBSD writes it.</summary>
    RawOpenBsd = 14,

    /// <summary>Raw IPv4 or IPv6.</summary>
    Raw = 101,

    /// <summary>IEEE 802.11.</summary>
    Ieee80211 = 105,

    /// <summary>OpenBSD loopback: four bytes of address family in network byte order.</summary>
    Loop = 108,

    /// <summary>Linux cooked capture.</summary>
    LinuxCooked = 113,

    /// <summary>IEEE 802.11 behind a radiotap header.</summary>
    Radiotap = 127,

    /// <summary>Raw IPv4.</summary>
    IPv4 = 228,

    /// <summary>Raw IPv6.</summary>
    IPv6 = 229,

    /// <summary>Linux cooked capture, version 2.</summary>
    LinuxCooked2 = 276,
}
