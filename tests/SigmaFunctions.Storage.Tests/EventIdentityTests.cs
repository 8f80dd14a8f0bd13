using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

public sealed class EventIdentityTests
{
    /// <summary>One of each kind.</summary>
    private static EventIdentity[] Kinds => [Some.Identity(record: 3)];

    public static TheoryData<string> Names => [.. typeof(EventIdentity).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(EventIdentity))).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_row_gives_back_the_identity_and_the_name_of_a_blob_its_time(string kind)
    {
        EventIdentity identity = Assert.Single(Kinds, one => one.GetType().Name == kind);

        Detection read = DetectionRow.FromEntity(DetectionRow.ToEntity(Some.Detection(identity)));

        Assert.Equal(identity, read.Identity);
        Assert.True(EventBlobName.TryParse(EventBlobName.Create(identity), out DateTimeOffset time));
        Assert.Equal(identity.Time, time);
    }

    // Event Hubs Capture keeps a message with all that its identity consists of, the enqueued time in milliseconds.
    [Fact]
    public void A_message_that_is_read_elsewhere_has_the_identity_that_it_had_in_the_hub()
    {
        var captured = new HubEventIdentity("HUB.servicebus.windows.net", "events", "0", DateTimeOffset.FromUnixTimeMilliseconds(1_795_576_455_926), 7, 0);

        Assert.Equal(DetectionId.Create(Some.Identity(), "rule"), DetectionId.Create(captured, "rule"));
        Assert.Equal(EventBlobName.Create(Some.Identity()), EventBlobName.Create(captured));
    }

    [Fact]
    public void The_id_of_a_detection_is_made_once_however_often_it_is_read()
    {
        var identity = new Counting();
        Detection detection = Some.Detection(identity);
        DetectionId[] ids = [detection.Id, detection.Id, (detection with { Host = "WS02" }).Id];

        Assert.Equal(DetectionId.Create(identity, detection.RuleId), Assert.Single(ids.Distinct()));
        Assert.Equal(2, identity.Encodings);
    }

    private sealed record Counting : EventIdentity
    {
        public int Encodings { get; private set; }

        public override DateTimeOffset Time => Some.Time;

        public override T ByKind<T>(Func<HubEventIdentity, T> hubEvent) => throw new NotSupportedException();

        internal override void EncodeOrigin(IdentityEncoding encoding) => Encodings++;

        internal override void EncodeEvent(IdentityEncoding encoding) => encoding.Add(-1);
    }
}
