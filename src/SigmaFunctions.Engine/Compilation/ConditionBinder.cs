using System.Collections.Immutable;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Resolves the names and patterns of a condition to search identifiers.</summary>
internal sealed class ConditionBinder
{
    private readonly RuleSyntax _syntax;
    private readonly ImmutableArray<CompiledIdentifier> _compiled;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    private ConditionBinder(RuleSyntax syntax, ImmutableArray<CompiledIdentifier> compiled) => (_syntax, _compiled) = (syntax, compiled);

    /// <summary>The condition over compiled identifiers, or null if a name or pattern fits none or its identifier did not compile.</summary>
    public static Expression? Bind(RuleSyntax syntax, ConditionSyntax condition, ImmutableArray<CompiledIdentifier> compiled)
    {
        var binder = new ConditionBinder(syntax, compiled);
        var bound = binder.Bind(condition);
        foreach (var identifier in syntax.Identifiers)
            if (!binder._used.Contains(identifier.Name))
                syntax.Diagnostics.Report(
                    DiagnosticCode.UnusedIdentifier,
                    identifier.Position,
                    $"The condition does not use the search identifier '{identifier.Name}'. Use it or remove it.");
        return bound;
    }

    private Expression? Bind(ConditionSyntax condition)
    {
        switch (condition)
        {
            case AndCondition and:
                return BindAll(and.Operands) is { } operands ? new AndExpression(operands) : null;
            case OrCondition or:
                return BindAll(or.Operands) is { } alternatives ? new OrExpression(alternatives) : null;
            case NotCondition not:
                return Bind(not.Operand) is { } operand ? new NotExpression(operand) : null;
            case IdentifierCondition identifier:
                return BindIdentifier(identifier);
            case QuantifiedCondition quantified:
                return BindQuantified(quantified);
            default:
                throw new ArgumentOutOfRangeException(nameof(condition));
        }
    }

    private ImmutableArray<Expression>? BindAll(ImmutableArray<ConditionSyntax> operands)
    {
        // Not short-circuited: every undefined name is reported.
        var bound = operands.Select(Bind).ToList();
        return bound.Contains(null) ? null : [.. bound.OfType<Expression>()];
    }

    private IdentifierExpression? BindIdentifier(IdentifierCondition condition)
    {
        if (_syntax.Identifiers.Any(identifier => identifier.Name == condition.Name))
            return Use(condition.Name);
        _syntax.Diagnostics.Report(
            DiagnosticCode.UndefinedIdentifier,
            condition.Position,
            $"The condition names '{condition.Name}', which the detection does not define. Define it or correct the name (case counts).");
        return null;
    }

    private Expression? BindQuantified(QuantifiedCondition condition)
    {
        string pattern = condition.Pattern ?? "*";
        var names = _syntax.Identifiers
            .Select(identifier => identifier.Name)
            .Where(name => IsMatch(pattern, name))
            .ToList();
        if (names.Count == 0)
        {
            _syntax.Diagnostics.Report(
                DiagnosticCode.UndefinedIdentifier,
                condition.Position,
                $"'{condition.Pattern ?? "them"}' fits no search identifier (those that begin with '_' are left out). Define one or correct the pattern.");
            return null;
        }

        var bound = names.Select(Use).ToList();
        if (bound.Contains(null))
            return null;
        ImmutableArray<Expression> operands = [.. bound.OfType<Expression>()];
        return operands.Length == 1 ? operands[0] : condition.All ? new AndExpression(operands) : new OrExpression(operands);
    }

    /// <summary><c>*</c> stands for any characters; names that begin with <c>_</c> are found only by patterns that do.</summary>
    private static bool IsMatch(string pattern, string name) =>
        (!name.StartsWith('_') || pattern.StartsWith('_'))
        && new TextPattern(pattern.Split('*').SelectMany((text, i) => i == 0
            ? [PatternPart.Literal(text)]
            : new[] { PatternPart.AnyRun, PatternPart.Literal(text) })).IsMatch(name, cased: true);

    private IdentifierExpression? Use(string name)
    {
        _used.Add(name);
        return _compiled.FirstOrDefault(identifier => identifier.Name == name) is { } identifier ? new IdentifierExpression(identifier) : null;
    }
}
