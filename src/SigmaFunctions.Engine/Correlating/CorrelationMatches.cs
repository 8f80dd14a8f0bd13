using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>The matches of a stream that correlations look at, and what these detect in all of them. Not safe for concurrent use.</summary>
public sealed class CorrelationMatches
{
    private const int BlockBytes = 256 * 1024;

    private readonly CorrelationPlan _plan;
    private readonly Dictionary<int, List<CorrelatedMatch>> _byRule;
    private readonly HashSet<(int Rule, int Place)> _cut = [];
    private Memory<byte> _block;

    /// <summary>None yet.</summary>
    /// <param name="plan">The correlations.</param>
    public CorrelationMatches(CorrelationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _byRule = plan.Rules.ToDictionary(rule => rule, _ => new List<CorrelatedMatch>());
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many have lists of which only the first elements, groups or values are looked at; known whole after <see cref="Detect"/>.</summary>
    public int Cut => _cut.Count;

    /// <summary>Adds a match.</summary>
    /// <param name="rule">Its rule's place among those of the set, one of <see cref="CorrelationPlan.Rules"/>.</param>
    /// <param name="time">When its event was, in ticks of 100 ns, UTC.</param>
    /// <param name="place">The event's place among all, in the order of their identity.</param>
    /// <param name="values">The values of the fields that <see cref="CorrelationPlan.FieldsOf"/> tells, as the matcher captured them; they are copied.</param>
    /// <param name="isCut">Whether a list had more than was captured.</param>
    public void Add(int rule, long time, int place, ReadOnlySpan<byte> values, bool isCut = false)
    {
        if (isCut)
        {
            _cut.Add((rule, place));
        }

        if (_block.Length < values.Length)
        {
            _block = new byte[Math.Max(BlockBytes, values.Length)];
        }

        values.CopyTo(_block.Span);
        _byRule[rule].Add(new CorrelatedMatch(rule, place, time, _block[..values.Length]));
        _block = _block[values.Length..];
        Count++;
    }

    /// <summary>What is detected by correlations with detections of their own, by time, correlation and group.</summary>
    public ImmutableArray<CorrelationDetection> Detect()
    {
        HashSet<int> referredTo = [.. _plan.Correlations.SelectMany(correlation => correlation.Parts).Select(part => part.Correlation).OfType<int>()];
        var occurrences = new List<CorrelationOccurrence>?[_plan.Correlations.Length];
        var detections = new List<CorrelationDetection>();
        for (int place = 0; place < _plan.Correlations.Length; place++)
        {
            CompiledCorrelation correlation = _plan.Correlations[place];
            CorrelationGroups groups = GroupsOf(_plan, correlation, rule => _byRule[rule], occurrences);
            _cut.UnionWith(groups.Cut.Select(match => (match.Rule, match.Place)));
            occurrences[place] = referredTo.Contains(place) ? [] : null;
            foreach ((CorrelationGroups _, ReadOnlyMemory<byte> key, GroupResult result) in Evaluated(correlation, groups))
            {
                occurrences[place]?.AddRange(OccurrencesOf(correlation, groups, key, result, ImmutableHashSet<long>.Empty));
                if (!correlation.IsSilent)
                {
                    detections.AddRange(result.Firings.Select(firing => DetectionOf(correlation, groups, result, firing)));
                }
            }
        }

        return
        [
            .. detections.OrderBy(one => one.Last).ThenBy(one => one.Correlation.Correlation.Id, StringComparer.Ordinal)
                .ThenBy(one => one.Group, TextOrder.Instance),
        ];
    }

    /// <summary>The groups of one correlation.</summary>
    /// <param name="place">Its place among those of the plan.</param>
    internal CorrelationGroups GroupsOf(int place)
    {
        var occurrences = new List<CorrelationOccurrence>?[_plan.Correlations.Length];
        return Of(place);

        CorrelationGroups Of(int one)
        {
            CompiledCorrelation correlation = _plan.Correlations[one];
            foreach (int inner in correlation.Parts.Select(part => part.Correlation).OfType<int>())
            {
                occurrences[inner] ??=
                [
                    .. Evaluated(_plan.Correlations[inner], Of(inner)).SelectMany(group =>
                        OccurrencesOf(_plan.Correlations[inner], group.Groups, group.Key, group.Result, ImmutableHashSet<long>.Empty)),
                ];
            }

            return GroupsOf(_plan, correlation, rule => _byRule[rule], occurrences);
        }
    }

    private static IEnumerable<(CorrelationGroups Groups, ReadOnlyMemory<byte> Key, GroupResult Result)> Evaluated(
        CompiledCorrelation correlation, CorrelationGroups groups) =>
        groups.All(correlation.Logic.LeastMatches).Select(group =>
            (groups, group.Key, GroupEvaluation.Evaluate(correlation.Logic, group.Matches, long.MinValue, null)));

    /// <summary>The groups of one correlation.</summary>
    /// <param name="plan">The plan that it is of.</param>
    /// <param name="correlation">The correlation.</param>
    /// <param name="matchesOf">The matches of a rule of the plan.</param>
    /// <param name="occurrences">By correlation: what those that it refers to come to.</param>
    internal static CorrelationGroups GroupsOf(
        CorrelationPlan plan, CompiledCorrelation correlation, Func<int, IReadOnlyList<CorrelatedMatch>> matchesOf, List<CorrelationOccurrence>?[] occurrences)
    {
        var groups = new CorrelationGroups(plan, correlation);
        for (int part = 0; part < correlation.Parts.Length; part++)
        {
            if (correlation.Parts[part].Correlation is { } inner)
            {
                // Where one match completes several groups of it, which of them comes first does not depend on the order of arrival.
                groups.Add(
                    part,
                    [
                        .. occurrences[inner]!.Where(one => one.IsFiring || !correlation.CountsDetections)
                            .OrderBy(one => one.Completing.Place).ThenBy(one => one.Identity, StringComparer.Ordinal),
                    ]);
            }
            else
            {
                groups.Add(part, matchesOf(correlation.Parts[part].Rule!.Value));
            }
        }

        return groups;
    }

    /// <summary>What a group of a correlation comes to for those that refer to it.</summary>
    /// <param name="correlation">The correlation.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="key">The group.</param>
    /// <param name="result">What was evaluated of it.</param>
    /// <param name="before">When it fired before the time from which firings were looked for.</param>
    internal static IEnumerable<CorrelationOccurrence> OccurrencesOf(
        CompiledCorrelation correlation, CorrelationGroups groups, ReadOnlyMemory<byte> key, GroupResult result, IReadOnlySet<long> before)
    {
        HashSet<long> firings = [.. result.Firings.Select(firing => firing.Time), .. before];
        string identity = $"{correlation.Correlation.Id}\n{Convert.ToHexString(key.Span)}\n";
        foreach (CorrelationInstant instant in result.Instants.Where(instant => instant.Holds))
        {
            GroupMatch completing = result.Matches[instant.End - 1];
            yield return new CorrelationOccurrence(
                groups.MatchOf(completing),
                correlation.Correlation.GroupBy,
                groups.TextsOf(completing),
                groups.OccurrenceOf(completing),
                $"{identity}{instant.Time:D19}",
                firings.Contains(instant.Time));
        }
    }

    /// <summary>What is to be told of a firing.</summary>
    internal static CorrelationDetection DetectionOf(
        CompiledCorrelation correlation, CorrelationGroups groups, GroupResult result, CorrelationInstant firing)
    {
        int count = firing.End - firing.First;
        const int Half = CorrelationDetection.MaxEvents / 2;
        IEnumerable<int> told = count <= CorrelationDetection.MaxEvents
            ? Enumerable.Range(firing.First, count)
            : Enumerable.Range(firing.First, Half).Concat(Enumerable.Range(firing.End - Half, Half));
        GroupMatch completing = result.Matches[firing.End - 1];
        return new CorrelationDetection(
            correlation,
            groups.TextsOf(completing),
            firing.Value,
            result.Matches[firing.First].Time,
            firing.Time,
            groups.MatchOf(completing).Place,
            [.. told.Select(place => result.Matches[place]).Select(match => new CorrelatedEvent(groups.MatchOf(match).Place, correlation.Parts[match.Rule].Id, match.Time))],
            count);
    }

    /// <summary>By the texts of groups, as they are compared.</summary>
    private sealed class TextOrder : IComparer<ImmutableArray<string>>
    {
        public static TextOrder Instance { get; } = new();

        public int Compare(ImmutableArray<string> x, ImmutableArray<string> y) => x
            .Zip(y, (left, right) => string.CompareOrdinal(left.ToUpperInvariant(), right.ToUpperInvariant())).FirstOrDefault(compared => compared != 0);
    }
}
