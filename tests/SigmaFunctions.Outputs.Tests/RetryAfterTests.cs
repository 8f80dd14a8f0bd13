using SigmaFunctions.Outputs.Delivering;

namespace SigmaFunctions.Outputs.Tests;

public sealed class RetryAfterTests
{
    [Theory]
    [InlineData("120", 120)]
    [InlineData("3600", 3600)]
    [InlineData("3601", 3600)]
    [InlineData("9223372036854775807", 3600)]
    [InlineData("Mon, 30 Nov 2026 03:01:30 GMT", 90)]
    [InlineData("Tue, 01 Dec 2026 03:00:00 GMT", 3600)]
    // Nothing to wait for.
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    [InlineData("1.5", null)]
    [InlineData("soon", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("Mon, 30 Nov 2026 02:59:59 GMT", null)]
    [InlineData("2026-11-30T04:00:00Z", null)]
    public void It_is_seconds_or_a_date_of_http(string? value, int? seconds)
    {
        TimeSpan? expected = seconds is int count ? TimeSpan.FromSeconds(count) : null;

        Assert.Equal(expected, RetryAfter.Read(value, new DateTimeOffset(2026, 11, 30, 3, 0, 0, TimeSpan.Zero)));
    }
}
