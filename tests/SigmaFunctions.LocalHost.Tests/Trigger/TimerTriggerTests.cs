using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests.Trigger;

public sealed class TimerTriggerTests
{
    private static readonly ImmutableDictionary<string, string> Settings = ImmutableDictionary<string, string>.Empty.Add("Schedule", "30 * * * * *");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_function_is_invoked_when_its_schedule_says_and_its_failures_are_told()
    {
        var worker = new FakeWorker();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        TimerTrigger timer = Assert.Single(TimerTrigger.Find([Function("Other", "blob", ""), Function("Sweep", "timerTrigger", "%Schedule%")], Settings));
        var failures = new List<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task running = timer.RunAsync(worker, failures.Add, time, stop.Token);

        time.Advance(TimeSpan.FromSeconds(24));
        Assert.False(worker.Requests.Reader.TryRead(out _));
        time.Advance(TimeSpan.FromSeconds(1));
        InvocationRequest request = await worker.Requests.Reader.ReadAsync(Cancelled);
        while (failures.Count == 0)
        {
            await Task.Delay(1, Cancelled);
        }

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(("id of Sweep", "timer"), (request.FunctionId, Assert.Single(request.InputData).Name));
        Assert.Equal(["no store"], failures);
    }

    [Theory]
    [InlineData("* * *", "six fields")]
    [InlineData("%Absent%", "Absent")]
    public void A_schedule_that_cannot_be_read_is_said(string schedule, string said)
    {
        LocalHostException failure = Assert.Throws<LocalHostException>(() => TimerTrigger.Find([Function("Sweep", "timerTrigger", schedule)], Settings));

        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    private static RpcFunctionMetadata Function(string name, string type, string schedule) => new()
    {
        Name = name,
        FunctionId = $"id of {name}",
        RawBindings = { $$"""{"name":"timer","type":"{{type}}","direction":"In","schedule":"{{schedule}}"}""" },
    };

    private sealed class FakeWorker : IFunctionWorker
    {
        public Channel<InvocationRequest> Requests { get; } = Channel.CreateUnbounded<InvocationRequest>();

        public ImmutableDictionary<string, string> Capabilities => [];

        public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
        {
            await Requests.Writer.WriteAsync(request, cancellationToken);
            return new InvocationResponse
            {
                Result = new StatusResult { Status = StatusResult.Types.Status.Failure, Exception = new RpcException { Message = "no store" } },
            };
        }
    }
}
