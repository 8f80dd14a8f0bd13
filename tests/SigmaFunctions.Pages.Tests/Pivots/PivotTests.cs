using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SigmaFunctions.Pages.Pivots;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Pages.Tests.Pivots;

/// <summary>Questions that are copied: their columns exist, and no value leaves its literal.</summary>
public sealed class PivotTests
{
    private const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static readonly PivotSubject Subject = new(
        new DetectionId("202612010330000000000-a0000000000000000000000000000000"), new DateTimeOffset(2026, 12, 1, 3, 30, 0, TimeSpan.Zero))
    {
        Host = "ws-017.contoso.example",
        Account = "alice",
        Hashes = new FileHashes(Sha256: Sha256),
        RuleId = "11111111-1111-4111-8111-111111111111",
    };

    [Fact]
    public void Tables_and_columns_are_those_of_telemetry()
    {
        var events = TelemetrySource.Defender.Events.GroupBy(one => one.Name).ToDictionary(
            group => group.Key, group => group.SelectMany(one => one.Fields).SelectMany(field => field.From.Append(field.Name)).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        string[] words = [.. PivotBuilder.Build(Subject).Where(pivot => pivot.Language == PivotLanguage.Defender)
            .SelectMany(pivot => Regex.Matches(Regex.Replace(pivot.Text, "\"[^\"]*\"", ""), "\\b[A-Z][A-Za-z0-9]+\\b").Select(match => match.Value))
            .Where(word => word is not ("Source" or "First" or "Last" or "Events" or "Hosts" or "T03" or "Z")).Distinct()];

        Assert.Contains("ProcessCommandLine", words);
        Assert.All(words.Where(word => word.StartsWith("Device", StringComparison.Ordinal) && word.EndsWith("Events", StringComparison.Ordinal)), table => Assert.Contains(table, events.Keys));
        Assert.All(
            words.Where(word => !events.ContainsKey(word)),
            column => Assert.True(events.Values.Any(columns => columns.Contains(column)) || column is "Timestamp" or "DeviceName" or "ActionType", column));
    }

    [Theory]
    [InlineData("a\" or 1==1 //")]
    [InlineData("a\\\" | take 1 //")]
    [InlineData("a\n| take 1")]
    [InlineData("a\\")]
    [InlineData("\u2028\"\0\U0001F600")]
    [InlineData("O'Brien")]
    public void A_value_stays_a_literal(string hostile)
    {
        PivotSubject subject = Subject with { Host = hostile, Account = hostile, RuleId = hostile };

        foreach (Pivot pivot in PivotBuilder.Build(subject))
        {
            string without = pivot.Language == PivotLanguage.Sigmaf ? Regex.Replace(pivot.Text, "'[^']*'", "''") : Regex.Replace(pivot.Text, "\"(\\\\.|[^\"\\\\\n])*\"", "\"\"");
            string plain = pivot.Language == PivotLanguage.Sigmaf ? "'" : "\"";

            Assert.DoesNotContain("take 1", without, StringComparison.Ordinal);
            Assert.DoesNotContain("1==1", without, StringComparison.Ordinal);
            Assert.Equal(0, without.Replace(plain + plain, "", StringComparison.Ordinal).Count(c => c == plain[0]));
        }
    }

    [Theory]
    [InlineData("ws-1", "ws-1")]
    [InlineData("a b", "'a b'")]
    [InlineData("$(calc)", "'$(calc)'")]
    [InlineData("-x", null)]
    [InlineData("@/etc/passwd", null)]
    [InlineData("a\" --until 2000 \"b", null)]
    [InlineData("a b\\", null)]
    [InlineData("it's", null)]
    [InlineData("it’s", null)]
    [InlineData("a\nb", null)]
    [InlineData("", null)]
    public void A_word_of_a_shell_means_the_same_to_all_shells_or_is_left_out(string value, string? word) => Assert.Equal(word, Literal.Shell(value));

    [Fact]
    public void A_string_of_KQL_reads_back()
    {
        var random = new Random(5);
        for (int i = 0; i < 2_000; i++)
        {
            string value = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => (char)(random.Next(4) == 0 ? "\"\\\n\r\t'\u2028"[random.Next(7)] : random.Next(1, 0xD7FF))));

            Assert.Equal(value, Read(Literal.Kql(value)));
        }
    }

    [Fact]
    public void Nothing_is_asked_about_what_is_not_known()
    {
        var bare = new PivotSubject(Subject.Id, Subject.Time);

        Assert.Equal(["This detection"], PivotBuilder.Build(bare).Select(pivot => pivot.Title));
    }

    private static string Read(string literal)
    {
        Assert.True(literal is ['"', .., '"'] && literal.Length >= 2);
        var text = new StringBuilder();
        for (int i = 1; i < literal.Length - 1; i++)
        {
            Assert.False(literal[i] == '"' || char.IsControl(literal[i]));
            if (literal[i] != '\\')
            {
                text.Append(literal[i]);
                continue;
            }

            i++;
            if (literal[i] == 'u')
            {
                text.Append((char)int.Parse(literal.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(literal[i]);
            }
        }

        return text.ToString();
    }
}
