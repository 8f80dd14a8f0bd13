using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>Finds those of many texts that a value equals: a hash table of folded texts.</summary>
internal sealed class EqualityIndex
{
    private readonly int[] _buckets;
    private readonly int _shift;
    private readonly Entry[] _entries;
    private readonly byte[] _text;

    private EqualityIndex(int[] buckets, int shift, Entry[] entries, byte[] text)
    {
        _buckets = buckets;
        _shift = shift;
        _entries = entries;
        _text = text;
    }

    /// <summary>Files texts; null if there are none.</summary>
    public static EqualityIndex? Create(IReadOnlyList<IndexedLiteral> texts)
    {
        if (texts.Count == 0)
        {
            return null;
        }

        int shift = 32 - Math.Max(3, BitOperations.Log2((uint)texts.Count) + 2);
        byte[] text = new byte[texts.Sum(literal => literal.Folded.Length) + FoldedText.Slack];
        uint[] hashes = new uint[texts.Count];
        int used = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            byte[] folded = texts[i].Folded;
            folded.CopyTo(text, used);
            hashes[i] = Hash(ref text[used], folded.Length);
            used += folded.Length;
        }

        (int[]? buckets, int[]? places) = HashBuckets.Order(hashes, shift);
        var entries = new Entry[hashes.Length];
        int start = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            (byte[]? folded, PredicateId predicate, LiteralUse use) = texts[i];
            entries[places[i]] = new Entry { Hash = hashes[i], Start = start, Length = folded.Length, Predicate = predicate, Use = use };
            start += folded.Length;
        }

        return new EqualityIndex(buckets, shift, entries, text);
    }

    /// <summary>Tells every filed text that a folded value equals.</summary>
    /// <param name="text">The value's first byte; behind its end are at least <see cref="FoldedText.Slack"/> bytes more.</param>
    /// <param name="length">Bytes of the value.</param>
    /// <param name="isNumber">Whether the event's value is a number.</param>
    /// <param name="found">Who is told.</param>
    public void Find(ref byte text, int length, bool isNumber, Findings found)
    {
        uint hash = Hash(ref text, length);
        uint bucket = hash >> _shift;
        foreach (ref readonly Entry entry in _entries.AsSpan(_buckets[bucket], _buckets[bucket + 1] - _buckets[bucket]))
        {
            if (entry.Hash != hash || entry.Length != length || ((entry.Use & LiteralUse.NumbersOnly) != 0 && !isNumber))
            {
                continue;
            }

            if (MemoryMarshal.CreateReadOnlySpan(ref text, length).SequenceEqual(_text.AsSpan(entry.Start, length)))
            {
                found.Found(entry.Predicate, (entry.Use & LiteralUse.Hint) != 0);
            }
        }
    }

    private static uint Hash(ref byte text, int length)
    {
        ulong head = Unsafe.ReadUnaligned<ulong>(ref text);
        ulong tail = 0;
        if (length >= 8)
        {
            tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref text, length - 8));
        }
        else
        {
            head &= (1UL << (length * 8)) - 1;
        }

        ulong hash = (head ^ (ulong)(uint)length) * 0x9E3779B97F4A7C15;
        hash = (BitOperations.RotateLeft(hash, 29) ^ tail) * 0xD6E8FEB86659FD93;
        return (uint)(hash >> 32);
    }

    private struct Entry
    {
        public uint Hash;
        public int Start;
        public int Length;
        public PredicateId Predicate;
        public LiteralUse Use;
    }
}
