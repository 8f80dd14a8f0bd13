using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// A correlation with detections of its own and all that it refers to, as it is evaluated where matches are kept and come bit by bit. Its matches are kept
/// in parts: of each part all that the correlation detects in its groups follows from the matches of that part alone. A part is made of the values that all
/// levels of the correlation keep apart; without inner correlations these are the groups. Immutable and safe for concurrent use.
/// </summary>
public sealed class CorrelationTree
{
    private readonly CorrelationPlan _plan;

    // By rule: for each way in which the correlation comes to it, the captured fields whose values make the part.
    private readonly ImmutableArray<ImmutableArray<ImmutableArray<int>>> _partFields;

    // By correlation: for each way in which the root comes to it, the entries of its group-by whose values make the part.
    private readonly ImmutableArray<ImmutableArray<ImmutableArray<int>>> _partEntries;
    private readonly ImmutableArray<ImmutableArray<int>> _fieldsOfPlan;
    private readonly ImmutableArray<bool> _referredTo;

    private CorrelationTree(CorrelationPlan from, ImmutableArray<SigmaRule> rules, int root)
    {
        var correlations = new List<int>();
        Visit(root);
        int[] places = [.. correlations.SelectMany(place => from.Correlations[place].Parts).Select(part => part.Rule).OfType<int>().Distinct()];
        CompiledCorrelation[] own =
        [
            .. correlations.Select(place => from.Correlations[place]).Select(one => one with
            {
                Parts =
                [
                    .. one.Parts.Select(part => part with
                    {
                        Rule = part.Rule is { } rule ? Array.IndexOf(places, rule) : null,
                        Correlation = part.Correlation is { } inner ? correlations.IndexOf(inner) : null,
                    }),
                ],
            }),
        ];
        Rules = [.. places];
        RuleIds = [.. places.Select(place => rules[place].Id)];
        _plan = new CorrelationPlan([.. places.Select(place => rules[place])], CompiledCorrelations.None with { Correlations = [.. own] });
        _fieldsOfPlan = [.. places.Select((place, rule) => _plan.FieldsOf(rule).Select(name => from.FieldsOf(place).IndexOf(name)).ToImmutableArray())];
        _referredTo = [.. own.Select((_, place) => own.Any(one => one.Parts.Any(part => part.Correlation == place)))];
        HasFirings = [.. own.Select((_, place) => place == own.Length - 1 || own.Any(one => one.CountsDetections && one.Parts.Any(part => part.Correlation == place)))];
        (_partEntries, _partFields) = PartsOf();
        Shifts = ShiftsOf(own);
        Reach = Shifts[^1] + BackOf(own, own.Length - 1);
        Key = HashOf(KeyText());
        Condition = HashOf(ConditionText(own));

        void Visit(int place)
        {
            foreach (int inner in from.Correlations[place].Parts.Select(part => part.Correlation).OfType<int>().Where(inner => !correlations.Contains(inner)))
            {
                Visit(inner);
            }

            correlations.Add(place);
        }
    }

    /// <summary>The correlation.</summary>
    public CompiledCorrelation Root => _plan.Correlations[^1];

    /// <summary>It, the last, and those that it refers to, each behind those that it refers to itself.</summary>
    public ImmutableArray<CompiledCorrelation> Correlations => _plan.Correlations;

    /// <summary>By correlation: whether its firings are to be kept, as those of the root, and those that another one counts.</summary>
    public ImmutableArray<bool> HasFirings { get; }

    /// <summary>The rules whose matches it looks at, by their places among those of the set.</summary>
    public ImmutableArray<int> Rules { get; }

    /// <summary>Their ids.</summary>
    public ImmutableArray<string> RuleIds { get; }

    /// <summary>
    /// What kept matches depend on, as 32 hex digits: ids, groups, fields and timespans. A correlation with another condition, title or level can go on with them.
    /// </summary>
    public string Key { get; }

    /// <summary>What its firings depend on beside <see cref="Key"/>, as 32 hex digits.</summary>
    public string Condition { get; }

    /// <summary>By correlation: how far before the earliest new match it may fire anew or no more, in ticks; 0 where no rule must be absent after its instants.</summary>
    public ImmutableArray<long> Shifts { get; }

    /// <summary>How far before the earliest new match matches and firings count, in ticks.</summary>
    public long Reach { get; }

    /// <summary>When it is certain that it detected something, whatever comes late.</summary>
    public CorrelationDecision Decision => Correlations.Max(correlation => correlation.Logic.Decision);

    /// <summary>The correlations of a plan that have detections of their own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="rules">The rules that it is of.</param>
    internal static ImmutableArray<CorrelationTree> Of(CorrelationPlan plan, ImmutableArray<SigmaRule> rules)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return
        [
            .. Enumerable.Range(0, plan.Correlations.Length).Where(place => !plan.Correlations[place].IsSilent).Select(place => new CorrelationTree(plan, rules, place)),
        ];
    }

    /// <summary>The values of a match as they are kept: those that this correlation asks for, of bounded length.</summary>
    /// <param name="rule">The rule's place in <see cref="Rules"/>.</param>
    /// <param name="values">The values that the plan which this was made of asks for (<see cref="CorrelationPlan.FieldsOf"/>).</param>
    /// <param name="isCut">Whether values of lists were left out.</param>
    public byte[] Keep(int rule, ReadOnlySpan<byte> values, out bool isCut) => KeptValues.Of(values, _fieldsOfPlan[rule], out isCut);

    /// <summary>The parts that a match is of; none where it takes no part.</summary>
    /// <param name="rule">The rule's place in <see cref="Rules"/>.</param>
    /// <param name="kept">Its values, from <see cref="Keep"/>.</param>
    public IReadOnlyCollection<ReadOnlyMemory<byte>> PartsOf(int rule, ReadOnlyMemory<byte> kept)
    {
        var match = new CorrelatedMatch(rule, 0, 0, kept);
        var parts = new ByteKeys();
        var key = new ArrayBufferWriter<byte>();
        foreach (ImmutableArray<int> fields in _partFields[rule])
        {
            foreach (ImmutableArray<string> texts in CorrelationKey.GroupsOf([.. fields.Select(field => FieldTexts.Of(match, field).Texts)]))
            {
                key.ResetWrittenCount();
                foreach (string text in texts)
                {
                    CorrelationKey.Append(key, text);
                }

                parts.Find(key.WrittenSpan);
            }
        }

        return [.. Enumerable.Range(0, parts.Count).Select(number => parts[number])];
    }

    /// <summary>What it detects in one part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="matches">
    /// The matches of the part in the order of their events' identity, each with its place in that order: at least those from <see cref="Reach"/> before
    /// the earliest new one.
    /// </param>
    /// <param name="ledger">
    /// What is known of the firings of a correlation, by its place, in a group before; asked for each group of those that have firings.
    /// </param>
    /// <returns>The firings from the time on that <paramref name="ledger"/> gave, of correlations that have them.</returns>
    public IReadOnlyList<TreeFiring> Evaluate(
        ReadOnlySpan<byte> part, IReadOnlyList<CorrelatedMatch> matches, Func<int, ReadOnlyMemory<byte>, GroupLedger> ledger)
    {
        ArgumentNullException.ThrowIfNull(matches);
        ArgumentNullException.ThrowIfNull(ledger);
        ILookup<int, CorrelatedMatch> byRule = matches.ToLookup(match => match.Rule);
        var occurrences = new List<CorrelationOccurrence>?[Correlations.Length];
        var firings = new List<TreeFiring>();
        for (int place = 0; place < Correlations.Length; place++)
        {
            CompiledCorrelation correlation = Correlations[place];
            CorrelationGroups groups = CorrelationMatches.GroupsOf(_plan, correlation, rule => [.. byRule[rule]], occurrences);
            occurrences[place] = _referredTo[place] ? [] : null;
            foreach ((ReadOnlyMemory<byte> key, GroupMatch[] members) in groups.All(correlation.Logic.LeastMatches))
            {
                if (!IsOf(part, place, key.Span))
                {
                    continue;
                }

                GroupLedger known = HasFirings[place] ? ledger(place, key) : GroupLedger.Empty;
                GroupResult result = GroupEvaluation.Evaluate(correlation.Logic, members, known.From, known.Last);
                occurrences[place]?.AddRange(CorrelationMatches.OccurrencesOf(correlation, groups, key, result, known.Before));
                if (HasFirings[place])
                {
                    bool isRoot = place == Correlations.Length - 1;
                    firings.AddRange(result.Firings.Select(firing => new TreeFiring(
                        place,
                        key,
                        firing.Time,
                        isRoot ? CorrelationMatches.DetectionOf(correlation, groups, result, firing) : null,
                        isRoot && correlation.Logic.Type == CorrelationType.ValueCount ? ValuesOf(correlation, groups, result, firing) : [])));
                }
            }
        }

        return firings;
    }

    private const int MaxValuesTold = 20;

    private static ImmutableArray<string> ValuesOf(CompiledCorrelation correlation, CorrelationGroups groups, GroupResult result, CorrelationInstant firing)
    {
        var told = new OrderedDictionary<string, bool>(StringComparer.OrdinalIgnoreCase);
        for (int place = firing.First; place < firing.End && told.Count < MaxValuesTold; place++)
        {
            GroupMatch match = result.Matches[place];
            foreach (ImmutableArray<string> texts in CorrelationKey.ValuesOf([.. correlation.Parts[match.Rule].Fields.Select(field => groups.FieldOf(match, field).Texts)]))
            {
                told.TryAdd(string.Join(", ", texts), true);
            }
        }

        return [.. told.Keys.Take(MaxValuesTold)];
    }

    /// <summary>Whether a group of a correlation is of a part.</summary>
    private bool IsOf(ReadOnlySpan<byte> part, int place, ReadOnlySpan<byte> group)
    {
        int entries = Correlations[place].Correlation.GroupBy.Length;
        Span<Range> ranges = entries <= 16 ? stackalloc Range[entries] : new Range[entries];
        CorrelationKey.Split(group, ranges);
        foreach (ImmutableArray<int> way in _partEntries[place])
        {
            ReadOnlySpan<byte> rest = part;
            bool isSame = true;
            foreach (int entry in way)
            {
                ReadOnlySpan<byte> text = group[ranges[entry]];
                isSame = isSame && rest.StartsWith(text);
                rest = isSame ? rest[text.Length..] : rest;
            }

            if (isSame && rest.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    private (ImmutableArray<ImmutableArray<ImmutableArray<int>>> Entries, ImmutableArray<ImmutableArray<ImmutableArray<int>>> Fields) PartsOf()
    {
        // An entry of a group-by keeps the part's matches from others where every rule below, through all levels, has a field for it.
        bool[][] isShared = new bool[Correlations.Length][];
        for (int place = 0; place < Correlations.Length; place++)
        {
            CompiledCorrelation correlation = Correlations[place];
            isShared[place] =
            [
                .. correlation.Correlation.GroupBy.Select((_, entry) => correlation.Parts.All(part =>
                    part.Correlation is not { } inner
                    || (Correlations[inner].Correlation.GroupBy.IndexOf(part.GroupBy[entry], StringComparer.Ordinal) is >= 0 and int below && isShared[inner][below]))),
            ];
        }

        List<ImmutableArray<int>>[] entries = [.. Correlations.Select(_ => new List<ImmutableArray<int>>())];
        List<ImmutableArray<int>>[] fields = [.. Rules.Select(_ => new List<ImmutableArray<int>>())];
        Add(Correlations.Length - 1, [.. Enumerable.Range(0, isShared[^1].Length).Where(entry => isShared[^1][entry])]);
        return ([.. entries.Select(ways => ways.ToImmutableArray())], [.. fields.Select(ways => ways.ToImmutableArray())]);

        void Add(int place, ImmutableArray<int> way)
        {
            if (entries[place].Exists(known => known.SequenceEqual(way)))
            {
                return;
            }

            entries[place].Add(way);
            foreach (CorrelationPart part in Correlations[place].Parts)
            {
                if (part.Correlation is { } inner)
                {
                    Add(inner, [.. way.Select(entry => Correlations[inner].Correlation.GroupBy.IndexOf(part.GroupBy[entry], StringComparer.Ordinal))]);
                }
                else
                {
                    ImmutableArray<int> captured = [.. way.Select(entry => _plan.FieldsOf(part.Rule!.Value).IndexOf(part.GroupBy[entry]))];
                    if (!fields[part.Rule!.Value].Exists(known => known.SequenceEqual(captured)))
                    {
                        fields[part.Rule.Value].Add(captured);
                    }
                }
            }
        }
    }

    private static ImmutableArray<long> ShiftsOf(CompiledCorrelation[] correlations)
    {
        long[] shifts = new long[correlations.Length];
        for (int place = 0; place < correlations.Length; place++)
        {
            CompiledCorrelation correlation = correlations[place];
            long below = correlation.Parts.Select(part => part.Correlation is { } inner ? shifts[inner] : 0).Max();
            shifts[place] = below + (correlation.Logic.Decision == CorrelationDecision.AfterTimespan ? correlation.Logic.Span : 0);
        }

        return [.. shifts];
    }

    private static long BackOf(CompiledCorrelation[] correlations, int place)
    {
        long[] back = new long[place + 1];
        for (int one = 0; one <= place; one++)
        {
            back[one] = correlations[one].Logic.Span + correlations[one].Parts.Select(part => part.Correlation is { } inner ? back[inner] : 0).Max();
        }

        return back[place];
    }

    private string KeyText()
    {
        var text = new StringBuilder();
        foreach (CompiledCorrelation correlation in Correlations)
        {
            Append(text, correlation.Correlation.Id.ToUpperInvariant());
            Append(text, correlation.Logic.Span.ToString(CultureInfo.InvariantCulture));
            foreach (CorrelationPart part in correlation.Parts)
            {
                Append(text, part.Id.ToUpperInvariant());
                Append(text, string.Join('\n', part.GroupBy));
                Append(text, string.Join('\n', part.Fields));
            }
        }

        // How matches are kept.
        for (int rule = 0; rule < Rules.Length; rule++)
        {
            Append(text, RuleIds[rule].ToUpperInvariant());
            Append(text, string.Join('\n', _plan.FieldsOf(rule)));
        }

        return text.ToString();
    }

    private static string ConditionText(CompiledCorrelation[] correlations)
    {
        var text = new StringBuilder();
        foreach (CompiledCorrelation correlation in correlations)
        {
            Append(text, correlation.Correlation.TypeName);
            Append(text, string.Join('\n', correlation.Correlation.Bounds.Select(bound => $"{bound.OperatorName} {bound.ValueText}")));
            Append(text, correlation.Logic.Percentile.ToString());
            Append(text, correlation.Correlation.Condition ?? "");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string item) => text.Append(item.Length).Append(' ').Append(item).Append('\n');

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
