using System.Runtime.InteropServices;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>The matches of a chunk of the input that correlations look at, in order.</summary>
internal sealed class CorrelatedChunk
{
    private readonly List<InputPlace> _places = [];
    private readonly List<(int Rule, long Time, int Place, int Start, int Length, bool IsCut)> _matches = [];
    private readonly List<byte> _values = [];

    /// <summary>Matches without a time, which take no part.</summary>
    public int WithoutTime { get; private set; }

    /// <summary>Where their events stand.</summary>
    public IReadOnlyList<InputPlace> Places => _places;

    /// <summary>Adds those of a body.</summary>
    public void Add(CorrelatedBody body, ref BodyPlaces places)
    {
        for (int index = 0; index < body.Count; index++)
        {
            CorrelatedRecord record = body[index];
            if (record.Time is not { } time)
            {
                WithoutTime += record.Count;
                continue;
            }

            for (int match = 0; match < record.Count; match++)
            {
                ReadOnlySpan<byte> values = record.ValuesOf(match);
                _matches.Add((record.RuleOf(match), time.UtcTicks, _places.Count, _values.Count, values.Length, record.IsCut(match)));
                _values.AddRange(values);
            }

            _places.Add(InputPlace.Of(ref places, record.Start, record.Record));
        }
    }

    /// <summary>Adds them to those of the whole input.</summary>
    /// <param name="matches">Where to.</param>
    /// <param name="before">Number of events before the chunk.</param>
    public void AddTo(CorrelationMatches matches, int before)
    {
        ReadOnlySpan<byte> values = CollectionsMarshal.AsSpan(_values);
        foreach ((int rule, long time, int place, int start, int length, bool isCut) in _matches)
        {
            matches.Add(rule, time, before + place, values.Slice(start, length), isCut);
        }
    }
}
