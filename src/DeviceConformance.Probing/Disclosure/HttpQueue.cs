namespace DeviceConformance.Probing.Disclosure;

/// <summary>Paths that pages name and that are still to be asked for.</summary>
internal sealed class HttpQueue(Uri origin)
{
    /// <summary>Links from the start page at the most.</summary>
    public const int MaxDepth = 5;

    private const int MaxKnown = 1000;
    private const int MaxQueriesOfPath = 8;
    private const int MaxActions = 40;

    private readonly Queue<(HttpPath Path, int Depth)> _waiting = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _queries = new(StringComparer.Ordinal);
    private readonly List<string> _actions = [];

    /// <summary>Paths that were not taken up because they name an action.</summary>
    public IReadOnlyList<string> Actions => _actions;

    /// <summary>Paths that wait.</summary>
    public IEnumerable<string> Waiting => _waiting.Select(next => next.Path.Path);

    /// <summary>Marks paths as known, so that they are not taken up.</summary>
    public void Know(IEnumerable<string> paths) => _known.UnionWith(paths);

    /// <summary>Takes up targets that a page names.</summary>
    /// <param name="targets">Targets as written.</param>
    /// <param name="from">Path of the page, or the base of its links.</param>
    /// <param name="depth">Links from the start page to the page.</param>
    public void Add(IEnumerable<string> targets, string from, int depth)
    {
        foreach (var path in targets.Select(target => HttpLinks.PathOf(origin, from, target)).OfType<string>())
        {
            if (depth >= MaxDepth || _known.Count >= MaxKnown || !_known.Add(path))
            {
                continue;
            }

            if (HttpLinks.NamesAction(path))
            {
                if (_actions.Count < MaxActions)
                {
                    _actions.Add(path);
                }

                continue;
            }

            var resource = path.Split('?')[0];
            _queries[resource] = _queries.GetValueOrDefault(resource) + 1;
            if (_queries[resource] <= MaxQueriesOfPath)
            {
                _waiting.Enqueue((new HttpPath(HttpPathKind.Linked, path, $"named by {from}"), depth + 1));
            }
        }
    }

    /// <summary>The next path; false when there is none.</summary>
    public bool TryNext(out HttpPath path, out int depth)
    {
        var found = _waiting.TryDequeue(out var next);
        (path, depth) = next;
        return found;
    }
}
