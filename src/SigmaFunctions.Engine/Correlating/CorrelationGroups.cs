using System.Buffers;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>The matches of one correlation's rules, by group. Not safe for concurrent use.</summary>
internal sealed class CorrelationGroups
{
    private readonly CorrelationPlan _plan;
    private readonly CompiledCorrelation _correlation;
    private readonly ByteKeys _groups = new();
    private readonly ByteKeys _values = new();
    private readonly ArrayBufferWriter<byte> _key = new();

    // By part: where its matches come from.
    private readonly IReadOnlyList<CorrelatedMatch>?[] _matches;
    private readonly IReadOnlyList<CorrelationOccurrence>?[] _occurrences;

    // By value: it alone, since most matches have one.
    private readonly List<ImmutableArray<int>> _single = [];
    private readonly List<int> _groupOf = [];
    private readonly List<GroupMatch> _members = [];
    private readonly List<(int Index, int Combination)> _sources = [];

    // Events by their identity, where one event is several: those of inner correlations.
    private readonly List<(int Place, string Inner)>? _events;
    private CapturedSlice[] _captured = [];

    public CorrelationGroups(CorrelationPlan plan, CompiledCorrelation correlation)
    {
        _plan = plan;
        _correlation = correlation;
        _matches = new IReadOnlyList<CorrelatedMatch>?[correlation.Parts.Length];
        _occurrences = new IReadOnlyList<CorrelationOccurrence>?[correlation.Parts.Length];
        _events = !correlation.Logic.IsTemporal && correlation.Parts.Any(part => part.Correlation is not null) ? [] : null;
    }

    /// <summary>The matches that have more groups or values than are looked at; one may come several times.</summary>
    public List<CorrelatedMatch> Cut { get; } = [];

    /// <summary>Adds the matches of a rule.</summary>
    /// <param name="part">The rule's place among those of the correlation.</param>
    /// <param name="matches">Its matches.</param>
    public void Add(int part, IReadOnlyList<CorrelatedMatch> matches)
    {
        _matches[part] = matches;
        CorrelationPart of = _correlation.Parts[part];
        ImmutableArray<string> captured = _plan.FieldsOf(of.Rule!.Value);
        int[] groupBy = [.. of.GroupBy.Select(name => captured.IndexOf(name))];
        int[] fields = [.. of.Fields.Select(name => captured.IndexOf(name))];
        _captured = new CapturedSlice[captured.Length];
        for (int index = 0; index < matches.Count; index++)
        {
            CorrelatedMatch match = matches[index];
            Read(match.Values.Span);
            if (IsPlain(groupBy) && IsPlain(fields))
            {
                AddPlain(part, index, match, groupBy, fields);
            }
            else
            {
                Add(part, index, match, "", [.. groupBy.Select(field => FieldTexts.Of(match, field))], [.. fields.Select(field => FieldTexts.Of(match, field))]);
            }
        }
    }

    /// <summary>Adds the matches of an inner correlation.</summary>
    /// <param name="part">Its place among those of the correlation.</param>
    /// <param name="occurrences">Its matches.</param>
    public void Add(int part, IReadOnlyList<CorrelationOccurrence> occurrences)
    {
        _occurrences[part] = occurrences;
        CorrelationPart of = _correlation.Parts[part];
        for (int index = 0; index < occurrences.Count; index++)
        {
            CorrelationOccurrence occurrence = occurrences[index];
            Add(
                part,
                index,
                occurrence.Completing,
                occurrence.Identity,
                [.. of.GroupBy.Select(field => occurrence.Find(_plan, field))],
                [.. of.Fields.Select(field => occurrence.Find(_plan, field))]);
        }
    }

    /// <summary>The groups with at least so many matches, in the order in which they came up.</summary>
    public IEnumerable<(ReadOnlyMemory<byte> Key, GroupMatch[] Matches)> All(int least)
    {
        Number();
        int[] ends = new int[_groups.Count];
        foreach (int group in _groupOf)
        {
            ends[group]++;
        }

        int[] counts = [.. ends];
        for (int group = 1; group < ends.Length; group++)
        {
            ends[group] += ends[group - 1];
        }

        int[] next = [.. ends.Select((end, group) => end - counts[group])];
        var ordered = new GroupMatch[_members.Count];
        for (int member = 0; member < _members.Count; member++)
        {
            ordered[next[_groupOf[member]]++] = _members[member];
        }

        for (int group = 0; group < ends.Length; group++)
        {
            if (counts[group] >= least)
            {
                yield return (_groups[group], ordered[(ends[group] - counts[group])..ends[group]]);
            }
        }
    }

    /// <summary>The matches that are of no group, each with the first entry of <c>group-by</c> for which it has no value, as its rule's events name it.</summary>
    public IEnumerable<(int Part, CorrelatedMatch Match, string Field)> WithoutGroup()
    {
        for (int part = 0; part < _correlation.Parts.Length; part++)
        {
            ImmutableArray<string> names = _correlation.Parts[part].GroupBy;
            foreach (CorrelationOccurrence occurrence in _occurrences[part] ?? [])
            {
                if (names.FirstOrDefault(name => occurrence.Find(_plan, name).Texts.IsEmpty) is { } field)
                {
                    yield return (part, occurrence.Completing, field);
                }
            }

            foreach (CorrelatedMatch match in _matches[part] ?? [])
            {
                if (names.FirstOrDefault(name => FieldTexts.Of(_plan, match, name).Texts.IsEmpty) is { } field)
                {
                    yield return (part, match, field);
                }
            }
        }
    }

    /// <summary>The match of a rule that a member is, or that completes it.</summary>
    public CorrelatedMatch MatchOf(GroupMatch member) =>
        OccurrenceOf(member)?.Completing ?? _matches[member.Rule]![_sources[member.Source].Index];

    /// <summary>The inner correlation's match that a member is; null for a rule's.</summary>
    public CorrelationOccurrence? OccurrenceOf(GroupMatch member) => _occurrences[member.Rule]?[_sources[member.Source].Index];

    /// <summary>The values of a field of a member.</summary>
    public FieldTexts FieldOf(GroupMatch member, string field) => OccurrenceOf(member)?.Find(_plan, field) ?? FieldTexts.Of(_plan, MatchOf(member), field);

    /// <summary>The texts of a member's group, as it has them.</summary>
    public ImmutableArray<string> TextsOf(GroupMatch member)
    {
        IEnumerable<FieldTexts> fields = _correlation.Parts[member.Rule].GroupBy.Select(field => FieldOf(member, field));
        return CorrelationKey.GroupsOf([.. fields.Select(field => field.Texts)])[_sources[member.Source].Combination];
    }

    /// <summary>Whether each of some fields has one value, written as it is compared.</summary>
    private bool IsPlain(int[] fields)
    {
        foreach (int field in fields)
        {
            if (!_captured[field].IsPlain)
            {
                return false;
            }
        }

        return true;
    }

    private void Read(ReadOnlySpan<byte> values)
    {
        var reader = new CapturedReader(values);
        for (int field = 0; field < _captured.Length; field++)
        {
            if (!reader.TryRead(out bool isNumber, out ReadOnlySpan<byte> text))
            {
                _captured[field] = default;
                continue;
            }

            int end = values.Length - reader.Left.Length;
            bool isOnly = !reader.TryRead(out _, out _);
            if (!isOnly)
            {
                reader.SkipField();
            }

            _captured[field] = new CapturedSlice(end - text.Length, text.Length, isNumber, isOnly && CorrelationKey.IsPlain(isNumber, text));
        }
    }

    private void AddPlain(int part, int index, CorrelatedMatch match, int[] groupBy, int[] fields)
    {
        ImmutableArray<int> values = [];
        ImmutableArray<Rational> numbers = [];
        if (_correlation.Logic.Type == CorrelationType.ValueCount)
        {
            values = Single(_values.Find(KeyOf(match, fields)));
        }
        else if (fields is [int only])
        {
            CapturedSlice field = _captured[only];
            numbers = FieldTexts.NumberOf(field.IsNumber, match.Values.Span.Slice(field.Start, field.Length));
        }

        Add(_groups.Find(KeyOf(match, groupBy)), 0, part, index, match, "", values, numbers);
    }

    private ReadOnlySpan<byte> KeyOf(CorrelatedMatch match, int[] fields)
    {
        _key.ResetWrittenCount();
        foreach (int field in fields)
        {
            CorrelationKey.Append(_key, match.Values.Span.Slice(_captured[field].Start, _captured[field].Length));
        }

        return _key.WrittenSpan;
    }

    private ReadOnlySpan<byte> KeyOf(ImmutableArray<string> texts)
    {
        _key.ResetWrittenCount();
        foreach (string text in texts)
        {
            CorrelationKey.Append(_key, text);
        }

        return _key.WrittenSpan;
    }

    private void Add(int part, int index, CorrelatedMatch match, string inner, ImmutableArray<FieldTexts> groupBy, ImmutableArray<FieldTexts> fields)
    {
        ImmutableArray<int> values = [];
        ImmutableArray<Rational> numbers = [];
        bool isCut = false;
        if (_correlation.Logic.Type == CorrelationType.ValueCount)
        {
            ImmutableArray<ImmutableArray<string>> counted = [.. fields.Select(field => field.Texts)];
            values = [.. CorrelationKey.ValuesOf(counted).Select(texts => _values.Find(KeyOf(texts))).Distinct()];
            isCut = CorrelationKey.HasMoreValues(counted);
        }
        else if (fields is [FieldTexts only])
        {
            numbers = only.Numbers;
        }

        ImmutableArray<ImmutableArray<string>> grouped = [.. groupBy.Select(field => field.Texts)];
        ImmutableArray<ImmutableArray<string>> combinations = CorrelationKey.GroupsOf(grouped);
        if (isCut || CorrelationKey.HasMoreGroups(grouped))
        {
            Cut.Add(match);
        }

        for (int combination = 0; combination < combinations.Length; combination++)
        {
            Add(_groups.Find(KeyOf(combinations[combination])), combination, part, index, match, inner, values, numbers);
        }
    }

    private void Add(
        int group, int combination, int part, int index, CorrelatedMatch match, string inner, ImmutableArray<int> values, ImmutableArray<Rational> numbers)
    {
        _groupOf.Add(group);
        _members.Add(new GroupMatch(match.Time, match.Place, part, _sources.Count, values, numbers));
        _sources.Add((index, combination));
        _events?.Add((match.Place, inner));
    }

    private ImmutableArray<int> Single(int value)
    {
        for (int known = _single.Count; known <= value; known++)
        {
            _single.Add([known]);
        }

        return _single[value];
    }

    /// <summary>Numbers events where one place is not one event.</summary>
    private void Number()
    {
        if (_events is null)
        {
            return;
        }

        var numbers = new Dictionary<(int, string), int>();
        IEnumerable<int> ordered = Enumerable.Range(0, _members.Count)
            .OrderBy(member => _events[member].Place).ThenBy(member => _members[member].Rule).ThenBy(member => _events[member].Inner, StringComparer.Ordinal);
        foreach (int member in ordered)
        {
            numbers.TryAdd(_events[member], numbers.Count);
        }

        for (int member = 0; member < _members.Count; member++)
        {
            _members[member] = _members[member] with { Event = numbers[_events[member]] };
        }
    }

    /// <summary>Where the first value of a field is among those that were captured.</summary>
    private readonly record struct CapturedSlice(int Start, int Length, bool IsNumber, bool IsPlain);
}
