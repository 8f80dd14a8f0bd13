using Azure.Core;
using SigmaFunctions.Outputs.Delivering;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Sentinel;

/// <summary>
/// Delivers rows to a table of a Log Analytics workspace, as Microsoft Sentinel reads them, by the Logs Ingestion API of Azure Monitor. Rows that are sent at
/// the same time go together, one call at a time.
/// </summary>
/// <remarks>
/// <para>
/// The API takes a call's rows all together or not at all. Where it refuses several, they are halved until those at fault are alone; these are rejected, the
/// others delivered. What is not settled when the time of a batch (30 s) is over is to be tried again. The API knows no ids: a row that was taken although
/// nobody heard of it is there twice after the next try.
/// </para>
/// <para>
/// Reasons are: the status, with <c>InvalidStream</c> where the rule does not have the stream; <c>redirect (STATUS)</c>; <c>too large</c> for a row beyond the
/// API's limit; <c>no token</c>; <c>asked to wait</c> while a <c>Retry-After</c> of 429 or 503 is not over; <c>timeout</c>, <c>TLS failed</c>,
/// <c>name not resolved</c>, <c>connection refused</c>, <c>connection closed</c>, <c>not reachable</c>; <c>stopped</c> where the sender was disposed; else the
/// type of an exception.
/// </para>
/// </remarks>
public sealed class LogsIngestionSender : IOutputSender
{
    /// <summary>What tokens are for, in Azure's public cloud.</summary>
    public const string PublicAudience = "https://monitor.azure.com";

    /// <summary>The most rows of a call.</summary>
    internal const int MaxRows = 500;

    /// <summary>From how many bytes on rows do not wait for more, uncompressed.</summary>
    internal const int MaxBytes = 900_000;

    /// <summary>The largest row in bytes, uncompressed: the API takes 1 MB a call, before compression as well as after it.</summary>
    internal const int MaxRowBytes = 1_000_000 - Brackets;

    private const int Brackets = 2;

    private readonly LogsIngestionClient _client;
    private readonly Func<Notification, byte[]> _write;
    private readonly TimeProvider _time;
    private readonly IngestionTransport _transport;
    private readonly HoldOff _hold;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();

    // Guarded by the lock.
    private readonly Queue<Row> _waiting = [];
    private long _waitingBytes;
    private bool _sending;
    private TaskCompletionSource? _full;
    private bool _disposed;

    /// <summary>A sender of that output.</summary>
    /// <param name="options">The output, of type <see cref="OutputType.Sentinel"/>.</param>
    /// <param name="write">The row that a notification is sent as: one JSON object in UTF-8.</param>
    /// <param name="credential">Who the app is to Azure; needs the role Monitoring Metrics Publisher on the data collection rule.</param>
    /// <param name="time">The clock.</param>
    /// <param name="audience">What tokens are for, without the scope's <c>//.default</c>.</param>
    /// <exception cref="ArgumentException">Its endpoint is none of https, or rule or stream is missing.</exception>
    public LogsIngestionSender(
        OutputOptions options, Func<Notification, byte[]> write, TokenCredential credential, TimeProvider time, string audience = PublicAudience)
        : this(options, write, credential, time, audience, new IngestionTransport())
    {
    }

    internal LogsIngestionSender(
        OutputOptions options, Func<Notification, byte[]> write, TokenCredential credential, TimeProvider time, string audience, IngestionTransport transport)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentException.ThrowIfNullOrEmpty(audience);
        Uri endpoint = HttpsAddress.Require(options.Endpoint, nameof(options));
        if (string.IsNullOrEmpty(options.DataCollectionRuleId) || string.IsNullOrEmpty(options.Stream))
        {
            throw new ArgumentException("An output of Sentinel needs a data collection rule and a stream.", nameof(options));
        }

        _write = write;
        _time = time;
        _transport = transport;
        _hold = new HoldOff(time);
        _client = new LogsIngestionClient(endpoint, options.DataCollectionRuleId, options.Stream, credential, audience, time, transport);
    }

    /// <inheritdoc/>
    public async Task<DeliveryResult> SendAsync(Notification notification, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notification);
        cancellationToken.ThrowIfCancellationRequested();
        if (_hold.Remaining is TimeSpan left)
        {
            return DeliveryResult.Retry(Failure.AskedToWait, left);
        }

        byte[] body;
        try
        {
            body = _write(notification);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return DeliveryResult.Retry(Failure.Describe(exception));
        }

        if (body.Length > MaxRowBytes)
        {
            return DeliveryResult.Rejected("too large");
        }

        var row = new Row(body, _time.GetTimestamp(), cancellationToken);
        Join(row);
        return await row.Result.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends what is under way: those rows are to be sent again.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _full?.TrySetResult();
        }

        // Not disposed itself, since a batch may just be about to ask it; without a timer there is nothing to free.
        _stopping.Cancel();
    }

    private void Join(Row row)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _waiting.Enqueue(row);
            _waitingBytes += row.Size;
            if (IsFull)
            {
                _full?.TrySetResult();
            }

            if (_sending)
            {
                return;
            }

            _sending = true;
        }

        // Batches belong to nobody: what the first caller's context says (its trace, say) is not true of the others.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(SendWaitingAsync, CancellationToken.None);
        }
    }

    /// <summary>Whether the rows that wait fill a call. Under the lock.</summary>
    private bool IsFull => _waiting.Count >= MaxRows || _waitingBytes >= MaxBytes;

    /// <summary>Sends batches until no row waits. Never throws: each row has its result.</summary>
    private async Task SendWaitingAsync()
    {
        while (true)
        {
            await GatherAsync().ConfigureAwait(false);
            List<Row> batch = [];
            lock (_lock)
            {
                Take(batch);
                if (batch.Count == 0)
                {
                    _sending = false;
                    return;
                }
            }

            await SendAsync(batch).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until there is enough for a call, or the oldest row has waited for long enough.</summary>
    private async Task GatherAsync()
    {
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TimeSpan rest;
        lock (_lock)
        {
            if (_disposed || IsFull || !_waiting.TryPeek(out Row? oldest))
            {
                return;
            }

            rest = _transport.Window - _time.GetElapsedTime(oldest.Since);
            _full = full;
        }

        if (rest > TimeSpan.Zero)
        {
            using ITimer timer = _time.CreateTimer(_ => full.TrySetResult(), null, rest, Timeout.InfiniteTimeSpan);
            await full.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Takes the rows of a call, without those that nobody waits for any more. Under the lock.</summary>
    private void Take(List<Row> batch)
    {
        int bytes = Brackets;
        while (batch.Count < MaxRows && _waiting.TryPeek(out Row? row) && (batch.Count == 0 || bytes + row.Size <= MaxBytes))
        {
            _waiting.Dequeue();
            _waitingBytes -= row.Size;
            if (!row.Cancelled.IsCancellationRequested)
            {
                bytes += row.Size;
                batch.Add(row);
            }
        }
    }

    private async Task SendAsync(List<Row> batch)
    {
        using var timeout = new CancellationTokenSource(_transport.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        var parts = new Stack<List<Row>>([batch]);
        while (parts.TryPop(out List<Row>? part))
        {
            DeliveryResult result = await TryAsync(part, timeout.Token, both.Token).ConfigureAwait(false);
            if (result.Status == DeliveryStatus.Rejected && part.Count > 1)
            {
                int half = part.Count / 2;
                parts.Push(part[half..]);
                parts.Push(part[..half]);
                continue;
            }

            Settle(part, result);
            if (result.Status == DeliveryStatus.Retry)
            {
                // The others would fare no better.
                foreach (List<Row> other in parts)
                {
                    Settle(other, result);
                }

                return;
            }
        }
    }

    private async Task<DeliveryResult> TryAsync(List<Row> part, CancellationToken timeout, CancellationToken cancellationToken)
    {
        if (_hold.Remaining is TimeSpan left)
        {
            return DeliveryResult.Retry(Failure.AskedToWait, left);
        }

        try
        {
            DeliveryResult result = await _client.UploadAsync(part.Select(row => row.Body), cancellationToken).ConfigureAwait(false);
            if (result.RetryAfter is TimeSpan wait)
            {
                _hold.Wait(wait);
            }

            return result;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return DeliveryResult.Retry(
                _stopping.IsCancellationRequested ? Failure.Stopped : timeout.IsCancellationRequested ? Failure.Timeout : Failure.Describe(exception));
        }
    }

    private static void Settle(List<Row> rows, DeliveryResult result)
    {
        foreach (Row row in rows)
        {
            row.Result.TrySetResult(result);
        }
    }

    /// <summary>A row that waits for its result.</summary>
    /// <param name="body">Its JSON.</param>
    /// <param name="since">Since when it waits.</param>
    /// <param name="cancelled">Whether anybody still waits for it.</param>
    private sealed class Row(byte[] body, long since, CancellationToken cancelled)
    {
        public byte[] Body => body;

        /// <summary>Its bytes in a call, with what separates it from the next.</summary>
        public int Size => body.Length + 1;

        public long Since => since;

        public CancellationToken Cancelled => cancelled;

        public TaskCompletionSource<DeliveryResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
