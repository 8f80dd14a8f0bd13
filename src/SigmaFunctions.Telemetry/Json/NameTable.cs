using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>A name of a <see cref="NameTable"/>: its index there.</summary>
internal readonly record struct Name(int Id)
{
    /// <summary>Any name that is not in the table.</summary>
    public static Name Unknown => new(-1);
}

/// <summary>
/// Names by their UTF-8 bytes, so that each is resolved once and is a number from then on. Immutable: what events call their
/// properties never gets in.
/// </summary>
internal sealed class NameTable
{
    /// <summary>Longest name that is compared at once.</summary>
    public const int BlockSize = 32;

    private readonly ImmutableArray<string> _texts;
    private readonly Bucket[] _buckets;

    // One after the other, each in whole blocks that are filled up with zeros.
    private readonly byte[] _bytes;

    /// <summary>Makes a table.</summary>
    /// <param name="names">The names; the id of each is its index.</param>
    public NameTable(ImmutableArray<string> names)
    {
        _texts = names;
        _buckets = new Bucket[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, names.Length * 4))];
        var bytes = new List<byte>();
        for (int id = 0; id < names.Length; id++)
        {
            byte[] name = Encoding.UTF8.GetBytes(names[id]);
            uint hash = Hash(name);
            uint place = hash;
            while (At(place).IsUsed)
            {
                place++;
            }

            At(place) = new Bucket(hash, id, bytes.Count, name.Length);
            bytes.AddRange(name);
            bytes.AddRange(new byte[BlockSize - (name.Length % BlockSize)]);
        }

        _bytes = [.. bytes];
    }

    /// <summary>Number of names; ids are below.</summary>
    public int Count => _texts.Length;

    // 32 bytes from here on, less the length of a name, keep that many bytes of a block.
    private static ReadOnlySpan<byte> Masks =>
    [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>A name as text.</summary>
    public string TextOf(Name name) => _texts[name.Id];

    /// <summary>The hash of a name.</summary>
    public static uint Hash(ReadOnlySpan<byte> name) => name.Length > BlockSize ? HashOfLong(name) : HashOfShort(name);

    /// <summary>The hash of a name that is no longer than a block, in its block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(Vector256<byte> block)
    {
        Vector128<ulong> parts = (block.GetLower() ^ block.GetUpper()).AsUInt64();
        ulong high = Math.BigMul(parts[0] ^ 0x9E3779B97F4A7C15, parts[1] ^ 0xC2B2AE3D27D4EB4F, out ulong low);
        return (uint)(high ^ low);
    }

    /// <summary>A block of which only the first bytes are kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Keep(Vector256<byte> block, int length) =>
        block & Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(BlockSize - length));

    /// <summary>A table with further names behind the present ones, whose ids stay.</summary>
    public NameTable With(IEnumerable<string> names)
    {
        var builder = new Builder(_texts);
        foreach (string name in names)
        {
            builder.Add(name);
        }

        return builder.Build();
    }

    /// <summary>The name with these bytes; <see cref="Name.Unknown"/> if it is none of the table.</summary>
    public Name Find(ReadOnlySpan<byte> name) => Find(name, Hash(name));

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, with the hash at hand.</summary>
    public Name Find(ReadOnlySpan<byte> name, uint hash)
    {
        for (uint place = hash; At(place).IsUsed; place++)
        {
            ref Bucket bucket = ref At(place);
            if (bucket.Hash == hash && name.SequenceEqual(_bytes.AsSpan(bucket.Start, bucket.Length)))
            {
                return new Name(bucket.Id);
            }
        }

        return Name.Unknown;
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, for a name that is no longer than a block, in its block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Name Find(Vector256<byte> block, int length, uint hash)
    {
        for (uint place = hash; ; place++)
        {
            ref Bucket bucket = ref At(place);
            if (bucket.Hash == hash && bucket.Length == length
                && block == Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_bytes), (nuint)bucket.Start))
            {
                return new Name(bucket.Id);
            }

            if (!bucket.IsUsed)
            {
                return Name.Unknown;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Bucket At(uint place) => ref _buckets[place & (uint)(_buckets.Length - 1)];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint HashOfShort(ReadOnlySpan<byte> name)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        name.CopyTo(block);
        return Hash(Vector256.Create<byte>(block));
    }

    // Long names of one source begin alike; their length and their ends tell them apart.
    private static uint HashOfLong(ReadOnlySpan<byte> name) =>
        Hash(Vector256.Create(name[^BlockSize..])) ^ ((uint)name.Length * 0x9E3779B1);

    /// <summary>Gathers names. One that is added again keeps its id.</summary>
    internal sealed class Builder
    {
        private readonly List<string> _names;
        private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

        /// <summary>Begins with the names of another table.</summary>
        public Builder(IEnumerable<string>? names = null)
        {
            _names = [.. names ?? []];
            for (int id = 0; id < _names.Count; id++)
            {
                _ids.Add(_names[id], id);
            }
        }

        /// <summary>Adds a name.</summary>
        public Name Add(string name)
        {
            if (!_ids.TryGetValue(name, out int id))
            {
                id = _names.Count;
                _names.Add(name);
                _ids.Add(name, id);
            }

            return new Name(id);
        }

        /// <summary>The table of the names that were added.</summary>
        public NameTable Build() => new([.. _names]);
    }

    private readonly struct Bucket(uint hash, int id, int start, int length)
    {
        public readonly uint Hash = hash;
        public readonly int Start = start;
        public readonly int Length = length;
        private readonly int _number = id + 1;

        public int Id => _number - 1;

        public bool IsUsed => _number != 0;
    }
}
