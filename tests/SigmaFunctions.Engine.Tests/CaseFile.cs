namespace SigmaFunctions.Engine.Tests;

/// <summary>
/// A table of cases, one a line: <c>left => right</c> (holds), <c>left =/> right</c> (does not hold), <c>left !! right</c>
/// (rejected with that code) or <c>left ?? right</c> (loaded with that warning). Lines that begin with <c>#</c> group them.
/// </summary>
internal static class CaseFile
{
    private static readonly string[] Arrows = [" =/> ", " => ", " !! ", " ?? "];

    /// <summary>Rows of line number, group, left, arrow, right.</summary>
    public static TheoryData<int, string, string, string, string> Read(string name)
    {
        var data = new TheoryData<int, string, string, string, string>();
        string group = "";
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Cases", name));
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line.StartsWith('#'))
            {
                group = line.TrimStart('#', ' ');
            }
            else if (line.Trim().Length > 0)
            {
                string arrow = Arrows.FirstOrDefault(arrow => line.Contains(arrow, StringComparison.Ordinal))
                    ?? throw new InvalidDataException($"{name}({i + 1}): there is no arrow.");
                int at = line.LastIndexOf(arrow, StringComparison.Ordinal);
                data.Add(i + 1, group, line[..at].Trim(), arrow.Trim(), line[(at + arrow.Length)..].Trim());
            }
        }

        return data;
    }
}
