using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Values;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Testing;

/// <summary>Reads the events of a stream, and the detections that are expected in it.</summary>
internal sealed class StreamCaseReader(TestCaseReader cases)
{
    /// <summary>Most events of a stream.</summary>
    public const int MaxEvents = 100_000;

    /// <summary>Most values of an event, counted as often as it comes.</summary>
    private const int MaxNodes = 5_000_000;

    private static readonly string[] EventKeys = ["at", "repeat", "event"];
    private static readonly string[] DetectionKeys = ["group", "value", "first", "last", "events"];

    /// <summary>The events of a case, or null after reporting why there are none.</summary>
    public ImmutableArray<StreamEvent>? Events(YamlMapping map)
    {
        if (map["events"] is not YamlSequence { Items.Length: > 0 } items)
        {
            cases.Report(map["events"] ?? map, "'events' is a list of events. Write each behind a dash, with 'at' and 'event'.");
            return null;
        }

        ImmutableArray<StreamEvent>.Builder events = ImmutableArray.CreateBuilder<StreamEvent>();
        long before = 0;
        bool isValid = true;
        foreach (YamlNode item in items.Items)
        {
            isValid &= Add(item, events, ref before);
        }

        return isValid ? events.DrainToImmutable() : null;
    }

    /// <summary>What is expected, or null after reporting why nothing is.</summary>
    public ExpectedDetections? Detections(YamlNode node)
    {
        if (node is YamlScalar number && CountOf(number.Value) is { } count && number.IsPlain)
        {
            return new ExpectedDetections(count, []);
        }

        if (node is not YamlSequence list)
        {
            cases.Report(node, "'detections' is how many there must be, or a list of them. Write a number, or each behind a dash with some of group, value, first, last, events.");
            return null;
        }

        ImmutableArray<ExpectedDetection?> each = [.. list.Items.Select(Detection)];
        return each.Contains(null) ? null : new ExpectedDetections(each.Length, [.. each.OfType<ExpectedDetection>()]);
    }

    private bool Add(YamlNode item, ImmutableArray<StreamEvent>.Builder events, ref long before)
    {
        if (item is not YamlMapping map || map["event"] is not YamlMapping fields)
        {
            cases.Report((item as YamlMapping)?["event"] ?? item, "An event of 'events' is a map with 'event', a map of field names to values, and 'at'. Write them.");
            return false;
        }

        cases.RejectOthers(map, EventKeys);
        if (At(map, before) is not { } at || Repeat(map) is not var (count, every))
        {
            return false;
        }

        if (every > 0 && (count - 1) > (StreamTime.MaxTicks - at) / every)
        {
            cases.Report(map["repeat"]!, "The stream is longer than 100000 days. Repeat it less often.");
            return false;
        }

        if (events.Count + count > MaxEvents || (long)count * fields.Size > MaxNodes)
        {
            cases.Report(map["repeat"] ?? map, $"The stream has more than {MaxEvents} events, or {MaxNodes} values. Repeat it less often.");
            return false;
        }

        IReadOnlyDictionary<string, FieldValue> same = TestCaseReader.ValueOf(fields).Properties;
        for (int i = 0; i < count; i++)
        {
            before = at + (i * every);
            events.Add(new StreamEvent(
                before, map["repeat"] is null ? same : TestCaseReader.ValueOf(fields, (i + 1).ToString(CultureInfo.InvariantCulture)).Properties));
        }

        return true;
    }

    /// <summary>When an event is, in ticks; one that does not say so is at the time of the event before it.</summary>
    private long? At(YamlMapping map, long before)
    {
        if (map["at"] is not { } node)
        {
            return before;
        }

        if (node is YamlScalar { Value: { } text } && StreamTime.TryParse(text.StartsWith('+') ? text[1..] : text, out long ticks))
        {
            long at = text.StartsWith('+') ? before + ticks : ticks;
            if (at <= StreamTime.MaxTicks)
            {
                return at;
            }
        }

        cases.Report(node, "'at' is a time since the stream's begin, such as 90s or 1m30s, or since the event before, such as +30s; at most 100000d. Write it so.");
        return null;
    }

    private (int Count, long Every)? Repeat(YamlMapping map)
    {
        if (map["repeat"] is not { } node)
        {
            return (1, 0);
        }

        string[] words = node is YamlScalar scalar ? scalar.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
        long every = 0;
        if (words is [_] or [_, "every", _] && CountOf(words[0]) is > 0 and int count && (words.Length == 1 || StreamTime.TryParse(words[2], out every)))
        {
            return (count, every);
        }

        cases.Report(node, "'repeat' is how many times the event comes and in what steps, such as '10 every 30s'; without steps, all at one time. Write it so.");
        return null;
    }

    private ExpectedDetection? Detection(YamlNode node)
    {
        if (node is not YamlMapping { Entries.Length: > 0 } map)
        {
            cases.Report(node, $"A detection is a map with some of {string.Join(", ", DetectionKeys)}. Write what matters.");
            return null;
        }

        cases.RejectOthers(map, DetectionKeys);
        bool isValid = true;
        ImmutableSortedDictionary<string, string> group = ImmutableSortedDictionary<string, string>.Empty;
        if (map["group"] is YamlMapping groups && groups.Entries.All(entry => entry.Value is YamlScalar))
        {
            group = groups.Entries.ToImmutableSortedDictionary(entry => entry.Key.Value, entry => ((YamlScalar)entry.Value).Value, StringComparer.Ordinal);
        }
        else
        {
            Check("group", map["group"] is null, "'group' is a map of the names in group-by to texts. Write it so.");
        }

        Rational value = default;
        Check("value", map["value"] is null || TryNumber(map["value"], out value), "'value' is a number. Write it without quotes.");
        long first = 0;
        Check("first", map["first"] is null || TryTime(map["first"], out first), "'first' is a time since the stream's begin, such as 1m30s. Write it so.");
        long last = 0;
        Check("last", map["last"] is null || TryTime(map["last"], out last), "'last' is a time since the stream's begin, such as 1m30s. Write it so.");
        int? events = CountOf((map["events"] as YamlScalar)?.Value);
        Check("events", map["events"] is null || events is not null, "'events' is the number of the detection's events. Write it without quotes.");
        return isValid
            ? new ExpectedDetection(group, map["value"] is null ? null : value, map["first"] is null ? null : first, map["last"] is null ? null : last, events)
            : null;

        void Check(string key, bool holds, string otherwise)
        {
            if (!holds)
            {
                cases.Report(map[key]!, otherwise);
                isValid = false;
            }
        }
    }

    private static bool TryNumber(YamlNode? node, out Rational number)
    {
        number = default;
        return node is YamlScalar { IsPlain: true, Value: { } text } && Rational.TryParse(text, mayHaveExponent: false, out number);
    }

    private static bool TryTime(YamlNode? node, out long ticks)
    {
        ticks = 0;
        return node is YamlScalar { Value: { } text } && StreamTime.TryParse(text, out ticks);
    }

    private static int? CountOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : null;
}
