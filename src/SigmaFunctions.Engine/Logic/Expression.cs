using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Logic;

/// <summary>What must hold for a rule to match, as a tree over predicates.</summary>
internal abstract record Expression;

/// <summary>Every operand holds.</summary>
internal sealed record AndExpression(ImmutableArray<Expression> Operands) : Expression;

/// <summary>Some operand holds.</summary>
internal sealed record OrExpression(ImmutableArray<Expression> Operands) : Expression;

/// <summary>The operand does not hold.</summary>
internal sealed record NotExpression(Expression Operand) : Expression;

/// <summary>A predicate holds.</summary>
internal sealed record PredicateExpression(Predicate Predicate) : Expression;

/// <summary>A search identifier holds.</summary>
internal sealed record IdentifierExpression(CompiledIdentifier Identifier) : Expression;

/// <summary>A search identifier and what it means.</summary>
internal sealed record CompiledIdentifier(string Name, Expression Expression);
