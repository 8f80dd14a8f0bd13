using System.Collections.Immutable;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// A regular expression as an automaton whose states are the positions of its characters, repetitions written out (Glushkov's construction). A state of
/// a run is the set of positions whose character was just taken, a bit for each; what may be taken next is the shifted set, and for each group of
/// positions with the same further followers those. So the work on a character is known beforehand, and no text changes it.
/// </summary>
internal sealed class RegexPositions
{
    public const int WordSize = 64;

    // Looking for followers: what is above takes too long at every load.
    private const int MaxWork = 100_000;

    // Each is asked for every character that comes up, once: some tens of nanoseconds.
    private const int MaxClasses = 250;
    private const int StepsOfClass = 4;

    // Of any expression, for each character.
    private const int Steps = 16;

    // For each kind of place that makes a difference.
    private readonly RegexFollowers[] _followers;
    private readonly byte[] _places;

    private RegexPositions(ImmutableArray<RegexCharacter> characters, RegexFollowers[] followers, byte[] places)
    {
        Characters = characters;
        Words = WordsFor(characters.Length);
        _followers = followers;
        _places = places;
        int classes = characters.Select(character => character.Class).Distinct().Count(set => set.Text.Length > 1);
        Cost = classes > MaxClasses ? int.MaxValue : Steps + Words + followers.Max(each => each.Cost) + (StepsOfClass * classes);
    }

    /// <summary>The character at each position.</summary>
    public ImmutableArray<RegexCharacter> Characters { get; }

    /// <summary>Words of 64 bits that a set of positions takes.</summary>
    public int Words { get; }

    /// <summary>The most steps that one character of a text takes: above all words that are looked at.</summary>
    public int Cost { get; }

    /// <summary>Whether it asks what stands beside a place.</summary>
    public bool HasAnchors => _followers.Length > 1;

    /// <summary>Who follows whom at a place.</summary>
    /// <param name="before">What stands before it.</param>
    /// <param name="behind">What stands behind it.</param>
    public RegexFollowers At(RegexNeighbour before, RegexNeighbour behind) => _followers[_places[new RegexNeighbours(before, behind).Index]];

    /// <summary>The first kind of neighbour before a place that makes no difference to one.</summary>
    public RegexNeighbour Alike(RegexNeighbour before)
    {
        Span<byte> places = _places.AsSpan();
        int kinds = RegexNeighbours.Kinds;
        for (int i = 0; i < (int)before; i++)
        {
            if (places.Slice(i * kinds, kinds).SequenceEqual(places.Slice((int)before * kinds, kinds)))
            {
                return (RegexNeighbour)i;
            }
        }

        return before;
    }

    /// <summary>The automaton of an expression; null if it takes too much work to make.</summary>
    public static RegexPositions? Of(RegexNode root) => new Builder(root).Build();

    /// <summary>Words of 64 bits for so many bits; at least one.</summary>
    public static int WordsFor(int bits) => Math.Max(1, (bits + WordSize - 1) / WordSize);

    private sealed class Builder
    {
        private readonly List<Node> _nodes = [];
        private readonly ImmutableArray<RegexCharacter>.Builder _characters = ImmutableArray.CreateBuilder<RegexCharacter>();
        private readonly int _start;
        private readonly int[] _seen;
        private readonly Stack<int> _open = new();
        private readonly List<int> _found = [];
        private int _round;
        private int _work;

        public Builder(RegexNode root)
        {
            int end = Add(new Node(NodeKind.End));
            _start = Add(root, end);
            _seen = new int[_nodes.Count];
            // Nodes are made from the end.
            _characters.Reverse();
        }

        private enum NodeKind
        {
            /// <summary>Takes the character of a position.</summary>
            Character,

            /// <summary>Goes both ways.</summary>
            Fork,

            /// <summary>Goes on if the place is so.</summary>
            Anchor,

            /// <summary>The expression was found.</summary>
            End,
        }

        public RegexPositions? Build()
        {
            var asked = _nodes.Where(node => node.Kind == NodeKind.Anchor).Select(node => (RegexPlace)node.Value).Distinct().ToList();
            var kinds = new List<(int Answers, RegexNeighbours Neighbours)>();
            byte[] places = new byte[RegexNeighbours.Count];
            for (int i = 0; i < places.Length; i++)
            {
                var neighbours = RegexNeighbours.At(i);
                int answers = 0;
                foreach (RegexPlace place in asked)
                {
                    answers = (answers << 1) | (neighbours.Is(place) ? 1 : 0);
                }

                int kind = kinds.FindIndex(each => each.Answers == answers);
                places[i] = (byte)(kind < 0 ? kinds.Count : kind);
                if (kind < 0)
                {
                    kinds.Add((answers, neighbours));
                }
            }

            var followers = new RegexFollowers[kinds.Count];
            for (int i = 0; i < followers.Length; i++)
            {
                if (FollowersAt(kinds[i].Neighbours) is { } found)
                {
                    followers[i] = found;
                }
                else
                {
                    return null;
                }
            }

            return new RegexPositions(_characters.ToImmutable(), followers, places);
        }

        private RegexFollowers? FollowersAt(RegexNeighbours neighbours)
        {
            Follow start = ReachedFrom(_start, neighbours);
            var others = new Follow[_characters.Count];
            foreach (Node node in _nodes)
            {
                if (node.Kind == NodeKind.Character)
                {
                    others[PositionOf(node)] = ReachedFrom(node.Next, neighbours);
                    if (_work > MaxWork)
                    {
                        return null;
                    }
                }
            }

            return new RegexFollowers(WordsFor(others.Length), start, others);
        }

        private int PositionOf(Node node) => _characters.Count - 1 - node.Value;

        private Follow ReachedFrom(int from, RegexNeighbours neighbours)
        {
            bool end = false;
            _round++;
            _found.Clear();
            _open.Push(from);
            while (_open.TryPop(out int index))
            {
                if (_seen[index] == _round)
                {
                    continue;
                }

                _seen[index] = _round;
                _work++;
                Node node = _nodes[index];
                switch (node.Kind)
                {
                    case NodeKind.End:
                        end = true;
                        break;
                    case NodeKind.Character:
                        _found.Add(PositionOf(node));
                        break;
                    case NodeKind.Fork:
                        _open.Push(node.Value);
                        _open.Push(node.Next);
                        break;
                    case NodeKind.Anchor when neighbours.Is((RegexPlace)node.Value):
                        _open.Push(node.Next);
                        break;
                }
            }

            _found.Sort();
            return new Follow([.. _found], end);
        }

        private int Add(Node node)
        {
            _nodes.Add(node);
            return _nodes.Count - 1;
        }

        /// <summary>The first node of an expression after which <paramref name="next"/> comes.</summary>
        private int Add(RegexNode expression, int next)
        {
            switch (expression)
            {
                case RegexCharacter character:
                    _characters.Add(character);
                    return Add(new Node(NodeKind.Character, next, _characters.Count - 1));
                case RegexAnchor anchor:
                    return Add(new Node(NodeKind.Anchor, next, (int)anchor.Place));
                case RegexSequence sequence:
                    for (int i = sequence.Parts.Length - 1; i >= 0; i--)
                    {
                        next = Add(sequence.Parts[i], next);
                    }

                    return next;
                case RegexAlternation alternation:
                    int branches = Add(alternation.Branches[^1], next);
                    for (int i = alternation.Branches.Length - 2; i >= 0; i--)
                    {
                        branches = Add(new Node(NodeKind.Fork, branches, Add(alternation.Branches[i], next)));
                    }

                    return branches;
                case RegexRepetition repetition:
                    return Add(repetition, next);
                default:
                    throw new ArgumentOutOfRangeException(nameof(expression));
            }
        }

        private int Add(RegexRepetition repetition, int next)
        {
            if (repetition.Most is { } most)
            {
                // Each further turn is within the one before it, so that each has few followers.
                int behind = next;
                for (int i = repetition.Least; i < most; i++)
                {
                    next = Add(new Node(NodeKind.Fork, behind, Add(repetition.Part, next)));
                }
            }
            else
            {
                int loop = Add(new Node(NodeKind.Fork, next));
                _nodes[loop] = _nodes[loop] with { Value = Add(repetition.Part, loop) };
                next = loop;
            }

            for (int i = 0; i < repetition.Least; i++)
            {
                next = Add(repetition.Part, next);
            }

            return next;
        }

        private readonly record struct Node(NodeKind Kind, int Next = 0, int Value = 0);
    }
}

/// <summary>Which positions follow, in ascending order, and whether the expression's end does.</summary>
internal readonly record struct Follow(ImmutableArray<int> Positions, bool HasEnd);

/// <summary>Who follows whom at one kind of place.</summary>
internal sealed class RegexFollowers
{
    private const int StepsOfGroup = 4;

    private readonly ulong[] _start;
    private readonly ulong[] _shifted;
    private readonly ulong[] _last;
    private readonly ImmutableArray<Group> _groups;

    /// <summary>Makes the sets.</summary>
    /// <param name="words">Words of a set.</param>
    /// <param name="start">What comes first.</param>
    /// <param name="others">What follows each position.</param>
    public RegexFollowers(int words, Follow start, ReadOnlySpan<Follow> others)
    {
        (_start, _shifted, _last) = (new ulong[words], new ulong[words], new ulong[words]);
        BeginsAtEnd = start.HasEnd;
        foreach (int position in start.Positions)
        {
            Set(_start, position);
        }

        var groups = new Dictionary<ImmutableArray<int>, List<int>>(SameItems.Instance);
        for (int i = 0; i < others.Length; i++)
        {
            if (others[i].HasEnd)
            {
                Set(_last, i);
            }

            ImmutableArray<int> further = others[i].Positions;
            if (further.Contains(i + 1))
            {
                Set(_shifted, i);
                further = further.Remove(i + 1);
            }

            if (further.IsEmpty)
            {
                continue;
            }

            if (!groups.TryGetValue(further, out List<int>? sources))
            {
                groups.Add(further, sources = []);
            }

            sources.Add(i);
        }

        _groups = [.. groups.Select(group => new Group(new BitRange(group.Value), new BitRange(group.Key)))];
        Cost = words;
        foreach (Group group in _groups)
        {
            Cost += StepsOfGroup + group.Sources.Bits.Length + group.Targets.Bits.Length;
        }
    }

    /// <summary>Steps for one character of a text.</summary>
    public int Cost { get; }

    /// <summary>Whether the expression is found here without taking a character.</summary>
    public bool BeginsAtEnd { get; }

    /// <summary>Whether the expression ends behind one of these positions.</summary>
    public bool EndsBehind(ReadOnlySpan<ulong> taken)
    {
        for (int i = 0; i < _last.Length; i++)
        {
            if ((taken[i] & _last[i]) != 0)
            {
                return true;
            }
        }

        return BeginsAtEnd;
    }

    /// <summary>The positions whose character may come next.</summary>
    /// <param name="taken">Those whose character was just taken.</param>
    /// <param name="next">Where they are written.</param>
    public void Next(ReadOnlySpan<ulong> taken, Span<ulong> next)
    {
        ulong carry = 0;
        for (int i = 0; i < _shifted.Length; i++)
        {
            ulong shifted = taken[i] & _shifted[i];
            next[i] = _start[i] | (shifted << 1) | carry;
            carry = shifted >> (RegexPositions.WordSize - 1);
        }

        foreach ((BitRange? sources, BitRange? targets) in _groups)
        {
            if (sources.IsAnyOf(taken))
            {
                targets.AddTo(next);
            }
        }
    }

    private static void Set(ulong[] bits, int position) => bits[position / RegexPositions.WordSize] |= 1UL << (position % RegexPositions.WordSize);

    /// <summary>Positions, and what follows each of them.</summary>
    private readonly record struct Group(BitRange Sources, BitRange Targets);

    /// <summary>A set of positions; its words begin at the first one that has any.</summary>
    private sealed class BitRange
    {
        public BitRange(IReadOnlyList<int> ascending)
        {
            From = ascending[0] / RegexPositions.WordSize;
            Bits = new ulong[(ascending[^1] / RegexPositions.WordSize) - From + 1];
            foreach (int position in ascending)
            {
                Set(Bits, position - (From * RegexPositions.WordSize));
            }
        }

        public int From { get; }

        public ulong[] Bits { get; }

        public bool IsAnyOf(ReadOnlySpan<ulong> set)
        {
            for (int i = 0; i < Bits.Length; i++)
            {
                if ((set[From + i] & Bits[i]) != 0)
                {
                    return true;
                }
            }

            return false;
        }

        public void AddTo(Span<ulong> set)
        {
            for (int i = 0; i < Bits.Length; i++)
            {
                set[From + i] |= Bits[i];
            }
        }
    }

    private sealed class SameItems : IEqualityComparer<ImmutableArray<int>>
    {
        public static SameItems Instance { get; } = new();

        public bool Equals(ImmutableArray<int> x, ImmutableArray<int> y) => x.AsSpan().SequenceEqual(y.AsSpan());

        public int GetHashCode(ImmutableArray<int> obj)
        {
            var hash = new HashCode();
            foreach (int item in obj)
            {
                hash.Add(item);
            }

            return hash.ToHashCode();
        }
    }
}
