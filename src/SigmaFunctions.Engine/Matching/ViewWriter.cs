using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Writes the values of one view of an event to an <see cref="EventMatcher"/>: for each field that is present <see cref="Set"/>, then its
/// values; in the end <see cref="End"/>.
/// </summary>
public readonly ref struct ViewWriter
{
    private readonly EventMatcher _matcher;

    internal ViewWriter(EventMatcher matcher) => _matcher = matcher;

    /// <summary>Makes a field present, without values (as an empty array is); values it had are forgotten.</summary>
    public void Set(Slot slot) => _matcher.Values.Set(slot);

    /// <summary>Whether a field is present.</summary>
    public bool IsSet(Slot slot) => _matcher.Values.IsSet(slot);

    /// <summary>Adds a value to a field that was set: the only one, or the next element of an array.</summary>
    /// <param name="slot">The field.</param>
    /// <param name="kind">Not <see cref="FieldValueKind.Array"/>: elements of arrays in arrays are added one by one. An object has no
    /// text and satisfies nothing.</param>
    /// <param name="text">The text as <see cref="FieldValue.Text"/> would have it, in well-formed UTF-8; empty for null and objects.</param>
    public void Add(Slot slot, FieldValueKind kind, ReadOnlySpan<byte> text) => _matcher.Values.Add(slot, kind, text);

    /// <summary>Adds a value, as <see cref="Add(Slot, FieldValueKind, ReadOnlySpan{byte})"/> does.</summary>
    /// <param name="slot">The field.</param>
    /// <param name="kind">Not <see cref="FieldValueKind.Array"/>.</param>
    /// <param name="text">The text in UTF-16; a surrogate without its partner becomes U+FFFD.</param>
    public void Add(Slot slot, FieldValueKind kind, ReadOnlySpan<char> text) => _matcher.Values.Add(slot, kind, text);

    /// <summary>Adds one for each field that has a value which is not empty.</summary>
    /// <param name="counts">By slot, for all of <see cref="Route.Fields"/> or the first of them.</param>
    public void CountStated(Span<int> counts) => _matcher.Values.CountStated(counts);

    /// <summary>Ends the view and finds the rules that hold on it. It is written to no more.</summary>
    /// <exception cref="InvalidOperationException">It was ended before, and no other was begun since.</exception>
    public void End() => _matcher.EndView();
}
