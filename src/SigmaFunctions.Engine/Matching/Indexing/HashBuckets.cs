namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>Hash tables whose entries stand in the order of the buckets that the highest bits of their hashes name.</summary>
internal static class HashBuckets
{
    /// <summary>Orders entries by bucket.</summary>
    /// <param name="hashes">The hashes of all entries.</param>
    /// <param name="shift">By how many bits a hash is shifted right to give its bucket.</param>
    /// <returns>Where each bucket begins among the entries, one more at the end; and for each hash the place of its entry.</returns>
    public static (int[] Starts, int[] Places) Order(ReadOnlySpan<uint> hashes, int shift)
    {
        int[] starts = new int[(1 << (32 - shift)) + 1];
        foreach (uint hash in hashes)
        {
            starts[(hash >> shift) + 1]++;
        }

        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        int[] next = starts[..^1];
        int[] places = new int[hashes.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = next[hashes[i] >> shift]++;
        }

        return (starts, places);
    }
}
