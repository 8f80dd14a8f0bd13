using SigmaFunctions.Engine.Correlating;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// The matches of an event that correlations look at, with the values that these ask for, of the view in which each rule matched. Nothing is
/// allocated once it has grown. Not safe for concurrent use.
/// </summary>
internal sealed class CorrelatedValues
{
    // What an unusually large event made grow beyond this is given back.
    private const int MaxKeptBytes = 1024 * 1024;

    private readonly List<(int Rule, int Start, bool IsCut)> _matches = [];
    private CapturedWriter _writer = new();

    /// <summary>How many there are.</summary>
    public int Count => _matches.Count;

    /// <summary>The rule of a match.</summary>
    public int RuleOf(int match) => _matches[match].Rule;

    /// <summary>Whether a list of a match has more elements than were captured.</summary>
    public bool IsCut(int match) => _matches[match].IsCut;

    /// <summary>What was captured of a match. Valid until the next is added.</summary>
    public ReadOnlySpan<byte> ValuesOf(int match) =>
        _writer.Written[_matches[match].Start..(match + 1 < _matches.Count ? _matches[match + 1].Start : _writer.Length)];

    /// <summary>Adds a match.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="slots">The slots of what is asked for.</param>
    /// <param name="values">The view in which the rule matched.</param>
    public void Add(int rule, Slot[] slots, ValueBuffer values)
    {
        int start = _writer.Length;
        bool isCut = false;
        foreach (Slot slot in slots)
        {
            int left = CapturedValues.MaxValues;
            for (ValueId value = values.FirstOf(slot); value.IsValue; value = values.Next(value))
            {
                if (!CapturedValues.IsKept(values.KindOf(value)))
                {
                    continue;
                }

                if (left == 0)
                {
                    isCut = true;
                    break;
                }

                _writer.Add(values.KindOf(value), values.TextOf(value));
                left--;
            }

            _writer.EndField();
        }

        _matches.Add((rule, start, isCut));
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        if (_matches.Count == 0)
        {
            return;
        }

        _matches.Clear();
        _writer.ReturnTo(0);
        if (_writer.Capacity > MaxKeptBytes)
        {
            _writer = new CapturedWriter();
        }
    }
}
