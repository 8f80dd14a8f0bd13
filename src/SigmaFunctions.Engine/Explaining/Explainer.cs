using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Explaining;

/// <summary>Explains verdicts: the reference evaluator's own, predicate by predicate.</summary>
public static class Explainer
{
    /// <summary>Why a rule of a set did or did not match an event; null if the set has no rule of that id.</summary>
    public static Explanation? Explain(RuleSet ruleSet, string ruleId, SigmaEvent sigmaEvent)
    {
        CompiledRule? rule = ruleSet.Compiled.FirstOrDefault(rule => RuleIdComparer.Instance.Equals(rule.Rule.Id, ruleId));
        if (rule is null)
        {
            return null;
        }

        var views = sigmaEvent.Views.Where(view => view.LogSources.Any(rule.Rule.LogSource.Covers)).ToList();
        EventView? deciding = views.FirstOrDefault(view => ReferenceEvaluator.Holds(rule.Expression, sigmaEvent, view));
        EventView? shown = deciding ?? views.FirstOrDefault();
        return new Explanation(
            rule.Rule,
            deciding is not null,
            [.. sigmaEvent.Views.SelectMany(view => view.LogSources).Distinct()],
            shown is null ? null : Explain(rule, sigmaEvent, shown));
    }

    private static ExplainedNode Explain(CompiledRule rule, SigmaEvent sigmaEvent, EventView view)
    {
        ExplainedNode condition = Explain(rule.Condition, sigmaEvent, view);
        if (rule.Filters.IsEmpty)
        {
            return condition;
        }

        ImmutableArray<ExplainedNode> children =
        [
            condition,
            .. rule.Filters.Select(filter =>
            {
                ExplainedNode child = Explain(filter.Condition, sigmaEvent, view);
                return Node(ExplainedKind.Filter, filter.Filter.Title, child.Holds, [child]);
            }),
        ];
        return Node(ExplainedKind.And, "", children.All(child => child.Holds), children);
    }

    private static ExplainedNode Explain(Expression expression, SigmaEvent sigmaEvent, EventView view)
    {
        bool holds = ReferenceEvaluator.Holds(expression, sigmaEvent, view);
        return expression switch
        {
            AndExpression and => Node(ExplainedKind.And, "", holds, [.. and.Operands.Select(operand => Explain(operand, sigmaEvent, view))]),
            OrExpression or => Node(ExplainedKind.Or, "", holds, [.. or.Operands.Select(operand => Explain(operand, sigmaEvent, view))]),
            NotExpression not => Node(ExplainedKind.Not, "", holds, [Explain(not.Operand, sigmaEvent, view)]),
            IdentifierExpression { Identifier: var identifier } =>
                Node(ExplainedKind.Identifier, identifier.Name, holds, [Explain(identifier.Expression, sigmaEvent, view)]),
            PredicateExpression { Predicate: var predicate } => Explain(predicate, holds, view),
            _ => throw new ArgumentOutOfRangeException(nameof(expression)),
        };
    }

    private static ExplainedNode Explain(Predicate predicate, bool holds, EventView view)
    {
        string text = PredicateDescription.Of(predicate).ToString();
        if (predicate.Field is null)
        {
            return new ExplainedNode(ExplainedKind.Predicate, text, holds, [], [], holds ? null : "no value of the event satisfies it");
        }

        FieldValue? field = EventFields.Find(view.Fields, predicate.Field);
        List<FieldValue> values = field is null ? [] : Values(field).ToList();
        return new ExplainedNode(
            ExplainedKind.Predicate,
            text,
            holds,
            [],
            [.. values.Where(HasText).Select(value => value.Text)],
            holds ? null : ReasonAgainst(predicate, field, values, view));
    }

    private static string ReasonAgainst(Predicate predicate, FieldValue? field, List<FieldValue> values, EventView view)
    {
        if (predicate is ExistsPredicate { Expected: false })
        {
            return "the field is present";
        }

        if (field is null)
        {
            return "the field is absent";
        }

        if (predicate is NullPredicate)
        {
            return "the field has a value";
        }

        if (values.Count == 0)
        {
            return "the field is an empty array";
        }

        var texts = values.Where(HasText).ToList();
        if (texts.Count == 0)
        {
            return values.All(value => value.Kind == FieldValueKind.Null) ? "the field is null" : "the field is an object";
        }

        return predicate switch
        {
            ComparisonPredicate when !texts.Any(value => SigmaNumber.TryParse(value.Text, out _)) => "the value is not a number",
            TimestampPredicate timestamp when texts.All(value => Timestamp.Part(value.Text, timestamp.Part) is null) => "the value is not a timestamp with that part",
            FieldReferencePredicate reference when EventFields.Find(view.Fields, reference.Other) is null => $"the field {reference.Other} is absent",
            _ => "the value does not satisfy it",
        };
    }

    private static IEnumerable<FieldValue> Values(FieldValue value) =>
        value.Kind == FieldValueKind.Array ? value.Items.SelectMany(Values) : [value];

    private static bool HasText(FieldValue value) => value.Kind is FieldValueKind.Text or FieldValueKind.Number or FieldValueKind.Boolean;

    private static ExplainedNode Node(ExplainedKind kind, string text, bool holds, ImmutableArray<ExplainedNode> children) =>
        new(kind, text, holds, children, [], null);
}
