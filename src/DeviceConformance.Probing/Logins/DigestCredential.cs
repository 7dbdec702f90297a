using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Lab;

namespace DeviceConformance.Probing.Logins;

/// <summary>Answers of a client to one Digest challenge (RFC 7616, 3.4; without qop RFC 2069).</summary>
public sealed class DigestCredential
{
    // The strongest first (RFC 7616, 3.7: the client takes the first that it supports; a device's order is not to be relied on).
    private static readonly string[] _algorithms = ["sha-256", "sha-256-sess", "md5", "md5-sess"];

    private readonly AuthChallenge _challenge;
    private readonly HashAlgorithmName _hash;
    private readonly bool _isSession;
    private readonly bool _hasQuality;

    private DigestCredential(AuthChallenge challenge, string algorithm, bool hasQuality)
    {
        _challenge = challenge;
        _hash = algorithm.StartsWith("sha", StringComparison.Ordinal) ? HashAlgorithmName.SHA256 : HashAlgorithmName.MD5;
        _isSession = algorithm.EndsWith("-sess", StringComparison.Ordinal);
        _hasQuality = hasQuality;
    }

    /// <summary>How often the challenge was answered: the nonce count (RFC 7616, 3.4).</summary>
    public int Uses { get; private set; }

    /// <summary>Nonce of the challenge.</summary>
    public string Nonce => _challenge["nonce"];

    /// <summary>Whether the server says that only the nonce was too old (RFC 7616, 3.3).</summary>
    public bool IsStale => _challenge["stale"].Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the strongest challenge that the harness can answer: SHA-256 and MD5, each also with -sess, qop auth or none.</summary>
    /// <param name="challenges">Challenges of one answer.</param>
    /// <param name="credential">The answers to it.</param>
    public static bool TryChoose(IEnumerable<AuthChallenge> challenges, out DigestCredential credential)
    {
        ArgumentNullException.ThrowIfNull(challenges);
        var usable =
            from challenge in challenges
            where challenge.Scheme == "digest" && challenge["nonce"].Length > 0
            let algorithm = challenge["algorithm"].Length == 0 ? "md5" : challenge["algorithm"].ToLowerInvariant()
            let qualities = challenge["qop"].Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
            where _algorithms.Contains(algorithm) && (qualities.Length == 0 || qualities.Contains("auth", StringComparer.OrdinalIgnoreCase))
            orderby Array.IndexOf(_algorithms, algorithm)
            select new DigestCredential(challenge, algorithm, qualities.Length > 0);
        credential = usable.FirstOrDefault()!;
        return credential is not null;
    }

    /// <summary>The Authorization header of the next request.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="target">Path and query as they stand in the request line.</param>
    /// <param name="user">User name.</param>
    /// <param name="password">Password.</param>
    public AuthenticationHeaderValue For(string method, string target, string user, Secret password) =>
        For(method, target, user, password, Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)));

    /// <summary>The same with a given client nonce instead of a random one, as published examples have it.</summary>
    public AuthenticationHeaderValue For(string method, string target, string user, Secret password, string clientNonce)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(password);
        var count = (++Uses).ToString("x8", CultureInfo.InvariantCulture);
        var realm = _challenge["realm"];
        var first = Hash($"{user}:{realm}:{password.Reveal()}");
        if (_isSession)
        {
            first = Hash($"{first}:{Nonce}:{clientNonce}");
        }

        var second = Hash($"{method}:{target}");
        var response = _hasQuality ? Hash($"{first}:{Nonce}:{count}:{clientNonce}:auth:{second}") : Hash($"{first}:{Nonce}:{second}");
        var text = new StringBuilder(Name(user, realm)).Append($", realm={Quoted(realm)}, nonce={Quoted(Nonce)}, uri={Quoted(target)}, response=\"{response}\"");
        if (_challenge["algorithm"].Length > 0)
        {
            text.Append($", algorithm={_challenge["algorithm"]}");
        }

        if (_challenge.Parameters.ContainsKey("opaque"))
        {
            text.Append($", opaque={Quoted(_challenge["opaque"])}");
        }

        if (_hasQuality)
        {
            text.Append($", qop=auth, nc={count}");
        }

        if (_hasQuality || _isSession)
        {
            text.Append($", cnonce={Quoted(clientNonce)}");
        }

        return new AuthenticationHeaderValue("Digest", text.ToString());
    }

    private string Name(string user, string realm) =>
        _challenge["userhash"].Equals("true", StringComparison.OrdinalIgnoreCase) ? $"username=\"{Hash($"{user}:{realm}")}\", userhash=true"
        // RFC 7616, 3.4: a name that does not fit into a quoted string is sent as RFC 5987 has it.
        : user.Any(character => character is < ' ' or > '~') ? $"username*=UTF-8''{Uri.EscapeDataString(user)}"
        : $"username={Quoted(user)}";

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private string Hash(string text) => Convert.ToHexStringLower(CryptographicOperations.HashData(_hash, Encoding.UTF8.GetBytes(text)));
}
