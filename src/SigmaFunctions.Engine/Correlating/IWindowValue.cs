using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>The value of a window that moves: matches enter at its end and leave at its begin, in order of time.</summary>
internal interface IWindowValue
{
    /// <summary>The value; the window is not empty.</summary>
    Rational Value { get; }

    /// <summary>A match comes into the window.</summary>
    void Add(GroupMatch match);

    /// <summary>A match that came in leaves it.</summary>
    void Remove(GroupMatch match);
}
