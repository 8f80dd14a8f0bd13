using System.Collections.Immutable;
using System.Text.Json;

namespace SigmaFunctions.Storage.Sources;

/// <summary>What people were told of a source, and has not been taken back.</summary>
/// <param name="Source">The source.</param>
/// <param name="SilentSince">When its last event had been enqueued before it was told as silent (UTC); null where it is not.</param>
/// <param name="Lost">The fields that were told as lost.</param>
public sealed record SourceTold(SourceKey Source, DateTimeOffset? SilentSince, ImmutableArray<LostField> Lost)
{
    /// <summary>Most fields of a source that people are told of.</summary>
    public const int MaxLost = 64;

    /// <summary>Most characters of them as JSON, as the table has them: a property of it holds 32 Ki.</summary>
    public const int MaxLostCharacters = 30_000;

    /// <summary>Nothing.</summary>
    public static SourceTold Nothing(SourceKey source) => new(source, null, []);

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => SilentSince is null && Lost.IsEmpty;

    /// <summary>What of it still counts on a day (UTC): what has been missed for a month is what is usual.</summary>
    public SourceTold At(DateOnly day) => this with { Lost = [.. Lost.Where(field => field.Since > day.AddDays(-SourceJudge.DaysNeeded))] };

    /// <summary>What is to be told now.</summary>
    /// <param name="state">How the source is.</param>
    /// <param name="changes">What has changed since.</param>
    /// <returns>What is told then.</returns>
    public SourceTold Next(SourceState state, out SourceChanges changes)
    {
        ArgumentNullException.ThrowIfNull(state);
        int characters = 2;
        ImmutableArray<LostField> lost =
            [.. state.Lost.Take(MaxLost).TakeWhile(field => (characters += JsonSerializer.Serialize(field).Length + 1) <= MaxLostCharacters)];
        bool isSilent = state.Status == SourceStatus.Silent;

        // It came again after that was told, and fell silent anew before anybody looked.
        bool isAnew = isSilent && state.Last - SilentSince > state.SilentAfter;
        changes = new SourceChanges(
            IsNowSilent: isSilent && (SilentSince is null || isAnew),
            IsBack: !isSilent && SilentSince is not null,
            NowLost: [.. lost.Where(field => !Lost.Contains(field))],
            NowBack: [.. Lost.Where(field => !lost.Contains(field))]);
        return new SourceTold(Source, !isSilent ? null : isAnew ? state.Last : SilentSince ?? state.Last, lost);
    }
}

/// <summary>What has changed of a source since people were told of it last.</summary>
/// <param name="IsNowSilent">It fell silent.</param>
/// <param name="IsBack">It was silent, and comes again.</param>
/// <param name="NowLost">Fields that it lost.</param>
/// <param name="NowBack">Fields that it had lost, and has again.</param>
public sealed record SourceChanges(bool IsNowSilent, bool IsBack, ImmutableArray<LostField> NowLost, ImmutableArray<LostField> NowBack)
{
    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => !IsNowSilent && !IsBack && NowLost.IsEmpty && NowBack.IsEmpty;
}
