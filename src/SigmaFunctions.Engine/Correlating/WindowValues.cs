using System.Numerics;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>How many events are in the window.</summary>
internal sealed class CountWindow : IWindowValue
{
    private int _count;

    public Rational Value => Rational.Of(_count);

    public void Add(GroupMatch match) => _count++;

    public void Remove(GroupMatch match) => _count--;
}

/// <summary>How many distinct values are in the window.</summary>
internal sealed class DistinctWindow : IWindowValue
{
    private readonly Dictionary<int, int> _counts = [];

    public Rational Value => Rational.Of(_counts.Count);

    public void Add(GroupMatch match)
    {
        foreach (int value in match.Values)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, value, out _)++;
        }
    }

    public void Remove(GroupMatch match)
    {
        foreach (int value in match.Values)
        {
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_counts, value, out _) == 0)
            {
                _counts.Remove(value);
            }
        }
    }
}

/// <summary>The sum of the numbers in the window, or their average.</summary>
internal sealed class SumWindow(bool isAverage) : IWindowValue
{
    private Rational _sum;
    private int _count;

    public Rational Value => isAverage ? _sum / Rational.Of(_count) : _sum;

    public void Add(GroupMatch match)
    {
        foreach (Rational number in match.Numbers)
        {
            _sum += number;
            _count++;
        }
    }

    public void Remove(GroupMatch match)
    {
        foreach (Rational number in match.Numbers)
        {
            _sum -= number;
            _count--;
        }
    }
}

/// <summary>
/// The number at a rank of those in the window, linear between two: what PostgreSQL's <c>percentile_cont</c> gives. All numbers that may come are
/// known, so that the window is a tree of counts (Fenwick, 1994) over them in order.
/// </summary>
internal sealed class RankWindow : IWindowValue
{
    private readonly Rational _percentile;
    private readonly Rational[] _numbers;
    private readonly int[] _tree;
    private int _count;

    public RankWindow(Rational percentile, ReadOnlySpan<GroupMatch> matches)
    {
        _percentile = percentile;
        var numbers = new HashSet<Rational>();
        foreach (GroupMatch match in matches)
        {
            numbers.UnionWith(match.Numbers);
        }

        _numbers = [.. numbers.Order()];
        _tree = new int[_numbers.Length + 1];
    }

    public Rational Value
    {
        get
        {
            Rational rank = _percentile / Rational.Of(100) * Rational.Of(_count - 1);
            int below = (int)rank.Floor();
            Rational part = rank - Rational.Of(below);
            Rational low = At(below);
            return part == default ? low : low + (part * (At(below + 1) - low));
        }
    }

    public void Add(GroupMatch match) => Change(match, 1);

    public void Remove(GroupMatch match) => Change(match, -1);

    private void Change(GroupMatch match, int by)
    {
        foreach (Rational number in match.Numbers)
        {
            _count += by;
            for (int i = Array.BinarySearch(_numbers, number) + 1; i < _tree.Length; i += i & -i)
            {
                _tree[i] += by;
            }
        }
    }

    /// <summary>The number that so many of the window's stand before.</summary>
    private Rational At(int before)
    {
        int place = 0;
        for (int step = (int)BitOperations.RoundUpToPowerOf2((uint)_tree.Length); step > 0; step >>= 1)
        {
            if (place + step < _tree.Length && _tree[place + step] <= before)
            {
                place += step;
                before -= _tree[place];
            }
        }

        return _numbers[place];
    }
}

/// <summary>How many different rules have a match in the window.</summary>
internal sealed class RuleWindow(int rules) : IWindowValue
{
    private readonly int[] _counts = new int[rules];
    private int _present;

    public Rational Value => Rational.Of(_present);

    public bool Has(int rule) => _counts[rule] > 0;

    public void Add(GroupMatch match) => _present += _counts[match.Rule]++ == 0 ? 1 : 0;

    public void Remove(GroupMatch match) => _present -= --_counts[match.Rule] == 0 ? 1 : 0;
}
