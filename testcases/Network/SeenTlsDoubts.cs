using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;

namespace DeviceConformance.TestCases.Network;

/// <summary>What in captured handshakes of a declared client keeps them from proving its declaration, though nothing in them contradicts it.</summary>
internal static class SeenTlsDoubts
{
    /// <summary>Doubts, each as a part of a sentence.</summary>
    public static IEnumerable<string> Of(ConversationSeen conversation, ComMechFacts facts)
    {
        if (conversation.Tls is not { } tls)
        {
            yield break;
        }

        // What was agreed on is as declared; a server that is worse, or somebody in between, would get what else is offered.
        var offered = tls.OfferedVersions.Where(version => !facts.Versions.IsEmpty && !DeclaredTls.Declares(facts, version)).ToList();
        if (offered.Count > 0)
        {
            yield return $"the DUT also offers {string.Join(", ", offered.Select(version => version.DisplayName()))} to {conversation.Title}, which is not declared";
        }

        if (conversation.Opener != ConversationOpener.Dut || tls.Completed == 0)
        {
            yield break;
        }

        if (!facts.CertificateSha256.IsEmpty && !tls.Certificates.Any(certificate => facts.CertificateSha256.Contains(certificate.Sha256)))
        {
            yield return tls.Certificates.IsEmpty
                ? $"the declared certificate of {conversation.Title} is in no handshake that can be read (TLS 1.3 and resumed sessions hide it; a key log opens TLS 1.3)"
                : $"{conversation.Title} shows other certificates than the declared one";
        }

        // The DUT went on all the same: it may know the certificate itself, or look at none.
        var untimely = tls.Certificates.Where(certificate => certificate.NotAfter < conversation.First || certificate.NotBefore > conversation.Last).ToList();
        if (untimely.Count > 0)
        {
            yield return $"{conversation.Title} shows a certificate that was not valid then ({string.Join(", ", untimely.Select(certificate => certificate.Subject))}), and the DUT takes it";
        }

        var unnamed = tls.Certificates.IsEmpty || tls.OpenedByKeyLog ? [] : tls.ServerNames.Where(name => !tls.Certificates.Any(certificate => Names(certificate, name))).ToList();
        if (unnamed.Count > 0 && tls.Versions.All(version => version.AsTls() != TlsVersion.Tls13))
        {
            yield return $"{conversation.Title} shows no certificate for {string.Join(", ", unnamed)}, and the DUT takes it";
        }
    }

    // RFC 6125, 6.4.3: a wildcard stands for one label.
    private static bool Names(SeenCertificate certificate, string host) =>
        certificate.Names.Any(name => name.Equals(host, StringComparison.OrdinalIgnoreCase)
            || (name.StartsWith("*.", StringComparison.Ordinal) && host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && name[1..].Equals(host[dot..], StringComparison.OrdinalIgnoreCase)));
}
