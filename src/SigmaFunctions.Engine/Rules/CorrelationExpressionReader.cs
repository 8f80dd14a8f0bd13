using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>Reads the expression of a temporal correlation as the ways in which it can be true.</summary>
internal sealed class CorrelationExpressionReader
{
    /// <summary>Most rules of an expression.</summary>
    public const int MaxRules = 64;

    private const int MaxTerms = 256;

    private readonly ImmutableArray<string> _rules;
    private bool _isTooMany;

    private CorrelationExpressionReader(ImmutableArray<string> rules) => _rules = rules;

    /// <summary>Rules that are asked for, and rules that must not be there, each a bit by its place.</summary>
    private readonly record struct Way(ulong Present, ulong Absent)
    {
        public bool Contains(Way other) => (Present & other.Present) == other.Present && (Absent & other.Absent) == other.Absent;
    }

    /// <summary>The names in an expression in the order of their appearance, each where it stands first; null after reporting that it is none.</summary>
    public static (ConditionSyntax Condition, ImmutableArray<IdentifierCondition> Names)? Parse(YamlScalar text, DiagnosticSink sink)
    {
        var own = new DiagnosticSink(sink.File);
        ConditionSyntax? condition = ConditionParser.Parse(text, own);
        foreach (Diagnostic fault in own.Diagnostics)
        {
            sink.Report(DiagnosticCode.InvalidCorrelation, new Position(fault.Line, fault.Column), fault.Message);
        }

        if (condition is null)
        {
            return null;
        }

        var names = new OrderedDictionary<string, IdentifierCondition>(StringComparer.Ordinal);
        if (!Gather(condition, names))
        {
            sink.Report(DiagnosticCode.InvalidCorrelation, text.Position, "An expression of a correlation has names of rules, 'and', 'or', 'not' and brackets, and no 'of'. Write the rules out.");
            return null;
        }

        return (condition, [.. names.Values]);
    }

    /// <summary>The ways in which an expression can be true; null after reporting that there is no use for it.</summary>
    /// <param name="condition">The expression.</param>
    /// <param name="rules">The rules, in their order; every name of the expression is one of them.</param>
    /// <param name="position">Where it stands.</param>
    /// <param name="sink">Where faults are reported.</param>
    public static CorrelationTerms? Read(ConditionSyntax condition, ImmutableArray<string> rules, Position position, DiagnosticSink sink)
    {
        var reader = new CorrelationExpressionReader(rules);
        List<Way> ways = rules.Length > MaxRules ? [] : reader.Ways(condition, isNegated: false);
        string? fault = rules.Length > MaxRules ? $"An expression has at most {MaxRules} rules. Split the correlation."
            : reader._isTooMany ? $"The expression can be true in more than {MaxTerms} ways. Write it simpler."
            : ways.Any(way => way.Present == 0) ? "The expression is true when nothing happens, which no event tells. Ask for a rule to match."
            : null;
        if (fault is not null)
        {
            sink.Report(DiagnosticCode.InvalidCorrelation, position, fault);
            return null;
        }

        Way named = reader.Named(condition, isNegated: false);
        return new CorrelationTerms(
            [.. ways.Select(way => new CorrelationTerm(Places(way.Present), Places(way.Absent)))], Places(named.Present), Places(named.Absent));
    }

    private static bool Gather(ConditionSyntax condition, OrderedDictionary<string, IdentifierCondition> names)
    {
        switch (condition)
        {
            case IdentifierCondition identifier:
                names.TryAdd(identifier.Name, identifier);
                return true;
            case NotCondition not:
                return Gather(not.Operand, names);
            case AndCondition and:
                return and.Operands.All(operand => Gather(operand, names));
            case OrCondition or:
                return or.Operands.All(operand => Gather(operand, names));
            default:
                return false;
        }
    }

    private List<Way> Ways(ConditionSyntax condition, bool isNegated) => condition switch
    {
        NotCondition not => Ways(not.Operand, !isNegated),
        AndCondition and => isNegated ? AnyOf(and.Operands, true) : AllOf(and.Operands, false),
        OrCondition or => isNegated ? AllOf(or.Operands, true) : AnyOf(or.Operands, false),
        IdentifierCondition identifier => [isNegated ? new Way(0, BitOf(identifier.Name)) : new Way(BitOf(identifier.Name), 0)],
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    /// <summary>All rules that are named, by how they are used.</summary>
    private Way Named(ConditionSyntax condition, bool isNegated) => condition switch
    {
        NotCondition not => Named(not.Operand, !isNegated),
        AndCondition and => Named(and.Operands, isNegated),
        OrCondition or => Named(or.Operands, isNegated),
        IdentifierCondition identifier => isNegated ? new Way(0, BitOf(identifier.Name)) : new Way(BitOf(identifier.Name), 0),
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    private Way Named(ImmutableArray<ConditionSyntax> operands, bool isNegated) => operands
        .Select(operand => Named(operand, isNegated)).Aggregate((all, one) => new Way(all.Present | one.Present, all.Absent | one.Absent));

    private List<Way> AnyOf(ImmutableArray<ConditionSyntax> operands, bool isNegated) =>
        Least(operands.SelectMany(operand => Ways(operand, isNegated)));

    private List<Way> AllOf(ImmutableArray<ConditionSyntax> operands, bool isNegated)
    {
        List<Way> ways = [default];
        foreach (ConditionSyntax operand in operands)
        {
            List<Way> others = Ways(operand, isNegated);
            ways = Least(ways.SelectMany(_ => others, (way, other) => new Way(way.Present | other.Present, way.Absent | other.Absent)));
        }

        return ways;
    }

    /// <summary>Ways of which no one contains another.</summary>
    private List<Way> Least(IEnumerable<Way> ways)
    {
        var least = new List<Way>();
        foreach (Way way in ways)
        {
            if (least.Exists(way.Contains))
            {
                continue;
            }

            least.RemoveAll(other => other.Contains(way));
            least.Add(way);
            if (least.Count > MaxTerms)
            {
                _isTooMany = true;
                break;
            }
        }

        return least;
    }

    private ulong BitOf(string name) => 1UL << _rules.IndexOf(name, 0, RuleIdComparer.Instance);

    private static ImmutableArray<int> Places(ulong bits) => [.. Enumerable.Range(0, MaxRules).Where(place => (bits & (1UL << place)) != 0)];
}
