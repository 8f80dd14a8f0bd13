using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.App.Tests;

/// <summary>Rows in memory, with tags as the service gives them; any number of clients may use them.</summary>
internal sealed class MemoryRows
{
    private readonly Dictionary<(string, string), TableEntity> _rows = [];
    private int _tags;

    public IReadOnlyList<TableEntity> All
    {
        get
        {
            lock (_rows)
            {
                return [.. _rows.Values.Select(Copy)];
            }
        }
    }

    public TableEntity? Find(string partition, string row)
    {
        lock (_rows)
        {
            return _rows.TryGetValue((partition, row), out TableEntity? found) ? Copy(found) : null;
        }
    }

    public ETag Add(ITableEntity row)
    {
        lock (_rows)
        {
            return _rows.ContainsKey((row.PartitionKey, row.RowKey)) ? throw Failed(409, TableErrorCode.EntityAlreadyExists) : Set(row);
        }
    }

    public ETag Update(ITableEntity row, ETag tag, TableUpdateMode mode)
    {
        lock (_rows)
        {
            if (!_rows.TryGetValue((row.PartitionKey, row.RowKey), out TableEntity? found))
            {
                throw Failed(404, TableErrorCode.ResourceNotFound);
            }

            if (tag != ETag.All && tag != found.ETag)
            {
                throw Failed(412, TableErrorCode.UpdateConditionNotSatisfied);
            }

            TableEntity next = mode == TableUpdateMode.Replace ? new TableEntity(row.PartitionKey, row.RowKey) : Copy(found);
            foreach ((string name, object? value) in (TableEntity)row)
            {
                if (value is not null)
                {
                    next[name] = value;
                }
            }

            return Set(next);
        }
    }

    public void Upsert(ITableEntity row)
    {
        lock (_rows)
        {
            Set(row);
        }
    }

    public void Remove(string partition, string row)
    {
        lock (_rows)
        {
            _rows.Remove((partition, row));
        }
    }

    private static TableEntity Copy(TableEntity row) => new(row) { ETag = row.ETag };

    private static RequestFailedException Failed(int status, TableErrorCode code) => new(status, "Refused.", code.ToString(), null);

    private ETag Set(ITableEntity row)
    {
        TableEntity copy = Copy((TableEntity)row);
        copy.ETag = new ETag($"\"{++_tags}\"");
        _rows[(row.PartitionKey, row.RowKey)] = copy;
        return copy.ETag;
    }
}

/// <summary>The way of one process to the store: one request of it may fail, or let something else happen first.</summary>
internal sealed class Wire
{
    private int _requests;
    private int _failAt;
    private bool _isAnswerLost;
    private int _pauseAt;
    private Func<Task>? _meanwhile;

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Says what happens to the requests that follow, counted from 1; 0 is none.</summary>
    public void Reset(int failAt = 0, bool isAnswerLost = false, int pauseAt = 0, Func<Task>? meanwhile = null) =>
        (_requests, _failAt, _isAnswerLost, _pauseAt, _meanwhile) = (0, failAt, isAnswerLost, pauseAt, meanwhile);

    public async Task<T> SendAsync<T>(Func<T> effect)
    {
        int request = Interlocked.Increment(ref _requests);

        // As on a network, requests that are made together are under way together: one that fails does not keep back the other.
        await Task.Yield();
        if (request == _pauseAt)
        {
            await _meanwhile!();
        }

        if (request == _failAt && !_isAnswerLost)
        {
            throw new RequestFailedException(503, "Busy");
        }

        T result = effect();
        return request == _failAt ? throw new RequestFailedException(503, "Busy") : result;
    }
}

/// <summary>A client of rows in memory.</summary>
internal sealed class MemoryTable(MemoryRows rows, Wire wire) : TableClient
{
    public override string Name => "Detections";

    public override Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default) => wire.SendAsync<NullableResponse<T>>(
            () => rows.Find(partitionKey, rowKey) is T row ? Azure.Response.FromValue(row, new TagResponse(null)) : new Nothing<T>());

    public override Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default) =>
        wire.SendAsync<Response>(() => new TagResponse(rows.Add(entity)));

    public override Task<Response> UpdateEntityAsync<T>(
        T entity, ETag ifMatch, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default) =>
        wire.SendAsync<Response>(() => new TagResponse(rows.Update(entity, ifMatch, mode)));

    public override Task<Response> UpsertEntityAsync<T>(T entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default) =>
        wire.SendAsync<Response>(() =>
        {
            rows.Upsert(entity);
            return new TagResponse(null);
        });

    public override Task<Response> DeleteEntityAsync(string partitionKey, string rowKey, ETag ifMatch = default, CancellationToken cancellationToken = default) =>
        wire.SendAsync<Response>(() =>
        {
            rows.Remove(partitionKey, rowKey);
            return new TagResponse(null);
        });

    /// <summary>Rows between two of a partition, which is all that is asked of it.</summary>
    public override AsyncPageable<T> QueryAsync<T>(
        string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. filter!.Split('\'').Where((_, place) => place % 2 == 1)];
        return new OnePage<T>(wire.SendAsync<IReadOnlyList<T>>(() =>
        [
            .. rows.All.Where(row => row.PartitionKey == texts[0] && string.CompareOrdinal(row.RowKey, texts[1]) > 0 && string.CompareOrdinal(row.RowKey, texts[2]) < 0).Cast<T>(),
        ]));
    }

    private sealed class OnePage<T>(Task<IReadOnlyList<T>> rows) : AsyncPageable<T>
        where T : notnull
    {
        public override async IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
        {
            yield return Page<T>.FromValues(await rows, null, new TagResponse(null));
        }
    }

    public override Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default) => wire.SendAsync(() =>
        Azure.Response.FromValue<IReadOnlyList<Response>>(
            [.. transactionActions.Select(action => new TagResponse(action.ActionType == TableTransactionActionType.Add
                ? rows.Add(action.Entity)
                : rows.Update(action.Entity, action.ETag, TableUpdateMode.Merge)))],
            new TagResponse(null)));

    private sealed class Nothing<T> : NullableResponse<T>
    {
        public override bool HasValue => false;

        public override T? Value => throw new InvalidOperationException();

        public override Response GetRawResponse() => new TagResponse(null);
    }

    private sealed class TagResponse(ETag? tag) : Response
    {
        public override int Status => 200;

        public override string ReasonPhrase => "OK";

        public override Stream? ContentStream { get; set; }

        public override string ClientRequestId { get; set; } = "";

        public override void Dispose()
        {
        }

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = name == HttpHeader.Names.ETag ? tag?.ToString() : null;
            return value is not null;
        }

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = null;
            return false;
        }

        protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];
    }
}

/// <summary>A client of a queue in memory.</summary>
internal sealed class MemoryQueue(ConcurrentQueue<Alert> alerts, Wire wire) : QueueClient
{
    public override Task<Response<SendReceipt>> SendMessageAsync(
        BinaryData message, TimeSpan? visibilityTimeout = null, TimeSpan? timeToLive = null, CancellationToken cancellationToken = default) => wire.SendAsync(() =>
    {
        alerts.Enqueue(Alert.Parse(message));
        return Azure.Response.FromValue(QueuesModelFactory.SendReceipt("", default, default, "", default), null!);
    });
}

/// <summary>A queue in memory whose messages are seen from a time on; any number of clients may use it.</summary>
internal sealed class MemoryMessages(TimeProvider clock)
{
    private readonly List<(DateTimeOffset At, byte[] Body)> _messages = [];

    /// <summary>When the next message is seen; null where there is none.</summary>
    public DateTimeOffset? Next
    {
        get
        {
            lock (_messages)
            {
                return _messages is [] ? null : _messages.Min(message => message.At);
            }
        }
    }

    public IReadOnlyList<byte[]> All
    {
        get
        {
            lock (_messages)
            {
                return [.. _messages.Select(message => message.Body)];
            }
        }
    }

    public void Add(byte[] body, TimeSpan delay)
    {
        lock (_messages)
        {
            _messages.Add((clock.GetUtcNow() + delay, body));
        }
    }

    /// <summary>Takes one that can be seen; null where there is none.</summary>
    public byte[]? Take(int place)
    {
        lock (_messages)
        {
            (DateTimeOffset At, byte[] Body)[] seen = [.. _messages.Where(message => message.At <= clock.GetUtcNow())];
            if (seen is [])
            {
                return null;
            }

            (DateTimeOffset At, byte[] Body) taken = seen[place % seen.Length];
            _messages.Remove(taken);
            return taken.Body;
        }
    }
}

/// <summary>A client of a queue in memory.</summary>
internal sealed class MemoryMessageQueue(MemoryMessages messages, Wire wire) : QueueClient
{
    public override Task<Response<SendReceipt>> SendMessageAsync(
        BinaryData message, TimeSpan? visibilityTimeout = null, TimeSpan? timeToLive = null, CancellationToken cancellationToken = default) => wire.SendAsync(() =>
    {
        messages.Add(message.ToArray(), visibilityTimeout ?? TimeSpan.Zero);
        return Azure.Response.FromValue(QueuesModelFactory.SendReceipt("", default, default, "", default), null!);
    });
}
