using System.Net.NetworkInformation;
using DeviceConformance.Probing.CaptureFiles;

namespace DeviceConformance.Probing.Capture;

/// <summary>Captures by libpcap: on Linux from the ring that it shares with the kernel.</summary>
internal sealed unsafe class LibpcapCapture : LiveCapture
{
    private const uint UnknownNetmask = 0xffffffff;

    private readonly PcapHandle _handle;
    private readonly string _name;
    private readonly string? _flags;
    private readonly int _descriptor;
    private readonly int _unit;
    private readonly bool _wideTimes = nint.Size == 8 && !OperatingSystem.IsWindows();
    private long _frames;
    private long? _downSince;
    private CaptureCounts _counts;
    private (uint Received, uint Dropped, uint InterfaceDropped) _told;

    private LibpcapCapture(PcapHandle handle, int unit, string name)
    {
        (_handle, _unit, _name) = (handle, unit, name);
        _flags = File.Exists($"/sys/class/net/{name}/flags") ? $"/sys/class/net/{name}/flags" : null;
        Link = LinkOf(PcapLibrary.DataLink(handle));
        _descriptor = OperatingSystem.IsWindows() ? -1 : PcapLibrary.SelectableDescriptor(handle);
    }

    /// <inheritdoc/>
    public override LinkType Link { get; }

    /// <inheritdoc/>
    public override string Method => OperatingSystem.IsWindows() ? "Npcap" : "libpcap";

    /// <inheritdoc/>
    public override TimeSpan Lag => 2.5 * Patience;

    /// <inheritdoc/>
    public override TimeSpan Lateness => 0.5 * Patience;

    /// <summary>Begins to capture.</summary>
    /// <exception cref="CaptureRefusedException">It can not begin.</exception>
    public static new LibpcapCapture Open(CaptureSettings settings)
    {
        var errors = stackalloc byte[PcapLibrary.ErrorBuffer];
        var handle = PcapLibrary.Create(DeviceOf(settings.Interface), errors);
        try
        {
            if (handle.IsInvalid)
            {
                throw new CaptureRefusedException(CaptureRefusal.System, $"'{settings.Interface}' can not be captured: {PcapLibrary.Text(errors)}");
            }

            // None of these fails before activation; a library that does not know nanoseconds gives microseconds.
            _ = PcapLibrary.SetSnapLength(handle, settings.SnapLength);
            _ = PcapLibrary.SetPromiscuous(handle, settings.Promiscuous ? 1 : 0);
            _ = PcapLibrary.SetTimeout(handle, (int)Patience.TotalMilliseconds);
            _ = PcapLibrary.SetBufferSize(handle, settings.BufferBytes);
            var unit = PcapLibrary.SetTimePrecision(handle, PcapLibrary.Nanoseconds) == 0 ? 1 : 1000;
            // Above 0 are warnings, as that an interface knows no promiscuous mode.
            if (PcapLibrary.Activate(handle) is < 0 and var refused)
            {
                throw Refusal(settings, refused, handle);
            }

            Filter(handle, settings);
            if (!OperatingSystem.IsWindows() && PcapLibrary.SetNonBlocking(handle, 1, errors) < 0)
            {
                throw new CaptureRefusedException(CaptureRefusal.System, $"'{settings.Interface}' can not be captured: {PcapLibrary.Text(errors)}");
            }

            return new LibpcapCapture(handle, unit, settings.Interface);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool TryRead(out CapturedFrame frame)
    {
        byte* header;
        byte* bytes;
        var result = PcapLibrary.Next(_handle, &header, &bytes);
        if (result != 1)
        {
            frame = default;
            if (result < 0)
            {
                Fault = result == PcapLibrary.Break ? "the capture was broken off" : PcapLibrary.Text(PcapLibrary.Error(_handle));
            }

            return false;
        }

        // struct pcap_pkthdr: a time of two numbers, whose size depends on the system, and two lengths of 32 bits. Upper halves of the
        // fraction are not read: macOS leaves them to chance.
        var seconds = _wideTimes ? *(long*)header : *(int*)header;
        var fraction = *(int*)(header + (_wideTimes ? 8 : 4));
        var lengths = (uint*)(header + (_wideTimes ? 16 : 8));
        frame = new CapturedFrame(++_frames, (seconds * 1_000_000_000) + ((long)fraction * _unit), Link, (int)lengths[1], new ReadOnlySpan<byte>(bytes, (int)lengths[0]));
        return true;
    }

    /// <inheritdoc/>
    public override void Wait()
    {
        // On Windows reading itself waits.
        if (_descriptor >= 0)
        {
            // libpcap 1.10 goes on when an interface is taken down, in the hope that it comes up again: what passed meanwhile would be
            // missing without a word. Losing the carrier, as when the DUT restarts, does not take an interface down.
            if (!SystemCalls.Wait(_descriptor, Patience) && _flags is not null && IsDown())
            {
                // What is still in the ring comes first.
                _downSince ??= Environment.TickCount64;
                Fault = Environment.TickCount64 - _downSince > Lag.TotalMilliseconds ? $"the interface '{_name}' went down" : "";
            }
        }
        else if (!OperatingSystem.IsWindows())
        {
            Thread.Sleep(1);
        }
    }

    private bool IsDown()
    {
        const int up = 1;
        try
        {
            return (Convert.ToInt32(File.ReadAllText(_flags!).Trim(), 16) & up) == 0;
        }
        catch (IOException)
        {
            // It is gone altogether.
            return true;
        }
    }

    /// <inheritdoc/>
    public override CaptureCounts Counts()
    {
        // struct pcap_stat: received, dropped, dropped by the interface; Npcap appends more.
        var counts = stackalloc uint[16];
        if (PcapLibrary.Statistics(_handle, counts) == 0)
        {
            // 32 bits wrap after some hours of much traffic: what came since the last look adds up.
            _counts = new CaptureCounts(
                _counts.Received + unchecked(counts[0] - _told.Received),
                _counts.Dropped + unchecked(counts[1] - _told.Dropped),
                _counts.InterfaceDropped + unchecked(counts[2] - _told.InterfaceDropped));
            _told = (counts[0], counts[1], counts[2]);
        }

        return _counts;
    }

    /// <inheritdoc/>
    public override void Dispose() => _handle.Dispose();

    private static void Filter(PcapHandle handle, CaptureSettings settings)
    {
        if (settings.Filter.Length == 0)
        {
            return;
        }

        PcapLibrary.FilterProgram program;
        if (PcapLibrary.Compile(handle, &program, settings.Filter, 1, UnknownNetmask) < 0)
        {
            throw new CaptureRefusedException(CaptureRefusal.Filter, $"'{settings.Filter}' is no filter: {PcapLibrary.Text(PcapLibrary.Error(handle))}. Filters are those of tcpdump (man pcap-filter).");
        }

        var result = PcapLibrary.SetFilter(handle, &program);
        PcapLibrary.FreeFilter(&program);
        if (result < 0)
        {
            throw new CaptureRefusedException(CaptureRefusal.Filter, $"the filter '{settings.Filter}' can not be set: {PcapLibrary.Text(PcapLibrary.Error(handle))}");
        }
    }

    private static CaptureRefusedException Refusal(CaptureSettings settings, int code, PcapHandle handle)
    {
        var detail = PcapLibrary.Text(PcapLibrary.Error(handle));
        var why = $"'{settings.Interface}' can not be captured: {(detail.Length > 0 ? detail : PcapLibrary.Text(PcapLibrary.Status(code)))}";
        return code switch
        {
            PcapLibrary.PermissionDenied or PcapLibrary.PromiscuousPermissionDenied => NoRights(settings),
            PcapLibrary.InterfaceNotUp => new CaptureRefusedException(CaptureRefusal.Interface, $"'{settings.Interface}' is down: bring it up first{(OperatingSystem.IsLinux() ? $" (ip link set {settings.Interface} up)" : "")}."),
            PcapLibrary.NoSuchDevice => new CaptureRefusedException(CaptureRefusal.Interface, $"{why}; this host has: {string.Join(", ", Interfaces())}."),
            _ => new CaptureRefusedException(CaptureRefusal.System, why),
        };
    }

    // Npcap knows interfaces by their identifiers; people know them by their names.
    private static string DeviceOf(string name) =>
        OperatingSystem.IsWindows() && NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(one => one.Name == name) is { } known
            ? $@"\Device\NPF_{(known.NetworkInterfaceType == NetworkInterfaceType.Loopback ? "Loopback" : known.Id)}"
            : name;

    // Raw IP has a number for each system when it is live and one for all in files.
    private static LinkType LinkOf(int dataLink) => (LinkType)dataLink is LinkType.RawBsd or LinkType.RawOpenBsd ? LinkType.Raw : (LinkType)dataLink;
}
