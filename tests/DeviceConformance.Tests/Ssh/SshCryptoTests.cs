using System.Numerics;
using System.Security.Cryptography;
using DeviceConformance.Probing.Ssh;
using NUnit.Framework;

namespace DeviceConformance.Tests.Ssh;

/// <summary>What the base library does not have, on the vectors of its documents; and every codec on hostile bytes.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class SshCryptoTests
{
    // RFC 7748, 5.2.
    [TestCase("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [TestCase("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void X25519_is_that_of_the_standard(string scalar, string point, string result) =>
        Assert.That(Hex(X25519.Multiply(Bytes(scalar), Bytes(point))), Is.EqualTo(result));

    // RFC 7748, 6.1.
    [Test]
    public void X25519_agrees_on_a_secret()
    {
        var (a, b) = (Bytes("77076d0a7318a57d3c16c17251b26645b4a9b0b4d4f0f2c6c3d4ff2d1a7d4ff0"), RandomNumberGenerator.GetBytes(32));
        Assert.That(X25519.Multiply(a, X25519.PublicKey(b)), Is.EqualTo(X25519.Multiply(b, X25519.PublicKey(a))));
        Assert.That(X25519.Multiply(a, new byte[32]), Is.EqualTo(new byte[32]), "a point of low order");
    }

    // RFC 8032, 7.1, tests 1 to 3.
    [TestCase("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [TestCase("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [TestCase("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_takes_the_signature_and_none_that_is_altered(string key, string message, string signature)
    {
        Assert.That(Ed25519.Verify(Bytes(key), Bytes(message), Bytes(signature)), Is.True);
        for (var at = 0; at < 64; at += 5)
        {
            var altered = Bytes(signature);
            altered[at] ^= 1;
            Assert.That(Ed25519.Verify(Bytes(key), Bytes(message), altered), Is.False, $"byte {at}");
        }

        Assert.That(Ed25519.Verify(Bytes(key), [.. Bytes(message), 0], Bytes(signature)), Is.False);
        Assert.That(Ed25519.Verify(Bytes(key).AsSpan(1), Bytes(message), Bytes(signature)), Is.False);
    }

    // The first and last digits as RFC 2409 and RFC 3526 print them; a wrong digit in between would not leave a prime.
    [Test]
    public void Groups_are_safe_primes_of_the_right_size()
    {
        BigInteger[] groups = [ModpGroup.Bits1024, ModpGroup.Bits2048, ModpGroup.Bits3072, ModpGroup.Bits4096, ModpGroup.Bits6144, ModpGroup.Bits8192];
        Assert.Multiple(() =>
        {
            Assert.That(groups.Select(group => group.GetBitLength()), Is.EqualTo(new[] { 1024, 2048, 3072, 4096, 6144, 8192 }));
            Assert.That(groups.Select(group => Hex(group.ToByteArray(true, true))[..48]), Is.All.EqualTo("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd1"));
            Assert.That(groups.Take(3).Select(group => BigInteger.ModPow(3, (group - 1) / 2, group)), Is.All.Matches<BigInteger>(rest => rest.IsOne || rest == groups[0] - 1 || rest == groups[1] - 1 || rest == groups[2] - 1));
        });
    }

    [Test]
    public void Packets_of_every_cipher_come_out_as_they_went_in_and_altered_ones_do_not()
    {
        foreach (var (name, cipher) in SshSpoken.Ciphers)
        {
            foreach (var mac in cipher.IsAead ? [null] : SshSpoken.Macs.Values.Cast<SshMac?>())
            {
                var (key, iv, macKey) = (RandomNumberGenerator.GetBytes(cipher.Key), RandomNumberGenerator.GetBytes(cipher.Iv), RandomNumberGenerator.GetBytes(mac?.KeyLength ?? 0));
                for (var size = 0; size < 40; size += 3)
                {
                    using var sealer = cipher.Make(key, [.. iv], mac, macKey);
                    using var opener = cipher.Make(key, [.. iv], mac, macKey);
                    using var other = cipher.Make(key, [.. iv], mac, macKey);
                    var payload = RandomNumberGenerator.GetBytes(size + 1);
                    var packet = sealer.Seal(7, payload);
                    Assert.That(Open(opener, 7, packet), Is.EqualTo(payload), $"{name} {mac?.Name} {size}");
                    packet[RandomNumberGenerator.GetInt32(packet.Length)] ^= 0x10;
                    Assert.That(Open(other, 7, packet), Is.Null.Or.Not.EqualTo(payload), $"{name} {mac?.Name} {size} altered");
                }
            }
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool Any_bytes_are_read_without_harm(byte[] bytes)
    {
        _ = SshHostKey.TryParse(bytes, out _);
        _ = SshAuthentication.TryFailure([51, .. bytes], out _, out _);
        _ = SshAuthentication.TryText([53, .. bytes], out _);
        _ = SshAuthentication.TryPrompts([60, .. bytes], out _, out _);
        foreach (var make in SshSpoken.KeyExchanges.Values.Take(6))
        {
            using var exchange = make();
            _ = exchange.Take(bytes);
            _ = exchange.Take([31, .. bytes]);
        }

        return true;
    }

    [Test]
    public void Host_keys_cut_or_altered_at_any_byte_are_read_without_harm()
    {
        foreach (var (algorithm, blob) in HostKeys())
        {
            Assert.That(SshHostKey.TryParse(blob, out var whole), Is.True, algorithm);
            var signature = new SshWriter().Text(algorithm).Text(RandomNumberGenerator.GetBytes(40)).ToArray();
            Assert.That(whole.Verifies(algorithm, signature, [1, 2, 3]), Is.False, algorithm);
            for (var at = 0; at < blob.Length; at++)
            {
                Assert.That(SshHostKey.TryParse(blob.AsSpan(0, at), out _), Is.False, $"{algorithm} cut at {at}");
                var altered = blob.ToArray();
                altered[at] ^= 0xff;
                if (SshHostKey.TryParse(altered, out var key))
                {
                    _ = key.Verifies(algorithm, signature, [1, 2, 3]);
                    _ = key.Verifies(algorithm, new SshWriter().Text(algorithm).Text(new SshWriter().Number(5).Number(6).ToArray()).ToArray(), [1, 2, 3]);
                }
            }
        }
    }

    [Test]
    public void Group_that_the_server_chooses_has_to_be_one()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Group(ModpGroup.Bits1024, 2), Is.EqualTo(ExchangeStep.Send));
            Assert.That(Group(ModpGroup.Bits1024 - 1, 2), Is.EqualTo(ExchangeStep.Malformed), "even");
            Assert.That(Group(ModpGroup.Bits1024, 1), Is.EqualTo(ExchangeStep.Malformed), "generator 1");
            Assert.That(Group(7, 2), Is.EqualTo(ExchangeStep.Malformed), "tiny");
            Assert.That(Group((BigInteger.One << 17000) + 1, 2), Is.EqualTo(ExchangeStep.Malformed), "huge");
        });

        static ExchangeStep Group(BigInteger prime, BigInteger generator)
        {
            using var exchange = NegotiatedGroupExchange.ForSmallest(HashAlgorithmName.SHA256);
            return exchange.Take(new SshWriter().Byte(31).Number(prime).Number(generator).ToArray());
        }
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(-1)]
    public void Public_values_at_the_ends_of_a_group_are_refused(int value)
    {
        using var exchange = new GroupExchange(ModpGroup.Bits1024, HashAlgorithmName.SHA1);
        var theirs = value < 0 ? ModpGroup.Bits1024 - 1 : value;
        Assert.That(exchange.Take(new SshWriter().Byte(31).Text("key").Number(theirs).Text("signature").ToArray()), Is.EqualTo(ExchangeStep.Malformed));
    }

    private static IEnumerable<(string Algorithm, byte[] Blob)> HostKeys()
    {
        using var rsa = RSA.Create(1024);
        var numbers = rsa.ExportParameters(false);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = curve.ExportParameters(false).Q;
        yield return ("rsa-sha2-256", new SshWriter().Text("ssh-rsa").Number(new BigInteger(numbers.Exponent, true, true)).Number(new BigInteger(numbers.Modulus, true, true)).ToArray());
        yield return ("ecdsa-sha2-nistp256", new SshWriter().Text("ecdsa-sha2-nistp256").Text("nistp256").Text((byte[])[4, .. q.X!, .. q.Y!]).ToArray());
        yield return ("ssh-ed25519", new SshWriter().Text("ssh-ed25519").Text(Bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).ToArray());
        yield return ("ssh-dss", new SshWriter().Text("ssh-dss").Number(ModpGroup.Bits1024).Number(BigInteger.Pow(2, 160) - 47).Number(2).Number(12345).ToArray());
    }

    private static byte[]? Open(PacketCipher cipher, uint sequence, byte[] packet) =>
        cipher.TryLength(sequence, packet.AsSpan(0, cipher.HeaderLength), out var total) && total == packet.Length && cipher.TryOpen(sequence, packet, out var payload) ? payload : null;

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
