using System.Globalization;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Smb;

/// <summary>How a login over SMB 2 or 3 ended.</summary>
/// <param name="Status">NTSTATUS of the last answer.</param>
/// <param name="IsGuest">Whether the session is that of a guest, whoever logged in.</param>
/// <param name="IsNobody">Whether the session is that of nobody in particular.</param>
internal readonly record struct SmbLogin2(uint Status, bool IsGuest, bool IsNobody)
{
    /// <summary>Whether there is a session.</summary>
    public bool IsUp => Status == Smb2Message.Success;
}

/// <summary>A talk over SMB 2 or 3: negotiation, one session, shares and what is in them.</summary>
internal sealed class SmbTalk : IAsyncDisposable
{
    /// <summary>Rights to read and to list (MS-SMB2, 2.2.13.1).</summary>
    public const uint ReadRights = 0x00100081; // list or read data, read attributes, synchronise

    /// <summary>Rights to write data or to add files.</summary>
    public const uint WriteRights = 0x00000006;

    private readonly SmbConnection _connection;
    private readonly ProbeContext _context;
    private readonly string _host;

    private SmbTalk(SmbConnection connection, ProbeContext context, Endpoint endpoint, Smb2Agreement agreement)
    {
        (_connection, _context, Agreement) = (connection, context, agreement);
        _host = endpoint.Address.ToString();
    }

    /// <summary>What was negotiated.</summary>
    public Smb2Agreement Agreement { get; }

    /// <summary>What the server said of itself at the last login; null before one.</summary>
    public NtlmChallenge? Challenge { get; private set; }

    /// <summary>Why the last question has no answer.</summary>
    public Silence Ended => _connection.Ended;

    /// <summary>Connects and offers one dialect.</summary>
    /// <returns>The talk, or how there is none: <see cref="Silence.HandshakeRefused"/> when the server answers and does not take the dialect.</returns>
    public static async Task<(SmbTalk? Talk, Silence Silence, string Text)> OpenAsync(Endpoint endpoint, ushort dialect, ProbeContext context, CancellationToken cancellationToken)
    {
        var (connection, silence, text) = await SmbConnection.OpenAsync(endpoint, context, cancellationToken);
        if (connection is null)
        {
            return (null, silence, text);
        }

        var name = Smb2Message.NameOf(dialect);
        var answer = await connection.AskAsync($"NEGOTIATE {name}", Smb2Message.Negotiate, Smb2Message.NegotiateBody(dialect, Guid.NewGuid()), cancellationToken);
        if (answer is not null && Smb2Message.TryAgreement(answer, out var agreement) && agreement.Dialect == dialect)
        {
            return (new SmbTalk(connection, context, endpoint, agreement), default, "");
        }

        await connection.DisposeAsync();
        return answer is null
            ? (null, connection.Ended, $"{endpoint} does not answer an offer of {name} ({connection.Ended}).")
            : (null, Silence.HandshakeRefused, $"{endpoint} does not take {name} (status 0x{answer.Status:x8}).");
    }

    /// <summary>Logs in: nobody in particular without a user, else with a user and a password.</summary>
    /// <returns>How it ended; null without an answer.</returns>
    public async Task<SmbLogin2?> LogOnAsync(string? user, Secret? password, CancellationToken cancellationToken)
    {
        (_connection.Session, _connection.Tree) = (0, 0);
        var first = await _connection.AskAsync("SESSION_SETUP with NTLM", Smb2Message.SessionSetup, Smb2Message.SessionSetupBody(Ntlm.Negotiate()), cancellationToken);
        if (first is null)
        {
            return null;
        }

        if (!Smb2Message.TrySession(first, out _, out var token) || !Ntlm.TryParse(token, out var challenge))
        {
            return new SmbLogin2(first.Status == Smb2Message.Success ? Smb2Message.MoreProcessing : first.Status, false, false);
        }

        (Challenge, _connection.Session) = (challenge, first.SessionId);
        var message = user is null ? Ntlm.Anonymous() : Ntlm.Authenticate(challenge, user, password!, _context.Time.GetUtcNow());
        var second = await _connection.AskAsync(
            user is null ? "SESSION_SETUP of nobody in particular" : $"SESSION_SETUP of {user}: {Secret.Mask}", Smb2Message.SessionSetup, Smb2Message.SessionSetupBody(message), cancellationToken);
        if (second is null)
        {
            return null;
        }

        var isUp = Smb2Message.TrySession(second, out var flags, out _) && second.Status == Smb2Message.Success;
        return new SmbLogin2(second.Status, isUp && (flags & 1) != 0, isUp && (flags & 2) != 0);
    }

    /// <summary>Ends the session, so that another one may begin on this connection.</summary>
    public async Task LogOffAsync(CancellationToken cancellationToken)
    {
        _connection.Tree = 0;
        _ = await _connection.AskAsync("LOGOFF", Smb2Message.Logoff, [4, 0, 0, 0], cancellationToken);
        _connection.Session = 0;
    }

    /// <summary>Connects a share.</summary>
    /// <returns>Status, kind of share, and rights; null without an answer.</returns>
    public async Task<(uint Status, byte Kind, uint Rights)?> ConnectShareAsync(string share, CancellationToken cancellationToken)
    {
        _connection.Tree = 0;
        if (await _connection.AskAsync($"TREE_CONNECT {share}", Smb2Message.TreeConnect, Smb2Message.TreeConnectBody($@"\\{_host}\{share}"), cancellationToken) is not { } answer)
        {
            return null;
        }

        var status = answer.Status;
        if (Smb2Message.TryTree(answer, out var kind, out var rights))
        {
            _connection.Tree = answer.TreeId;
        }
        else if (status == Smb2Message.Success)
        {
            status = uint.MaxValue;
        }

        return (status, kind, rights);
    }

    /// <summary>The list of shares; the session has to be up.</summary>
    /// <returns>The list; or null with why there is none.</returns>
    public async Task<(List<SmbShare>? Shares, string WhyNot)> ListSharesAsync(CancellationToken cancellationToken)
    {
        if (await ConnectShareAsync("IPC$", cancellationToken) is not { } pipes)
        {
            return (null, $"no answer ({Ended})");
        }

        if (pipes.Status != Smb2Message.Success)
        {
            return (null, $"IPC$ is refused ({Hex(pipes.Status)})");
        }

        var opened = await _connection.AskAsync("CREATE srvsvc", Smb2Message.Create, Smb2Message.CreateBody("srvsvc", 0x0012019f, 1, 0), cancellationToken);
        if (opened is null || !Smb2Message.TryFile(opened, out var pipe))
        {
            return (null, opened is null ? $"no answer ({Ended})" : $"the pipe is refused ({Hex(opened.Status)})");
        }

        var bound = await _connection.AskAsync("bind to the server service", Smb2Message.Ioctl, Smb2Message.PipeBody(pipe, ShareList.Bind()), cancellationToken);
        if (bound is null || !ShareList.IsBound(Smb2Message.PipeAnswer(bound)))
        {
            return (null, bound is null ? $"no answer ({Ended})" : $"the server service is refused ({Hex(bound.Status)})");
        }

        var list = await _connection.AskAsync("NetrShareEnum", Smb2Message.Ioctl, Smb2Message.PipeBody(pipe, ShareList.Request()), cancellationToken);
        _ = await _connection.AskAsync("CLOSE", Smb2Message.Close, Smb2Message.CloseBody(pipe), cancellationToken);
        return list is null ? (null, $"no answer ({Ended})")
            : ShareList.TryParse(Smb2Message.PipeAnswer(list), out var shares) ? (shares, "")
            : (null, $"no list came ({Hex(list.Status)})");
    }

    /// <summary>Names in the root of the share that is connected.</summary>
    /// <returns>Status of opening it and the names, as many as one answer holds; null without an answer.</returns>
    public async Task<(uint Status, List<string> Names)?> ListRootAsync(CancellationToken cancellationToken)
    {
        var opened = await _connection.AskAsync("CREATE (open the root)", Smb2Message.Create, Smb2Message.CreateBody("", ReadRights, 1, 1), cancellationToken);
        if (opened is null)
        {
            return null;
        }

        if (!Smb2Message.TryFile(opened, out var folder))
        {
            return (opened.Status == Smb2Message.Success ? uint.MaxValue : opened.Status, []);
        }

        var answer = await _connection.AskAsync("QUERY_DIRECTORY *", Smb2Message.QueryDirectory, Smb2Message.QueryDirectoryBody(folder), cancellationToken);
        _ = await _connection.AskAsync("CLOSE", Smb2Message.Close, Smb2Message.CloseBody(folder), cancellationToken);
        return answer is null ? null : (answer.Status, Smb2Message.Names(answer));
    }

    /// <summary>Makes an empty file that the server deletes as soon as it is closed, and closes it.</summary>
    /// <returns>Status of making it, and whether it was closed; null without an answer.</returns>
    public async Task<(uint Status, bool Closed)?> MakePassingFileAsync(string name, CancellationToken cancellationToken)
    {
        const uint deleteAndWrite = 0x00010002;
        const uint newOnly = 2;
        const uint fileDeletedOnClose = 0x1040;
        var made = await _connection.AskAsync($"CREATE {name}, deleted on close", Smb2Message.Create, Smb2Message.CreateBody(name, deleteAndWrite, newOnly, fileDeletedOnClose), cancellationToken);
        if (made is null)
        {
            return null;
        }

        return !Smb2Message.TryFile(made, out var file)
            ? (made.Status == Smb2Message.Success ? uint.MaxValue : made.Status, false)
            : (Smb2Message.Success, await _connection.AskAsync("CLOSE", Smb2Message.Close, Smb2Message.CloseBody(file), cancellationToken) is { Status: Smb2Message.Success });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>A status as it stands in the specification.</summary>
    public static string Hex(uint status) => status switch
    {
        0xc0000022 => "access denied",
        0xc000006d => "logon failure",
        0xc0000064 => "no such user",
        0xc00000cc => "bad network name",
        0xc0000072 => "account disabled",
        0xc0000234 => "account locked out",
        uint.MaxValue => "an answer that does not follow the protocol",
        _ => $"status 0x{status.ToString("x8", CultureInfo.InvariantCulture)}",
    };
}
