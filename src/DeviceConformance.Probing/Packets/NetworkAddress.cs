using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace DeviceConformance.Probing.Packets;

/// <summary>An IPv4 or IPv6 address as a 16-byte value, so that tables are asked without an object for each packet. IPv4 is kept as IPv4-mapped (RFC 4291, 2.5.5.2).</summary>
/// <param name="High">First eight bytes.</param>
/// <param name="Low">Last eight bytes.</param>
public readonly record struct NetworkAddress(ulong High, ulong Low)
{
    private const ulong Mapped = 0xffff;

    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsIPv4 => High == 0 && Low >> 32 == Mapped;

    /// <summary>The IPv4 address as a number.</summary>
    public uint V4 => (uint)Low;

    /// <summary>Whether it is the unspecified address.</summary>
    public bool IsUnspecified => High == 0 && (Low == 0 || Low == Mapped << 32);

    /// <summary>Whether it is a multicast or the limited broadcast address. A subnet's broadcast address does not show without its mask.</summary>
    public bool IsGroup => IsIPv4 ? V4 >= 0xe0000000 && (V4 < 0xf0000000 || V4 == 0xffffffff) : High >> 56 == 0xff;

    /// <summary>Whether it is link-local (169.254/16, fe80::/10).</summary>
    public bool IsLinkLocal => IsIPv4 ? V4 >> 16 == 0xa9fe : High >> 54 == 0xfe80 >> 6;

    /// <summary>From IPv4 bytes; the span has to hold four.</summary>
    public static NetworkAddress ReadV4(ReadOnlySpan<byte> bytes) => new(0, Mapped << 32 | BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>From IPv6 bytes; the span has to hold sixteen.</summary>
    public static NetworkAddress ReadV6(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>From an address object; its zone is left out.</summary>
    public static NetworkAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? ReadV4(bytes) : ReadV6(bytes);
    }

    /// <summary>As an address object.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        return new IPAddress(IsIPv4 ? bytes[12..] : bytes);
    }

    /// <summary>In the usual spelling.</summary>
    public override string ToString() => ToIPAddress().ToString();

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Cheap and spread over all bits: the table is asked for each packet.
        var mixed = (High * 0x9e3779b97f4a7c15) ^ (Low * 0xc2b2ae3d27d4eb4f);
        return (int)(mixed ^ mixed >> 32);
    }
}
