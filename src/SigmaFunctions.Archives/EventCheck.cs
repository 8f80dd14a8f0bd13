using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Archives.Unpacking;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Archives;

/// <summary>Finds out whether files hold events, before something is done with them.</summary>
public static class EventCheck
{
    /// <summary>Bodies of a file that are looked at; where none of them is an event, none is expected.</summary>
    public const int MaxBodies = 10_000;

    /// <summary>Bytes of these.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Makes sure that in each file there is an event, or nothing at all.</summary>
    /// <param name="inputs">The files.</param>
    /// <param name="decoder">What events are.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The files to read from now on: of one that can be read only once, what was looked at is kept in memory.</returns>
    /// <exception cref="BodyFileException">There is a file without events; the message has its name and what is the matter.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<ImmutableArray<BodyInput>> RequireAsync(
        IEnumerable<BodyInput> inputs, EventDecoder decoder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(decoder);
        ImmutableArray<BodyInput>.Builder checkedInputs = ImmutableArray.CreateBuilder<BodyInput>();
        foreach (BodyInput input in inputs)
        {
            // A pipe has a path, too; what was read of it is gone.
            RecordingStream? recording = null;
            BodyInput first = input with
            {
                Open = () =>
                {
                    Stream opened = input.Open();
                    return opened.CanSeek && !input.IsOnce ? opened : recording = new RecordingStream(opened);
                },
            };
            if (await FaultOfAsync(first, decoder, cancellationToken) is { } fault)
            {
                throw new BodyFileException(fault);
            }

            checkedInputs.Add(recording is null ? input : input with { Open = recording.Replay });
        }

        return checkedInputs.DrainToImmutable();
    }

    /// <summary>
    /// Reads files of events as <see cref="BodyFile.ReadAsync"/> does, but for texts without any event, such as a README in an archive: each of these is a
    /// fault, and none of its bodies is given. Of a text at most as much is held back as is looked at.
    /// </summary>
    /// <param name="inputs">The files.</param>
    /// <param name="decoder">What events are.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async IAsyncEnumerable<BodyLine> ReadAsync(
        IEnumerable<BodyInput> inputs, EventDecoder decoder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(decoder);
        var held = new List<BodyLine>();
        Search? search = null;
        await foreach (BodyLine body in BodyFile.ReadAsync(inputs, cancellationToken))
        {
            if (search is null || search.Source != body.Source)
            {
                foreach (BodyLine one in search?.Without(held) ?? [])
                {
                    yield return one;
                }

                held.Clear();
                search = new Search(body.Source, decoder);
            }

            if (!search.HasEvent && !search.IsOver)
            {
                held.Add(body);
                search.Add(body);
                if (search.IsOver)
                {
                    held.Clear();
                }
            }

            if (search.HasEvent)
            {
                if (held.Count == 0)
                {
                    yield return body;
                }

                foreach (BodyLine one in held)
                {
                    yield return one;
                }

                held.Clear();
            }
        }

        foreach (BodyLine one in search?.Without(held) ?? [])
        {
            yield return one;
        }
    }

    private static async Task<string?> FaultOfAsync(BodyInput input, EventDecoder decoder, CancellationToken cancellationToken)
    {
        Search? search = null;
        await foreach (BodyLine body in BodyFile.ReadAsync([input], cancellationToken))
        {
            search ??= new Search(body.Source, decoder);
            search.Add(body);
            if (search.HasEvent || search.IsOver)
            {
                break;
            }
        }

        return search?.Fault;
    }

    /// <summary>Looks for an event in the first bodies of a text, or of the texts of an archive.</summary>
    private sealed class Search(BodySource source, EventDecoder decoder)
    {
        private (BodySource? Source, string Reason)? _first;
        private int _bodies;
        private long _bytes;

        /// <summary>The text, or the first of them.</summary>
        public BodySource Source => source;

        public bool HasEvent { get; private set; }

        /// <summary>Whether enough was looked at, without finding one.</summary>
        public bool IsOver => !HasEvent && (_bodies == MaxBodies || _bytes > MaxBytes);

        /// <summary>Why there is no event, with the name of the text; null where there is one, or nothing at all.</summary>
        public string? Fault => HasEvent || _first is not { } first ? null
            : first.Source is null ? first.Reason
            : $"{first.Source.Name} holds no event that can be read{(IsOver ? $" among its first {_bodies} bodies" : "")}; {first.Reason}";

        public void Add(BodyLine body)
        {
            if (body.Fault is null)
            {
                DecodedBody decoded = decoder.Decode(body.Body);
                HasEvent |= !decoded.Events.IsEmpty;
                if (decoded.Undecoded is [var record, ..])
                {
                    _first ??= (body.Source, $"on line {body.SourceLineAt(record.Offset)}: {record.Reason}");
                }
            }
            else
            {
                _first ??= body.EndsSource ? (null, body.Fault) : (body.Source, $"on line {body.SourceLineAt(0)}: {body.Fault}");
            }

            _bytes += body.Body.Length;
            _bodies++;
        }

        /// <summary>What is given of a text whose bodies were held back to its end: of one without an event the fault that it is.</summary>
        public IEnumerable<BodyLine> Without(IReadOnlyList<BodyLine> held) =>
            HasEvent ? [] : Fault is { } fault ? [new BodyLine(source, source.FirstLine, default, fault) { EndsSource = true }] : held;
    }
}
