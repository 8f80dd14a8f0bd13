namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// What is known of a group's predicates on one view of an event, and the rules that this woke. Indexes write to it, the evaluation reads
/// it. Between views nothing is known. Not safe for concurrent use.
/// </summary>
internal sealed class Findings
{
    private WakeTable? _wakes;
    private byte[] _state = [];
    private PredicateId[] _touched = [];
    private int _touchedCount;
    private bool[] _isAwake = [];
    private GroupRuleId[] _awake = [];
    private int _awakeCount;

    /// <summary>Nothing is known of a predicate.</summary>
    public const byte Unknown = 0;

    /// <summary>A predicate holds.</summary>
    public const byte True = 1;

    /// <summary>A predicate does not hold.</summary>
    public const byte False = 2;

    /// <summary>A predicate may hold: a literal that it needs stands in a value.</summary>
    public const byte Hinted = 3;

    /// <summary>By predicate, what is known of it. Only <see cref="Found"/> and <see cref="Decide"/> write to it.</summary>
    public byte[] State => _state;

    /// <summary>The rules that were woken.</summary>
    public ReadOnlySpan<GroupRuleId> Awake => _awake.AsSpan(0, _awakeCount);

    /// <summary>Room for <see cref="LiteralIndex"/>.</summary>
    public int[] Places { get; } = new int[LiteralIndex.Chunk];

    /// <summary>Makes room for groups of up to so many predicates and rules.</summary>
    public void Prepare(int mostTests, int mostRules)
    {
        if (_state.Length < mostTests)
        {
            (_state, _touched) = (new byte[mostTests], new PredicateId[mostTests]);
        }

        if (_isAwake.Length < mostRules)
        {
            (_isAwake, _awake) = (new bool[mostRules], new GroupRuleId[mostRules]);
        }
    }

    /// <summary>Begins a view with a group for which there is room; what a view that was not ended has left is forgotten.</summary>
    public void Begin(RuleGroup group)
    {
        End();
        _wakes = group.Wakes;
        Wake(group.AlwaysEvaluated);
    }

    /// <summary>Forgets everything.</summary>
    public void End()
    {
        foreach (PredicateId predicate in _touched.AsSpan(0, _touchedCount))
        {
            _state[predicate.Index] = Unknown;
        }

        foreach (GroupRuleId rule in Awake)
        {
            _isAwake[rule.Index] = false;
        }

        _awakeCount = _touchedCount = 0;
    }

    /// <summary>Whether anything is known of a predicate.</summary>
    public bool IsKnown(PredicateId predicate) => _state[predicate.Index] != Unknown;

    /// <summary>An index found that a predicate holds, or that it may.</summary>
    public void Found(PredicateId predicate, bool isHint)
    {
        if (_state[predicate.Index] != Unknown)
        {
            return;
        }

        _state[predicate.Index] = isHint ? Hinted : True;
        _touched[_touchedCount++] = predicate;
        WakeRulesOf(predicate);
    }

    /// <summary>A predicate of which nothing sure was known was tested.</summary>
    public void Decide(PredicateId predicate, bool holds)
    {
        if (_state[predicate.Index] == Unknown)
        {
            _touched[_touchedCount++] = predicate;
        }

        _state[predicate.Index] = holds ? True : False;
    }

    /// <summary>Wakes the rules that a predicate is the witness of.</summary>
    public void WakeRulesOf(PredicateId predicate)
    {
        foreach (GroupRuleId rule in _wakes!.Of(predicate))
        {
            Wake(rule);
        }
    }

    /// <summary>Wakes rules.</summary>
    public void Wake(GroupRuleId[] rules)
    {
        foreach (GroupRuleId rule in rules)
        {
            Wake(rule);
        }
    }

    private void Wake(GroupRuleId rule)
    {
        if (_isAwake[rule.Index])
        {
            return;
        }

        _isAwake[rule.Index] = true;
        _awake[_awakeCount++] = rule;
    }
}
