using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Where a shape writes an event: first its own values and its fields, then the views of it that there are. Shapes name fields and
/// hand over values; only the sink knows in what form they are kept and which of them anybody asks for. The fields stay from one
/// view to the next. Used for one record after another.
/// </summary>
internal abstract class EventSink(NameTable names)
{
    private Cell[] _cells = new Cell[names.Count];
    private readonly List<int> _touched = [];
    private readonly List<OwnValues> _ownValues = [];
    private RecordTape? _tape;
    private NestedXml? _nestedXml;
    private int _generation;
    private int _parent = -1;

    /// <summary>Facts beside the fields, to be stated before the first view; null where nobody asks for them.</summary>
    public abstract EventFacts? Facts { get; }

    /// <summary>Why the record cannot be read after all; null where it can.</summary>
    public string? Rejection { get; private set; }

    /// <summary>The tape that values are read from and composed on.</summary>
    public RecordTape Tape => _tape!;

    /// <summary>The values that arrived with the event.</summary>
    protected List<OwnValues> Own => _ownValues;

    /// <summary>The object whose properties are all fields unless something else was set; -1 if there is none.</summary>
    protected int Parent => _parent;

    /// <summary>The fields that were set or removed one by one.</summary>
    protected List<int> Touched => _touched;

    /// <summary>The field of that exact name; absent where there is none.</summary>
    public RecordValue this[Name name] => IndexOf(name) is >= 0 and int index ? new RecordValue(Tape, index) : default;

    /// <summary>Reads XML that is the text of a value: <see cref="NestedXml.TryRead"/> on <see cref="Tape"/>.</summary>
    public bool TryParseXml(RecordValue text, int start, bool firstOnly, out RecordValue parsed) =>
        (_nestedXml ??= new NestedXml()).TryRead(Tape, text, start, firstOnly, out parsed);

    /// <summary>Adds the values of an object's properties, or the value if it is none, for keywords to search. Null holds nothing to find.</summary>
    /// <param name="parent">The object.</param>
    /// <param name="withoutLogSource">Whether to leave out <c>category</c>, <c>product</c> and <c>service</c>.</param>
    public void AddOwnValues(RecordValue parent, bool withoutLogSource = false)
    {
        if (!parent.IsNull)
        {
            _ownValues.Add(new OwnValues(parent.Index, withoutLogSource));
        }
    }

    /// <summary>Sets every property of an object. Comes before all else that is set.</summary>
    public void SetAll(RecordValue parent)
    {
        if (_touched.Count > 0 || _parent >= 0)
        {
            throw new InvalidOperationException("Fields were set before.");
        }

        _parent = parent.IsObject ? parent.Index : -1;
    }

    /// <summary>Sets a field, null included. An absent value sets nothing; a name set again takes the later value.</summary>
    public void Set(Name name, RecordValue value)
    {
        if (value.Exists)
        {
            Put(name, value.Index);
        }
    }

    /// <summary>As <see cref="Set(Name, RecordValue)"/>, under a name that the event gave (UTF-8).</summary>
    public void Set(ReadOnlySpan<byte> name, RecordValue value)
    {
        if (!value.Exists)
        {
            return;
        }

        Name known = Tape.Names.Find(name);
        if (known.Id >= 0)
        {
            Put(known, value.Index);
        }
        else
        {
            SetUnknown(name, value.Index, onlyIfAbsent: false);
        }
    }

    /// <summary>As <see cref="Set(ReadOnlySpan{byte}, RecordValue)"/>, under a name that loses its spaces. It may be the value of an attribute.</summary>
    public void SetWithoutSpaces(ReadOnlySpan<byte> name, RecordValue value) =>
        Set(name.Contains((byte)' ') ? WithoutSpaces(name) : name, value);

    /// <summary>As <see cref="SetAs"/>, under a name that loses its spaces.</summary>
    public void SetAsWithoutSpaces(RecordValue property, RecordValue value)
    {
        if (Tape.HasPunctuatedNames && property.Name.Contains((byte)' '))
        {
            Set(WithoutSpaces(property.Name), value);
        }
        else
        {
            SetAs(property, value);
        }
    }

    /// <summary>
    /// Sets the properties that <see cref="SetAll"/> has set under their names without spaces too, as far as no field has such a name.
    /// </summary>
    public void AddWithoutSpaces()
    {
        if (!Tape.HasPunctuatedNames || _parent < 0)
        {
            return;
        }

        foreach (RecordValue child in new RecordValue(Tape, _parent).Children)
        {
            if (!child.Name.Contains((byte)' '))
            {
                continue;
            }

            ReadOnlySpan<byte> name = WithoutSpaces(child.Name);
            Name known = Tape.Names.Find(name);
            if (known.Id < 0)
            {
                SetUnknown(name, child.Index, onlyIfAbsent: true);
            }
            else if (IndexOf(known) is var index && (index < 0 || IsSpacedProperty(index)))
            {
                // Of names that become the same the last counts, as of names that are.
                Put(known, child.Index);
            }
        }
    }

    /// <summary>As <see cref="Set(Name, RecordValue)"/>, under the name of a property of the event.</summary>
    public void SetAs(RecordValue property, RecordValue value)
    {
        if (!value.Exists)
        {
            return;
        }

        ref RecordTape.NameSlice name = ref Tape[property.Index].Name;
        if (name.Id >= 0)
        {
            Put(new Name(name.Id), value.Index);
        }
        else
        {
            SetUnknown(Tape.Slice(name), value.Index, onlyIfAbsent: false);
        }
    }

    /// <summary>Sets a field under Sigma's name from a source's column: neither absent nor null makes a field.</summary>
    public void Map(Name name, RecordValue value)
    {
        if (!value.IsNull)
        {
            Put(name, value.Index);
        }
    }

    /// <summary>Takes a field away that means something else in the views that follow.</summary>
    public void Remove(Name name) => Put(name, -1);

    /// <summary><c>domain\name</c>, or the name alone where there is no domain; absent without a name.</summary>
    public RecordValue Joined(RecordValue domain, RecordValue name)
    {
        if (!name.Exists)
        {
            return default;
        }

        if (domain.Exists)
        {
            return Tape.Compose(domain.Text, @"\"u8, name.Text);
        }

        return name.Kind == FieldValueKind.Text ? name : Tape.Compose(name.Text);
    }

    /// <summary>
    /// Says that the record cannot be read: it is none of the events then. Comes before the first view, in place of all else.
    /// </summary>
    /// <param name="reason">Why, without any of its content.</param>
    public void Reject(string reason) => Rejection = reason;

    /// <summary>Begins a way of seeing the event.</summary>
    /// <returns>Whether anybody looks at it; if not there is no need to go on, but to <see cref="EndView"/>.</returns>
    public abstract bool BeginView(LogSourceSet logSources);

    /// <summary>As <see cref="BeginView(LogSourceSet)"/>, where the event itself states its log source; absent attributes are not stated.</summary>
    public abstract bool BeginView(RecordValue category, RecordValue product, RecordValue service);

    /// <summary>
    /// Says that rules have no view of such events on purpose, since what they test for is not in them; docs/telemetry.md lists them. In place of a view.
    /// </summary>
    public virtual void LeaveOut()
    {
        // Of interest to who counts what rules see.
    }

    /// <summary>
    /// States where the record comes from: the channel and provider of a Windows event, a table, what a record says of itself. Comes before the first view,
    /// and after <see cref="StateTenant"/>.
    /// </summary>
    /// <param name="channel">The channel or table; empty if none is stated.</param>
    /// <param name="provider">The provider; empty if none is stated.</param>
    public virtual void StateOrigin(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> provider)
    {
        // Of interest to who counts what arrives.
    }

    /// <summary>States the tenant that the record comes from; an absent value states none.</summary>
    public virtual void StateTenant(RecordValue tenant)
    {
        // Of interest to who counts what arrives.
    }

    /// <summary>Whether anybody looks at a field of this view. Only worth asking before a value is composed.</summary>
    public abstract bool Wants(Name name);

    /// <summary>Ends the view: its fields are those that are set now.</summary>
    public abstract void EndView();

    /// <summary>Begins the next record.</summary>
    protected void Begin(RecordTape tape)
    {
        _tape = tape;
        _touched.Clear();
        _ownValues.Clear();
        _parent = -1;
        Rejection = null;
        if (++_generation == int.MaxValue)
        {
            Array.Clear(_cells);
            _generation = 1;
        }
    }

    /// <summary>Makes room for fields under further names.</summary>
    protected void Learn(NameTable names) => Array.Resize(ref _cells, names.Count);

    /// <summary>Whether a field was set or removed by itself.</summary>
    protected bool IsTouched(int id) => _cells[id].Generation == _generation;

    /// <summary>Place of a field on the tape; negative if there is none.</summary>
    protected int IndexOf(Name name)
    {
        ref Cell cell = ref _cells[name.Id];
        return cell.Generation == _generation ? cell.Index : _parent < 0 ? -1 : Tape.Find(_parent, name);
    }

    /// <summary>Sets a field whose name is not in the table.</summary>
    /// <param name="name">The name (UTF-8), valid for the call.</param>
    /// <param name="index">Place of its value on the tape.</param>
    /// <param name="onlyIfAbsent">Whether any other field of that name counts, set before or after.</param>
    protected abstract void SetUnknown(ReadOnlySpan<byte> name, int index, bool onlyIfAbsent);

    private bool IsSpacedProperty(int index) => Tape[index].Parent == _parent && Tape.NameOf(index).Contains((byte)' ');

    /// <summary>A name without its spaces, valid until text is reserved on the tape again.</summary>
    private ReadOnlySpan<byte> WithoutSpaces(ReadOnlySpan<byte> name)
    {
        Span<byte> text = Tape.Reserve(name.Length);
        int length = 0;
        foreach (byte letter in name)
        {
            if (letter != (byte)' ')
            {
                text[length++] = letter;
            }
        }

        return text[..length];
    }

    private void Put(Name name, int index)
    {
        ref Cell cell = ref _cells[name.Id];
        if (cell.Generation != _generation)
        {
            cell.Generation = _generation;
            _touched.Add(name.Id);
        }

        cell.Index = index;
    }

    /// <summary>Values for keywords: those of an object's properties, or a value that is no object.</summary>
    /// <param name="Index">Place on the tape.</param>
    /// <param name="WithoutLogSource">Whether the properties that state the log source do not count.</param>
    protected readonly record struct OwnValues(int Index, bool WithoutLogSource);

    private struct Cell
    {
        public int Generation;
        public int Index;
    }
}
