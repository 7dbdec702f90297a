using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using static DeviceConformance.Declarations.Templates.FormShape;

namespace DeviceConformance.Declarations.Templates;

/// <summary>The typed facts of IXIT entries as the forms offer them; the keys are the properties of the records in <c>IxitFacts.cs</c>.</summary>
internal static class TypedFacts
{
    private static readonly FormShape Free = new Text();
    private static readonly FormShape Flag = new YesNo();
    private static readonly FormShape Ports = new ListOf(Port);

    private static readonly FormKey PortKey = new("port", Port, "TCP port", true);
    private static readonly FormKey TlsKey = new("tls", Flag, "Whether it runs inside TLS", true);
    private static readonly FormKey AuthMechKey = new("auth-mech", Free, "Entry of 1-AuthMech whose login it needs; empty when none");

    private static readonly FormShape Login = new Group(
    [
        new("protocol", Of<LoginProtocol>(), "How the login is spoken", true),
        PortKey,
        TlsKey,
        new("path", Free, "Path of an HTTP resource that needs the login"),
        new("form", new Group(
        [
            new("user-field", Free, "Name of the user field; empty when only a password is asked for"),
            new("password-field", Free, "Name of the password field", true),
            new("action", Free, "Path that the form is sent to; empty: the path of the login page"),
            new("failure-text", Free, "Text that a refused login shows"),
            new("success-text", Free, "Text that an accepted login shows"),
            new("token-field", Free, "http-json: name under which the answer gives the token; empty: a usual name, or a cookie"),
        ]), "Fields of the HTML form or of the JSON object, for http-form and http-json"),
    ]);

    private static readonly ImmutableArray<FormKey> AuthMech =
    [
        new("subject", Of<AuthSubject>(), "Who authenticates"),
        new("factor", Of<AuthFactor>(), "What proves the identity"),
        new("origin", Of<PasswordOrigin>(), "Where a password comes from"),
        new("network-addressable", Flag, "Whether it can be addressed directly from a network interface"),
        new("cryptographic", Flag, "Whether it relies on cryptography"),
        new("user-name", Free, "User name that is always the same"),
        new("password-length", new Whole(1, 1024), "Length of a preset password in characters"),
        new("password-alphabet", Free, "Characters of a preset password, as characters and ranges: A-Za-z0-9"),
        new("logins", new ListOf(Login), "Where and how the login takes place"),
        new("lock-out", new Group(
        [
            new("attempts", new Whole(1, 1_000_000), "Wrong attempts until the DUT reacts", true),
            new("seconds", new Whole(1, int.MaxValue), "How long it then refuses", true),
        ]), "When the login is blocked after wrong attempts"),
    ];

    private static readonly ImmutableArray<FormKey> ComMech =
    [
        new("protocol", Of<CommProtocol>(), "What protects the communication"),
        new("role", Of<CommRole>(), "server: the DUT listens; client: it connects to a peer"),
        new("transport", Of<Transport>(), "Transport of the port"),
        new("port", Port, "Port of the DUT (server) or of the peer (client)"),
        new("peer", Free, "Name or address of the peer when the DUT is the client"),
        new("peers", new ListOf(Free), "Further peers, where it has several: tcp/api.example.com:443, *.example.com, 203.0.113.0/24"),
        new("versions", new ListOf(new Choice(["SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3", "DTLS 1.0", "DTLS 1.2", "DTLS 1.3"])), "TLS or DTLS versions that are offered; no others are"),
        new("suites", new ListOf(Free), "Cipher suites by their IANA names; leave out to declare none in particular"),
        new("ssh-algorithms", new ListOf(Free), "SSH algorithms of all kinds by their names in the protocol, such as curve25519-sha256, aes256-ctr; leave out to declare none in particular"),
        new("certificate-sha256", new ListOf(new Patterned("^[0-9A-Fa-f:]{64,95}$")), "SHA-256 fingerprints of the certificate"),
        new("remotely-accessible", Flag, "Whether it can be reached from outside the local network"),
    ];

    private static readonly ImmutableArray<FormKey> Interface =
    [
        new("physical", Flag, "Whether it is a physical interface"),
        new("debug", Flag, "Whether it can be used for debugging"),
        new("network", Flag, "Whether it can be reached over a network"),
        new("transport", Of<Transport>(), "Transport of the ports"),
        new("ports", Ports, "Ports"),
        new("protocol", Of<ServiceProtocol>(), "What is spoken"),
        new("tls", Flag, "Whether it runs inside TLS"),
        new("status", Of<InterfaceStatus>(), "Whether it is on"),
        new("discloses", new ListOf(Of<DisclosureKind>()), "Kinds of information that it shows before login"),
        new("needed", Flag, "Whether it has to be exposed"),
    ];

    private static readonly ImmutableArray<FormKey> SoftServ =
    [
        new("network", Flag, "Whether it can be reached over a network when the device is initialised"),
        new("transport", Of<Transport>(), "Transport of the ports"),
        new("ports", Ports, "Ports"),
        new("protocol", Of<ServiceProtocol>(), "What is spoken"),
        new("tls", Flag, "Whether it runs inside TLS"),
        new("status", Of<InterfaceStatus>(), "Whether it is on by default"),
        new("allows-configuration", Flag, "Whether security-relevant settings can be changed through it"),
        new("protects", new ListOf(new Group(
        [
            new("method", Free, "HTTP method", true),
            new("path", Free, "Path and query", true),
        ])), "What must not be usable without authentication"),
    ];

    private static readonly FormShape Image = new Group(
    [
        new("file", Free, "File, relative to the declaration", true),
        new("version", Free, "Version that the DUT reports once it runs", true),
        new("manifest", Free, "Manifest file, for a fetched update"),
    ]);

    private static readonly ImmutableArray<FormKey> UpdMech =
    [
        new("network", Flag, "Whether updates arrive over a network interface"),
        new("automatic", Flag, "Whether updates are installed without the user"),
        new("notifies", Flag, "Whether the user is told of updates"),
        new("servers", new ListOf(Free), "Servers that are asked for updates and that give them: tcp/updates.example.com:443"),
        new("offer", new Group(
        [
            new("upload", new Group(
            [
                PortKey,
                TlsKey,
                new("path", Free, "Path of the upload", true),
                new("field", Free, "Name of the multipart file field; empty: the image is the request body"),
                AuthMechKey,
            ]), "The image is sent to the DUT"),
            new("fetch", new Group(
            [
                new("listen-port", Port, "Port of the laboratory's host that the DUT is set to ask", true),
                new("manifest-path", Free, "Path of the manifest", true),
                new("image-path", Free, "Path of the image", true),
                new("trigger", new Group(
                [
                    PortKey,
                    TlsKey,
                    new("method", Free, "HTTP method", true),
                    new("path", Free, "Path", true),
                    AuthMechKey,
                ]), "Request that makes the DUT look for updates; leave out when it looks by itself"),
            ]), "The DUT fetches manifest and image from a server, whose place the harness takes"),
        ]), "How the harness can offer an update: upload or fetch"),
        new("version", new Group(
        [
            PortKey,
            TlsKey,
            new("path", Free, "Path", true),
            new("pattern", Free, "Regular expression whose first group is the version", true),
            AuthMechKey,
        ]), "How the version of the software is read"),
        new("genuine", Image, "Genuine image, newer than the one running"),
        new("older", Image, "Genuine image, older than the one running"),
        new("other-key", Image, "Image signed with a key that is not the supplier's"),
        new("layout", new Group(
        [
            new("signature", Of<SignaturePlace>(), "Where the signature stands", true),
            new("signature-length", new Whole(0, 65536), "Its length in bytes; 0 for a manifest"),
            new("manifest-field", Free, "Name of the JSON value in the manifest that holds the signature"),
            new("payload-offset", new Whole(0, int.MaxValue), "Offset of a byte of the payload in which a bit may be flipped", true),
        ]), "How an image is laid out"),
        new("settle-seconds", new Whole(1, 86400), "How long an installation takes at the most"),
    ];

    /// <summary>The keys for a table; none when its entries have no typed facts.</summary>
    public static ImmutableArray<FormKey> For(IxitRole role) => role switch
    {
        IxitRole.AuthMech => AuthMech,
        IxitRole.UpdMech => UpdMech,
        IxitRole.ComMech => ComMech,
        IxitRole.SoftServ => SoftServ,
        IxitRole.TelData => [new("servers", new ListOf(Free), "Servers that the telemetry goes to: tcp/telemetry.example.com:8883")],
        IxitRole.PersData => [new("servers", new ListOf(Free), "Servers that the data goes to: tcp/api.example.com:443")],
        IxitRole.Intf or IxitRole.LogIntf => Interface,
        _ => [],
    };
}
