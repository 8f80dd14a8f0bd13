using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Turns a detection item into an expression over predicates.</summary>
internal sealed class ItemCompiler(PlaceholderSet placeholders)
{
    /// <summary>Most predicates that one item may become.</summary>
    public const int MaxPredicates = 1_000_000;

    /// <summary>Most characters of what one value may become.</summary>
    public const int MaxCharacters = 4 * 1024 * 1024;

    /// <summary>Most regular expressions of one item: each takes a millisecond to construct, and up to a tenth of a megabyte.</summary>
    public const int MaxRegexes = 250;

    private const string SimplerPattern = "Use fewer optional parts and shorter repetitions, or split it.";

    private volatile bool _usesPlaceholders;

    /// <summary>Whether an item that was compiled has the modifier <c>expand</c>.</summary>
    public bool UsesPlaceholders => _usesPlaceholders;

    /// <summary>The expression, or null after reporting why there is none.</summary>
    public Expression? Compile(DetectionItem item, DiagnosticSink sink)
    {
        var chain = ModifierChain.Create(item, sink);
        if (chain is null)
        {
            return null;
        }

        if (chain.Transformations.Contains(Modifier.Expand))
        {
            _usesPlaceholders = true;
        }

        if (chain.All && item.Values.Length < 2)
        {
            sink.Report(DiagnosticCode.AllOnOneValue, item.Position, "'all' has only one value to work on. Remove it or add the values that are missing.");
        }

        if (chain.Kind == ComparisonKind.Exists && item.Values.Length > 1)
        {
            sink.Report(DiagnosticCode.InvalidValue, item.Position, "'exists' takes one value. Write true or false.");
            return null;
        }

        if (chain.Kind == ComparisonKind.Regex && item.Values.Length > MaxRegexes)
        {
            sink.Report(DiagnosticCode.TooLarge, item.Position, $"The item has more than {MaxRegexes} regular expressions. Use 'contains' where plain text will do, or split it.");
            return null;
        }

        ImmutableArray<Expression>.Builder operands = ImmutableArray.CreateBuilder<Expression>(item.Values.Length);
        bool failed = false;
        foreach (YamlScalar value in item.Values)
        {
            try
            {
                operands.Add(CompileValue(item, chain, value, sink));
            }
            catch (TransformationException exception)
            {
                failed = true;
                sink.Report(exception.Code, value.Position, exception.Message);
            }
        }

        if (failed)
        {
            return null;
        }

        Expression expression = operands.Count == 1 ? operands[0]
            : chain.All ? new AndExpression(operands.DrainToImmutable())
            : new OrExpression(operands.DrainToImmutable());
        return chain.Negated ? new NotExpression(expression) : expression;
    }

    private Expression CompileValue(DetectionItem item, ModifierChain chain, YamlScalar value, DiagnosticSink sink)
    {
        if (value.IsNull && (item.Field is null || chain.ForcesText || chain.Kind != ComparisonKind.Text))
        {
            throw new TransformationException(
                DiagnosticCode.InvalidValue,
                item.Field is null ? "A keyword cannot be null. Give it a text." : "null is no value for these modifiers. Give a value, or test for null in an item of its own.");
        }

        if (value.IsNull && item.Values.Length > 1)
        {
            sink.Report(DiagnosticCode.NullInList, value.Position, "null in a list is true for an absent field. Make sure that this is meant.");
        }

        if (chain.Kind != ComparisonKind.Regex && value.Value.Length > LinearSearch.MaxLength)
        {
            throw new TransformationException(DiagnosticCode.TooLarge, $"The value is longer than {LinearSearch.MaxLength} characters. Look for a shorter part of it.");
        }

        return chain.Kind switch
        {
            ComparisonKind.Text => Bounded(CompileText(item.Field, chain, value), value, sink),
            ComparisonKind.Regex => Bounded(CompileRegex(item.Field, chain, value), value, sink),
            ComparisonKind.Network => CompileNetwork(item.Field, chain, value),
            ComparisonKind.Exists => Test(new ExistsPredicate(
                item.Field,
                value.AsBoolean ?? throw new TransformationException(DiagnosticCode.InvalidValue, "'exists' takes true or false. Write one of them, without quotes."))),
            ComparisonKind.FieldReference => Test(new FieldReferencePredicate(item.Field!, NameOfField(value), chain.Relation, chain.Cased)),
            ComparisonKind.Number => Test(new ComparisonPredicate(item.Field, chain.Operator, Number(value))),
            ComparisonKind.Timestamp => Test(new TimestampPredicate(item.Field, chain.TimestampPart, chain.Operator, Number(value))),
            _ => throw new ArgumentOutOfRangeException(nameof(chain)),
        };
    }

    private Expression CompileText(string? field, ModifierChain chain, YamlScalar value)
    {
        if (field is not null && !chain.ForcesText)
        {
            if (value.IsNull)
            {
                return Test(new NullPredicate(field));
            }

            if (value.AsNumber is { } number)
            {
                return Test(new NumberPredicate(field, number, value.Value));
            }
        }

        if (!chain.IsChanged)
        {
            return Test(new TextPredicate(field, Bounded(ParsePlaced(field, chain, value.Value)), chain.Cased));
        }

        IEnumerable<TextValue> values = [TextValue.Parse(value.Value)];
        // Placeholders stand in the text before its wildcards are read.
        if (chain.Transformations.Contains(Modifier.Expand))
        {
            values = PlaceholderExpansion.Expand(value.Value, placeholders, text => text, MaxPredicates).Select(TextValue.Parse);
        }

        foreach (Modifier modifier in chain.Transformations)
        {
            if (modifier != Modifier.Expand)
            {
                values = values.SelectMany(text => Transformations.Apply(modifier, text));
            }
        }

        if (IsAnywhere(field, chain))
        {
            values = values.SelectMany(text => Transformations.Apply(Modifier.Contains, text));
        }

        return AnyOf(values.Select(text => new TextPredicate(field, Bounded(Transformations.ToPattern(text)), chain.Cased)));
    }

    /// <summary>A keyword is looked for anywhere in a value unless its modifiers place it.</summary>
    private static bool IsAnywhere(string? field, ModifierChain chain) => field is null && !chain.IsPlaced;

    /// <summary>The pattern of a text that no modifier changes but to place it.</summary>
    private static TextPattern ParsePlaced(string? field, ModifierChain chain, string text)
    {
        Modifier? placement = chain.Transformations is [var only] ? only : IsAnywhere(field, chain) ? Modifier.Contains : (Modifier?)null;
        return TextValue.ParsePattern(
            text,
            openAtStart: placement is Modifier.Contains or Modifier.EndsWith,
            openAtEnd: placement is Modifier.Contains or Modifier.StartsWith);
    }

    private Expression CompileRegex(string? field, ModifierChain chain, YamlScalar value)
    {
        if (value.Value.Length == 0)
        {
            throw new TransformationException(DiagnosticCode.InvalidRegex, "An empty regular expression is found in every value. Write 'exists: true' if that is meant.");
        }

        List<string> patterns = chain.Transformations.Contains(Modifier.Expand)
            ? PlaceholderExpansion.Expand(value.Value, placeholders, Regex.Escape, MaxRegexes)
            : [value.Value];
        return AnyOf(patterns.Select(pattern => RegexCompiler.Compile(field, pattern, chain.RegexOptions)));
    }

    private Expression CompileNetwork(string? field, ModifierChain chain, YamlScalar value)
    {
        List<string> networks = chain.Transformations.Contains(Modifier.Expand)
            ? PlaceholderExpansion.Expand(value.Value, placeholders, text => text, MaxPredicates)
            : [value.Value];
        return AnyOf(networks.Select(text => IPNetworkPrefix.Parse(text) switch
        {
            ({ } network, _) => new NetworkPredicate(field, network),
            (_, var error) => throw new TransformationException(DiagnosticCode.InvalidNetwork, $"This is not a network: {error}. Write it as 10.0.0.0/8 or fe80::/10."),
        }));
    }

    /// <summary>An expression whose every pattern is within the bound of cost.</summary>
    private static Expression Bounded(Expression expression, YamlScalar value, DiagnosticSink sink)
    {
        int cost = expression switch
        {
            PredicateExpression test => MatchingCost.Of(test.Predicate),
            OrExpression or => or.Operands.Max(operand => operand is PredicateExpression test ? MatchingCost.Of(test.Predicate) : 0),
            _ => 0,
        };
        if (cost <= MatchingCost.NoticeOfPattern)
        {
            return expression;
        }

        string reason = cost == int.MaxValue
            ? "What this pattern may take for each character of a value is too much to be counted."
            : string.Create(CultureInfo.InvariantCulture, $"This pattern may take {cost} steps for each character of a value; up to {MatchingCost.MaxOfPattern} are possible.");
        if (cost > MatchingCost.MaxOfPattern)
        {
            throw new TransformationException(DiagnosticCode.CostlyPattern, $"{reason} {SimplerPattern}");
        }

        sink.Report(DiagnosticCode.NearlyTooCostly, value.Position, $"{reason} {SimplerPattern}");
        return expression;
    }

    private static TextPattern Bounded(TextPattern pattern) => pattern.Length <= LinearSearch.MaxLength
        ? pattern
        : throw new TransformationException(DiagnosticCode.TooLarge, $"The value is longer than {LinearSearch.MaxLength} characters. Look for a shorter part of it.");

    private static SigmaNumber Number(YamlScalar value) => SigmaNumber.TryParse(value.Value, out SigmaNumber number)
        ? number
        : throw new TransformationException(DiagnosticCode.InvalidValue, $"'{value.Value}' is not a number. Write it as 10, -3 or 2.5.");

    private static string NameOfField(YamlScalar value) => value.Value.Length > 0
        ? value.Value
        : throw new TransformationException(DiagnosticCode.InvalidValue, "'fieldref' takes the name of another field. Name one.");

    private static Expression AnyOf(IEnumerable<Predicate> alternatives)
    {
        ImmutableArray<Expression>.Builder operands = ImmutableArray.CreateBuilder<Expression>();
        long characters = 0;
        foreach (Predicate predicate in alternatives)
        {
            if (operands.Count == MaxPredicates)
            {
                throw new TransformationException(DiagnosticCode.TooManyValues, $"This value would become more than {MaxPredicates} tests. Split it.");
            }

            if (predicate is TextPredicate text && (characters += text.Pattern.Length) > MaxCharacters)
            {
                throw new TransformationException(DiagnosticCode.TooManyValues, $"This value would become tests of more than {MaxCharacters} characters together. Shorten or split it.");
            }

            operands.Add(Test(predicate));
        }

        return operands.Count switch
        {
            0 => throw new TransformationException(DiagnosticCode.InvalidValue, "The placeholder of this value has no values. Give it at least one."),
            1 => operands[0],
            _ => new OrExpression(operands.DrainToImmutable()),
        };
    }

    private static PredicateExpression Test(Predicate predicate) => new(predicate);
}
