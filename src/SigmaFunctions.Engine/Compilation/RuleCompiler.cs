using System.Collections.Immutable;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Compiles rules in three passes: items to predicates, search identifiers to expressions, the condition over them.</summary>
internal sealed class RuleCompiler(PlaceholderSet placeholders)
{
    private readonly ItemCompiler _items = new(new PredicateTable(), placeholders);

    /// <summary>The compiled rule, or null after reporting why there is none.</summary>
    public CompiledRule? Compile(RuleSyntax syntax)
    {
        var (identifiers, condition) = Compile(syntax.Detection, syntax.Diagnostics);
        return syntax.Diagnostics.HasErrors || syntax.Rule is null || condition is null
            ? null
            : new CompiledRule(syntax.Rule, identifiers, condition);
    }

    /// <summary>Search identifiers and the condition over them; null after reporting why there is none.</summary>
    public (ImmutableArray<CompiledIdentifier> Identifiers, Expression? Condition) Compile(DetectionSyntax detection, DiagnosticSink sink)
    {
        var identifiers = ImmutableArray.CreateBuilder<CompiledIdentifier>(detection.Identifiers.Length);
        foreach (var identifier in detection.Identifiers)
            if (identifier.Search is { } search && Compile(search, sink) is { } expression)
                identifiers.Add(new CompiledIdentifier(identifier.Name, expression));
        var compiled = identifiers.ToImmutable();
        return (compiled, detection.Condition is null ? null : ConditionBinder.Bind(detection, detection.Condition, compiled, sink));
    }

    private Expression? Compile(SearchSyntax search, DiagnosticSink sink) => search switch
    {
        DetectionItem item => _items.Compile(item, sink),
        MapSearch map => Combine(map.Items, sink, operands => new AndExpression(operands)),
        ListSearch list => Combine(list.Alternatives, sink, operands => new OrExpression(operands)),
        _ => throw new ArgumentOutOfRangeException(nameof(search)),
    };

    private Expression? Combine(
        IReadOnlyCollection<SearchSyntax> parts, DiagnosticSink sink, Func<ImmutableArray<Expression>, Expression> combine)
    {
        // Not short-circuited: every item reports what is wrong with it.
        var operands = parts.Select(part => Compile(part, sink)).ToList();
        if (operands.Count == 0 || operands.Contains(null))
            return null;
        return operands.Count == 1 ? operands[0] : combine([.. operands.OfType<Expression>()]);
    }
}
