using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// Finds those of many literals that a value ends with: a hash table of their last eight bytes, and of shorter ones whole, so that a value
/// is looked up once for each length that there is.
/// </summary>
internal sealed class EndingIndex
{
    private const int KeyLength = sizeof(ulong);

    // Lengths of keys that there are.
    private readonly ImmutableArray<int> _lengths;
    private readonly int[] _buckets;
    private readonly int _shift;
    private readonly Entry[] _entries;
    private readonly byte[] _text;

    private EndingIndex(ImmutableArray<int> lengths, int[] buckets, int shift, Entry[] entries, byte[] text)
    {
        _lengths = lengths;
        _buckets = buckets;
        _shift = shift;
        _entries = entries;
        _text = text;
    }

    /// <summary>Files literals, none of them empty; null if there are none.</summary>
    public static EndingIndex? Create(IReadOnlyList<IndexedLiteral> literals)
    {
        if (literals.Count == 0)
        {
            return null;
        }

        int shift = 32 - Math.Max(3, BitOperations.Log2((uint)literals.Count) + 2);
        byte[] text = new byte[literals.Sum(literal => literal.Folded.Length) + FoldedText.Slack];
        ulong[] keys = new ulong[literals.Count];
        uint[] hashes = new uint[literals.Count];
        int used = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            byte[] folded = literals[i].Folded;
            folded.CopyTo(text, used);
            keys[i] = Key(EndOf(ref text[used], folded.Length), Math.Min(folded.Length, KeyLength));
            hashes[i] = Hash(keys[i]);
            used += folded.Length;
        }

        (int[]? buckets, int[]? places) = HashBuckets.Order(hashes, shift);
        var entries = new Entry[keys.Length];
        int start = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            (byte[]? folded, PredicateId predicate, LiteralUse use) = literals[i];
            entries[places[i]] = new Entry { Key = keys[i], Start = start, Length = folded.Length, Predicate = predicate, Use = use };
            start += folded.Length;
        }

        ImmutableArray<int> lengths = [.. literals.Select(literal => Math.Min(literal.Folded.Length, KeyLength)).Distinct().Order()];
        return new EndingIndex(lengths, buckets, shift, entries, text);
    }

    /// <summary>Tells every filed literal that a folded value ends with.</summary>
    /// <param name="text">The value's first byte; behind its end are at least <see cref="FoldedText.Slack"/> bytes more.</param>
    /// <param name="length">Bytes of the value.</param>
    /// <param name="found">Who is told.</param>
    public void Find(ref byte text, int length, Findings found)
    {
        ulong end = EndOf(ref text, length);
        foreach (int keyLength in _lengths)
        {
            if (keyLength > length)
            {
                return;
            }

            ulong key = Key(end, keyLength);
            uint bucket = Hash(key) >> _shift;
            foreach (ref readonly Entry entry in _entries.AsSpan(_buckets[bucket], _buckets[bucket + 1] - _buckets[bucket]))
            {
                if (entry.Key == key && entry.Length <= length && EndsWith(ref text, length, entry))
                {
                    found.Found(entry.Predicate, (entry.Use & LiteralUse.Hint) != 0);
                }
            }
        }
    }

    private bool EndsWith(ref byte text, int length, in Entry entry) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref text, length - entry.Length), entry.Length).SequenceEqual(_text.AsSpan(entry.Start, entry.Length));

    /// <summary>The last bytes of a text, its very last in the highest place; zeros below where it is shorter.</summary>
    private static ulong EndOf(ref byte text, int length) => length >= KeyLength
        ? Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref text, length - KeyLength))
        : length == 0 ? 0 : Unsafe.ReadUnaligned<ulong>(ref text) << ((KeyLength - length) * 8);

    /// <summary>The last bytes alone.</summary>
    private static ulong Key(ulong end, int length) => end >> ((KeyLength - length) * 8);

    private static uint Hash(ulong key) => (uint)((key * 0x9E3779B97F4A7C15) >> 32);

    private struct Entry
    {
        public ulong Key;
        public int Start;
        public int Length;
        public PredicateId Predicate;
        public LiteralUse Use;
    }
}
