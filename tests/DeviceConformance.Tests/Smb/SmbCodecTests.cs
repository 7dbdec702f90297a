using System.Text;
using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Smb;
using NUnit.Framework;

namespace DeviceConformance.Tests.Smb;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class SmbCodecTests
{
    /// <summary>Answers of Debian's Samba 4.17 with the names of the test's device, as they came.</summary>
    internal static readonly byte[] Challenge = Convert.FromHexString(
        "4e544c4d5353500002000000" + "0c000c0038000000" + "058289a2" + "0123456789abcdef" + "0000000000000000" + "2400240044000000" + "0601000000000000"
        + "530065007200760065007200" + "02000c0044006f006d00610069006e00" + "01000c00530065007200760065007200" + "00000000");

    // RFC 1320, A.5.
    [TestCase("", "31d6cfe0d16ae931b73c59d7e0c089c0")]
    [TestCase("abc", "a448017aaf21d8525fc10ae87aa6729d")]
    [TestCase("message digest", "d9130a8164549fe818874806e1c7014b")]
    [TestCase("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "e33b4ddc9c38f2199c3e7b164fcc0536")]
    public void Md4_is_that_of_the_rfc(string text, string digest) => Assert.That(Convert.ToHexStringLower(Md4.Hash(Encoding.ASCII.GetBytes(text))), Is.EqualTo(digest));

    [Test]
    public void Answer_of_ntlm_is_that_of_the_specification()
    {
        // MS-NLMP, 4.2.4.2.2: User, Domain, Password; time 0.
        Assert.That(Ntlm.TryParse([0xa1, 0x30, .. Challenge], out var challenge), Is.True);

        var response = Ntlm.Response(challenge.Challenge, challenge.TargetInfo, "User", "Domain", "Password", Convert.FromHexString("aaaaaaaaaaaaaaaa"), 0);

        Assert.Multiple(() =>
        {
            Assert.That(Convert.ToHexStringLower(response.AsSpan(0, 16)), Is.EqualTo("68cd0ab851e51c96aabc927bebef6a1c"));
            Assert.That((challenge.NetbiosName, challenge.NetbiosDomain, challenge.Version), Is.EqualTo(("Server", "Domain", "6.1.0")));
            Assert.That(Convert.ToHexString(Ntlm.Authenticate(challenge, "User", new Secret("Password"), DateTimeOffset.UnixEpoch)), Does.Not.Contain(Convert.ToHexString(Encoding.Unicode.GetBytes("Password"))));
        });
    }

    [Test]
    public void Target_info_that_ends_early_gives_no_names()
    {
        var cut = Challenge[..^10];
        cut[40] = 0xff;

        Assert.That(Ntlm.TryParse(cut, out var challenge), Is.True);
        Assert.That((challenge.NetbiosName, challenge.TargetInfo.Length), Is.EqualTo(("", 0)));
    }

    [Test]
    public void List_of_shares_is_read_and_a_longer_count_than_rows_is_none()
    {
        var list = Shares();

        Assert.That(ShareList.TryParse(list, out var shares), Is.True);
        Assert.That(shares, Is.EqualTo(new[] { new SmbShare("public", true, "For all"), new SmbShare("IPC$", false, "") }));
        list[24 + 12] = 200;
        Assert.That(ShareList.TryParse(list, out _), Is.False);
    }

    /// <summary>An answer with two shares, as NDR has it.</summary>
    internal static byte[] Shares()
    {
        static byte[] Number(int value) => BitConverter.GetBytes(value);
        static byte[] Words(string text)
        {
            var bytes = Encoding.Unicode.GetBytes(text + "\0");
            return [.. Number(text.Length + 1), .. Number(0), .. Number(text.Length + 1), .. bytes, .. new byte[(4 - bytes.Length % 4) % 4]];
        }

        return
        [
            5, 0, 2, 3, 0x10, 0, 0, 0, .. new byte[16],
            .. Number(1), .. Number(1), .. Number(4), .. Number(2), .. Number(8), .. Number(2),
            .. Number(1), .. Number(0), .. Number(2), .. Number(3), .. BitConverter.GetBytes(0x80000003), .. Number(4),
            .. Words("public"), .. Words("For all"), .. Words("IPC$"), .. Words(""), .. Number(2), .. Number(0), .. Number(0),
        ];
    }
}
