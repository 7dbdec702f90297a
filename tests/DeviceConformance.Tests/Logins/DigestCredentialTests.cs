using DeviceConformance.Model.Lab;
using DeviceConformance.Probing.Logins;
using NUnit.Framework;

namespace DeviceConformance.Tests.Logins;

[Parallelizable]
public sealed class DigestCredentialTests
{
    private const string Rfc7616 =
        """realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS" """;

    private const string Rfc7616ClientNonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    [TestCase("MD5", "8ca523f5e9506fed4657c9700eebdbec")]
    [TestCase("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    public void The_example_of_RFC_7616_section_3_9_1_comes_out(string algorithm, string response)
    {
        var credential = Choose($"Digest {Rfc7616}, algorithm={algorithm}");

        var header = credential.For("GET", "/dir/index.html", "Mufasa", new Secret("Circle of Life"), Rfc7616ClientNonce);

        Assert.That(header.Parameter, Does.Contain($"response=\"{response}\"").And.Contain("nc=00000001").And.Contain("qop=auth,").And.Contain("opaque=\"FQhe"));
    }

    [Test]
    public void The_example_of_RFC_2617_section_3_5_comes_out()
    {
        var credential = Choose("""Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41" """);

        var header = credential.For("GET", "/dir/index.html", "Mufasa", new Secret("Circle Of Life"), "0a4f113b");

        Assert.That(header.Parameter, Does.Contain("response=\"6629fae49393a05397450978507c4ef1\"").And.Not.Contain("algorithm"));
    }

    [Test]
    public void Without_qop_the_answer_is_that_of_RFC_2069()
    {
        var credential = Choose("""Digest realm="r", nonce="n" """);

        var header = credential.For("GET", "/", "u", new Secret("p"), "c");

        // md5(md5("u:r:p") + ":n:" + md5("GET:/"))
        var first = Md5("u:r:p");
        Assert.That(header.Parameter, Does.Contain($"response=\"{Md5($"{first}:n:{Md5("GET:/")}")}\"").And.Not.Contain("nc=").And.Not.Contain("cnonce"));
    }

    [Test]
    public void A_session_algorithm_hashes_the_nonces_into_the_key()
    {
        var credential = Choose("""Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess""");

        var header = credential.For("GET", "/", "u", new Secret("p"), "c");

        var first = Md5($"{Md5("u:r:p")}:n:c");
        Assert.That(header.Parameter, Does.Contain($"response=\"{Md5($"{first}:n:00000001:c:auth:{Md5("GET:/")}")}\""));
    }

    [Test]
    public void The_nonce_count_grows_with_each_request()
    {
        var credential = Choose("""Digest realm="r", nonce="n", qop="auth" """);

        _ = credential.For("GET", "/", "u", new Secret("p"));
        var second = credential.For("GET", "/", "u", new Secret("p"));

        Assert.That(second.Parameter, Does.Contain("nc=00000002"));
    }

    [Test]
    public void The_stronger_algorithm_is_taken_whatever_the_order()
    {
        var credential = Choose("""Digest realm="r", nonce="weak", algorithm=MD5, Digest realm="r", nonce="strong", algorithm=SHA-256""");

        Assert.That(credential.Nonce, Is.EqualTo("strong"));
    }

    [Test]
    public void A_user_name_is_hashed_when_the_server_asks_for_it()
    {
        var credential = Choose("""Digest realm="r", nonce="n", algorithm=MD5, userhash=true""");

        Assert.That(credential.For("GET", "/", "u", new Secret("p")).Parameter, Does.Contain($"username=\"{Md5("u:r")}\", userhash=true"));
    }

    [TestCase("Basic realm=\"x\"")]
    [TestCase("Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256")]
    [TestCase("Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"")]
    [TestCase("Digest realm=\"x\"")]
    public void A_challenge_that_can_not_be_answered_is_not_taken(string header)
    {
        Assert.That(AuthChallenge.TryParse(header, out var challenges), Is.True);
        Assert.That(DigestCredential.TryChoose(challenges, out _), Is.False);
    }

    [TestCase("")]
    [TestCase("=")]
    [TestCase("Digest realm=\"open")]
    [TestCase("Digest realm=\"\u00e4\"")]
    [TestCase("Digest =x")]
    public void A_header_that_breaks_the_grammar_is_no_challenge(string header) =>
        Assert.That(AuthChallenge.TryParse(header, out _), Is.False);

    [Test]
    public void A_scheme_whose_parameters_break_off_stays_asked_for_and_is_not_answered()
    {
        Assert.That(AuthChallenge.TryParse("Digest realm=\"x\", nonce=\"\u0001\"", out var challenges), Is.False);
        Assert.That(challenges.Single(), Has.Property("Scheme").EqualTo("digest").And.Property("Parameters").Empty);
        Assert.That(DigestCredential.TryChoose(challenges, out _), Is.False);
    }

    [Test]
    public void Two_schemes_in_one_header_are_two_challenges()
    {
        Assert.That(AuthChallenge.TryParse("Digest realm=\"a, b=c\", nonce=n , Basic realm=\"d\\\"e\"", out var challenges), Is.True);
        Assert.Multiple(() =>
        {
            Assert.That(challenges.Select(challenge => challenge.Scheme), Is.EqualTo(["digest", "basic"]));
            Assert.That(challenges[0]["realm"], Is.EqualTo("a, b=c"));
            Assert.That(challenges[1]["realm"], Is.EqualTo("d\"e"));
        });
    }

    [FsCheck.NUnit.Property]
    public void Any_header_is_read_without_harm(string? header)
    {
        _ = AuthChallenge.TryParse(header ?? "", out var challenges);
        if (DigestCredential.TryChoose(challenges, out var credential))
        {
            _ = credential.For("GET", "/", "u", new Secret("p"));
        }
    }

    private static DigestCredential Choose(string header)
    {
        Assert.That(AuthChallenge.TryParse(header, out var challenges), Is.True);
        Assert.That(DigestCredential.TryChoose(challenges, out var credential), Is.True);
        return credential;
    }

    private static string Md5(string text) => Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}
