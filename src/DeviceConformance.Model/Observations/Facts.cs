using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>Result of a sweep over the TCP ports of an address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Open">Ports that completed a connection, ascending.</param>
/// <param name="Closed">Number of ports that refused.</param>
/// <param name="Silent">Number of ports that never answered, in any of the tries.</param>
/// <param name="NotTried">Number of ports that were not tried, or tried when the DUT was gone.</param>
/// <param name="Connections">Connection attempts made, repeats and SYNs without a connection included.</param>
/// <param name="Seconds">Length of the sweep in seconds.</param>
/// <param name="Method">How it was done: connect, SYN.</param>
public sealed record TcpPortsSeen(
    DutAddress Address,
    ImmutableArray<int> Open,
    int Closed,
    int Silent,
    int NotTried,
    int Connections,
    double Seconds,
    string Method) : Observation
{
    /// <summary>
    /// Ports of which the sweep did not learn whether they are open: silent or not tried. Null in recordings from before campaigns ended
    /// with a second look (<see cref="ClosingPortSweep"/>).
    /// </summary>
    public PortSet? Unsettled { get; init; }

    /// <inheritdoc/>
    public override string Summary =>
        Open.IsEmpty
            ? $"{Address}: no TCP port is open ({Closed} closed, {Silent} silent, {NotTried} not tried)"
            : $"{Address}: TCP {string.Join(", ", Open)} open ({Closed} closed, {Silent} silent, {NotTried} not tried)";
}

/// <summary>What a second look at the TCP ports of an address found, at the end of the campaign.</summary>
/// <param name="Address">The address.</param>
/// <param name="Open">Ports that completed a connection, ascending.</param>
/// <param name="Gone">Ports that had been open before and accepted no connection any more, ascending.</param>
/// <param name="Asked">Ports that were asked.</param>
/// <param name="Seed">Number from which the sample among the other ports was drawn; 0 when all ports were asked.</param>
/// <param name="Connections">Connection attempts made, repeats and SYNs without a connection included.</param>
/// <param name="Seconds">Length of the sweep in seconds.</param>
/// <param name="Method">How it was done.</param>
public sealed record TcpPortsAtEnd(
    DutAddress Address,
    ImmutableArray<int> Open,
    ImmutableArray<int> Gone,
    PortSet Asked,
    int Seed,
    int Connections,
    double Seconds,
    string Method) : Observation
{
    /// <summary>Ports that were open at the end or before it, as far as this look knows.</summary>
    [JsonIgnore]
    public IEnumerable<int> EverOpen => Open.Union(Gone);

    /// <inheritdoc/>
    public override string Summary =>
        $"{Address} at the end: {(Open.IsEmpty ? "no TCP port open" : $"TCP {string.Join(", ", Open)} open")}"
        + $"{(Gone.IsEmpty ? "" : $", {string.Join(", ", Gone)} no longer")} ({Asked.Count} asked)";
}

/// <summary>Result of a sweep over the UDP ports of an address. Silence is neither open nor closed.</summary>
/// <param name="Address">The address.</param>
/// <param name="Open">Ports that answered, ascending.</param>
/// <param name="Closed">Ports proven closed: ICMP port unreachable came back for a datagram of ours.</param>
/// <param name="Silent">Ports that were asked and gave no sign, or for which the network knew no way.</param>
/// <param name="NotTried">Ports that were not asked, or asked when the DUT was gone.</param>
/// <param name="Datagrams">Datagrams sent, repeats included.</param>
/// <param name="Seconds">Length of the sweep in seconds.</param>
/// <param name="UnreachablesPerSecond">Rate to which the DUT limits its ICMP port unreachables; 0 when no limit showed.</param>
/// <param name="Method">How it was done.</param>
public sealed record UdpPortsSeen(
    DutAddress Address,
    ImmutableArray<UdpServiceSeen> Open,
    PortSet Closed,
    PortSet Silent,
    PortSet NotTried,
    int Datagrams,
    double Seconds,
    double UnreachablesPerSecond,
    string Method) : Observation
{
    /// <inheritdoc/>
    public override string Summary =>
        (Open.IsEmpty ? $"{Address}: no UDP port answered" : $"{Address}: UDP {string.Join(", ", Open.Select(service => $"{service.Port} ({service.Name})"))} answered")
        + $" ({Closed.Count} proven closed, {Silent.Count} silent, {NotTried.Count} not tried)";
}

/// <summary>A UDP port that answered.</summary>
/// <param name="Port">The port that was asked.</param>
/// <param name="Protocol">What the answer follows.</param>
/// <param name="Tls">Whether it is DTLS.</param>
/// <param name="Name">Protocol in words, with what the answer tells of the product.</param>
/// <param name="Question">What it was asked, in words.</param>
/// <param name="AnsweredFrom">Port that the answer came from; some protocols (TFTP: RFC 1350, 4) answer from another one.</param>
/// <param name="Answer">First bytes of the answer, printable, others as \xNN.</param>
public sealed record UdpServiceSeen(int Port, ServiceProtocol Protocol, bool Tls, string Name, string Question, int AnsweredFrom, string Answer)
{
    /// <summary>Multicast group in which it was asked, since it did not answer at its own address; null where it did.</summary>
    public string? Group { get; init; }
}

/// <summary>What speaks on a port.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Protocol">The protocol; the one inside TLS when <paramref name="Tls"/> is true.</param>
/// <param name="Tls">Whether it is inside TLS.</param>
/// <param name="Name">Protocol or product in words, for example "OpenSSH 9.2"; empty when nothing more is known.</param>
/// <param name="Banner">First bytes that the service said, printable, others as \xNN, at most 512 characters; empty when it said nothing.</param>
public sealed record ServiceSeen(Endpoint Endpoint, ServiceProtocol Protocol, bool Tls, string Name, string Banner) : Observation
{
    /// <inheritdoc/>
    public override string Summary => $"{Endpoint} speaks {Protocol}{(Tls ? " inside TLS" : "")}{(Name.Length > 0 ? $" ({Name})" : "")}";
}

/// <summary>Whether a TLS server took a version, and with what.</summary>
/// <param name="Version">The version offered.</param>
/// <param name="Accepted">Whether the server answered with exactly this version.</param>
/// <param name="Refusal">How it refused, or null when it accepted.</param>
/// <param name="Suites">Suites it chose, in the order it chose them; empty when refused.</param>
/// <param name="ServerPreference">Whether the server follows its own order of suites; false also when it knows one suite only.</param>
public sealed record TlsVersionSeen(TlsVersion Version, bool Accepted, Silence? Refusal, ImmutableArray<TlsSuiteSeen> Suites, bool ServerPreference);

/// <summary>A cipher suite that a server chose.</summary>
/// <param name="Code">Number in the IANA registry.</param>
/// <param name="Name">IANA name.</param>
/// <param name="Group">Group or size of the key exchange as seen: x25519, secp256r1, DH 2048; empty for RSA key transport or when it did not show.</param>
/// <param name="Classes">What is weak about it.</param>
public sealed record TlsSuiteSeen(int Code, string Name, string Group, SuiteWeakness Classes);

/// <summary>Properties of a cipher suite that recommendations (RFC 9325) object to.</summary>
[Flags]
public enum SuiteWeakness
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No encryption.</summary>
    NullCipher = 1,

    /// <summary>No authentication of the server.</summary>
    Anonymous = 2,

    /// <summary>Export-grade key length.</summary>
    Export = 4,

    /// <summary>RC4 (RFC 7465).</summary>
    Rc4 = 8,

    /// <summary>DES, 3DES, RC2 or IDEA: small block or key.</summary>
    SmallBlock = 16,

    /// <summary>MD5 as MAC.</summary>
    Md5 = 32,

    /// <summary>No forward secrecy: RSA key transport, static Diffie-Hellman, a pre-shared key alone, Kerberos.</summary>
    NoForwardSecrecy = 64,

    /// <summary>CBC mode with MAC-then-encrypt.</summary>
    Cbc = 128,

    /// <summary>DES with 56 or 40 bits; always with <see cref="SmallBlock"/>.</summary>
    Des = 256,

    /// <summary>Triple DES; always with <see cref="SmallBlock"/>.</summary>
    TripleDes = 512,

    /// <summary>A pre-shared key, alone or with another key exchange. Not weak in itself.</summary>
    PreSharedKey = 1024,
}

/// <summary>A certificate that a server sent.</summary>
/// <param name="Subject">Subject name.</param>
/// <param name="Issuer">Issuer name.</param>
/// <param name="NotBefore">Start of validity.</param>
/// <param name="NotAfter">End of validity.</param>
/// <param name="KeyAlgorithm">RSA, ECDSA, Ed25519 or an OID.</param>
/// <param name="KeyBits">Size of the key in bits; 0 when unknown.</param>
/// <param name="SignatureAlgorithm">Name or OID of the signature algorithm.</param>
/// <param name="Names">DNS names and IP addresses it is for.</param>
/// <param name="SelfSigned">Whether issuer and subject are the same.</param>
/// <param name="Sha256">SHA-256 fingerprint, lower-case hex.</param>
public sealed record CertificateSeen(
    string Subject,
    string Issuer,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    string KeyAlgorithm,
    int KeyBits,
    string SignatureAlgorithm,
    ImmutableArray<string> Names,
    bool SelfSigned,
    string Sha256)
{
    /// <summary>SHA-256 fingerprint of the key (SubjectPublicKeyInfo), lower-case hex: two devices that show the same have the same key. Empty in old recordings.</summary>
    public string KeySha256 { get => field ?? ""; init; }

    /// <summary>Serial number, lower-case hex; empty in old recordings.</summary>
    public string Serial { get => field ?? ""; init; }

    /// <summary>Whether it may sign other certificates (RFC 5280, 4.2.1.9).</summary>
    public bool IsAuthority { get; init; }

    /// <summary>Whether the time of the observation lies within its validity.</summary>
    public CertificateTime Time { get; init; }

    /// <summary>Whether it is signed by way of MD5 or SHA-1, for which forgeries are known.</summary>
    [JsonIgnore]
    public bool HasBrokenHash => SignatureAlgorithm.Contains("md5", StringComparison.OrdinalIgnoreCase) || SignatureAlgorithm.Contains("sha1", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Where the time of an observation lies in the validity of a certificate, by the clock of this host.</summary>
public enum CertificateTime
{
    /// <summary>It was not compared.</summary>
    NotCompared,

    /// <summary>Within.</summary>
    Valid,

    /// <summary>Before its start.</summary>
    NotYetValid,

    /// <summary>After its end.</summary>
    Expired,
}

/// <summary>What a TLS server offers.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Versions">Every version that was tried.</param>
/// <param name="Certificates">Certificates it sent, leaf first, one for each key type.</param>
/// <param name="Connections">Connections used.</param>
public sealed record TlsServerSeen(Endpoint Endpoint, ImmutableArray<TlsVersionSeen> Versions, ImmutableArray<CertificateSeen> Certificates, int Connections) : Observation
{
    /// <summary>Versions that the server accepted.</summary>
    [JsonIgnore]
    public IEnumerable<TlsVersionSeen> Accepted => Versions.Where(version => version.Accepted);

    /// <summary>How the server is brought to TLS.</summary>
    public StartTls StartTls { get; init; }

    /// <summary>Certificates that it sent beside the leaves.</summary>
    public ImmutableArray<CertificateSeen> Issuers { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Groups, signature algorithms and features; null in old recordings and where no version was accepted.</summary>
    public TlsDetails? Details { get; init; }

    /// <summary>Whether the server got one connection at a time because it did not bear two.</summary>
    public bool OneAtATime { get; init; }

    /// <inheritdoc/>
    public override string Summary =>
        $"{Endpoint}: {string.Join(", ", Accepted.Select(seen => $"{seen.Version.DisplayName()} ({seen.Suites.Length} suites)"))}";
}

/// <summary>Kinds of information that help an attacker (EN 303 645, provision 5.6-2).</summary>
public enum DisclosureKind
{
    /// <summary>Name of a product or software component.</summary>
    Product,

    /// <summary>Version of a software component.</summary>
    Version,

    /// <summary>Model of the device.</summary>
    Model,

    /// <summary>Serial number.</summary>
    SerialNumber,

    /// <summary>MAC address.</summary>
    MacAddress,

    /// <summary>Host or network name, addresses, Wi-Fi settings.</summary>
    Network,

    /// <summary>User name.</summary>
    UserName,

    /// <summary>Password, key or token.</summary>
    Credential,

    /// <summary>Settings or state of the device.</summary>
    Status,

    /// <summary>Personal data.</summary>
    PersonalData,

    /// <summary>List of files.</summary>
    DirectoryListing,

    /// <summary>Stack trace or internal error.</summary>
    InternalError,

    /// <summary>Log.</summary>
    Log,

    /// <summary>Description of an API.</summary>
    ApiDescription,

    /// <summary>Messages of a broker.</summary>
    Messages,
}

/// <summary>A piece of information seen before login.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="What">The text seen, shortened; credentials are never given.</param>
/// <param name="Where">Where: banner, path, header, topic.</param>
public sealed record DisclosedItem(DisclosureKind Kind, string What, string Where);

/// <summary>Something that could be used without a login.</summary>
/// <param name="What">What.</param>
/// <param name="Where">Path, topic or command.</param>
public sealed record OpenAccess(string What, string Where)
{
    /// <summary>What it gives whoever uses it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AccessKind Kind { get; init; }
}

/// <summary>What a service shows before login.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Tls">Whether inside TLS.</param>
/// <param name="Items">Information seen.</param>
/// <param name="Open">What could be used without a login.</param>
/// <param name="Logins">Logins that the service asks for.</param>
public sealed record DisclosureSeen(
    Endpoint Endpoint,
    ServiceProtocol Protocol,
    bool Tls,
    ImmutableArray<DisclosedItem> Items,
    ImmutableArray<OpenAccess> Open,
    ImmutableArray<LoginPoint> Logins) : Observation
{
    /// <summary>What else was seen of a web port; null for other protocols and in recordings of older versions.</summary>
    public WebSeen? Web { get; init; }

    /// <summary>What else was seen of an SMB server; null for other protocols and in recordings of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SmbSeen? Smb { get; init; }

    /// <inheritdoc/>
    public override string Summary =>
        $"{Endpoint}: before login {(Items.IsEmpty ? "nothing is disclosed" : string.Join(", ", Items.Select(item => item.Kind).Distinct()) + " disclosed")}"
        + $"{(Open.IsEmpty ? "" : $", usable: {string.Join(", ", Open.Select(open => open.Where))}")}"
        + $"{(Logins.IsEmpty ? "" : $", login by {string.Join(", ", Logins.Select(login => login.Protocol).Distinct())}")}";
}

/// <summary>Whether somebody got at something.</summary>
public enum AccessResult
{
    /// <summary>It was not tried; the coverage says why.</summary>
    NotTried,

    /// <summary>Access was given.</summary>
    Granted,

    /// <summary>Access was refused.</summary>
    Refused,

    /// <summary>The answer does not tell.</summary>
    Unclear,
}

/// <summary>Who got at a resource.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="AuthMech">Entry of 1-AuthMech.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Resource.</param>
/// <param name="Tls">Whether the exchange was inside TLS.</param>
/// <param name="Anonymous">Without a credential.</param>
/// <param name="Wrong">With a wrong credential.</param>
/// <param name="LowRights">With a valid credential that has too few rights.</param>
/// <param name="Valid">With a valid credential.</param>
/// <param name="PasswordInClear">Whether the password went over the wire readable: no TLS, and Basic, form, FTP, Telnet or MQTT.</param>
/// <param name="Details">What the DUT answered in each case, in words.</param>
public sealed record AccessSeen(
    Endpoint Endpoint,
    string AuthMech,
    string Method,
    string Path,
    bool Tls,
    AccessResult Anonymous,
    AccessResult Wrong,
    AccessResult LowRights,
    AccessResult Valid,
    bool PasswordInClear,
    string Details) : Observation
{
    /// <inheritdoc/>
    public override string Summary => $"{Endpoint} {Method} {Path}: anonymous {Anonymous}, wrong {Wrong}, low rights {LowRights}, valid {Valid}";
}

/// <summary>A default credential that a login accepted.</summary>
/// <param name="Pair">Id of the pair in the dictionary.</param>
/// <param name="User">User name; the password is in the dictionary under the id.</param>
/// <param name="Origin">Maker or origin of the pair.</param>
public sealed record AcceptedDefault(string Pair, string User, string Origin)
{
    /// <summary>Whether the password follows from facts of this unit (MAC address, serial number), so that another unit has another.</summary>
    public bool IsOfUnit { get; init; }
}

/// <summary>How a login reacted to wrong attempts.</summary>
public enum GuessingReaction
{
    /// <summary>It went on answering as at first.</summary>
    None,

    /// <summary>Answers became slower.</summary>
    Delay,

    /// <summary>It refused further attempts for a while: 423, 429, a text, a refused connection.</summary>
    LockOut,

    /// <summary>It closed each connection after some attempts but took new ones at the same pace.</summary>
    Disconnect,
}

/// <summary>What came of trying default credentials.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Login">How the login is spoken.</param>
/// <param name="Attempts">Attempts that were answered.</param>
/// <param name="Planned">Attempts that the dictionary and the budget would have allowed.</param>
/// <param name="Accepted">Pairs that were accepted, each confirmed twice and against a nonsense password.</param>
/// <param name="NonsenseAccepted">Whether the login lets in a password that can not be right, so that nothing follows from an accepted pair.</param>
/// <param name="Reaction">How the login reacted to wrong attempts.</param>
/// <param name="ReactionAfter">Wrong attempts before the reaction; 0 when there was none.</param>
/// <param name="FirstMilliseconds">Median time of the first five answers.</param>
/// <param name="LastMilliseconds">Median time of the last five answers.</param>
public sealed record DefaultCredentialsTried(
    Endpoint Endpoint,
    LoginPoint Login,
    int Attempts,
    int Planned,
    ImmutableArray<AcceptedDefault> Accepted,
    bool NonsenseAccepted,
    GuessingReaction Reaction,
    int ReactionAfter,
    double FirstMilliseconds,
    double LastMilliseconds) : Observation
{
    /// <inheritdoc/>
    public override string Summary =>
        $"{Endpoint} {Login.Protocol}: {Attempts} of {Planned} default credentials tried, {Accepted.Length} accepted"
        + (Reaction == GuessingReaction.None ? ", no reaction to guessing" : $", {Reaction} after {ReactionAfter}");
}

/// <summary>A way in which a preset password departs from what is declared or good.</summary>
public enum PresetPasswordFlaw
{
    /// <summary>Two samples have the same.</summary>
    SameOnSamples,

    /// <summary>It is in the dictionary of defaults.</summary>
    InDictionary,

    /// <summary>Its length is not the declared one.</summary>
    OtherLength,

    /// <summary>It has characters outside the declared alphabet.</summary>
    OutsideAlphabet,

    /// <summary>It contains the MAC address, or part of it.</summary>
    FromMacAddress,

    /// <summary>It contains the serial number, or part of it.</summary>
    FromSerialNumber,

    /// <summary>The samples' passwords follow each other or share a long part.</summary>
    Regular,
}

/// <summary>How the preset passwords of the samples compare with the declaration. The passwords themselves are not recorded.</summary>
/// <param name="AuthMech">Entry of 1-AuthMech.</param>
/// <param name="Samples">Samples whose password the laboratory noted.</param>
/// <param name="Flaws">Flaws found, each with what it was compared with.</param>
public sealed record PresetPasswordsSeen(string AuthMech, int Samples, ImmutableArray<PresetPasswordFinding> Flaws) : Observation
{
    /// <inheritdoc/>
    public override string Summary =>
        $"{AuthMech}: preset passwords of {Samples} samples, {(Flaws.IsEmpty ? "no flaw" : string.Join(", ", Flaws.Select(flaw => flaw.Flaw)))}";
}

/// <summary>A flaw of preset passwords.</summary>
/// <param name="Flaw">The flaw.</param>
/// <param name="Text">In words, without the password.</param>
public sealed record PresetPasswordFinding(PresetPasswordFlaw Flaw, string Text);

/// <summary>What was done to an update before it was offered.</summary>
public enum UpdateVariant
{
    /// <summary>Nothing: the control. If the DUT does not take it, refusing the others proves nothing.</summary>
    Genuine,

    /// <summary>One bit of the payload is flipped.</summary>
    BitFlipped,

    /// <summary>The signature is taken away.</summary>
    SignatureRemoved,

    /// <summary>Signed with another key.</summary>
    OtherKey,

    /// <summary>Genuine, but of an older version.</summary>
    Older,
}

/// <summary>What became of an offered update, by the version read back afterwards.</summary>
public enum UpdateResult
{
    /// <summary>It was not offered; the text says why.</summary>
    NotOffered,

    /// <summary>The version read back is that of the image, or the DUT runs it.</summary>
    Installed,

    /// <summary>The version is as before.</summary>
    NotInstalled,

    /// <summary>The version could not be read, or the DUT was gone.</summary>
    Unknown,
}

/// <summary>One offered update.</summary>
/// <param name="Variant">What was done to it.</param>
/// <param name="Result">What became of it.</param>
/// <param name="VersionBefore">Version before; empty when it could not be read.</param>
/// <param name="VersionAfter">Version afterwards; empty when it could not be read.</param>
/// <param name="Answer">What the DUT answered, in words.</param>
public sealed record UpdateTrial(UpdateVariant Variant, UpdateResult Result, string VersionBefore, string VersionAfter, string Answer);

/// <summary>What the DUT did with genuine and spoiled updates.</summary>
/// <param name="UpdMech">Entry of 7-UpdMech.</param>
/// <param name="Address">Address of the DUT.</param>
/// <param name="Tls">Whether the update was transported inside TLS.</param>
/// <param name="Trials">In the order they were made.</param>
/// <param name="Restored">Whether the DUT runs genuine software at the end.</param>
public sealed record UpdateTrialsSeen(string UpdMech, DutAddress Address, bool Tls, ImmutableArray<UpdateTrial> Trials, bool Restored) : Observation
{
    /// <inheritdoc/>
    public override string Summary => $"{UpdMech}: {string.Join(", ", Trials.Select(trial => $"{trial.Variant} {trial.Result}"))}";

    /// <summary>The trial of a variant, or null when it was not made.</summary>
    public UpdateTrial? Trial(UpdateVariant variant) => Trials.FirstOrDefault(trial => trial.Variant == variant);
}

/// <summary>What a person found.</summary>
/// <param name="Verdict">The person's verdict for the subject.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Name.</param>
/// <param name="Date">Day of the examination.</param>
/// <param name="Files">Attached files as evidence.</param>
public sealed record OperatorAnswer(Verdict Verdict, string Reason, string By, DateOnly Date, ImmutableArray<EvidenceRef> Files) : Observation
{
    /// <inheritdoc/>
    public override string Summary => $"{By} on {Date:yyyy-MM-dd}: {Verdict}. {Reason}";
}
