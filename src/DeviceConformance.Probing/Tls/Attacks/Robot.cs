using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.Probing.Tls.Attacks;

/// <summary>
/// Bleichenbacher's oracle in RSA key transport (RFC 5246, 7.4.7.1; ROBOT, CVE-2017-13099 and its kin): five ClientKeyExchange messages,
/// one well-formed and four not. A sound server answers all in one way; when the answers differ, whoever asks often enough can decrypt.
/// </summary>
internal static class Robot
{
    private const int Times = 3;
    private const string Silent = "silence";

    // With ChangeCipherSpec and Finished an answer is due at once. Without them a sound server waits, and this is how long we do.
    private static readonly TimeSpan _shortPatience = TimeSpan.FromSeconds(1);

    private static readonly string[] _forms = ["well-formed", "wrong first bytes", "separator in the wrong place", "no separator", "wrong version"];

    public static async Task<TlsAttackSeen> TryAsync(ClassicOpening opening, CancellationToken cancellationToken)
    {
        ImmutableArray<int> suites = [.. CipherSuite.InOrderOfUse.Where(suite => suite.Name.StartsWith("TLS_RSA_WITH_", StringComparison.Ordinal) && suite.FitsInto(TlsVersion.Tls12)).Select(suite => suite.Code)];
        var answer = await opening.AskAsync(suites, cancellationToken);
        if (answer.Flight.Hello is not { } hello)
        {
            return ClassicOpening.IsRefusal(answer)
                ? Seen(Exposure.NotVulnerable, "The server has no RSA key transport.")
                : Seen(Exposure.Undecided, $"To an offer of RSA key transport: {answer.Text}.");
        }

        if (!TryKey(answer.Flight, out var modulus, out var exponent))
        {
            return Seen(Exposure.Undecided, "The server takes RSA key transport, and its certificate shows no RSA key.");
        }

        foreach (var isFull in new[] { true, false })
        {
            var rounds = new List<string[]>();
            for (var time = 0; time < Times; time++)
            {
                var answers = new string[_forms.Length];
                for (var form = 0; form < _forms.Length; form++)
                {
                    var message = Form(form, modulus, exponent, hello.Version);
                    answers[form] = await AnswerAsync(opening, hello.Suite, message, isFull, cancellationToken);
                }

                rounds.Add(answers);
                if (answers.Any(text => text.StartsWith('!')))
                {
                    return Seen(Exposure.Undecided, $"A further handshake with RSA key transport did not come about: {answers.First(text => text.StartsWith('!'))[1..]}.");
                }

                if (time == 0 && answers.Distinct().Count() == 1)
                {
                    if (isFull && answers[0] == Silent)
                    {
                        return Seen(Exposure.Undecided, "The server takes RSA key transport, and answers no ClientKeyExchange message, not even when Finished follows.");
                    }

                    break;
                }
            }

            if (rounds.Count == 1)
            {
                continue;
            }

            var table = string.Join("; ", _forms.Select((name, form) => $"{name}: {rounds[0][form]}"));
            return rounds.TrueForAll(round => round.SequenceEqual(rounds[0]))
                ? Seen(Exposure.Vulnerable, $"The server answers malformed ClientKeyExchange messages differently, {Times} times the same ({table}).")
                : Seen(Exposure.Undecided, $"The answers to malformed ClientKeyExchange messages differ, and not each time the same (at first {table}).");
        }

        return Seen(Exposure.NotVulnerable, "The server answers a well-formed and four malformed ClientKeyExchange messages in one way.");
    }

    // How a server ends a connection, by FIN or RST, depends on what lies unread at that moment; only that it does is compared.
    private static async Task<string> AnswerAsync(ClassicOpening opening, int suite, byte[] keyExchange, bool isFull, CancellationToken cancellationToken)
    {
        var (connection, answer) = await opening.OpenAsync(hello => hello with { Suites = [suite] }, cancellationToken);
        if (connection is null)
        {
            return $"!{answer.Text}";
        }

        await using (connection)
        {
            var version = answer.Flight.Hello!.Version;
            byte[] message = RecordTail.Record(TlsContentType.Handshake, version, keyExchange);
            if (isFull)
            {
                message =
                [
                    .. message,
                    .. RecordTail.Record(TlsContentType.ChangeCipherSpec, version, [1]),
                    .. RecordTail.Record(TlsContentType.Handshake, version, RandomNumberGenerator.GetBytes(64)),
                ];
            }

            var tail = new RecordTail();
            var silence = await connection.SendAsync(message, TlsExchange.Deadline, cancellationToken)
                ?? await tail.ReadAsync(connection, read => read.Alert is not null, isFull ? TlsExchange.Deadline : _shortPatience, cancellationToken);
            return tail.Alert is { } alert ? alert.ToString() : silence == Silence.NoReply ? Silent : silence is null ? "not TLS" : "closed";
        }
    }

    private static byte[] Form(int form, BigInteger modulus, BigInteger exponent, TlsVersion version)
    {
        var length = modulus.GetByteCount(isUnsigned: true);
        var secret = RandomNumberGenerator.GetBytes(48);
        // The version in the secret is the one that was offered (RFC 5246, 7.4.7.1).
        (secret[0], secret[1]) = (3, 3);
        for (var i = 2; i < secret.Length; i++)
        {
            secret[i] |= 1; // no zero by chance where none is meant
        }

        var block = new byte[length];
        RandomNumberGenerator.Fill(block);
        for (var i = 0; i < block.Length; i++)
        {
            block[i] |= 1;
        }

        (block[0], block[1]) = (0, 2);
        var separator = length - secret.Length - 1;
        secret.CopyTo(block, separator + 1);
        block[separator] = 0;
        switch (form)
        {
            case 1:
                (block[0], block[1]) = (0x41, 0x17);
                break;
            case 2:
                block[separator] = 0x11;
                block[^2] = 0;
                break;
            case 3:
                block[separator] = 0x11;
                break;
            case 4:
                (block[separator + 1], block[separator + 2]) = (2, 2);
                break;
            default:
                break;
        }

        var cipher = BigInteger.ModPow(new BigInteger(block, isUnsigned: true, isBigEndian: true), exponent, modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] padded = [.. new byte[length - cipher.Length], .. cipher];
        // SSL 3.0 has no length before the secret (RFC 6101, 5.6.7.1).
        var body = version == TlsVersion.Ssl3 ? padded : ClientHello.Prefixed(2, padded);
        return [(byte)TlsHandshakeType.ClientKeyExchange, .. ClientHello.Prefixed(3, body)];
    }

    private static bool TryKey(ServerFlight flight, out BigInteger modulus, out BigInteger exponent)
    {
        const int smallest = 64; // bytes: 512 bits hold a block of 48 bytes and its padding
        (modulus, exponent) = (default, default);
        if (flight.Certificates is not [var leaf, ..] || leaf.Length > CertificateReading.MaxLength)
        {
            return false;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(leaf.Span);
            using var key = certificate.GetRSAPublicKey();
            if (key?.ExportParameters(false) is not { Modulus: { } n, Exponent: { } e } || n.Length < smallest)
            {
                return false;
            }

            (modulus, exponent) = (new BigInteger(n, isUnsigned: true, isBigEndian: true), new BigInteger(e, isUnsigned: true, isBigEndian: true));
            return modulus.GetByteCount(isUnsigned: true) == n.Length && !modulus.IsEven;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static TlsAttackSeen Seen(Exposure exposure, string reason) => new(TlsAttack.Robot, exposure, reason);
}
