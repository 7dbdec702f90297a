using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Ssh;

/// <summary>One look at one SSH server.</summary>
internal sealed class SshSurvey(Endpoint endpoint, ProbeContext context)
{
    /// <summary>The user whose ways of logging in are asked for: devices have it, and without a password it is what matters most.</summary>
    private const string User = "root";

    private const int ShownNotice = 1000;

    private static readonly TimeSpan _step = TimeSpan.FromSeconds(8);
    private readonly List<SshHostKeySeen> _keys = [];
    private readonly List<string> _remarks = [];
    private readonly List<string> _gaps = [];
    private int _connections;

    /// <summary>Looks.</summary>
    public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var (transport, failure) = await OpenAsync(SshWish.All, cancellationToken);
        if (transport is null)
        {
            return failure!;
        }

        SshServerSeen seen;
        await using (transport)
        {
            if (transport.Opening.KexInit is not { } offered)
            {
                var banner = transport.Opening.Identification;
                return new ProbeOutcome.Observed(new SshServerSeen(endpoint, banner, [], [], [], [])
                {
                    Connections = _connections,
                    Coverage = Coverage.Partial($"{banner} speaks no version 2 of the protocol, so its algorithms are not to be read."),
                });
            }

            seen = await AskMethodsAsync(transport, Offer(transport.Opening.Identification, offered), cancellationToken);
            TakeKey(transport);
        }

        await AskKeysAsync(seen, cancellationToken);
        seen = seen with { SmallestGroup = await AskGroupAsync(seen, cancellationToken) };
        return new ProbeOutcome.Observed(seen with { IsProbed = true, Keys = [.. _keys], Connections = _connections, Coverage = CoverageNow() });
    }

    private SshServerSeen Offer(string banner, SshKexInit offered) =>
        new(endpoint, banner, offered.KeyExchange, offered.HostKeys, offered.CiphersToClient, offered.MacsToClient)
        {
            CiphersOnlyToServer = [.. offered.CiphersToServer.Except(offered.CiphersToClient)],
            MacsOnlyToServer = [.. offered.MacsToServer.Except(offered.MacsToClient)],
            Compression = [.. offered.CompressionToClient.Union(offered.CompressionToServer)],
            Coverage = CoverageNow(),
        };

    private async Task<(SshTransport? Transport, ProbeOutcome? Failure)> OpenAsync(SshWish wish, CancellationToken cancellationToken)
    {
        _connections++;
        var opened = await context.Link.ConnectAsync(endpoint, context.Transcript, cancellationToken);
        if (!opened.TryGet(out var connection))
        {
            return (null, opened.Unanswered);
        }

        var transport = new SshTransport(connection, wish, _step, context.Time);
        if (await transport.GreetAsync(cancellationToken) is not { } fault)
        {
            return (transport, null);
        }

        await transport.DisposeAsync();
        return (null, new ProbeOutcome.Unanswered(fault.Silence, $"{fault.Text}."));
    }

    private async Task<SshServerSeen> AskMethodsAsync(SshTransport transport, SshServerSeen seen, CancellationToken cancellationToken)
    {
        var fault = await transport.EncryptAsync(cancellationToken);
        var authentication = new SshAuthentication(transport, context.Time);
        fault ??= await authentication.StartAsync(cancellationToken);
        if (fault is not null)
        {
            context.Transcript.Note($"no login could be asked for: {fault.Text}");
            _gaps.Add($"which logins it takes is not known: {fault.Text}");
            return seen with { Negotiated = $"{transport.Choice}" };
        }

        var answer = await authentication.NoneAsync(User, cancellationToken);
        context.Transcript.Note($"agreed on {transport.Choice}; login of {User} without a credential: {answer.Result}, methods {string.Join(", ", answer.Methods)}");
        if (answer.Fault is { } silent)
        {
            _gaps.Add($"which logins it takes is not known: {silent.Text}");
        }

        return seen with
        {
            Negotiated = $"{transport.Choice}",
            User = answer.Fault is null ? User : "",
            LetsInAnybody = answer.Result == SshAuthResult.Success,
            Methods = answer.Methods,
            Notice = context.Transcript.Excerpt(System.Text.Encoding.UTF8.GetBytes(authentication.Banner), ShownNotice),
        };
    }

    private async Task AskKeysAsync(SshServerSeen seen, CancellationToken cancellationToken)
    {
        foreach (var kind in SshHostKey.Algorithms.Where(seen.HostKeys.Contains).GroupBy(SshHostKey.TypeOf).Where(kind => !_keys.Exists(key => key.Type == kind.Key)))
        {
            var wish = SshWish.All with { HostKeys = [kind.First()] };
            var (transport, fault) = await AskAsync(wish, false, cancellationToken);
            if (Hangs(fault))
            {
                (transport, fault) = await AskAsync(wish, false, cancellationToken);
            }

            if (fault is null)
            {
                TakeKey(transport!);
            }
            else if (Hangs(fault))
            {
                // Dropbear offers RSA whether or not it has a key, and hangs up on those who want it.
                _remarks.Add($"it offers {kind.First()} and twice ended the connection that asked for it, so it has no such key");
            }
            else
            {
                _gaps.Add($"the host key for {kind.First()} was not seen: {fault.Text}");
            }
        }

        // Certificates hold keys that are shown without a certificate too; the others the harness does not know.
        var unread = seen.HostKeys.Where(name => !SshHostKey.Algorithms.Contains(name)).ToList();
        if (unread.Count > 0)
        {
            _remarks.Add($"host keys for {string.Join(", ", unread)} were not read");
        }
    }

    private async Task<int> AskGroupAsync(SshServerSeen seen, CancellationToken cancellationToken)
    {
        string[] known = ["diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1"];
        if (known.FirstOrDefault(seen.KeyExchange.Contains) is not { } name)
        {
            return 0;
        }

        var wish = SshWish.All with { KeyExchange = [name] };
        var (smallest, fault) = await AskAsync(wish, true, cancellationToken);
        if (fault is null)
        {
            return smallest!.ModulusBits;
        }

        // A server that takes a wish for 512 bits amiss is asked as clients ask.
        (var usual, fault) = await AskAsync(wish, false, cancellationToken);
        if (fault is not null)
        {
            _gaps.Add($"the group of {name} was not seen: {fault.Text}");
            return 0;
        }

        _remarks.Add("the group was asked for with 1024 bits at the least, since a wish for less is refused");
        return usual!.ModulusBits;
    }

    private static bool Hangs(SshFault? fault) => fault is { Silence: Silence.ClosedByPeer or Silence.Reset };

    /// <summary>A key exchange for one question, with what it came to.</summary>
    private async Task<(SshTransport? Transport, SshFault? Fault)> AskAsync(SshWish wish, bool smallestGroup, CancellationToken cancellationToken)
    {
        var (transport, failure) = await OpenAsync(wish, cancellationToken);
        if (transport is null)
        {
            // Whatever it was, no question was asked.
            return (null, new SshFault(Silence.NoReply, failure!.Summary));
        }

        await using (transport)
        {
            return (transport, await transport.ExchangeAsync(smallestGroup, cancellationToken));
        }
    }

    private void TakeKey(SshTransport transport)
    {
        if (transport is { HostKey: { } key, Choice: { } choice })
        {
            _keys.Add(new SshHostKeySeen(key.Type, key.Bits, key.Sha256, choice.HostKey, transport.IsHostKeyProven));
            context.Transcript.Note($"host key {key.Type}, {key.Bits} bits, SHA256:{key.Sha256}{(transport.IsHostKeyProven ? "" : ", not proven by the signature")}");
        }
    }

    private Coverage CoverageNow()
    {
        var statement = $"{string.Join("; ", _gaps.Concat(_remarks).Prepend($"the offer, {_keys.Count} host keys and the ways of logging in were asked for in {_connections} connections"))}.";
        return _gaps.Count == 0 ? Coverage.Complete(statement) : Coverage.Partial(statement);
    }
}
