using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Correlating;
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

namespace SigmaFunctions.App.Tests;

/// <summary>
/// The protocol by which instances that share nothing but a table evaluate correlations (docs/reliability.md): processes take batches of random correlations'
/// events, any other process may go on between two requests, reads are pages and no snapshot, processes end at any request or stand still there while another
/// takes their partition, batches come again, cut in another way, events come late and in any order. At rest the table holds what follows from the set of
/// events, all of it is recorded, and no group has alerted twice within its timespan. <c>CORRELATION_SEEDS</c> is the number of schedules over a table in
/// memory, <c>CORRELATION_AZURITE</c> of those over Azurite.
/// </summary>
public sealed partial class CorrelationModelTests(StorageAccount account)
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    private static readonly int Schedules = int.Parse(Environment.GetEnvironmentVariable("CORRELATION_SEEDS") ?? "1500", CultureInfo.InvariantCulture);

    [Fact]
    public void At_rest_the_table_holds_what_follows_from_the_events() => Gen.Select(RandomCorrelations.Rules, RandomCorrelations.Event.Array[1, 16], Gen.Int).Sample(
        (text, events, seed) => new Schedule(text, events, seed).Run(),
        iter: Schedules);

    /// <summary>Groups that have fired and get more within the timespan, of which most is held off without a look at all of it.</summary>
    [Fact]
    public void It_does_where_firings_hold_off_what_follows() =>
        Gen.Select(RandomCorrelations.Counting, RandomCorrelations.Counted.Array[8, 24], Gen.Int).Sample(
            (text, events, seed) => new Schedule(text, events, seed).Run(),
            iter: Schedules / 2);

    [Fact]
    public async Task It_does_over_the_tables_of_a_store()
    {
        int schedules = int.Parse(Environment.GetEnvironmentVariable("CORRELATION_AZURITE") ?? "5", CultureInfo.InvariantCulture);
        TableClient table = await account.CreateTableAsync();
        Gen.Select(RandomCorrelations.Rules, RandomCorrelations.Event.Array[1, 16], Gen.Int).Sample(
            (text, events, seed) => new Schedule(text, events, seed, table).Run(),
            iter: schedules,
            threads: 1);
    }

    [GeneratedRegex("\"time\":(\\d+)")]
    private static partial Regex Time { get; }

    private sealed class CrashException : Exception;

    private sealed record Message(byte[] Body, HubEventIdentity Identity);

    /// <summary>One process, as long as it lives.</summary>
    private sealed class Process
    {
        public required int Id { get; init; }

        public required PartWriter Writer { get; init; }

        public required CorrelationAgenda Agenda { get; init; }

        public required PartEvaluator Evaluator { get; init; }
    }

    /// <summary>What is recorded, and how often was alerted.</summary>
    private sealed class Recorder(Func<Task> step, Dictionary<DetectionId, StoredFiring> recorded) : IFiringRecorder
    {
        public async Task RecordAsync(CorrelationTree tree, IReadOnlyList<StoredFiring> firings, ICompletingEvents events, CancellationToken cancellationToken)
        {
            foreach (StoredFiring firing in firings)
            {
                await step();
                DetectionId id = firing.Report!.Detected.Id;
                if (!recorded.TryGetValue(id, out StoredFiring? known) || known.Revision < firing.Revision)
                {
                    recorded[id] = firing;
                }
            }
        }
    }

    /// <summary>The way of one process to a table: a step before each request.</summary>
    private sealed class SteppedRows(ICorrelationRows rows, Func<Task> step) : ICorrelationRows
    {
        public Task UpsertAsync(IReadOnlyList<TableEntity> written, CancellationToken cancellationToken) =>
            AfterAsync(async () => { await rows.UpsertAsync(written, cancellationToken); return true; });

        public Task<bool> TryWriteAsync(IReadOnlyList<TableEntity> written, CancellationToken cancellationToken) => AfterAsync(() => rows.TryWriteAsync(written, cancellationToken));

        public Task<bool> TryExchangeAsync(IReadOnlyList<TableEntity> added, IReadOnlyList<TableEntity> removed, CancellationToken cancellationToken) =>
            AfterAsync(() => rows.TryExchangeAsync(added, removed, cancellationToken));

        public Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellationToken) =>
            AfterAsync(() => rows.FindAsync(partition, row, cancellationToken));

        public Task<bool> AnyBeforeAsync(string partition, string row, CancellationToken cancellationToken) =>
            AfterAsync(() => rows.AnyBeforeAsync(partition, row, cancellationToken));

        public IAsyncEnumerable<TableEntity> ReadAsync(string partition, string to, CancellationToken cancellationToken) =>
            EachAsync(rows.ReadAsync(partition, to, cancellationToken));

        public IAsyncEnumerable<TableEntity> ReadFiringsAsync(string partition, string after, string to, CancellationToken cancellationToken) =>
            EachAsync(rows.ReadFiringsAsync(partition, after, to, cancellationToken));

        public IAsyncEnumerable<TableEntity> ReadManyAsync(string from, string to, CancellationToken cancellationToken) =>
            EachAsync(rows.ReadManyAsync(from, to, cancellationToken));

        public IAsyncEnumerable<TableEntity> ReadOldAsync(string partition, DateTimeOffset before, CancellationToken cancellationToken) =>
            EachAsync(rows.ReadOldAsync(partition, before, cancellationToken));

        public Task RemoveAsync(IReadOnlyList<TableEntity> removed, CancellationToken cancellationToken) =>
            AfterAsync(async () => { await rows.RemoveAsync(removed, cancellationToken); return true; });

        private async Task<T> AfterAsync<T>(Func<Task<T>> request)
        {
            await step();
            return await request();
        }

        private async IAsyncEnumerable<TableEntity> EachAsync(IAsyncEnumerable<TableEntity> read)
        {
            await step();
            await foreach (TableEntity row in read)
            {
                yield return row;
            }
        }
    }

    private sealed class Schedule
    {
        private readonly Random _random;
        private readonly FakeTimeProvider _clock = new(Begin);
        private readonly MemoryState _state;
        private readonly RuleSet _rules;
        private readonly BodyMatcher _matcher;
        private readonly List<Message>[] _partitions;
        private readonly Dictionary<DetectionId, StoredFiring> _recorded = [];
        private readonly TimeSpan _grace;

        // What may go on, of each process that waits for a request.
        private readonly List<(int Process, TaskCompletionSource Step)> _waiting = [];
        private readonly bool _crashes;

        // Where time passes quickly, firings are recorded before late events come.
        private readonly bool _isQuick;
        private readonly int _mostFirings;
        private bool _isFree;

        private readonly TableClient? _table;
        private int _lastId;

        public Schedule(string text, string[] events, int seed, TableClient? table = null)
        {
            _table = table;
            _random = new Random(seed);
            _state = new MemoryState(_clock);
            _rules = RuleSet.Load([new RuleFile("c.yml", text)]);
            _matcher = new BodyMatcher(new EventDecoder(new LogSource("test")), new Detector(_rules), new BodyLimits { Correlates = true });
            _partitions = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new List<Message>())];
            _grace = TimeSpan.FromSeconds(_random.Next(0, 10));
            _crashes = _random.Next(3) > 0;
            _isQuick = _random.Next(2) > 0;
            _mostFirings = _random.Next(3) == 0 ? 1 : 1_000;
            string[] ordered = [.. events];
            if (_random.Next(2) == 0)
            {
                _random.Shuffle(ordered);
            }

            long sequence = 0;
            foreach (string one in ordered)
            {
                int seconds = int.Parse(Time.Match(one).Groups[1].Value, CultureInfo.InvariantCulture);
                int partition = _random.Next(_partitions.Length);
                DateTimeOffset enqueued = Begin.AddSeconds(seconds + _random.Next(-2, 20));
                byte[] body = Encoding.UTF8.GetBytes(Time.Replace(one, $"\"time\":$1,\"UtcTime\":\"{Begin.AddSeconds(seconds):yyyy-MM-dd HH:mm:ss.fff}\""));
                _partitions[partition].Add(new Message(
                    body, new HubEventIdentity("ns", "hub", partition.ToString(CultureInfo.InvariantCulture), enqueued, sequence++, 0)));
            }
        }

        public void Run()
        {
            // Of another schedule, which may be of the same correlations.
            ClearAsync().GetAwaiter().GetResult();
            int[] at = new int[_partitions.Length];
            var live = new Running?[_partitions.Length];
            var processes = new Process?[_partitions.Length];
            var paused = new List<Running>();
            Running? sweep = null;
            for (int steps = 0; at.Zip(_partitions).Any(one => one.First < one.Second.Count) || live.Any(one => one is not null) || paused.Count > 0 || sweep is not null; steps++)
            {
                Assert.True(steps < 500_000, "It does not come to an end.");
                int partition = _random.Next(_partitions.Length);
                if (live[partition] is { } running)
                {
                    if (running.Task.IsCompleted)
                    {
                        if (!HasCrashed(running.Task))
                        {
                            at[partition] = Math.Max(at[partition], running.End);
                        }
                        else
                        {
                            // Its memory is gone, and the checkpoint may lie further back.
                            processes[partition] = null;
                            at[partition] = Math.Max(0, at[partition] - _random.Next(4));
                        }

                        live[partition] = null;
                    }
                    else if (_crashes && _random.Next(60) == 0)
                    {
                        // It stands still, and another takes its partition; it goes on some time.
                        paused.Add(running);
                        live[partition] = null;
                        processes[partition] = null;
                        at[partition] = Math.Max(0, at[partition] - _random.Next(4));
                    }
                    else
                    {
                        Step(running);
                    }
                }
                else if (at[partition] < _partitions[partition].Count)
                {
                    int end = Math.Min(_partitions[partition].Count, at[partition] + _random.Next(1, 6));
                    Process process = processes[partition] ??= Create();
                    live[partition] = Begun(process, DeliverAsync(process, _partitions[partition][at[partition]..end]), end);
                }

                if (_random.Next(20) == 0)
                {
                    _clock.Advance(TimeSpan.FromSeconds(_random.Next(_isQuick ? 60 : 4)));
                }

                if (paused.Count > 0 && _random.Next(10) == 0)
                {
                    Running one = paused[_random.Next(paused.Count)];
                    if (!one.Task.IsCompleted)
                    {
                        Step(one);
                    }
                    else
                    {
                        HasCrashed(one.Task);
                        paused.Remove(one);
                    }
                }

                if (sweep is null)
                {
                    if (_random.Next(_isQuick ? 10 : 40) == 0)
                    {
                        Process process = Create();
                        sweep = Begun(process, SweepAsync(process, isLast: false), 0);
                    }
                }
                else if (!sweep.Task.IsCompleted)
                {
                    Step(sweep);
                }
                else
                {
                    HasCrashed(sweep.Task);
                    sweep = null;
                }
            }

            _isFree = true;
            SweepAsync(Create(), isLast: true).GetAwaiter().GetResult();
            CheckAsync().GetAwaiter().GetResult();
        }

        private async Task ClearAsync()
        {
            if (_table is not null)
            {
                await foreach (TableEntity row in _table.QueryAsync<TableEntity>(select: ["PartitionKey", "RowKey"]))
                {
                    await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey);
                }
            }
        }

        // It fails of nothing else.
        private static bool HasCrashed(Task task)
        {
            if (task.IsFaulted)
            {
                Assert.IsType<CrashException>(task.Exception!.InnerException);
            }

            return task.IsFaulted;
        }

        private Running Begun(Process process, Task task, int end)
        {
            var running = new Running(process.Id, task, end);
            Wait(running);
            return running;
        }

        private void Step(Running running)
        {
            TaskCompletionSource step;
            lock (_waiting)
            {
                int found = _waiting.FindIndex(one => one.Process == running.Process);
                step = _waiting[found].Step;
                _waiting.RemoveAt(found);
            }

            if (_crashes && _random.NextDouble() < 0.03)
            {
                step.SetException(new CrashException());
            }
            else
            {
                step.SetResult();
            }

            Wait(running);
        }

        /// <summary>Until it waits for its next request, or has ended: in memory it does already.</summary>
        private void Wait(Running running) => SpinWait.SpinUntil(() =>
        {
            lock (_waiting)
            {
                return running.Task.IsCompleted || _waiting.Exists(one => one.Process == running.Process);
            }
        });

        private Process Create()
        {
            int id = ++_lastId;
            Func<Task> step = () =>
            {
                if (_isFree)
                {
                    return Task.CompletedTask;
                }

                // What follows runs in whoever lets it go on.
                var source = new TaskCompletionSource();
                lock (_waiting)
                {
                    _waiting.Add((id, source));
                }

                return source.Task;
            };
            ICorrelationRows rows = _table is null ? new MemoryCorrelationRows(_state, step) : new SteppedRows(new CorrelationTable(_table), step);
            var agenda = new CorrelationAgenda(rows, _clock);
            IMeterFactory meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
            return new Process
            {
                Id = id,
                Writer = new PartWriter(rows, agenda),
                Agenda = agenda,
                Evaluator = new PartEvaluator(
                    rows,
                    agenda,
                    new Recorder(step, _recorded),
                    new CorrelationMetrics(meters, _clock),
                    _clock,
                    _grace,
                    PartLimits.Default with { ManyRows = 3, Firings = _mostFirings, MergedAfter = TimeSpan.FromSeconds(2) },
                    NullLogger.Instance),
            };
        }

        private sealed record Running(int Process, Task Task, int End);

        private async Task DeliverAsync(Process process, List<Message> messages)
        {
            var batch = new CorrelationBatch(_rules.CorrelationPlan);
            foreach (Message message in messages)
            {
                batch.Add(_matcher.Match(message.Body).Correlated, message.Identity);
            }

            foreach (PartMatches part in batch.Parts)
            {
                await process.Writer.WriteAsync(part, CancellationToken.None);
            }

            foreach (PartMatches part in batch.Parts)
            {
                await process.Evaluator.EvaluateAsync(new PartRequest(part.Part, part.From, part.To, CompletingEvents.None), CancellationToken.None);
            }
        }

        private async Task SweepAsync(Process process, bool isLast)
        {
            var trees = _rules.CorrelationPlan.Trees.ToDictionary(tree => tree.Key);
            await foreach ((TableEntity row, DueEvaluation? due) in process.Agenda.FindDueAsync(isLast ? DateTimeOffset.MaxValue : _clock.GetUtcNow(), CancellationToken.None))
            {
                await process.Evaluator.EvaluateAsync(
                    new PartRequest(TreePart.Of(trees[due!.Tree], due.Part), due.Time, due.Time, CompletingEvents.None, isLast), CancellationToken.None);
                await process.Agenda.RemoveDueAsync(row, CancellationToken.None);
            }
        }

        private async Task CheckAsync()
        {
            List<TableEntity> rows = _table is null ? [.. _state.All] : await _table.QueryAsync<TableEntity>().ToListAsync();
            // What is in the rows is recorded.
            long[] spans = [.. Enumerable.Repeat(0L, 8)];
            List<StoredFiring> firings = [.. rows.Where(row => row.ContainsKey("DetectionId")).Select(row => StateRows.FiringOf(row, spans))];
            Assert.All(firings, firing => Assert.True(firing.IsSuperseded || firing.Report!.Recorded == firing.Revision));
            Assert.All(firings.Where(firing => firing.Report!.Recorded > 0), firing =>
            {
                StoredFiring recorded = _recorded[firing.Report!.Detected.Id];
                Assert.Equal((firing.Revision, firing.IsSuperseded), (recorded.Revision, recorded.IsSuperseded));
            });

            // Whoever is held back has an alert that stands for it.
            Assert.All(_recorded.Values.Where(firing => firing.Report!.OutcomeBy is not null), firing =>
                Assert.Equal(FiringOutcome.Alerts, _recorded.GetValueOrDefault(firing.Report!.OutcomeBy!.Value)?.Report!.Outcome));

            string[] expected = [.. Expected().Order(StringComparer.Ordinal)];
            string[] recorded = [.. _recorded.Values.Where(firing => !firing.IsSuperseded).Select(LineOf).Order(StringComparer.Ordinal)];
            Assert.Equal(expected, recorded);

            foreach (IGrouping<(string, string), StoredFiring> group in _recorded.Values
                .Where(firing => firing.Report!.Outcome == FiringOutcome.Alerts).GroupBy(firing => (firing.Condition, firing.Partition + firing.Group)))
            {
                long[] times = [.. group.Select(firing => firing.Report!.OutcomeFor).Order()];
                Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First > group.First().Span, "Two alerts within the timespan."));
            }
        }

        private static string LineOf(StoredFiring firing) => Line(
            firing.Report!.Detected.Type,
            firing.Report.Detected.Group.Select(one => $"{one.Field}={one.Value}"),
            firing.Report.Detected.Value,
            firing.Report.Detected.First.UtcTicks,
            firing.Report.Detected.Last.UtcTicks,
            firing.Report.Completing,
            firing.Report.Detected.Events.Select(one => (one.Identity, one.RuleId)));

        private static string Line(
            string type, IEnumerable<string> group, string value, long first, long last, HubEventIdentity completing, IEnumerable<(HubEventIdentity, string)> events) =>
            $"{type} {string.Join(',', group)} {value} {first} {last} {completing.SequenceNumber} {string.Join(' ', events.Select(one => $"{one.Item1.SequenceNumber}:{one.Item2}"))}";

        private IEnumerable<string> Expected()
        {
            List<Message> ordered = [.. _partitions.SelectMany(all => all)];
            ordered.Sort((left, right) => StoredMatch.Compare(left.Identity, right.Identity));
            var matches = new CorrelationMatches(_rules.CorrelationPlan);
            for (int place = 0; place < ordered.Count; place++)
            {
                CorrelatedBody body = _matcher.Match(ordered[place].Body).Correlated;
                for (int index = 0; index < body.Count; index++)
                {
                    CorrelatedRecord record = body[index];
                    long time = Math.Min(record.Time!.Value.UtcTicks, ordered[place].Identity.EnqueuedTime.UtcTicks);
                    for (int match = 0; match < record.Count; match++)
                    {
                        matches.Add(record.RuleOf(match), time, place, record.ValuesOf(match));
                    }
                }
            }

            return matches.Detect().Select(one => Line(
                one.Correlation.Correlation.TypeName,
                one.Correlation.Correlation.GroupBy.Zip(one.Group, (name, text) => $"{name}={text}"),
                one.Value.ToString(),
                one.First,
                one.Last,
                ordered[one.Place].Identity,
                one.Events.Select(e => (ordered[e.Place].Identity, e.Rule))));
        }
    }
}
