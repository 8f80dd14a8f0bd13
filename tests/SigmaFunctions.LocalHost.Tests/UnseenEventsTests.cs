using System.Text;
using SigmaFunctions.LocalHost.Reporting;

namespace SigmaFunctions.LocalHost.Tests;

public sealed class UnseenEventsTests
{
    [Theory]
    [InlineData("""{"status":"healthy"}""")]
    [InlineData("""{"unseen":[]}""")]
    [InlineData("""{"unseen":[{"hub":"h","shape":"flat","reason":"no_log_source","logSource":"","events":5,"looksLike":"a, b"}]}""", "5 flat: no log source; properties: a, b")]
    [InlineData("""{"unseen":[{"hub":"h","shape":"xml","reason":"no_rule","logSource":"product=windows","events":2,"looksLike":"Event"}]}""", "2 xml: no rule for product=windows")]
    [InlineData(
        """{"unseen":[{"hub":"h","shape":"flat","reason":"no_rule","logSource":"stated","events":2,"looksLike":"category"}]}""",
        "2 flat: no rule for the log source that they state; properties: category")]
    [InlineData(
        """{"unseen":[{"hub":"h","shape":"defender","reason":"left_out","logSource":"","events":3,"looksLike":"x"},{"hub":"h","shape":"mine","reason":"left_out","logSource":"","events":4,"looksLike":"x"},{"hub":"h","shape":"flat","reason":"no_log_source","logSource":"","events":1,"looksLike":"a"}]}""",
        "1 flat: no log source; properties: a",
        "7 of kinds that rules do not look at (docs/telemetry.md)")]
    public void They_are_read_from_the_details_of_health(string details, params string[] expected) =>
        Assert.Equal(expected, UnseenEvents.Read(Encoding.UTF8.GetBytes(details)).Select(one => $"{one.Events} {one.Description}"));
}
