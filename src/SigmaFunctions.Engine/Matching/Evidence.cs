using System.Collections.Immutable;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Matching;

/// <summary>Finds the fields whose values made a rule hold: those of predicates that hold, outside of any negation.</summary>
internal static class Evidence
{
    public static ImmutableArray<MatchedField> Of(CompiledRule rule, SigmaEvent sigmaEvent, EventView view)
    {
        var fields = new List<MatchedField>();
        var seen = new HashSet<MatchedField>();
        Collect(rule.Condition);
        return [.. fields];

        void Collect(Expression expression)
        {
            switch (expression)
            {
                case AndExpression and:
                    foreach (var operand in and.Operands)
                        Collect(operand);
                    break;
                case OrExpression or:
                    foreach (var operand in or.Operands)
                        if (ReferenceEvaluator.Holds(operand, sigmaEvent, view))
                            Collect(operand);
                    break;
                case IdentifierExpression identifier:
                    Collect(identifier.Identifier.Expression);
                    break;
                case PredicateExpression { Predicate: var predicate }:
                    if (ReferenceEvaluator.Satisfying(predicate, sigmaEvent, view) is { } value
                        && new MatchedField(predicate.Field ?? "", value.Text) is var field && seen.Add(field))
                        fields.Add(field);
                    break;
            }
        }
    }
}
