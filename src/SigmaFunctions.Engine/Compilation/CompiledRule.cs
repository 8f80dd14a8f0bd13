using System.Collections.Immutable;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>A rule after compilation: its metadata, its search identifiers in the file's order, and its condition over them.</summary>
internal sealed record CompiledRule(SigmaRule Rule, ImmutableArray<CompiledIdentifier> Identifiers, Expression Condition);
