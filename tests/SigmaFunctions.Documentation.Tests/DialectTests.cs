using System.Text.RegularExpressions;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>What of the code's dialect no analyzer knows, in all C# that is written by hand.</summary>
public sealed partial class DialectTests
{
    // Names of settings.
    private static readonly string[] LongNames = ["MaximumPerRule", "MaximumPerHost", "MaximumPerMinute"];

    private static readonly string[] Files =
    [
        .. new[] { "src", "tests", "samples" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Folder, folder), "*.cs", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Folder, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "obj" or "bin" or "node_modules"))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void A_caught_exception_is_named_exception() =>
        Assert.Equal([], Found(Catch(), match => match.Groups["name"].Value != "exception"));

    [Fact]
    public void A_declared_name_begins_with_Max_and_not_with_Maximum() =>
        Assert.Equal([], Found(Maximum(), match => !LongNames.Contains(match.Groups["name"].Value)));

    [Theory]
    [InlineData("catch (IOException e)", true)]
    [InlineData("catch (System.IO.IOException ex) when (ex.Message.Length > 0)", true)]
    [InlineData("catch (Some<int, string> error)", true)]
    [InlineData("catch (IOException)", false)]
    [InlineData("catch\n{", false)]
    [InlineData("watch (IOException e)", false)]
    public void A_named_exception_is_found(string code, bool found) => Assert.Equal(found, Catch().IsMatch(code));

    [Theory]
    [InlineData("int maximumRows = 1;", "maximumRows")]
    [InlineData("int maximum = 1;", null)]
    [InlineData("private const int MaximumRows = 1;", "MaximumRows")]
    [InlineData("public int? MaximumRows { get; set; }", "MaximumRows")]
    [InlineData("int[] MaximumRows => [];", "MaximumRows")]
    [InlineData("Dictionary<string, int> maximumRows;", "maximumRows")]
    [InlineData("void Take(int first, int maximumRows, int last)", "maximumRows")]
    [InlineData("void Take(int first, out int maximumRows)", "maximumRows")]
    [InlineData("static int MaximumOf<T>(T value)", "MaximumOf")]
    [InlineData("sealed class MaximumRows(int rows)", "MaximumRows")]
    [InlineData("enum Rows { Least, MaximumRows, Most }", null)]
    [InlineData("foreach (var maximumRows in all)", "maximumRows")]
    [InlineData("(int least, int maximumRows) = Both();", "maximumRows")]
    [InlineData("values.Select(maximumRows => 1)", "maximumRows")]
    [InlineData("if (found is { } maximumRows)", "maximumRows")]
    [InlineData("new Options { MaximumRetries = 2 }", null)]
    [InlineData("RetryOptions = new X { MaximumRetries = 2, Other = 1 };", null)]
    [InlineData("options.MaximumInterval > 1", null)]
    [InlineData("return MaximumRetries;", null)]
    [InlineData("// int maximumRows = 1;", null)]
    [InlineData("\"int maximumRows = 1;\"", null)]
    public void A_declared_name_is_found(string code, string? name) =>
        Assert.Equal(name, Maximum().Match(WithoutText(code)) is { Success: true } match ? match.Groups["name"].Value : null);

    private static IEnumerable<string> Found(Regex pattern, Func<Match, bool> isFault)
    {
        Assert.NotEmpty(Files);
        foreach (string file in Files)
        {
            string code = WithoutText(File.ReadAllText(Path.Combine(Repository.Folder, file)));
            foreach (Match match in pattern.Matches(code).Where(isFault))
            {
                yield return $"{file}({1 + code.AsSpan(0, match.Groups["name"].Index).Count('\n')}): {match.Groups["name"].Value}";
            }
        }
    }

    /// <summary>Code with comments and strings blanked out; lines stay.</summary>
    private static string WithoutText(string code) => Text().Replace(code, match => new string('\n', match.Value.Count(c => c == '\n')));

    // Raw strings first: quotes stand in them.
    [GeneratedRegex("""(?<q>"{3,}).*?\k<q>|@\$?"(?:[^"]|"")*"|\$@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'|//[^\n]*|/\*.*?\*/""", RegexOptions.Singleline)]
    private static partial Regex Text();

    [GeneratedRegex(@"\bcatch\s*\(\s*[\w.:<>,\s\[\]?]+?\s+(?<name>\w+)\s*\)")]
    private static partial Regex Catch();

    // After its type, or where a pattern or lambda declares it.
    [GeneratedRegex(@"(?<=[\w>\]?)]\s+|\{ \}\s+)(?<!\b(?:return|is|not|and|or|in|case|when|throw|await|new|else|yield|goto)\s+)(?<name>[Mm]aximum[A-Z0-9_]\w*)(?=\s*(?:[=;,){<(\[]|=>|in\b|:))|(?<name>\b[Mm]aximum[A-Z0-9_]\w*)(?=\s*=>)")]
    private static partial Regex Maximum();
}
