using System.Net.Sockets;
using System.Text;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Moq;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf send</c>, with a producer that keeps what it is given.</summary>
public sealed class SendTests : IDisposable
{
    private const string Connection = "Endpoint=sb://ns.example.net/;SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0";
    private const int BatchBytes = 100;

    private readonly CommandLine _cli = new();
    private readonly Mock<EventHubProducerClient> _producer = new();
    private readonly List<List<string>> _batches = [];
    private readonly Dictionary<EventDataBatch, List<EventData>> _open = [];
    private (string Connection, string? Hub) _connected;
    private string? _partitionKey;

    public SendTests()
    {
        _cli.Connect = (connection, hub) =>
        {
            _connected = (connection, hub);
            return _producer.Object;
        };
        _producer
            .Setup(producer => producer.CreateBatchAsync(It.IsAny<CreateBatchOptions>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((CreateBatchOptions options, CancellationToken _) =>
            {
                _partitionKey = options.PartitionKey;
                List<EventData> events = [];
                EventDataBatch batch = EventHubsModelFactory.EventDataBatch(
                    BatchBytes, events, options, data => events.Sum(e => e.EventBody.ToMemory().Length) + data.EventBody.ToMemory().Length <= BatchBytes);
                _open[batch] = events;
                return batch;
            });
        _producer
            .Setup(producer => producer.SendAsync(It.IsAny<EventDataBatch>(), It.IsAny<CancellationToken>()))
            .Callback((EventDataBatch batch, CancellationToken _) => _batches.Add([.. _open[batch].Select(data => data.EventBody.ToString())]))
            .Returns(Task.CompletedTask);
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Each_line_is_one_event()
    {
        string first = _cli.Write("1.ndjson", "{\"n\":1}\n\n{\"n\":2}\r\n");
        string second = _cli.Write("2.ndjson", "{}\nnot json");

        CommandLine.Outcome outcome = await RunAsync("send", first, second, "--connection", Connection, "--hub", "h", "--partition-key", "pk");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(["{\"n\":1}", "{\"n\":2}\r", "{}", "not json"], Assert.Single(_batches));
        Assert.Equal(((Connection, "h"), "pk"), (_connected, _partitionKey));
        Assert.StartsWith("4 events (25 bytes) sent in 1 batches, 0 too large", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batches_are_filled_and_what_fits_none_is_told()
    {
        string file = _cli.Write("e.ndjson", string.Join('\n', "{}" + new string(' ', 58), new string('b', 40), new string('c', 101), new string('d', 1)));

        CommandLine.Outcome outcome = await RunAsync("send", file, "--connection", Connection);

        Assert.Equal([[60, 40], [1]], _batches.Select(batch => batch.Select(body => body.Length).ToArray()));
        Assert.Equal((1, $"sigmaf: {file}:3 is larger than the hub takes"), (outcome.ExitCode, outcome.Errors.TrimEnd()));
    }

    [Fact]
    public async Task The_connection_may_come_from_the_environment()
    {
        _cli.Environment["EVENTHUB_CONNECTION"] = Connection;

        CommandLine.Outcome outcome = await _cli.RunAsync(
            ["send", "-"], new MemoryStream(Encoding.UTF8.GetBytes("{}")), TestContext.Current.CancellationToken);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal((Connection, null), _connected);
    }

    [Fact]
    public async Task A_rate_spaces_the_batches()
    {
        var time = new SteppingTime();
        _cli.Time = time;
        string file = _cli.Write("e.ndjson", string.Concat(Enumerable.Repeat("{}\n", 10)));

        CommandLine.Outcome outcome = await RunAsync("send", file, "--connection", Connection, "--rate", "20");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal([2, 2, 2, 2, 2], _batches.Select(batch => batch.Count));
        Assert.Equal([0.1, 0.1, 0.1, 0.1], time.Delays.Select(delay => Math.Round(delay.TotalSeconds, 3)));
    }

    public static TheoryData<Exception, string> Failures => new()
    {
        { new EventHubsException("h", "m", EventHubsException.FailureReason.ResourceNotFound), "the hub does not exist" },
        { new EventHubsException("h", "m", EventHubsException.FailureReason.ServiceCommunicationProblem), "cannot be reached" },
        { new EventHubsException("h", "m", EventHubsException.FailureReason.ServiceBusy), "throttling" },
        { new UnauthorizedAccessException("token"), "Send right" },
        { new SocketException(), "cannot be reached" },
        { new TimeoutException(), "cannot be reached" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_failure_is_told_with_what_was_sent(Exception failure, string message)
    {
        _producer
            .Setup(producer => producer.SendAsync(It.IsAny<EventDataBatch>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(failure);

        CommandLine.Outcome outcome = await RunAsync("send", _cli.Write("e.ndjson", "{}"), "--connection", Connection);

        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith("sigmaf: sending stopped after 0 events: ", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_the_program_shows_no_code()
    {
        _cli.Connect = (_, _) => throw new InvalidOperationException("unforeseen");

        CommandLine.Outcome outcome = await RunAsync("send", _cli.Write("e.ndjson", "{}"), "--connection", Connection);

        Assert.Equal((70, "sigmaf: internal error: InvalidOperationException: unforeseen"), (outcome.ExitCode, outcome.Errors.TrimEnd()));
    }

    [Theory]
    [InlineData("no connection", "E")]
    [InlineData("the connection string is not one", "E", "--connection", "secret")]
    [InlineData("the connection string is not one", "E", "--connection", "Endpoint=sb://x;SharedAccessKeyName=secret")]
    [InlineData("is for the hub 'one', not for 'two'", "E", "--hub", "two", "--connection", Connection + ";EntityPath=one")]
    [InlineData("does not exist", "no-such-file", "--connection", Connection)]
    [InlineData("--rate", "E", "--rate", "0")]
    [InlineData("Required argument", "--connection", Connection)]
    public async Task What_cannot_run_says_why_and_no_secret(string message, params string[] arguments)
    {
        _cli.Connect = null;
        string events = _cli.Write("e.ndjson", "{}");

        CommandLine.Outcome outcome = await RunAsync(["send", .. arguments.Select(word => word == "E" ? events : word)]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", outcome.Errors, StringComparison.Ordinal);
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) =>
        _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>A clock on which time passes by waiting only, and then at once.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private long _now;

        public List<TimeSpan> Delays { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Delays.Add(dueTime);
            _now += dueTime.Ticks;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
