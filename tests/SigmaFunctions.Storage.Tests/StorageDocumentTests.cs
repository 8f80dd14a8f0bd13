using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Outputs;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>docs/storage.md tells of every table, queue and container, and of every column that people read, and of no others.</summary>
public sealed partial class StorageDocumentTests(StorageAccount account)
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "storage.md"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_table_queue_and_container_is_documented()
    {
        string[] stored =
        [
            $"table {DetectionTable.DefaultName}",
            $"table {DetectionTable.DefaultName}{DetectionIndex.NameSuffix}",
            $"table {DetectionTable.DefaultName}{AlertOutbox.NameSuffix}",
            $"table {DetectionTable.DefaultName}{AlertWindows.NameSuffix}",
            $"table {DetectionTable.DefaultName}{InstanceTable.NameSuffix}",
            $"table {DetectionTable.DefaultName}{CorrelationTable.NameSuffix}",
            $"table {SourceTable.DefaultName}",
            $"table {DetectionTable.DefaultName}{VerdictStore.NameSuffix}",
            $"table {RuleSetTable.DefaultName}",
            $"queue {AlertQueue.DefaultName}",
            $"queue {OutputQueue.NameOf(AlertQueue.DefaultName, "NAME")}",
            $"queue {OutputQueue.NameOf(AlertQueue.DefaultName, "NAME")}{OutputQueue.PoisonSuffix}",
            $"container {DeadLetterStore.DefaultName}",
            $"container {OriginalStore.DefaultName}",
            $"container {RuleStore.DefaultName}",
            $"container {RuleStore.DefaultCompiledName}",
        ];

        Assert.Equal(stored, Rows("| | name | what it holds |").Select(cells => $"{cells[0]} {cells[1].Trim('`')}"));

        // Of what the app creates, StartupTests hold that it is all here.
        Assert.Equal(
            PersonalData.Without.Keys.Concat([DetectionTable.DefaultName, DetectionTable.DefaultName + VerdictStore.NameSuffix, OriginalStore.DefaultName, DeadLetterStore.DefaultName]).Order(StringComparer.Ordinal),
            stored.Select(one => one.Split(' ')[1]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_column_of_a_detection_is_documented()
    {
        using JsonDocument rows = Newest("detections.json");

        Same(
            rows.RootElement.EnumerateArray().SelectMany(row => row.EnumerateObject()).Select(column => column.Name)
                .Where(name => !name.Contains('@', StringComparison.Ordinal)),
            Rows("| property | |").SelectMany(cells => Names(cells[0])));
    }

    [Fact]
    public void All_metadata_of_a_dead_letter_is_documented()
    {
        using JsonDocument letters = Newest("dead-letters.json");

        Same(
            letters.RootElement.EnumerateArray().SelectMany(letter => letter.GetProperty("metadata").EnumerateObject()).Select(one => one.Name),
            Rows("| metadata | |").SelectMany(cells => Names(cells[0])));
    }

    [Fact]
    public async Task Every_column_of_what_arrives_is_documented()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        var key = new SourceKey("events", "evtx", "Security", "Provider", "tenant");
        var day = new SourceDay(key, new DateOnly(2026, 11, 30));
        day.Add(Some.Time, 1);
        await table.AddAsync(day, Token);
        await table.AddCheckAsync(Some.Time, Token);
        await table.TryTellAsync(SourceTold.Nothing(key) with { SilentSince = Some.Time }, null, Token);

        List<TableEntity> rows = await client.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);

        Same(
            rows.SelectMany(row => row.Keys).Except(["PartitionKey", "RowKey", "Timestamp", "odata.etag"]),
            Rows("| row | what it holds | kept for |", "# What arrives").SelectMany(cells => Names(cells[1])));
    }

    private static void Same(IEnumerable<string> stored, IEnumerable<string> documented)
    {
        string[] both = [.. stored.Distinct()];
        string[] told = [.. documented.Distinct()];
        Assert.NotEmpty(both);
        Assert.Equal("", string.Join(' ', both.Except(told).Select(name => $"{name} is not in docs/storage.md.")));
        Assert.Equal("", string.Join(' ', told.Except(both).Select(name => $"{name} is in docs/storage.md and is not stored.")));
    }

    /// <summary>What this version writes: <see cref="StoredFormTests"/> hold that it is the newest fixture.</summary>
    private static JsonDocument Newest(string file) => JsonDocument.Parse(StoredForms.Read(StoredForms.Newest(file)!, file));

    /// <summary>The cells of a table's rows.</summary>
    /// <param name="head">Its first line.</param>
    /// <param name="below">Text of a heading above it.</param>
    private static IEnumerable<string[]> Rows(string head, string below = "#") => Lines
        .SkipWhile(line => !line.StartsWith('#') || !line.Contains(below, StringComparison.Ordinal))
        .SkipWhile(line => line != head)
        .Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Trim('|').Split(" | "))
        .Select(cells => cells.Select(cell => cell.Trim()).ToArray());

    private static IEnumerable<string> Names(string cell) => Quoted().Matches(cell).Select(match => match.Groups[1].Value);

    [GeneratedRegex("`([A-Za-z0-9]+)`")]
    private static partial Regex Quoted();
}
