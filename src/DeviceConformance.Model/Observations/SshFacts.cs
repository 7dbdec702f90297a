using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>A host key that an SSH server showed.</summary>
/// <param name="Type">Kind of key: ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa, ssh-dss.</param>
/// <param name="Bits">Bits of the modulus (RSA, DSA) or of the curve's field.</param>
/// <param name="Sha256">SHA-256 of the key in Base64 without padding, as OpenSSH shows it. The same on two units means that they share the key.</param>
/// <param name="Algorithm">Signature algorithm that it was asked for with.</param>
/// <param name="Proven">Whether the server's signature over the key exchange was right, so that it holds the private key.</param>
public sealed record SshHostKeySeen(string Type, int Bits, string Sha256, string Algorithm, bool Proven);

/// <summary>What an SSH server offers.</summary>
/// <param name="Endpoint">The port.</param>
/// <param name="Banner">Identification string (RFC 4253, 4.2).</param>
/// <param name="KeyExchange">Key exchange algorithms, extension names such as ext-info-s among them.</param>
/// <param name="HostKeys">Host key algorithms.</param>
/// <param name="Ciphers">Ciphers from server to client.</param>
/// <param name="Macs">MACs from server to client.</param>
/// <remarks>What recordings made before 2026-11-21 lack is empty, and <see cref="IsProbed"/> false.</remarks>
public sealed record SshServerSeen(
    Endpoint Endpoint,
    string Banner,
    ImmutableArray<string> KeyExchange,
    ImmutableArray<string> HostKeys,
    ImmutableArray<string> Ciphers,
    ImmutableArray<string> Macs) : Observation
{
    // The mark by which a server that numbers packets anew after the key exchange is known.
    private const string Strict = "kex-strict-s-v00@openssh.com";

    /// <summary>Ciphers from client to server that are not offered in the other direction too; mostly none.</summary>
    public ImmutableArray<string> CiphersOnlyToServer { get => field.IsDefault ? [] : field; init; }

    /// <summary>MACs from client to server that are not offered in the other direction too; mostly none.</summary>
    public ImmutableArray<string> MacsOnlyToServer { get => field.IsDefault ? [] : field; init; }

    /// <summary>Compression in either direction: zlib is before login, zlib@openssh.com after it.</summary>
    public ImmutableArray<string> Compression { get => field.IsDefault ? [] : field; init; }

    /// <summary>Whether keys were exchanged, and host keys and methods asked for, where the server let that happen; false in older recordings.</summary>
    public bool IsProbed { get; init; }

    /// <summary>Host keys, one for each kind that was shown.</summary>
    public ImmutableArray<SshHostKeySeen> Keys { get => field.IsDefault ? [] : field; init; }

    /// <summary>Bits of the smallest group that the server is willing to use for group exchange (RFC 4419); 0 when it offers none or did not answer.</summary>
    public int SmallestGroup { get; init; }

    /// <summary>What was agreed on for the login; empty when it did not come to that.</summary>
    public string Negotiated { get => field ?? ""; init; }

    /// <summary>User name by which the authentication methods were asked for; empty when they were not.</summary>
    public string User { get => field ?? ""; init; }

    /// <summary>Whether that user was let in without any credential.</summary>
    public bool LetsInAnybody { get; init; }

    /// <summary>Authentication methods that the server lists (RFC 4252, 5.2).</summary>
    public ImmutableArray<string> Methods { get => field.IsDefault ? [] : field; init; }

    /// <summary>What the server shows before login (RFC 4252, 5.4).</summary>
    public string Notice { get => field ?? ""; init; }

    /// <summary>Connections made.</summary>
    public int Connections { get; init; }

    /// <summary>Ciphers of both directions.</summary>
    [JsonIgnore]
    public IEnumerable<string> AllCiphers => Ciphers.Concat(CiphersOnlyToServer);

    /// <summary>MACs of both directions.</summary>
    [JsonIgnore]
    public IEnumerable<string> AllMacs => Macs.Concat(MacsOnlyToServer);

    /// <summary>Whether version 1 of the protocol is spoken (RFC 4253, 5).</summary>
    [JsonIgnore]
    public bool SpeaksVersion1 => Banner.StartsWith("SSH-1.", StringComparison.Ordinal);

    /// <summary>Whether the methods say that a password can be tried, by itself or in answer to questions.</summary>
    [JsonIgnore]
    public bool TakesPasswords => Methods.Contains("password") || Methods.Contains("keyboard-interactive");

    /// <summary>
    /// Whether a man in the middle can leave out the first packets behind the key exchange (CVE-2023-48795): ChaCha20-Poly1305, or CBC beside
    /// a MAC over the encrypted packet, without strict key exchange.
    /// </summary>
    [JsonIgnore]
    public bool IsOpenToPrefixTruncation =>
        !KeyExchange.Contains(Strict)
        && (AllCiphers.Contains("chacha20-poly1305@openssh.com")
            || (AllCiphers.Any(name => name.EndsWith("-cbc", StringComparison.Ordinal)) && AllMacs.Any(name => name.EndsWith("-etm@openssh.com", StringComparison.Ordinal))));

    /// <inheritdoc/>
    public override string Summary => $"{Endpoint}: {Banner}, {KeyExchange.Length} key exchanges, {Ciphers.Length} ciphers, {Macs.Length} MACs{(IsProbed ? $", {Keys.Length} host keys" : "")}{(Methods.IsEmpty ? "" : $", login by {string.Join(" or ", Methods)}")}";
}
