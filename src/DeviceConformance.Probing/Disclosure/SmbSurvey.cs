using System.Collections.Immutable;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Probing.Smb;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>
/// SMB (MS-SMB, MS-SMB2): the dialects, what the server says of itself at a login, and what nobody in particular, a name that nobody has
/// and the guest without a password get: the list of shares, and the names in them. Nothing is read from files and nothing written.
/// </summary>
internal static class SmbSurvey
{
    private const int MaxShares = 16;

    /// <summary>Names that are tried where the list of shares is not given.</summary>
    internal static ImmutableArray<string> UsualShares { get; } = EmbeddedList.Read("DeviceConformance.Probing.Disclosure.smb-shares.txt");

    public static async Task<ProbeOutcome.Unanswered?> RunAsync(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        var survey = new Survey(request, context, reader, notes, cancellationToken);
        var old = await survey.AskSmb1Async();
        var newest = await survey.AskDialectsAsync();
        if (!old && newest is null && survey.Failure is { } failure)
        {
            return failure;
        }

        if (newest is { } dialect)
        {
            await survey.LookAsync(dialect);
        }
        else if (old)
        {
            notes.Gap("shares were not asked for: the server speaks SMB 1 only, in which the harness lists none");
        }
        else
        {
            notes.Gap("the server takes no dialect of SMB that is known");
        }

        notes.Smb = survey.Seen();
        return null;
    }

    private sealed class Survey(DisclosureSurvey request, ProbeContext context, InformationReader reader, SurveyNotes notes, CancellationToken cancellationToken)
    {
        private readonly List<string> _dialects = [];
        private readonly List<string> _refused = [];
        private bool _signingRequired = true;
        private bool _plainPasswords;
        private AccessResult _nobody = AccessResult.NotTried;
        private AccessResult _guest = AccessResult.NotTried;

        /// <summary>Why nothing was answered at all; null once something was.</summary>
        public ProbeOutcome.Unanswered? Failure { get; private set; }

        private bool _answered;

        public SmbSeen Seen() => new([.. _dialects], [.. _refused], _dialects.Count > 0 && _signingRequired, _plainPasswords, _nobody, _guest);

        /// <summary>Whether SMB 1 is taken, and what the server says of itself in it.</summary>
        public async Task<bool> AskSmb1Async()
        {
            var (connection, silence, text) = await SmbConnection.OpenAsync(request.Endpoint, context, cancellationToken);
            if (connection is null)
            {
                Failed(silence, text);
                notes.Gap($"SMB 1: {text}");
                return false;
            }

            await using (connection)
            {
                var answer = await connection.ExchangeAsync("NEGOTIATE SMB 1 (NT LM 0.12)", Smb1Message.Negotiate(), cancellationToken);
                if (answer is null)
                {
                    // Closing is how servers refuse SMB 1; silence is no word on it.
                    if (connection.Ended is Silence.ClosedByPeer or Silence.Reset)
                    {
                        _refused.Add("SMB 1");
                    }
                    else
                    {
                        notes.Gap($"whether SMB 1 is taken was not answered ({connection.Ended})");
                    }

                    Failed(connection.Ended, $"{request.Endpoint} does not answer an offer of SMB 1 ({connection.Ended}).");
                    return false;
                }

                if (!Smb1Message.TryAgreement(answer, out var agreement))
                {
                    // Some servers answer in SMB 2 all the same, which is no SMB 1.
                    _answered |= Smb2Message.TryParse(answer, out _);
                    _refused.Add("SMB 1");
                    Failed(Silence.Malformed, $"{request.Endpoint} answers an offer of SMB 1 with something else.");
                    return false;
                }

                (_answered, Failure) = (true, null);
                if (agreement is null)
                {
                    _refused.Add("SMB 1");
                    return false;
                }

                _dialects.Add("SMB 1");
                _signingRequired &= agreement.SigningRequired;
                _plainPasswords = agreement.PlainPasswords;
                notes.AddLogin(LoginProtocol.Smb);
                var session = await connection.ExchangeAsync("SESSION_SETUP_ANDX of nobody in particular", Smb1Message.SessionSetup(agreement, Ntlm.Negotiate()), cancellationToken);
                if (session is null || !Smb1Message.TrySession(session, out var system, out var program, out var challenge))
                {
                    notes.Remark($"what SMB 1 says of the operating system was not given{(session is null ? $" ({connection.Ended})" : "")}");
                    return true;
                }

                // Samba calls itself Windows 6.1 here, whatever it runs on.
                if (!program.StartsWith("Samba", StringComparison.Ordinal))
                {
                    ReadProduct(system, "SMB 1, operating system");
                }

                ReadProduct(program, "SMB 1, server program");
                if (challenge is not null)
                {
                    ReadChallenge(challenge);
                }

                return true;
            }
        }

        /// <summary>Offers each dialect of SMB 2 and 3 by itself; gives the newest that is taken.</summary>
        public async Task<ushort?> AskDialectsAsync()
        {
            ushort? newest = null;
            foreach (var dialect in Smb2Message.Dialects)
            {
                var (talk, silence, text) = await SmbTalk.OpenAsync(request.Endpoint, dialect, context, cancellationToken);
                if (talk is not null)
                {
                    await using (talk)
                    {
                        (_answered, Failure) = (true, null);
                        newest ??= dialect;
                        _signingRequired &= talk.Agreement.SigningRequired;
                        _dialects.Add(Smb2Message.NameOf(dialect));
                        if (talk.Agreement.Started is { } started)
                        {
                            notes.Add(DisclosureKind.Status, $"started {started:yyyy-MM-dd HH:mm:ss}Z", "SMB negotiation");
                        }
                    }
                }
                else if (silence is Silence.HandshakeRefused or Silence.ClosedByPeer or Silence.Reset)
                {
                    _refused.Add(Smb2Message.NameOf(dialect));
                    Failed(silence, text);
                }
                else
                {
                    notes.Gap($"{Smb2Message.NameOf(dialect)}: {text}");
                    Failed(silence, text);
                    if (silence is Silence.Refused or Silence.HostUnreachable || !_answered)
                    {
                        break;
                    }
                }
            }

            if (_dialects.Count > 0)
            {
                notes.Done($"{string.Join(", ", _dialects)} taken{(_refused.Count > 0 ? $", {string.Join(", ", _refused)} not" : "")}; signing is {(_signingRequired ? "required" : "not required")}");
            }

            return newest;
        }

        /// <summary>Sees who gets a session without a credential, and what it shows.</summary>
        public async Task LookAsync(ushort dialect)
        {
            notes.AddLogin(LoginProtocol.Smb);
            List<string>? listed = null;
            var open = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            var missing = new List<string>();
            var (nobody, stranger, guest) = ("nobody in particular", "a name that nobody has", "the user guest without a password");
            foreach (var (who, user, password) in new (string, string?, Secret?)[] { (nobody, null, null), (stranger, Nonsense.User(), Nonsense.Password()), (guest, "guest", new Secret("")) })
            {
                var (talk, _, text) = await SmbTalk.OpenAsync(request.Endpoint, dialect, context, cancellationToken);
                if (talk is null)
                {
                    notes.Gap($"{who}: {text}");
                    continue;
                }

                await using (talk)
                {
                    var login = await talk.LogOnAsync(user, password, cancellationToken);
                    if (talk.Challenge is { } challenge && who == nobody)
                    {
                        ReadChallenge(challenge);
                    }

                    Note(who == nobody, login, who, talk);
                    if (login is not { IsUp: true })
                    {
                        continue;
                    }

                    var (shares, whyNot) = await talk.ListSharesAsync(cancellationToken);
                    if (shares is not null)
                    {
                        if (listed is null)
                        {
                            notes.Add(DisclosureKind.DirectoryListing, $"{shares.Count} shares: {SurveyNotes.Some([.. shares.Select(share => share.Name)])}", $"list of shares, for {who}");
                            foreach (var comment in shares.Select(share => share.Comment).Where(comment => comment.Length > 0).Distinct())
                            {
                                notes.Add(reader.Read(comment, TextKind.Banner), "comment of a share");
                            }
                        }

                        listed = [.. (listed ?? []).Union(shares.Where(share => share.IsFiles).Select(share => share.Name), StringComparer.OrdinalIgnoreCase)];
                    }
                    else
                    {
                        missing.Add($"{who}: {whyNot}");
                    }

                    await LookIntoAsync(talk, listed ?? [.. UsualShares], who, open);
                }
            }

            notes.Done(listed is null ? $"the list of shares is given to nobody of them{(missing.Count > 0 ? $" ({string.Join("; ", missing)})" : "")}, so {UsualShares.Length} usual names were tried" : $"the list of shares names {listed.Count} with files");
            notes.Done($"{open.Count} of them can be read without a login");
        }

        private async Task LookIntoAsync(SmbTalk talk, List<string> shares, string who, HashSet<string> open)
        {
            if (shares.Count > MaxShares)
            {
                notes.Gap($"only {MaxShares} of {shares.Count} shares were tried");
            }

            foreach (var share in shares.Take(MaxShares).Where(share => !open.Contains(share)))
            {
                if (await talk.ConnectShareAsync(share, cancellationToken) is not { } tree)
                {
                    notes.Gap($"share {SurveyNotes.Shortened(share)}, {who}: no answer ({talk.Ended})");
                    return;
                }

                if (tree.Status != Smb2Message.Success || tree.Kind != 1)
                {
                    continue;
                }

                if (await talk.ListRootAsync(cancellationToken) is not { } root)
                {
                    notes.Gap($"share {SurveyNotes.Shortened(share)}, {who}: what is in it was not answered ({talk.Ended})");
                    return;
                }

                if (root.Status != Smb2Message.Success)
                {
                    continue;
                }

                open.Add(share);
                notes.AddOpen($"share whose files {who} gets at{((tree.Rights & SmbTalk.WriteRights) != 0 ? ", by its rights to write too" : "")}", share);
                if (root.Names.Count > 0)
                {
                    notes.Add(DisclosureKind.DirectoryListing, $"{root.Names.Count} entries: {SurveyNotes.Some(root.Names)}", $"share {share}");
                }
            }
        }

        private void Note(bool isNobody, SmbLogin2? login, string who, SmbTalk talk)
        {
            var result = login is null ? AccessResult.Unclear : login.Value.IsUp ? AccessResult.Granted : AccessResult.Refused;
            if (login is null)
            {
                notes.Gap($"a login of {who} was not answered ({talk.Ended})");
            }

            if (isNobody)
            {
                _nobody = result;
            }
            else if (_guest != AccessResult.Granted && result != AccessResult.NotTried)
            {
                _guest = _guest == AccessResult.Unclear ? _guest : result;
                _guest = result == AccessResult.Granted ? result : _guest;
            }

            notes.Done($"{who} {(login is not { } seen ? "has no answer" : seen.IsUp ? $"gets a session{(seen.IsGuest ? " as guest" : "")}" : $"is refused ({SmbTalk.Hex(seen.Status)})")}");
        }

        private void ReadChallenge(NtlmChallenge challenge)
        {
            foreach (var name in new[] { challenge.NetbiosName, challenge.DnsName }.Where(name => name.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                notes.Add(DisclosureKind.Network, $"host name {name}", "SMB login (NTLM)");
            }

            foreach (var name in new[] { challenge.NetbiosDomain, challenge.DnsDomain }.Where(name => name.Length > 0 && !name.Equals(challenge.NetbiosName, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                notes.Add(DisclosureKind.Network, $"domain {name}", "SMB login (NTLM)");
            }

            // Other servers than Windows say 6.1 build 0, whatever they are.
            if (challenge.Version.Length > 0 && !challenge.Version.EndsWith(".0", StringComparison.Ordinal))
            {
                notes.Add(DisclosureKind.Version, $"Windows {challenge.Version}", "SMB login (NTLM)");
            }
        }

        private void ReadProduct(string text, string where)
        {
            if (text.Length > 0)
            {
                notes.Add(reader.Read(text, TextKind.Banner), where);
                notes.Add(text.Any(char.IsAsciiDigit) ? DisclosureKind.Version : DisclosureKind.Product, text, where);
            }
        }

        private void Failed(Silence silence, string text)
        {
            if (!_answered)
            {
                Failure = new ProbeOutcome.Unanswered(silence, text);
            }
        }
    }
}
