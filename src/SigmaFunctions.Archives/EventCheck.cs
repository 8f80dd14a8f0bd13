using System.Collections.Immutable;
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

    private static async Task<string?> FaultOfAsync(BodyInput input, EventDecoder decoder, CancellationToken cancellationToken)
    {
        (string? Source, string Reason)? first = null;
        int bodies = 0;
        long bytes = 0;
        bool isAll = true;
        await foreach (BodyLine body in BodyFile.ReadAsync([input], cancellationToken))
        {
            if (body.Fault is null)
            {
                DecodedBody decoded = decoder.Decode(body.Body);
                if (!decoded.Events.IsEmpty)
                {
                    return null;
                }

                if (decoded.Undecoded is [var record, ..])
                {
                    first ??= (body.Source.Name, $"on line {body.SourceLineAt(record.Offset)}: {record.Reason}");
                }
            }
            else
            {
                first ??= body.EndsSource ? (null, body.Fault) : (body.Source.Name, $"on line {body.SourceLineAt(0)}: {body.Fault}");
            }

            bytes += body.Body.Length;
            if (++bodies == MaxBodies || bytes > MaxBytes)
            {
                isAll = false;
                break;
            }
        }

        return first is not { } fault ? null
            : fault.Source is null ? fault.Reason
            : $"{fault.Source} holds no event that can be read{(isAll ? "" : $" among its first {bodies} bodies")}; {fault.Reason}";
    }
}
