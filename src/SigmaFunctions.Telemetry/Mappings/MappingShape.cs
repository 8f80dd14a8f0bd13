using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Shapes;

namespace SigmaFunctions.Telemetry.Mappings;

/// <summary>Records of a source as a mapping describes them: the record's own properties are fields, and what the mapping adds.</summary>
internal sealed class MappingShape : IShape
{
    private readonly ImmutableArray<ImmutableArray<Test>> _when;
    private readonly ImmutableArray<Attribute> _attributes;
    private readonly ImmutableArray<LogSourceSet> _logSources;
    private readonly ImmutableArray<(byte[] Field, RecordPath? Path)> _prefixes;
    private readonly ImmutableArray<(Name Field, ImmutableArray<RecordPath> Paths)> _fields;
    private readonly ImmutableArray<(Name Field, byte[] Value)> _constants;
    private readonly ImmutableArray<RecordPath> _time;
    private readonly ImmutableArray<RecordPath> _host;
    private readonly ImmutableArray<RecordPath> _user;
    private readonly ImmutableArray<RecordPath> _tenant;

    public MappingShape(NameTable.Builder names, Mapping mapping)
    {
        Name = mapping.Name;
        _when = [.. mapping.When.Select(group => group.Select(test => new Test(names, test)).ToImmutableArray())];
        _attributes = [new(names, mapping.Category), new(names, mapping.Product), new(names, mapping.Service)];
        _logSources =
        [
            .. from category in _attributes[0].Texts
               from product in _attributes[1].Texts
               from service in _attributes[2].Texts
               select LogSourceSet.Create(new LogSource(category, product, service)),
        ];
        _prefixes =
        [
            .. mapping.Prefixes.Select(prefix =>
                (Encoding.UTF8.GetBytes(prefix.Field), prefix.Path is null ? null : new RecordPath(names, prefix.Path))),
        ];
        _fields = [.. mapping.Fields.Select(field => (names.Add(field.Field), PathsOf(names, field.Paths)))];
        _constants = [.. mapping.Constants.Select(constant => (names.Add(constant.Field), Encoding.UTF8.GetBytes(constant.Value)))];
        _time = PathsOf(names, mapping.Time);
        _host = PathsOf(names, mapping.Host);
        _user = PathsOf(names, mapping.User);
        _tenant = PathsOf(names, mapping.Tenant);
    }

    public string Name { get; }

    public bool Recognises(RecordValue record)
    {
        foreach (ImmutableArray<Test> group in _when)
        {
            bool all = true;
            foreach (Test test in group)
            {
                all = all && test.Holds(record);
            }

            if (all)
            {
                return true;
            }
        }

        return false;
    }

    public void Decode(RecordValue record, EventSink sink)
    {
        sink.SetAll(record);
        sink.AddOwnValues(record);
        if (sink.Facts is { } facts)
        {
            facts.Time = TimeOf(record);
            facts.SetHost(FirstStated(record, _host));
            facts.SetUser(FirstStated(record, _user));
            facts.SetTenantId(FirstStated(record, _tenant));
        }

        sink.StateTenant(FirstStated(record, _tenant));
        if (sink.BeginView(LogSourcesOf(record)))
        {
            foreach ((byte[] field, RecordPath? path) in _prefixes)
            {
                SetEach(sink, field, path is null ? record : path.In(record));
            }

            foreach ((Name field, ImmutableArray<RecordPath> paths) in _fields)
            {
                if (sink.Wants(field))
                {
                    sink.Map(field, FirstOf(record, paths));
                }
            }

            foreach ((Name field, byte[] value) in _constants)
            {
                if (sink.Wants(field))
                {
                    sink.Set(field, sink.Tape.Compose(value));
                }
            }
        }

        sink.EndView();
    }

    private static ImmutableArray<RecordPath> PathsOf(NameTable.Builder names, ImmutableArray<string> paths) =>
        [.. paths.Select(path => new RecordPath(names, path))];

    private static void SetEach(EventSink sink, byte[] prefix, RecordValue parent)
    {
        if (!parent.IsObject)
        {
            return;
        }

        foreach (RecordValue child in parent.Children)
        {
            if (prefix.Length == 0)
            {
                sink.SetAs(child, child);
            }
            else
            {
                sink.Set(sink.Tape.Compose(prefix, child.Name).Text, child);
            }
        }
    }

    private static RecordValue FirstOf(RecordValue record, ImmutableArray<RecordPath> paths)
    {
        foreach (RecordPath path in paths)
        {
            if (path.ThroughLists(record) is { IsNull: false } value)
            {
                return value;
            }
        }

        return default;
    }

    private static RecordValue FirstStated(RecordValue record, ImmutableArray<RecordPath> paths)
    {
        foreach (RecordPath path in paths)
        {
            if (path.In(record) is var value && !value.Text.IsEmpty)
            {
                return value;
            }
        }

        return default;
    }

    private DateTimeOffset? TimeOf(RecordValue record)
    {
        foreach (RecordPath path in _time)
        {
            if (EventTime.FirstOf(path.In(record)) is { } time)
            {
                return time;
            }
        }

        return null;
    }

    private LogSourceSet LogSourcesOf(RecordValue record)
    {
        int index = 0;
        foreach (Attribute attribute in _attributes)
        {
            index = (index * attribute.Texts.Length) + attribute.IndexOf(record);
        }

        return _logSources[index];
    }

    private sealed class Test(NameTable.Builder names, MappingTest test)
    {
        private readonly RecordPath _path = new(names, test.Path);
        private readonly ImmutableArray<byte[]> _values = [.. test.Values.Select(Encoding.UTF8.GetBytes)];

        public bool Holds(RecordValue record)
        {
            RecordValue value = _path.In(record);
            return test.Kind switch
            {
                MappingTestKind.Exists => value.Exists,
                MappingTestKind.Absent => !value.Exists,
                _ => Fits(value),
            };
        }

        private bool Fits(RecordValue value)
        {
            foreach (RecordValue item in value.Children)
            {
                if (value.Kind == FieldValueKind.Array && Fits(item))
                {
                    return true;
                }
            }

            if (!value.HasText)
            {
                return false;
            }

            foreach (byte[] text in _values)
            {
                bool fits = test.Kind switch
                {
                    MappingTestKind.StartsWith => Utf8IgnoreCase.StartsWith(value.Text, text),
                    MappingTestKind.EndsWith => Utf8IgnoreCase.EndsWith(value.Text, text),
                    _ => Utf8IgnoreCase.Equals(value.Text, text),
                };
                if (fits)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private sealed class Attribute
    {
        private readonly RecordPath? _path;
        private readonly ImmutableArray<byte[]> _values = [];

        public Attribute(NameTable.Builder names, MappingAttribute attribute)
        {
            Texts = [attribute.Text];
            if (attribute.Path is not null)
            {
                _path = new RecordPath(names, attribute.Path);
                _values = [.. attribute.Values.Select(pair => Encoding.UTF8.GetBytes(pair.Value))];
                Texts = [null, .. attribute.Values.Select(pair => pair.Text)];
            }
        }

        /// <summary>What the attribute may be; null is not stated.</summary>
        public ImmutableArray<string?> Texts { get; }

        public int IndexOf(RecordValue record)
        {
            RecordValue value = _path?.In(record) ?? default;
            for (int i = 0; i < _values.Length && value.HasText; i++)
            {
                if (Utf8IgnoreCase.Equals(value.Text, _values[i]))
                {
                    return i + 1;
                }
            }

            return 0;
        }
    }
}
