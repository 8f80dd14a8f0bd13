using SigmaFunctions.Engine.Logic;

namespace SigmaFunctions.Engine.Comparing;

/// <summary>
/// Conditions as texts that are equal where the conditions are plainly the same: predicates are numbered by their value, operands of
/// <c>and</c> and <c>or</c> are flattened, sorted and made unique, names of search identifiers are left out. Different texts can still
/// mean the same; equal ones cannot differ. One instance serves both rule sets.
/// </summary>
internal sealed class LogicText
{
    private readonly Dictionary<Predicate, int> _numbers = [];

    /// <summary>What decides, whatever the rule calls its parts.</summary>
    public string Of(Expression expression) => expression switch
    {
        AndExpression and => Join('&', Operands<AndExpression>(and.Operands, one => one.Operands).Select(Of)),
        OrExpression or => Join('|', Operands<OrExpression>(or.Operands, one => one.Operands).Select(Of)),
        NotExpression { Operand: var operand } => Plain(operand) is NotExpression { Operand: var twice } ? Of(twice) : $"!{Of(operand)}",
        IdentifierExpression { Identifier: var identifier } => Of(identifier.Expression),
        PredicateExpression { Predicate: var predicate } => $"{NumberOf(predicate)}",
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    /// <summary>How it is written: with the names and the order of its parts.</summary>
    public string Wording(Expression expression) => expression switch
    {
        AndExpression and => $"&({string.Join(',', and.Operands.Select(Wording))})",
        OrExpression or => $"|({string.Join(',', or.Operands.Select(Wording))})",
        NotExpression not => $"!{Wording(not.Operand)}",
        IdentifierExpression { Identifier: var identifier } => $"{identifier.Name}:{Wording(identifier.Expression)}",
        PredicateExpression { Predicate: var predicate } => $"{NumberOf(predicate)}",
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    /// <summary>Every predicate of a condition, each once.</summary>
    public static IEnumerable<Predicate> Predicates(Expression expression) => Leaves(expression).Distinct();

    private static IEnumerable<Predicate> Leaves(Expression expression) => expression switch
    {
        AndExpression and => and.Operands.SelectMany(Leaves),
        OrExpression or => or.Operands.SelectMany(Leaves),
        NotExpression not => Leaves(not.Operand),
        IdentifierExpression { Identifier: var identifier } => Leaves(identifier.Expression),
        PredicateExpression { Predicate: var predicate } => [predicate],
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private static IEnumerable<Expression> Operands<T>(IEnumerable<Expression> operands, Func<T, IEnumerable<Expression>> inner)
        where T : Expression =>
        operands.Select(Plain).SelectMany(operand => operand is T same ? Operands(inner(same), inner) : [operand]);

    private static Expression Plain(Expression expression) => expression switch
    {
        IdentifierExpression { Identifier: var identifier } => Plain(identifier.Expression),
        AndExpression { Operands: [var only] } => Plain(only),
        OrExpression { Operands: [var only] } => Plain(only),
        _ => expression,
    };

    private static string Join(char operation, IEnumerable<string> operands)
    {
        List<string> distinct = [.. operands.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return distinct is [var only] ? only : $"{operation}({string.Join(',', distinct)})";
    }

    private int NumberOf(Predicate predicate)
    {
        if (!_numbers.TryGetValue(predicate, out int number))
        {
            _numbers.Add(predicate, number = _numbers.Count);
        }

        return number;
    }
}
