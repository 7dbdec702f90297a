using System.Collections.Frozen;
using System.Numerics;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls;

/// <summary>Primes of Diffie-Hellman that many servers share, by the SHA-256 of the prime. Collected on 2026-11-21.</summary>
/// <remarks>The primes of RFC 2409, 3526 and 7919 follow from their formulas; the others were published with the software named, and the list of weakdh.org and nmap names them too.</remarks>
internal static class DhPrimes
{
    private static readonly FrozenDictionary<string, string> _known = new Dictionary<string, string>
    {
        ["b52ba6a3026520a6c49d37e4587601801bee500123b3259b6bf03e7cecc3e63d"] = "RFC 2409, 6.1",
        ["3f35a3f5f6c4376a744acad409bb22f8d897f949d2311d885adaa890981b67a0"] = "RFC 2409, 6.2",
        ["64fcc83ec403930bf18393dbc883ccaa1fbb08ac876f77f7aa99748ca945019b"] = "RFC 3526, 2",
        ["d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e"] = "RFC 3526, 3",
        ["48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c"] = "RFC 3526, 4",
        ["4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33"] = "RFC 3526, 5",
        ["d1bfe6d0925ce7e4da262b62861514a7755e35831e429f343e7b864848657efd"] = "RFC 3526, 6",
        ["39ab4feab950a3128fb71accb9fc3965d857012e081998a85996e3ea8b3c3bcf"] = "RFC 3526, 7",
        ["44c55cfee5c075927cf682da5b681bdecbd5c3eb0784c14f5dce7610f0ef133d"] = "RFC 5114, 2.1",
        ["bfe545862ca102ad1eeddb5fbfa5bf855ac4995c56a8b408ce3fe099dce93a9d"] = "RFC 5114, 2.2",
        ["0b7835722cb619827610c2549fdda5587421686c4409a13865e76225522ddcc9"] = "RFC 5114, 2.3",
        ["9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966"] = "RFC 7919, ffdhe2048",
        ["0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17"] = "RFC 7919, ffdhe3072",
        ["4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e"] = "RFC 7919, ffdhe4096",
        ["227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7"] = "RFC 7919, ffdhe6144",
        ["770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833"] = "RFC 7919, ffdhe8192",
        ["3cdb020b9ef298b2f3f6cf5a872af527337bf7b9f654b2e70c49da16a4d24137"] = "mod_ssl 2.0, 512 bits",
        ["db01e702899166da28c9bc7896af62bcdf0c96d0fb341950ba80e68bd51a57ef"] = "mod_ssl 2.2, 512 bits",
        ["f79d1db3c955a28fdeca462670a0712efee4b588c7858e4943883f903bd1354b"] = "mod_ssl 2.2, 1024 bits",
        ["bf910d9df4e0b2e76cda7443f592aa118e33ba2c224ebc27fb8978d873c8c2e3"] = "mod_ssl 2.2, 1024 bits",
        ["8ae47dca3d24e9b64640062686da234dcabada26b0da6f090c5449c1338d9a11"] = "nginx, 1024 bits",
        ["73b391ec8da33ee197aed17d7cfce1321b94e04c5b55b3c02c1c7198eb88715b"] = "Java, 512 bits",
        ["ee5483fe4b96caa10cb5b863ec409aab2762e6bf43af4a8a0a42817fef4dd7f3"] = "Java, 768 bits",
        ["cc21a33dd1a3edf40bf636b5496e4aede198a437a8548e0cc1a621424e42419b"] = "Java, 1024 bits",
        ["f26e2403f3f07946654404909f0ff81d9354de17250411b4c04b89af73178425"] = "OpenSSL, 512 bits",
        ["66d0bf38b0bdfacf2fdae33f35102ab6079fd5ff0feff8e436a4063745c72739"] = "OpenSSL, 1024 bits",
        ["3166ce19180005327a6059a2e7a4ed22775ad2f0eadaee59a7481ab391fe592f"] = "OpenSSL, 2048 bits",
        ["9e348a9471b7d123aa97071e38288379fc12a9992e8e75db2113c1ded5463ac3"] = "OpenSSL, 2048 bits",
        ["ce7728db3aed1119a82b9f17b17df9f8e370ddd7639946df09a119f924aa42e8"] = "OpenSSL, 4096 bits",
        ["bfa876fe4671a9c696c8e256c13d7fadaa05c8991660e0924604ff7b239c6d1a"] = "IronPort, 1024 bits",
    }.ToFrozenDictionary();

    /// <summary>A prime as a fact.</summary>
    public static DhPrimeSeen Read(ReadOnlySpan<byte> prime)
    {
        var fingerprint = CertificateReading.Fingerprint(prime);
        var bits = prime.IsEmpty ? 0 : (prime.Length * 8) - BitOperations.LeadingZeroCount((uint)prime[0]) + 24;
        return new DhPrimeSeen(bits, fingerprint, _known.GetValueOrDefault(fingerprint, ""));
    }
}
