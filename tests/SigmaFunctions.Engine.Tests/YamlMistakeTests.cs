using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Tests;

/// <summary>The usual mistakes of those who write YAML by hand are told in their words, where they are.</summary>
public sealed class YamlMistakeTests
{
    private const string Value = @"'\a.exe'";

    private const string Rule = $"""
        title: T
        id: 11111111-1111-4111-8111-111111111111
        logsource:
            category: process_creation
            product: windows
        detection:
            selection:
                Image|endswith: {Value}
            condition: selection

        """;

    /// <summary>What is written for something of the rule, where the mistake is told, and how.</summary>
    public static TheoryData<string, string, int, int, string> Mistakes => new()
    {
        { "    category", "\tcategory", 4, 1, "This line is indented with a tab, which YAML does not allow. Indent it with blanks." },
        { "        Image", "    \t    Image", 8, 5, "This line is indented with a tab, which YAML does not allow. Indent it with blanks." },
        { "condition: selection", "condition: selection\n\tlevel: high", 10, 1, "This line is indented with a tab, which YAML does not allow. Indent it with blanks." },
        { "title: T", "title: Whoami: a test", 1, 14, "The value holds a colon, which YAML takes for the end of another key. Put the value in quotes: title: 'Whoami: a test'." },
        { "title: T", "title: T\ndescription: Bob's: all", 2, 19, "The value holds a colon, which YAML takes for the end of another key. Put the value in quotes: description: 'Bob''s: all'." },
        { "title: T", "title:T", 1, 6, "A blank is missing behind this colon. Write 'key: value'." },
        { "title: T", "title T", 1, 1, "This line is no 'key: value': it has no colon." },
        { Value, @"""\whoami.exe""", 8, 26, @"In double quotes a backslash begins an escape, and '\w' is none. Use single quotes, which keep it: '\whoami.exe'." },
        { Value, @"""C:\Users\x""", 8, 28, @"In double quotes a backslash begins an escape, and '\U' is none without its digits. Use single quotes, which keep it: 'C:\Users\x'." },
        { Value, @"[""a\\b\c""]", 8, 31, @"In double quotes a backslash begins an escape, and '\c' is none. Use single quotes, which keep it: 'a\\b\c'." },
        { Value, "*whoami*", 8, 25, "A value that begins with '*' needs quotes: without them YAML takes it for a reference. Write '*whoami*'." },
        { Value, "\n            - *\\a.exe # all\n            - b", 9, 15, @"A value that begins with '*' needs quotes: without them YAML takes it for a reference. Write '*\a.exe'." },
        { Value, "@foo", 8, 25, "A value that begins with '@' needs quotes: without them YAML keeps that character for itself. Write '@foo'." },
        { Value, "`foo`", 8, 25, "A value that begins with '`' needs quotes: without them YAML keeps that character for itself. Write '`foo`'." },
        { Value, "%TEMP%", 8, 25, "A value that begins with '%' needs quotes: without them YAML keeps that character for itself. Write '%TEMP%'." },
        { Value, ">foo", 8, 25, "A value that begins with '>' needs quotes: without them YAML takes it for the begin of a text of several lines. Write '>foo'." },
        { Value, "|foo", 8, 25, "A value that begins with '|' needs quotes: without them YAML takes it for the begin of a text of several lines. Write '|foo'." },
        { Value, "'it's'", 8, 28, "This apostrophe ends the value, which is in single quotes. Write it twice ('it''s'), or put the value in double quotes." },
        { "title: T", "title: 'Bob's tool'", 1, 12, "This apostrophe ends the value, which is in single quotes. Write it twice ('it''s'), or put the value in double quotes." },
        { Value, "'a', 'b'", 8, 28, "The value ends with its closing quote, and more text follows. Put all of it in quotes; write several values as a list." },
        { Value, "'a' or 'b'", 8, 29, "The value ends with its closing quote, and more text follows. Put all of it in quotes; write several values as a list." },
        { Value, "'a.exe", 8, 25, "The quote that begins here is not closed. Close it on the same line." },
        { Value, "\"a.exe", 8, 25, "The quote that begins here is not closed. Close it on the same line." },
        { Value, "[a", 8, 25, "The bracket '[' is not closed. Close it, or quote the value if the bracket is part of its text." },
        { Value, "{a", 8, 25, "The bracket '{' is not closed. Close it, or quote the value if the bracket is part of its text." },
        { Value, "['a', 'b'", 8, 25, "The bracket '[' is not closed. Close it, or quote the value if the bracket is part of its text." },
        { Value, "[{a: ']'}, b\n        User: c", 8, 25, "The bracket '[' is not closed. Close it, or quote the value if the bracket is part of its text." },
        { Value, "\n            - 'a\n            - 'b'", 9, 15, "The quote that begins here is not closed on this line, but by one below. Close it on the same line." },
        { Value, "\"a\n        User: \"b", 8, 25, "The quote that begins here is not closed. Close it on the same line." },
        { Value, @"""C:\temp\""", 8, 33, @"The backslash makes the quote behind it a part of the text, which does not end. Use single quotes: 'C:\temp\'." },
        { Value, "? a", 8, 25, "A value that begins with '?' needs quotes: without them YAML keeps that character for itself. Write '? a'." },
        { "title: T", "title: 'Bob' : a", 1, 14, "The value ends with its closing quote, and more text follows. Put all of it in quotes; write several values as a list." },
        { "        Image", "        - User: a\n        Image", 9, 9, "This line stands below the '-' of a list. Begin it with '- ' too, or indent it by 10 blanks if it belongs to the item above." },
        { Value, "- a\n            - b", 8, 25, "A list begins on a line of its own. Put each '- value' on a line below the key." },
        { "    product", "   product", 5, 4, "This line is indented by 3 blanks, as none of the lines that it could belong to. Indent it like its neighbours." },
        { "title: T", "title: T\nreferences:\n    - https://a\n   - https://b", 4, 4, "This line is indented by 3 blanks, as none of the lines that it could belong to. Indent it like its neighbours." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_explained(string right, string wrong, int line, int column, string message)
    {
        Assert.Contains(right, Rule, StringComparison.Ordinal);

        Diagnostic told = Assert.Single(RuleText.Load(Rule.Replace(right, wrong, StringComparison.Ordinal)).Diagnostics);

        Assert.Equal(
            ("SF0001", line, column, $"This is not valid YAML: {message} Nothing from here to the end of the file is read."),
            (told.Code, told.Line, told.Column, told.Message));
    }

    /// <summary>A line that nobody wrote by hand is not explained: that would take time with the square of its length.</summary>
    [Fact]
    public void A_very_long_line_is_told_in_the_parsers_words()
    {
        string blanks = new(' ', 1_000_000);
        Diagnostic told = Assert.Single(RuleText.Load(Rule.Replace("condition:", $"other: 'a' {blanks}x\n    condition:", StringComparison.Ordinal)).Diagnostics);
        Assert.Equal("SF0001", told.Code);
        Assert.DoesNotContain("closing quote", told.Message, StringComparison.Ordinal);
    }

    /// <summary>Line ends of Windows are none of the mistakes.</summary>
    [Fact]
    public void Lines_may_end_as_on_Windows()
    {
        Diagnostic told = Assert.Single(RuleText.Load(Rule.Replace(Value, "'it's'", StringComparison.Ordinal).ReplaceLineEndings("\r\n")).Diagnostics);
        Assert.Equal((8, 28), (told.Line, told.Column));
    }
}
