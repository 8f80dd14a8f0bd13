using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Events;

/// <summary>
/// One event as rules see it. An event may belong to several log sources with different fields (Security 4688 is
/// <c>category=process_creation</c> with mapped names and <c>service=security</c> with its raw ones): each is a view.
/// An event without a view is seen by no rule.
/// </summary>
/// <param name="Views">The ways this event is seen.</param>
/// <param name="OwnValues">The values as they arrived, without envelope or mapped copies: what keywords search.</param>
public sealed record SigmaEvent(ImmutableArray<EventView> Views, ImmutableArray<FieldValue> OwnValues);

/// <summary>The fields of an event under the names that the rules of its log sources use.</summary>
/// <param name="LogSources">The log sources whose rules see this view; one event can be of several (Sysmon 13 is
/// <c>registry_set</c> and <c>registry_event</c>).</param>
/// <param name="Fields">Fields by their exact names (ordinal).</param>
public sealed record EventView(LogSourceSet LogSources, IReadOnlyDictionary<string, FieldValue> Fields);
