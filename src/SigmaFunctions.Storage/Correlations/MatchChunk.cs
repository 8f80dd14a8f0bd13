using System.Text;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Correlations;

/// <summary>
/// Some matches as bytes. Version 1: a byte 1; the number of origins and of each namespace, hub and partition; the number of matches and of each the rule, the
/// origin's place, its time, the enqueued time, the sequence number, the record, host and user (empty for none), and the length of its values and they.
/// Numbers are in groups of seven bits, times as they are; texts are UTF-8 behind their length. The same matches give the same bytes, whatever their order.
/// </summary>
internal static class MatchChunk
{
    private const byte Version = 1;
    private const int MaxName = 256;

    /// <summary>Writes matches, each once.</summary>
    public static byte[] Write(IEnumerable<StoredMatch> matches)
    {
        StoredMatch[] ordered =
        [
            .. matches.OrderBy(match => match.Time).ThenBy(match => match.Identity, Comparer<HubEventIdentity>.Create(StoredMatch.Compare)).ThenBy(match => match.Rule),
        ];
        var origins = new OrderedDictionary<(string, string, string), int>();
        foreach (StoredMatch match in ordered)
        {
            origins.TryAdd(OriginOf(match), origins.Count);
        }

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Version);
        writer.Write7BitEncodedInt(origins.Count);
        foreach ((string space, string hub, string partition) in origins.Keys)
        {
            writer.Write(space);
            writer.Write(hub);
            writer.Write(partition);
        }

        writer.Write7BitEncodedInt(ordered.Length);
        foreach (StoredMatch match in ordered)
        {
            writer.Write7BitEncodedInt(match.Rule);
            writer.Write7BitEncodedInt(origins[OriginOf(match)]);
            writer.Write(match.Time);
            writer.Write(match.Identity.EnqueuedTime.UtcTicks);
            writer.Write7BitEncodedInt64(match.Identity.SequenceNumber);
            writer.Write7BitEncodedInt(match.Identity.Record);
            writer.Write(BoundedText.Cut(match.Host ?? "", MaxName));
            writer.Write(BoundedText.Cut(match.User ?? "", MaxName));
            writer.Write7BitEncodedInt(match.Values.Length);
            writer.Write(match.Values.Span);
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads matches.</summary>
    /// <exception cref="FormatException">The bytes are not those of matches.</exception>
    public static List<StoredMatch> Read(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            if (reader.ReadByte() != Version)
            {
                throw new FormatException("the matches are of a version that is not known here");
            }

            var origins = new (string Space, string Hub, string Partition)[Count(reader, bytes)];
            for (int origin = 0; origin < origins.Length; origin++)
            {
                origins[origin] = (reader.ReadString(), reader.ReadString(), reader.ReadString());
            }

            var matches = new List<StoredMatch>(Count(reader, bytes));
            for (int left = matches.Capacity; left > 0; left--)
            {
                int rule = reader.Read7BitEncodedInt();
                (string space, string hub, string partition) = origins[reader.Read7BitEncodedInt()];
                long time = reader.ReadInt64();
                var enqueued = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
                var identity = new HubEventIdentity(space, hub, partition, enqueued, reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt());
                string host = reader.ReadString();
                string user = reader.ReadString();
                int length = Count(reader, bytes);
                int start = (int)reader.BaseStream.Position;
                reader.BaseStream.Position += length;
                matches.Add(new StoredMatch(
                    rule, time, identity, host.Length == 0 ? null : host, user.Length == 0 ? null : user, bytes.AsMemory(start, length)));
            }

            return matches;
        }
        catch (Exception exception) when (exception is EndOfStreamException or IndexOutOfRangeException or ArgumentOutOfRangeException or IOException)
        {
            throw new FormatException("the matches are cut off or damaged", exception);
        }
    }

    private static (string, string, string) OriginOf(StoredMatch match) => (match.Identity.Namespace, match.Identity.EventHub, match.Identity.Partition);

    private static int Count(BinaryReader reader, byte[] bytes) => reader.Read7BitEncodedInt() is >= 0 and int count && count <= bytes.Length
        ? count
        : throw new FormatException("the matches are damaged");
}
