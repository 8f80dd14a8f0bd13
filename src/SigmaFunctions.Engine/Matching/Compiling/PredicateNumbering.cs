using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>Numbers the predicates of conditions, and the fields that they look at, in the order in which they are named first.</summary>
internal sealed class PredicateNumbering
{
    private readonly List<NumberedPredicate> _predicates = [];
    private readonly Dictionary<Predicate, NumberedPredicate> _byPredicate = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<CompiledIdentifier> _identifiers = new(ReferenceEqualityComparer.Instance);
    private readonly List<string?> _fields = [];
    private readonly Dictionary<string, FieldId> _fieldIds = new(StringComparer.Ordinal);
    private FieldId? _ownValues;

    private PredicateNumbering()
    {
    }

    /// <summary>Numbers what conditions name.</summary>
    /// <param name="conditions">Conditions, equal predicates of which are one object.</param>
    public static NumberedPredicates Number(IEnumerable<Expression> conditions)
    {
        var pass = new PredicateNumbering();
        foreach (Expression condition in conditions)
        {
            pass.Add(condition);
        }

        return new NumberedPredicates(pass._predicates, pass._byPredicate, pass._fields);
    }

    private void Add(Expression expression)
    {
        switch (expression)
        {
            case PredicateExpression { Predicate: var predicate }:
                Add(predicate);
                break;
            case NotExpression not:
                Add(not.Operand);
                break;
            case IdentifierExpression { Identifier: var identifier }:
                if (_identifiers.Add(identifier))
                {
                    Add(identifier.Expression);
                }

                break;
            case AndExpression and:
                foreach (Expression operand in and.Operands)
                {
                    Add(operand);
                }

                break;
            case OrExpression or:
                foreach (Expression operand in or.Operands)
                {
                    Add(operand);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression));
        }
    }

    private void Add(Predicate predicate)
    {
        if (_byPredicate.ContainsKey(predicate))
        {
            return;
        }

        var id = new PredicateId(_predicates.Count);
        FieldId field = FieldOf(predicate.Field);
        FieldId other = predicate is FieldReferencePredicate reference ? FieldOf(reference.Other) : field;
        var numbered = new NumberedPredicate(id, predicate, TestShape.Of(predicate, id), field, other);
        _predicates.Add(numbered);
        _byPredicate.Add(predicate, numbered);
    }

    private FieldId FieldOf(string? name)
    {
        if (name is null)
        {
            return _ownValues ??= NewField(null);
        }

        if (!_fieldIds.TryGetValue(name, out FieldId field))
        {
            field = NewField(name);
            _fieldIds.Add(name, field);
        }

        return field;
    }

    private FieldId NewField(string? name)
    {
        _fields.Add(name);
        return new FieldId(_fields.Count - 1);
    }
}
