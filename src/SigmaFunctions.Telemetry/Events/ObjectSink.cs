using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>Keeps an event as objects, with all its fields: for evidence, explanations and whoever wants to look at events.</summary>
internal sealed class ObjectSink(NameTable names) : EventSink(names)
{
    private readonly NameTable _names = names;
    private readonly List<EventView> _views = [];
    private readonly Dictionary<string, int> _unknown = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _unknownIfAbsent = new(StringComparer.Ordinal);
    private FieldValue?[] _values = [];
    private LogSourceSet _logSources = [];
    private readonly EventFacts _facts = new();

    /// <inheritdoc/>
    public override EventFacts Facts => _facts;

    /// <inheritdoc/>
    public override bool BeginView(LogSourceSet logSources)
    {
        _logSources = logSources;
        return true;
    }

    /// <inheritdoc/>
    public override bool BeginView(RecordValue category, RecordValue product, RecordValue service) =>
        BeginView([new LogSource(AttributeOf(category), AttributeOf(product), AttributeOf(service))]);

    /// <inheritdoc/>
    public override bool Wants(Name name) => true;

    /// <inheritdoc/>
    public override void EndView()
    {
        var fields = new Dictionary<string, FieldValue>(StringComparer.Ordinal);
        if (Parent >= 0)
        {
            foreach (RecordValue child in new RecordValue(Tape, Parent).Children)
            {
                fields[NameOf(child)] = ValueOf(child);
            }
        }

        foreach (int id in Touched)
        {
            string name = _names.TextOf(new Name(id));
            if (IndexOf(new Name(id)) is >= 0 and int index)
            {
                fields[name] = ValueOf(new RecordValue(Tape, index));
            }
            else
            {
                fields.Remove(name);
            }
        }

        foreach ((string name, int index) in _unknown)
        {
            fields[name] = ValueOf(new RecordValue(Tape, index));
        }

        foreach ((string name, int index) in _unknownIfAbsent)
        {
            fields.TryAdd(name, ValueOf(new RecordValue(Tape, index)));
        }

        _views.Add(new EventView(_logSources, fields));
    }

    /// <summary>Begins the next record.</summary>
    public new void Begin(RecordTape tape)
    {
        base.Begin(tape);
        _views.Clear();
        _unknown.Clear();
        _unknownIfAbsent.Clear();
        _values = [];
        _facts.Clear();
    }

    /// <summary>The event that was written.</summary>
    public DecodedEvent Build(int record, string shape, ReadOnlyMemory<byte> original) => new()
    {
        Record = record,
        Event = new SigmaEvent([.. _views], [.. Own.SelectMany(OwnValuesOf)]),
        Shape = shape,
        Time = Facts.Time,
        Host = Facts.Host,
        User = Facts.User,
        TenantId = Facts.TenantId,
        Original = original,
    };

    /// <inheritdoc/>
    protected override void SetUnknown(ReadOnlySpan<byte> name, int index, bool onlyIfAbsent) =>
        (onlyIfAbsent ? _unknownIfAbsent : _unknown)[Encoding.UTF8.GetString(name)] = index;

    private static string? AttributeOf(RecordValue value) => value.Exists ? Encoding.UTF8.GetString(value.Text) : null;

    private static string NameOf(RecordValue value) => Encoding.UTF8.GetString(value.Name);

    private IEnumerable<FieldValue> OwnValuesOf(OwnValues own)
    {
        FieldValue value = ValueOf(new RecordValue(Tape, own.Index));
        return value.Kind != FieldValueKind.Object
            ? [value]
            : value.Properties
                .Where(property => property.Value.Kind != FieldValueKind.Null
                    && !(own.WithoutLogSource && property.Key is "category" or "product" or "service"))
                .Select(property => property.Value);
    }

    // A field and an own value are one object.
    private FieldValue ValueOf(RecordValue value)
    {
        if (value.Index < _values.Length && _values[value.Index] is { } known)
        {
            return known;
        }

        FieldValue made = Make(value);
        if (value.Index >= _values.Length)
        {
            Array.Resize(ref _values, Math.Max(value.Index + 1, Math.Max(64, _values.Length * 2)));
        }

        _values[value.Index] = made;
        return made;
    }

    private FieldValue Make(RecordValue value)
    {
        switch (value.Kind)
        {
            case FieldValueKind.Text:
                return FieldValue.FromText(Encoding.UTF8.GetString(value.Text));
            case FieldValueKind.Number:
                return FieldValue.FromNumber(Encoding.ASCII.GetString(value.Text));
            case FieldValueKind.Boolean:
                return FieldValue.FromBoolean((Tape[value.Index].Flags & RecordTape.EntryFlags.True) != 0);
            case FieldValueKind.Array:
                ImmutableArray<FieldValue>.Builder items = ImmutableArray.CreateBuilder<FieldValue>();
                foreach (RecordValue child in value.Children)
                {
                    items.Add(ValueOf(child));
                }

                return FieldValue.FromItems(items.DrainToImmutable());
            case FieldValueKind.Object:
                var properties = new Dictionary<string, FieldValue>(StringComparer.Ordinal);
                foreach (RecordValue child in value.Children)
                {
                    properties[NameOf(child)] = ValueOf(child);
                }

                return FieldValue.FromProperties(properties);
            default:
                return FieldValue.Null;
        }
    }
}
