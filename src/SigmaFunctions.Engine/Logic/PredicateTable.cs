using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace SigmaFunctions.Engine.Logic;

/// <summary>
/// Makes equal predicates of a rule set one object: that of the rule that is interned first, so the order of the rules decides which.
/// </summary>
internal sealed class PredicateTable
{
    private readonly Dictionary<Predicate, PredicateExpression> _tests = [];

    // The identifiers of the rule at hand, as its condition knows them and as they are over the table's predicates.
    private readonly Dictionary<CompiledIdentifier, IdentifierExpression> _references = new(ReferenceEqualityComparer.Instance);

    /// <summary>The rule over the table's predicates.</summary>
    public CompiledRule Intern(CompiledRule rule)
    {
        (ImmutableArray<CompiledIdentifier> identifiers, Expression? condition) = Intern(rule.Identifiers, rule.Condition);
        return new CompiledRule(rule.Rule, identifiers, condition);
    }

    /// <summary>The filter over the table's predicates.</summary>
    public CompiledFilter Intern(CompiledFilter filter)
    {
        (ImmutableArray<CompiledIdentifier> identifiers, Expression? condition) = Intern(filter.Identifiers, filter.Condition);
        return new CompiledFilter(filter.Filter, identifiers, condition);
    }

    private (ImmutableArray<CompiledIdentifier> Identifiers, Expression Condition) Intern(
        ImmutableArray<CompiledIdentifier> identifiers, Expression condition)
    {
        _references.Clear();
        ImmutableArray<CompiledIdentifier>.Builder interned = ImmutableArray.CreateBuilder<CompiledIdentifier>(identifiers.Length);
        foreach (CompiledIdentifier identifier in identifiers)
        {
            interned.Add(new CompiledIdentifier(identifier.Name, Intern(identifier.Expression)));
            _references.Add(identifier, new IdentifierExpression(interned[^1]));
        }

        return (interned.MoveToImmutable(), Intern(condition));
    }

    private Expression Intern(Expression expression) => expression switch
    {
        PredicateExpression test => Intern(test),
        AndExpression and => new AndExpression(InternAll(and.Operands)),
        OrExpression or => new OrExpression(InternAll(or.Operands)),
        NotExpression not => new NotExpression(Intern(not.Operand)),
        IdentifierExpression reference => _references[reference.Identifier],
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private ImmutableArray<Expression> InternAll(ImmutableArray<Expression> operands)
    {
        ImmutableArray<Expression>.Builder interned = ImmutableArray.CreateBuilder<Expression>(operands.Length);
        foreach (Expression operand in operands)
        {
            interned.Add(Intern(operand));
        }

        return interned.MoveToImmutable();
    }

    private PredicateExpression Intern(PredicateExpression test)
    {
        ref PredicateExpression? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_tests, test.Predicate, out _);
        return known ??= test;
    }
}
