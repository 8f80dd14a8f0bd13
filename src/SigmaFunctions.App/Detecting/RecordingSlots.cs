namespace SigmaFunctions.App.Detecting;

/// <summary>
/// Bounds how many partitions of this instance make detections and record them at the same time; each has one slice in hand. A slot is kept for
/// one slice, so that a partition with very many detections takes turns with one that has few.
/// </summary>
public sealed class RecordingSlots : IDisposable
{
    /// <summary>Slices at the same time.</summary>
    public const int Maximum = 8;

    private readonly SemaphoreSlim _slots = new(Maximum, Maximum);

    /// <summary>Takes a slot, as soon as there is one.</summary>
    public Task EnterAsync(CancellationToken cancellationToken) => _slots.WaitAsync(cancellationToken);

    /// <summary>Gives a slot back.</summary>
    public void Exit() => _slots.Release();

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();
}
