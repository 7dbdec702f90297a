using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;
using DeviceConformance.Evidence;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Cli.Commands;

/// <summary><c>dct observe</c>: one question to one device, without a declaration and without a verdict.</summary>
internal static class ObserveCommand
{
    public static Command Build()
    {
        var command = new Command("observe", "Asks one question and shows the observation, for people who look for a fault. Judges nothing.\n\nExample: dct observe tls 192.0.2.7:443 --json");
        command.Add(One("tcp-ports", "HOST", "All TCP ports 1 to 65535.\n\nExample: dct observe tcp-ports 192.0.2.7", text => new TcpPortSweep(Host(text))));
        command.Add(One("udp-ports", "HOST", "UDP ports, asked in the protocols that are usual there: which answer, which are proven closed, which stay silent. Takes a minute.\n\nExample: dct observe udp-ports 192.0.2.7", text => new UdpPortSweep(Host(text))));
        command.Add(One("service", "HOST:PORT", "What speaks on a port.\n\nExample: dct observe service 192.0.2.7:8883", text => new ServiceIdentification(Port(text))));
        command.Add(Tls("tls", "Versions, suites, groups, signatures, features and certificates of a TLS server, and what of it lies outside which policy.\n\nExample: dct observe tls 192.0.2.7:25 --starttls smtp", (endpoint, startTls) => new TlsEnumeration(endpoint, startTls)));
        command.Add(One("dtls", "HOST:PORT", "Versions, suites, groups and certificates of a DTLS server.\n\nExample: dct observe dtls 192.0.2.7:5684", text => new TlsEnumeration(Port(text) with { Transport = Transport.Udp })));
        command.Add(Tls("tls-attacks", "Whether known attacks on TLS servers work, each tried in a form that reads a few bytes at the most: Heartbleed, CCS injection, ROBOT, Ticketbleed; whether the server renegotiates when the client wants it, and how long its session tickets last (TLS 1.2).\n\nExample: dct observe tls-attacks 192.0.2.7:443", (endpoint, startTls) => new TlsAttackTrial(endpoint, startTls)));
        command.Add(One("ssh", "HOST:PORT", "What an SSH server offers: algorithms with what is known against them, host keys, ways of logging in. Sends no credential.\n\nExample: dct observe ssh 192.0.2.7:22", text => new SshEnumeration(Port(text))));
        command.Add(One("http", "URL", "What a web server shows before login.\n\nExample: dct observe http https://192.0.2.7/", Web));
        command.Add(Survey(ServiceProtocol.Mqtt, 1883));
        command.Add(Survey(ServiceProtocol.Ftp, 21));
        command.Add(Survey(ServiceProtocol.Telnet, 23));
        command.Add(Survey(ServiceProtocol.Rtsp, 554));
        command.Add(Survey(ServiceProtocol.Smb, 445));
        command.Add(UdpSurvey("snmp", ServiceProtocol.Snmp, 161));
        command.Add(UdpSurvey("coap", ServiceProtocol.Coap, 5683));
        command.Add(UdpSurvey("mdns", ServiceProtocol.Mdns, 5353));
        command.Add(UdpSurvey("ssdp", ServiceProtocol.Ssdp, 1900));
        command.Add(UdpSurvey("ws-discovery", ServiceProtocol.WsDiscovery, 3702));
        command.Add(UdpSurvey("dns", ServiceProtocol.Dns, 53));
        command.Add(UdpSurvey("ntp", ServiceProtocol.Ntp, 123));
        command.Add(UdpSurvey("tftp", ServiceProtocol.Tftp, 69));
        command.Add(UdpSurvey("netbios", ServiceProtocol.Netbios, 137));
        command.Add(UdpSurvey("sip", ServiceProtocol.Sip, 5060));
        command.Add(UdpSurvey("bacnet", ServiceProtocol.Bacnet, 47808));
        command.Add(Survey(ServiceProtocol.Modbus, 502));
        command.Add(One("snmp-write", "HOST:PORT", "Whether a well-known SNMP community may write: a text is set to what it is.\n\nExample: dct observe snmp-write 192.0.2.7:161", text => new WriteTrial(Port(text) with { Transport = Transport.Udp }, ServiceProtocol.Snmp)));
        command.Add(One("upnp-write", "HOST:PORT", "Whether UPnP adds a port mapping for anybody; it is deleted again.\n\nExample: dct observe upnp-write 192.0.2.7:1900", text => new WriteTrial(Port(text) with { Transport = Transport.Udp }, ServiceProtocol.Ssdp)));

        command.Add(One("ftp-write", "HOST:PORT", "Whether anonymous may store a file over FTP: one of a new name, deleted again.\n\nExample: dct observe ftp-write 192.0.2.7:21", text => new WriteTrial(Port(text), ServiceProtocol.Ftp)));
        command.Add(One("tftp-write", "HOST:PORT", "Whether anybody may write a file over TFTP: one of a new name, given up before any content.\n\nExample: dct observe tftp-write 192.0.2.7:69", text => new WriteTrial(Port(text) with { Transport = Transport.Udp }, ServiceProtocol.Tftp)));
        command.Add(One("smb-write", "HOST:PORT", "Whether anybody may make a file in a share: one of a new name, deleted by its closing.\n\nExample: dct observe smb-write 192.0.2.7:445", text => new WriteTrial(Port(text), ServiceProtocol.Smb)));

        command.Add(Credentials());
        command.Add(ObserveTrafficCommand.Build());
        return command;
    }

    private static Command One(string name, string argument, string description, Func<string, ProbeRequest> request)
    {
        var target = new Argument<string>(argument) { Description = "The device." };
        return Complete(new Command(name, description) { target }, parsed => request(parsed.GetValue(target)!));
    }

    private static Command Tls(string name, string description, Func<Endpoint, StartTls, ProbeRequest> request)
    {
        var target = new Argument<string>("HOST:PORT") { Description = "The device." };
        var startTls = new Option<StartTls>("--starttls") { Description = "How the service is brought to TLS when it begins in clear: smtp, imap, pop3, ftp or xmpp." };
        return Complete(new Command(name, description) { target, startTls }, parsed => request(Port(parsed.GetValue(target)!), parsed.GetValue(startTls)));
    }

    private static Command Survey(ServiceProtocol protocol, int port)
    {
        var name = protocol.ToString().ToLowerInvariant();
        var target = new Argument<string>("HOST:PORT") { Description = "The device." };
        var tls = new Option<bool>("--tls") { Description = "Inside TLS." };
        return Complete(
            new Command(name, $"What a service of this kind shows, and lets be used, before login.\n\nExample: dct observe {name} 192.0.2.7:{port}") { target, tls },
            parsed => new DisclosureSurvey(Port(parsed.GetValue(target)!), protocol, parsed.GetValue(tls)));
    }

    private static Command UdpSurvey(string name, ServiceProtocol protocol, int port) =>
        One(name, "HOST:PORT", $"What a service of this kind over UDP shows, and lets be used, before login.\n\nExample: dct observe {name} 192.0.2.7:{port}", text => new DisclosureSurvey(Port(text) with { Transport = Transport.Udp }, protocol, false));

    private static Command Credentials()
    {
        var target = new Argument<string>("HOST:PORT") { Description = "The device." };
        var protocol = new Option<string>("--protocol", "-p") { Description = "http-basic, http-digest, http-form, http-json, telnet, ftp, mqtt, ssh, rtsp-basic, rtsp-digest or smb.", Required = true };
        var tls = new Option<bool>("--tls") { Description = "Inside TLS." };
        var path = new Option<string>("--path") { Description = "HTTP path or RTSP stream that needs the login.", DefaultValueFactory = _ => "/" };
        var action = new Option<string>("--action") { Description = "Path that a login form or JSON login is sent to. Default: --path.", DefaultValueFactory = _ => "" };
        var user = new Option<string>("--user-field") { Description = "Name of the user field of form or JSON.", DefaultValueFactory = _ => "user" };
        var password = new Option<string>("--password-field") { Description = "Name of the password field of form or JSON.", DefaultValueFactory = _ => "password" };
        return Complete(
            new Command("credentials", "Tries well-known default credentials; wrong logins may lock an account.\n\nExample: dct observe credentials 192.0.2.7:80 --protocol http-basic --path /admin")
            {
                target, protocol, tls, path, action, user, password,
            },
            parsed => new DefaultCredentialTrial(
                Port(parsed.GetValue(target)!),
                new LoginPoint(
                    Protocol(parsed.GetValue(protocol)!),
                    Port(parsed.GetValue(target)!).Port,
                    parsed.GetValue(tls),
                    parsed.GetValue(path)!,
                    parsed.GetValue(protocol) is "http-form" or "http-json" ? new LoginForm(parsed.GetValue(user)!, parsed.GetValue(password)!, parsed.GetValue(action)!, "", "") : null)));
    }

    private static Command Complete(Command command, Func<ParseResult, ProbeRequest> request)
    {
        var json = Inputs.Json();
        var transcript = new Option<bool>("--transcript") { Description = "Also show what was said on the wire." };
        var isPublic = new Option<bool>("--allow-public") { Description = "Permit an address outside private ranges." };
        command.Add(json);
        command.Add(transcript);
        command.Add(isPublic);
        var isRouted = new Option<bool>("--allow-routed") { Description = "Permit an address that only a gateway leads to." };
        command.Add(isRouted);
        command.SetAction((parsed, cancellationToken) => ObserveAsync(request(parsed), parsed.GetValue(json), parsed.GetValue(transcript), parsed.GetValue(isPublic), parsed.GetValue(isRouted), cancellationToken));
        return command;
    }

    private static async Task<int> ObserveAsync(ProbeRequest request, bool json, bool showTranscript, bool isPublic, bool isRouted, CancellationToken cancellationToken)
    {
        var address = request.Target ?? throw new InvalidOperationException($"{request.GetType().Name} has no address.");
        if (address.IsPublic && !isPublic)
        {
            throw new UsageException($"{address} is a public address; add --allow-public when it is yours to probe.");
        }

        var time = TimeProvider.System;
        var declared = Bare(address, isPublic, isRouted);
        using var link = new DutLink(declared.Lab, [address], time);
        var transcript = new Transcript(time, []);
        var context = new ProbeContext(declared, link, LivenessOf(address, link, declared), transcript, time, (_, extension) => new EvidenceRef($"(not kept).{extension}", ""), (_, _) => { });
        var outcome = await Harness.Probes().Single(probe => probe.RequestType == request.GetType()).AskAsync(request, context, cancellationToken);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(outcome, RunJson.Indented.ProbeOutcome));
        }
        else
        {
            Console.Out.WriteLine(ObservationText.Render(outcome));
            if (outcome is ProbeOutcome.Unanswered { Silence: not Silence.DutGone } && request is DefaultCredentialTrial { Login.Tls: false } or DisclosureSurvey { Tls: false, Endpoint.Transport: Transport.Tcp })
            {
                Console.Out.WriteLine("If the port speaks TLS, ask it with --tls or by an https URL; 'dct observe service' tells.");
            }
        }

        if (showTranscript)
        {
            Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(transcript.ToBytes().Span));
        }

        return outcome is ProbeOutcome.Observed { Observation.Coverage.IsComplete: true } ? ExitCode.Pass : ExitCode.Inconclusive;
    }

    // On loopback the host itself is what is asked, and its listeners are known; elsewhere the device has to show that it is there.
    private static Liveness LivenessOf(DutAddress address, DutLink link, Declaration declared)
    {
        var liveness = new Liveness(link, declared);
        foreach (var listener in address.IsLoopback ? IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners() : [])
        {
            if (listener.Address.Equals(address.Address) || listener.Address.Equals(IPAddress.IPv6Any) || listener.Address.Equals(IPAddress.Any))
            {
                liveness.SawOpen(new Endpoint(address, listener.Port));
            }
        }

        return liveness;
    }

    /// <summary>A declaration that holds nothing but the address.</summary>
    private static Declaration Bare(DutAddress address, bool isPublic, bool isRouted) => new(
        StandardEdition.V3,
        new Dut("", "", "", "", "", "", Fact<bool>.Missing, "", [], [], [new DutSample("", "", [], [address])], ImmutableDictionary<string, StatedCondition>.Empty, new EvidenceRef("dut", "")),
        new Ics([]),
        new Ixit([]),
        LabSetup.Default with { AllowedImpact = ProbeImpact.StateChanging, AllowPublicAddresses = isPublic, AllowRoutedAddresses = isRouted },
        Environment.CurrentDirectory);

    private static LoginProtocol Protocol(string text) =>
        Enum.TryParse<LoginProtocol>(text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var protocol) && protocol != LoginProtocol.Other && !char.IsDigit(text[0])
            ? protocol
            : throw new UsageException($"'{text}' is no login protocol that dct speaks; use http-basic, http-digest, http-form, http-json, telnet, ftp, mqtt, ssh, rtsp-basic, rtsp-digest or smb.");

    private static DisclosureSurvey Web(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"'{text}' is no http or https URL.");
        }

        return new DisclosureSurvey(new Endpoint(Host(url.Host.Trim('[', ']')), url.Port), ServiceProtocol.Http, url.Scheme == "https");
    }

    private static Endpoint Port(string text)
    {
        if (Endpoint.TryParse(text, null, out var endpoint))
        {
            return endpoint;
        }

        var colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), out var port) && port is > 0 and < 65536
            ? new Endpoint(Host(text[..colon].Trim('[', ']')), port)
            : throw new UsageException($"'{text}' is no HOST:PORT, such as 192.0.2.7:443 or [fe80::1%eth0]:443.");
    }

    private static DutAddress Host(string text)
    {
        if (DutAddress.TryParse(text, null, out var address))
        {
            return address;
        }

        try
        {
            return new DutAddress(Dns.GetHostAddresses(text).First());
        }
        catch (Exception fault) when (fault is System.Net.Sockets.SocketException or ArgumentException or InvalidOperationException)
        {
            throw new UsageException($"'{text}' is no IP address and no name that this host resolves: {fault.Message}");
        }
    }
}
