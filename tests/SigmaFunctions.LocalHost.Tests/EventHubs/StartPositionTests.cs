using SigmaFunctions.LocalHost.EventHubs;

namespace SigmaFunctions.LocalHost.Tests.EventHubs;

public sealed class StartPositionTests
{
    [Theory]
    [InlineData("amqp.annotation.x-opt-offset > '-1'", "Offset", -1, false)]
    [InlineData("amqp.annotation.x-opt-offset >= '1234'", "Offset", 1234, true)]
    [InlineData("amqp.annotation.x-opt-sequence-number > '7'", "SequenceNumber", 7, false)]
    [InlineData("amqp.annotation.x-opt-sequence-number >= 7", "SequenceNumber", 7, true)]
    [InlineData("amqp.annotation.x-opt-enqueued-time > '1764028800000'", "EnqueuedTime", 1764028800000, false)]
    [InlineData("amqp.annotation.x-opt-offset > '@latest'", "Latest", 0, false)]
    public void Selectors_of_the_SDKs_are_read(string selector, string kind, long value, bool inclusive)
    {
        Assert.True(StartPosition.TryParse(selector, out StartPosition position));
        Assert.Equal(new StartPosition(Enum.Parse<StartPositionKind>(kind), value, inclusive), position);
    }

    [Theory]
    [InlineData("")]
    [InlineData("amqp.annotation.x-opt-offset < '5'")]
    [InlineData("amqp.annotation.x-opt-offset > '5' OR 1=1")]
    [InlineData("amqp.annotation.x-opt-offset > '9999999999999999999'")]
    [InlineData("properties.subject = 'a'")]
    public void Other_selectors_are_refused(string selector) => Assert.False(StartPosition.TryParse(selector, out _));
}
