using SigmaFunctions.Engine.Values;
using SigmaFunctions.Pages.Model;

namespace SigmaFunctions.Pages.Tests.Model;

/// <summary>Texts that are cut keep what is marked in them.</summary>
public sealed class MarkedTextTests
{
    [Fact]
    public void A_short_text_stays() => Assert.Equal("abcdef", new MarkedText("abcdef", []).Around(16).Text);

    [Fact]
    public void What_is_shown_of_a_long_text_holds_its_first_mark()
    {
        var random = new Random(1);
        for (int i = 0; i < 2_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 400)).Select(_ => random.Next(5) == 0 ? "\U0001F600" : ((char)('a' + random.Next(26))).ToString()));
            int start = random.Next(text.Length);
            if (char.IsLowSurrogate(text[start]))
            {
                start--;
            }

            int length = char.IsHighSurrogate(text[start]) ? 2 : 1;
            MarkedText shown = new MarkedText(text, [new TextSpan(start, length)]).Around(64);

            TextSpan marked = Assert.Single(shown.Spans);
            Assert.Equal(text[start..(start + length)], shown.Text[marked.Start..marked.End]);
            Assert.InRange(shown.Text.Length, 1, 66);
            Assert.False(char.IsLowSurrogate(shown.Text[0]));
            Assert.DoesNotContain("\uFFFD", new System.Text.UTF8Encoding(false, false).GetString(System.Text.Encoding.UTF8.GetBytes(shown.Text)), StringComparison.Ordinal);
        }
    }
}
