using System.Collections.Immutable;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>A class of cipher suites that recommendations speak of.</summary>
/// <param name="Name">Short name, as in other tools.</param>
/// <param name="Mark">What a suite of the class has.</param>
/// <param name="Before">Only in versions before this one; null: in all.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Date">Since when.</param>
public sealed record TlsSuiteClass(string Name, SuiteWeakness Mark, TlsVersion? Before, string Reason, string Source, DateOnly Date)
{
    /// <summary>Every class, the worst first.</summary>
    public static ImmutableArray<TlsSuiteClass> All { get; } =
    [
        new("NULL", SuiteWeakness.NullCipher, null, "nothing is encrypted", "RFC 9325, 4.1", new(2022, 11, 1)),
        new("anonymous", SuiteWeakness.Anonymous, null, "nobody knows who the server is", "RFC 9325, 4.1", new(2022, 11, 1)),
        new("EXPORT", SuiteWeakness.Export, null, "keys of 40 or 56 bits can be tried out", "RFC 9325, 4.1", new(2022, 11, 1)),
        new("RC4", SuiteWeakness.Rc4, null, "the key stream is biased", "RFC 7465", new(2015, 2, 1)),
        new("DES", SuiteWeakness.Des, null, "keys of 56 bits can be tried out", "RFC 5469, 2", new(2009, 2, 1)),
        new("MD5", SuiteWeakness.Md5, null, "the hash is broken", "RFC 9155, 1", new(2021, 12, 1)),
        new("3DES", SuiteWeakness.TripleDes, null, "blocks of 64 bits collide after some gigabytes (SWEET32)", "NIST SP 800-131A r2, 2", new(2019, 3, 21)),
        new("small block", SuiteWeakness.SmallBlock, null, "blocks of 64 bits collide after some gigabytes (SWEET32)", "CVE-2016-2183", new(2016, 9, 1)),
        new("old CBC", SuiteWeakness.Cbc, TlsVersion.Tls12, "initial vectors and padding were attacked (BEAST, POODLE, Lucky Thirteen)", "RFC 8996, 1", new(2021, 3, 1)),
        new("static key", SuiteWeakness.NoForwardSecrecy, null, "whoever gets the key later reads what was recorded (no forward secrecy)", "RFC 9325, 4.1", new(2022, 11, 1)),
        new("PSK", SuiteWeakness.PreSharedKey, null, "as good as the secrecy and length of the shared key, which the network does not show", "RFC 9257, 4", new(2022, 7, 1)),
    ];

    /// <summary>Classes of a suite in a version, the worst first.</summary>
    public static IEnumerable<TlsSuiteClass> Of(TlsSuiteSeen suite, TlsVersion version)
    {
        ArgumentNullException.ThrowIfNull(suite);
        // DES and 3DES are named for themselves; the wider class is for what else has small blocks.
        var isNamed = (suite.Classes & (SuiteWeakness.Des | SuiteWeakness.TripleDes)) != 0;
        return All.Where(kind => suite.Classes.HasFlag(kind.Mark)
            && (kind.Before is not { } before || version.AsTls() < before)
            && !(kind.Mark == SuiteWeakness.SmallBlock && isNamed));
    }
}
