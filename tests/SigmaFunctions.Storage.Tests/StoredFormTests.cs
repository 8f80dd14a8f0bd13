using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Samples;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Outputs;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Tests;
using static SigmaFunctions.Storage.Tests.StoredExamples;

namespace SigmaFunctions.Storage.Tests;

/// <summary>
/// What every version left in the store is read as it was meant, and what this one writes is what the newest fixture has. <c>STORED_FORMS=v2</c> adds a
/// folder with what differs (Fixtures/README.md).
/// </summary>
public sealed class StoredFormTests(StorageAccount account)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("detections.json")]
    [InlineData("originals.json")]
    [InlineData("index.json")]
    [InlineData("verdicts.json")]
    [InlineData("outbox.json")]
    [InlineData("windows.json")]
    [InlineData("instances.json")]
    [InlineData("rulesets.json")]
    [InlineData("alerts.ndjson")]
    [InlineData("outputs.ndjson")]
    [InlineData("bursts.json")]
    [InlineData("dead-letters.json")]
    [InlineData("rules.json")]
    [InlineData("compiled-rules.json")]
    [InlineData("checkpoints.json")]
    public async Task What_is_written_is_what_the_newest_fixture_has(string file)
    {
        string written = await new StoredExamples(account).WriteAsync(file);
        if (Environment.GetEnvironmentVariable("STORED_FORMS") is { Length: > 0 } version)
        {
            StoredForms.Keep(version, file, written);
        }

        string newest = StoredForms.Newest(file)!;
        string[] now = StoredForms.Comparable(written).Split('\n');
        string[] before = StoredForms.Comparable(StoredForms.Read(newest, file)).Split('\n');
        int line = now.Zip(before).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(
            line == now.Length && line == before.Length,
            $"The stored form differs from Fixtures/{newest}/{file}, first in line {line + 1}: '{now.ElementAtOrDefault(line)}' instead of "
            + $"'{before.ElementAtOrDefault(line)}'. "
            + "If that is meant, and the version before can read it: Fixtures/README.md.");
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "detections.json", MemberType = typeof(StoredForms))]
    public async Task Detections_are_listed_and_shown(string version)
    {
        TableClient table = await account.CreateTableAsync();
        BlobContainerClient container = await account.CreateContainerAsync();
        await StoredForms.RestoreAsync(version, "detections.json", table);
        await StoredForms.RestoreAsync("v1", "originals.json", container);
        var detections = new DetectionTable(table, originals: new OriginalStore(container));
        var filter = new DetectionFilter(Now.AddHours(-1), Now.AddHours(1)) { IncludesSuperseded = true };

        List<Detection> listed = await new DetectionSearch(table).NewestAsync(filter, 100, Token).ToListAsync(Token);
        Detection[] all = [.. StoredExamples.Detections, .. FurtherDetectionsOf(version)];
        Assert.Equal(all.Select(detection => detection.Id.Value).Order(), listed.Select(detection => detection.Id.Value).Order());
        foreach (Detection meant in all)
        {
            Detection shown = (await detections.FindAsync(meant.Id, Token))!;
            Assert.Equal(meant.Identity, shown.Identity);
            Assert.Equal(Json(meant), Json(shown));
            string whole = meant.Id == InBlob.Id ? InBlob.Original : meant.Original;
            Assert.Equal(whole, await detections.ReadOriginalAsync(shown, Token));
        }
        listed = await new DetectionSearch(table).NewestAsync(filter with { Level = "low" }, 100, Token).ToListAsync(Token);
        Assert.Equal(["low"], listed.Select(detection => detection.RuleId));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "detections.json", MemberType = typeof(StoredForms))]
    public async Task Detections_that_come_again_change_nothing_and_those_owed_are_told(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "detections.json", table);
        string before = await StoredForms.DumpAsync(table);

        RecordedDetections recorded = await new DetectionTable(table).AddAsync(
            [Plain, Bare, InParts, Counting, Low, Repeated, Muted, .. FurtherDetectionsOf(version)], Token);

        Assert.Equal(version is "v1" or "v3" ? [Plain.Id, Bare.Id] : new[] { Plain.Id, Bare.Id, Factual.Id }, recorded.Owed.Select(detection => detection.Id));
        Assert.Empty(recorded.HeldBack);
        Assert.Equal(before, await StoredForms.DumpAsync(table));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "index.json", MemberType = typeof(StoredForms))]
    public async Task Pointers_lead_to_detections(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "index.json", table);
        var index = new DetectionIndex(table);

        foreach ((IndexKind kind, string value, DetectionId[] ids) in ((IndexKind, string, DetectionId[])[])
        [
            (IndexKind.Host, Factual.Host!, [Plain.Id, Factual.Id, Burst.Id]), (IndexKind.User, Factual.User!, [Plain.Id, Factual.Id, Burst.Id]),
            (IndexKind.Rule, Burst.RuleId, [Burst.Id]), (IndexKind.File, Factual.Facts!.Hashes!.Sha256!, [Factual.Id]),
        ])
        {
            Assert.Equal(
                ids.Select(id => id.Value).Order(),
                (await index.FindAsync(kind, value, Now.AddHours(-1), Now.AddHours(1), 10, Token)).Ids.Select(id => id.Value).Order());
        }

        Assert.Equal(1, (await index.RuleHistoryAsync(Burst.RuleId, Now.AddHours(-1), Now.AddHours(1), Token)).HostCount);
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "verdicts.json", MemberType = typeof(StoredForms))]
    public async Task Verdicts_and_what_they_are_on_are_read(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "verdicts.json", table);
        var store = new VerdictStore(table);

        Assert.Equal(StoredVerdicts, (await store.RangeAsync(Now.AddHours(-1), Now.AddHours(1), 10, null, Token)).Verdicts.OrderBy(one => one.At));
        Assert.Equal([VerdictKind.Withdrawn, VerdictKind.FalsePositive], (await store.HistoryAsync(Factual.Id, 10, Token)).Select(change => change.Kind));
        Assert.Equal(Json(Factual), Json((await store.FindJudgedAsync(Factual.Id, Token))!.Value.Detection));
        Assert.True((await store.SetAsync(new NewVerdict(VerdictKind.Benign, "ann", Now), [new VerdictTarget(Factual, 2)], Token)).IsSet);
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "outbox.json", MemberType = typeof(StoredForms))]
    public async Task Claims_and_entries_tell_what_may_be_owed(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "outbox.json", table);
        List<OutboxEntry> entries = await new AlertOutbox(table).FindAsync(DateTimeOffset.UtcNow.AddYears(100), Token).ToListAsync(Token);
        var clock = new FakeTimeProvider(Now.AddDays(1));
        List<LeftClaim> claims = await new AlertClaims(table, clock).FindAsync(Token)
            .OrderBy(claim => claim.RowKey, StringComparer.Ordinal).ToListAsync(Token);

        if (version == "v0")
        {
            // The form before claims.
            Assert.Empty(claims);
            OutboxEntry entry = Assert.Single(entries);
            Assert.Equal(new[] { Plain.Id, Bare.Id }, entry.Ids);
            Assert.Equal(Now, entry.WrittenAt);
            return;
        }
        Assert.Empty(entries);
        DateTimeOffset from = new(2026, 11, 25, 3, 10, 0, TimeSpan.Zero);
        Assert.Equal(
            [
                new ClaimedSpan(Plain.Id.PartitionKey, from, from.AddMinutes(10)),
                new ClaimedSpan(Bare.Id.PartitionKey, from.AddMinutes(10), from.AddMinutes(20)),
            ],
            claims.Select(claim => claim.Span));
        Assert.All(claims, claim => Assert.Equal(Now, claim.RenewedAt));
        Assert.Equal(["", Bare.Id.RowKey[..19]], claims.Select(claim => claim.After));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "windows.json", MemberType = typeof(StoredForms))]
    public async Task Windows_hold_what_they_held(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "windows.json", table);
        var windows = new AlertWindows(table);

        Assert.Equal(Window, (await windows.LookAsync(WindowKey, Token)).Window);
        foreach ((string rule, RuleMutes meant) in new[] { (LoudRule, Mutes), ("low", HostMutes) })
        {
            RuleMutes read = (await windows.LookAtMutesAsync(rule, Token)).Mutes;
            Assert.Equal(meant.Everywhere, read.Everywhere);
            Assert.Equal(meant.Hosts.OrderBy(host => host.Key), read.Hosts.OrderBy(host => host.Key));
        }
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "instances.json", MemberType = typeof(StoredForms))]
    public async Task Instances_their_progress_and_the_batches_they_began_are_known(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "instances.json", table);

        Assert.Equal(Json(Instance), Json(Assert.Single(await new InstanceTable(table).ListAsync(Now, Token))));
        IReadOnlyList<PartitionProgress> partitions = await new PartitionProgressTable(table).ListAsync(Now, Token);
        Assert.Equal([Json(Behind), Json(Unseen)], partitions.OrderBy(partition => partition.Partition, StringComparer.Ordinal).Select(Json));
        var attempts = new BatchAttempts(table);
        Assert.Equal(Begun, await attempts.FindAsync(Some.Identity(partition: "0"), Token));
        Assert.Equal(Alone, await attempts.FindAsync(Some.Identity(partition: "1"), Token));
        if (version == "v1")
        {
            return;
        }
        // Since v2 there are canaries with proofs.
        var canaries = new CanaryTable(table);
        Assert.Equal(CanaryKey, await canaries.GetKeyAsync(Token));
        Assert.Equal(CanaryTable.NameOf(Plain.Identity), await canaries.TakeAsync(CanaryProof, Bare.Identity, Now, Token));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "rulesets.json", MemberType = typeof(StoredForms))]
    public async Task What_was_told_of_rule_sets_is_known(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "rulesets.json", table);

        Assert.Equal([Json(Broken), Json(Running)], (await new RuleSetTable(table).ListAsync(Token)).Select(Json));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "rules.json", MemberType = typeof(StoredForms))]
    public async Task The_pushed_set_counts_and_what_another_build_compiled_does_not(string version)
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        await StoredForms.RestoreAsync(version, "rules.json", container);
        var store = new RuleStore(container, compiled: await RestoreCompiledAsync(version));

        PushedRuleSet set = Assert.Single(await store.ListSetsAsync(Token));
        Assert.Equal((Now, 2), (set.PushedAt, set.Rules));
        RuleStoreVersion current = await store.GetVersionAsync(Token);
        Assert.Equal(set.Name, current.Set);
        RuleStoreContent content = await store.ReadAsync(current, withRules: true, Token);
        Assert.Equal(SetFiles, content.Files);
        Assert.Equal((Overrides, Placeholders), (content.Overrides, content.Placeholders));
        Assert.Null(await store.ReadPackAsync(Process, Token));
        Assert.True(await store.TryPointAsync(set.Name, Token));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "dead-letters.json", MemberType = typeof(StoredForms))]
    public async Task Dead_letters_are_listed_and_hold_what_could_not_be_read(string version)
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        await StoredForms.RestoreAsync(version, "dead-letters.json", container);
        var store = new DeadLetterStore(container);

        List<StoredDeadLetter> letters = await store.ListAsync(Now.AddHours(-1), Now.AddHours(1), Token).ToListAsync(Token);

        Assert.Equal([(LetterOfRecord.Name, 2), (LetterOfBody.Name, null)], letters.Select(letter => (letter.Name, letter.Record)));
        foreach ((DeadLetter meant, StoredDeadLetter letter) in new[] { LetterOfRecord, LetterOfBody }.Zip(letters))
        {
            Assert.Equal(meant.Identity, new HubEventIdentity(letter.Namespace!, letter.EventHub!, letter.Partition!, letter.EnqueuedTime, letter.SequenceNumber, letter.Record ?? -1));
            Assert.Equal((meant.Reason, meant.Offset, AppVersion), (letter.Reason, letter.Offset, letter.AppVersion));
        }
        Assert.Equal(LetterOfRecord.Content.ToArray(), (await store.ReadAsync(LetterOfRecord.Name, Token))!.ToArray());
        Assert.Equal(LetterOfBody.Content.ToArray(), (await store.ReadAsync(LetterOfBody.Name, Token))!.ToArray());
        Assert.Equal(2, (await store.WriteAsync([LetterOfRecord, LetterOfBody], Token)).Existing);
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "alerts.ndjson", MemberType = typeof(StoredForms))]
    public async Task Alerts_are_of_the_schema_and_tell_what_they_told(string version)
    {
        string[] messages = StoredForms.ReadMessages(version, "alerts.ndjson");
        ImmutableArray<Alert> all = AlertsOf(version);

        Assert.All(messages, message => Assert.True(AlertSchema.Json.Evaluate(JsonNode.Parse(message).Deserialize<JsonElement>()).IsValid, message));
        Assert.Equal(all.Select(Json), messages.Select(message => Json(Alert.Parse(Encoding.UTF8.GetBytes(message)))));

        // The consumer that ships as a sample handles each, with its detection.
        QueueClient queue = await account.CreateQueueAsync();
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "alerts.ndjson", queue, account.ConnectionString);
        await StoredForms.RestoreAsync(version, "detections.json", table);
        var handled = new List<(string, string?)>();
        var consumer = new AlertConsumer(
            new QueueClient(account.ConnectionString, queue.Name),
            await account.CreateQueueAsync(QueueMessageEncoding.None),
            new DetectionTable(table),
            await account.CreateTableAsync(),
            (alert, detection, _) =>
            {
                handled.Add((alert.Id, detection?.Id.Value));
                return Task.CompletedTask;
            },
            _ => { });
        Assert.True(await consumer.RunAsync(isOnce: true, Token));
        Assert.Equal(all.Select(alert => (alert.Id, (string?)alert.Id)).Order(), handled.Order());
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "outputs.ndjson", MemberType = typeof(StoredForms))]
    public void Messages_of_outputs_tell_what_is_to_be_delivered(string version)
    {
        IEnumerable<OutputMessage> messages = StoredForms.ReadMessages(version, "outputs.ndjson").Select(message => OutputMessage.Parse(Encoding.UTF8.GetBytes(message)));

        Assert.Equal(
            OutputMessages.Select(message => (message.Since, message.Attempts, message.Burst, Json(message.Alert))),
            messages.Select(message => (message.Since, message.Attempts, message.Burst, Json(message.Alert))));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "bursts.json", MemberType = typeof(StoredForms))]
    public async Task Bursts_say_what_was_delivered_and_count_the_rest(string version)
    {
        TableClient table = await account.CreateTableAsync();
        await StoredForms.RestoreAsync(version, "bursts.json", table);
        var bursts = new BurstTable(table, OutputName);

        StoredBurst burst = (await bursts.LookAsync(Rule, Token)).Burst!;
        Assert.Equal((Grouped.Burst, true, false), (burst.Burst, burst.IsAnnounced, burst.IsClosed));
        Assert.Equal(Grouped.Told, burst.Told);
        Assert.Equal(StoredExamples.Alerts.Length, (await bursts.CountAsync(Grouped.Burst, 10, Token)).Alerts);
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "checkpoints.json", MemberType = typeof(StoredForms))]
    public async Task Checkpoints_of_this_machine_say_how_far_a_partition_is(string version)
    {
        var container = new BlobContainerClient(account.ConnectionString, CheckpointBlobs.ContainerName);
        var checkpoints = new CheckpointBlobs(account.ConnectionString);
        await checkpoints.CreateContainerIfNotExistsAsync(Token);
        await StoredForms.RestoreAsync(version, "checkpoints.json", container);

        Assert.Equal(12, await checkpoints.ReadAsync(new BatchSource("fixture.servicebus.windows.net", "events", "$default", "0"), Token));
    }

    // Up to v1 what was compiled is beside the rules.
    private async Task<BlobContainerClient?> RestoreCompiledAsync(string version)
    {
        if (version == "v1")
        {
            return null;
        }

        BlobContainerClient compiled = await account.CreateContainerAsync();
        await StoredForms.RestoreAsync(version, "compiled-rules.json", compiled);
        return compiled;
    }

    // Records that hold lists are compared by all that they say.
    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}
