using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Logic;

namespace SigmaFunctions.Catalog.Building;

/// <summary>Makes text of expressions, and takes them apart.</summary>
internal static class LogicReader
{
    /// <summary>The logic of an expression that refers to no search identifier. Predicates of one field and kind go together.</summary>
    public static LogicNode Read(Expression expression) => expression switch
    {
        PredicateExpression { Predicate: var predicate } => Leaf(PredicateDescription.Of(predicate)),
        NotExpression not => new LogicNode(LogicKind.Not, [Read(not.Operand)], null),
        AndExpression and => Combine(LogicKind.All, and.Operands),
        OrExpression or => Combine(LogicKind.Any, or.Operands),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    /// <summary>The search identifiers that a condition uses, and whether each is only used under <c>not</c>.</summary>
    public static Dictionary<CompiledIdentifier, bool> UsesOf(Expression condition)
    {
        var uses = new Dictionary<CompiledIdentifier, bool>(ReferenceEqualityComparer.Instance);
        Visit(condition, isNegated: false);
        return uses;

        void Visit(Expression expression, bool isNegated)
        {
            switch (expression)
            {
                case IdentifierExpression { Identifier: var identifier }:
                    uses[identifier] = isNegated && uses.GetValueOrDefault(identifier, true);
                    break;
                case NotExpression not:
                    Visit(not.Operand, !isNegated);
                    break;
                case AndExpression { Operands: var operands }:
                    VisitAll(operands, isNegated);
                    break;
                case OrExpression { Operands: var operands }:
                    VisitAll(operands, isNegated);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(condition));
            }
        }

        void VisitAll(ImmutableArray<Expression> operands, bool isNegated)
        {
            foreach (Expression operand in operands)
            {
                Visit(operand, isNegated);
            }
        }
    }

    /// <summary>The predicates of a search identifier, and whether each stands under <c>not</c> in it.</summary>
    public static IEnumerable<(Predicate Predicate, bool IsNegated)> PredicatesOf(Expression expression, bool isNegated) => expression switch
    {
        PredicateExpression test => [(test.Predicate, isNegated)],
        NotExpression not => PredicatesOf(not.Operand, !isNegated),
        AndExpression and => and.Operands.SelectMany(operand => PredicatesOf(operand, isNegated)),
        OrExpression or => or.Operands.SelectMany(operand => PredicatesOf(operand, isNegated)),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private static LogicNode Leaf(PredicateDescription one) =>
        new(LogicKind.Predicates, [], new PredicateText(one.Field, one.Kind, [one.Value], All: false, one.IsCased));

    private static LogicNode Combine(LogicKind kind, ImmutableArray<Expression> operands)
    {
        ImmutableArray<LogicNode>.Builder parts = ImmutableArray.CreateBuilder<LogicNode>();
        for (int i = 0; i < operands.Length;)
        {
            if (operands[i] is not PredicateExpression { Predicate: var first })
            {
                parts.Add(Read(operands[i++]));
                continue;
            }

            var described = PredicateDescription.Of(first);
            ImmutableArray<string>.Builder values = ImmutableArray.CreateBuilder<string>();
            for (; i < operands.Length && operands[i] is PredicateExpression { Predicate: var next }; i++)
            {
                var one = PredicateDescription.Of(next);
                if ((one.Field, one.Kind, one.IsCased) != (described.Field, described.Kind, described.IsCased))
                {
                    break;
                }

                values.Add(one.Value);
            }

            parts.Add(new LogicNode(
                LogicKind.Predicates,
                [],
                new PredicateText(described.Field, described.Kind, values.ToImmutable(), kind == LogicKind.All && values.Count > 1, described.IsCased)));
        }

        return parts.Count == 1 ? parts[0] : new LogicNode(kind, parts.ToImmutable(), null);
    }
}
