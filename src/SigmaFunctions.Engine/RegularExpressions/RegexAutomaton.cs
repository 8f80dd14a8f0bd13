using System.Buffers;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>
/// Finds a regular expression in texts by the automaton of its positions (<see cref="RegexPositions"/>). The sets of positions that it came by are kept, as
/// far as there are few, and then a character takes one look into a table; else the next set is worked out, within the automaton's
/// <see cref="RegexPositions.Cost"/>. So time and memory are bounded whatever the text, which the runtime's engines do not promise; which characters a class has
/// is asked of the runtime. Safe for concurrent use.
/// </summary>
internal sealed class RegexAutomaton
{
    /// <summary>Most sets that are kept.</summary>
    public const int MaxStates = 250;

    private const int PageSize = 256;
    private const ushort Unknown = ushort.MaxValue;

    // Characters that are not ASCII may bring kinds of letters that were not there at the begin.
    private const int FurtherLetters = 16;

    private const int AsciiCharacters = 128;
    private const int MaxBeginners = 8;

    private readonly RegexPositions _positions;
    private readonly RegexLetters _letters;
    private readonly Lock _lock = new();
    private readonly Dictionary<State, State> _states = [];
    private readonly ushort[]?[] _pages = new ushort[]?[(char.MaxValue + 1) / PageSize];
    private readonly ushort[] _firstPage;
    private readonly State _start;
    private readonly State _found;

    // The ASCII characters that leave the begin as it is, if they are nearly all: what comes before the first other one need not be looked at one by one.
    private readonly SearchValues<char>? _idle;

    /// <summary>Makes an automaton.</summary>
    public RegexAutomaton(RegexPositions positions)
    {
        _positions = positions;
        _letters = new RegexLetters(positions);
        _firstPage = [.. Enumerable.Range(0, PageSize).Select(unit => _letters.IndexOf((char)unit))];
        _start = new State(new ulong[positions.Words], positions.Alike(RegexNeighbour.None), new State?[_letters.Count + FurtherLetters]);
        _found = new State([], RegexNeighbour.None, []);
        _states.Add(_start, _start);
        char[] idle = [.. Enumerable.Range(0, AsciiCharacters).Select(unit => (char)unit).Where(unit => Follow(_start, _firstPage[unit]) == _start)];
        _idle = idle.Length >= AsciiCharacters - MaxBeginners ? SearchValues.Create(idle) : null;
    }

    /// <summary>How many sets are kept.</summary>
    public int StateCount
    {
        get
        {
            lock (_lock)
            {
                return _states.Count;
            }
        }
    }

    /// <summary>Makes an automaton.</summary>
    /// <exception cref="ArgumentException">The pattern cannot be read, or takes too much work.</exception>
    public static RegexAutomaton Of(string pattern, RegexOptions options) => new(
        (RegexSyntax.Read(pattern, options) is { } syntax ? RegexPositions.Of(syntax.Root) : null)
            ?? throw new ArgumentException("What the pattern costs cannot be told.", nameof(pattern)));

    /// <summary>Whether the expression is found somewhere in a text.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        // The newline at the end is another one than those before it only to anchors.
        int end = _positions.HasAnchors && text is [.., '\n'] ? text.Length - 1 : text.Length;
        State state = _start;
        for (int i = 0; i < end; i++)
        {
            if (_idle is not null && state == _start)
            {
                int busy = text[i..end].IndexOfAnyExcept(_idle);
                if (busy < 0)
                {
                    break;
                }

                i += busy;
            }

            char character = text[i];
            int letter = character < PageSize ? _firstPage[character] : LetterOf(character);
            State?[] known = state.Next;
            State? further = letter < known.Length ? Volatile.Read(ref known[letter]) ?? Follow(state, letter) : null;
            if (further is null)
            {
                return IsMatch(text, i, state);
            }

            if (further == _found)
            {
                return true;
            }

            state = further;
        }

        return IsMatch(text, end, state);
    }

    /// <summary>Goes on from a state without keeping what comes.</summary>
    private bool IsMatch(ReadOnlySpan<char> text, int from, State state)
    {
        Span<ulong> taken = stackalloc ulong[_positions.Words];
        Span<ulong> next = stackalloc ulong[_positions.Words];
        state.Taken.CopyTo(taken);
        RegexNeighbour before = state.Before;
        for (int i = from; i < text.Length; i++)
        {
            (ulong[]? positions, RegexNeighbour neighbour) = _letters[text[i] < PageSize ? _firstPage[text[i]] : LetterOf(text[i])];
            if (neighbour == RegexNeighbour.Newline && i == text.Length - 1)
            {
                neighbour = RegexNeighbour.LastNewline;
            }

            if (!Step(taken, before, positions, neighbour, next))
            {
                return true;
            }

            next.CopyTo(taken);
            before = neighbour;
        }

        return _positions.At(before, RegexNeighbour.None).EndsBehind(taken);
    }

    /// <summary>The positions that are taken with the next character; false if the expression was found before it.</summary>
    private bool Step(ReadOnlySpan<ulong> taken, RegexNeighbour before, ulong[] positions, RegexNeighbour behind, Span<ulong> next)
    {
        RegexFollowers followers = _positions.At(before, behind);
        if (followers.EndsBehind(taken))
        {
            return false;
        }

        followers.Next(taken, next);
        for (int i = 0; i < next.Length; i++)
        {
            next[i] &= positions[i];
        }

        return true;
    }

    /// <summary>The state behind a letter; null if it is not kept.</summary>
    private State? Follow(State state, int letter)
    {
        (ulong[]? positions, RegexNeighbour neighbour) = _letters[letter];
        ulong[] next = new ulong[_positions.Words];
        State further = _found;
        if (Step(state.Taken, state.Before, positions, neighbour, next))
        {
            lock (_lock)
            {
                var reached = new State(next, _positions.Alike(neighbour), _start.Next);
                if (_states.TryGetValue(reached, out State? known))
                {
                    further = known;
                }
                else if (_states.Count == MaxStates)
                {
                    return null;
                }
                else
                {
                    _states.Add(further = new State(next, reached.Before, new State?[_start.Next.Length]), further);
                }
            }
        }

        Volatile.Write(ref state.Next[letter], further);
        return further;
    }

    private int LetterOf(char character)
    {
        ushort[]? page = Volatile.Read(ref _pages[character / PageSize]);
        ushort letter = page is null ? Unknown : Volatile.Read(ref page[character % PageSize]);
        return letter == Unknown ? AskFor(character) : letter;
    }

    private int AskFor(char character)
    {
        lock (_lock)
        {
            if (_pages[character / PageSize] is not { } page)
            {
                page = new ushort[PageSize];
                Array.Fill(page, Unknown);
                Volatile.Write(ref _pages[character / PageSize], page);
            }

            if (page[character % PageSize] == Unknown)
            {
                Volatile.Write(ref page[character % PageSize], _letters.IndexOf(character));
            }

            return page[character % PageSize];
        }
    }

    /// <summary>The positions whose character was just taken, and what that character is to the place behind it.</summary>
    private sealed class State(ulong[] taken, RegexNeighbour before, State?[] next) : IEquatable<State>
    {
        public readonly ulong[] Taken = taken;
        public readonly RegexNeighbour Before = before;

        /// <summary>What comes behind each letter, as far as it is known.</summary>
        public readonly State?[] Next = next;

        public bool Equals(State? other) => other is not null && Before == other.Before && Taken.AsSpan().SequenceEqual(other.Taken);

        public override bool Equals(object? obj) => Equals(obj as State);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(Before);
            foreach (ulong word in Taken)
            {
                hash.Add(word);
            }

            return hash.ToHashCode();
        }
    }
}
