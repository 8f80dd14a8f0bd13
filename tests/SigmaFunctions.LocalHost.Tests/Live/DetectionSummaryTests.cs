using System.Text.Json;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>What the live view is told of a detection.</summary>
public sealed class DetectionSummaryTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 26, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(3, 3, 0, 0)]
    [InlineData(10, 10, 0, 0)]
    [InlineData(25, 10, 15, 0)]
    [InlineData(250, 10, 240, 150)]
    public void Of_a_correlation_are_group_value_and_events_by_time(int events, int listed, int moreListed, int moreShown)
    {
        Detection detection = Correlated(events);
        var alert = Alert.From(detection, "Detections");

        JsonElement correlation = Json(DetectionSummary.Write(alert, detection)).GetProperty("correlation");
        JsonElement whole = Json(DetectionSummary.WriteWhole(detection, alert.ToJson()));

        Assert.Equal("event_count 12.5", correlation.GetProperty("value").GetString());
        Assert.Equal("""[["User","alice"],["Computer","WS01"]]""", correlation.GetProperty("group").GetRawText());
        Assert.Equal((listed, moreListed), (correlation.GetProperty("events").GetArrayLength(), correlation.GetProperty("moreEvents").GetInt32()));
        Assert.Equal((events - moreShown, moreShown), (whole.GetProperty("events").GetArrayLength(), whole.GetProperty("moreEvents").GetInt32()));
        JsonElement[] told = [.. correlation.GetProperty("events").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, listed).Select(number => Time.AddSeconds(number).AddTicks(1)), told.Select(one => one[0].GetDateTimeOffset()));
        Assert.Equal(
            Enumerable.Range(0, listed).Select(number => number % 2 == 0 ? """["rule-0","WS0","ann"]""" : """["rule-1",null,null]"""),
            told.Select(one => JsonSerializer.Serialize(one.EnumerateArray().Skip(1))));
    }

    [Fact]
    public void Of_a_rule_is_none_of_that_and_of_a_missing_row_nothing()
    {
        Detection rule = Correlated(0) with { Correlation = null };
        var alert = Alert.From(rule, "Detections");

        Assert.False(Json(DetectionSummary.Write(alert, rule)).TryGetProperty("correlation", out _));
        Assert.False(Json(DetectionSummary.Write(Alert.From(Correlated(3), "Detections"), null)).TryGetProperty("correlation", out _));
        Assert.False(Json(DetectionSummary.WriteWhole(rule, alert.ToJson())).TryGetProperty("events", out _));
    }

    [Fact]
    public void Long_texts_are_cut()
    {
        string text = new('x', 2_000);
        Detection detection = Correlated(100);
        detection = detection with
        {
            Correlation = detection.Correlation! with
            {
                Group = [.. Enumerable.Repeat(new DetectedField(text, text), 100)],
                Events = [.. detection.Correlation.Events.Select(one => one with { RuleId = text, Host = text, User = text })],
            },
        };

        byte[] json = DetectionSummary.Write(Alert.From(detection, "Detections"), detection);

        Assert.InRange(json.Length, 20_000, 40_000);
    }

    private static Detection Correlated(int events) => new()
    {
        Identity = new HubEventIdentity("ns", "events", "0", Time, 7, 0),
        RuleId = "correlation",
        RuleTitle = "A correlation",
        Original = "{}",
        Correlation = new DetectedCorrelation
        {
            Id = new DetectionId($"202611260900000000000-{new string('a', 32)}"),
            Type = "event_count",
            Group = [new DetectedField("User", "alice"), new DetectedField("Computer", "WS01")],
            Value = "12.5",
            First = Time,
            Last = Time.AddSeconds(events),
            EventCount = events,
            Events =
            [
                .. Enumerable.Range(0, Math.Min(events, DetectedCorrelation.MaxEvents)).Select(number => new DetectedEvent(
                    new HubEventIdentity("ns", "events", "0", Time, number, 0),
                    Time.AddSeconds(number).AddTicks(1),
                    $"rule-{number % 2}",
                    number % 2 == 0 ? "WS0" : null,
                    number % 2 == 0 ? "ann" : null)),
            ],
        },
    };

    private static JsonElement Json(byte[] json) => JsonDocument.Parse(json).RootElement;
}
