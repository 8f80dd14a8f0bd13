using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// The characters that are the same to an expression, as one letter: where they may be taken, and what they are to the places beside them. Which
/// characters a class has is asked of the runtime. For one writer at a time; letters that were given are read by anyone.
/// </summary>
internal sealed class RegexLetters
{
    // What the runtime takes for characters of words at \b: it adds the joiners to \w.
    private static readonly RegexClass Word = new(@"[\w\u200C\u200D]", RegexOptions.None);

    private readonly List<(Regex Class, ulong[] Positions)> _classes = [];
    private readonly Dictionary<string, ushort> _indexes = new(StringComparer.Ordinal);
    private readonly Regex _word = Construct(Word);
    private readonly int _words;
    private (ulong[] Positions, RegexNeighbour Neighbour)[] _letters = [];

    /// <summary>Asks for the classes of an expression.</summary>
    public RegexLetters(RegexPositions positions)
    {
        _words = positions.Words;
        foreach (IGrouping<RegexClass, (int Index, RegexCharacter Item)> group in positions.Characters.Index().GroupBy(each => each.Item.Class))
        {
            _classes.Add((Construct(group.Key), SetOf(group.Select(each => each.Index))));
        }
    }

    /// <summary>How many letters are known.</summary>
    public int Count => Volatile.Read(ref _letters).Length;

    /// <summary>The positions at which a letter may be taken, and what it is to the places beside it.</summary>
    public (ulong[] Positions, RegexNeighbour Neighbour) this[int index] => Volatile.Read(ref _letters)[index];

    /// <summary>The letter that a character is.</summary>
    public ushort IndexOf(char character)
    {
        ReadOnlySpan<char> text = MemoryMarshal.CreateReadOnlySpan(ref character, 1);
        char[] key = new char[_classes.Count + 1];
        RegexNeighbour neighbour = character == '\n' ? RegexNeighbour.Newline : _word.IsMatch(text) ? RegexNeighbour.Word : RegexNeighbour.Other;
        key[^1] = (char)neighbour;
        for (int i = 0; i < _classes.Count; i++)
        {
            key[i] = _classes[i].Class.IsMatch(text) ? '1' : '0';
        }

        string name = new(key);
        if (_indexes.TryGetValue(name, out ushort known))
        {
            return known;
        }

        ulong[] positions = new ulong[_words];
        for (int i = 0; i < _classes.Count; i++)
        {
            for (int word = 0; key[i] == '1' && word < _words; word++)
            {
                positions[word] |= _classes[i].Positions[word];
            }
        }

        ushort index = (ushort)_letters.Length;
        Volatile.Write(ref _letters, [.. _letters, (positions, neighbour)]);
        _indexes.Add(name, index);
        return index;
    }

    private ulong[] SetOf(IEnumerable<int> positions)
    {
        ulong[] set = new ulong[_words];
        foreach (int position in positions)
        {
            set[position / RegexPositions.WordSize] |= 1UL << (position % RegexPositions.WordSize);
        }

        return set;
    }

    /// <summary>The runtime's expression of a class.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Regex Construct(RegexClass set) =>
        new($@"\A(?:{set.Text})\z", set.Options | RegexOptions.CultureInvariant);
}
