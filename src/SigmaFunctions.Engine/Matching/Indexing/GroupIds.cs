namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>A predicate of a <see cref="RuleGroup"/>.</summary>
/// <param name="Index">Its index among the group's, from 0.</param>
internal readonly record struct PredicateId(int Index);

/// <summary>A field of a <see cref="RuleGroup"/>; the event's own values are one, too.</summary>
/// <param name="Index">Its index among the group's, from 0.</param>
internal readonly record struct FieldId(int Index);

/// <summary>A rule of a <see cref="RuleGroup"/>, as against one of the rule set (<see cref="RuleGroup.Rules"/>).</summary>
/// <param name="Index">Its index among the group's, from 0.</param>
internal readonly record struct GroupRuleId(int Index);

/// <summary>A node of the conditions of a <see cref="RuleGroup"/>.</summary>
/// <param name="Index">Its index among the group's, from 0.</param>
internal readonly record struct NodeId(int Index);
