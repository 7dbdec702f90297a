using System.Diagnostics;
using System.Globalization;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Campaigns;
using DeviceConformance.Probing.Link;

namespace DeviceConformance.Probing.PortSweep;

/// <summary>Sweeps all TCP ports of an address by connecting, which needs no rights.</summary>
/// <remarks>
/// Open, refused and silent are kept apart. Silent ports are asked again, slower. The sweep is complete only if the DUT was there all
/// the time and silence can not be explained by loss, throttling or its absence.
/// </remarks>
public sealed class TcpPortSweepProbe : Probe<TcpPortSweep>
{
    private const int ChunkSize = 4096;
    private const int Repeats = 2;

    // A host that refuses closed ports drops few on purpose; more silence than this needs an explanation.
    private const double FewSilent = 0.02;

    // The order is random in effect, so that deliberate filters hit all parts of a sweep alike; a larger difference is a change in time.
    private const double EvenlySilent = 0.25;

    private static readonly TimeSpan _shortestTimeout = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    protected override async Task<ProbeOutcome> AskAsync(TcpPortSweep request, ProbeContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var sweep = new Sweep(request.Address, context);
        return new ProbeOutcome.Observed(await sweep.RunAsync(cancellationToken));
    }

    private sealed class Sweep(DutAddress address, ProbeContext context)
    {
        private readonly PortTable _ports = new();
        private readonly List<double> _silentShares = [];
        private readonly long _start = context.Time.GetTimestamp();
        private TimeSpan _timeout = context.Link.ConnectTimeout;
        private TimeSpan _slowest;
        private int _connections;
        private int _concurrency = context.Link.Limits.ConcurrentConnections;
        private string? _lost;

        public async Task<TcpPortsSeen> RunAsync(CancellationToken cancellationToken)
        {
            await FirstPassAsync(cancellationToken);
            for (var repeat = 1; repeat <= Repeats && _lost is null && _ports.Number(PortAnswer.Silent) > 0; repeat++)
            {
                await RepeatAsync(repeat, cancellationToken);
            }

            if (_lost is null)
            {
                await VerifyOpenAsync(cancellationToken);
            }

            return new TcpPortsSeen(
                address,
                _ports.Open,
                _ports.Number(PortAnswer.Closed),
                _ports.Number(PortAnswer.Silent) + _ports.Number(PortAnswer.Unreachable),
                _ports.NotTried,
                _connections,
                context.Time.GetElapsedTime(_start).TotalSeconds,
                "connect")
            {
                Coverage = Judge(),
            };
        }

        private async Task FirstPassAsync(CancellationToken cancellationToken)
        {
            var done = 0;
            foreach (var chunk in PortTable.Order().Chunk(ChunkSize))
            {
                await KnockAllAsync(chunk, _concurrency, cancellationToken);
                _silentShares.Add(chunk.Count(port => _ports[port] is PortAnswer.Silent) / (double)chunk.Length);
                done += chunk.Length;
                context.Progress(done / (double)PortTable.Count, $"{done} ports, {_ports.Open.Length} open");
                if (!await IsThereAsync(chunk, cancellationToken))
                {
                    return;
                }

                if (_slowest > TimeSpan.Zero)
                {
                    // Four times the slowest answer, but never longer than the laboratory allows.
                    _timeout = Clamp(_slowest * 4);
                }
            }
        }

        /// <summary>Asks silent ports again: longer, and with fewer at a time, so that a throttled or lossy answer gets through.</summary>
        private async Task RepeatAsync(int repeat, CancellationToken cancellationToken)
        {
            var silent = _ports.With(PortAnswer.Silent).ToArray();
            var mostAreSilent = silent.Length > PortTable.Count / 2;
            var concurrency = mostAreSilent ? _concurrency : Math.Max(4, _concurrency >> (2 * repeat));
            _timeout = Clamp(_timeout * 2);
            context.Progress(0.99, $"asking {silent.Length} silent ports again");
            foreach (var chunk in silent.Chunk(ChunkSize))
            {
                await KnockAllAsync(chunk, concurrency, cancellationToken);
                if (!await IsThereAsync(chunk, cancellationToken))
                {
                    return;
                }
            }
        }

        private async Task KnockAllAsync(int[] ports, int concurrency, CancellationToken cancellationToken)
        {
            var failed = 0;
            await Parallel.ForEachAsync(ports, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken }, async (port, token) =>
            {
                if (await KnockAsync(port, token) == PortAnswer.HostFault)
                {
                    Interlocked.Increment(ref failed);
                }
            });
            if (failed > 0)
            {
                // The host ran short of descriptors or local ports: fewer at a time from now on, and those ports again.
                _concurrency = Math.Max(8, _concurrency / 2);
                foreach (var port in ports.Where(port => _ports[port] is null))
                {
                    await NoteAsync(port, await context.Link.ConnectOnceAsync(new Endpoint(address, port), Transcript.None, _timeout, cancellationToken));
                }
            }
        }

        private async Task NoteAsync(int port, ConnectResult result)
        {
            Interlocked.Increment(ref _connections);
            var isOpen = result.TryGet(out var connection);
            _ports[port] = isOpen ? PortAnswer.Open
                : result.Silence is Silence.Refused or Silence.Reset ? PortAnswer.Closed
                : result.Silence == Silence.HostUnreachable ? PortAnswer.Unreachable
                : PortAnswer.Silent;
            if (isOpen)
            {
                await connection.DisposeAsync();
            }
        }

        private async Task<PortAnswer> KnockAsync(int port, CancellationToken cancellationToken)
        {
            var started = Stopwatch.GetTimestamp();
            var knock = await context.Link.KnockAsync(new Endpoint(address, port), _timeout, cancellationToken);
            Interlocked.Increment(ref _connections);
            if (knock.Answer == PortAnswer.HostFault)
            {
                return knock.Answer;
            }

            _ports[port] = knock.Answer;
            if (knock.Answer is PortAnswer.Open or PortAnswer.Closed)
            {
                var took = Stopwatch.GetElapsedTime(started);
                _slowest = took > _slowest ? took : _slowest;
            }

            if (knock.Answer == PortAnswer.Open)
            {
                context.Liveness.SawOpen(new Endpoint(address, port));
            }

            return knock.Answer;
        }

        /// <summary>Whether the DUT is still there; if not, what was asked since the last sign of life does not count, but open stays open.</summary>
        private async Task<bool> IsThereAsync(int[] asked, CancellationToken cancellationToken)
        {
            var sign = await context.Liveness.CheckAsync(address, cancellationToken);
            if (sign.IsAlive)
            {
                return true;
            }

            foreach (var port in asked.Where(port => _ports[port] != PortAnswer.Open))
            {
                _ports[port] = null;
            }

            _lost = $"the DUT gave no sign of life {context.Time.GetElapsedTime(_start).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s after the start ({sign.How})";
            return false;
        }

        private async Task VerifyOpenAsync(CancellationToken cancellationToken)
        {
            var gone = new List<int>();
            foreach (var port in _ports.Open)
            {
                var result = await context.Link.ConnectAsync(new Endpoint(address, port), Transcript.None, cancellationToken);
                Interlocked.Increment(ref _connections);
                if (result.TryGet(out var connection))
                {
                    await connection.DisposeAsync();
                }
                else
                {
                    gone.Add(port);
                }
            }

            if (gone.Count > 0)
            {
                _lost = $"TCP {string.Join(", ", gone)} accepted a connection in the sweep but not at its end";
            }
        }

        private Coverage Judge()
        {
            var silent = _ports.Number(PortAnswer.Silent);
            var refused = _ports.Number(PortAnswer.Closed);
            var counts = string.Create(
                CultureInfo.InvariantCulture,
                $"TCP ports 1 to 65535 of {address} by connect: {_ports.Open.Length} open, {refused} refused, {silent} silent in {Repeats + 1} tries, {_ports.Number(PortAnswer.Unreachable)} unreachable, {_ports.NotTried} not tried; {_connections} connections in {context.Time.GetElapsedTime(_start).TotalSeconds:0.0} s, last time-out {_timeout.TotalMilliseconds:0} ms.");
            if (_lost is not null)
            {
                return Coverage.Partial($"{counts} Not complete: {_lost}.");
            }

            if (_ports.NotTried > 0)
            {
                return Coverage.Partial($"{counts} Not complete: the host could not ask every port.");
            }

            if (_ports.Number(PortAnswer.Unreachable) > 0)
            {
                return Coverage.Partial($"{counts} Not complete: the network said that some ports can not be reached, so that something between host and DUT may filter.");
            }

            var share = silent / (double)PortTable.Count;
            var unevenly = _silentShares.Count > 1 && _silentShares.Max() - _silentShares.Min() > EvenlySilent;
            return refused > silent && share > FewSilent
                ? Coverage.Partial($"{counts} Not complete: {share:P1} of the ports stay silent on a DUT that refuses closed ports; it may throttle or lose packets. Lower 'connections-per-second' in lab.yaml.")
                : unevenly && silent > 0
                    ? Coverage.Partial($"{counts} Not complete: silence set in during the sweep, as with a DUT that throttles. Lower 'connections-per-second' in lab.yaml.")
                    : Coverage.Complete(counts + (share > FewSilent ? " The DUT drops what is sent to closed ports." : ""));
        }

        private TimeSpan Clamp(TimeSpan wanted) =>
            wanted < _shortestTimeout ? Shorter(_shortestTimeout, context.Link.ConnectTimeout * 2)
            : Shorter(wanted, context.Link.ConnectTimeout * 2);

        private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;
    }
}
