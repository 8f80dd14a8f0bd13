using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>What a correlation detected, in an alert.</summary>
/// <param name="Type">What was counted, such as <c>event_count</c>.</param>
/// <param name="Group">The names of <c>group-by</c> with the values of the completing event; empty where all events are one group.</param>
/// <param name="Value">The window's value as a number of JSON.</param>
/// <param name="First">When the window's first event was (UTC).</param>
/// <param name="Last">When the completing event was (UTC).</param>
/// <param name="EventCount">Number of the window's events.</param>
/// <param name="Events">The first and the last of them by time, up to <see cref="MaxEvents"/>.</param>
public sealed record AlertCorrelation(
    string Type,
    ImmutableArray<AlertField> Group,
    [property: JsonConverter(typeof(AlertCorrelation.NumberConverter))] string Value,
    DateTimeOffset First,
    DateTimeOffset Last,
    int EventCount,
    ImmutableArray<AlertEvent> Events)
{
    /// <summary>Most events of an alert.</summary>
    public const int MaxEvents = 10;

    private const int MaxText = 256;
    private const int MinimumText = 32;
    private const int MaxShortText = 64;

    /// <summary>Takes what an alert tells.</summary>
    internal static AlertCorrelation From(DetectedCorrelation correlation) => new(
        correlation.Type,
        [.. correlation.Group.Select(one => new AlertField(one.Field, one.Value))],
        correlation.Value,
        correlation.First,
        correlation.Last,
        correlation.EventCount,
        [.. DetectedCorrelation.FirstAndLast(correlation.Events, MaxEvents).Select(one => new AlertEvent(one.Time, one.RuleId, one.Host, one.User))]);

    /// <summary>The same with ever less: first texts become shorter, then events are left out, then fields of the group.</summary>
    internal IEnumerable<AlertCorrelation> Bounded()
    {
        int events = MaxEvents;
        int group = Group.Length;
        for (int longest = MaxText; longest > MinimumText; longest /= 2)
        {
            yield return Bounded(longest, group, events);
        }

        while (true)
        {
            yield return Bounded(MinimumText, group, events);
            if (events > 0)
            {
                events /= 2;
            }
            else if (group > 0)
            {
                group /= 2;
            }
            else
            {
                yield break;
            }
        }
    }

    private AlertCorrelation Bounded(int longest, int group, int events) => this with
    {
        Type = BoundedText.Cut(Type, MaxShortText),
        Group = [.. Group.Take(group).Select(one => new AlertField(BoundedText.Cut(one.Field, longest), BoundedText.CutApart(one.Value, longest)))],
        Value = NumberText.Shorten(Value, MaxShortText),
        Events =
        [
            .. DetectedCorrelation.FirstAndLast(Events, events)
                .Select(one => new AlertEvent(one.Time, BoundedText.Cut(one.Rule, longest), Cut(one.Host, longest), Cut(one.User, longest))),
        ],
    };

    private static string? Cut(string? text, int longest) => text is null ? null : BoundedText.Cut(text, longest);

    /// <summary>A number whose text stays as it is: it may be longer than numbers of this machine.</summary>
    internal sealed class NumberConverter : JsonConverter<string>
    {
        /// <inheritdoc/>
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number ? JsonElement.ParseValue(ref reader).GetRawText() : throw new JsonException("A value is a number.");

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
        {
            if (!NumberText.IsNumber(value))
            {
                throw new JsonException("A value is a number.");
            }

            writer.WriteRawValue(value);
        }
    }
}

/// <summary>A field of a group in an alert, and its value.</summary>
/// <param name="Field">Name, as the correlation writes it.</param>
/// <param name="Value">Value.</param>
public sealed record AlertField(string Field, string Value);

/// <summary>An event of a correlation in an alert.</summary>
/// <param name="Time">When it was (UTC).</param>
/// <param name="Rule">Id of the rule, or inner correlation, that matched.</param>
/// <param name="Host">Host it happened on.</param>
/// <param name="User">Account it happened under.</param>
public sealed record AlertEvent(DateTimeOffset Time, string Rule, string? Host, string? User);
