using System.Diagnostics;
using System.Globalization;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>
/// What correlations ask of a table: requests for each match, and this process's time on processors for each batch, over the Azure SDK. <c>CORRELATION_LOAD</c>
/// is the number of batches; <c>CORRELATION_LOAD_TABLE</c> names a file that gets a line of docs/scaling.md for each case.
/// </summary>
public sealed class CorrelationLoadTests(StorageAccount account)
{
    private const int BatchSize = 100;

    private static readonly int Batches = int.Parse(Environment.GetEnvironmentVariable("CORRELATION_LOAD") ?? "5", CultureInfo.InvariantCulture);

    private static readonly DateTimeOffset Begin = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Cases: the condition, how many of a batch's hundred events match, the groups in which they are, and most requests for a match.</summary>
    [Theory]
    [InlineData("all groups different", "gte: 3", 100, int.MaxValue, 3.1)]
    [InlineData("a thousand groups", "gte: 1000000", 100, 1_000, 3.1)]
    [InlineData("one group, below a high threshold", "gte: 1000000", 100, 1, 0.1)]
    [InlineData("one group, that fires again and again", "gte: 10", 100, 1, 0.1)]
    [InlineData("a tenth of the events, in fifty groups", "gte: 5", 10, 50, 3.5)]
    public async Task Requests_follow_from_groups(string name, string condition, int matching, int groups, double most)
    {
        var count = new RequestCount();
        var options = new TableClientOptions();
        options.AddPolicy(count, HttpPipelinePosition.PerRetry);
        var table = new CorrelationTable(new TableClient(account.ConnectionString, $"t{Guid.NewGuid():N}", options));
        await table.CreateIfNotExistsAsync(Token);
        var clock = new FakeTimeProvider(Begin);
        var rules = RuleSet.Load([new RuleFile("c.yml", $"{RandomCorrelations.Bases}\n---\n{CorrelationBench.Correlation($"type: event_count, rules: [a], group-by: [g], timespan: 5m, condition: {{{condition}}}")}")]);
        var matcher = new BodyMatcher(new EventDecoder(new LogSource("test")), new Detector(rules), new BodyLimits { Correlates = true });
        var runner = new CorrelationRunner(
            table,
            new CorrelationAgenda(table, clock),
            new Nowhere(),
            () => rules.CorrelationPlan,
            MsOptions.Create(new CorrelationOptions()),
            new CorrelationMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), clock),
            clock,
            NullLogger<CorrelationRunner>.Instance);
        count.Requests = 0;
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        int match = 0;
        for (int number = 0; number < Batches; number++)
        {
            var batch = new CorrelationBatch(rules.CorrelationPlan);

            // A hundred thousand a minute.
            DateTimeOffset at = Begin.AddMilliseconds(number * 60.0);
            clock.SetUtcNow(at);
            for (int one = 0; one < BatchSize; one++)
            {
                string kind = one < matching ? "a" : "d";
                byte[] body = Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"UtcTime\":\"{at:yyyy-MM-dd HH:mm:ss.fff}\",\"Computer\":\"host{one}\",\"User\":\"user{one}\",\"g\":\"group{(one < matching ? match++ : 0) % groups}\"}}");
                batch.Add(matcher.Match(body, Token).Correlated, new HubEventIdentity("ns", "hub", "0", at, (number * BatchSize) + one, 0));
            }

            await runner.RunAsync(batch, CompletingEvents.None, Token);
        }

        double processors = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds / Batches;
        double requests = (double)count.Requests / match;
        string line = string.Create(CultureInfo.InvariantCulture, $"| {name} | {match:N0} | {requests:0.000} | {(double)count.Requests / Batches:0.0} | {processors:0.0} | {watch.Elapsed.TotalMilliseconds / Batches:0.0} |");
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        Assert.InRange(requests, 0.001, most);
        if (Environment.GetEnvironmentVariable("CORRELATION_LOAD_TABLE") is { Length: > 0 } path)
        {
            await File.AppendAllTextAsync(path, line + "\n", Token);
        }
    }

    private sealed class Nowhere : IFiringRecorder
    {
        public Task RecordAsync(CorrelationTree tree, IReadOnlyList<StoredFiring> firings, ICompletingEvents events, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class RequestCount : HttpPipelineSynchronousPolicy
    {
        private int _requests;

        public int Requests
        {
            get => Volatile.Read(ref _requests);
            set => Volatile.Write(ref _requests, value);
        }

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref _requests);
    }
}
