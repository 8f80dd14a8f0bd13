namespace SigmaFunctions.Engine.Matching.Indexing;

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
internal readonly record struct Signal(SignalKind Kind, int Predicate, byte[]? Literal = null);

/// <summary>Signs of which at least one is seen on every event that an expression holds on.</summary>
/// <param name="Signals">The signs.</param>
/// <param name="Cost">Estimate of how many of them an event shows.</param>
internal sealed record Witness(IReadOnlyList<Signal> Signals, double Cost)
{
    /// <summary>The better of two; null is none.</summary>
    public static Witness? Rarer(Witness? left, Witness? right) =>
        left is null ? right : right is null || left.Cost <= right.Cost ? left : right;

    /// <summary>The witness for "one of them": that of each together.</summary>
    public static Witness Union(IReadOnlyList<Witness> parts) =>
        parts.Count == 1 ? parts[0] : new Witness([.. parts.SelectMany(part => part.Signals).Distinct()], parts.Sum(part => part.Cost));
}
