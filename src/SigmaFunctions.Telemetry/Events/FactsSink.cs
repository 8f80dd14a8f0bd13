using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Takes the facts of an event and nothing else, from a tape that was read before: where a match is counted over time, and nothing of its event is kept.
/// </summary>
internal sealed class FactsSink(NameTable names) : EventSink(names)
{
    private readonly EventFacts _facts = new();
    private int _names = names.Count;

    /// <inheritdoc/>
    public override EventFacts Facts => _facts;

    /// <summary>Begins the next record.</summary>
    public new void Begin(RecordTape tape)
    {
        // Those of rules were learnt since.
        if (tape.Names.Count > _names)
        {
            Learn(tape.Names);
            _names = tape.Names.Count;
        }

        base.Begin(tape);
        _facts.Clear();
    }

    /// <inheritdoc/>
    public override bool BeginView(LogSourceSet logSources) => false;

    /// <inheritdoc/>
    public override bool BeginView(RecordValue category, RecordValue product, RecordValue service) => false;

    /// <inheritdoc/>
    public override bool Wants(Name name) => true;

    /// <inheritdoc/>
    public override void EndView()
    {
        // No view is looked at.
    }

    /// <inheritdoc/>
    protected override void SetUnknown(ReadOnlySpan<byte> name, int index, bool onlyIfAbsent)
    {
        // Facts have known names.
    }
}
