using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching;

namespace SigmaFunctions.Engine.Tests;

/// <summary>
/// What evidence means, said plainly: the values of predicates that hold, outside of any negation, each asked for where it is needed
/// and as often, without a bound.
/// </summary>
internal static class PlainEvidence
{
    /// <summary>The evidence for a rule on the first view that it holds on.</summary>
    public static IReadOnlyList<MatchedField> Of(CompiledRule rule, SigmaEvent sigmaEvent)
    {
        EventView view = sigmaEvent.Views.First(view =>
            view.LogSources.Any(rule.Rule.LogSource.Covers) && ReferenceEvaluator.Holds(rule.Expression, sigmaEvent, view));
        var fields = new List<MatchedField>();
        Collect(rule.Condition);
        return fields;

        void Collect(Expression expression)
        {
            switch (expression)
            {
                case AndExpression and:
                    foreach (Expression operand in and.Operands)
                    {
                        Collect(operand);
                    }

                    break;
                case OrExpression or:
                    foreach (Expression operand in or.Operands)
                    {
                        if (ReferenceEvaluator.Holds(operand, sigmaEvent, view))
                        {
                            Collect(operand);
                        }
                    }

                    break;
                case IdentifierExpression identifier:
                    Collect(identifier.Identifier.Expression);
                    break;
                case PredicateExpression { Predicate: var predicate }:
                    if (ReferenceEvaluator.Satisfying(predicate, sigmaEvent, view) is { } value
                        && new MatchedField(predicate.Field ?? "", value.Text) is var field && !fields.Contains(field))
                    {
                        fields.Add(field);
                    }

                    break;
            }
        }
    }
}
