using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Capture;

/// <summary>Captures by a packet socket of Linux (packet(7)), where libpcap is not installed. It knows no filters.</summary>
internal sealed unsafe class PacketSocketCapture : LiveCapture
{
    private const int SocketLevel = 1;
    private const int ReceiveBufferForce = 33;
    private const int TimestampNanoseconds = 35;
    private const int PacketLevel = 263;
    private const int AddMembership = 1;
    private const int Statistics = 6;
    private const int AuxiliaryData = 8;
    private const short Promiscuous = 1;
    private const int AllProtocols = 3;
    private const int DoNotWait = 0x40;
    private const int TruncatedLength = 0x20;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private const int NetworkDown = 100;
    private const byte Outgoing = 4;
    private const int CookedHeader = 20;
    private const int VlanTag = 4;
    private const int Room = CookedHeader + CaptureOrigin.MostBytes;

    private readonly Socket _socket;
    private readonly nint _descriptor;
    private readonly int _snap;
    private readonly int _loopback;
    private readonly string _name;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(Room, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(256, pinned: true);
    private readonly byte[] _address = GC.AllocateArray<byte>(32, pinned: true);
    private long _frames;
    private CaptureCounts _counts;

    private PacketSocketCapture(Socket socket, CaptureSettings settings, LinkType link, int loopback)
    {
        (_socket, _snap, _name, Link, _loopback) = (socket, settings.SnapLength, settings.Interface, link, loopback);
        _descriptor = socket.Handle;
    }

    /// <inheritdoc/>
    public override LinkType Link { get; }

    /// <inheritdoc/>
    public override string Method => "packet socket";

    /// <inheritdoc/>
    public override TimeSpan Lag => TimeSpan.Zero;

    // In the first moments the kernel does not date frames when they come, and they are dated when they are read.
    /// <inheritdoc/>
    public override TimeSpan Lateness => TimeSpan.FromSeconds(5);

    /// <summary>Begins to capture.</summary>
    /// <exception cref="CaptureRefusedException">It can not begin.</exception>
    public static new PacketSocketCapture Open(CaptureSettings settings)
    {
        if (settings.Filter.Length > 0)
        {
            throw new CaptureRefusedException(CaptureRefusal.Filter, "filters need libpcap, which is not installed (Debian: apt-get install libpcap0.8); without --filter everything is recorded.");
        }

        var isAny = settings.Interface == "any";
        var index = isAny ? 0 : Number(settings.Interface, "ifindex");
        var link = isAny ? LinkType.LinuxCooked2 : Number(settings.Interface, "type") switch
        {
            // ARPHRD_ETHER and ARPHRD_LOOPBACK; ARPHRD_NONE, as tunnels have it; whatever else is told by a header of our own.
            1 or 772 => LinkType.Ethernet,
            65534 => LinkType.Raw,
            _ => LinkType.LinuxCooked2,
        };
        Socket? socket = null;
        try
        {
            // Protocol 0: nothing comes before it is bound to the interface.
            socket = new Socket(AddressFamily.Packet, link == LinkType.LinuxCooked2 ? SocketType.Dgram : SocketType.Raw, 0);
            Set(socket, SocketLevel, TimestampNanoseconds, 1);
            Set(socket, PacketLevel, AuxiliaryData, 1);
            try
            {
                Set(socket, SocketLevel, ReceiveBufferForce, settings.BufferBytes);
            }
            catch (SocketException)
            {
                // Without CAP_NET_ADMIN the system's limit holds.
                socket.ReceiveBufferSize = settings.BufferBytes;
            }

            if (settings.Promiscuous && !isAny)
            {
                Span<byte> membership = stackalloc byte[16];
                MemoryMarshal.Write(membership, index);
                MemoryMarshal.Write(membership[4..], Promiscuous);
                socket.SetRawSocketOption(PacketLevel, AddMembership, membership);
            }

            socket.Bind(new LinkEndPoint(index, AllProtocols));
            var loopback = Directory.Exists("/sys/class/net/lo") ? Number("lo", "ifindex") : 0;
            return new PacketSocketCapture(socket, settings, link, loopback);
        }
        catch (SocketException fault)
        {
            socket?.Dispose();
            throw fault.SocketErrorCode == SocketError.AccessDenied ? NoRights(settings)
                : new CaptureRefusedException(CaptureRefusal.System, $"'{settings.Interface}' can not be captured: {fault.Message}");
        }
    }

    /// <inheritdoc/>
    public override bool TryRead(out CapturedFrame frame)
    {
        frame = default;
        while (Fault.Length == 0)
        {
            fixed (byte* buffer = _buffer, control = _control, address = _address)
            {
                var head = Link == LinkType.LinuxCooked2 ? CookedHeader : 0;
                // Behind the snap length there is room for a tag: it is put in, and the rest moves.
                var piece = new SystemCalls.Piece { Start = buffer + head, Length = Math.Min(_snap, Room - head - VlanTag) };
                var message = new SystemCalls.Message { Name = address, NameLength = LinkEndPoint.Size, Pieces = &piece, PieceCount = 1, Control = control, ControlLength = _control.Length };
                var length = (int)SystemCalls.Receive(_descriptor, &message, DoNotWait | TruncatedLength);
                if (length < 0)
                {
                    if (!IsWorthAnotherTry(Marshal.GetLastPInvokeError()))
                    {
                        return false;
                    }

                    continue;
                }

                // The loopback interface shows each frame twice: when it leaves and when it comes.
                var isOwnEcho = _loopback != 0 && *(int*)(address + 4) == _loopback && address[10] == Outgoing;
                if (!isOwnEcho)
                {
                    frame = Read((int)Math.Min(length, piece.Length), length, control, (int)message.ControlLength);
                    return true;
                }
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override void Wait() => SystemCalls.Wait((int)_descriptor, Patience);

    /// <inheritdoc/>
    public override CaptureCounts Counts()
    {
        // struct tpacket_stats: all frames, those of them that were dropped; reading sets both to zero.
        Span<byte> counts = stackalloc byte[8];
        _socket.GetRawSocketOption(PacketLevel, Statistics, counts);
        _counts = new CaptureCounts(_counts.Received + MemoryMarshal.Read<uint>(counts), _counts.Dropped + MemoryMarshal.Read<uint>(counts[4..]), 0);
        return _counts;
    }

    /// <inheritdoc/>
    public override void Dispose() => _socket.Dispose();

    private CapturedFrame Read(int captured, int length, byte* control, int controlLength)
    {
        var (time, tag) = ReadControl(new ReadOnlySpan<byte>(control, controlLength));
        if (Link == LinkType.LinuxCooked2)
        {
            // It has no place for a tag.
            WriteCookedHeader();
            (captured, length) = (captured + CookedHeader, length + CookedHeader);
        }
        else if (tag is { } vlan && captured >= 12)
        {
            // The kernel takes the tag out of the frame; behind the two addresses is its place.
            _buffer.AsSpan(12, captured - 12).CopyTo(_buffer.AsSpan(12 + VlanTag));
            BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(12), vlan.Protocol);
            BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(14), vlan.Tag);
            (captured, length) = (captured + VlanTag, length + VlanTag);
        }

        return new CapturedFrame(++_frames, time, Link, length, _buffer.AsSpan(0, Math.Min(captured, _snap + (Link == LinkType.LinuxCooked2 ? CookedHeader : 0))));
    }

    // struct cmsghdr: length, level, kind, then the content; each part is aligned to the size of a pointer.
    private static (long Time, (ushort Protocol, ushort Tag)? Tag) ReadControl(ReadOnlySpan<byte> control)
    {
        const uint hasTag = 1 << 4;
        const uint hasTagProtocol = 1 << 6;
        const ushort vlanProtocol = 0x8100;
        // The kernel always tells the time; if it once did not, that of reading is close.
        var time = Times.Of(DateTimeOffset.UtcNow);
        (ushort, ushort)? tag = null;
        var header = nint.Size + 8;
        while (control.Length >= header)
        {
            var length = (int)MemoryMarshal.Read<nint>(control);
            if (length < header || length > control.Length)
            {
                break;
            }

            var level = MemoryMarshal.Read<int>(control[nint.Size..]);
            var kind = MemoryMarshal.Read<int>(control[(nint.Size + 4)..]);
            var content = control[header..length];
            if (level == SocketLevel && kind == TimestampNanoseconds && content.Length >= 2 * nint.Size)
            {
                time = (MemoryMarshal.Read<nint>(content) * 1_000_000_000L) + MemoryMarshal.Read<nint>(content[nint.Size..]);
            }
            else if (level == PacketLevel && kind == AuxiliaryData && content.Length >= 20 && MemoryMarshal.Read<uint>(content) is var status && (status & hasTag) != 0)
            {
                tag = ((status & hasTagProtocol) != 0 ? MemoryMarshal.Read<ushort>(content[18..]) : vlanProtocol, MemoryMarshal.Read<ushort>(content[16..]));
            }

            control = control[Math.Min(control.Length, (length + nint.Size - 1) & -nint.Size)..];
        }

        return (time, tag);
    }

    // LINKTYPE_LINUX_SLL2 has what the address of a packet socket has, in another order.
    private void WriteCookedHeader()
    {
        var head = _buffer.AsSpan(0, CookedHeader);
        head.Clear();
        _address.AsSpan(2, 2).CopyTo(head);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], MemoryMarshal.Read<int>(_address.AsSpan(4)));
        BinaryPrimitives.WriteUInt16BigEndian(head[8..], MemoryMarshal.Read<ushort>(_address.AsSpan(8)));
        head[10] = _address[10];
        head[11] = _address[11];
        _address.AsSpan(12, 8).CopyTo(head[12..]);
    }

    private bool IsWorthAnotherTry(int error)
    {
        if (error == NetworkDown)
        {
            Fault = $"the interface '{_name}' went down";
        }
        else if (error is not TryAgain and not Interrupted)
        {
            Fault = $"reading from '{_name}' failed: {Marshal.GetPInvokeErrorMessage(error)}";
        }

        return error == Interrupted;
    }

    private static int Number(string name, string what)
    {
        try
        {
            return int.Parse(File.ReadAllText($"/sys/class/net/{name}/{what}"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CaptureRefusedException(CaptureRefusal.Interface, $"'{name}' can not be captured: {fault.Message}");
        }
    }

    private static void Set(Socket socket, int level, int option, int value) => socket.SetRawSocketOption(level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
}
