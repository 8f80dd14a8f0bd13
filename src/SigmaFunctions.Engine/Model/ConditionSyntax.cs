using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Model;

/// <summary>A condition as it is written (specification, "Condition").</summary>
internal abstract record ConditionSyntax;

internal sealed record AndCondition(ImmutableArray<ConditionSyntax> Operands) : ConditionSyntax;

internal sealed record OrCondition(ImmutableArray<ConditionSyntax> Operands) : ConditionSyntax;

internal sealed record NotCondition(ConditionSyntax Operand) : ConditionSyntax;

/// <summary>The name of a search identifier.</summary>
internal sealed record IdentifierCondition(string Name, Position Position) : ConditionSyntax;

/// <summary><c>1 of pattern</c> or <c>all of pattern</c>; the pattern is <see langword="null"/> for <c>them</c>.</summary>
internal sealed record QuantifiedCondition(bool All, string? Pattern, Position Position) : ConditionSyntax;
