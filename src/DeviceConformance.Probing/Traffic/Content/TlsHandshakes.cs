using System.Collections.Immutable;
using System.Security.Cryptography;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Both directions of a TLS connection, and what they agreed on.</summary>
internal sealed class TlsHandshakes
{
    private const int SupportedVersions = 43;
    private const int AlpnType = 16;
    private const int MostCertificates = 8;

    // RFC 8446, 4.1.3: the random of a hello that asks to try again.
    private static readonly byte[] _retry = SHA256.HashData("HelloRetryRequest"u8);

    private readonly FlowNotes _notes;
    private readonly char _transport;
    private readonly List<SeenCertificate> _certificates = [];
    private SeenClientHello? _offer;
    private TlsVersion? _version;
    private CipherSuite? _suite;
    private string _suiteName = "";
    private string _alpn = "";
    private byte[]? _clientRandom;
    private byte[]? _serverRandom;
    private bool _isMacOverCipherText;
    private bool _isOver;

    /// <summary>Begins with nothing read.</summary>
    /// <param name="notes">Notes of the flow.</param>
    /// <param name="transport">How JA4 names what carries it: t for TCP, q for QUIC, d for DTLS.</param>
    public TlsHandshakes(FlowNotes notes, char transport = 't')
    {
        (_notes, _transport) = (notes, transport);
        Client = new TlsSide { OnHold = notes.Hold, Open = () => Opening(true), OnOpened = (bytes, frame) => TakeOpened(true, bytes, frame), IsKnownToEncrypt = () => IsKnownToEncrypt, OnMessage = (type, body, frame) => Take(true, type, body.Span, frame) };
        Server = new TlsSide { OnHold = notes.Hold, Open = () => Opening(false), OnOpened = (bytes, frame) => TakeOpened(false, bytes, frame), IsKnownToEncrypt = () => IsKnownToEncrypt, OnMessage = (type, body, frame) => Take(false, type, body.Span, frame) };
    }

    /// <summary>What the client says.</summary>
    public TlsSide Client { get; }

    /// <summary>What the server says.</summary>
    public TlsSide Server { get; }

    /// <summary>What keys opened; null when nothing was.</summary>
    public StreamTalk? Inner { get; private set; }

    /// <summary>Whether the suite does not encrypt.</summary>
    public bool HasNullSuite => _suite?.Weakness.HasFlag(SuiteWeakness.NullCipher) == true;

    /// <summary>Whether what follows is known to be encrypted: by the suite agreed on, or, where the answer was not seen, because nothing else was offered.</summary>
    public bool IsKnownToEncrypt => _version is null ? _offer is { OffersOnlyEncryption: true } : _suite is not null && !HasNullSuite;

    /// <summary>Name of the suite agreed on; empty without any.</summary>
    public string SuiteName => _suiteName;

    /// <summary>Version in words.</summary>
    public string Application => _version is { } version ? version.DisplayName() : "TLS";

    /// <summary>Whether both sides finished, or sent application data.</summary>
    public bool IsComplete => _transport != 't' ? _version is not null && HasEncryptedBothWays : _version is null or TlsVersion.Tls13
        ? _version is not null && Client.HasLongApplication && Server.HasLongApplication
        : (Client.HasOldFinished && Server.HasOldFinished) || (Client.ApplicationRecords > 0 && Server.ApplicationRecords > 0);

    /// <summary>Whether both sides sent encrypted datagrams, where records do not tell it.</summary>
    public bool HasEncryptedBothWays { get; set; }

    /// <summary>The connection is over.</summary>
    public void End()
    {
        _isOver = true;
        Client.End();
        Server.End();
        Inner?.End();
    }

    /// <summary>As facts; null when no handshake was seen.</summary>
    public SeenTls? Facts => _offer is null && _version is null ? null : new SeenTls(
        _version is null ? 0 : 1,
        IsComplete ? 1 : 0,
        !IsComplete && (Client.HasFatalAlert || Server.HasFatalAlert || (_isOver && _version is null)) ? 1 : 0,
        _version is { } version ? [version] : [],
        _suiteName.Length > 0 ? [_suiteName] : [],
        _offer?.Versions ?? [],
        _offer is { ServerName.Length: > 0 } named ? [named.ServerName] : [],
        _alpn.Length > 0 ? [_alpn] : _offer?.Alpn ?? [],
        _offer is null ? [] : [_offer.Ja3],
        _offer is null ? [] : [_transport + _offer.Ja4],
        [.. _certificates],
        Inner is not null);

    private void Take(bool fromClient, TlsHandshakeType type, ReadOnlySpan<byte> body, long frame)
    {
        switch (type)
        {
            // The second hello after a request to try again repeats the first.
            case TlsHandshakeType.ClientHello when fromClient && _offer is null && SeenClientHello.TryParse(body, _transport == 'd', out _offer):
                _clientRandom = body.Slice(2, 32).ToArray();
                _notes.Name(_offer.ServerName, "SNI", frame);
                break;
            case TlsHandshakeType.ServerHello when !fromClient && _version is null:
                TakeServerHello(body);
                break;
            case TlsHandshakeType.Certificate when !fromClient && _certificates.Count == 0 && _version is not null and not TlsVersion.Tls13:
                TakeCertificates(body);
                break;
        }
    }

    private void TakeServerHello(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        if (!reader.TryU16(out var version) || !reader.TryBytes(32, out var random) || !reader.TryVector8(out _) || !reader.TryU16(out var suite) || !reader.TryByte(out _))
        {
            return;
        }

        if (random.SequenceEqual(_retry))
        {
            Client.IgnoreChanges();
            Server.IgnoreChanges();
            return;
        }

        _serverRandom = random.ToArray();

        if (reader.TryVector16(out var extensions))
        {
            var list = new WireReader(extensions);
            while (list.TryU16(out var type) && list.TryVector16(out var content))
            {
                var inner = new WireReader(content);
                _isMacOverCipherText |= type == (int)TlsExtensionType.EncryptThenMac;
                if (type == SupportedVersions && inner.TryU16(out var selected))
                {
                    version = selected;
                }
                else if (type == AlpnType)
                {
                    TakeAlpn(content);
                }
            }
        }

        if (Enum.IsDefined((TlsVersion)version))
        {
            _version = (TlsVersion)version;
            _suite = CipherSuite.ByCode.GetValueOrDefault(suite);
            _suiteName = CipherSuite.Seen(suite, "").Name;
        }
    }

    private void TakeAlpn(ReadOnlySpan<byte> content)
    {
        var reader = new WireReader(content);
        if (reader.TryVector16(out var protocols) && new WireReader(protocols) is var one && one.TryVector8(out var protocol))
        {
            _alpn = SeenClientHello.Printable(protocol);
        }
    }

    private TlsOpening? Opening(bool fromClient)
    {
        if (_suite is null || _clientRandom is null || _serverRandom is null)
        {
            return null;
        }

        var (keys, side) = (_notes.Settings.Keys, fromClient ? "CLIENT" : "SERVER");
        return _version switch
        {
            TlsVersion.Tls13 when keys.Find($"{side}_HANDSHAKE_TRAFFIC_SECRET", _clientRandom) is { } secret =>
                new TlsOpening(_suite, secret, keys.Find($"{side}_TRAFFIC_SECRET_0", _clientRandom), (type, body, _) => TakeInside(fromClient, type, body.Span), _notes.Hold),
            TlsVersion.Tls12 when keys.Find("CLIENT_RANDOM", _clientRandom) is { } secret && TlsRecordCipher.Of12(_suite, secret, _clientRandom, _serverRandom, fromClient, _isMacOverCipherText) is { } cipher =>
                new TlsOpening(_suite, cipher),
            _ => null,
        };
    }

    private void TakeOpened(bool fromClient, ReadOnlySpan<byte> bytes, long frame) => (Inner ??= new StreamTalk(_notes.Opened())).Append(fromClient, bytes, frame);

    // RFC 8446, 4.3.1 and 4.4.2: what TLS 1.3 keeps from those who watch.
    private void TakeInside(bool fromClient, TlsHandshakeType type, ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        if (fromClient)
        {
            return;
        }

        if (type == TlsHandshakeType.EncryptedExtensions && reader.TryVector16(out var extensions))
        {
            var list = new WireReader(extensions);
            while (list.TryU16(out var extension) && list.TryVector16(out var content))
            {
                if (extension == AlpnType)
                {
                    TakeAlpn(content);
                }
            }
        }
        else if (type == TlsHandshakeType.Certificate && _certificates.Count == 0 && reader.TryVector8(out _) && reader.TryVector24(out var chain))
        {
            var list = new WireReader(chain);
            while (_certificates.Count < MostCertificates && list.TryVector24(out var der) && list.TryVector16(out _))
            {
                TakeCertificate(der);
            }
        }
    }

    // RFC 5246, 7.4.2.
    private void TakeCertificates(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        if (!reader.TryVector24(out var chain))
        {
            return;
        }

        var list = new WireReader(chain);
        while (_certificates.Count < MostCertificates && list.TryVector24(out var der))
        {
            TakeCertificate(der);
        }
    }

    private void TakeCertificate(ReadOnlySpan<byte> der)
    {
        // Whether it is valid is judged with the time of the capture, not here.
        if (CertificateReading.TryRead(der, DateTimeOffset.UnixEpoch, out var seen))
        {
            _notes.Hold(2 * (seen.Subject.Length + seen.Issuer.Length + seen.Names.Sum(name => name.Length)));
            _certificates.Add(new SeenCertificate(seen.Sha256, seen.Subject, seen.Issuer, seen.Names, seen.NotBefore, seen.NotAfter, $"{seen.KeyAlgorithm} {seen.KeyBits}", seen.SignatureAlgorithm));
        }
    }
}
