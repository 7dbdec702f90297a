using System.Runtime.InteropServices;

namespace DeviceConformance.Probing.Capture;

/// <summary>Calls of the C library that the base library does not offer.</summary>
internal static unsafe partial class SystemCalls
{
    /// <summary>There is something to read (POLLIN), on every Unix.</summary>
    public const short CanRead = 1;

    /// <summary>poll(2).</summary>
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Awaited* awaited, nuint count, int milliseconds);

    /// <summary>recvmsg(2).</summary>
    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint Receive(nint socket, Message* message, int flags);

    /// <summary>Waits until a descriptor can be read.</summary>
    /// <returns>False when the time is over, or something else happened to it.</returns>
    public static bool Wait(int descriptor, TimeSpan time)
    {
        var awaited = new Awaited { Descriptor = descriptor, Events = CanRead };
        // A signal that ends the wait early does no harm: whoever waits looks again.
        return Poll(&awaited, 1, (int)time.TotalMilliseconds) == 1 && awaited.Seen == CanRead;
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Awaited
    {
        public int Descriptor;
        public short Events;
        public short Seen;
    }

    /// <summary>struct msghdr of Linux: glibc's, and musl's on little-endian machines.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public void* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nint PieceCount;
        public byte* Control;
        public nint ControlLength;
        public int Flags;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Piece
    {
        public byte* Start;
        public nint Length;
    }
}
