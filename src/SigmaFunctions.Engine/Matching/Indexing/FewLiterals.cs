using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// Says whether one of some dozen ASCII literals stands in a text, ignoring case, at many bytes a nanosecond. Of each literal three bytes
/// in a row are its fingerprint; a table lookup by half bytes (a shuffle) tells for 16 or 32 places at once which of eight buckets of
/// fingerprints each could begin ("Teddy", as Hyperscan's authors call it).
/// </summary>
internal sealed class FewLiterals
{
    /// <summary>Shortest literal, in bytes.</summary>
    public const int MinLength = 4;

    private const int Fingerprint = 3;

    private readonly byte[][][] _buckets;
    private readonly int[][] _offsets;
    private readonly Vector128<byte>[] _low;
    private readonly Vector128<byte>[] _high;

    /// <summary>Files literals of at least <see cref="MinLength"/> ASCII bytes.</summary>
    public FewLiterals(IReadOnlyCollection<string> literals)
    {
        var ordered = literals
            .Select(literal => (Literal: Encoding.ASCII.GetBytes(literal), Offset: Rarest(literal)))
            .OrderBy(item => Encoding.ASCII.GetString(item.Literal, item.Offset, Fingerprint).ToLowerInvariant(), StringComparer.Ordinal)
            .Select((item, i) => (item.Literal, item.Offset, Bucket: i * 8 / literals.Count))
            .ToList();
        _buckets = [.. Enumerable.Range(0, 8).Select(bucket => ordered.Where(item => item.Bucket == bucket).Select(item => item.Literal).ToArray())];
        _offsets = [.. Enumerable.Range(0, 8).Select(bucket => ordered.Where(item => item.Bucket == bucket).Select(item => item.Offset).ToArray())];
        _low = new Vector128<byte>[Fingerprint];
        _high = new Vector128<byte>[Fingerprint];
        for (int place = 0; place < Fingerprint; place++)
        {
            byte[] low = new byte[16];
            byte[] high = new byte[16];
            foreach ((byte[]? literal, int offset, int bucket) in ordered)
            {
                int value = Coarse(literal[offset + place]);
                low[value & 0xF] |= (byte)(1 << bucket);
                high[value >> 4] |= (byte)(1 << bucket);
            }

            _low[place] = Vector128.Create(low);
            _high[place] = Vector128.Create(high);
        }
    }

    /// <summary>Whether a literal stands in the text.</summary>
    public bool StandIn(ReadOnlySpan<byte> text) => StandIn(text, Avx2.IsSupported);

    /// <summary>As <see cref="StandIn(ReadOnlySpan{byte})"/>, by 32 places at once, which needs AVX2, or by 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool StandIn(ReadOnlySpan<byte> text, bool isWide)
    {
        int width = isWide ? Vector256<byte>.Count : Vector128<byte>.Count;
        if (text.Length < width + Fingerprint - 1)
        {
            Span<byte> padded = stackalloc byte[Vector256<byte>.Count + Fingerprint - 1];
            padded.Clear();
            text.CopyTo(padded);
            return isWide ? Scan256(padded) : Scan128(padded);
        }

        return isWide ? Scan256(text) : Scan128(text);
    }

    // Compiled in full at once: a loop over every byte that arrives should not wait for its turn.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Scan256(ReadOnlySpan<byte> text)
    {
        (Vector256<byte> low0, Vector256<byte> low1, Vector256<byte> low2) = (Twice(_low[0]), Twice(_low[1]), Twice(_low[2]));
        (Vector256<byte> high0, Vector256<byte> high1, Vector256<byte> high2) = (Twice(_high[0]), Twice(_high[1]), Twice(_high[2]));
        var fold = Vector256.Create((byte)0x20);
        var half = Vector256.Create((byte)0xF);
        ref byte first = ref MemoryMarshal.GetReference(text);
        int last = text.Length - (Vector256<byte>.Count + Fingerprint - 1);
        for (int start = 0; ; start += Vector256<byte>.Count)
        {
            // The last block reaches back over the one before, so that it ends with the text.
            start = Math.Min(start, last);
            ref byte from = ref Unsafe.Add(ref first, start);
            Vector256<byte> bytes0 = Unsafe.ReadUnaligned<Vector256<byte>>(ref from) | fold;
            Vector256<byte> bytes1 = Unsafe.ReadUnaligned<Vector256<byte>>(ref Unsafe.Add(ref from, 1)) | fold;
            Vector256<byte> bytes2 = Unsafe.ReadUnaligned<Vector256<byte>>(ref Unsafe.Add(ref from, 2)) | fold;
            Vector256<byte> found = Avx2.Shuffle(low0, bytes0 & half) & Avx2.Shuffle(high0, (bytes0.AsUInt16() >>> 4).AsByte() & half)
                & Avx2.Shuffle(low1, bytes1 & half) & Avx2.Shuffle(high1, (bytes1.AsUInt16() >>> 4).AsByte() & half)
                & Avx2.Shuffle(low2, bytes2 & half) & Avx2.Shuffle(high2, (bytes2.AsUInt16() >>> 4).AsByte() & half);
            for (uint places = ~Vector256.Equals(found, Vector256<byte>.Zero).ExtractMostSignificantBits(); places != 0; places &= places - 1)
            {
                int place = BitOperations.TrailingZeroCount(places);
                if (Compare(text, start + place, found.GetElement(place)))
                {
                    return true;
                }
            }

            if (start == last)
            {
                return false;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Scan128(ReadOnlySpan<byte> text)
    {
        var half = Vector128.Create((byte)0xF);
        ref byte first = ref MemoryMarshal.GetReference(text);
        int last = text.Length - (Vector128<byte>.Count + Fingerprint - 1);
        for (int start = 0; ; start += Vector128<byte>.Count)
        {
            start = Math.Min(start, last);
            var found = Vector128.Create((byte)0xFF);
            for (int place = 0; place < Fingerprint; place++)
            {
                Vector128<byte> bytes = Unsafe.ReadUnaligned<Vector128<byte>>(ref Unsafe.Add(ref first, start + place)) | Vector128.Create((byte)0x20);
                found &= Vector128.Shuffle(_low[place], bytes & half) & Vector128.Shuffle(_high[place], (bytes.AsUInt16() >>> 4).AsByte() & half);
            }

            for (uint places = ~Vector128.Equals(found, Vector128<byte>.Zero).ExtractMostSignificantBits() & 0xFFFF; places != 0; places &= places - 1)
            {
                int place = BitOperations.TrailingZeroCount(places);
                if (Compare(text, start + place, found.GetElement(place)))
                {
                    return true;
                }
            }

            if (start == last)
            {
                return false;
            }
        }
    }

    private static Vector256<byte> Twice(Vector128<byte> half) => Vector256.Create(half, half);

    private bool Compare(ReadOnlySpan<byte> text, int place, byte buckets)
    {
        for (; buckets != 0; buckets &= (byte)(buckets - 1))
        {
            int bucket = BitOperations.TrailingZeroCount(buckets);
            for (int i = 0; i < _buckets[bucket].Length; i++)
            {
                byte[] literal = _buckets[bucket][i];
                int start = place - _offsets[bucket][i];
                if (start >= 0 && start + literal.Length <= text.Length && Ascii.EqualsIgnoreCase(text.Slice(start, literal.Length), literal))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static int Coarse(byte value) => value | 0x20;

    private static int Rarest(string literal) => Enumerable.Range(0, literal.Length - Fingerprint + 1)
        .MinBy(offset => literal.AsSpan(offset, Fingerprint).ToArray().Sum(c => CharacterRarity.CommonnessOf((char)FoldedText.Fold((byte)c))));
}
