using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

/// <summary>The services that faults open beside the declared ones, asked in their own protocols.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class LanServiceTests
{
    [Test]
    public async Task Rtsp_describes_its_stream_to_anybody_and_sets_none_up()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.RtspOpen);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Rtsp));
        await client.SendAsync("OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\nDESCRIBE rtsp://x/live RTSP/1.0\r\nCSeq: 8\r\nAccept: application/sdp\r\n\r\n");
        Assert.That(await client.ReadUntilAsync("\r\n\r\n"), Does.StartWith("RTSP/1.0 200 OK\r\nCSeq: 7\r\n").And.Contain("Public: OPTIONS, DESCRIBE"));
        Assert.That(await client.ReadUntilAsync("a=control:flame\r\n"), Does.StartWith("RTSP/1.0 200 OK\r\nCSeq: 8\r\n").And.Contain("firmware 2.1.0"));
        await client.SendAsync("DESCRIBE rtsp://x/other RTSP/1.0\r\nCSeq: 9\r\n\r\nSETUP rtsp://x/live/flame RTSP/1.0\r\nCSeq: 10\r\n\r\nGET / HTTP/1.1\r\n\r\n");
        Assert.That(await client.ReadUntilAsync("CSeq: 9\r\n"), Does.StartWith("RTSP/1.0 404 "));
        Assert.That(await client.ReadUntilAsync("CSeq: 10\r\n"), Does.Contain("RTSP/1.0 405 "));
        Assert.That(await client.ReadUntilAsync("CSeq: \r\n"), Does.Contain("RTSP/1.0 400 "));
    }

    [TestCase("0000 0000 0006 01 03 0000 0002", "0000 0000 0007 01 03 04 0032 01e5", TestName = "Modbus_reads_holding_registers")]
    [TestCase("0001 0000 0006 09 04 0004 0001", "0001 0000 0005 09 04 02 0000", TestName = "Modbus_reads_input_registers_of_any_unit")]
    [TestCase("0002 0000 0006 01 03 0004 0002", "0002 0000 0003 01 83 02", TestName = "Modbus_refuses_registers_that_are_not_there")]
    [TestCase("0003 0000 0006 01 03 0000 0000", "0003 0000 0003 01 83 03", TestName = "Modbus_refuses_to_read_none")]
    [TestCase("0004 0000 0006 01 06 0000 0041", "0004 0000 0003 01 86 01", TestName = "Modbus_writes_nothing")]
    [TestCase("0005 0000 0005 01 2b 0e 04 02", "0005 0000 000f 01 2b 0e 04 82 00 00 01 02 05 322e312e30", TestName = "Modbus_names_its_revision")]
    [TestCase("0006 0000 0005 01 2b 0e 04 05", "0006 0000 0003 01 ab 02", TestName = "Modbus_has_no_further_objects")]
    public async Task Modbus(string question, string answer)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.ModbusOpen);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Modbus));
        await client.SendAsync(Hex(question));
        Assert.That(await client.ReadAsync(Hex(answer).Length), Is.EqualTo(Hex(answer)));
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
