using SigmaFunctions.Pages.Model;

namespace SigmaFunctions.Pages.Tests.Model;

/// <summary>What an address of the list means, and that it stays an address.</summary>
public sealed class BoardQueryTests
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 3, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "/detections")]
    [InlineData("span=24h", "/detections")]
    [InlineData("span=7d", "/detections?span=7d")]
    [InlineData("q= certutil  urlcache ", "/detections?q=certutil%20%20urlcache")]
    [InlineData("q=a%26b", "/detections?q=a%26b")]
    [InlineData("level=high&level=critical", "/detections?level=critical&level=high")]
    [InlineData("host=ws-1&rule=x&level=high", "/detections?level=high&rule=x&host=ws-1")]
    [InlineData("host=WS-1&host=ws-1", "/detections?host=WS-1")]
    [InlineData("verdict=none&page=2", "/detections?verdict=none&page=2")]
    [InlineData("page=1", "/detections")]
    [InlineData("from=2026-11-30&to=2026-12-01T12:00", "/detections?from=2026-11-30T00%3A00%3A00Z&to=2026-12-01T12%3A00%3A00Z")]
    [InlineData("from=2026-11-30&to=2026-12-01&span=7d", "/detections?from=2026-11-30T00%3A00%3A00Z&to=2026-12-01T00%3A00%3A00Z")]
    public void One_query_has_one_address(string query, string address)
    {
        BoardQuery read = Parse(query);

        Assert.Empty(read.NotUnderstood);
        Assert.Equal(address, read.Address);
        Assert.Equal(address, Parse(address["/detections".Length..].TrimStart('?')).Address);
    }

    [Theory]
    [InlineData("colour=red", "colour")]
    [InlineData("span=2h", "span")]
    [InlineData("page=0", "page")]
    [InlineData("page=-1", "page")]
    [InlineData("page=99999999999", "page")]
    [InlineData("level=", "level")]
    [InlineData("from=yesterday&to=2026-12-01", "from")]
    [InlineData("from=0001-01-01&to=0001-01-02", "from")]
    [InlineData("from=9999-12-30&to=9999-12-31", "to")]
    [InlineData("from=2026-11-30", "from and to belong together")]
    [InlineData("from=2026-12-01&to=2026-11-30", "a range ends after it begins and is at most 92 days long")]
    [InlineData("from=2020-01-01&to=2026-11-30", "a range ends after it begins and is at most 92 days long")]
    public void What_is_not_understood_is_named_and_the_rest_holds(string query, string named)
    {
        BoardQuery read = Parse(query + "&host=ws-1");

        Assert.Contains(named, read.NotUnderstood);
        Assert.Equal("/detections?host=ws-1", read.Address);
    }

    [Fact]
    public void An_address_is_bounded_whatever_it_holds()
    {
        BoardQuery read = Parse(string.Join('&', Enumerable.Range(0, 1_000).Select(i => $"host=h{i}&x{i}=1")) + "&q=" + new string('a', 10_000) + "&rule=" + new string('r', 10_000));

        Assert.InRange(read.Address.Length, 1, 1_000);
        Assert.InRange(read.NotUnderstood.Length, 1, 1_100);
    }

    [Fact]
    public void Choosing_a_value_twice_changes_nothing_and_begins_at_the_first_page()
    {
        BoardQuery read = Parse("level=high&page=3");

        Assert.Equal("/detections?level=high&host=ws-1", read.Toggle(Facet.Host, "ws-1").Address);
        Assert.Equal("/detections?level=high", read.Toggle(Facet.Host, "ws-1").Toggle(Facet.Host, "WS-1").Address);
        Assert.Equal("/detections", read.Toggle(Facet.Level, "high").Address);
    }

    [Theory]
    [InlineData("", "2026-11-30T03:30:00Z")]
    [InlineData("span=1h", "2026-12-01T02:30:00Z")]
    [InlineData("span=30d", "2026-11-01T03:30:00Z")]
    public void A_span_ends_now_and_takes_in_what_arrives_meanwhile(string query, string from)
    {
        (DateTimeOffset begin, DateTimeOffset end) = Parse(query).Range(Now);

        Assert.Equal(DateTimeOffset.Parse(from, System.Globalization.CultureInfo.InvariantCulture), begin);
        Assert.InRange(end, Now.AddSeconds(1), Now.AddMinutes(5));
    }

    private static BoardQuery Parse(string query) => BoardQuery.Parse(
        query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .Select(pair => KeyValuePair.Create(pair[0], Uri.UnescapeDataString(pair[1]))));
}
