using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>A rule set as text that is equal for equal rule sets: everything public, every expression, and which predicates are one object.</summary>
internal sealed class RuleSetText
{
    private readonly StringBuilder _text = new();
    private readonly Dictionary<Predicate, int> _predicates = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<CompiledIdentifier, int> _identifiers = new(ReferenceEqualityComparer.Instance);

    public static string Of(RuleSet ruleSet)
    {
        var writer = new RuleSetText();
        writer.Line($"{ruleSet.Revision} {ruleSet.Rejected} {ruleSet.UsesPlaceholders}");
        foreach (CompiledRule rule in ruleSet.Compiled)
        {
            writer.Line(Value(rule.Rule));
            writer.Write(rule.Identifiers, rule.Condition);
            foreach (CompiledFilter filter in rule.Filters)
            {
                writer.Line(Value(filter.Filter));
                writer.Write(filter.Identifiers, filter.Condition);
            }

            writer.Line(writer.Text(rule.Expression));
        }

        foreach (object item in ruleSet.Rules.Cast<object>().Concat(ruleSet.Filters).Concat(ruleSet.Correlations).Concat(ruleSet.Diagnostics))
        {
            writer.Line(Value(item));
        }

        return writer._text.ToString();
    }

    private void Write(ImmutableArray<CompiledIdentifier> identifiers, Expression condition)
    {
        foreach (CompiledIdentifier identifier in identifiers)
        {
            _identifiers.Add(identifier, _identifiers.Count);
            Line($"{identifier.Name}: {Text(identifier.Expression)}");
        }

        Line(Text(condition));
    }

    private string Text(Expression expression) => expression switch
    {
        AndExpression and => $"and({string.Join(' ', and.Operands.Select(Text))})",
        OrExpression or => $"or({string.Join(' ', or.Operands.Select(Text))})",
        NotExpression not => $"not({Text(not.Operand)})",
        IdentifierExpression identifier => $"#{_identifiers[identifier.Identifier]}",
        PredicateExpression test when _predicates.TryGetValue(test.Predicate, out int known) => known.ToString(CultureInfo.InvariantCulture),
        PredicateExpression test => Add(test.Predicate),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private string Add(Predicate predicate)
    {
        _predicates.Add(predicate, _predicates.Count);
        string exactly = predicate switch
        {
            TextPredicate text => string.Join('|', text.Pattern.Parts.Select(part => $"{part.Kind}{part.Text}")),
            RegexPredicate regex => $"{regex.Pattern} {regex.Options}",
            NetworkPredicate network => network.Network.ToString(),
            _ => predicate.ToString(),
        };
        return $"{_predicates.Count - 1}={predicate.GetType().Name}<{PredicateDescription.Of(predicate)}|{predicate.Field ?? "~"}|{exactly}>";
    }

    private void Line(string line) => _text.Append(line).Append('\n');

    private static string Value(object? value) => value switch
    {
        null => "~",
        string text => $"'{text}'",
        IFormattable or bool or Enum => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Value))}]",
        _ => value.GetType().Name + "{" + string.Join(", ", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0)
            .Select(property => $"{property.Name}={Value(property.GetValue(value))}")) + "}",
    };
}
