using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Declared;

/// <summary>Typed facts of an IXIT entry: what lets the harness act and decide without reading prose.</summary>
public abstract record IxitFacts
{
    private protected IxitFacts()
    {
    }
}

/// <summary>Who authenticates.</summary>
public enum AuthSubject
{
    /// <summary>A person.</summary>
    User,

    /// <summary>Another machine.</summary>
    Machine,
}

/// <summary>What proves an identity.</summary>
public enum AuthFactor
{
    /// <summary>A password, passphrase or PIN.</summary>
    Password,

    /// <summary>A certificate or raw public key.</summary>
    Certificate,

    /// <summary>A secret key shared in advance.</summary>
    SharedKey,

    /// <summary>A bearer token.</summary>
    Token,

    /// <summary>A property of the body.</summary>
    Biometric,

    /// <summary>Presence at the device, such as a pressed button.</summary>
    Presence,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>Where a password comes from (EN 303 645, provision 5.1-1).</summary>
public enum PasswordOrigin
{
    /// <summary>The user has to set it before use.</summary>
    UserDefined,

    /// <summary>Set in the factory, different on every unit.</summary>
    PresetUnique,

    /// <summary>Set in the factory, the same on several units.</summary>
    PresetUniversal,
}

/// <summary>How a login is spoken.</summary>
public enum LoginProtocol
{
    /// <summary>HTTP Basic (RFC 7617).</summary>
    HttpBasic,

    /// <summary>HTTP Digest (RFC 7616).</summary>
    HttpDigest,

    /// <summary>An HTML form.</summary>
    HttpForm,

    /// <summary>User name and password as JSON in a POST; the answer gives a cookie or a token.</summary>
    HttpJson,

    /// <summary>Telnet with login and password prompts.</summary>
    Telnet,

    /// <summary>FTP USER and PASS (RFC 959).</summary>
    Ftp,

    /// <summary>User name and password in MQTT CONNECT.</summary>
    Mqtt,

    /// <summary>SSH user authentication (RFC 4252).</summary>
    Ssh,

    /// <summary>Basic in RTSP (RFC 7826, 19.1).</summary>
    RtspBasic,

    /// <summary>Digest in RTSP (RFC 7826, 19.1).</summary>
    RtspDigest,

    /// <summary>NTLM version 2 in SMB 2 or 3 (MS-NLMP).</summary>
    Smb,

    /// <summary>Something the harness does not speak.</summary>
    Other,
}

/// <summary>Fields of an HTML login form or of the JSON object of a login, and the signs of a refused and an accepted login.</summary>
/// <param name="UserField">Name of the user field; empty when the form asks for a password only. Dots lead into objects of JSON.</param>
/// <param name="PasswordField">Name of the password field; dots as above.</param>
/// <param name="Action">Path that the form or JSON is sent to; empty: the path of the login page.</param>
/// <param name="FailureText">Text that a refused login shows; empty when only the status tells.</param>
/// <param name="SuccessText">Text that an accepted login shows; empty when only the status tells.</param>
public sealed record LoginForm(string UserField, string PasswordField, string Action, string FailureText, string SuccessText)
{
    /// <summary>Name under which the answer to a JSON login gives the token; empty: one of the usual names, or a cookie.</summary>
    /// <remarks>Recordings of older versions lack it, and have to stay equal to what is asked now.</remarks>
    public string TokenField { get; init => field = value ?? ""; } = "";
}

/// <summary>Where and how a login takes place.</summary>
/// <param name="Protocol">How it is spoken.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Tls">Whether it runs inside TLS.</param>
/// <param name="Path">Path of an HTTP resource or RTSP stream that needs the login; / for other protocols.</param>
/// <param name="Form">Fields for <see cref="LoginProtocol.HttpForm"/> and <see cref="LoginProtocol.HttpJson"/>, otherwise null.</param>
public sealed record LoginPoint(LoginProtocol Protocol, int Port, bool Tls, string Path, LoginForm? Form)
{
    /// <summary>Whether it is spoken over HTTP.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsHttp => Protocol is LoginProtocol.HttpBasic or LoginProtocol.HttpDigest or LoginProtocol.HttpForm or LoginProtocol.HttpJson;
}

/// <summary>When a login is blocked after wrong attempts.</summary>
/// <param name="Attempts">Wrong attempts until the DUT reacts.</param>
/// <param name="Seconds">How long it then refuses, in seconds.</param>
public sealed record LockOut(int Attempts, int Seconds);

/// <summary>Facts of an entry of 1-AuthMech.</summary>
public sealed record AuthMechFacts : IxitFacts
{
    /// <summary>Who authenticates.</summary>
    public Fact<AuthSubject> Subject { get; init; }

    /// <summary>What proves the identity.</summary>
    public Fact<AuthFactor> Factor { get; init; }

    /// <summary>Where the password comes from.</summary>
    public Fact<PasswordOrigin> Origin { get; init; }

    /// <summary>Whether it can be addressed directly from a network interface (5.1-5).</summary>
    public Fact<bool> NetworkAddressable { get; init; }

    /// <summary>Whether it relies on cryptography (5.1-3).</summary>
    public Fact<bool> Cryptographic { get; init; }

    /// <summary>Where and how the login takes place; several when one mechanism serves several ports.</summary>
    public ImmutableArray<LoginPoint> Logins { get; init; } = [];

    /// <summary>User name that is always the same, such as admin.</summary>
    public Fact<string> UserName { get; init; }

    /// <summary>Length of a preset password in characters.</summary>
    public Fact<int> PasswordLength { get; init; }

    /// <summary>Characters of a preset password, as literal characters and ranges: <c>A-Za-z0-9</c>.</summary>
    public Fact<string> PasswordAlphabet { get; init; }

    /// <summary>When the login is blocked.</summary>
    public Fact<LockOut> LockOut { get; init; }
}

/// <summary>What protects a communication.</summary>
public enum CommProtocol
{
    /// <summary>TLS over TCP.</summary>
    Tls,

    /// <summary>DTLS over UDP.</summary>
    Dtls,

    /// <summary>SSH.</summary>
    Ssh,

    /// <summary>Nothing: clear text.</summary>
    None,

    /// <summary>Something else.</summary>
    Other,
}

/// <summary>Who opens a connection.</summary>
public enum CommRole
{
    /// <summary>The DUT listens.</summary>
    Server,

    /// <summary>The DUT connects to a peer.</summary>
    Client,
}

/// <summary>Facts of an entry of 11-ComMech or 11-SecComMech.</summary>
public sealed record ComMechFacts : IxitFacts
{
    /// <summary>What protects it.</summary>
    public Fact<CommProtocol> Protocol { get; init; }

    /// <summary>Who opens the connection.</summary>
    public Fact<CommRole> Role { get; init; }

    /// <summary>Transport of the port.</summary>
    public Fact<Transport> Transport { get; init; }

    /// <summary>Port of the DUT (server) or of the peer (client).</summary>
    public Fact<int> Port { get; init; }

    /// <summary>Name or address of the peer when the DUT is the client.</summary>
    public Fact<string> Peer { get; init; }

    /// <summary>Further peers when the DUT is the client.</summary>
    public ImmutableArray<DeclaredPeer> Peers { get; init; } = [];

    /// <summary>TLS versions that the mechanism offers; no others are.</summary>
    public ImmutableArray<TlsVersion> Versions { get; init; } = [];

    /// <summary>Cipher suites (IANA names) that the mechanism offers; empty when it does not say.</summary>
    public ImmutableArray<string> Suites { get; init; } = [];

    /// <summary>SSH algorithms that the mechanism offers, of all kinds, by their names in the protocol; empty when it does not say.</summary>
    public ImmutableArray<string> SshAlgorithms { get; init; } = [];

    /// <summary>SHA-256 fingerprints of the certificate, lower-case hex; empty when it does not say.</summary>
    public ImmutableArray<string> CertificateSha256 { get; init; } = [];

    /// <summary>Whether it can be reached from outside the local network (5.5-7).</summary>
    public Fact<bool> RemotelyAccessible { get; init; }
}

/// <summary>Whether an interface or service is on.</summary>
public enum InterfaceStatus
{
    /// <summary>On when the device is in use.</summary>
    Enabled,

    /// <summary>Off by default.</summary>
    Disabled,
}

/// <summary>Facts of an entry of 28-LogIntf, 28-ExtAPI, 15-Intf or 15-PhyIntf.</summary>
public sealed record LogIntfFacts : IxitFacts
{
    /// <summary>Whether the entry is a physical interface (V2.1.1 keeps both kinds in 15-Intf).</summary>
    public Fact<bool> Physical { get; init; }

    /// <summary>Whether it is a debug interface (5.6-4).</summary>
    public Fact<bool> Debug { get; init; }

    /// <summary>Whether it can be reached over a network.</summary>
    public Fact<bool> Network { get; init; }

    /// <summary>Transport of the ports.</summary>
    public Fact<Transport> Transport { get; init; }

    /// <summary>Ports.</summary>
    public ImmutableArray<int> Ports { get; init; } = [];

    /// <summary>What is spoken.</summary>
    public Fact<ServiceProtocol> Protocol { get; init; }

    /// <summary>Whether it runs inside TLS.</summary>
    public Fact<bool> Tls { get; init; }

    /// <summary>Whether it is on.</summary>
    public Fact<InterfaceStatus> Status { get; init; }

    /// <summary>Kinds of information that it shows before login, as declared.</summary>
    public ImmutableArray<Observations.DisclosureKind> Discloses { get; init; } = [];

    /// <summary>Whether it has to be exposed (5.6-1, 5.6-3).</summary>
    public Fact<bool> Needed { get; init; }
}

/// <summary>An HTTP resource or other function that must not be usable without authentication.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query.</param>
public sealed record ProtectedResource(string Method, string Path);

/// <summary>Facts of an entry of 13-SoftServ.</summary>
public sealed record SoftServFacts : IxitFacts
{
    /// <summary>Transport of the ports.</summary>
    public Fact<Transport> Transport { get; init; }

    /// <summary>Ports.</summary>
    public ImmutableArray<int> Ports { get; init; } = [];

    /// <summary>What is spoken.</summary>
    public Fact<ServiceProtocol> Protocol { get; init; }

    /// <summary>Whether it runs inside TLS.</summary>
    public Fact<bool> Tls { get; init; }

    /// <summary>Whether it can be reached over a network when the device is initialised.</summary>
    public Fact<bool> Network { get; init; }

    /// <summary>Whether it is on by default.</summary>
    public Fact<InterfaceStatus> Status { get; init; }

    /// <summary>Whether security-relevant settings can be changed through it (5.5-5).</summary>
    public Fact<bool> AllowsConfiguration { get; init; }

    /// <summary>What of it must not be usable without authentication.</summary>
    public ImmutableArray<ProtectedResource> Protects { get; init; } = [];
}

/// <summary>How an update reaches the DUT from the lab LAN.</summary>
public abstract record UpdateOffer
{
    private UpdateOffer()
    {
    }

    /// <summary>The image is sent to the DUT.</summary>
    /// <param name="Port">TCP port.</param>
    /// <param name="Tls">Whether over HTTPS.</param>
    /// <param name="Path">Path of the upload.</param>
    /// <param name="Field">Name of the multipart file field; empty: the image is the request body.</param>
    /// <param name="AuthMech">Entry of 1-AuthMech whose login it needs; empty when none.</param>
    public sealed record Upload(int Port, bool Tls, string Path, string Field, string AuthMech) : UpdateOffer;

    /// <summary>The DUT fetches a manifest and an image from a server, whose place the harness takes.</summary>
    /// <param name="ListenPort">Port of the laboratory's host that the DUT is set to ask.</param>
    /// <param name="ManifestPath">Path of the manifest.</param>
    /// <param name="ImagePath">Path of the image.</param>
    /// <param name="Trigger">Request that makes the DUT look, or null when it looks by itself.</param>
    public sealed record Fetch(int ListenPort, string ManifestPath, string ImagePath, UpdateTrigger? Trigger) : UpdateOffer;
}

/// <summary>A request that makes the DUT look for updates.</summary>
/// <param name="Port">TCP port.</param>
/// <param name="Tls">Whether over HTTPS.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path.</param>
/// <param name="AuthMech">Entry of 1-AuthMech whose login it needs; empty when none.</param>
public sealed record UpdateTrigger(int Port, bool Tls, string Method, string Path, string AuthMech);

/// <summary>How the version of the software can be read over the network.</summary>
/// <param name="Port">TCP port.</param>
/// <param name="Tls">Whether over HTTPS.</param>
/// <param name="Path">Path.</param>
/// <param name="Pattern">Regular expression whose first group is the version.</param>
/// <param name="AuthMech">Entry of 1-AuthMech whose login it needs; empty when none.</param>
public sealed record VersionReading(int Port, bool Tls, string Path, string Pattern, string AuthMech);

/// <summary>An update image that the supplier hands over for the tests.</summary>
/// <param name="File">File, relative to the declaration.</param>
/// <param name="Version">Version that the DUT reports once it runs.</param>
/// <param name="Manifest">Manifest file for a fetched update; empty when there is none.</param>
public sealed record UpdateImage(string File, string Version, string Manifest);

/// <summary>Where the signature of an image stands, so that it can be taken away.</summary>
public enum SignaturePlace
{
    /// <summary>The last bytes of the image.</summary>
    Trailer,

    /// <summary>The first bytes of the image.</summary>
    Header,

    /// <summary>A value in the manifest.</summary>
    Manifest,
}

/// <summary>How an image is laid out.</summary>
/// <param name="Signature">Where the signature stands.</param>
/// <param name="SignatureLength">Its length in bytes (trailer, header); 0 for a manifest.</param>
/// <param name="ManifestField">Name of the JSON value in the manifest that holds the signature; empty otherwise.</param>
/// <param name="PayloadOffset">Offset of a byte of the payload in which a bit may be flipped.</param>
public sealed record ImageLayout(SignaturePlace Signature, int SignatureLength, string ManifestField, long PayloadOffset);

/// <summary>Facts of an entry of 24-TelData.</summary>
public sealed record TelDataFacts : IxitFacts
{
    /// <summary>Servers that the telemetry goes to.</summary>
    public ImmutableArray<DeclaredPeer> Servers { get; init; } = [];
}

/// <summary>Facts of an entry of 21-PersData.</summary>
public sealed record PersDataFacts : IxitFacts
{
    /// <summary>Servers that the personal data goes to.</summary>
    public ImmutableArray<DeclaredPeer> Servers { get; init; } = [];
}

/// <summary>Facts of an entry of 7-UpdMech.</summary>
public sealed record UpdMechFacts : IxitFacts
{
    /// <summary>Servers that are asked for updates and that give them.</summary>
    public ImmutableArray<DeclaredPeer> Servers { get; init; } = [];

    /// <summary>Whether updates arrive over a network interface.</summary>
    public Fact<bool> Network { get; init; }

    /// <summary>Whether updates are installed without the user.</summary>
    public Fact<bool> Automatic { get; init; }

    /// <summary>Whether the user is told of updates.</summary>
    public Fact<bool> Notifies { get; init; }

    /// <summary>How the harness can offer an update.</summary>
    public Fact<UpdateOffer> Offer { get; init; }

    /// <summary>How the version is read.</summary>
    public Fact<VersionReading> Version { get; init; }

    /// <summary>Genuine image, newer than the one running: the control, offered last, since a DUT that refuses everything proves nothing.</summary>
    public Fact<UpdateImage> Genuine { get; init; }

    /// <summary>Genuine image, older than the one running.</summary>
    public Fact<UpdateImage> Older { get; init; }

    /// <summary>Image signed with a key that is not the supplier's.</summary>
    public Fact<UpdateImage> OtherKey { get; init; }

    /// <summary>How the image is laid out.</summary>
    public Fact<ImageLayout> Layout { get; init; }

    /// <summary>How long an installation takes at the most, in seconds.</summary>
    public Fact<int> SettleSeconds { get; init; }
}
