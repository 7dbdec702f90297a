using System.Net;
using System.Net.Sockets;
using System.Text;
using DeviceConformance.Emulator;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Probing.Snmp;
using DeviceConformance.Probing.Upnp;
using DeviceConformance.Tests.Tls;
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

    [Test]
    public async Task Adb_connects_anybody_and_runs_a_shell()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.AdbOpen);
        using var client = await RawConnection.OpenAsync(device.EndPoint(DevicePorts.Adb));
        await client.SendAsync([.. Hex("434e584e 00000001 00100000 07000000 32020000 bcb1a7b1"), .. "host::\0"u8]);
        Assert.That(await client.ReadUntilAsync("2.1.0;"), Does.StartWith("CNXN").And.Contain("device::ro.product.name=gw24"));
        await client.SendAsync([.. Hex("4f50454e 05000000 00000000 08000000 00000000 b0afbab1"), .. "shell:id"u8]);
        Assert.That(await client.ReadUntilAsync("uid=0(root)"), Does.StartWith("OKAY").And.Contain("WRTE"));
        await client.SendAsync([.. Hex("4f50454e 06000000 00000000 05000000 00000000 b0afbab1"), .. "sync:"u8]);
        Assert.That(await client.ReadUntilAsync("CLSE"), Does.EndWith("CLSE"));
    }

    // version, community, request, and what the agent has to answer: a response with the same number, error status and index, variables.
    [TestCase("302602010104067075626c6963a019020207d1020100020100300d300b06072b060102010104 0500", "a2 19 0202 07d1 0201 00 0201 00 300d 300b 0607 2b060102010104 8000", TestName = "Snmp_2_says_that_an_object_is_not_there")]
    [TestCase("302702010004067075626c6963a01a020207d1020100020100300e300c06082b06010201010600 0500", "a2 20 0202 07d1 0201 00 0201 00 3014 3012 0608 2b06010201010600 0406 63656c6c6172", TestName = "Snmp_1_reads_with_public")]
    [TestCase("302602010004067075626c6963a019020207d1020100020100300d300b06072b060102010104 0500", "a2 19 0202 07d1 0201 02 0201 01 300d 300b 0607 2b060102010104 0500", TestName = "Snmp_1_fails_as_a_whole")]
    [TestCase("302702010104067075626c6963a11a020207d1020100020100300e300c06082b06010201010500 0500", "a2 20 0202 07d1 0201 00 0201 00 3014 3012 0608 2b06010201010600 0406 63656c6c6172", TestName = "Snmp_goes_to_the_next_object")]
    [TestCase("302602010104067075626c6963a519020207d1020100020102300d300b06072b06010401830000 0500", "", TestName = "Snmp_ignores_what_does_not_add_up")]
    [TestCase("302802010104067075626c6963a31b020207d1020100020100300f300d06082b06010201010600 040178", "a2 1b 0202 07d1 0201 06 0201 01 300f 300d 0608 2b06010201010600 0401 78", TestName = "Snmp_public_may_not_write")]
    [TestCase("3029020101040770726976617465a31b020207d1020100020100300f300d06082b06010201010600 040178", "a2 1b 0202 07d1 0201 00 0201 00 300f 300d 0608 2b06010201010600 0401 78", TestName = "Snmp_private_writes")]
    [TestCase("3029020101040770726976617465a31b020207d1020100020100300f300d06082b06010201010100 040178", "a2 1b 0202 07d1 0201 11 0201 01 300f 300d 0608 2b06010201010100 0401 78", TestName = "Snmp_description_is_not_writable")]
    [TestCase("302702010104066d6f6e6b6579a01a020207d1020100020100300e300c06082b06010201010600 0500", "", TestName = "Snmp_is_silent_to_other_communities")]
    public async Task Snmp(string question, string response)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.SnmpPublic);
        var answer = await AskAsync(device, DevicePorts.Snmp, Hex(question), answers: response.Length > 0);
        Assert.That(Convert.ToHexStringLower(answer), Does.EndWith(response.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Test]
    public async Task Snmp_text_that_was_written_is_read_again()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.SnmpPublic);
        var name = new SnmpBinding("1.3.6.1.2.1.1.5.0");
        Assert.That(SnmpMessage.TryParse(await AskAsync(device, DevicePorts.Snmp, SnmpMessage.Request(1, "private", SnmpMessage.Set, 7, 0, name with { Type = 4, Value = "attic"u8.ToArray() })), out var set), Is.True);
        Assert.That(SnmpMessage.TryParse(await AskAsync(device, DevicePorts.Snmp, SnmpMessage.Request(0, "public", SnmpMessage.Get, 8, 0, name)), out var got), Is.True);
        Assert.That((set.Error, got.RequestId, got.Variables.Single().Text), Is.EqualTo((0, 8, "attic")));
    }

    [TestCase("44 01 6463 64637400 bb 2e77656c6c2d6b6e6f776e 04 636f7265", "64 45 6463 64637400 c1 28 ff 3c2f", TestName = "Coap_lists_its_resources")]
    [TestCase("50 01 0001 b8 73657474696e6773", "50 45 0001 c1 32 ff 7b22736574506f696e74223a35302c", TestName = "Coap_gives_settings_to_whom_no_acknowledgement_is_due")]
    [TestCase("40 03 0002 b8 73657474696e6773 ff 31", "60 85 0002", TestName = "Coap_changes_nothing")]
    [TestCase("40 01 0003 b4 6e6f7065", "60 84 0003", TestName = "Coap_has_nothing_else")]
    [TestCase("40 01 0004 b5 7761746572 e0 ffff", "60 82 0004", TestName = "Coap_refuses_an_option_that_it_has_to_know")]
    [TestCase("40 00 0005", "70 00 0005", TestName = "Coap_resets_a_ping")]
    [TestCase("50 00 0006", "", TestName = "Coap_is_silent_to_an_empty_message_that_wants_nothing")]
    public async Task Coap(string question, string beginning)
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.CoapOpen);
        var answer = await AskAsync(device, DevicePorts.Coap, Hex(question), answers: beginning.Length > 0);
        Assert.That(Convert.ToHexStringLower(answer), Does.StartWith(beginning.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Test]
    [Category("Daemon")]
    public async Task Coap_is_understood_by_a_client_of_others()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.CoapOpen);
        var client = Daemon.Find("coap-client-notls", "libcoap3-bin");
        Assert.That(await Daemon.RunAsync(client, "-B", "5", "-m", "get", $"coap://{device.Address}/.well-known/core"), Does.Contain("</water>;rt=\"temperature\";ct=50,</settings>;ct=50,</device>;ct=50"));
        Assert.That(await Daemon.RunAsync(client, "-B", "5", "-m", "get", $"coap://{device.Address}/settings"), Does.Contain("\"setPoint\":50"));
    }

    [Test]
    public async Task Tftp_gives_the_settings_in_blocks_from_a_port_of_its_own()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.TftpOpen);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Bind(new IPEndPoint(device.Address, 0));
        await client.SendToAsync("\0\u0001config.txt\0octet\0"u8.ToArray(), device.EndPoint(DevicePorts.Tftp), TestDevice.Deadline);
        var (text, block) = (new StringBuilder(), 0);
        var buffer = new byte[1000];
        for (var length = 516; length == 516;)
        {
            // A block that is not acknowledged comes again.
            for (var times = block == 0 ? 2 : 1; times > 0; times--)
            {
                var received = await client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), TestDevice.Deadline);
                length = received.ReceivedBytes;
                Assert.That((buffer[1], (buffer[2] << 8) | buffer[3]), Is.EqualTo(((byte)3, block + 1)));
                Assert.That(((IPEndPoint)received.RemoteEndPoint).Port, Is.Not.EqualTo(DevicePorts.Tftp));
                if (times == 1)
                {
                    await client.SendToAsync(new byte[] { 0, 4, buffer[2], buffer[3] }, received.RemoteEndPoint, TestDevice.Deadline);
                }
            }

            text.Append(Encoding.ASCII.GetString(buffer, 4, length - 4));
            block++;
        }

        Assert.That(block, Is.EqualTo(2));
        Assert.That(text.ToString(), Does.Contain("wifi_password=lavender-kettle-19").And.EndsWith("heat_curve_23=53\n"));
        foreach (var (request, code) in new[] { ("\0\u0001config.cfg\0octet\0", 1), ("\0\u0002config.txt\0octet\0", 2), ("\0\u0001config.txt", 4) })
        {
            Assert.That((await AskAsync(device, DevicePorts.Tftp, Encoding.ASCII.GetBytes(request)))[..4], Is.EqualTo(new byte[] { 0, 5, 0, (byte)code }), request);
        }
    }

    [Test]
    public async Task Upnp_is_found_by_a_search_and_maps_ports_until_their_time_is_up()
    {
        var time = new ManualTime();
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { Faults = DeviceFaults.UpnpPortMapping, TimeProvider = time });
        var found = Encoding.ASCII.GetString(await AskAsync(device, DevicePorts.Ssdp, "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nST: upnp:rootdevice\r\n\r\n"u8.ToArray()));
        var location = new Uri(found.Split("\r\n").Single(line => line.StartsWith("LOCATION: ", StringComparison.Ordinal))[10..]);
        using var client = new HttpClient { BaseAddress = location };
        var service = UpnpDescription.Services(await client.GetStringAsync(location)).Single();
        Assert.That(UpnpDescription.Actions(await client.GetStringAsync(service.Scpd)).Select(action => action.Name), Does.Contain("AddPortMapping"));

        const string Port = "<NewRemoteHost></NewRemoteHost><NewExternalPort>50000</NewExternalPort><NewProtocol>UDP</NewProtocol>";
        const string Mapping = Port + "<NewInternalPort>5353</NewInternalPort><NewInternalClient>127.0.0.1</NewInternalClient><NewEnabled>1</NewEnabled><NewLeaseDuration>60</NewLeaseDuration>";
        async Task<string> ActAsync(string action, string arguments)
        {
            using var content = new StringContent($"<s:Envelope><s:Body><u:{action}>{arguments}</u:{action}></s:Body></s:Envelope>", Encoding.UTF8, "text/xml");
            content.Headers.Add("SOAPACTION", $"\"{service.Type}#{action}\"");
            using var answer = await client.PostAsync(service.Control, content);
            return await answer.Content.ReadAsStringAsync();
        }

        Assert.That(await ActAsync("AddPortMapping", Mapping), Does.Contain("AddPortMappingResponse"));
        Assert.That(UpnpDescription.Value(await ActAsync("GetGenericPortMappingEntry", "<NewPortMappingIndex>0</NewPortMappingIndex>"), "NewInternalClient"), Is.EqualTo("127.0.0.1"));
        Assert.That(await ActAsync("DeletePortMapping", Port), Does.Contain("DeletePortMappingResponse"));
        Assert.That(UpnpDescription.Value(await ActAsync("DeletePortMapping", Port), "errorCode"), Is.EqualTo("714"));
        await ActAsync("AddPortMapping", Mapping);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.That(UpnpDescription.Value(await ActAsync("GetGenericPortMappingEntry", "<NewPortMappingIndex>0</NewPortMappingIndex>"), "errorCode"), Is.EqualTo("713"));
        Assert.That(UpnpDescription.Value(await ActAsync("AddPortMapping", Port), "errorCode"), Is.EqualTo("402"));
        Assert.That(UpnpDescription.Value(await ActAsync("Reboot", ""), "errorCode"), Is.EqualTo("401"));
    }

    [Test]
    public async Task Noise_over_udp_changes_nothing()
    {
        await using var device = await TestDevice.StartAsync(DeviceFaults.SnmpPublic | DeviceFaults.CoapOpen | DeviceFaults.TftpOpen | DeviceFaults.UpnpPortMapping | DeviceFaults.UdpDebug);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var random = new Random(303645);
        foreach (var port in DevicePorts.Fixed.Append(DevicePorts.DebugConsole))
        {
            for (var count = 0; count < 50; count++)
            {
                var noise = new byte[random.Next(0, 700)];
                random.NextBytes(noise);
                await client.SendToAsync(noise, device.EndPoint(port), TestDevice.Deadline);
            }
        }

        Assert.That(await AskAsync(device, DevicePorts.Coap, Hex("40 00 0005")), Is.EqualTo(Hex("70 00 0005")));
        Assert.That(await AskAsync(device, DevicePorts.Tftp, "\0\u0001x\0octet\0"u8.ToArray()), Is.Not.Empty);
        Assert.That(await AskAsync(device, DevicePorts.Snmp, SnmpMessage.Request(1, "public", SnmpMessage.Get, 8, 0, new SnmpBinding("1.3.6.1.2.1.1.5.0"))), Is.Not.Empty);
        Assert.That(await AskAsync(device, DevicePorts.DebugConsole, "help\r\n"u8.ToArray()), Is.Not.Empty);
    }

    [Test]
    public async Task Ports_of_usual_protocols_stay_where_they_are_looked_for()
    {
        await using var device = await TestDevice.StartAsync(new EmulatedDeviceOptions { PortOffset = 400, Faults = DeviceFaults.CoapOpen | DeviceFaults.RtspOpen });
        Assert.That(device.Device.Ports.Select(port => port.EndPoint.Port), Is.EquivalentTo(new[] { 18843, 18480, 19283, 15954, 5683 }));
    }

    /// <summary>The answer to a datagram; where there is none to be, an answer to a following one that comes first.</summary>
    private static async Task<byte[]> AskAsync(TestDevice device, int port, byte[] question, bool answers = true)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Bind(new IPEndPoint(device.Address, 0));
        await client.SendToAsync(question, device.EndPoint(port), TestDevice.Deadline);
        if (!answers)
        {
            // One after the other are served: what is answered now comes after silence.
            await client.SendToAsync(port == DevicePorts.Coap ? Hex("40 00 6463") : Hex("302702010004067075626c6963a01a02020bb8020100020100300e300c06082b060102010106000500"), device.EndPoint(port), TestDevice.Deadline);
        }

        var buffer = new byte[2000];
        var received = await client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), TestDevice.Deadline);
        if (!answers)
        {
            Assert.That(Convert.ToHexStringLower(buffer, 0, received.ReceivedBytes), Does.Contain(port == DevicePorts.Coap ? "6463" : "02020bb8"), "it answered what it should be silent to");
            return [];
        }

        return buffer[..received.ReceivedBytes];
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
