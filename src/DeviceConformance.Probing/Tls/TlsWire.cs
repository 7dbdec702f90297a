namespace DeviceConformance.Probing.Tls;

/// <summary>Type of a record (RFC 8446, 5.1).</summary>
internal enum TlsContentType : byte
{
    ChangeCipherSpec = 20,
    Alert = 21,
    Handshake = 22,
    ApplicationData = 23,
    Heartbeat = 24, // RFC 6520, 3
}

/// <summary>Type of a handshake message (RFC 8446, 4; RFC 5246, 7.4).</summary>
internal enum TlsHandshakeType : byte
{
    HelloRequest = 0,
    ClientHello = 1,
    ServerHello = 2,
    HelloVerifyRequest = 3, // RFC 6347, 4.2.1
    NewSessionTicket = 4, // RFC 5077, 3.3
    EncryptedExtensions = 8, // RFC 8446, 4.3.1
    Certificate = 11,
    ServerKeyExchange = 12,
    CertificateRequest = 13,
    ServerHelloDone = 14,
    ClientKeyExchange = 16,
    Finished = 20,
    CertificateStatus = 22,
}

/// <summary>Extensions that the harness sends or reads (RFC 8446, 4.2).</summary>
public enum TlsExtensionType
{
    /// <summary>OCSP stapling (RFC 6066, 8).</summary>
    StatusRequest = 5,

    /// <summary>Groups for key exchange (RFC 8422, 5.1.1).</summary>
    SupportedGroups = 10,

    /// <summary>Forms of points (RFC 8422, 5.1.2).</summary>
    EcPointFormats = 11,

    /// <summary>Algorithms for signatures (RFC 5246, 7.4.1.4.1).</summary>
    SignatureAlgorithms = 13,

    /// <summary>Heartbeats (RFC 6520, 2).</summary>
    Heartbeat = 15,

    /// <summary>Protocol inside (RFC 7301, 3.1).</summary>
    Alpn = 16,

    /// <summary>MAC over the ciphertext (RFC 7366, 2).</summary>
    EncryptThenMac = 22,

    /// <summary>Extended master secret (RFC 7627, 5.1).</summary>
    ExtendedMainSecret = 23,

    /// <summary>Session tickets (RFC 5077, 3.2).</summary>
    SessionTicket = 35,

    /// <summary>Versions (RFC 8446, 4.2.1).</summary>
    SupportedVersions = 43,

    /// <summary>How a pre-shared key may be used (RFC 8446, 4.2.9).</summary>
    PskKeyExchangeModes = 45,

    /// <summary>Public keys (RFC 8446, 4.2.8).</summary>
    KeyShare = 51,

    /// <summary>Secure renegotiation (RFC 5746, 3.2).</summary>
    RenegotiationInfo = 0xff01,
}

/// <summary>Description of an alert (RFC 8446, 6); the ones that the harness tells apart.</summary>
public enum TlsAlertDescription : byte
{
    /// <summary>The peer ends the connection in good order.</summary>
    CloseNotify = 0,

    /// <summary>A message that has no place there.</summary>
    UnexpectedMessage = 10,

    /// <summary>No acceptable set of parameters.</summary>
    HandshakeFailure = 40,

    /// <summary>A field is out of range or contradicts another.</summary>
    IllegalParameter = 47,

    /// <summary>A record whose MAC does not fit (RFC 5246, 7.2.2).</summary>
    BadRecordMac = 20,

    /// <summary>A record that can not be decrypted; no longer used since TLS 1.1.</summary>
    DecryptionFailed = 21,

    /// <summary>A message can not be read.</summary>
    DecodeError = 50,

    /// <summary>A signature or a Finished message does not fit.</summary>
    DecryptError = 51,

    /// <summary>The version is known and not supported.</summary>
    ProtocolVersion = 70,

    /// <summary>The server wants something more secure.</summary>
    InsufficientSecurity = 71,

    /// <summary>A fault of the peer that has nothing to do with us.</summary>
    InternalError = 80,

    /// <summary>The client fell back to a version below the best of both (RFC 7507, 3).</summary>
    InappropriateFallback = 86,

    /// <summary>The peer does not renegotiate (RFC 5246, 7.2.2).</summary>
    NoRenegotiation = 100,

    /// <summary>No protocol in common (RFC 7301, 3.2).</summary>
    NoApplicationProtocol = 120,

    /// <summary>No server of the name that the client gave, or gave none.</summary>
    UnrecognizedName = 112,
}

/// <summary>An alert (RFC 8446, 6).</summary>
/// <param name="Level">1 for a warning, 2 for fatal.</param>
/// <param name="Description">What is wrong.</param>
public readonly record struct TlsAlert(byte Level, TlsAlertDescription Description)
{
    /// <summary>Whether the connection is over: close_notify, and all that is not a mere warning.</summary>
    public bool Ends => Level != 1 || Description == TlsAlertDescription.CloseNotify;

    /// <summary>The name as the RFC writes it, or the number.</summary>
    public override string ToString() => Description switch
    {
        TlsAlertDescription.CloseNotify => "close_notify",
        TlsAlertDescription.UnexpectedMessage => "unexpected_message",
        TlsAlertDescription.HandshakeFailure => "handshake_failure",
        TlsAlertDescription.IllegalParameter => "illegal_parameter",
        TlsAlertDescription.DecodeError => "decode_error",
        TlsAlertDescription.ProtocolVersion => "protocol_version",
        TlsAlertDescription.InsufficientSecurity => "insufficient_security",
        TlsAlertDescription.InternalError => "internal_error",
        TlsAlertDescription.UnrecognizedName => "unrecognized_name",
        TlsAlertDescription.BadRecordMac => "bad_record_mac",
        TlsAlertDescription.DecryptionFailed => "decryption_failed",
        TlsAlertDescription.DecryptError => "decrypt_error",
        TlsAlertDescription.InappropriateFallback => "inappropriate_fallback",
        TlsAlertDescription.NoRenegotiation => "no_renegotiation",
        TlsAlertDescription.NoApplicationProtocol => "no_application_protocol",
        _ => $"alert {(byte)Description}",
    };
}
