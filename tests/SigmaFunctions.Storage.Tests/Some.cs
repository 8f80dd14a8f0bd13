using System.Globalization;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Detections to test with.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = DateTimeOffset.Parse("2026-11-25T03:14:15.926+00:00", CultureInfo.InvariantCulture);

    public static HubEventIdentity Identity(long sequenceNumber = 7, int record = 0, DateTimeOffset? enqueued = null, string partition = "0") =>
        new("hub.servicebus.windows.net", "events", partition, enqueued ?? Time, sequenceNumber, record);

    public static Detection Detection(EventIdentity? identity = null, string ruleId = "rule") => new()
    {
        Identity = identity ?? Identity(),
        RuleId = ruleId,
        RuleTitle = "A title",
        RuleAuthor = "An author",
        Level = "high",
        Tags = ["attack.execution", "attack.t1059.007"],
        EventTime = Time.AddSeconds(-5),
        Host = "WS01",
        User = @"CONTOSO\alice",
        TenantId = "00000000-0000-0000-0000-000000000001",
        Fields = [new DetectedField("Image", @"C:\Windows\System32\whoami.exe"), new DetectedField("", "ключ")],
        Original = """{"Image":"C:\\Windows\\System32\\whoami.exe","Note":"ключ \ud83d\ude00"}""",
    };

    public static List<Detection> Detections(int count) =>
        [.. Enumerable.Range(0, count).Select(number => Detection(Identity(number, enqueued: Time.AddMilliseconds(number))))];

    /// <summary>The detections that were enqueued in a span.</summary>
    public static IAsyncEnumerable<Detection> QueryAsync(this DetectionTable table, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        table.RowsAsync(from, to, null, cancellationToken).Select(row => DetectionRow.FromEntity(row));
}
