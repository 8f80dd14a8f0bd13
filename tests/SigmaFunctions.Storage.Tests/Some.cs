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

    /// <summary>Facts of every kind.</summary>
    public static EventFacts Facts { get; } = new()
    {
        Process = new ProcessFacts(@"C:\Windows\node.exe", "node -e 1", "4711"),
        Parent = new ProcessFacts(@"C:\Windows\cmd.exe"),
        Hashes = new FileHashes(Sha256: new string('a', 64)),
        Addresses = [new NetworkAddress(AddressRole.Source, "10.0.0.1"), new NetworkAddress(AddressRole.Destination, "2001:db8::1", 443)],
    };

    /// <summary>One that has them.</summary>
    public static Detection Factual(EventIdentity? identity = null) => Detection(identity) with { Facts = Facts };

    /// <summary>What a correlation detected: as many events as are wanted, of which every other one is of another rule and without a user, a second apart.</summary>
    public static Detection Correlated(int events = 3, int revision = 1) => Detection(Identity(100, record: 1), "correlation") with
    {
        Correlation = new DetectedCorrelation
        {
            Id = new DetectionId($"202611250314159260000-{new string('c', 32)}"),
            Type = "value_count",
            Group = [new DetectedField("TargetUserName", "alice"), new DetectedField("Computer", "WS01.contoso.example")],
            Value = "3.25",
            First = Time.AddTicks(-3_000_000_001),
            Last = Time.AddSeconds(-5),
            EventCount = events + 10,
            Events =
            [
                .. Enumerable.Range(0, events).Select(number => new DetectedEvent(
                    Identity(number, number % 3, Time.AddSeconds(number - 300), $"{number / 2 % 2}"),
                    Time.AddSeconds(number - 301).AddTicks(1),
                    number % 2 == 0 ? "rule" : "other",
                    $"WS{number:D2}",
                    number % 2 == 0 ? @"CONTOSO\alice" : null)),
            ],
            Values = ["10.0.0.1", "10.0.0.2", "ключ"],
            Revision = revision,
        },
    };

    public static List<Detection> Detections(int count) =>
        [.. Enumerable.Range(0, count).Select(number => Detection(Identity(number, enqueued: Time.AddMilliseconds(number))))];

    /// <summary>The detections that were enqueued in a span.</summary>
    public static IAsyncEnumerable<Detection> QueryAsync(this DetectionTable table, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        table.RowsAsync(from, to, null, cancellationToken).Select(row => DetectionRow.FromEntity(row));
}
