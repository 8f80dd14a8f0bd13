namespace SigmaFunctions.App.Correlating;

/// <summary>How much of a part is looked at, and when its rows are put together.</summary>
internal sealed record PartLimits
{
    /// <summary>Those of the app.</summary>
    public static PartLimits Default { get; } = new();

    /// <summary>Most rows of matches that are looked at, the newest.</summary>
    public int Rows { get; init; } = 20_000;

    /// <summary>Most matches that are looked at, the newest, give or take those of a row.</summary>
    public int Matches { get; init; } = 200_000;

    /// <summary>Most bytes of matches that are looked at, the newest, give or take those of a row: senders choose how long values are.</summary>
    public int Bytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Firings that one evaluation writes, and records, at most, give or take those of one time; the sweep goes on, a minute later.</summary>
    public int Firings { get; init; } = 1_000;

    /// <summary>Rows of matches from which on they are put together.</summary>
    public int ManyRows { get; init; } = 1_000;

    /// <summary>Age of a row from which on it is put together with others.</summary>
    public TimeSpan MergedAfter { get; init; } = TimeSpan.FromMinutes(10);
}
