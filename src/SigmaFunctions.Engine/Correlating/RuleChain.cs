namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// How long rules can be put in their order, at times that do not fall, each by an event of its own. For each number of rules and each rule that may
/// be the last, it keeps the latest time at which such a chain can begin, so that no match need be kept: a window has the chain if that time is in it.
/// </summary>
internal sealed class RuleChain
{
    private const long Never = long.MinValue;

    private readonly int _rules;

    // By number of rules, then by how many rules of the order it may use: the latest time at which such a chain begins.
    private readonly long[,] _begins;

    /// <param name="rules">Number of rules in the order.</param>
    public RuleChain(int rules)
    {
        _rules = rules;
        _begins = new long[rules + 1, rules + 1];
        for (int length = 1; length <= rules; length++)
        {
            for (int within = 0; within <= rules; within++)
            {
                _begins[length, within] = Never;
            }
        }
    }

    /// <summary>The most rules that a chain has that begins at a time or later.</summary>
    public int LongestFrom(long time)
    {
        int length = _rules;
        while (length > 0 && _begins[length, _rules] < time)
        {
            length--;
        }

        return length;
    }

    /// <summary>A rule that alone is at one time, which no time before was later than.</summary>
    /// <param name="time">The time.</param>
    /// <param name="rule">Its place in the order.</param>
    public void Add(long time, int rule)
    {
        // It is the last of those chains, and what stands before it is the longest that uses rules before it.
        for (int length = _rules; length >= 1; length--)
        {
            long begin = length == 1 ? time : _begins[length - 1, rule];
            for (int within = rule + 1; within <= _rules; within++)
            {
                _begins[length, within] = Math.Max(_begins[length, within], begin);
            }
        }
    }

    /// <summary>Everything that is at one time, which no time before was later than.</summary>
    /// <param name="time">The time.</param>
    /// <param name="events">For each rule of the order, the events that match it then.</param>
    public void Add(long time, List<int>?[] events)
    {
        // Longer chains first, and those that end late, so that what is read is of before this time.
        int[,] together = Together(events);
        for (int length = _rules; length >= 1; length--)
        {
            for (int within = _rules; within >= 1; within--)
            {
                long latest = _begins[length, within];
                for (int from = 0; from < within; from++)
                {
                    int added = Math.Min(together[from, within], length);
                    if (added > 0)
                    {
                        latest = Math.Max(latest, added == length ? time : _begins[length - added, from]);
                    }
                }

                _begins[length, within] = latest;
            }
        }
    }

    /// <summary>For each range of rules, how many of them can be served by events of their own.</summary>
    private int[,] Together(List<int>?[] events)
    {
        int[,] together = new int[_rules + 1, _rules + 1];
        for (int from = 0; from < _rules; from++)
        {
            var ruleOf = new Dictionary<int, int>();
            int served = 0;
            for (int rule = from; rule < _rules; rule++)
            {
                if (events[rule] is not null && Serve(rule, events, ruleOf, []))
                {
                    served++;
                }

                together[from, rule + 1] = served;
            }
        }

        return together;
    }

    /// <summary>An event for a rule, others giving up theirs for another where need be (augmenting paths; Kuhn, 1955).</summary>
    private static bool Serve(int rule, List<int>?[] events, Dictionary<int, int> ruleOf, HashSet<int> tried)
    {
        foreach (int one in events[rule]!)
        {
            if (tried.Add(one) && (!ruleOf.TryGetValue(one, out int other) || Serve(other, events, ruleOf, tried)))
            {
                ruleOf[one] = rule;
                return true;
            }
        }

        return false;
    }
}
