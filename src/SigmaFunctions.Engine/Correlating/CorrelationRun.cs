using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>Evaluates correlations over all matches at once: inner ones before those that refer to them.</summary>
internal static class CorrelationRun
{
    /// <summary>What is detected, correlations with detections of their own only.</summary>
    /// <param name="correlations">The correlations, each behind those that it refers to.</param>
    /// <param name="inputs">The matches of rules, in any order.</param>
    public static IEnumerable<CorrelationDetection> Detect(ImmutableArray<CompiledCorrelation> correlations, IReadOnlyCollection<CorrelationInput> inputs)
    {
        ILookup<string, CorrelationInput> byRule = inputs.ToLookup(input => input.Rule, RuleIdComparer.Instance);
        var outcomes = new List<List<GroupOutcome>>(correlations.Length);
        foreach (CompiledCorrelation correlation in correlations)
        {
            List<GroupOutcome> groups = [.. GroupsOf(correlation, byRule, outcomes).Select(group => group.Evaluate(correlation))];
            outcomes.Add(groups);
            if (!correlation.IsSilent)
            {
                foreach (GroupOutcome group in groups)
                {
                    foreach (CorrelationDetection detection in group.Detections(correlation))
                    {
                        yield return detection;
                    }
                }
            }
        }
    }

    private static Dictionary<string, Group>.ValueCollection GroupsOf(CompiledCorrelation correlation, ILookup<string, CorrelationInput> byRule, List<List<GroupOutcome>> outcomes)
    {
        var groups = new Dictionary<string, Group>(StringComparer.Ordinal);
        for (int place = 0; place < correlation.Parts.Length; place++)
        {
            CorrelationPart part = correlation.Parts[place];
            IEnumerable<Occurrence> occurrences = part.Correlation is { } inner
                ? outcomes[inner].SelectMany(outcome => outcome.Occurrences(correlation.CountsDetections))
                : byRule[part.Id].Select(input => new Occurrence(input, null, null));
            foreach (Occurrence occurrence in occurrences)
            {
                Add(groups, correlation, place, occurrence);
            }
        }

        return groups.Values;
    }

    private static void Add(Dictionary<string, Group> groups, CompiledCorrelation correlation, int place, Occurrence occurrence)
    {
        CorrelationPart part = correlation.Parts[place];
        ImmutableArray<string> keys = [];
        ImmutableArray<Rational> numbers = [];
        if (correlation.Logic.Type == CorrelationType.ValueCount)
        {
            keys = [.. CorrelationKey.Combinations([.. part.Fields.Select(field => CorrelationKey.TextsOf(occurrence.Find(field)))]).Select(CorrelationKey.Of).Distinct(StringComparer.Ordinal)];
        }
        else if (part.Fields is [var only])
        {
            numbers = [.. CorrelationKey.NumbersOf(occurrence.Find(only))];
        }

        foreach (ImmutableArray<string> texts in CorrelationKey.Combinations([.. part.GroupBy.Select(field => CorrelationKey.TextsOf(occurrence.Find(field)))]))
        {
            string key = CorrelationKey.Of(texts);
            ref Group? group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, key, out _);
            group ??= new Group(key);
            group.Members.Add(new Member(place, occurrence, texts, keys, numbers));
        }
    }

    /// <summary>A match of a rule, or of an inner correlation at an instant.</summary>
    /// <param name="Completing">The match of a rule that completes it.</param>
    /// <param name="Inner">The inner correlation's group; null for a rule.</param>
    /// <param name="Below">What completes the inner correlation, whose fields are its own besides its group's; null for a rule.</param>
    private sealed record Occurrence(CorrelationInput Completing, InnerGroup? Inner, Occurrence? Below)
    {
        /// <summary>What tells events that are counted apart, in the order of identity.</summary>
        public (int Place, string Inner) Event(bool countsDetections) =>
            (Completing.Place, countsDetections && Inner is not null ? Inner.Identity : "");

        public FieldValue? Find(string field) =>
            Inner?.Find(field) ?? (Below is not null ? Below.Find(field) : EventFields.Find(Completing.Fields, field));
    }

    /// <summary>The group of an inner correlation, whose values are fields of its matches.</summary>
    private sealed record InnerGroup(string Identity, ImmutableArray<string> Names, ImmutableArray<string> Texts)
    {
        public FieldValue? Find(string field) => Names.IndexOf(field) is >= 0 and int place ? FieldValue.FromText(Texts[place]) : null;
    }

    private readonly record struct Member(
        int Rule, Occurrence Occurrence, ImmutableArray<string> Texts, ImmutableArray<string> Keys, ImmutableArray<Rational> Numbers);

    private sealed class Group(string key)
    {
        public List<Member> Members { get; } = [];

        public GroupOutcome Evaluate(CompiledCorrelation correlation)
        {
            // Events by numbers in the order of identity.
            var events = new Dictionary<(int, string), int>();
            foreach ((int, string) identity in Members.Select(member => member.Occurrence.Event(correlation.CountsDetections)).Distinct().Order())
            {
                events.Add(identity, events.Count);
            }

            var members = new Dictionary<(int Event, int Rule), Member>();
            foreach (Member member in Members)
            {
                members.TryAdd((events[member.Occurrence.Event(correlation.CountsDetections)], member.Rule), member);
            }

            GroupResult result = GroupEvaluation.Evaluate(
                correlation.Logic,
                members.Select(pair => new GroupMatch(
                    pair.Value.Occurrence.Completing.Time, pair.Key.Event, pair.Key.Rule, pair.Value.Keys, pair.Value.Numbers)));
            return new GroupOutcome(correlation, key, result, members);
        }
    }

    private sealed class GroupOutcome(CompiledCorrelation correlation, string key, GroupResult result, Dictionary<(int Event, int Rule), Member> members)
    {
        /// <summary>Its matches for those that refer to it.</summary>
        public IEnumerable<Occurrence> Occurrences(bool asDetections)
        {
            foreach (CorrelationInstant instant in asDetections ? result.Firings : [.. result.Instants.Where(instant => instant.Holds)])
            {
                Member completing = Completing(instant);

                yield return new Occurrence(
                    completing.Occurrence.Completing,
                    new InnerGroup(string.Create(CultureInfo.InvariantCulture, $"{correlation.Correlation.Id}\n{key}\n{instant.Time}"), correlation.Correlation.GroupBy, completing.Texts),
                    completing.Occurrence);
            }
        }

        public IEnumerable<CorrelationDetection> Detections(CompiledCorrelation of)
        {
            foreach (CorrelationInstant firing in result.Firings)
            {
                Member completing = Completing(firing);
                int count = firing.End - firing.First;
                int half = CorrelationDetection.MaxEvents / 2;
                IEnumerable<int> told = count <= CorrelationDetection.MaxEvents
                    ? Enumerable.Range(firing.First, count)
                    : Enumerable.Range(firing.First, half).Concat(Enumerable.Range(firing.End - half, half));
                yield return new CorrelationDetection(
                    of,
                    completing.Texts,
                    key,
                    firing.Value,
                    result.Matches[firing.First].Time,
                    firing.Time,
                    completing.Occurrence.Completing.Place,
                    [.. told.Select(place => result.Matches[place]).Select(match => new CorrelatedEvent(MemberOf(match).Occurrence.Completing.Place, of.Parts[match.Rule].Id, match.Time))],
                    count);
            }
        }

        private Member Completing(CorrelationInstant instant) => MemberOf(result.Matches[instant.End - 1]);

        private Member MemberOf(GroupMatch match) => members[(match.Event, match.Rule)];
    }
}
