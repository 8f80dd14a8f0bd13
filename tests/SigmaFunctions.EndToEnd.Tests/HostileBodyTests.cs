using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>Bodies that are made to exhaust the app, through the built worker.</summary>
public sealed class HostileBodyTests
{
    private const int Rules = 14;

    // README of the limits: of one message, of a rule and of all rules.
    private const int PerRule = 1_000;
    private const int PerMessage = 2_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ImmutableDictionary<string, string> Heap(int megabytes) =>
        ImmutableDictionary<string, string>.Empty.Add("DOTNET_GCHeapHardLimit", $"0x{(long)megabytes << 20:x}");

    [Fact]
    public async Task A_message_of_very_many_matches_is_recorded_up_to_a_limit_and_the_rest_is_counted_and_told()
    {
        const int records = 200_000;
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(NoisyRules.Yaml(Rules), settings: Heap(128));
        await deployment.SendAsync(Packed(Lines(records, number => $$"""{"category":"process_creation","product":"windows","n":{{number}}}""")));

        await deployment.InvokeAsync(await deployment.ReadBatchAsync(1));

        ImmutableArray<TableEntity> rows = await deployment.RowsAsync();
        ILookup<string, TableEntity> byRule = rows.ToLookup(row => row.GetString("RuleId")!);
        Assert.Equal(Rules, byRule.Count);
        Assert.Equal(PerMessage + Rules, rows.Length);
        Assert.All(byRule, rule =>
        {
            TableEntity surplus = Assert.Single(rule, row => row.ContainsKey("Omitted"));
            Assert.InRange(rule.Count(), 2, PerRule + 1);
            Assert.Equal(rule.Max(row => row.GetInt32("Record")), surplus.GetInt32("Record"));
            Assert.Equal(records, rule.Count() + surplus.GetInt32("Omitted"));
        });
        Assert.All(rows, row => Assert.True(row.ContainsKey("AlertedAt") || row.ContainsKey("HeldBack")));
        Assert.True(ProcessUse.PeakMegabytes(deployment.Worker.ProcessId) < 512);
    }

    [Fact]
    public async Task Very_many_unreadable_records_are_one_dead_letter_and_stop_nothing()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml, settings: Heap(96));
        byte[] unreadable = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x\n", 480_000)) + "{\"a\":1}");
        await deployment.SendAsync(unreadable);
        await deployment.SendAsync(MarkedRule.Event("tool.exe marker"));

        await deployment.InvokeAsync(await deployment.ReadBatchAsync(2));

        Assert.Single(await deployment.RowsAsync());
        StoredDeadLetter letter = Assert.Single(await deployment.LettersAsync());
        Assert.Null(letter.Record);
        Assert.StartsWith("480000 records cannot be read", letter.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_little_memory_a_body_of_very_many_events_is_detected_all_the_same()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml, settings: Heap(96));
        await deployment.SendAsync(Packed(Lines(200_000, number => MarkedRule.Event($"tool.exe {number}")) + MarkedRule.Event("tool.exe marker")));

        await deployment.InvokeAsync(await deployment.ReadBatchAsync(1));

        Assert.Equal(200_000, Assert.Single(await deployment.RowsAsync()).GetInt32("Record"));
        Assert.Empty(await deployment.LettersAsync());
    }

    [Fact]
    public async Task A_message_that_ends_one_process_after_the_other_is_put_aside_and_what_is_around_it_is_detected()
    {
        var log = new System.Collections.Concurrent.ConcurrentQueue<WorkerLogLine>();
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml, settings: Heap(40), log: log.Enqueue);
        await deployment.SendAsync(MarkedRule.Event("tool.exe marker 1"));

        // What it unpacks to is more than there is memory for.
        await deployment.SendAsync(Packed(Lines(150_000, number => $"{number * 7_919 % 1_000}{new string('x', 400)}"), CompressionLevel.Optimal));
        await deployment.SendAsync(MarkedRule.Event("tool.exe marker 2"));
        TriggerBatch batch = await deployment.ReadBatchAsync(3);

        int ended = 0;
        while (!await TryInvokeAsync(deployment, batch))
        {
            Assert.InRange(++ended, 1, 8);
            await deployment.Worker.DisposeAsync();
            await deployment.StartWorkerAsync();
        }

        Assert.Equal(3 + 2, ended);
        Assert.Equal([0, 2], (await deployment.RowsAsync()).Select(row => row.GetInt64("SequenceNumber")!.Value).Order());
        Assert.Contains(await deployment.LettersAsync(), letter =>
            letter is { SequenceNumber: 1, Record: null } && letter.Reason == "the app ended 2 times with this message alone in hand");
        Assert.Contains(log, line => line.Message.Contains("run out of memory", StringComparison.Ordinal));
    }

    // False where the worker ended, or answers that it failed and ends thereafter.
    private static async Task<bool> TryInvokeAsync(LocalDeployment deployment, TriggerBatch batch)
    {
        try
        {
            await deployment.InvokeAsync(batch);
            return true;
        }
        catch (Exception exception) when (exception is WorkerException or Xunit.Sdk.TrueException)
        {
            await deployment.Worker.Exited.WaitAsync(TimeSpan.FromSeconds(30), Token);
            return false;
        }
    }

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(number => line(number) + "\n"));

    private static byte[] Packed(string text, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, level))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }
}
