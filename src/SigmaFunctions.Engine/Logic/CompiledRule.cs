using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Logic;

/// <summary>A rule after compilation: its metadata, its search identifiers in the file's order, and its condition over them.</summary>
/// <param name="Rule">Metadata.</param>
/// <param name="Identifiers">The rule's own search identifiers.</param>
/// <param name="Condition">The rule's own condition.</param>
internal sealed record CompiledRule(SigmaRule Rule, ImmutableArray<CompiledIdentifier> Identifiers, Expression Condition)
{
    /// <summary>Filters that apply to the rule.</summary>
    public ImmutableArray<CompiledFilter> Filters { get; init; } = [];

    /// <summary>What must hold for the rule to match: its condition and that of every filter.</summary>
    public Expression Expression { get; private init; } = Condition;

    /// <summary>The rule as if no filter applied to it.</summary>
    public CompiledRule WithoutFilters() => this with { Filters = [], Expression = Condition };

    /// <summary>The rule with more filters.</summary>
    public CompiledRule With(ImmutableArray<CompiledFilter> added)
    {
        if (added.IsEmpty)
        {
            return this;
        }

        ImmutableArray<CompiledFilter> filters = [.. Filters, .. added];
        return this with { Filters = filters, Expression = new AndExpression([Condition, .. filters.Select(item => item.Condition)]) };
    }
}

/// <summary>A filter after compilation.</summary>
internal sealed record CompiledFilter(SigmaFilter Filter, ImmutableArray<CompiledIdentifier> Identifiers, Expression Condition);
