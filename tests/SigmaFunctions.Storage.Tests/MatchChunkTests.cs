using System.Globalization;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Matches of correlations as rows: what is written can be read, also by later versions, and what is damaged is said to be.</summary>
public sealed class MatchChunkTests
{
    private const string Partition = "0123456789abcdef0123456789abcdef";

    private static readonly DateTimeOffset Time = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    private static readonly StoredMatch[] Matches =
    [
        Match(0, 3, "0", 7, 0, "pc1", "alice", [5, 6, 7]),
        Match(1, 3, "0", 7, 0, null, null, []),
        Match(0, 1, "1", long.MaxValue, int.MaxValue, "pc\u00fc", new string('u', 1_000), [0]),
        Match(65_535, 2, "31", 0, 0, "", "bob", [.. new byte[5_000]]),
    ];

    /// <summary>A match as version 1 wrote it: bytes that are in tables now.</summary>
    private const string Golden =
        "0101026E730368756201330102008066CBB2C84EDF0800FD63B3C84EDF08AC02040370633105616C696365020506";

    [Fact]
    public void What_is_written_can_be_read()
    {
        TableEntity[] rows = [.. StateRows.OfMatches(Partition, TimeSpan.TicksPerSecond, Matches)];
        Assert.Equal(3, rows.Length);
        StoredMatch[] read = [.. rows.SelectMany(StateRows.MatchesOf).OrderBy(match => match.Time).ThenBy(match => match.Rule)];
        StoredMatch[] expected = [.. Matches.OrderBy(match => match.Time).ThenBy(match => match.Rule)];
        Assert.Equal(expected.Select(match => (match.Rule, match.Time, match.Identity)), read.Select(match => (match.Rule, match.Time, match.Identity)));
        Assert.Equal(expected.Select(match => Convert.ToHexString(match.Values.Span)), read.Select(match => Convert.ToHexString(match.Values.Span)));
        Assert.Equal((256, "bob", "alice", null), (read[0].User!.Length, read[1].User, read[2].User, read[3].User));
        Assert.All(rows, row => Assert.True(StateRows.EndOf(row) >= StateRows.MatchesOf(row).Max(match => match.Time)));
    }

    /// <summary>Redelivery writes the same rows, and a row that stands for others is behind them.</summary>
    [Fact]
    public void The_same_matches_are_the_same_rows()
    {
        string[] keys = [.. StateRows.OfMatches(Partition, TimeSpan.TicksPerMinute, Matches).Select(row => row.RowKey)];
        Assert.Equal(keys, StateRows.OfMatches(Partition, TimeSpan.TicksPerMinute, Matches.Reverse()).Select(row => row.RowKey));
        TableEntity[] apart = [.. Matches.SelectMany(match => StateRows.OfMatches(Partition, TimeSpan.TicksPerMinute, [match]))];
        TableEntity together = StateRows.Compacted(apart)!;
        Assert.All(apart, row => Assert.True(string.CompareOrdinal(row.RowKey, together.RowKey) < 0));
        Assert.Equal(4, StateRows.MatchesOf(together).Count);
    }

    [Fact]
    public void Very_many_are_several_rows_each_of_which_the_service_takes()
    {
        StoredMatch[] many = [.. Enumerable.Range(0, 100).Select(number => Match(0, 1, "0", number, 0, "pc", "user", [.. new byte[8_192]]))];
        IReadOnlyList<TableEntity> rows = StateRows.OfMatches(Partition, TimeSpan.TicksPerMinute, many);
        Assert.InRange(rows.Count, 4, 6);
        Assert.All(rows, row => Assert.InRange(StateRows.SizeOf(row), 1, 300_000));
        Assert.All(rows.SelectMany(row => row.Select(property => property.Value)), value => Assert.InRange((value as byte[])?.Length ?? 0, 0, 64 * 1024));
        Assert.Equal(100, rows.SelectMany(StateRows.MatchesOf).DistinctBy(match => match.Identity).Count());
        Assert.Null(StateRows.Compacted([.. rows]));
    }

    /// <summary>Rows are put together as far as one row takes them, so that no attempt is in vain and what is full is not looked at again.</summary>
    [Theory]
    [InlineData("1x250", "99 99 52")]
    [InlineData("100x7", "2 2 2")]
    [InlineData("200x5 10x3", "4")]
    [InlineData("230x4", "")]
    [InlineData("1x1", "")]
    public void Rows_are_put_together_as_far_as_one_takes_them(string sizes, string expected)
    {
        int number = 0;
        List<TableEntity> rows = [];
        foreach (string[] size in sizes.Split(' ').Select(one => one.Split('x')))
        {
            for (int left = int.Parse(size[1], CultureInfo.InvariantCulture); left > 0; left--)
            {
                rows.AddRange(StateRows.OfMatches(Partition, TimeSpan.TicksPerMinute, [Match(0, 1, "0", number++, 0, "pc", "user", [.. new byte[1_024 * int.Parse(size[0], CultureInfo.InvariantCulture)]])]));
            }
        }

        IReadOnlyList<TableEntity>[] together = [.. StateRows.OfOneRow(rows)];

        Assert.Equal(expected, string.Join(' ', together.Select(one => one.Count)));
        Assert.All(together, one => Assert.NotNull(StateRows.Compacted(one)));
        Assert.Empty(StateRows.OfOneRow(together.Select(one => StateRows.Compacted(one)!)));
    }

    /// <summary>Cut off anywhere, or with any byte changed, it is read as something or said to be damaged.</summary>
    [Fact]
    public void What_is_damaged_is_said_to_be()
    {
        byte[] whole = MatchChunk.Write(Matches.Take(3));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<FormatException>(() => MatchChunk.Read(whole[..length]));
        }

        for (int place = 0; place < whole.Length; place++)
        {
            byte[] changed = [.. whole];
            changed[place] ^= 0xFF;
            try
            {
                MatchChunk.Read(changed);
            }
            catch (FormatException)
            {
                // Said.
            }
        }
    }

    [Fact]
    public void Bytes_of_version_1_stay_readable()
    {
        StoredMatch match = Assert.Single(MatchChunk.Read(Convert.FromHexString(Golden)));
        Assert.Equal((2, Time.AddSeconds(1).UtcTicks, "pc1", "alice", "0506"), (match.Rule, match.Time, match.Host, match.User, Convert.ToHexString(match.Values.Span)));
        Assert.Equal(new HubEventIdentity("ns", "hub", "3", Time.AddSeconds(2), 300, 4), match.Identity);
        Assert.Equal(Golden, Convert.ToHexString(MatchChunk.Write([match])));
    }

    private static StoredMatch Match(int rule, int second, string partition, long sequence, int record, string? host, string? user, byte[] values) =>
        new(rule, Time.AddSeconds(second).UtcTicks, new HubEventIdentity("ns", "hub", partition, Time.AddSeconds(second + 1), sequence, record), host, user, values);
}
