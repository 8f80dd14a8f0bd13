using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Where a shape writes an event. Shapes name fields and hand over values; only the builder knows in what form they are kept.
/// Used for one record after another.
/// </summary>
internal sealed class EventBuilder
{
    private readonly List<EventView> _views = [];
    private readonly ImmutableArray<FieldValue>.Builder _ownValues = ImmutableArray.CreateBuilder<FieldValue>();

    /// <summary>When the event happened.</summary>
    public DateTimeOffset? Time { get; set; }

    /// <summary>The host it happened on.</summary>
    public string? Host { get; set; }

    /// <summary>The account it happened under.</summary>
    public string? User { get; set; }

    /// <summary>The Entra tenant it belongs to.</summary>
    public string? TenantId { get; set; }

    /// <summary>Forgets the record before.</summary>
    public void Clear()
    {
        _views.Clear();
        _ownValues.Clear();
        Time = null;
        Host = User = TenantId = null;
    }

    /// <summary>Begins another way of seeing the event.</summary>
    public ViewBuilder AddView(params ImmutableArray<LogSource> logSources)
    {
        var fields = new Dictionary<string, FieldValue>(StringComparer.Ordinal);
        _views.Add(new EventView(logSources, fields));
        return new ViewBuilder(fields);
    }

    /// <summary>Adds a value that arrived with the event, for keywords to search. Null holds nothing to find.</summary>
    public void AddOwnValue(RecordValue value)
    {
        if (!value.IsNull)
        {
            _ownValues.Add(value.ToFieldValue());
        }
    }

    /// <summary>Adds the values of an object's properties but the named ones; where a name repeats, only the last counts.</summary>
    public void AddOwnValues(RecordValue parent, params ReadOnlySpan<string> except)
    {
        if (parent.IsObject)
        {
            // Through the object's value, where repeated names are already settled and its values are shared.
            foreach ((string name, FieldValue value) in parent.ToFieldValue().Properties)
            {
                if (value.Kind != FieldValueKind.Null && !except.Contains(name))
                {
                    _ownValues.Add(value);
                }
            }

            return;
        }

        AddOwnValue(parent);
    }

    /// <summary>The event that was written.</summary>
    public DecodedEvent Build(int record, string shape, ReadOnlyMemory<byte> original) => new()
    {
        Record = record,
        Event = new SigmaEvent([.. _views], _ownValues.ToImmutable()),
        Shape = shape,
        Time = Time,
        Host = Host,
        User = User,
        TenantId = TenantId,
        Original = original,
    };
}

/// <summary>Where a shape writes the fields of one view.</summary>
internal readonly struct ViewBuilder(Dictionary<string, FieldValue> fields)
{
    /// <summary>Sets a field, null included. An absent value sets nothing; a name set again takes the later value.</summary>
    public void Set(string name, RecordValue value)
    {
        if (value.Exists)
        {
            fields[name] = value.ToFieldValue();
        }
    }

    /// <summary>Sets a field under Sigma's name from a source's column: neither absent nor null makes a field.</summary>
    public void Map(string name, RecordValue value)
    {
        if (!value.IsNull)
        {
            fields[name] = value.ToFieldValue();
        }
    }

    /// <summary>Sets a field to text; <see langword="null"/> sets nothing.</summary>
    public void Map(string name, string? text)
    {
        if (text is not null)
        {
            fields[name] = FieldValue.FromText(text);
        }
    }

    /// <summary>Sets every property of an object.</summary>
    public void SetAll(RecordValue parent)
    {
        foreach (RecordValue child in parent.Children)
        {
            fields[child.Name] = child.ToFieldValue();
        }
    }

    /// <summary>Takes a field away that means something else in this view.</summary>
    public void Remove(string name) => fields.Remove(name);
}
