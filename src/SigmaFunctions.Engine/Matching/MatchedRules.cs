namespace SigmaFunctions.Engine.Matching;

/// <summary>The rules that were found to hold on an event, by their index in the rule set. Not safe for concurrent use.</summary>
/// <param name="ruleCount">Number of rules of the rule set.</param>
internal sealed class MatchedRules(int ruleCount)
{
    private readonly bool[] _isMatched = new bool[ruleCount];
    private readonly int[] _rules = new int[ruleCount];
    private int _count;

    /// <summary>Whether a rule is among them.</summary>
    public bool Contains(int rule) => _isMatched[rule];

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>Those that were added behind the first so many. Valid until they are sorted.</summary>
    public ReadOnlySpan<int> Since(int count) => _rules.AsSpan(count, _count - count);

    /// <summary>Adds a rule that is not among them.</summary>
    public void Add(int rule)
    {
        _isMatched[rule] = true;
        _rules[_count++] = rule;
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        foreach (int rule in _rules.AsSpan(0, _count))
        {
            _isMatched[rule] = false;
        }

        _count = 0;
    }

    /// <summary>The rules, ascending. Valid until others are added.</summary>
    public ReadOnlySpan<int> Sorted()
    {
        Span<int> rules = _rules.AsSpan(0, _count);
        if (rules.Length > 1)
        {
            rules.Sort();
        }

        return rules;
    }
}
