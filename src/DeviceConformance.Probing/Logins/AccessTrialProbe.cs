using System.Collections.Concurrent;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;

namespace DeviceConformance.Probing.Logins;

/// <summary>
/// Asks for a resource without a credential, with a wrong one (once, so that nothing locks), with one of few rights and with a valid
/// one. Over Telnet, FTP, MQTT, SSH and SMB the resource is a session, over RTSP the description of a stream; of a login page it is the login.
/// </summary>
public sealed class AccessTrialProbe : Probe<AccessTrial>, IDisposable
{
    // Trials of one mechanism side by side would add up their wrong attempts before a valid login resets the count.
    private readonly SemaphoreSlim _oneAtATime = new(1);

    // A credential that the DUT refused is not tried again and again: that would lock the account.
    private readonly ConcurrentDictionary<(string AuthMech, string User), byte> _refused = new();

    // Wrong attempts that no valid login followed; devices lock after three or more.
    private const int MostWrongInARow = 2;
    private readonly ConcurrentDictionary<string, int> _wrongInARow = new();

    /// <inheritdoc/>
    public void Dispose() => _oneAtATime.Dispose();

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(AccessTrial request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Endpoint.Port != request.Login.Port)
        {
            return new ProbeOutcome.NotRun(
                NotRunReason.InputMissing,
                $"{request.Title}: the login of {request.AuthMech} is on port {request.Login.Port}, the resource on port {request.Endpoint.Port}; declare a login on the port of the resource.");
        }

        if (LoginClient.Open(request.Endpoint, request.Login, context) is not { } login)
        {
            var why = LoginClient.NotSpoken(request.Login).Answer;
            return Observed(request, Trial.None(why), false, Coverage.Partial($"Nothing was tried: {why}."));
        }

        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            await using (login)
            {
                return login switch
                {
                    HttpSessionLogin form when await IsLoginPageAsync(form, request, cancellationToken) is { } page =>
                        await AskLoginAsync(request, form, _ => Task.FromResult(page), context, cancellationToken),
                    HttpLogin http => await AskResourceAsync(request, http, context, cancellationToken),
                    SessionLogin session => await AskLoginAsync(request, session, session.WithoutCredentialAsync, context, cancellationToken),
                    _ => throw new InvalidOperationException($"{login.GetType().Name} has no way of asking."),
                };
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>A login page may stay what it is for whoever has logged in; then the login itself is the resource.</summary>
    private static async Task<LoginAttempt?> IsLoginPageAsync(HttpSessionLogin form, AccessTrial request, CancellationToken cancellationToken)
    {
        if (request.Method != "GET" || request.Path != request.Login.Path)
        {
            return null;
        }

        var page = await form.AsAnonymousAsync(request.Path, cancellationToken);
        return page.IsSuccess && await form.IsLoginPageAsync(page.Answer, cancellationToken)
            ? new LoginAttempt(AccessResult.Refused, "the login page", page.Answer.Elapsed, null, Blocked: false)
            : null;
    }

    private async Task<ProbeOutcome> AskLoginAsync(
        AccessTrial request, LoginSession login, Func<CancellationToken, Task<LoginAttempt>> asNobodyAsync, ProbeContext context, CancellationToken cancellationToken)
    {
        var (low, valid) = (Held(request, CredentialKind.LowRights, context), Held(request, CredentialKind.Current, context));
        var anonymous = await asNobodyAsync(cancellationToken);
        if (anonymous.Silence is { } silence)
        {
            return new ProbeOutcome.Unanswered(silence, $"{request.Title}: {anonymous.Answer}");
        }

        var mayTryWrong = MayTryWrong(request, valid.Credential is not null);
        var wrong = mayTryWrong is null
            ? await login.TryNonsenseAsync(valid.Credential?.User, cancellationToken)
            : new LoginAttempt(AccessResult.NotTried, mayTryWrong, TimeSpan.Zero, null, Blocked: false);
        var trial = new Trial(Step.Of(anonymous), Step.Of(wrong), low.NotTried, valid.NotTried);
        if (low.Credential is not null)
        {
            trial = trial with { LowRights = await TryAsync(request, login, low.Credential, context, cancellationToken) };
        }

        if (valid.Credential is not null)
        {
            trial = trial with { Valid = await TryAsync(request, login, valid.Credential, context, cancellationToken) };
        }

        if (wrong.IsInferred && trial.Valid.Result != AccessResult.Granted)
        {
            // Only beside a login that works does likeness to nonsense mean refusal.
            trial = trial with { Wrong = new Step(AccessResult.Unclear, $"{wrong.Answer}, and no valid login was seen to compare with") };
        }

        var isTaken = trial.Valid.Result == AccessResult.Granted || (wrong.Silence is null && wrong.Shape.Code.Length > 0);
        return Observed(request, trial, isTaken, CoverageOf(trial));
    }

    private async Task<Step> TryAsync(AccessTrial request, LoginSession login, TestCredential credential, ProbeContext context, CancellationToken cancellationToken)
    {
        var attempt = await LoginClient.TryPatientlyAsync(login, request.Login, credential.User, credential.Password, context, cancellationToken);
        if (attempt is { Result: AccessResult.Refused, Blocked: false })
        {
            _refused.TryAdd((request.AuthMech, credential.User), 0);
        }

        return Step.Of(attempt);
    }

    private async Task<ProbeOutcome> AskResourceAsync(AccessTrial request, HttpLogin login, ProbeContext context, CancellationToken cancellationToken)
    {
        var (low, valid) = (Held(request, CredentialKind.LowRights, context), Held(request, CredentialKind.Current, context));
        var access = new HttpAccess(login, new HttpMethod(request.Method), request.Path, context.Time);
        var anonymous = await access.AsNobodyAsync(cancellationToken);
        if (anonymous.Silence is { } silence)
        {
            return new ProbeOutcome.Unanswered(silence, $"{request.Title}: {anonymous.Text}");
        }

        var resource = new Resource(request, login, access, context);
        var wrong = MayTryWrong(request, valid.Credential is not null) is { } whyNot
            ? new Step(AccessResult.NotTried, whyNot).AsAnswer
            : await AskWithAsync(resource, valid.Credential?.User ?? Nonsense.User(), null, cancellationToken);
        var lowRights = low.Credential is null ? low.NotTried.AsAnswer : await AskWithAsync(resource, low.Credential.User, low.Credential, cancellationToken);
        var granted = valid.Credential is null ? valid.NotTried.AsAnswer : await AskWithAsync(resource, valid.Credential.User, valid.Credential, cancellationToken);

        if (granted.Result == AccessResult.Unclear && anonymous.Result == AccessResult.Refused && granted.Status is 400 or 409 or 411 or 415 or 422)
        {
            granted = granted with { Result = AccessResult.Granted, Text = $"{granted.Text} (past the login: only the request is found wanting)" };
        }

        if (granted.Result == AccessResult.Granted)
        {
            (anonymous, wrong, lowRights) = (Reconsider(anonymous, granted), Reconsider(wrong, granted), Reconsider(lowRights, granted));
        }

        var trial = new Trial(Step.Of(anonymous), Step.Of(wrong), Step.Of(lowRights), Step.Of(granted));
        return Observed(request, trial, resource.IsLoginTaken, CoverageOf(trial));
    }

    /// <summary>Content that has little in common with what a valid login gets is not that resource, though it may be an open page at its path.</summary>
    private static ResourceAnswer Reconsider(ResourceAnswer answer, ResourceAnswer granted)
    {
        const double sameKind = 0.5;
        return answer.Result == AccessResult.Granted && answer.Shape.LikenessTo(granted.Shape) < sameKind
            ? answer with { Result = AccessResult.Unclear, Text = $"{answer.Text}, other than with a valid credential" }
            : answer;
    }

    private async Task<ResourceAnswer> AskWithAsync(Resource resource, string user, TestCredential? credential, CancellationToken cancellationToken)
    {
        var (request, login, access, context) = (resource.Request, resource.Login, resource.Access, resource.Context);
        var password = credential?.Password ?? Nonsense.Password();
        if (login is HttpSessionLogin)
        {
            var attempt = credential is null
                ? await login.TryNonsenseAsync(user, cancellationToken)
                : await LoginClient.TryPatientlyAsync(login, request.Login, user, password, context, cancellationToken);
            resource.IsLoginTaken |= attempt.Silence is null && attempt.Shape.Code.Length > 0;
            if (attempt.Silence is { } silence)
            {
                return new ResourceAnswer(AccessResult.Unclear, $"login: {attempt.Answer}", AnswerShape.Empty, 0, silence, null);
            }

            NoteRefusal(request, credential, attempt.Result == AccessResult.Refused && !attempt.Blocked);
            var answer = await access.JudgeAsync((method, path, content) => login.SendAsync(user, password, method, path, content, cancellationToken), cancellationToken);
            return answer with { Text = $"login: {attempt.Answer}; resource: {answer.Text}" };
        }

        if (login is HttpAuthorizationLogin authorization && await authorization.WhyNotAsync(cancellationToken) is { } why)
        {
            return new ResourceAnswer(AccessResult.Unclear, why, AnswerShape.Empty, 0, null, null);
        }

        resource.IsLoginTaken = true;
        Task<ResourceAnswer> AskAsync() => access.JudgeAsync((method, path, content) => login.SendAsync(user, password, method, path, content, cancellationToken), cancellationToken);
        var judged = await AskAsync();
        if (judged.RetryAfter is { } wait && credential is not null)
        {
            await LoginClient.WaitOutLockAsync(request.Login, wait > TimeSpan.Zero ? wait : null, context, cancellationToken);
            judged = await AskAsync();
        }

        NoteRefusal(request, credential, judged.Status == 401);
        return judged;
    }

    private string? MayTryWrong(AccessTrial request, bool validFollows) =>
        validFollows || _wrongInARow.AddOrUpdate(request.AuthMech, 1, static (_, count) => count + 1) <= MostWrongInARow
            ? null
            : $"not tried, since {MostWrongInARow} wrong logins of {request.AuthMech} were tried without a valid one, and more may lock it";

    private void NoteRefusal(AccessTrial request, TestCredential? credential, bool isRefused)
    {
        if (isRefused && credential is not null)
        {
            _refused.TryAdd((request.AuthMech, credential.User), 0);
        }
    }

    /// <summary>The laboratory's credential of a kind for the sample that is probed, or why there is none to try.</summary>
    private (TestCredential? Credential, Step NotTried) Held(AccessTrial request, CredentialKind kind, ProbeContext context)
    {
        var word = kind == CredentialKind.Current ? "current" : "low-rights";
        var sample = context.Declared.Dut.Samples.IsEmpty ? "" : context.Declared.Dut.Samples[0].Name;
        return context.Declared.Lab.CredentialsFor(request.AuthMech, kind).FirstOrDefault(credential => credential.Sample == sample || credential.Sample.Length == 0) is not { } held
                ? (null, new Step(AccessResult.NotTried, $"not tried, lab.yaml holds no credential of kind {word} for {request.AuthMech} and sample {sample}"))
            : _refused.ContainsKey((request.AuthMech, held.User))
                ? (null, new Step(AccessResult.NotTried, $"not tried, the {word} credential in lab.yaml was refused before and may lock the account"))
            : (held, new Step(AccessResult.NotTried, ""));
    }

    private static Coverage CoverageOf(Trial trial)
    {
        var unclear = trial.Steps.Where(step => step.Step.Result == AccessResult.Unclear).Select(step => step.Who).ToList();
        var statement = $"Tried {string.Join(", ", trial.Steps.Where(step => step.Step.Result != AccessResult.NotTried).Select(step => step.Who))}"
            + $"{string.Concat(trial.Steps.Where(step => step.Step.Result == AccessResult.NotTried).Select(step => $"; {step.Who}: {step.Step.Text}"))}"
            + $"{(unclear.Count > 0 ? $"; the answer does not tell {string.Join(", ", unclear)}" : "")}.";
        // A resource that refuses everybody proves nothing, so a valid login belongs to a complete trial; few rights need not exist.
        return unclear.Count > 0 || trial.Valid.Result == AccessResult.NotTried ? Coverage.Partial(statement) : Coverage.Complete(statement);
    }

    private static ProbeOutcome.Observed Observed(AccessTrial request, Trial trial, bool isLoginTaken, Coverage coverage) =>
        new(new AccessSeen(
            request.Endpoint,
            request.AuthMech,
            request.Method,
            request.Path,
            request.Login.Tls,
            trial.Anonymous.Result,
            trial.Wrong.Result,
            trial.LowRights.Result,
            trial.Valid.Result,
            isLoginTaken && !request.Login.Tls && request.Login.Protocol is LoginProtocol.HttpBasic or LoginProtocol.HttpForm or LoginProtocol.HttpJson or LoginProtocol.Telnet or LoginProtocol.Ftp or LoginProtocol.Mqtt or LoginProtocol.RtspBasic,
            string.Join("; ", trial.Steps.Select(step => $"{step.Who}: {step.Step.Text}")))
        {
            Coverage = coverage,
        });

    private sealed record Step(AccessResult Result, string Text)
    {
        public ResourceAnswer AsAnswer => new(Result, Text, AnswerShape.Empty, 0, null, null);

        public static Step Of(LoginAttempt attempt) => new(attempt.Blocked || attempt.Silence is not null ? AccessResult.Unclear : attempt.Result, attempt.Answer);

        public static Step Of(ResourceAnswer answer) => new(answer.Result, answer.Text);
    }

    private sealed record Trial(Step Anonymous, Step Wrong, Step LowRights, Step Valid)
    {
        public IEnumerable<(string Who, Step Step)> Steps => [("without a credential", Anonymous), ("with a wrong one", Wrong), ("with few rights", LowRights), ("with a valid one", Valid)];

        public static Trial None(string why)
        {
            var step = new Step(AccessResult.NotTried, why);
            return new Trial(step, step, step, step);
        }
    }

    private sealed record Resource(AccessTrial Request, HttpLogin Login, HttpAccess Access, ProbeContext Context)
    {
        public bool IsLoginTaken { get; set; }
    }
}
