using System.Collections.Immutable;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Resolves the names and patterns of a condition to search identifiers.</summary>
internal sealed class ConditionBinder
{
    private readonly DetectionSyntax _detection;
    private readonly ImmutableArray<CompiledIdentifier> _compiled;
    private readonly DiagnosticSink _sink;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    private ConditionBinder(DetectionSyntax detection, ImmutableArray<CompiledIdentifier> compiled, DiagnosticSink sink) =>
        (_detection, _compiled, _sink) = (detection, compiled, sink);

    /// <summary>The condition over compiled identifiers, or null if a name or pattern fits none or its identifier did not compile.</summary>
    public static Expression? Bind(
        DetectionSyntax detection, ConditionSyntax condition, ImmutableArray<CompiledIdentifier> compiled, DiagnosticSink sink)
    {
        var binder = new ConditionBinder(detection, compiled, sink);
        var bound = binder.Bind(condition);
        foreach (var identifier in detection.Identifiers)
            if (!binder._used.Contains(identifier.Name))
                sink.Report(
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
        if (_detection.Identifiers.Any(identifier => identifier.Name == condition.Name))
            return Use(condition.Name);
        _sink.Report(
            DiagnosticCode.UndefinedIdentifier,
            condition.Position,
            $"The condition names '{condition.Name}', which the detection does not define. Define it or correct the name (case counts).");
        return null;
    }

    private Expression? BindQuantified(QuantifiedCondition condition)
    {
        string pattern = condition.Pattern ?? "*";
        var names = _detection.Identifiers
            .Select(identifier => identifier.Name)
            .Where(name => IsMatch(pattern, name))
            .ToList();
        if (names.Count == 0)
        {
            _sink.Report(
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
