using System.Runtime.CompilerServices;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Counts what reading one body takes, so that no body takes more than its size entitles it to, however it is damaged: bytes that are
/// gone over, again where they are read again, and values that are put on the tape. It is the same each time that a body is read,
/// with whatever rules. On the way it looks at whether the reading was cancelled.
/// </summary>
internal sealed class WorkMeter
{
    /// <summary>Work that every body may take.</summary>
    public const long Free = 1024 * 1024;

    /// <summary>
    /// Work that a body may take for each of its bytes beyond that. Real bodies take 2.4 at most (docs/telemetry.md), damaged ones that are
    /// not made for it below 12.
    /// </summary>
    public const int PerByte = 64;

    /// <summary>What a value counts, in bytes gone over.</summary>
    public const int PerValue = 8;

    // Most work, and most records, between two looks at the token.
    private const int Stride = 64 * 1024;
    private const int RecordStride = 256;

    private CancellationToken _cancellationToken;
    private long _next = long.MaxValue;
    private int _records;

    /// <summary>Work done on the body.</summary>
    public long Done { get; private set; }

    /// <summary>Most work that may be done on it.</summary>
    public long Budget { get; private set; } = long.MaxValue;

    /// <summary>Begins a body.</summary>
    /// <param name="length">Its length, once it is unpacked and UTF-8.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public void Begin(int length, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        cancellationToken.ThrowIfCancellationRequested();
        Budget = Free + ((long)length * PerByte);
        Done = 0;
        _records = 0;
        _next = Math.Min(Stride, Budget);
    }

    /// <summary>Counts bytes that were gone over.</summary>
    /// <exception cref="WorkExceededException">They are too many.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long bytes)
    {
        Done += bytes;
        if (Done > _next)
        {
            Look();
        }
    }

    /// <summary>Counts the values of a record, as <see cref="Add"/> does bytes.</summary>
    public void AddRecord(int values)
    {
        Done += (long)values * PerValue;
        if (Done > _next || ++_records % RecordStride == 0)
        {
            Look();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Look()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (Done > Budget)
        {
            throw new WorkExceededException();
        }

        _next = Math.Min(Done + Stride, Budget);
    }
}

/// <summary>A body takes more work than one of its size may take.</summary>
internal sealed class WorkExceededException() : Exception("More work than a body of its size may take.");
