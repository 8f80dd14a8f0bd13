namespace SigmaFunctions.LocalHost.Tests;

public sealed class ConsoleReportTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u001b[31m\r\nb", "a\\u001b[[31m\\u000d\\u000ab")]
    [InlineData("[bold]markup[/]", "[[bold]]markup[[/]]")]
    [InlineData("exe\u202egnp.x", "exe\\u202egnp.x")]
    [InlineData("naïve 名前 🙂", "naïve 名前 🙂")]
    [InlineData("0123456789012345678901234567890", "012345678901234567890123456789…")]
    public void Text_from_events_is_fit_for_a_terminal(string text, string shown) => Assert.Equal(shown, ConsoleReport.Printable(text, 30));
}
