using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace DeviceConformance.Probing.Capture;

/// <summary>The functions of libpcap that are used (pcap(3PCAP)): one interface on Linux, macOS and, as Npcap, on Windows.</summary>
internal static unsafe partial class PcapLibrary
{
    public const int Break = -2;
    public const int NoSuchDevice = -5;
    public const int PermissionDenied = -8;
    public const int InterfaceNotUp = -9;
    public const int PromiscuousPermissionDenied = -11;
    public const int ErrorBuffer = 256;
    public const int Nanoseconds = 1;

    private const string Name = "pcap";
    private static readonly nint _library = Load();

    // One resolver for an assembly: nothing else here calls native code by a name that needs one.
    static PcapLibrary() => NativeLibrary.SetDllImportResolver(typeof(PcapLibrary).Assembly, static (name, _, _) => name == Name ? _library : 0);

    /// <summary>Whether the library is installed.</summary>
    public static bool IsThere => _library != 0;

    [LibraryImport(Name, EntryPoint = "pcap_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial PcapHandle Create(string source, byte* errors);

    [LibraryImport(Name, EntryPoint = "pcap_close")]
    public static partial void Close(nint handle);

    [LibraryImport(Name, EntryPoint = "pcap_set_snaplen")]
    public static partial int SetSnapLength(PcapHandle handle, int bytes);

    [LibraryImport(Name, EntryPoint = "pcap_set_promisc")]
    public static partial int SetPromiscuous(PcapHandle handle, int on);

    [LibraryImport(Name, EntryPoint = "pcap_set_timeout")]
    public static partial int SetTimeout(PcapHandle handle, int milliseconds);

    [LibraryImport(Name, EntryPoint = "pcap_set_buffer_size")]
    public static partial int SetBufferSize(PcapHandle handle, int bytes);

    [LibraryImport(Name, EntryPoint = "pcap_set_tstamp_precision")]
    public static partial int SetTimePrecision(PcapHandle handle, int precision);

    [LibraryImport(Name, EntryPoint = "pcap_activate")]
    public static partial int Activate(PcapHandle handle);

    [LibraryImport(Name, EntryPoint = "pcap_setnonblock")]
    public static partial int SetNonBlocking(PcapHandle handle, int on, byte* errors);

    [LibraryImport(Name, EntryPoint = "pcap_get_selectable_fd")]
    public static partial int SelectableDescriptor(PcapHandle handle);

    [LibraryImport(Name, EntryPoint = "pcap_datalink")]
    public static partial int DataLink(PcapHandle handle);

    [LibraryImport(Name, EntryPoint = "pcap_compile", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Compile(PcapHandle handle, FilterProgram* program, string filter, int optimise, uint netmask);

    [LibraryImport(Name, EntryPoint = "pcap_setfilter")]
    public static partial int SetFilter(PcapHandle handle, FilterProgram* program);

    [LibraryImport(Name, EntryPoint = "pcap_freecode")]
    public static partial void FreeFilter(FilterProgram* program);

    [LibraryImport(Name, EntryPoint = "pcap_next_ex")]
    public static partial int Next(PcapHandle handle, byte** header, byte** bytes);

    [LibraryImport(Name, EntryPoint = "pcap_stats")]
    public static partial int Statistics(PcapHandle handle, uint* counts);

    [LibraryImport(Name, EntryPoint = "pcap_geterr")]
    public static partial byte* Error(PcapHandle handle);

    [LibraryImport(Name, EntryPoint = "pcap_statustostr")]
    public static partial byte* Status(int code);

    /// <summary>A text of the library.</summary>
    public static string Text(byte* text) => Utf8StringMarshaller.ConvertToManaged(text) ?? "";

    private static nint Load()
    {
        string[] names = OperatingSystem.IsWindows() ? [Path.Combine(Environment.SystemDirectory, "Npcap", "wpcap.dll"), "wpcap.dll"]
            : OperatingSystem.IsMacOS() ? ["libpcap.A.dylib", "/usr/lib/libpcap.A.dylib", "libpcap.dylib"]
            : ["libpcap.so.1", "libpcap.so.0.8", "libpcap.so"];
        foreach (var name in names)
        {
            // Npcap's library finds its second one only in its own folder.
            var search = Path.IsPathRooted(name) ? DllImportSearchPath.UseDllDirectoryForDependencies : DllImportSearchPath.SafeDirectories;
            // Libraries before 1.5 (2013) can not give nanoseconds; they are too old for more than that.
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), search, out var library) && NativeLibrary.TryGetExport(library, "pcap_set_tstamp_precision", out _))
            {
                return library;
            }
        }

        return 0;
    }

    /// <summary>A compiled filter (struct bpf_program).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterProgram
    {
        public uint Length;
        public nint Instructions;
    }
}

/// <summary>An open capture of libpcap (pcap_t).</summary>
internal sealed class PcapHandle : SafeHandle
{
    /// <summary>For the marshaller.</summary>
    public PcapHandle()
        : base(0, true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        PcapLibrary.Close(handle);
        return true;
    }
}
