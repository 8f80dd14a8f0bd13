using System.Globalization;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

/// <summary>
/// What follows from the identity of a hub's event, as it is in stores: none of it may change, or events that are delivered again are recorded a second
/// time. The values were made apart from this code: SHA-256 over the length (eight bytes, little-endian) and UTF-8 of each text, and eight bytes of each number.
/// </summary>
public sealed class RecordedKeysTests
{
    private const string Guid = "11111111-1111-4111-8111-111111111111";

    public static TheoryData<string, string, string, string, long, int, string, string, string, string, string, string> Recorded => new()
    {
        {
            "hub.servicebus.windows.net", "events", "0", "2026-11-25T03:14:15.926Z", 7, 0, "rule",
            "202611250314159260000-0e614cfdd60e51a0dc2ce9d27dfb3ac1",
            "20261125T03-0",
            "2516067243440739999-0e614cfdd60e51a0dc2ce9d27dfb3ac1",
            "2026/11/25/03/14159260000-7-0-0def03ca8c222434676c09ea1a03dc0b",
            "2026/11/25/03/14159260000-7-body-0e1b64528b174ad2cd96eb928233722f"
        },
        {
            "contoso-logs.servicebus.windows.net", "defender-xdr", "31", "2025-01-31T23:59:59.999Z", long.MaxValue, 1999, Guid,
            "202501312359599990000-acb6795ea71bfa51a35929fb0663ce2a",
            "20250131T23-a",
            "2516639328000009999-acb6795ea71bfa51a35929fb0663ce2a",
            "2025/01/31/23/59599990000-9223372036854775807-1999-af52e321f2d1a21f0e50b2797b23c905",
            "2025/01/31/23/59599990000-9223372036854775807-body-ab78d4d57764623df6fc784c72b25ecc"
        },
        {
            "CONTOSO-Logs.ServiceBus.Windows.NET", "Defender-XDR", "31", "2025-02-01T01:59:59.999+02:00", long.MaxValue, 1999, Guid,
            "202501312359599990000-acb6795ea71bfa51a35929fb0663ce2a",
            "20250131T23-a",
            "2516639328000009999-acb6795ea71bfa51a35929fb0663ce2a",
            "2025/01/31/23/59599990000-9223372036854775807-1999-af52e321f2d1a21f0e50b2797b23c905",
            "2025/01/31/23/59599990000-9223372036854775807-body-ab78d4d57764623df6fc784c72b25ecc"
        },
        {
            "хаб.example", "события", "p-1", "2024-02-29T00:00:00.0000001Z", 0, 12, "правило",
            "202402290000000000001-0fa853b87b311dab53b07f75becf3527",
            "20240229T00-0",
            "2516931359999999998-0fa853b87b311dab53b07f75becf3527",
            "2024/02/29/00/00000000001-0-12-0dd6e43fcc363d2b704b3139d8a503f5",
            "2024/02/29/00/00000000001-0-body-0d5f5aed14b380c857521367108d3985"
        },
        {
            "hub.servicebus.windows.net", "events", "0", "9998-12-31T23:00:00Z", 7, 0, "rule",
            "999812312300000000000-01c7d1103299883673cf1dc72af456fc",
            "99981231T23-0",
            "0000315395999999999-01c7d1103299883673cf1dc72af456fc",
            "9998/12/31/23/00000000000-7-0-0616595cf40ffe5af7e08209478cedb5",
            "9998/12/31/23/00000000000-7-body-0df1dad108b6d48171057265067432ef"
        },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Keys_names_and_message_ids_are_as_they_were(
        string fullyQualifiedNamespace,
        string hub,
        string partition,
        string enqueued,
        long sequenceNumber,
        int record,
        string rule,
        string id,
        string partitionKey,
        string rowKey,
        string blob,
        string bodyBlob)
    {
        var identity = new HubEventIdentity(
            fullyQualifiedNamespace, hub, partition, DateTimeOffset.Parse(enqueued, CultureInfo.InvariantCulture), sequenceNumber, record);
        Detection detection = Some.Detection(identity, rule);

        Assert.Equal(id, detection.Id.Value);
        Assert.Equal((partitionKey, rowKey), (detection.Id.PartitionKey, detection.Id.RowKey));
        var alert = Alert.From(detection, DetectionTable.DefaultName);
        Assert.Equal((id, new AlertPointer(DetectionTable.DefaultName, partitionKey, rowKey)), (alert.Id, alert.Detection));
        Assert.Equal((partitionKey, rowKey), (DetectionRow.ToEntity(detection).PartitionKey, DetectionRow.ToEntity(detection).RowKey));
        Assert.Equal(blob, EventBlobName.Create(identity));
        Assert.Equal(blob, CanaryTable.NameOf(identity));
        Assert.Equal(blob, DeadLetter.OfRecord(identity, "", 0, default).Name);
        Assert.Equal(bodyBlob, DeadLetter.OfBody(identity, "", default).Name);

        Assert.True(DetectionId.TryOfKeys(partitionKey, rowKey, out DetectionId ofKeys));
        Assert.Equal(detection.Id, ofKeys);
        foreach ((string name, int index) in new[] { (blob, record), (bodyBlob, HubEventIdentity.WholeBody) })
        {
            Assert.True(EventBlobName.TrySplit(name, out DateTimeOffset time, out string middle));
            Assert.Equal((identity.EnqueuedTime, TimeSpan.Zero), (time, time.Offset));
            Assert.True(HubEventName.TryParse(middle, out long readNumber, out int readRecord));
            Assert.Equal((sequenceNumber, index), (readNumber, readRecord));
        }
    }

    [Theory]
    [InlineData("20261125T03-0", "2516067243440739999-0e614cfdd60e51a0dc2ce9d27dfb3ac1", true)]
    [InlineData("00010101T00-0", "3155378975999999999-0e614cfdd60e51a0dc2ce9d27dfb3ac1", true)]
    [InlineData("99991231T23-0", "0000000000000000000-0e614cfdd60e51a0dc2ce9d27dfb3ac1", true)]
    [InlineData("20261125T03-1", "2516067243440739999-0e614cfdd60e51a0dc2ce9d27dfb3ac1", false)]
    [InlineData("20261125T04-0", "2516067243440739999-0e614cfdd60e51a0dc2ce9d27dfb3ac1", false)]
    [InlineData("20261125T03-0", "2516067243440739999-0e614cfdd60e51a0dc2ce9d27dfb3ac", false)]
    [InlineData("20261125T03-0", "2516067243440739999-0e614cfdd60e51a0dc2ce9d27dfb3acg", false)]
    [InlineData("20261125T03-0", "251606724344073999x-0e614cfdd60e51a0dc2ce9d27dfb3ac1", false)]
    [InlineData("00010101T00-0", "3155378976000000000-0e614cfdd60e51a0dc2ce9d27dfb3ac1", false)]
    [InlineData("20261125T03-0", "", false)]
    public void Keys_are_read_only_if_they_are_those_of_a_detection(string partitionKey, string rowKey, bool expected)
    {
        Assert.Equal(expected, DetectionId.TryOfKeys(partitionKey, rowKey, out DetectionId id));
        Assert.Equal(expected ? (partitionKey, rowKey) : default, expected ? (id.PartitionKey, id.RowKey) : default);
    }

    [Theory]
    [InlineData("2026/11/25/03/14159260000-7-0-0def03ca8c222434676c09ea1a03dc0b", true)]
    [InlineData("2026/11/25/03/14159260000-7-body-0def03ca8c222434676c09ea1a03dc0b", true)]
    [InlineData("2026/11/25/03/14159260000-7-bodies-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/14159260000-7-0-1-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/14159260000--7-0-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/14159260000-7-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/14159260000-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/1415926000-7-0-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/14159260000_7-0-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/13/25/03/14159260000-7-0-0def03ca8c222434676c09ea1a03dc0b", false)]
    [InlineData("2026/11/25/03/14159260000", false)]
    [InlineData("", false)]
    public void A_name_of_another_form_is_not_one_of_an_event(string name, bool expected) =>
        Assert.Equal(expected, EventBlobName.TryParse(name, out _));
}
