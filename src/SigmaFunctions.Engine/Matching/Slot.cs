namespace SigmaFunctions.Engine.Matching;

/// <summary>A field of a <see cref="Route"/>: its place among <see cref="Route.Fields"/>, or the one behind them for own values.</summary>
/// <param name="Index">The place, from 0; negative for none.</param>
public readonly record struct Slot(int Index)
{
    /// <summary>No slot.</summary>
    public static Slot None => new(-1);

    /// <summary>Whether this is no slot.</summary>
    public bool IsNone => Index < 0;
}
