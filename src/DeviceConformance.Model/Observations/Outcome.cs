using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeviceConformance.Model.Judgement;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Model.Observations;

/// <summary>A question to the DUT, the laboratory or the operator. It is a value: equal requests are asked once.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TcpPortSweep), "tcp-port-sweep")]
[JsonDerivedType(typeof(ClosingPortSweep), "closing-port-sweep")]
[JsonDerivedType(typeof(UdpPortSweep), "udp-port-sweep")]
[JsonDerivedType(typeof(ServiceIdentification), "service-identification")]
[JsonDerivedType(typeof(TlsEnumeration), "tls-enumeration")]
[JsonDerivedType(typeof(TlsAttackTrial), "tls-attack-trial")]
[JsonDerivedType(typeof(SshEnumeration), "ssh-enumeration")]
[JsonDerivedType(typeof(DisclosureSurvey), "disclosure-survey")]
[JsonDerivedType(typeof(AccessTrial), "access-trial")]
[JsonDerivedType(typeof(WriteTrial), "write-trial")]
[JsonDerivedType(typeof(DefaultCredentialTrial), "default-credential-trial")]
[JsonDerivedType(typeof(PresetPasswordInspection), "preset-password-inspection")]
[JsonDerivedType(typeof(UpdateIntegrityTrial), "update-integrity-trial")]
[JsonDerivedType(typeof(WebSessionTrial), "web-session-trial")]
[JsonDerivedType(typeof(SettingsWriteTrial), "settings-write-trial")]
[JsonDerivedType(typeof(TrafficWatch), "traffic-watch")]
[JsonDerivedType(typeof(OperatorQuestion), "operator-question")]
public abstract record ProbeRequest
{
    private protected ProbeRequest()
    {
    }

    /// <summary>What asking it does to the DUT.</summary>
    [JsonIgnore]
    public abstract ProbeImpact Impact { get; }

    /// <summary>Address of the DUT that it is put to; null when nothing is sent to the DUT. Its answer says little while that address gives no sign of life.</summary>
    [JsonIgnore]
    public abstract DutAddress? Target { get; }

    /// <summary>The question in a few words, for the console and the plan: "TCP ports of 192.0.2.7".</summary>
    [JsonIgnore]
    public abstract string Title { get; }
}

/// <summary>A request whose answer is of one kind.</summary>
/// <typeparam name="TObservation">What it observes.</typeparam>
public abstract record ProbeRequest<TObservation> : ProbeRequest
    where TObservation : Observation
{
    private protected ProbeRequest()
    {
    }
}

/// <summary>A flat fact about the DUT. It holds no opinion and no verdict, and says how complete it is.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TcpPortsSeen), "tcp-ports")]
[JsonDerivedType(typeof(TcpPortsAtEnd), "tcp-ports-at-end")]
[JsonDerivedType(typeof(UdpPortsSeen), "udp-ports")]
[JsonDerivedType(typeof(ServiceSeen), "service")]
[JsonDerivedType(typeof(TlsServerSeen), "tls-server")]
[JsonDerivedType(typeof(TlsAttacksTried), "tls-attacks")]
[JsonDerivedType(typeof(SshServerSeen), "ssh-server")]
[JsonDerivedType(typeof(DisclosureSeen), "disclosure")]
[JsonDerivedType(typeof(AccessSeen), "access")]
[JsonDerivedType(typeof(WriteSeen), "write")]
[JsonDerivedType(typeof(DefaultCredentialsTried), "default-credentials")]
[JsonDerivedType(typeof(PresetPasswordsSeen), "preset-passwords")]
[JsonDerivedType(typeof(UpdateTrialsSeen), "update-trials")]
[JsonDerivedType(typeof(WebSessionSeen), "web-session")]
[JsonDerivedType(typeof(SettingsWritesSeen), "settings-writes")]
[JsonDerivedType(typeof(TrafficSeen), "traffic")]
[JsonDerivedType(typeof(OperatorAnswer), "operator-answer")]
public abstract record Observation
{
    private protected Observation()
    {
    }

    /// <summary>What was tried and how complete it is; absence counts only where it is complete.</summary>
    public required Coverage Coverage { get; init; }

    /// <summary>The fact as one line of English.</summary>
    [JsonIgnore]
    public abstract string Summary { get; }
}

/// <summary>How complete an observation is.</summary>
/// <param name="IsComplete">Whether everything that the request names was looked at while the DUT was there.</param>
/// <param name="Statement">What was tried, with counts and times, and what is missing.</param>
public sealed record Coverage(bool IsComplete, string Statement)
{
    /// <summary>All of it was looked at.</summary>
    public static Coverage Complete(string statement) => new(true, statement);

    /// <summary>Something was not looked at; the statement says what.</summary>
    public static Coverage Partial(string statement) => new(false, statement);
}

/// <summary>Ways of not getting an answer. They are different facts.</summary>
public enum Silence
{
    /// <summary>The DUT refused the connection (TCP RST to a SYN, or ICMP port unreachable).</summary>
    Refused,

    /// <summary>Nothing came within the deadline.</summary>
    NoReply,

    /// <summary>The DUT closed the connection in good order without an answer.</summary>
    ClosedByPeer,

    /// <summary>The DUT reset the connection.</summary>
    Reset,

    /// <summary>The answer does not follow the protocol.</summary>
    Malformed,

    /// <summary>The DUT declined the handshake with an alert or the like.</summary>
    HandshakeRefused,

    /// <summary>The DUT no longer answers at all.</summary>
    DutGone,

    /// <summary>The network says that there is no way to the host.</summary>
    HostUnreachable,
}

/// <summary>Why a request was not asked.</summary>
public enum NotRunReason
{
    /// <summary>The laboratory does not allow probes of this impact.</summary>
    ImpactNotAllowed,

    /// <summary>The time or number of attempts that the laboratory allows is used up.</summary>
    BudgetExhausted,

    /// <summary>The DUT had stopped answering.</summary>
    DutGone,

    /// <summary>A fault of the harness.</summary>
    HarnessFault,

    /// <summary>A fault of the laboratory's set-up.</summary>
    LabFault,

    /// <summary>Something that the request needs is not there: a credential, an image, a server address.</summary>
    InputMissing,

    /// <summary>The recording that is judged does not contain it.</summary>
    NotRecorded,

    /// <summary>The run was interrupted before it.</summary>
    Interrupted,

    /// <summary>The run looked at captures alone and asked no device.</summary>
    Offline,
}

/// <summary>What became of a request. Closed: observed, unanswered or not run.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Observed), "observed")]
[JsonDerivedType(typeof(Unanswered), "unanswered")]
[JsonDerivedType(typeof(NotRun), "not-run")]
public abstract record ProbeOutcome
{
    private ProbeOutcome()
    {
    }

    /// <summary>The outcome as one line of English.</summary>
    [JsonIgnore]
    public abstract string Summary { get; }

    /// <summary>The DUT, the laboratory or the operator answered.</summary>
    /// <param name="Observation">The fact.</param>
    public sealed record Observed(Observation Observation) : ProbeOutcome
    {
        /// <inheritdoc/>
        public override string Summary => Observation.Summary;
    }

    /// <summary>It was asked and there was no usable answer.</summary>
    /// <param name="Silence">In what way.</param>
    /// <param name="Text">Details.</param>
    public sealed record Unanswered(Silence Silence, string Text) : ProbeOutcome
    {
        /// <inheritdoc/>
        public override string Summary => Text;
    }

    /// <summary>It was not asked.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Text">Details and what would let it run.</param>
    public sealed record NotRun(NotRunReason Reason, string Text) : ProbeOutcome
    {
        /// <inheritdoc/>
        public override string Summary => Text;
    }
}

/// <summary>A request with its outcome, as recorded in the run folder.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Started">When it was asked, UTC.</param>
/// <param name="Finished">When it ended, UTC.</param>
/// <param name="Artefacts">Transcripts and other files that belong to it, addressed by hash.</param>
public sealed record ProbeRecord(
    ProbeRequest Request,
    ProbeOutcome Outcome,
    DateTimeOffset Started,
    DateTimeOffset Finished,
    ImmutableArray<EvidenceRef> Artefacts);

/// <summary>A request's outcome as a judge meets it.</summary>
/// <typeparam name="T">What the request observes.</typeparam>
/// <param name="Outcome">What came of it.</param>
/// <param name="Ref">The record as evidence; null when there is no record.</param>
public readonly record struct Asked<T>(ProbeOutcome Outcome, EvidenceRef? Ref)
    where T : Observation
{
    /// <summary>The observation with its evidence, when there is one.</summary>
    public bool TryGet(out T observation, out EvidenceRef evidence)
    {
        if (Outcome is ProbeOutcome.Observed { Observation: T seen } && Ref is not null)
        {
            observation = seen;
            evidence = Ref;
            return true;
        }

        observation = null!;
        evidence = null!;
        return false;
    }

    /// <summary>Why there is no observation, as one line of English.</summary>
    public string WhyNot => Outcome.Summary;
}
