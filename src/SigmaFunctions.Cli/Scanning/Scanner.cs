using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>
/// Decodes and matches bodies on several threads and gives the results in the order of the input. Work in flight is bounded, so
/// the input may be endless.
/// </summary>
internal sealed class Scanner(EventDecoder decoder, Detector detector, Func<IMatchWriter> writers, bool withEvidence, int threads)
{
    private const int ChunkBytes = 256 * 1024;
    private const int ChunkBodies = 256;

    private readonly Detector _detector = detector;
    private readonly BodyMatcherPool _matchers = new(decoder, new BodyLimits { Correlates = true });

    /// <summary>Bodies that go to a thread together.</summary>
    internal sealed class Chunk
    {
        /// <summary>The bodies.</summary>
        public List<BodyLine> Bodies { get; } = [];

        /// <summary>Their size.</summary>
        public long Bytes { get; private set; }

        /// <summary>Whether the chunk is large enough to go.</summary>
        public bool IsFull => Bytes >= ChunkBytes || Bodies.Count >= ChunkBodies;

        /// <summary>Adds a body.</summary>
        public void Add(BodyLine body)
        {
            Bodies.Add(body);
            Bytes += body.Body.Length;
        }
    }

    /// <summary>What came of a chunk.</summary>
    /// <param name="Output">The matches as they are written.</param>
    /// <param name="Bodies">Number of bodies.</param>
    /// <param name="Events">Number of events.</param>
    /// <param name="Matches">Number of matches, those of silent rules not counted.</param>
    /// <param name="Correlated">The matches that correlations look at.</param>
    /// <param name="Undecoded">The records that could not be read, with their places; the first of each body.</param>
    /// <param name="Omitted">How many more of them there were, by file.</param>
    /// <param name="Faults">The faults among the bodies.</param>
    /// <param name="Unseen">The events that no rule can see, by body and kind.</param>
    /// <param name="Allocated">Bytes allocated by decoding and matching.</param>
    internal sealed record Result(
        ReadOnlyMemory<byte> Output,
        int Bodies,
        int Events,
        int Matches,
        CorrelatedChunk Correlated,
        ImmutableArray<(InputPlace Place, UndecodedRecord Record)> Undecoded,
        ImmutableArray<(string File, int Count)> Omitted,
        ImmutableArray<BodyLine> Faults,
        IReadOnlyList<UnseenEvents> Unseen,
        long Allocated);

    /// <summary>Gathers bodies into chunks.</summary>
    public static async IAsyncEnumerable<Chunk> ChunksAsync(IAsyncEnumerable<BodyLine> bodies)
    {
        var chunk = new Chunk();
        await foreach (BodyLine body in bodies)
        {
            chunk.Add(body);
            if (chunk.IsFull)
            {
                yield return chunk;
                chunk = new Chunk();
            }
        }

        if (chunk.Bodies.Count > 0)
        {
            yield return chunk;
        }
    }

    /// <summary>Scans chunks; the results come in their order.</summary>
    /// <param name="chunks">The input.</param>
    /// <param name="onResult">Called for one result after another.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    /// <param name="isWritten">Whether matches are written; else they are only counted.</param>
    public async Task RunAsync(IAsyncEnumerable<Chunk> chunks, Func<Result, ValueTask> onResult, CancellationToken cancellationToken, bool isWritten = true)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var free = new SemaphoreSlim(threads);
        var pool = new ConcurrentBag<IMatchWriter>();
        var results = Channel.CreateBounded<Task<Result>>(
            new BoundedChannelOptions(threads * 2) { SingleReader = true, SingleWriter = true });

        async Task ReadAsync()
        {
            Exception? failure = null;
            try
            {
                await foreach (Chunk chunk in chunks.WithCancellation(stop.Token))
                {
                    await free.WaitAsync(stop.Token);
                    await results.Writer.WriteAsync(
                        Task.Run(
                            () =>
                            {
                                try
                                {
                                    IMatchWriter writer = pool.TryTake(out IMatchWriter? idle) ? idle : writers();
                                    Result result = Scan(chunk, isWritten ? writer : null, stop.Token);
                                    pool.Add(writer);
                                    return result;
                                }
                                finally
                                {
                                    free.Release();
                                }
                            },
                            CancellationToken.None),
                        stop.Token);
                }
            }
            catch (Exception exception)
            {
                // What was read before the fault is still written; the fault then comes out of the reading side.
                failure = exception;
            }

            results.Writer.Complete(failure);
        }

        Task reading = ReadAsync();
        try
        {
            await foreach (Task<Result> result in results.Reader.ReadAllAsync(CancellationToken.None))
            {
                await onResult(await result);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;

            // Chunks that are still at work release the semaphore when they end: wait for all of them before it goes.
            for (int i = 0; i < threads; i++)
            {
                await free.WaitAsync(CancellationToken.None);
            }

            foreach (IMatchWriter writer in pool)
            {
                writer.Dispose();
            }
        }
    }

    private Result Scan(Chunk chunk, IMatchWriter? writer, CancellationToken cancellationToken)
    {
        var output = new ArrayBufferWriter<byte>();
        ImmutableArray<(InputPlace, UndecodedRecord)>.Builder undecoded = ImmutableArray.CreateBuilder<(InputPlace, UndecodedRecord)>();
        ImmutableArray<BodyLine>.Builder faults = ImmutableArray.CreateBuilder<BodyLine>();
        var unseen = new List<UnseenEvents>();
        var correlated = new CorrelatedChunk();
        int events = 0;
        int matches = 0;
        ImmutableArray<(string, int)>.Builder omitted = ImmutableArray.CreateBuilder<(string, int)>();
        long allocated = 0;
        BodyMatcher matcher = _matchers.Rent(_detector);
        foreach (BodyLine body in chunk.Bodies)
        {
            if (body.Fault is not null)
            {
                faults.Add(body);
                continue;
            }

            // Nothing between the two readings awaits, so both are of this thread.
            long before = GC.GetAllocatedBytesForCurrentThread();
            BodyMatches found = matcher.Match(body.Body, cancellationToken);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            events += found.Events;
            var places = new BodyPlaces(body);
            foreach (MatchedRecord matched in found.Records)
            {
                matches += matched.Rules.Length;
                if (writer is not null)
                {
                    Write(output, writer, InputPlace.Of(ref places, matched.Start, matched.Record), matched);
                }
            }

            correlated.Add(found.Correlated, ref places);
            foreach (UndecodedRecord record in found.Undecoded)
            {
                undecoded.Add((InputPlace.Of(ref places, record.Offset, record.Record), record));
            }

            unseen.AddRange(found.Unseen);
            if (found.UndecodedCount - found.Undecoded.Count is var more and > 0)
            {
                omitted.Add((body.Source.Name, more));
            }
        }

        _matchers.Return(matcher);
        return new Result(
            output.WrittenMemory,
            chunk.Bodies.Count - faults.Count(fault => fault.EndsSource),
            events,
            matches,
            correlated,
            undecoded.DrainToImmutable(),
            omitted.DrainToImmutable(),
            faults.DrainToImmutable(),
            unseen,
            allocated);
    }

    private void Write(ArrayBufferWriter<byte> output, IMatchWriter writer, InputPlace place, MatchedRecord matched)
    {
        DecodedEvent decoded = matched.Decode();
        EventEvidence? evidence = withEvidence ? new EventEvidence(_detector, decoded.Event) : null;
        foreach (int rule in matched.Rules)
        {
            writer.Write(output, new ScanMatch(place, decoded, _detector.Rules[rule], evidence?.Of(rule)));
        }
    }
}
