using System.Collections.Immutable;
using System.Globalization;
using CsCheck;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What a correlation detects in a group, against the definition taken word by word.</summary>
public sealed class GroupEvaluationTests
{
    private static readonly Gen<CorrelationBound> Bound = Gen.Select(
        Gen.Enum<CorrelationOperator>(), Gen.Int[0, 40], (comparison, value) => new CorrelationBound(comparison, value / 4m));

    private static readonly Gen<CorrelationTerms> Terms = Gen.Select(
            Gen.Int[0, 3].Array[1, 3].Select(places => places.Distinct().Order().ToImmutableArray()),
            Gen.Int[0, 3].Array[0, 2].Select(places => places.Distinct().Order().ToImmutableArray()))
        .Select(one => new CorrelationTerm(one.Item1, one.Item2))
        .Array[1, 3].Select(terms => new CorrelationTerms(
            [.. terms],
            [.. terms.SelectMany(term => term.Present).Distinct().Order()],
            [.. terms.SelectMany(term => term.Absent).Distinct().Order()]));

    private static readonly Gen<CorrelationLogic> Logic =
        from type in Gen.Enum<CorrelationType>()
        from span in Gen.Int[0, 12]
        from bounds in Bound.Array[1, 2]
        from percentile in Gen.Int[0, 100]
        from terms in Terms
        from how in Gen.Int[0, 2]
        let isTemporal = type is CorrelationType.Temporal or CorrelationType.TemporalOrdered
        select new CorrelationLogic(
            type,
            span,
            4,
            isTemporal && how < 2 ? [] : [.. bounds],
            Rational.Of(type == CorrelationType.ValueMedian ? 50 : percentile),
            isTemporal && how == 1 ? terms : null);

    // An event has one time; it may match several rules, each with values of its own.
    private static readonly Gen<ImmutableArray<GroupMatch>> Matches =
        from events in Gen.Select(
            Gen.Int[0, 30], Gen.Int[0, 3].Array[1, 3], Gen.Int[0, 4].Array[0, 2], Gen.Int[-8, 8].Array[0, 2]).Array[0, 14]
        select events.SelectMany((one, i) => one.Item2.Distinct().Select(rule => new GroupMatch(
            one.Item1,
            i,
            rule,
            0,
            [.. one.Item3.Skip(rule % 2).Distinct()],
            [.. one.Item4.Skip(rule % 2).Select(number => Rational.Of(number / 4m))]))).ToImmutableArray();

    /// <summary>The value and the verdict at each instant, and where it fires.</summary>
    [Fact]
    public void It_is_what_the_definition_says() => Gen.Select(Logic, Matches).Sample(
        (logic, matches) =>
        {
            ImmutableArray<GroupMatch> asked = Asked(logic, matches);
            GroupResult result = GroupEvaluation.Evaluate(logic, asked);

            Assert.Equal(PlainGroupEvaluation.Instants(logic, asked), result.Instants.Select(one => (one.Time, one.Value, one.Holds)));
            Assert.Equal(PlainGroupEvaluation.Firings(logic, asked), result.Firings.Select(one => one.Time));
            foreach (CorrelationInstant firing in result.Firings)
            {
                Assert.All(result.Matches[firing.First..firing.End], match => Assert.InRange(match.Time, firing.Time - logic.Span, firing.Time));
            }
        },
        iter: 30_000);

    /// <summary>It is a function of the set: order of arrival and repeated delivery change nothing.</summary>
    [Fact]
    public void Order_and_repetition_change_nothing() => Gen.Select(Logic, Matches, Gen.Int).Sample(
        (logic, matches, seed) =>
        {
            ImmutableArray<GroupMatch> asked = Asked(logic, matches);
            GroupMatch[] again = [.. asked, .. asked.Where((_, i) => i % 2 == 0)];
            new Random(seed).Shuffle(again);

            GroupResult once = GroupEvaluation.Evaluate(logic, asked);
            GroupResult twice = GroupEvaluation.Evaluate(logic, again);

            Assert.Equal(once.Matches, twice.Matches);
            Assert.Equal(once.Instants, twice.Instants);
            Assert.Equal(once.Firings, twice.Firings);
        },
        iter: 5_000);

    /// <summary>Two firings never share an event, and while the condition holds there is one within each timespan.</summary>
    [Fact]
    public void Firings_are_more_than_a_timespan_apart_and_no_further_than_needed() => Gen.Select(Logic, Matches).Sample(
        (logic, matches) =>
        {
            GroupResult result = GroupEvaluation.Evaluate(logic, Asked(logic, matches));
            foreach ((CorrelationInstant before, CorrelationInstant after) in result.Firings.Zip(result.Firings.Skip(1)))
            {
                Assert.True(after.Time - before.Time > logic.Span);
                Assert.True(before.End <= after.First || result.Matches[after.First].Time > before.Time);
            }

            Assert.All(
                result.Instants.Where(one => one.Holds),
                one => Assert.Contains(result.Firings, firing => firing.Time <= one.Time && one.Time - firing.Time <= logic.Span));
        },
        iter: 5_000);

    [Theory]
    [InlineData("0 60 120 180", 300, 3, "120=3")]
    [InlineData("0 60 300", 300, 3, "300=3")]
    [InlineData("0 60 301", 300, 3, "")]
    [InlineData("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", 10, 3, "2=3 13=11 24=11")]
    [InlineData("0 60 120 30", 300, 3, "60=3")]
    public void Failures_are_counted(string times, int span, int least, string firings)
    {
        var logic = new CorrelationLogic(CorrelationType.EventCount, span, 1, [new CorrelationBound(CorrelationOperator.Gte, least)]);
        IEnumerable<GroupMatch> matches = times.Split(' ').Select((time, i) => new GroupMatch(int.Parse(time, CultureInfo.InvariantCulture), i, 0, 0, [], []));

        Assert.Equal(firings, string.Join(' ', GroupEvaluation.Evaluate(logic, matches).Firings.Select(one => $"{one.Time}={one.Value}")));
    }

    /// <summary>The work does not grow with the square of the window.</summary>
    [Theory]
    [InlineData(CorrelationType.EventCount)]
    [InlineData(CorrelationType.ValueCount)]
    [InlineData(CorrelationType.ValueSum)]
    [InlineData(CorrelationType.ValuePercentile)]
    [InlineData(CorrelationType.Temporal)]
    [InlineData(CorrelationType.TemporalOrdered)]
    public void A_large_window_is_evaluated_in_one_pass(CorrelationType type)
    {
        const int Events = 100_000;
        var logic = new CorrelationLogic(type, Events, 2, [new CorrelationBound(CorrelationOperator.Gt, long.MaxValue)], Rational.Of(50));
        IEnumerable<GroupMatch> matches = Enumerable.Range(0, Events).Select(i => new GroupMatch(
            i, i, i % 2, 0, [i], [Rational.Of((long)i * 7919 % Events)]));

        GroupResult result = GroupEvaluation.Evaluate(logic, matches);

        Assert.Equal(Events, result.Instants.Length);
        Assert.Empty(result.Firings);
    }

    // Rules that an expression does not name are none of its correlation's.
    private static ImmutableArray<GroupMatch> Asked(CorrelationLogic logic, ImmutableArray<GroupMatch> matches) => logic.Expression is { } terms
        ? [.. matches.Where(match => terms.Positive.Contains(match.Rule) || terms.Negative.Contains(match.Rule))]
        : matches;
}
