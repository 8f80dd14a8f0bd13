using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>
/// The partition of a partition key: Bob Jenkins' lookup3 (public domain) over the key's UTF-8, its two results folded to 16 bits
/// as the service and the SDK's buffered producer do, so that a key lands where they put it.
/// </summary>
internal static class PartitionKeyHash
{
    /// <summary>Index of the partition, from 0.</summary>
    public static int Partition(string key, int partitions)
    {
        (uint primary, uint secondary) = Lookup3(Encoding.UTF8.GetBytes(key));
        return Math.Abs(unchecked((short)(primary ^ secondary)) % partitions);
    }

    private static (uint Primary, uint Secondary) Lookup3(ReadOnlySpan<byte> key)
    {
        uint a, b, c;
        a = b = c = unchecked(0xdeadbeef + (uint)key.Length);
        if (key.IsEmpty)
        {
            return (c, b);
        }

        while (key.Length > 12)
        {
            Add(key, ref a, ref b, ref c);
            Mix(ref a, ref b, ref c);
            key = key[12..];
        }

        Span<byte> last = stackalloc byte[12];
        last.Clear();
        key.CopyTo(last);
        Add(last, ref a, ref b, ref c);
        Finish(ref a, ref b, ref c);
        return (c, b);
    }

    private static void Add(ReadOnlySpan<byte> block, ref uint a, ref uint b, ref uint c)
    {
        unchecked
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(block);
            b += BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        }
    }

    private static void Mix(ref uint a, ref uint b, ref uint c)
    {
        unchecked
        {
            a = (a - c) ^ BitOperations.RotateLeft(c, 4);
            c += b;
            b = (b - a) ^ BitOperations.RotateLeft(a, 6);
            a += c;
            c = (c - b) ^ BitOperations.RotateLeft(b, 8);
            b += a;
            a = (a - c) ^ BitOperations.RotateLeft(c, 16);
            c += b;
            b = (b - a) ^ BitOperations.RotateLeft(a, 19);
            a += c;
            c = (c - b) ^ BitOperations.RotateLeft(b, 4);
            b += a;
        }
    }

    private static void Finish(ref uint a, ref uint b, ref uint c)
    {
        unchecked
        {
            c = (c ^ b) - BitOperations.RotateLeft(b, 14);
            a = (a ^ c) - BitOperations.RotateLeft(c, 11);
            b = (b ^ a) - BitOperations.RotateLeft(a, 25);
            c = (c ^ b) - BitOperations.RotateLeft(b, 16);
            a = (a ^ c) - BitOperations.RotateLeft(c, 4);
            b = (b ^ a) - BitOperations.RotateLeft(a, 14);
            c = (c ^ b) - BitOperations.RotateLeft(b, 24);
        }
    }
}
