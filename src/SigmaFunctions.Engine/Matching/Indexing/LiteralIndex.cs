using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>What a found literal means for its predicate.</summary>
[Flags]
internal enum LiteralUse : byte
{
    /// <summary>The literal stands anywhere in the value.</summary>
    Anywhere = 0,

    /// <summary>The value begins with the literal.</summary>
    AtStart = 1,

    /// <summary>The value ends with the literal.</summary>
    AtEnd = 2,

    /// <summary>The predicate needs the literal but is not decided by it.</summary>
    Hint = 4,

    /// <summary>It counts only where the event's value is a number.</summary>
    NumbersOnly = 8,
}

/// <summary>A folded literal that is looked for, and the predicate it belongs to.</summary>
internal sealed record IndexedLiteral(byte[] Folded, PredicateId Predicate, LiteralUse Use);

/// <summary>
/// Finds those of many literals that stand in a text. Each literal is filed by four of its bytes in a row, those that are least common
/// among all literals. A scan hashes the four bytes at every place of the text and looks at two bits of one word of a Bloom filter, which
/// says no nearly always, so that the time does not depend on the number of literals. What remains is compared in full. Where no literal is
/// short, each is filed by several windows, so that a scan may look at every other or every fourth place only.
/// </summary>
internal sealed class LiteralIndex
{
    /// <summary>Shortest literal that can be filed, in bytes.</summary>
    public const int MinLength = sizeof(uint);

    /// <summary>Places that are looked at before those that remain are compared.</summary>
    public const int Chunk = 256;

    private const int MaxStride = 4;

    private readonly int _stride;
    private readonly int _lastPlace;
    private readonly ulong[] _filter;
    private readonly int _filterShift;
    private readonly int[] _buckets;
    private readonly int _bucketShift;
    private readonly Entry[] _entries;
    private readonly byte[] _text;

    private LiteralIndex(
        int stride, int lastPlace, ulong[] filter, int filterShift, int[] buckets, int bucketShift, Entry[] entries, byte[] text)
    {
        _stride = stride;
        _lastPlace = lastPlace;
        _filter = filter;
        _filterShift = filterShift;
        _buckets = buckets;
        _bucketShift = bucketShift;
        _entries = entries;
        _text = text;
    }

    /// <summary>Files literals, none shorter than <see cref="MinLength"/> and none <see cref="LiteralUse.AtEnd"/>; null if there are none.</summary>
    public static LiteralIndex? Create(IReadOnlyList<IndexedLiteral> literals)
    {
        if (literals.Count == 0)
        {
            return null;
        }

        int shortest = literals.Where(literal => !IsAtStart(literal)).Select(literal => literal.Folded.Length).DefaultIfEmpty(int.MaxValue).Min();
        int stride = shortest >= MinLength + MaxStride - 1 ? MaxStride : shortest > MinLength ? 2 : 1;
        List<LiteralWindow> windows = LiteralWindows.Choose(literals, stride);
        int lastPlace = literals.All(IsAtStart) ? windows.Max(window => window.Offset) : int.MaxValue;
        // Two to four windows a word; the filter for some ten thousand stays in the nearest cache.
        int log = BitOperations.Log2((uint)windows.Count);
        int filterShift = 32 - Math.Max(4, log - 1);
        int bucketShift = 32 - Math.Max(4, log + 1);
        ulong[] filter = new ulong[1 << (32 - filterShift)];
        uint[] hashes = new uint[windows.Count];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = Hash(MemoryMarshal.Read<uint>(literals[windows[i].Literal].Folded.AsSpan(windows[i].Offset)));
            filter[hashes[i] >> filterShift] |= (1UL << FirstBit(hashes[i])) | (1UL << SecondBit(hashes[i]));
        }

        (int[]? buckets, int[]? places) = HashBuckets.Order(hashes, bucketShift);
        byte[] text = new byte[literals.Sum(literal => literal.Folded.Length) + FoldedText.Slack];
        int[] starts = new int[literals.Count];
        int used = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = used;
            literals[i].Folded.CopyTo(text, used);
            used += literals[i].Folded.Length;
        }

        var entries = new Entry[windows.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            (int index, int offset) = windows[i];
            int length = literals[index].Folded.Length;
            int unused = Math.Max(0, (sizeof(ulong) - (length - offset)) * 8);
            entries[places[i]] = new Entry
            {
                Window = MemoryMarshal.Read<ulong>(text.AsSpan(starts[index] + offset)) << unused,
                UnusedBits = (byte)unused,
                Start = starts[index],
                Length = (ushort)length,
                Predicate = literals[index].Predicate,
                Offset = (byte)offset,
                Use = literals[index].Use,
            };
        }

        return new LiteralIndex(stride, lastPlace, filter, filterShift, buckets, bucketShift, entries, text);
    }

    /// <summary>Tells every literal that stands in a folded text, some of them several times.</summary>
    /// <param name="text">The text's first byte; behind its end are at least <see cref="FoldedText.Slack"/> bytes more.</param>
    /// <param name="length">Bytes of the text.</param>
    /// <param name="found">Who is told.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(ref byte text, int length, Findings found)
    {
        int last = Math.Min(length - MinLength, _lastPlace);
        for (int begin = 0; begin <= last; begin += Chunk * _stride)
        {
            foreach (int place in Candidates(ref text, begin, last, found.Places))
            {
                Compare(ref text, length, place, HashAt(ref text, place), found);
            }
        }
    }

    /// <summary>Whether some literal stands in a folded text.</summary>
    /// <param name="text">As for <see cref="Scan"/>.</param>
    /// <param name="length">Bytes of the text.</param>
    /// <param name="places">Room for <see cref="Chunk"/> places.</param>
    public bool AnyStandsIn(ref byte text, int length, int[] places)
    {
        int last = Math.Min(length - MinLength, _lastPlace);
        for (int begin = 0; begin <= last; begin += Chunk * _stride)
        {
            foreach (int place in Candidates(ref text, begin, last, places))
            {
                ulong window = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref text, place));
                foreach (ref readonly Entry entry in Bucket(HashAt(ref text, place)))
                {
                    if (window << entry.UnusedBits == entry.Window && IsPlaced(entry, place, length) && StandsAt(ref text, place, entry))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    /// <summary>
    /// The places of a chunk that the filter does not rule out. No branch depends on the filter, since none could be foretold; what these
    /// places will be compared with is on its way from memory when it is needed.
    /// </summary>
    private ReadOnlySpan<int> Candidates(ref byte text, int begin, int last, int[] places)
    {
        ref ulong filter = ref MemoryMarshal.GetArrayDataReference(_filter);
        ref int candidates = ref MemoryMarshal.GetArrayDataReference(places);
        int shift = _filterShift;
        int stride = _stride;
        int end = Math.Min(last, begin + ((Chunk - 1) * stride));
        int count = 0;
        for (int place = begin; place <= end; place += stride)
        {
            uint hash = HashAt(ref text, place);
            ulong word = Unsafe.Add(ref filter, hash >> shift);
            Unsafe.Add(ref candidates, count) = place;
            count += (int)((word >> FirstBit(hash)) & (word >> SecondBit(hash)) & 1);
        }

        Span<int> found = places.AsSpan(0, count);
        if (Sse.IsSupported && count > 1)
        {
            Prefetch(ref text, found);
        }

        return found;
    }

    private unsafe void Prefetch(ref byte text, ReadOnlySpan<int> places)
    {
        foreach (int place in places)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref _buckets[HashAt(ref text, place) >> _bucketShift]));
        }

        foreach (int place in places)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), _buckets[HashAt(ref text, place) >> _bucketShift])));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint HashAt(ref byte text, int place) => Hash(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref text, place)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(uint window) => window * 0x9E3779B1;

    // Bits of the hash that choose neither the word nor are the poor lowest ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstBit(uint hash) => (int)(hash >> 12) & 63;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SecondBit(uint hash) => (int)(hash >> 6) & 63;

    private void Compare(ref byte text, int length, int place, uint hash, Findings found)
    {
        ulong window = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref text, place));
        foreach (ref readonly Entry entry in Bucket(hash))
        {
            if (window << entry.UnusedBits == entry.Window && IsPlaced(entry, place, length) && !found.IsKnown(entry.Predicate) && StandsAt(ref text, place, entry))
            {
                found.Found(entry.Predicate, (entry.Use & LiteralUse.Hint) != 0);
            }
        }
    }

    private static bool IsAtStart(IndexedLiteral literal) => (literal.Use & LiteralUse.AtStart) != 0;

    private ReadOnlySpan<Entry> Bucket(uint hash)
    {
        uint bucket = hash >> _bucketShift;
        return _entries.AsSpan(_buckets[bucket], _buckets[bucket + 1] - _buckets[bucket]);
    }

    private static bool IsPlaced(in Entry entry, int place, int length)
    {
        int start = place - entry.Offset;
        return start >= 0 && start + entry.Length <= length
            && ((entry.Use & LiteralUse.AtStart) == 0 || start == 0);
    }

    private bool StandsAt(ref byte text, int place, in Entry entry) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref text, place - entry.Offset), entry.Length).SequenceEqual(_text.AsSpan(entry.Start, entry.Length));

    private struct Entry
    {
        // In its upper bytes; the lower ones are zero where the literal ends within the window.
        public ulong Window;
        public int Start;
        public PredicateId Predicate;
        public ushort Length;
        public byte Offset;
        public byte UnusedBits;
        public LiteralUse Use;
    }
}
