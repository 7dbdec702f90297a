using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Link;
using DeviceConformance.Probing.Tls;

namespace DeviceConformance.Probing.Ssh;

/// <summary>
/// The client's side of one SSH connection: opening, key exchange and the encrypted transport (RFC 4253), with strict key exchange
/// and EXT_INFO (RFC 8308) where the server knows them.
/// </summary>
/// <remarks>
/// For probing only: it never opens a channel, does not exchange keys a second time, remembers no host keys, and does not run in constant
/// time, since it holds no secret beyond the credentials that a laboratory tries. It must not be offered as a general client.
/// </remarks>
internal sealed class SshTransport(DutConnection connection, SshWish wish, TimeSpan step, TimeProvider time) : IAsyncDisposable
{
    /// <summary>What a server adds to its key exchanges that numbers packets anew after each one, which stops CVE-2023-48795.</summary>
    public const string StrictServer = "kex-strict-s-v00@openssh.com";

    private static readonly byte[] _identification = "SSH-2.0-DeviceConformance"u8.ToArray();
    private readonly SshPackets _packets = new(connection, time);

    /// <summary>What the server said first.</summary>
    public SshOpening Opening { get; } = new();

    /// <summary>First bytes that came, printable; empty when none came.</summary>
    public string FirstBytes { get; private set; } = "";

    /// <summary>What both sides agreed on; null before.</summary>
    public SshChoice? Choice { get; private set; }

    /// <summary>The server's host key; null before it came, or when it is of no kind that the harness reads.</summary>
    public SshHostKey? HostKey { get; private set; }

    /// <summary>Whether the server proved by a signature that the host key is its own.</summary>
    public bool IsHostKeyProven { get; private set; }

    /// <summary>Bits of the modulus that the server chose for group exchange; 0 when it chose none.</summary>
    public int ModulusBits { get; private set; }

    /// <summary>Signature algorithms that the server takes from clients (server-sig-algs, RFC 8308, 3.1).</summary>
    public ImmutableArray<string> SignatureAlgorithms { get; private set; } = [];

    /// <summary>Reads what the server says first.</summary>
    /// <returns>Null when its identification has come and, in version 2, its offer.</returns>
    public async Task<SshFault?> GreetAsync(CancellationToken cancellationToken)
    {
        const int shown = 60;
        // Both sides send their identification at once (RFC 4253, 4.2), and some servers send nothing further before they have ours.
        var silence = await connection.SendAsync((byte[])[.. _identification, .. "\r\n"u8], step, cancellationToken)
            ?? await connection.ReadUntilAsync(IsEnough, step, cancellationToken);
        return Opening.State switch
        {
            OpeningState.Complete => null,
            OpeningState.Disconnected => new SshFault(Silence.HandshakeRefused, $"{connection.Endpoint} ({Opening.Identification}) takes its leave: {Transcript.Printable(Encoding.UTF8.GetBytes(Opening.Fault), 300)}", 1),
            OpeningState.Malformed => new SshFault(Silence.Malformed, $"{connection.Endpoint} answers \"{FirstBytes}\", which is not SSH ({Opening.Fault})"),
            _ when Opening.Identification.Length > 0 => new SshFault(silence ?? Silence.ClosedByPeer, $"{connection.Endpoint} says {Opening.Identification}, but no KEXINIT: {silence}"),
            _ when FirstBytes.Length > 0 => new SshFault(Silence.Malformed, $"{connection.Endpoint} answers \"{FirstBytes}\", which is not SSH"),
            _ => new SshFault(silence ?? Silence.ClosedByPeer, $"{connection.Endpoint} accepts the connection and says nothing: {silence}"),
        };

        bool IsEnough(ReadOnlyMemory<byte> bytes)
        {
            FirstBytes = FirstBytes.Length == 0 ? Transcript.Printable(bytes.Span, shown) : FirstBytes;
            return Opening.Append(bytes.Span) != OpeningState.Open;
        }
    }

    /// <summary>Exchanges keys until the server has shown its host key.</summary>
    /// <param name="smallestGroup">Whether to ask for the smallest group of group exchange, and to stop when it is known.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null when it has; <see cref="IsHostKeyProven"/> tells whether the key is the server's own.</returns>
    public async Task<SshFault?> ExchangeAsync(bool smallestGroup, CancellationToken cancellationToken)
    {
        using var agreed = new Agreement(smallestGroup);
        return await ExchangeAsync(agreed, smallestGroup, cancellationToken);
    }

    /// <summary>Exchanges keys and uses them from then on.</summary>
    /// <returns>Null when the transport is encrypted and the server has proven its host key.</returns>
    public async Task<SshFault?> EncryptAsync(CancellationToken cancellationToken)
    {
        using var agreed = new Agreement(false);
        if (await ExchangeAsync(agreed, false, cancellationToken) is { } fault)
        {
            return fault;
        }

        if (!IsHostKeyProven)
        {
            return new SshFault(Silence.Malformed, $"{connection.Endpoint} signs the key exchange wrongly ({Choice}), so whose host key it shows is not known");
        }

        var isStrict = Opening.KexInit!.KeyExchange.Contains(StrictServer);
        if (await _packets.SendAsync([SshMessage.NewKeys], step, cancellationToken) is { } unsent)
        {
            return unsent;
        }

        _packets.SealWith(CipherFor(agreed, 'A', 'C', 'E'), isStrict);
        var answer = await _packets.ReadAsync(step, cancellationToken);
        if (answer.Number != SshMessage.NewKeys)
        {
            return answer.Fault ?? new SshFault(Silence.Malformed, $"message {answer.Number} in place of NEWKEYS");
        }

        _packets.OpenWith(CipherFor(agreed, 'B', 'D', 'F'), isStrict);
        return null;
    }

    /// <summary>Sends a message.</summary>
    public Task<SshFault?> SendAsync(byte[] payload, CancellationToken cancellationToken) => _packets.SendAsync(payload, step, cancellationToken);

    /// <summary>Reads the next message; what the server tells of its extensions is taken on the way.</summary>
    public async Task<SshReceived> ReadAsync(CancellationToken cancellationToken)
    {
        var received = await _packets.ReadAsync(step, cancellationToken);
        if (received.Number != SshMessage.ExtInfo)
        {
            return received;
        }

        TakeExtensions(received.Payload);
        return await _packets.ReadAsync(step, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _packets.Dispose();
        await connection.DisposeAsync();
    }

    private async Task<SshFault?> ExchangeAsync(Agreement agreed, bool smallestGroup, CancellationToken cancellationToken)
    {
        if (Opening.KexInit is not { } offered)
        {
            return new SshFault(Silence.HandshakeRefused, $"{connection.Endpoint} ({Opening.Identification}) speaks no version 2 of the protocol");
        }

        if (!SshChoice.TryAgree(wish, offered, out var choice, out var lacking))
        {
            return new SshFault(Silence.HandshakeRefused, $"{connection.Endpoint} offers no {lacking} that the harness speaks");
        }

        Choice = choice;
        // We say what we are going to use and no more: then nothing is left for the server to choose.
        var mac = choice.Mac.Length > 0 ? choice.Mac : wish.Macs[0];
        var own = new SshKexInit([choice.KeyExchange, "ext-info-c", "kex-strict-c-v00@openssh.com"], [choice.HostKey], [choice.Cipher], [choice.Cipher], [mac], [mac], ["none"], ["none"]).ToPayload();
        if (!_packets.TryStart(Opening.Rest(), Opening.Packets))
        {
            return new SshFault(Silence.Malformed, $"{connection.Endpoint} sends more than a packet before it may");
        }

        agreed.Start(choice.KeyExchange);
        var exchange = agreed.Exchange;
        var fault = await _packets.SendAsync(own, step, cancellationToken);
        for (var state = ExchangeStep.Send; state == ExchangeStep.Send && fault is null;)
        {
            var answer = await _packets.SendAsync(exchange.Message, step, cancellationToken) is { } unsent
                ? new SshReceived([], unsent)
                : await _packets.ReadAsync(step, cancellationToken);
            state = answer.Fault is null ? exchange.Take(answer.Payload) : ExchangeStep.Malformed;
            fault = answer.Fault ?? (state == ExchangeStep.Malformed ? new SshFault(Silence.Malformed, $"{connection.Endpoint} answers {choice.KeyExchange} with a message {answer.Number} that does not follow it") : null);
            ModulusBits = exchange.ModulusBits;
            if (smallestGroup && ModulusBits > 0)
            {
                return null;
            }
        }

        return fault ?? TakeHostKey(agreed, own);
    }

    private SshFault? TakeHostKey(Agreement agreed, byte[] own)
    {
        var exchange = agreed.Exchange;
        if (!SshHostKey.TryParse(exchange.HostKey, out var key))
        {
            return new SshFault(Silence.Malformed, $"{connection.Endpoint} shows a host key for {Choice!.HostKey} that is none");
        }

        agreed.SecretField = new SshWriter().Number(exchange.Secret).ToArray();
        agreed.Session = SshSpoken.Hash(exchange.Hash, new SshWriter()
            .Text(_identification).Text(Opening.IdentificationBytes).Text(own).Text(Opening.KexInitPayload).Text(exchange.HostKey)
            .Raw(exchange.Fields).Raw(agreed.SecretField).ToArray());
        HostKey = key;
        IsHostKeyProven = key.Verifies(Choice!.HostKey, exchange.Signature, agreed.Session);
        return null;
    }

    private PacketCipher CipherFor(Agreement agreed, char iv, char key, char macKey)
    {
        var cipher = SshSpoken.Ciphers[Choice!.Cipher];
        var mac = cipher.IsAead ? null : SshSpoken.Macs[Choice.Mac];
        return cipher.Make(agreed.Derive(key, cipher.Key), agreed.Derive(iv, cipher.Iv), mac, agreed.Derive(macKey, mac?.KeyLength ?? 0));
    }

    private void TakeExtensions(byte[] payload)
    {
        var reader = new WireReader(payload.AsSpan(1));
        if (!reader.TryU32(out var count))
        {
            return;
        }

        for (var i = 0; i < count && reader.TryVector32(out var name) && reader.TryVector32(out var value); i++)
        {
            if (name.SequenceEqual("server-sig-algs"u8) && SshKexInit.TryNames(value, out var names))
            {
                SignatureAlgorithms = names;
            }
        }
    }

    /// <summary>A key exchange and what both sides have from it.</summary>
    private sealed class Agreement(bool smallestGroup) : IDisposable
    {
        public SshKeyExchange Exchange { get; private set; } = null!;

        public byte[] SecretField { get; set; } = [];

        /// <summary>The hash of the exchange, which is the session's identifier too, since there is one exchange only.</summary>
        public byte[] Session { get; set; } = [];

        public void Start(string name) => Exchange = smallestGroup
            ? NegotiatedGroupExchange.ForSmallest(name.EndsWith("sha1", StringComparison.Ordinal) ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256)
            : SshSpoken.KeyExchanges[name]();

        /// <summary>Key material (RFC 4253, 7.2).</summary>
        public byte[] Derive(char letter, int length)
        {
            byte[] material = SshSpoken.Hash(Exchange.Hash, (byte[])[.. SecretField, .. Session, (byte)letter, .. Session]);
            while (material.Length < length)
            {
                material = [.. material, .. SshSpoken.Hash(Exchange.Hash, (byte[])[.. SecretField, .. Session, .. material])];
            }

            return material[..length];
        }

        public void Dispose() => Exchange?.Dispose();
    }
}
