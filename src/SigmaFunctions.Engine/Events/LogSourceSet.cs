using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace SigmaFunctions.Engine.Events;

/// <summary>
/// The log sources that one view of an event belongs to. Immutable, and compared by its elements in their order: make it once and keep
/// it, since finding the rules for it takes its hash, which is computed only then.
/// </summary>
[CollectionBuilder(typeof(LogSourceSet), nameof(Create))]
public sealed class LogSourceSet : IReadOnlyList<LogSource>, IEquatable<LogSourceSet>
{
    private readonly ImmutableArray<LogSource> _logSources;
    private readonly int _hash;

    private LogSourceSet(ImmutableArray<LogSource> logSources)
    {
        _logSources = logSources;
        var hash = new HashCode();
        foreach (LogSource logSource in logSources)
        {
            hash.Add(logSource);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>Number of log sources.</summary>
    public int Count => _logSources.Length;

    /// <summary>One of them.</summary>
    public LogSource this[int index] => _logSources[index];

    /// <summary>A set of the given log sources.</summary>
    public static LogSourceSet Create(params ReadOnlySpan<LogSource> logSources) => new([.. logSources]);

    /// <inheritdoc/>
    public bool Equals(LogSourceSet? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _logSources.SequenceEqual(other._logSources));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LogSourceSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>Enumerates them without allocating.</summary>
    public ImmutableArray<LogSource>.Enumerator GetEnumerator() => _logSources.GetEnumerator();

    IEnumerator<LogSource> IEnumerable<LogSource>.GetEnumerator() => ((IEnumerable<LogSource>)_logSources).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)_logSources).GetEnumerator();
}
