using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Writes the values that rules look at straight to a matcher: nothing else of an event is read, and nothing is allocated once the
/// buffers have grown.
/// </summary>
internal sealed class SlotSink : EventSink
{
    // Events can state log sources as they like, within those that rules name.
    private const int MaxPlans = 1_024;

    private const int NoSource = -1;

    private readonly EventMatcher _matcher;
    private readonly Dictionary<LogSourceSet, RoutePlan> _plans = [];
    private readonly StatedLogSources _stated;
    private readonly ImmutableArray<Name> _logSourceNames;
    private RoutePlan? _plan;
    private bool _hasBegun;
    private Range _bytes;

    // The keywords that were looked for in the record last, and whether they may be there.
    private KeywordFilter? _keywords;
    private bool _mayHoldKeyword;

    // Why no rule can see the record, where none can.
    private LogSourceSet? _unseen;
    private StatedLogSource? _statedInVain;
    private bool _isLeftOut;

    // Where the record comes from, and the views of it that were counted, in an earlier reading of it too.
    private readonly SourceTally _sources;
    private string _shape = "";
    private RecordValue _tenant;
    private int _source = NoSource;
    private LogSourceSet? _logSources;
    private int _viewsEnded;
    private int _viewsCounted;

    /// <summary>Makes a sink.</summary>
    /// <param name="matcher">Where to write.</param>
    /// <param name="names">The names of shapes; those of rules are learnt as routes come up.</param>
    /// <param name="sources">Counts where records come from.</param>
    public SlotSink(EventMatcher matcher, NameTable names, SourceTally sources)
        : base(names)
    {
        _matcher = matcher;
        _sources = sources;
        _stated = new StatedLogSources(matcher.Detector.LogSources);
        _logSourceNames = [names.Find("category"u8), names.Find("product"u8), names.Find("service"u8)];
    }

    /// <inheritdoc/>
    public override EventFacts? Facts => null;

    /// <summary>
    /// Whether names were learnt from the record, so that it has to be written again: fields may have been passed over before they
    /// were known.
    /// </summary>
    public bool HasLearnt { get; private set; }

    /// <summary>The record's matches that correlations look at; null where no view of it was looked at. Valid until the next record.</summary>
    public CorrelatedValues? Correlated => _hasBegun ? _matcher.Correlated : null;

    /// <summary>Whether some rule looks at the record.</summary>
    public bool IsSeen { get; private set; }

    /// <inheritdoc/>
    public override bool BeginView(LogSourceSet logSources)
    {
        if (!_plans.TryGetValue(logSources, out RoutePlan? plan))
        {
            if (_plans.Count == MaxPlans)
            {
                _plans.Clear();
            }

            plan = Learn(_matcher.Detector.RouteOf(logSources));
            _plans.Add(logSources, plan);
        }

        if (plan.Route.IsEmpty)
        {
            _unseen ??= logSources;
        }
        else
        {
            IsSeen = true;
        }

        _plan = plan.Route.IsEmpty || HasLearnt ? null : plan;
        _logSources = logSources;
        return _plan is not null;
    }

    /// <inheritdoc/>
    public override bool BeginView(RecordValue category, RecordValue product, RecordValue service)
    {
        _plan = null;
        if (_stated.Find(category.Text, product.Text, service.Text) is { } known)
        {
            return BeginView(known);
        }

        _statedInVain = new StatedLogSource(category, product, service);
        return false;
    }

    /// <inheritdoc/>
    public override void LeaveOut() => _isLeftOut = true;

    /// <inheritdoc/>
    public override void StateOrigin(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> provider) =>
        _source = _sources.Find(_shape, channel, provider, _tenant.Text);

    /// <inheritdoc/>
    public override void StateTenant(RecordValue tenant) => _tenant = tenant;

    /// <inheritdoc/>
    public override bool Wants(Name name) => _plan is not null && _plan.Wants(name);

    /// <inheritdoc/>
    public override void EndView()
    {
        if (_plan is not { } plan)
        {
            return;
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            _matcher.BeginEvent();
        }

        ViewWriter view = _matcher.BeginView(plan.Route);
        if (Parent >= 0)
        {
            WriteProperties(view, plan);
        }

        foreach (int id in Touched)
        {
            if (plan.SlotOf(id) is { IsNone: false } slot && IndexOf(new Name(id)) is >= 0 and int index)
            {
                view.Set(slot);
                WriteField(view, slot, index);
            }
        }

        foreach (RoutePlan.FieldPath path in plan.Paths)
        {
            if (!view.IsSet(path.Slot) && IndexOf(path.First) is >= 0 and int index)
            {
                WriteIn(view, path.Slot, index, path.Rest);
            }
        }

        if (plan.Route.OwnValuesSlot is { IsNone: false } own)
        {
            view.Set(own);
            if (MayHoldKeyword(plan.Route.Keywords))
            {
                WriteOwnValues(view, own);
            }
        }

        Count(view, plan);
        view.End();
    }

    /// <summary>Begins the next record.</summary>
    /// <param name="tape">Where it was read to.</param>
    /// <param name="bytes">Where it stands in the body.</param>
    /// <param name="shape">Name of its shape.</param>
    public void Begin(RecordTape tape, Range bytes, string shape)
    {
        Begin(tape);
        _bytes = bytes;
        _shape = shape;
        _source = NoSource;
        _tenant = default;
        _viewsEnded = 0;
        _viewsCounted = HasLearnt ? _viewsCounted : 0;
        _keywords = null;
        _hasBegun = false;
        HasLearnt = false;
        IsSeen = false;
        _unseen = null;
        _statedInVain = null;
        _isLeftOut = false;
    }

    /// <summary>Counts the record by where it comes from.</summary>
    public void CountSource() => _sources.Add(Source());

    /// <summary>Counts the record, which no rule sees.</summary>
    public void CountUnseen(UnseenTally tally, string shape, RecordValue record)
    {
        UnseenReason reason = _isLeftOut ? UnseenReason.LeftOut
            : _unseen is not null ? UnseenReason.NoRule
            : _statedInVain is not null ? UnseenReason.NoRuleForStated
            : UnseenReason.NoLogSource;
        tally.Add(shape, reason, reason == UnseenReason.NoRule ? _unseen : null, record, _statedInVain ?? default);
    }

    /// <summary>Ends the record.</summary>
    /// <returns>The rules that hold on it; valid until the next one.</returns>
    public ReadOnlySpan<int> End() => _hasBegun ? _matcher.EndEvent() : default;

    /// <inheritdoc/>
    protected override void SetUnknown(ReadOnlySpan<byte> name, int index, bool onlyIfAbsent)
    {
        // No rule has a field of that name.
    }

    private void Count(ViewWriter view, RoutePlan plan)
    {
        // Those that were counted before the record was written again come first.
        if (++_viewsEnded > _viewsCounted)
        {
            _viewsCounted++;
            view.CountStated(_sources.AddView(Source(), plan, _logSources!));
        }
    }

    private int Source() => _source != NoSource ? _source : _source = _sources.Find(_shape, default, default, _tenant.Text);

    private RoutePlan Learn(Route route)
    {
        NameTable names = Tape.Names.With(route.Fields.SelectMany(RoutePlan.NamesOf));
        if (names.Count > Tape.Names.Count)
        {
            HasLearnt = true;
            Tape.Learn(names);
            Learn(names);
        }

        return new RoutePlan(route, names);
    }

    /// <summary>Writes the fields that are properties of one object.</summary>
    private void WriteProperties(ViewWriter view, RoutePlan plan)
    {
        RecordTape tape = Tape;
        int end = tape[Parent].Next;
        for (int index = Parent + 1; index < end; index = tape[index].Next)
        {
            int id = tape[index].Name.Id;
            if (plan.SlotOf(id) is { IsNone: false } slot && !IsTouched(id))
            {
                // Of a name that repeats, the last counts: it forgets those before.
                view.Set(slot);
                WriteField(view, slot, index);
            }
        }
    }

    /// <summary>Whether some own value may satisfy a keyword, so that they have to be written.</summary>
    private bool MayHoldKeyword(KeywordFilter? keywords)
    {
        if (keywords is null || Tape.HasRewritten)
        {
            return true;
        }

        if (!ReferenceEquals(keywords, _keywords))
        {
            _keywords = keywords;
            _mayHoldKeyword = keywords.MayStandIn(Tape.Body[_bytes], _matcher);
        }

        return _mayHoldKeyword;
    }

    private void WriteOwnValues(ViewWriter view, Slot slot)
    {
        foreach (OwnValues own in Own)
        {
            if ((FieldValueKind)Tape[own.Index].Kind == FieldValueKind.Object)
            {
                WriteProperties(view, slot, own);
            }
            else
            {
                WriteLeaves(view, slot, own.Index);
            }
        }
    }

    private void WriteProperties(ViewWriter view, Slot slot, OwnValues own)
    {
        RecordTape tape = Tape;
        tape.MarkReplaced(own.Index);
        int end = tape[own.Index].Next;
        for (int index = own.Index + 1; index < end; index = tape[index].Next)
        {
            ref RecordTape.Entry entry = ref tape[index];
            if ((FieldValueKind)entry.Kind == FieldValueKind.Null
                || (entry.Flags & RecordTape.EntryFlags.Replaced) != 0
                || (own.WithoutLogSource && entry.Name.Id >= 0 && _logSourceNames.Contains(new Name(entry.Name.Id))))
            {
                continue;
            }

            WriteLeaves(view, slot, index);
        }
    }

    /// <summary>Writes a field's value: of arrays every element, of objects only that they are there.</summary>
    private void WriteField(ViewWriter view, Slot slot, int index)
    {
        switch ((FieldValueKind)Tape[index].Kind)
        {
            case FieldValueKind.Array:
                foreach (RecordValue child in new RecordValue(Tape, index).Children)
                {
                    WriteField(view, slot, child.Index);
                }

                break;
            case FieldValueKind.Object:
                view.Add(slot, FieldValueKind.Object, ""u8);
                break;
            default:
                WriteValue(view, slot, index);
                break;
        }
    }

    /// <summary>Writes all values within a value.</summary>
    private void WriteLeaves(ViewWriter view, Slot slot, int index)
    {
        switch ((FieldValueKind)Tape[index].Kind)
        {
            case FieldValueKind.Array:
                foreach (RecordValue child in new RecordValue(Tape, index).Children)
                {
                    WriteLeaves(view, slot, child.Index);
                }

                break;
            case FieldValueKind.Object:
                Tape.MarkReplaced(index);
                foreach (RecordValue child in new RecordValue(Tape, index).Children)
                {
                    if ((Tape[child.Index].Flags & RecordTape.EntryFlags.Replaced) == 0)
                    {
                        WriteLeaves(view, slot, child.Index);
                    }
                }

                break;
            default:
                WriteValue(view, slot, index);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteValue(ViewWriter view, Slot slot, int index)
    {
        var kind = (FieldValueKind)Tape[index].Kind;
        if (kind is FieldValueKind.Text or FieldValueKind.Number)
        {
            view.Add(slot, kind, Tape.TextOf(index));
        }
        else
        {
            WriteConstant(view, slot, kind, index);
        }
    }

    private void WriteConstant(ViewWriter view, Slot slot, FieldValueKind kind, int index) => view.Add(
        slot,
        kind,
        kind != FieldValueKind.Boolean ? ""u8 : (Tape[index].Flags & RecordTape.EntryFlags.True) != 0 ? "true"u8 : "false"u8);

    /// <summary>
    /// Writes what a path leads to within a value, as the engine finds fields: at each step the longest literal name wins, and a
    /// path goes through arrays of objects.
    /// </summary>
    /// <returns>Whether it leads to anything.</returns>
    private bool WriteIn(ViewWriter view, Slot slot, int index, ReadOnlySpan<byte> path)
    {
        switch ((FieldValueKind)Tape[index].Kind)
        {
            case FieldValueKind.Array:
                bool found = false;
                foreach (RecordValue child in new RecordValue(Tape, index).Children)
                {
                    found |= WriteIn(view, slot, child.Index, path);
                }

                return found;
            case FieldValueKind.Object:
                if (Tape.Find(index, path) is >= 0 and int property)
                {
                    if (!view.IsSet(slot))
                    {
                        view.Set(slot);
                    }

                    WriteField(view, slot, property);
                    return true;
                }

                for (int dot = path.LastIndexOf((byte)'.'); dot > 0; dot = path[..dot].LastIndexOf((byte)'.'))
                {
                    if (Tape.Find(index, path[..dot]) is >= 0 and int parent && WriteIn(view, slot, parent, path[(dot + 1)..]))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }
}
