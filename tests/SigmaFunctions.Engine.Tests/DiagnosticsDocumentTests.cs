using System.Reflection;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Tests;

/// <summary>docs/diagnostics.md tells of every code with its severity, in order, and of no others.</summary>
public sealed class DiagnosticsDocumentTests
{
    [Fact]
    public void Every_code_is_documented_with_its_severity()
    {
        string[] codes =
        [
            .. typeof(DiagnosticCode).GetFields(BindingFlags.Static | BindingFlags.Public)
                .Select(field => field.GetValue(null)).OfType<DiagnosticCode>()
                .Select(code => $"{code.Id} {code.Severity}".Replace("SF", "", StringComparison.Ordinal).ToLowerInvariant())
                .Order(StringComparer.Ordinal),
        ];
        string[] documented =
        [
            .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "diagnostics.md"))
                .Where(line => line.StartsWith("| SF", StringComparison.Ordinal))
                .Select(line => line.Split(" | "))
                .Select(cells => $"{cells[0]["| SF".Length..]} {cells[1]}"),
        ];

        Assert.NotEmpty(codes);
        Assert.Equal("", string.Join(' ', codes.Except(documented).Select(code => $"SF{code} is not in docs/diagnostics.md.")));
        Assert.Equal("", string.Join(' ', documented.Except(codes).Select(code => $"SF{code} is in docs/diagnostics.md and no code.")));
        Assert.Equal(codes, documented);
    }
}
