using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Resolves the names and patterns of a condition to search identifiers.</summary>
internal sealed class ConditionBinder
{
    /// <summary>Most search identifiers that one condition may refer to, each as often as it does: the work of an event.</summary>
    public const int MaxReferences = 100_000;

    private readonly DetectionSyntax _detection;
    private readonly DiagnosticSink _sink;

    // By name; null where the identifier did not compile, which was reported.
    private readonly Dictionary<string, IdentifierExpression?> _identifiers;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private int _references;

    private ConditionBinder(DetectionSyntax detection, ImmutableArray<CompiledIdentifier> compiled, DiagnosticSink sink)
    {
        _detection = detection;
        _sink = sink;
        _identifiers = detection.Identifiers.ToDictionary(identifier => identifier.Name, _ => (IdentifierExpression?)null, StringComparer.Ordinal);
        foreach (CompiledIdentifier identifier in compiled)
        {
            _identifiers[identifier.Name] = new IdentifierExpression(identifier);
        }
    }

    /// <summary>The condition over compiled identifiers, or null if a name or pattern fits none or its identifier did not compile.</summary>
    public static Expression? Bind(
        DetectionSyntax detection, ConditionSyntax condition, ImmutableArray<CompiledIdentifier> compiled, DiagnosticSink sink)
    {
        var binder = new ConditionBinder(detection, compiled, sink);
        Expression? bound = binder.Bind(condition);
        foreach (SearchIdentifier identifier in detection.Identifiers)
        {
            if (!binder._used.Contains(identifier.Name))
            {
                sink.Report(
                    DiagnosticCode.UnusedIdentifier,
                    identifier.Position,
                    $"The condition does not use the search identifier '{identifier.Name}'. Use it or remove it.");
            }
        }

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
        if (_identifiers.ContainsKey(condition.Name))
        {
            return Use(condition.Name);
        }

        _sink.Report(
            DiagnosticCode.UndefinedIdentifier,
            condition.Position,
            $"The condition names '{Shortened.Of(condition.Name)}', which the detection does not define.{_sink.DidYouMean(_identifiers.Keys, condition.Name)} Define it or correct the name (case counts).");
        return null;
    }

    private Expression? BindQuantified(QuantifiedCondition condition)
    {
        // A condition over the bound was reported; what follows need not be looked at.
        if (_references > MaxReferences)
        {
            return null;
        }

        string pattern = condition.Pattern ?? "*";
        var parsed = new TextPattern(pattern.Split('*').SelectMany((text, i) => i == 0
            ? [PatternPart.Literal(text)]
            : new[] { PatternPart.AnyRun, PatternPart.Literal(text) }));
        // Names that begin with '_' are found only by patterns that do.
        var names = _detection.Identifiers
            .Select(identifier => identifier.Name)
            .Where(name => (!name.StartsWith('_') || pattern.StartsWith('_')) && parsed.IsMatch(name, cased: true))
            .ToList();
        _references += names.Count;
        if (_references > MaxReferences)
        {
            _sink.Report(
                DiagnosticCode.TooLarge, condition.Position, $"The condition refers to search identifiers more than {MaxReferences} times. Put them into fewer, with lists.");
            return null;
        }

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
        {
            return null;
        }

        ImmutableArray<Expression> operands = [.. bound.OfType<Expression>()];
        return operands.Length == 1 ? operands[0] : condition.All ? new AndExpression(operands) : new OrExpression(operands);
    }

    private IdentifierExpression? Use(string name)
    {
        _used.Add(name);
        return _identifiers[name];
    }
}
