using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>How an event shows that a predicate may hold.</summary>
internal enum SignalKind
{
    /// <summary>The predicate's own entry in an index.</summary>
    Indexed,

    /// <summary>A literal that the predicate needs.</summary>
    Literal,

    /// <summary>A value of the field that is not ASCII.</summary>
    NotAscii,

    /// <summary>The predicate itself, tested wherever the field is present.</summary>
    Tested,

    /// <summary>The field's presence.</summary>
    Present,
}

/// <summary>One sign.</summary>
/// <param name="Kind">What is seen.</param>
/// <param name="Predicate">The predicate.</param>
/// <param name="Literal">The folded literal, if that is what is seen.</param>
internal sealed record Signal(SignalKind Kind, PredicateId Predicate, byte[]? Literal = null);

/// <summary>A sign that wakes a rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Signal">The sign.</param>
internal sealed record RuleSignal(GroupRuleId Rule, Signal Signal);

/// <summary>Signs of which at least one is seen on every event that an expression holds on.</summary>
/// <param name="Signals">The signs.</param>
/// <param name="Cost">Estimate of how many of them an event shows.</param>
internal sealed record Witness(IReadOnlyList<Signal> Signals, double Cost)
{
    /// <summary>The witness for "all of them": the best of those that there are.</summary>
    public static Witness? Rarest(IEnumerable<Witness?> parts)
    {
        Witness? rarest = null;
        foreach (Witness? part in parts)
        {
            if (part is not null && (rarest is null || part.Cost < rarest.Cost))
            {
                rarest = part;
            }
        }

        return rarest;
    }

    /// <summary>The witness for "one of them": those of all together; null if one has none.</summary>
    public static Witness? Union(IReadOnlyList<Witness?> parts)
    {
        var signals = new List<Signal>();
        double cost = 0;
        foreach (Witness? part in parts)
        {
            if (part is null)
            {
                return null;
            }

            signals.AddRange(part.Signals);
            cost += part.Cost;
        }

        return new Witness(signals, cost);
    }
}
