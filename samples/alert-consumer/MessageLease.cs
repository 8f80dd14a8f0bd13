using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace SigmaFunctions.Samples;

/// <summary>
/// A message that this consumer took off a queue, kept from all others for as long as this lives: the time that it is hidden for is renewed again and again,
/// each time with a new receipt. What is done with the message last (<see cref="DeleteAsync"/>, <see cref="ReleaseAsync"/>) ends that first.
/// </summary>
internal sealed class MessageLease : IAsyncDisposable
{
    // The first third is for work that is short, the last for a renewal that fails.
    private const int RenewalsInTime = 3;
    private const int TriesInTime = 10;

    private readonly QueueClient _queue;
    private readonly string _id;
    private readonly TimeSpan _time;
    private readonly Action<string> _log;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _renewing;
    private string _receipt;
    private long _until;

    /// <summary>Keeps a message.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="message">The message, just taken.</param>
    /// <param name="taken">When it was asked for (<see cref="Environment.TickCount64"/>), hence no later than when it was hidden.</param>
    /// <param name="time">What it is hidden for.</param>
    /// <param name="log">Is told when the message is lost.</param>
    public MessageLease(QueueClient queue, QueueMessage message, long taken, TimeSpan time, Action<string> log)
    {
        _queue = queue;
        _id = message.MessageId;
        _time = time;
        _log = log;
        _receipt = message.PopReceipt;
        _until = taken + (long)time.TotalMilliseconds;
        Lost = _lost.Token;
        _renewing = RenewAsync(_ended.Token);
    }

    /// <summary>Is cancelled when the message is no longer this consumer's: others can see it, have it, or have handled it.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Deletes the message, unless it is lost.</summary>
    /// <returns>Whether it was this consumer's to the end.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<bool> DeleteAsync() => EndAsync(async receipt => await _queue.DeleteMessageAsync(_id, receipt, CancellationToken.None));

    /// <summary>Lets everybody see the message again, unless it is lost.</summary>
    /// <param name="delay">From when on.</param>
    /// <returns>Whether it was this consumer's to the end.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<bool> ReleaseAsync(TimeSpan delay) => EndAsync(async receipt => await UpdateAsync(receipt, delay));

    /// <summary>Stops renewing: the message is seen again when its time is over.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ended.Dispose();
        _lost.Dispose();
    }

    private async Task<bool> EndAsync(Func<string, Task> end)
    {
        await StopAsync();
        if (Lost.IsCancellationRequested)
        {
            return false;
        }

        try
        {
            await end(_receipt);
            return true;
        }
        catch (RequestFailedException exception) when (StoreFailure.IsLost(exception))
        {
            await LoseAsync("another consumer has it, or it is gone");
            return false;
        }
    }

    private async Task StopAsync()
    {
        await _ended.CancelAsync();
        await _renewing;
    }

    // A renewal that was sent is waited for, whatever happens: its answer is the only receipt.
    private async Task RenewAsync(CancellationToken ended)
    {
        TimeSpan pause = _time / RenewalsInTime;
        while (true)
        {
            await Task.Delay(pause, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
            {
                return;
            }

            long start = Environment.TickCount64;
            try
            {
                _receipt = await UpdateAsync(_receipt, _time);
                _until = start + (long)_time.TotalMilliseconds;
                pause = _time / RenewalsInTime;
            }
            catch (RequestFailedException exception) when (StoreFailure.IsLost(exception))
            {
                await LoseAsync("another consumer has it, or it is gone");
                return;
            }
            catch (Exception exception) when (exception is RequestFailedException or AggregateException || StoreFailure.ReasonOf(exception) is not null)
            {
                pause = _time / TriesInTime;
                if (Environment.TickCount64 + (long)pause.TotalMilliseconds >= _until)
                {
                    await LoseAsync(StoreFailure.ReasonOf(exception) ?? "the storage account refuses to keep it hidden");
                    return;
                }
            }
        }
    }

    // Without a text the message stays as it is.
    private async Task<string> UpdateAsync(string receipt, TimeSpan hidden) =>
        (await _queue.UpdateMessageAsync(_id, receipt, messageText: null, hidden, CancellationToken.None)).Value.PopReceipt;

    private Task LoseAsync(string reason)
    {
        _log($"message {_id} is no longer held here: {reason}");
        return _lost.CancelAsync();
    }
}
