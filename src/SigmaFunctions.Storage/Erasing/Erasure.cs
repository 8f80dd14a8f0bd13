using System.Collections.Immutable;
using Azure;

namespace SigmaFunctions.Storage.Erasing;

/// <summary>
/// Looks for what is of a host or user in stores, one after another, and removes it where asked to. It may be ended at any time and begun again:
/// it keeps nothing between runs, and what is gone is gone.
/// </summary>
/// <param name="stores">The stores (<see cref="PersonalData.Stores"/>).</param>
/// <param name="progress">Is told, now and then and at the end of each store, how far it is.</param>
public sealed class Erasure(IEnumerable<IErasableStore> stores, Action<ErasureResult>? progress = null)
{
    /// <summary>Most ids that a result names, of what was found and of what could not be searched.</summary>
    public const int MaxSamples = 10;

    // What is removed at a time: a transaction of the table.
    private const int MaxBatch = 100;
    private const int ProgressEvery = 10_000;

    /// <summary>Runs through all stores.</summary>
    /// <param name="search">What is looked for.</param>
    /// <param name="removes">Whether it is removed.</param>
    /// <param name="cancellationToken">Ends the work; what was removed stays so.</param>
    /// <returns>What came of each store.</returns>
    /// <exception cref="RequestFailedException">A store could not be reached or refused; what was removed stays so.</exception>
    public async Task<ImmutableArray<ErasureResult>> RunAsync(ErasureSearch search, bool removes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(search);
        ImmutableArray<ErasureResult>.Builder results = ImmutableArray.CreateBuilder<ErasureResult>();
        foreach (IErasableStore store in stores)
        {
            ErasureResult result = await RunAsync(store, search, removes, cancellationToken);
            progress?.Invoke(result);
            results.Add(result);
        }
        return results.DrainToImmutable();
    }

    private async Task<ErasureResult> RunAsync(IErasableStore store, ErasureSearch search, bool removes, CancellationToken cancellationToken)
    {
        var result = new ErasureResult(store.Name);
        var found = new List<ErasureItem>(MaxBatch);
        try
        {
            await foreach (ErasureItem one in store.LookAsync(search, cancellationToken))
            {
                result = result.With(one);
                if (result.LookedAt % ProgressEvery == 0)
                {
                    progress?.Invoke(result);
                }

                if (one.Finding != ErasureFinding.OfSubject)
                {
                    continue;
                }

                found.Add(one);
                if (found.Count == MaxBatch)
                {
                    result = await RemoveAsync(store, found, result, removes, cancellationToken);
                }
            }
        }
        catch (RequestFailedException exception) when (exception.ErrorCode is "TableNotFound" or "ContainerNotFound")
        {
            return result with { IsMissing = true };
        }
        return await RemoveAsync(store, found, result, removes, cancellationToken);
    }

    private static async Task<ErasureResult> RemoveAsync(
        IErasableStore store, List<ErasureItem> found, ErasureResult result, bool removes, CancellationToken cancellationToken)
    {
        int removed = removes && found.Count > 0 ? await store.RemoveAsync(found, cancellationToken) : 0;
        found.Clear();
        return result with { Removed = result.Removed + removed };
    }
}

/// <summary>What came of one store.</summary>
/// <param name="Store">Its name.</param>
public sealed record ErasureResult(string Store)
{
    /// <summary>Whether there is no such table or container.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Detections or blobs that were looked at.</summary>
    public long LookedAt { get; private init; }

    /// <summary>Those found.</summary>
    public long Found { get; private init; }

    /// <summary>Blobs that belong to them, and go with them; one that belongs to several counts for each.</summary>
    public long Blobs { get; private init; }

    /// <summary>Those that were removed.</summary>
    public long Removed { get; init; }

    /// <summary>Those that stay for now, since their alerts are owed.</summary>
    public long Owed { get; private init; }

    /// <summary>Those of which not all could be searched.</summary>
    public long Unsearchable { get; private init; }

    /// <summary>Ids of the first ones found.</summary>
    public ImmutableArray<string> Samples { get; private init; } = [];

    /// <summary>Ids of the first ones of which not all could be searched.</summary>
    public ImmutableArray<string> UnsearchableSamples { get; private init; } = [];

    internal ErasureResult With(ErasureItem one)
    {
        ErasureResult next = this with { LookedAt = LookedAt + 1 };
        return one.Finding switch
        {
            ErasureFinding.OfSubject => next with { Found = Found + 1, Blobs = Blobs + (one.Blob is null ? 0 : 1), Samples = Sampled(Samples, one.Id) },
            ErasureFinding.Owed => next with { Owed = Owed + 1 },
            ErasureFinding.Unsearchable => next with { Unsearchable = Unsearchable + 1, UnsearchableSamples = Sampled(UnsearchableSamples, one.Id) },
            _ => next,
        };
    }

    private static ImmutableArray<string> Sampled(ImmutableArray<string> samples, string id) => samples.Length < Erasure.MaxSamples ? samples.Add(id) : samples;
}
