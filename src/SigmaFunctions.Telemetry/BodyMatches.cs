using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry;

/// <summary>What a <see cref="BodyMatcher"/> found in a body. Valid until its next body.</summary>
public sealed class BodyMatches
{
    // Matched records, rules and saved counts that room is kept for between bodies, each.
    private const int KeptItems = 64 * 1024;

    private readonly EventDecoder _decoder;
    private readonly BodyLimits _limits;
    private readonly List<MatchedRecord> _records = [];
    private readonly List<int> _rules = [];
    private readonly List<SurplusMatch> _surplus = [];

    // By rule.
    private readonly RuleCount[] _counts;

    // Null where correlations are not looked at.
    private readonly CorrelationPlan? _plan;
    private readonly CorrelatedBody _correlated;

    // What the counts were at the mark, of rules that matched since.
    private readonly List<(int Rule, RuleCount Count)> _saved = [];
    private ReadOnlyMemory<byte> _body;
    private bool _isPacked;
    private int _generation;
    private int _markGeneration;
    private Totals _totals;
    private Totals _marked;

    internal BodyMatches(EventDecoder decoder, BodyLimits limits, Detector detector)
    {
        _decoder = decoder;
        _limits = limits;
        _counts = new RuleCount[detector.Rules.Length];
        _correlated = new CorrelatedBody(limits.CorrelatedBytes);
        _plan = limits.Correlates ? detector.RuleSet.CorrelationPlan : null;
    }

    /// <summary>Number of events in the body, those that match nothing included.</summary>
    public int Events => _totals.Events;

    /// <summary>The events that no rule can see, by kind; they are among <see cref="Events"/>.</summary>
    public IReadOnlyList<UnseenEvents> Unseen { get; private set; } = [];

    /// <summary>Whether matches that correlations look at are kept.</summary>
    internal bool Correlates => _plan is not null;

    internal UnseenTally UnseenTally { get; } = new();

    /// <summary>
    /// Where the events come from, in the order of the first events; those of all are <see cref="Events"/>. They are written anew for each body.
    /// </summary>
    public IReadOnlyList<SourceEvents> Sources { get; private set; } = [];

    internal SourceTally SourceTally { get; } = new();

    /// <summary>The records that rules hold on and of which a match is kept, in order.</summary>
    public ReadOnlySpan<MatchedRecord> Records => CollectionsMarshal.AsSpan(_records);

    /// <summary>The records with matches that correlations look at, in order; none unless <see cref="BodyLimits.Correlates"/>.</summary>
    public CorrelatedBody Correlated => _correlated;

    /// <summary>Matches of rules that are building blocks of correlations alone: they are on no record.</summary>
    public int Silent => _totals.Silent;

    /// <summary>
    /// Of each rule with more matches than are kept, the one that was the first beyond a limit, in the order of records and rules. They
    /// are among the rules of <see cref="Records"/>.
    /// </summary>
    public ReadOnlySpan<SurplusMatch> Surplus => CollectionsMarshal.AsSpan(_surplus);

    /// <summary>Number of matches of all rules that are not kept.</summary>
    public int Omitted => _totals.Omitted;

    /// <summary>The first records that could not be read, in order.</summary>
    public IReadOnlyList<UndecodedRecord> Undecoded { get; private set; } = [];

    /// <summary>Number of records that could not be read, those that are not kept included.</summary>
    public int UndecodedCount { get; private set; }

    internal void Begin(ReadOnlyMemory<byte> body, bool isPacked)
    {
        _body = body;
        _isPacked = isPacked;
        _totals = default;
        Clear(_records);
        Clear(_rules);
        Clear(_surplus);
        Clear(_saved);
        _correlated.Clear();
        Undecoded = [];
        UndecodedCount = 0;
        Unseen = [];
        UnseenTally.Begin();
        Sources = [];
        SourceTally.Begin();
        if (++_generation == int.MaxValue)
        {
            Array.Clear(_counts);
            _generation = 1;
        }

        Mark();
    }

    /// <summary>Ends the body: what was counted is known now.</summary>
    internal void End(IReadOnlyList<UndecodedRecord> undecoded, int undecodedCount)
    {
        Undecoded = undecoded;
        UndecodedCount = undecodedCount;
        Unseen = UnseenTally.End();
        Sources = SourceTally.End();
        foreach (ref SurplusMatch surplus in CollectionsMarshal.AsSpan(_surplus))
        {
            surplus = surplus with { Omitted = _counts[surplus.Rule].Omitted };
        }
    }

    internal void Add(int record, int start, int end, ReadOnlySpan<int> rules)
    {
        if (!rules.IsEmpty)
        {
            int first = _rules.Count;
            foreach (int rule in rules)
            {
                if (!Keeps(record, rule))
                {
                    continue;
                }

                if (_plan?.IsSilent(rule) == true)
                {
                    _totals.Silent++;
                }
                else
                {
                    _rules.Add(rule);
                }
            }

            if (_rules.Count > first)
            {
                _records.Add(new MatchedRecord(this, record, Events, start..end, first.._rules.Count));
            }
        }

        _totals.Events++;
    }

    /// <summary>Adds the matches of the record that was added last that correlations look at, as far as they are kept.</summary>
    internal void Correlate(int record, int start, CorrelatedValues matches, EventFacts facts)
    {
        _correlated.Begin(record, _isPacked ? 0 : start, facts);
        for (int match = 0; match < matches.Count; match++)
        {
            if (_counts[matches.RuleOf(match)].LastRecord == record)
            {
                _correlated.Add(matches.RuleOf(match), matches.ValuesOf(match), matches.IsCut(match));
            }
        }

        _correlated.End();
    }

    /// <summary>Remembers what was found so far, in place of what was remembered before.</summary>
    internal void Mark()
    {
        UnseenTally.Mark();
        SourceTally.Mark();
        _correlated.Mark();
        _marked = _totals with { Records = _records.Count, Rules = _rules.Count, Surplus = _surplus.Count };
        _saved.Clear();
        if (++_markGeneration == int.MaxValue)
        {
            Array.Clear(_counts);
            _markGeneration = 1;
        }
    }

    /// <summary>Takes back what was found since the mark.</summary>
    internal void ReturnToMark()
    {
        UnseenTally.ReturnToMark();
        SourceTally.ReturnToMark();
        foreach ((int rule, RuleCount count) in _saved)
        {
            _counts[rule] = count;
        }

        _correlated.ReturnToMark();
        _totals = _marked;
        CollectionsMarshal.SetCount(_records, _marked.Records);
        CollectionsMarshal.SetCount(_rules, _marked.Rules);
        CollectionsMarshal.SetCount(_surplus, _marked.Surplus);
        Mark();
    }

    internal ReadOnlySpan<int> RulesOf(Range range) => CollectionsMarshal.AsSpan(_rules)[range];

    internal bool IsSurplus(int record, int rule, out int omitted)
    {
        ref RuleCount count = ref _counts[rule];
        bool isSurplus = count.Generation == _generation && count.HasSurplus && count.SurplusRecord == record;
        omitted = isSurplus ? count.Omitted : 0;
        return isSurplus;
    }

    internal DecodedEvent Decode(int record, Range bytes) => _decoder.DecodeRecord(record, OriginalOf(bytes));

    internal int StartOf(Range bytes) => _isPacked ? 0 : bytes.Start.Value;

    internal ReadOnlyMemory<byte> OriginalOf(Range bytes) => _isPacked ? _body[bytes].ToArray() : _body[bytes];

    private static void Clear<T>(List<T> list)
    {
        list.Clear();
        if (list.Capacity > KeptItems)
        {
            list.Capacity = 0;
        }
    }

    /// <summary>Counts a match.</summary>
    /// <returns>Whether it is kept.</returns>
    private bool Keeps(int record, int rule)
    {
        ref RuleCount count = ref _counts[rule];
        if (count.Generation != _generation)
        {
            count = new RuleCount { Generation = _generation };
        }

        if (count.MarkGeneration != _markGeneration)
        {
            _saved.Add((rule, count));
            count.MarkGeneration = _markGeneration;
        }

        if (count.Kept < _limits.MatchesPerRule && _totals.Kept < _limits.Matches)
        {
            count.Kept++;
            count.LastRecord = record;
            _totals.Kept++;
            return true;
        }

        if (!count.HasSurplus)
        {
            count.HasSurplus = true;
            count.SurplusRecord = record;
            count.LastRecord = record;
            _surplus.Add(new SurplusMatch(record, rule, 0));
            return true;
        }

        count.Omitted++;
        _totals.Omitted++;
        return false;
    }

    private struct RuleCount
    {
        /// <summary>Of the body that the rest is of.</summary>
        public int Generation;

        /// <summary>Of the last mark since which it was changed.</summary>
        public int MarkGeneration;
        public int Kept;
        public int Omitted;
        public int SurplusRecord;

        /// <summary>The last record of which a match is kept.</summary>
        public int LastRecord;
        public bool HasSurplus;
    }

    private struct Totals
    {
        public int Events;
        public int Kept;
        public int Omitted;
        public int Silent;
        public int Records;
        public int Rules;
        public int Surplus;
    }
}

/// <summary>
/// The first match of a rule beyond the limits of a body. It is kept, so that every rule that holds on a record of a body is told;
/// of those that come after it only the number is known.
/// </summary>
/// <param name="Record">Index of its record in the body.</param>
/// <param name="Rule">The rule: an index into <see cref="Detector.Rules"/>.</param>
/// <param name="Omitted">How many further matches of the rule the body held, from 0; none of them is kept.</param>
public readonly record struct SurplusMatch(int Record, int Rule, int Omitted);

/// <summary>A record that rules hold on. Valid as long as the <see cref="BodyMatches"/> it is from.</summary>
public readonly struct MatchedRecord : IEquatable<MatchedRecord>
{
    private readonly BodyMatches _matches;
    private readonly Range _bytes;

    internal MatchedRecord(BodyMatches matches, int record, int @event, Range bytes, Range rules)
    {
        _matches = matches;
        _bytes = bytes;
        Record = record;
        Event = @event;
        RuleRange = rules;
    }

    /// <summary>Index of the record in the body, from 0; unreadable records count too.</summary>
    public int Record { get; }

    /// <summary>The rules that hold and whose match is kept: indices into <see cref="Detector.Rules"/>, ascending.</summary>
    public ReadOnlySpan<int> Rules => _matches.RulesOf(RuleRange);

    /// <summary>Index of the event among those of the body.</summary>
    internal int Event { get; }

    internal Range RuleRange { get; }

    /// <summary>Where the record begins in the body, in bytes; 0 where it is from what the body was turned into first.</summary>
    public int Start => _matches.StartOf(_bytes);

    /// <summary>The record's bytes; they stay when the <see cref="BodyMatches"/> goes on.</summary>
    public ReadOnlyMemory<byte> Original => _matches.OriginalOf(_bytes);

    /// <summary>Whether the match of a rule is its <see cref="SurplusMatch"/>.</summary>
    /// <param name="rule">One of <see cref="Rules"/>.</param>
    /// <param name="omitted">How many further matches of the rule the body held; 0 where this is no surplus match.</param>
    public bool IsSurplus(int rule, out int omitted) => _matches.IsSurplus(Record, rule, out omitted);

    /// <summary>Decodes the record, for evidence and for keeping.</summary>
    public DecodedEvent Decode() => _matches.Decode(Record, _bytes);

    /// <inheritdoc/>
    public bool Equals(MatchedRecord other) => ReferenceEquals(_matches, other._matches) && Event == other.Event;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MatchedRecord other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Event;

    /// <summary>Whether both are the same record of the same body.</summary>
    public static bool operator ==(MatchedRecord left, MatchedRecord right) => left.Equals(right);

    /// <summary>Whether they are not the same.</summary>
    public static bool operator !=(MatchedRecord left, MatchedRecord right) => !left.Equals(right);
}
