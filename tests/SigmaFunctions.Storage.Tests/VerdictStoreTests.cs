using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Verdicts on a real storage service.</summary>
public sealed class VerdictStoreTests(StorageAccount account) : IAsyncLifetime
{
    private TableClient _client = null!;
    private VerdictStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await account.CreateTableAsync();
        _store = new VerdictStore(_client);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(VerdictKind.TruePositive, "truePositive", "it is one")]
    [InlineData(VerdictKind.FalsePositive, "falsePositive", "ключ \ud83d\ude00\r\n<b>")]
    [InlineData(VerdictKind.Benign, "benign", null)]
    [InlineData(VerdictKind.Withdrawn, "withdrawn", "")]
    public async Task What_is_decided_is_read(VerdictKind kind, string stored, string? reason)
    {
        Detection detection = Some.Factual();

        VerdictResult result = await _store.SetAsync(New(kind, reason), [new VerdictTarget(detection, 0, "1234abcd")], Token);

        var meant = new Verdict(detection.Id, kind, 1, "ann@contoso.example", Some.Time, string.IsNullOrEmpty(reason) ? null : reason, "1234abcd")
        {
            RuleId = "rule",
            RuleTitle = "A title",
            Level = "high",
        };
        Assert.True(result.IsSet);
        Assert.Equal(meant, result.Current[detection.Id]);
        Assert.Equal(meant, await _store.GetAsync(detection.Id, Token));
        Assert.Equal(stored, (await RowAsync(detection)).GetString("Verdict"));
        Assert.Equal([new VerdictChange(kind, 1, meant.By, meant.At, meant.Reason, "1234abcd")], await _store.HistoryAsync(detection.Id, 10, Token));
    }

    /// <summary>What tuning needs outlives the detection.</summary>
    [Fact]
    public async Task The_detection_is_kept_with_it()
    {
        var clock = new FakeTimeProvider(Some.Time);
        TableClient detections = await account.CreateTableAsync();
        var table = new DetectionTable(detections, clock, new OriginalStore(await account.CreateContainerAsync()));
        Detection[] written = [Some.Factual(), Some.Correlated(), Some.Detection(Some.Identity(9)) with { Original = new string('x', 300_000) }];
        await table.AddAsync(written, Token);
        await table.MarkAsync([new AlertOutcome(written[0].Id, HoldReason.Repetition, written[1].Id), new AlertOutcome(written[1].Id)], Token);
        foreach (Detection one in written)
        {
            Detection read = (await table.FindAsync(one.Id, Token))!;
            await _store.SetAsync(New(VerdictKind.FalsePositive), [new VerdictTarget(read, 0)], Token);

            Detection kept = (await _store.FindJudgedAsync(one.Id, Token))!.Value.Detection;

            Assert.Equal(
                (read.Id, read.Identity, read.RuleId, read.RuleTitle, read.RuleAuthor, read.Level, read.Host, read.User, read.Original, read.OriginalBlob, read.OriginalTruncated),
                (kept.Id, kept.Identity, kept.RuleId, kept.RuleTitle, kept.RuleAuthor, kept.Level, kept.Host, kept.User, kept.Original, kept.OriginalBlob, kept.OriginalTruncated));
            Assert.Equal(read.Fields, kept.Fields);
            Assert.Equal(read.Facts?.Process, kept.Facts?.Process);
            Assert.Equal(read.Correlation?.Group ?? [], kept.Correlation?.Group ?? []);
            Assert.Equal(read.Correlation?.Events ?? [], kept.Correlation?.Events ?? []);
            Assert.Equal((null, null, null), (kept.AlertedAt, kept.HeldBack, kept.HeldBackBy));
        }
    }

    [Fact]
    public async Task It_may_be_changed_and_withdrawn_and_every_change_is_kept()
    {
        Detection detection = Some.Detection();
        VerdictKind[] kinds = [VerdictKind.TruePositive, VerdictKind.Benign, VerdictKind.Withdrawn, VerdictKind.FalsePositive];
        foreach ((int version, VerdictKind kind) in kinds.Index())
        {
            Assert.True((await _store.SetAsync(New(kind, $"{version}", version), [new VerdictTarget(detection, version)], Token)).IsSet);
        }

        Assert.Equal((VerdictKind.FalsePositive, 4, "3"), (await _store.GetAsync(detection.Id, Token)) is { } now ? (now.Kind, now.Version, now.Reason) : default);
        IReadOnlyList<VerdictChange> history = await _store.HistoryAsync(detection.Id, 10, Token);
        Assert.Equal(kinds.Reverse(), history.Select(change => change.Kind));
        Assert.Equal([4, 3, 2, 1], history.Select(change => change.Version));
        Assert.Equal([4, 3], (await _store.HistoryAsync(detection.Id, 2, Token)).Select(change => change.Version));
        Assert.Empty(await _store.HistoryAsync(Some.Detection(ruleId: "other").Id, 10, Token));
        Assert.Null(await _store.GetAsync(Some.Detection(ruleId: "other").Id, Token));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    public async Task Whoever_has_seen_another_version_is_told_which_there_is(int there, int expected)
    {
        Detection detection = Some.Detection();
        for (int version = 0; version < there; version++)
        {
            await _store.SetAsync(New(VerdictKind.Benign, $"{version}"), [new VerdictTarget(detection, version)], Token);
        }

        VerdictResult result = await _store.SetAsync(New(VerdictKind.TruePositive), [new VerdictTarget(detection, expected)], Token);

        Assert.False(result.IsSet);
        Assert.Equal(there, result.Current.GetValueOrDefault(detection.Id)?.Version ?? 0);
        Assert.Equal(there == 0 ? 0 : there + 1, await _client.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token));
    }

    [Fact]
    public async Task Of_many_who_decide_at_once_one_does()
    {
        Detection detection = Some.Detection();

        VerdictResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            _store.SetAsync(New(VerdictKind.Benign, $"{number}"), [new VerdictTarget(detection, 0)], Token)));

        VerdictResult won = Assert.Single(results, result => result.IsSet);
        Assert.All(results, result => Assert.Equal(won.Current[detection.Id], result.Current[detection.Id]));
        Assert.Single(await _store.HistoryAsync(detection.Id, 10, Token));
    }

    [Fact]
    public async Task The_same_decision_again_succeeds_and_changes_nothing()
    {
        VerdictTarget[] targets = [new VerdictTarget(Some.Detection(), 0)];
        NewVerdict verdict = New(VerdictKind.Benign, "why");

        Assert.True((await _store.SetAsync(verdict, targets, Token)).IsSet);
        Assert.True((await _store.SetAsync(verdict, targets, Token)).IsSet);
        Assert.False((await _store.SetAsync(New(VerdictKind.Benign, "otherwise"), targets, Token)).IsSet);

        Assert.Single(await _store.HistoryAsync(targets[0].Detection.Id, 10, Token));
    }

    [Fact]
    public async Task Detections_of_one_record_are_judged_together_or_not_at_all()
    {
        Detection[] together = [.. Enumerable.Range(0, VerdictStore.MaxTargets).Select(number => Some.Detection(ruleId: $"rule{number}"))];
        Assert.True((await _store.SetAsync(New(VerdictKind.Benign), [new VerdictTarget(together[7], 0)], Token)).IsSet);

        VerdictResult refused = await _store.SetAsync(New(VerdictKind.TruePositive), [.. together.Select(one => new VerdictTarget(one, 0))], Token);
        Assert.False(refused.IsSet);
        Assert.Equal([together[7].Id], refused.Current.Keys);

        VerdictResult set = await _store.SetAsync(New(VerdictKind.TruePositive), [.. together.Select((one, index) => new VerdictTarget(one, index == 7 ? 1 : 0))], Token);
        Assert.True(set.IsSet);
        IReadOnlyDictionary<DetectionId, Verdict> read = await _store.GetAsync([.. together.Select(one => one.Id), Some.Detection(Some.Identity(99)).Id], Token);
        Assert.Equal(set.Current.OrderBy(one => one.Key.Value, StringComparer.Ordinal), read.OrderBy(one => one.Key.Value, StringComparer.Ordinal));
        Assert.Equal(VerdictStore.MaxTargets, read.Count);
        Assert.All(read.Values, one => Assert.Equal((VerdictKind.TruePositive, one.Id == together[7].Id ? 2 : 1), (one.Kind, one.Version)));
    }

    /// <summary>Records of any size, with as many rules: a transaction takes them, and what is kept says that it was cut.</summary>
    [Theory]
    [InlineData(1, 256_000, false)]
    [InlineData(2, 256_000, false)]
    [InlineData(VerdictStore.MaxTargets, 256_000, true)]
    [InlineData(VerdictStore.MaxTargets, 20_000, false)]
    public async Task Large_originals_are_cut_where_many_are_judged_together(int count, int length, bool isCut)
    {
        string original = new('a', length);
        Detection[] detections = [.. Enumerable.Range(0, count).Select(number => Some.Detection(ruleId: $"rule{number}") with { Original = original })];

        Assert.True((await _store.SetAsync(New(VerdictKind.Benign), [.. detections.Select(one => new VerdictTarget(one, 0))], Token)).IsSet);

        foreach (Detection one in detections)
        {
            Detection kept = (await _store.FindJudgedAsync(one.Id, Token))!.Value.Detection;
            Assert.Equal(isCut, kept.OriginalTruncated);
            Assert.Equal(isCut, kept.Original != original);
            Assert.StartsWith("aaaa", kept.Original, StringComparison.Ordinal);
            Assert.Equal(one.Fields, kept.Fields);
        }
    }

    [Fact]
    public async Task The_worst_that_events_hold_is_taken()
    {
        string worst = string.Concat(Enumerable.Repeat("\u0001€\"", 90_000));
        Detection[] detections =
        [
            .. Enumerable.Range(0, VerdictStore.MaxTargets).Select(number => Some.Detection(ruleId: $"rule{number}") with
            {
                Original = worst,
                Host = worst,
                User = worst,
                Fields = [.. Enumerable.Range(0, 100).Select(field => new DetectedField($"F{field}", worst))],
                Facts = new EventFacts { Process = new ProcessFacts(worst, worst), Parent = new ProcessFacts(worst, worst) },
            }),
        ];

        Assert.True((await _store.SetAsync(New(VerdictKind.Benign, new string('€', NewVerdict.MaxReason)), [.. detections.Select(one => new VerdictTarget(one, 0))], Token)).IsSet);

        Assert.True((await _store.FindJudgedAsync(detections[0].Id, Token))!.Value.Detection.OriginalTruncated);
    }

    [Theory]
    [InlineData(1_000, null, "0 1 2 3 4 5 6 7 8 9", false)]
    [InlineData(10, null, "0 1 2 3 4 5 6 7 8 9", false)]
    [InlineData(9, null, "0 1 2 3 4 5 6 7 8", true)]
    [InlineData(1, null, "0", true)]
    [InlineData(1_000, "rule1", "1 4 7", false)]
    [InlineData(2, "rule1", "1 4", true)]
    public async Task A_range_has_the_newest_first(int max, string? rule, string expected, bool isCut)
    {
        Detection[] detections =
        [
            .. Enumerable.Range(0, 10).Select(number => Some.Detection(Some.Identity(number, enqueued: Some.Time.AddHours(-30 * number), partition: $"{number}"), $"rule{number % 3}")),
        ];
        Detection[] outside = [Some.Detection(Some.Identity(1, enqueued: Some.Time.AddTicks(1)), "rule1"), Some.Detection(Some.Identity(1, enqueued: Some.Time.AddHours(-271)), "rule1")];
        foreach (Detection one in (Detection[])[.. detections, .. outside])
        {
            Assert.True((await _store.SetAsync(New(VerdictKind.Benign), [new VerdictTarget(one, 0)], Token)).IsSet);
            Assert.True((await _store.SetAsync(New(VerdictKind.Withdrawn), [new VerdictTarget(one, 1)], Token)).IsSet);
        }

        foreach (DateTimeOffset from in (DateTimeOffset[])[Some.Time.AddHours(-270), Some.Time.AddHours(-270.5)])
        {
            VerdictRange range = await _store.RangeAsync(from, Some.Time.AddTicks(1), max, rule, Token);

            Assert.Equal(expected, string.Join(' ', range.Verdicts.Select(one => Array.FindIndex(detections, detection => detection.Id == one.Id))));
            Assert.Equal(isCut, range.IsCut);
            Assert.All(range.Verdicts, one => Assert.Equal((VerdictKind.Withdrawn, 2), (one.Kind, one.Version)));
        }

        Assert.Empty((await _store.RangeAsync(Some.Time, Some.Time, 10, null, Token)).Verdicts);
        Assert.Equal(12, (await _store.RangeAsync(DateTimeOffset.UnixEpoch, Some.Time.AddYears(50), 100, null, Token)).Verdicts.Count);
    }

    [Theory]
    [InlineData("VerdictVersion", "secret")]
    [InlineData("Verdict", "unheard of")]
    [InlineData("VerdictAt", 1)]
    public async Task A_row_that_is_none_says_so_without_its_content(string column, object value)
    {
        Detection detection = Some.Detection();
        await _store.SetAsync(New(VerdictKind.Benign), [new VerdictTarget(detection, 0)], Token);
        TableEntity row = await RowAsync(detection);
        row[column] = value;
        await _client.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Replace, Token);

        FormatException exception = await Assert.ThrowsAsync<FormatException>(() => _store.GetAsync(detection.Id, Token));

        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A deployment of an earlier version.</summary>
    [Fact]
    public async Task Where_there_is_no_table_there_are_no_verdicts_and_the_first_one_makes_it()
    {
        var store = new VerdictStore(new TableClient(account.ConnectionString, $"T{Guid.NewGuid():N}"));
        Detection detection = Some.Detection();
        Assert.Null(await store.GetAsync(detection.Id, Token));
        Assert.Null(await store.FindJudgedAsync(detection.Id, Token));
        Assert.Empty(await store.GetAsync([detection.Id], Token));
        Assert.Empty(await store.HistoryAsync(detection.Id, 10, Token));
        Assert.Empty((await store.RangeAsync(Some.Time.AddDays(-9), Some.Time.AddDays(9), 10, null, Token)).Verdicts);
        Assert.Equal(0, await store.RemoveAsync(Some.Time.AddDays(9), 10, Token));

        Assert.True((await store.SetAsync(New(VerdictKind.Benign), [new VerdictTarget(detection, 0)], Token)).IsSet);

        Assert.Equal(VerdictKind.Benign, (await store.GetAsync(detection.Id, Token))!.Kind);
    }

    [Fact]
    public async Task What_is_out_of_bounds_is_refused()
    {
        Detection detection = Some.Detection();
        Assert.Throws<ArgumentException>(() => new NewVerdict(VerdictKind.Benign, " ", Some.Time));
        Assert.ThrowsAny<ArgumentException>(() => new NewVerdict(VerdictKind.Benign, new string('x', NewVerdict.MaxBy + 1), Some.Time));
        Assert.ThrowsAny<ArgumentException>(() => new NewVerdict(VerdictKind.Benign, "ann", Some.Time, new string('x', NewVerdict.MaxReason + 1)));
        Assert.ThrowsAny<ArgumentException>(() => new NewVerdict((VerdictKind)9, "ann", Some.Time));
        foreach (VerdictTarget[] targets in (VerdictTarget[][])
        [
            [],
            [new(detection, -1)],
            [new(detection, VerdictStore.MaxVersion)],
            [new(detection, 0), new(detection, 0)],
            [new(detection, 0), new(Some.Detection(Some.Identity(enqueued: Some.Time.AddHours(1))), 0)],
            [new(detection, 0, new string('x', VerdictTarget.MaxRevision + 1))],
            [.. Enumerable.Range(0, VerdictStore.MaxTargets + 1).Select(number => new VerdictTarget(Some.Detection(ruleId: $"{number}"), 0))],
        ])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => _store.SetAsync(New(VerdictKind.Benign), targets, Token));
        }
    }

    [Fact]
    public async Task Old_ones_are_removed_with_their_history()
    {
        DateTimeOffset before = new(2026, 11, 26, 10, 30, 0, TimeSpan.Zero);
        Detection[] detections = [.. new[] { -200, -90, -29, 60 }.Select(minutes => Some.Detection(Some.Identity(1, enqueued: before.AddMinutes(minutes))))];
        foreach (Detection one in detections)
        {
            await _store.SetAsync(New(VerdictKind.Benign), [new VerdictTarget(one, 0)], Token);
            await _store.SetAsync(New(VerdictKind.TruePositive), [new VerdictTarget(one, 1)], Token);
        }

        Assert.Equal(6, await _store.RemoveAsync(before, 1_000, Token));

        Assert.Equal(detections[2..].Select(one => one.Id), (await _store.RangeAsync(before.AddDays(-1), before.AddDays(1), 10, null, Token)).Verdicts.Select(one => one.Id).Reverse());
        Assert.Equal(6, await _client.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token));
    }

    private static NewVerdict New(VerdictKind kind, string? reason = null, int minutes = 0) => new(kind, "ann@contoso.example", Some.Time.AddMinutes(minutes), reason);

    private async Task<TableEntity> RowAsync(Detection detection) => await _client.GetEntityAsync<TableEntity>(detection.Id.PartitionKey, detection.Id.RowKey, cancellationToken: Token);
}
