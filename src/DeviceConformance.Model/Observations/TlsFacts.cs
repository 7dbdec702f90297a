using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>How a protocol that begins in clear is asked to go on inside TLS.</summary>
public enum StartTls
{
    /// <summary>It does not: TLS comes first.</summary>
    None,

    /// <summary>SMTP, command STARTTLS (RFC 3207).</summary>
    Smtp,

    /// <summary>IMAP, command STARTTLS (RFC 9051, 6.2.1).</summary>
    Imap,

    /// <summary>POP3, command STLS (RFC 2595, 4).</summary>
    Pop3,

    /// <summary>FTP, command AUTH TLS (RFC 4217, 4).</summary>
    Ftp,

    /// <summary>XMPP, element starttls (RFC 6120, 5).</summary>
    Xmpp,
}

/// <summary>Which services begin in clear and go over to TLS.</summary>
public static class StartTlsProtocols
{
    /// <summary>How a service is brought to TLS; none where its protocol has no such command.</summary>
    public static StartTls Of(ServiceProtocol protocol) => protocol switch
    {
        ServiceProtocol.Smtp => StartTls.Smtp,
        ServiceProtocol.Imap => StartTls.Imap,
        ServiceProtocol.Pop3 => StartTls.Pop3,
        ServiceProtocol.Ftp => StartTls.Ftp,
        _ => StartTls.None,
    };
}

/// <summary>Whether a server has something. What was not asked, or not answered, is neither.</summary>
public enum Presence
{
    /// <summary>It could not be found out; the note says why.</summary>
    Unknown,

    /// <summary>The server has it.</summary>
    Yes,

    /// <summary>The server was asked and does not have it.</summary>
    No,

    /// <summary>The question does not arise, for the reason in the note.</summary>
    NotApplicable,
}

/// <summary>What a TLS server may have beside versions and suites.</summary>
public enum TlsFeature
{
    /// <summary>Signal of secure renegotiation (RFC 5746).</summary>
    SecureRenegotiation,

    /// <summary>Extended master secret (RFC 7627).</summary>
    ExtendedMainSecret,

    /// <summary>MAC over the ciphertext of CBC suites (RFC 7366).</summary>
    EncryptThenMac,

    /// <summary>Choice of the protocol inside (ALPN, RFC 7301).</summary>
    Alpn,

    /// <summary>A session id for resumption (RFC 5246, 7.3).</summary>
    SessionId,

    /// <summary>Session tickets (RFC 5077).</summary>
    SessionTicket,

    /// <summary>A stapled OCSP answer (RFC 6066, 8).</summary>
    OcspStapling,

    /// <summary>Heartbeats (RFC 6520).</summary>
    Heartbeat,

    /// <summary>Compression (RFC 3749), which leaks secrets (CRIME, CVE-2012-4929).</summary>
    Compression,

    /// <summary>Refusal of a fallback that the client marks as such (RFC 7507).</summary>
    FallbackScsv,

    /// <summary>Mark in the server's random that a newer version was not chosen (RFC 8446, 4.1.3).</summary>
    DowngradeSentinel,
}

/// <summary>Whether a TLS server has a feature.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Presence">Whether it has.</param>
/// <param name="Note">What was chosen, or why it is not known; may be empty.</param>
public sealed record TlsFeatureSeen(TlsFeature Feature, Presence Presence, string Note);

/// <summary>A group that a server exchanged keys in, or asked for.</summary>
/// <param name="Code">Number in the IANA registry.</param>
/// <param name="Name">Name in the registry.</param>
/// <param name="Version">Version in which it did.</param>
public sealed record TlsGroupSeen(int Code, string Name, TlsVersion Version);

/// <summary>An algorithm that a server signs handshakes with.</summary>
/// <param name="Code">Number in the IANA registry "TLS SignatureScheme".</param>
/// <param name="Name">Name in the registry.</param>
/// <param name="Version">Version in which it did.</param>
public sealed record TlsSignatureSeen(int Code, string Name, TlsVersion Version);

/// <summary>A prime of finite field Diffie-Hellman.</summary>
/// <param name="Bits">Its size.</param>
/// <param name="Sha256">SHA-256 of the prime in network order without leading zeros, lower-case hex.</param>
/// <param name="KnownAs">Where it is known from; empty when it is not: a shared prime of 1024 bits is worth breaking once for all who use it.</param>
public sealed record DhPrimeSeen(int Bits, string Sha256, string KnownAs);

/// <summary>What a TLS server showed beside versions, suites and certificates. No verdict rests on it.</summary>
/// <param name="Groups">Groups, by version, in the order the server prefers them.</param>
/// <param name="Signatures">Signature algorithms, by version.</param>
/// <param name="Primes">Primes of finite field Diffie-Hellman.</param>
/// <param name="Features">Features.</param>
/// <param name="Connections">Connections used for these, beside those of the enumeration.</param>
/// <param name="Unknown">What could not be found out, each with the reason.</param>
public sealed record TlsDetails(
    ImmutableArray<TlsGroupSeen> Groups,
    ImmutableArray<TlsSignatureSeen> Signatures,
    ImmutableArray<DhPrimeSeen> Primes,
    ImmutableArray<TlsFeatureSeen> Features,
    int Connections,
    ImmutableArray<string> Unknown)
{
    /// <summary>What was found of a feature; unknown when it was not asked for.</summary>
    public Presence Has(TlsFeature feature) => Features.FirstOrDefault(seen => seen.Feature == feature)?.Presence ?? Presence.Unknown;
}

/// <summary>A known attack on TLS servers.</summary>
public enum TlsAttack
{
    /// <summary>Reading memory by heartbeats (CVE-2014-0160).</summary>
    Heartbleed,

    /// <summary>Keys from an early ChangeCipherSpec (CVE-2014-0224).</summary>
    CcsInjection,

    /// <summary>Oracle for the padding of RSA key transport (CVE-2017-13099 and its kin).</summary>
    Robot,

    /// <summary>Reading memory by session ids (CVE-2016-9244).</summary>
    Ticketbleed,

    /// <summary>Renegotiation at the client's wish, which costs the server far more than the client.</summary>
    ClientRenegotiation,

    /// <summary>Padding of SSL 3.0 (CVE-2014-3566).</summary>
    Poodle,

    /// <summary>Decryption by way of SSL 2.0 (CVE-2016-0800).</summary>
    Drown,

    /// <summary>RSA keys of export strength (CVE-2015-0204).</summary>
    Freak,

    /// <summary>Diffie-Hellman groups that are short, or of export strength (CVE-2015-4000).</summary>
    Logjam,

    /// <summary>Collisions of blocks of 64 bits (CVE-2016-2183).</summary>
    Sweet32,

    /// <summary>Secrets from the length of compressed text (CVE-2012-4929).</summary>
    Crime,

    /// <summary>Predictable initial vectors of CBC before TLS 1.1 (CVE-2011-3389).</summary>
    Beast,
}

/// <summary>Whether an attack works.</summary>
public enum Exposure
{
    /// <summary>It could not be decided; the reason says why.</summary>
    Undecided,

    /// <summary>The server behaves as vulnerable ones do.</summary>
    Vulnerable,

    /// <summary>The server answered, and not as vulnerable ones do.</summary>
    NotVulnerable,
}

/// <summary>What was found of an attack.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Exposure">Whether it works.</param>
/// <param name="Reason">From which answers that follows, or why it is not known.</param>
public sealed record TlsAttackSeen(TlsAttack Attack, Exposure Exposure, string Reason);

/// <summary>A session ticket that a server gave (RFC 5077).</summary>
/// <param name="Version">Version of the session.</param>
/// <param name="LifetimeHint">Seconds that the server says to keep it for; 0 when it leaves that to the client (RFC 5077, 3.3).</param>
/// <param name="Length">Its length in bytes. The ticket itself is not kept.</param>
public sealed record TlsTicketSeen(TlsVersion Version, uint LifetimeHint, int Length)
{
    /// <summary>Seven days: the most that TLS 1.3 allows (RFC 8446, 4.6.1), and how often keys of tickets are to be changed in any version (RFC 9325, 3.4).</summary>
    public const uint LongLifetime = 604_800;

    /// <summary>Whether it is longer than that.</summary>
    [JsonIgnore]
    public bool IsLong => LifetimeHint > LongLifetime;

    /// <summary>What the ticket says of its lifetime, for a reader.</summary>
    [JsonIgnore]
    public string Text =>
        LifetimeHint == 0 ? $"session ticket of {Version.DisplayName()} without a lifetime"
        : $"session ticket of {Version.DisplayName()} for {LifetimeHint} s{(IsLong ? ", which is more than 7 days: whoever gets at the server's ticket key meanwhile can read the sessions (RFC 8446, 4.6.1; RFC 9325, 3.4)" : "")}";
}

/// <summary>What a TLS server did when known attacks were tried in a form that does no harm.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Attacks">The attacks, each once.</param>
/// <param name="Connections">Connections used.</param>
public sealed record TlsAttacksTried(Endpoint Endpoint, ImmutableArray<TlsAttackSeen> Attacks, int Connections) : Observation
{
    /// <summary>Session tickets that it gave on the way; none in old recordings. Those of TLS 1.3 are not read.</summary>
    public ImmutableArray<TlsTicketSeen> Tickets { get => field.IsDefault ? [] : field; init; } = [];

    /// <inheritdoc/>
    public override string Summary =>
        Attacks.Where(seen => seen.Exposure == Exposure.Vulnerable).Select(seen => seen.Attack).ToList() is { Count: > 0 } open
            ? $"{Endpoint} is vulnerable: {string.Join(", ", open)}"
            : $"{Endpoint}: none of {Attacks.Length} known attacks seen to work";
}
