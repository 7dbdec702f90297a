using System.Net;
using System.Text;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Traffic;

namespace DeviceConformance.Tests.Traffic;

/// <summary>A flow between the DUT 192.0.2.9 and 192.0.2.7, and what was read in it.</summary>
internal sealed class ContentBench
{
    private long _frame;

    public ContentBench(int port = 80, Transport transport = Transport.Tcp, bool dutIsClient = true, bool openerKnown = true, string server = "192.0.2.7", ContentSettings? settings = null)
    {
        Flow = new FlowIdentity(transport, IPAddress.Parse(dutIsClient ? "192.0.2.9" : "192.0.2.5"), 40000, IPAddress.Parse(dutIsClient ? server : "192.0.2.9"), port, dutIsClient, openerKnown);
        Reader = new ContentReader(Flow, Ledger, settings ?? Settings);
    }

    public static ContentSettings Settings { get; } = new([new SoughtValue(ClearItemKind.DeclaredSecret, "password of AuthMech-1", "AuthMech-1", "Grill-Kohle-9")]);

    public FlowIdentity Flow { get; }

    public TrafficLedger Ledger { get; } = new(["a.pcap"]);

    public ContentReader Reader { get; }

    public ContentFacts Facts => Reader.Facts;

    public ContentProtection Protection => Facts.Protection;

    public string[] Items => [.. Ledger.ClearItems.Select(item => $"{item.Kind} {item.Label} {item.FromDut}")];

    public string[] Announced => [.. Ledger.Announcements.Select(item => $"{item.Protocol} {item.What} {item.Text}")];

    public ContentBench Client(string text, int segment = 1000) => Client(Encoding.Latin1.GetBytes(text), segment);

    public ContentBench Server(string text, int segment = 1000) => Server(Encoding.Latin1.GetBytes(text), segment);

    public ContentBench Client(byte[] bytes, int segment = 1000) => Send(true, bytes, segment);

    public ContentBench Server(byte[] bytes, int segment = 1000) => Send(false, bytes, segment);

    public ContentBench Datagram(bool fromClient, byte[] bytes)
    {
        Reader.Datagram(fromClient, bytes, ++_frame, 0);
        return this;
    }

    public ContentBench Gap(bool fromClient, long bytes)
    {
        Reader.Gap(fromClient, bytes);
        return this;
    }

    public ContentBench End()
    {
        Reader.End();
        return this;
    }

    public static byte[] Random(int length, int seed = 3)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] Record(byte type, ReadOnlySpan<byte> content) => [type, 3, 3, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private ContentBench Send(bool fromClient, byte[] bytes, int segment)
    {
        foreach (var part in bytes.Chunk(segment))
        {
            Reader.Stream(fromClient, part, ++_frame, 0);
        }

        return this;
    }
}
