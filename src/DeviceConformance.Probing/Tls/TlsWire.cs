namespace DeviceConformance.Probing.Tls;

/// <summary>Type of a record (RFC 8446, 5.1).</summary>
internal enum TlsContentType : byte
{
    ChangeCipherSpec = 20,
    Alert = 21,
    Handshake = 22,
    ApplicationData = 23,
}

/// <summary>Type of a handshake message (RFC 8446, 4; RFC 5246, 7.4).</summary>
internal enum TlsHandshakeType : byte
{
    HelloRequest = 0,
    ClientHello = 1,
    ServerHello = 2,
    Certificate = 11,
    ServerKeyExchange = 12,
    CertificateRequest = 13,
    ServerHelloDone = 14,
    CertificateStatus = 22,
}

/// <summary>Extensions that the harness sends or reads (RFC 8446, 4.2).</summary>
internal enum TlsExtensionType : ushort
{
    SupportedGroups = 10,
    EcPointFormats = 11,
    SignatureAlgorithms = 13,
    ExtendedMainSecret = 23,
    SupportedVersions = 43,
    PskKeyExchangeModes = 45,
    KeyShare = 51,
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

    /// <summary>A message can not be read.</summary>
    DecodeError = 50,

    /// <summary>The version is known and not supported.</summary>
    ProtocolVersion = 70,

    /// <summary>The server wants something more secure.</summary>
    InsufficientSecurity = 71,

    /// <summary>A fault of the peer that has nothing to do with us.</summary>
    InternalError = 80,

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
        _ => $"alert {(byte)Description}",
    };
}
