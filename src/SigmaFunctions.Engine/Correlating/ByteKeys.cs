using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>Numbers different keys in the order in which they come up. Not safe for concurrent use.</summary>
internal sealed class ByteKeys
{
    private readonly Dictionary<byte[], int> _numbers = new(new Comparer());
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<byte[]> _keys = [];

    public ByteKeys() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>How many there are.</summary>
    public int Count => _keys.Count;

    /// <summary>The key of a number.</summary>
    public ReadOnlyMemory<byte> this[int number] => _keys[number];

    /// <summary>The number of a key, a new one if need be.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        if (!_lookup.TryGetValue(key, out int number))
        {
            number = _keys.Count;
            byte[] kept = key.ToArray();
            _keys.Add(kept);
            _numbers.Add(kept, number);
        }

        return number;
    }

    /// <summary>Senders choose values: the hash has a seed that they do not know.</summary>
    private sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        private readonly long _seed = Random.Shared.NextInt64();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate, _seed);
    }
}
