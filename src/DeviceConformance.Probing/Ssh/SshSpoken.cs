using System.Collections.Immutable;
using System.Security.Cryptography;

namespace DeviceConformance.Probing.Ssh;

/// <summary>The algorithms that a connection may agree on, in the client's order of preference.</summary>
/// <param name="KeyExchange">Key exchanges.</param>
/// <param name="HostKeys">Host key algorithms.</param>
/// <param name="Ciphers">Ciphers, the same in both directions.</param>
/// <param name="Macs">MACs, the same in both directions.</param>
internal sealed record SshWish(ImmutableArray<string> KeyExchange, ImmutableArray<string> HostKeys, ImmutableArray<string> Ciphers, ImmutableArray<string> Macs)
{
    /// <summary>All that the harness speaks: what takes it the least time first, what is outdated last.</summary>
    public static SshWish All { get; } = new([.. SshSpoken.KeyExchanges.Keys], [.. SshHostKey.Algorithms], [.. SshSpoken.Ciphers.Keys], [.. SshSpoken.Macs.Keys]);
}

/// <summary>What two sides agreed on (RFC 4253, 7.1).</summary>
internal sealed record SshChoice(string KeyExchange, string HostKey, string Cipher, string Mac)
{
    public override string ToString() => $"{KeyExchange}, {HostKey}, {Cipher}{(Mac.Length > 0 ? $", {Mac}" : "")}";

    /// <summary>Agrees as a server would: for each kind the first of the client's that the server has.</summary>
    /// <param name="wish">What the client offers.</param>
    /// <param name="offered">What the server offers.</param>
    /// <param name="choice">The agreement.</param>
    /// <param name="lacking">The kind of algorithm of which the two have none in common; empty when they agree.</param>
    public static bool TryAgree(SshWish wish, SshKexInit offered, out SshChoice choice, out string lacking)
    {
        var kex = wish.KeyExchange.FirstOrDefault(offered.KeyExchange.Contains, "");
        var hostKey = wish.HostKeys.FirstOrDefault(offered.HostKeys.Contains, "");
        var cipher = wish.Ciphers.FirstOrDefault(name => offered.CiphersToServer.Contains(name) && offered.CiphersToClient.Contains(name), "");
        var isAead = cipher.Length > 0 && SshSpoken.Ciphers[cipher].IsAead;
        var mac = isAead ? "" : wish.Macs.FirstOrDefault(name => offered.MacsToServer.Contains(name) && offered.MacsToClient.Contains(name), "");
        var uncompressed = offered.CompressionToServer.Contains("none") && offered.CompressionToClient.Contains("none");
        choice = new SshChoice(kex, hostKey, cipher, mac);
        lacking = kex.Length == 0 ? $"key exchange ({string.Join(", ", offered.KeyExchange)})"
            : hostKey.Length == 0 ? $"host key algorithm ({string.Join(", ", offered.HostKeys)})"
            : cipher.Length == 0 ? $"cipher ({string.Join(", ", offered.CiphersToClient)})"
            : mac.Length == 0 && !isAead ? $"MAC ({string.Join(", ", offered.MacsToClient)})"
            : !uncompressed ? "uncompressed packets"
            : "";
        return lacking.Length == 0;
    }
}

/// <summary>A cipher: sizes of key and initial vector in bytes, and what makes it.</summary>
internal sealed record SshCipher(int Key, int Iv, bool IsAead, Func<byte[], byte[], BlockMode>? Mode)
{
    /// <summary>Packets under it.</summary>
    public PacketCipher Make(byte[] key, byte[] iv, SshMac? mac, byte[] macKey) =>
        Mode is not null ? new BlockPacketCipher(Mode(key, iv), mac!, macKey)
        : Iv == 0 ? new ChaChaPacketCipher(key)
        : new GcmPacketCipher(key, iv);
}

/// <summary>The algorithms that the harness speaks. Not among them: UMAC, RC4, Blowfish and the hybrid key exchanges, none of which a server has alone today.</summary>
internal static class SshSpoken
{
    /// <summary>Key exchanges by name.</summary>
    public static OrderedDictionary<string, Func<SshKeyExchange>> KeyExchanges { get; } = InOrder<Func<SshKeyExchange>>(
        ("ecdh-sha2-nistp256", () => new CurveExchange(ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256)),
        ("curve25519-sha256", () => new MontgomeryExchange()),
        ("curve25519-sha256@libssh.org", () => new MontgomeryExchange()),
        ("ecdh-sha2-nistp384", () => new CurveExchange(ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384)),
        ("ecdh-sha2-nistp521", () => new CurveExchange(ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512)),
        ("diffie-hellman-group14-sha256", () => new GroupExchange(ModpGroup.Bits2048, HashAlgorithmName.SHA256)),
        ("diffie-hellman-group15-sha512", () => new GroupExchange(ModpGroup.Bits3072, HashAlgorithmName.SHA512)),
        ("diffie-hellman-group16-sha512", () => new GroupExchange(ModpGroup.Bits4096, HashAlgorithmName.SHA512)),
        ("diffie-hellman-group-exchange-sha256", () => new NegotiatedGroupExchange(HashAlgorithmName.SHA256)),
        ("diffie-hellman-group17-sha512", () => new GroupExchange(ModpGroup.Bits6144, HashAlgorithmName.SHA512)),
        ("diffie-hellman-group18-sha512", () => new GroupExchange(ModpGroup.Bits8192, HashAlgorithmName.SHA512)),
        ("diffie-hellman-group14-sha1", () => new GroupExchange(ModpGroup.Bits2048, HashAlgorithmName.SHA1)),
        ("diffie-hellman-group-exchange-sha1", () => new NegotiatedGroupExchange(HashAlgorithmName.SHA1)),
        ("diffie-hellman-group1-sha1", () => new GroupExchange(ModpGroup.Bits1024, HashAlgorithmName.SHA1)));

    /// <summary>Ciphers by name.</summary>
    public static OrderedDictionary<string, SshCipher> Ciphers { get; } = InOrder(
        ("aes128-ctr", Block(16, 16, Counter)),
        ("aes192-ctr", Block(24, 16, Counter)),
        ("aes256-ctr", Block(32, 16, Counter)),
        ("aes128-gcm@openssh.com", new SshCipher(16, 12, true, null)),
        ("aes256-gcm@openssh.com", new SshCipher(32, 12, true, null)),
        ("chacha20-poly1305@openssh.com", new SshCipher(64, 0, true, null)),
        ("aes128-cbc", Block(16, 16, Chained<Aes>)),
        ("aes192-cbc", Block(24, 16, Chained<Aes>)),
        ("aes256-cbc", Block(32, 16, Chained<Aes>)),
        ("rijndael-cbc@lysator.liu.se", Block(32, 16, Chained<Aes>)),
        ("3des-cbc", Block(24, 8, Chained<TripleDES>)));

    /// <summary>MACs by name.</summary>
    public static OrderedDictionary<string, SshMac> Macs { get; } = InOrder(
        new[]
        {
            new SshMac("hmac-sha2-256", 32, 32, HMACSHA256.HashData),
            new SshMac("hmac-sha2-512", 64, 64, HMACSHA512.HashData),
            new SshMac("hmac-sha2-256-etm@openssh.com", 32, 32, HMACSHA256.HashData),
            new SshMac("hmac-sha2-512-etm@openssh.com", 64, 64, HMACSHA512.HashData),
            new SshMac("hmac-sha1", 20, 20, HMACSHA1.HashData),
            new SshMac("hmac-sha1-etm@openssh.com", 20, 20, HMACSHA1.HashData),
            new SshMac("hmac-sha1-96", 20, 12, HMACSHA1.HashData),
            new SshMac("hmac-sha1-96-etm@openssh.com", 20, 12, HMACSHA1.HashData),
            new SshMac("hmac-md5", 16, 16, HMACMD5.HashData),
            new SshMac("hmac-md5-etm@openssh.com", 16, 16, HMACMD5.HashData),
            new SshMac("hmac-md5-96", 16, 12, HMACMD5.HashData),
            new SshMac("hmac-md5-96-etm@openssh.com", 16, 12, HMACMD5.HashData),
        }.Select(mac => (mac.Name, mac)).ToArray());

    /// <summary>The hash of a key exchange, once over all parts.</summary>
    public static byte[] Hash(HashAlgorithmName name, ReadOnlySpan<byte> data) => CryptographicOperations.HashData(name, data);

    private static SshCipher Block(int key, int iv, Func<byte[], byte[], BlockMode> mode) => new(key, iv, false, mode);

    private static CounterMode Counter(byte[] key, byte[] iv) => new(Keyed(Aes.Create(), key), iv);

    private static ChainingMode Chained<T>(byte[] key, byte[] iv) => new(Keyed(typeof(T) == typeof(Aes) ? Aes.Create() : TripleDES.Create(), key), iv);

    private static SymmetricAlgorithm Keyed(SymmetricAlgorithm algorithm, byte[] key)
    {
        algorithm.Key = key;
        return algorithm;
    }

    // The order of the lines above is the order of preference.
    private static OrderedDictionary<string, T> InOrder<T>(params (string Name, T Value)[] entries) =>
        new(entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value)));
}
