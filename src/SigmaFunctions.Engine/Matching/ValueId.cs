namespace SigmaFunctions.Engine.Matching;

/// <summary>A value in a <see cref="ValueBuffer"/>, or that there is none.</summary>
/// <param name="Index">Its place among the values, in the order in which they were added; negative for none.</param>
internal readonly record struct ValueId(int Index)
{
    /// <summary>There is none, since the field is absent.</summary>
    public static ValueId Absent => new(-1);

    /// <summary>There is none, or no further one, in a field that is present.</summary>
    public static ValueId None => new(-2);

    /// <summary>Whether there is none, since the field is absent.</summary>
    public bool IsAbsent => Index == Absent.Index;

    /// <summary>Whether there is a value.</summary>
    public bool IsValue => Index >= 0;
}
