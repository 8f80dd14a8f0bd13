using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>
/// Compiles rules in three passes: items to predicates, search identifiers to expressions, the condition over them. Safe for
/// concurrent use. <see cref="PredicateTable"/> makes one object of equal predicates afterwards.
/// </summary>
internal sealed class RuleCompiler(PlaceholderSet placeholders)
{
    private readonly ItemCompiler _items = new(placeholders);

    /// <summary>Whether anything that was compiled has the modifier <c>expand</c>.</summary>
    public bool UsesPlaceholders => _items.UsesPlaceholders;

    /// <summary>The compiled rule, or null after reporting why there is none.</summary>
    public CompiledRule? Compile(RuleSyntax syntax)
    {
        (ImmutableArray<CompiledIdentifier> identifiers, Expression? condition) = Compile(syntax.Detection, syntax.Diagnostics);
        return syntax.Diagnostics.HasErrors || syntax.Rule is null || condition is null
            ? null
            : new CompiledRule(syntax.Rule, identifiers, condition);
    }

    /// <summary>Search identifiers and the condition over them; null after reporting why there is none.</summary>
    public (ImmutableArray<CompiledIdentifier> Identifiers, Expression? Condition) Compile(DetectionSyntax detection, DiagnosticSink sink)
    {
        ImmutableArray<CompiledIdentifier>.Builder identifiers = ImmutableArray.CreateBuilder<CompiledIdentifier>(detection.Identifiers.Length);
        foreach (SearchIdentifier identifier in detection.Identifiers)
        {
            if (identifier.Search is { } search && Compile(search, sink) is { } expression)
            {
                identifiers.Add(new CompiledIdentifier(identifier.Name, expression));
            }
        }

        ImmutableArray<CompiledIdentifier> compiled = identifiers.ToImmutable();
        CheckCost(detection, compiled, sink);
        return (compiled, detection.Condition is null ? null : ConditionBinder.Bind(detection, detection.Condition, compiled, sink));
    }

    private static void CheckCost(DetectionSyntax detection, ImmutableArray<CompiledIdentifier> identifiers, DiagnosticSink sink)
    {
        long cost = MatchingCost.Of(identifiers);
        if (cost <= MatchingCost.NoticeOfRule)
        {
            return;
        }

        sink.Report(
            cost > MatchingCost.MaxOfRule ? DiagnosticCode.CostlyPattern : DiagnosticCode.NearlyTooCostly,
            detection.Identifiers[0].Position,
            string.Create(CultureInfo.InvariantCulture, $"The patterns of this detection may take {cost} steps for each character of a value; up to {MatchingCost.MaxOfRule} are possible. Split it."));
    }

    private Expression? Compile(SearchSyntax search, DiagnosticSink sink) => search switch
    {
        DetectionItem item => _items.Compile(item, sink),
        MapSearch map => CompileAll(map.Items, sink) switch
        {
            null => null,
            [var only] => only,
            { } operands => new AndExpression(operands),
        },
        ListSearch list => CompileAll(list.Alternatives, sink) switch
        {
            null => null,
            [var only] => only,
            { } operands => new OrExpression(operands),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(search)),
    };

    /// <summary>The expressions of all parts, or null if there are none or one did not compile.</summary>
    private ImmutableArray<Expression>? CompileAll<T>(ImmutableArray<T> parts, DiagnosticSink sink)
        where T : SearchSyntax
    {
        // Not short-circuited: every item reports what is wrong with it.
        ImmutableArray<Expression>.Builder operands = ImmutableArray.CreateBuilder<Expression>(parts.Length);
        foreach (T part in parts)
        {
            if (Compile(part, sink) is { } operand)
            {
                operands.Add(operand);
            }
        }

        return operands.Count == 0 || operands.Count < parts.Length ? null : operands.DrainToImmutable();
    }
}
