using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Linting;

/// <summary>Doubts about what a condition does with its search identifiers.</summary>
internal sealed class ConditionLints(DetectionSyntax detection, DiagnosticSink sink)
{
    private const string FilterPrefix = "filter";

    public void Run()
    {
        if (detection.Condition is { } condition)
        {
            Check(condition, negated: false);
        }
    }

    private void Check(ConditionSyntax condition, bool negated)
    {
        switch (condition)
        {
            case AndCondition and:
                foreach (ConditionSyntax operand in and.Operands)
                {
                    Check(operand, negated);
                }

                break;
            case OrCondition or:
                foreach (ConditionSyntax operand in or.Operands)
                {
                    Check(operand, negated);
                }

                break;
            case NotCondition not:
                Check(not.Operand, !negated);
                break;
            case IdentifierCondition identifier when !negated && IsFilter(identifier.Name):
                ReportFilter(identifier.Name, identifier.Position);
                break;
            case QuantifiedCondition { Pattern: { } pattern } quantified when !negated && IsFilter(pattern):
                ReportFilter(pattern, quantified.Position);
                break;
            case QuantifiedCondition { Pattern: null } them when !negated && detection.Identifiers.FirstOrDefault(identifier => IsFilter(identifier.Name)) is { } filter:
                ReportFilter(filter.Name, them.Position);
                break;
        }
    }

    private void ReportFilter(string name, Position position) => sink.Report(
        DiagnosticCode.FilterNotNegated, position, $"'{Shortened.Of(name)}' is named like an exclusion but is not negated here. Write 'not' before it, or give it another name.");

    private static bool IsFilter(string name) => name.StartsWith(FilterPrefix, StringComparison.Ordinal);
}
