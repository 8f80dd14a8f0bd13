using CsCheck;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Tests;

/// <summary>Random correlations over three rules, up to three over one another, and events for them.</summary>
internal static class RandomCorrelations
{
    /// <summary>The rules: <c>a</c>, <c>b</c> and <c>c</c>, each of events whose <c>kind</c> is, or has, its name.</summary>
    public const string Bases = """
        title: A
        id: 00000000-0000-0000-0000-00000000000a
        name: a
        logsource: {category: test}
        detection: {s: {kind: a}, condition: s}
        ---
        title: B
        id: 00000000-0000-0000-0000-00000000000b
        name: b
        logsource: {category: test}
        detection: {s: {kind: b}, condition: s}
        ---
        title: C
        id: 00000000-0000-0000-0000-00000000000c
        name: c
        logsource: {category: test}
        detection: {s: {kind: c}, condition: s}
        """;

    // Texts that are one key and such that are not, lists, what takes no part, numbers in several forms.
    private static readonly Gen<string> Value = Gen.OneOf(
        "\"x\"", "\"X\"", "\"y\"", "\"\"", "\"\u00e4\"", "\"\u00c4\"", "1", "1.0", "\"1\"", "\"1.0\"", "10e-1", "true", "\"TRUE\"", "null", "[]", "[\"x\",\"y\",\"X\"]",
        "[1,[\"y\",null],{\"z\":1}]", "{\"z\":1}", "\"2.50\"", "-3", "123456789012345678901234567890");

    /// <summary>An event of the second that its <c>time</c> tells, from 0 to 40.</summary>
    public static readonly Gen<string> Event =
        from time in Gen.Int[0, 40]
        from kinds in Gen.OneOf("\"a\"", "\"b\"", "\"c\"", "[\"a\",\"b\"]", "[\"a\",\"b\",\"c\"]", "\"d\"")
        from fields in Gen.Select(Gen.OneOf("g", "h", "v", "o.p"), Value).Array[0, 4]
        select $"{{\"kind\":{kinds},\"time\":{time}{string.Concat(fields.DistinctBy(field => field.Item1).Select(field => $",\"{field.Item1}\":{field.Item2}"))}}}";

    /// <summary>The rules with three correlations.</summary>
    public static readonly Gen<string> Rules =
        from inner in Correlation("0000000000c1", "inner", Gen.OneOf("a", "b", "c"))
        from middle in Correlation("0000000000c2", "middle", Gen.OneOf("a", "b", "inner"))
        from outer in Correlation("0000000000c3", "outer", Gen.OneOf("a", "inner", "middle"))
        select $"{Bases}\n---\n{inner}\n---\n{middle}\n---\n{outer}";

    /// <summary>An event of <c>a</c>, of one of two groups.</summary>
    public static readonly Gen<string> Counted =
        from time in Gen.Int[0, 40]
        from value in Gen.OneOf("x", "y")
        select $"{{\"kind\":\"a\",\"time\":{time},\"g\":\"{value}\",\"v\":{time % 3}}}";

    /// <summary>The rules with a correlation that counts events of <c>a</c>, or their values, by group or over all.</summary>
    public static readonly Gen<string> Counting =
        from span in Gen.Int[8, 20]
        from bound in Gen.OneOf("gte: 1", "gte: 2", "gte: 3", "gt: 1", "lt: 3", "eq: 2")
        from type in Gen.OneOf("type: event_count, condition: {", "type: value_count, condition: {field: v, ")
        from groupBy in Gen.OneOf("", "group-by: [g], ")
        select $"{Bases}\n---\ntitle: Counting\nid: 00000000-0000-0000-0000-0000000000c1\n"
            + $"correlation: {{rules: [a], timespan: {span}s, {groupBy}{type}{bound}}}}}\n";

    private static Gen<string> Correlation(string id, string name, Gen<string> parts) =>
        from type in Gen.Enum<CorrelationType>()
        from rules in parts.Array[1, 3].Select(all => all.Distinct().ToArray())
        from groupBy in Gen.OneOf("g", "h", "o.p", "k").Array[0, 2].Select(all => all.Distinct().ToArray())
        from span in Gen.Int[1, 12]
        from bound in Gen.Int[0, 6]
        from comparison in Gen.Enum<CorrelationOperator>()
        from how in Gen.Int[0, 3]
        from fields in Gen.OneOf("v", "h", "v, h")
        from generate in Gen.Bool
        let isTemporal = type is CorrelationType.Temporal or CorrelationType.TemporalOrdered
        let field = type switch
        {
            CorrelationType.ValueCount => $"field: [{fields}], ",
            CorrelationType.ValuePercentile => "field: v, percentile: 30, ",
            CorrelationType.EventCount => "",
            _ when isTemporal => "",
            _ => "field: v, ",
        }
        let condition = !isTemporal ? $"  condition: {{{field}{Word(comparison)}: {bound / 2m}}}\n"
            : how == 0 ? ""
            : how == 1 && rules.Length > 1 ? $"  condition: {rules[0]} and not {rules[1]}\n"
            : $"  condition: {{{Word(comparison)}: {bound / 2}}}\n"
        let used = isTemporal && how == 1 && rules.Length > 1 ? rules[..2] : rules
        select $"title: {name}\nid: 00000000-0000-0000-0000-{id}\nname: {name}\ncorrelation:\n  type: {Word(type)}\n  rules: [{string.Join(", ", used)}]\n"
            + (groupBy.Length > 0 ? $"  group-by: [{string.Join(", ", groupBy)}]\n" : "")
            + (groupBy.Contains("k") ? $"  aliases: {{k: {{{used[0]}: h}}}}\n" : "")
            + $"  timespan: {span}s\n  generate: {(generate ? "true" : "false")}\n{condition}";

    private static string Word(CorrelationType type) => string.Concat(type.ToString().Select((letter, at) =>
        char.IsUpper(letter) && at > 0 ? $"_{char.ToLowerInvariant(letter)}" : char.ToLowerInvariant(letter).ToString()));

    private static string Word(CorrelationOperator comparison) => comparison switch
    {
        CorrelationOperator.Gt => "gt",
        CorrelationOperator.Gte => "gte",
        CorrelationOperator.Lt => "lt",
        CorrelationOperator.Lte => "lte",
        CorrelationOperator.Eq => "eq",
        _ => "neq",
    };
}
