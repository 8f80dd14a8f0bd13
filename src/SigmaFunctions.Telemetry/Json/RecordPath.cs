using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// A way into nested objects, of which any names may be written together: <c>a.b.c</c> is <c>c</c> in <c>b</c> in <c>a</c>, a property
/// named <c>a.b.c</c>, or anything between. At each step the longest name that leads on wins.
/// </summary>
internal sealed class RecordPath
{
    // At [first][more] the part of that index and as many more of those behind it, with dots between.
    private readonly Name[][] _names;

    /// <summary>Makes a path.</summary>
    /// <param name="names">Where its names are added.</param>
    /// <param name="path">Parts with dots between.</param>
    public RecordPath(NameTable.Builder names, string path)
    {
        string[] parts = path.Split('.');
        _names = new Name[parts.Length][];
        for (int first = 0; first < parts.Length; first++)
        {
            _names[first] = new Name[parts.Length - first];
            for (int more = 0; more < _names[first].Length; more++)
            {
                _names[first][more] = names.Add(string.Join('.', parts, first, more + 1));
            }
        }
    }

    /// <summary>What the path leads to; absent where it leads nowhere.</summary>
    public RecordValue In(RecordValue record) => In(record, 0);

    /// <summary>
    /// What the path leads to, also through lists of objects: the values that it then leads to become one list, without objects.
    /// </summary>
    public RecordValue ThroughLists(RecordValue record)
    {
        RecordValue value = In(record, 0);
        if (value.Exists || record.Tape is not { } tape)
        {
            return value;
        }

        RecordValue list = tape.OpenList();
        bool isEmpty = !AddAll(list, record, 0);
        tape.Close(list.Index);
        return isEmpty ? default : list;
    }

    private bool AddAll(RecordValue list, RecordValue value, int first)
    {
        bool found = false;
        if (value.Kind == FieldValueKind.Array)
        {
            foreach (RecordValue item in value.Children)
            {
                found |= AddAll(list, item, first);
            }

            return found;
        }

        if (first == _names.Length)
        {
            if (value.IsNull || value.IsObject)
            {
                return false;
            }

            value.Tape!.AddTo(list, value);
            return true;
        }

        Name[] names = _names[first];
        for (int more = names.Length - 1; more >= 0 && !found; more--)
        {
            RecordValue child = value[names[more]];
            found = child.Exists && AddAll(list, child, first + more + 1);
        }

        return found;
    }

    private RecordValue In(RecordValue parent, int first)
    {
        Name[] names = _names[first];
        for (int more = names.Length - 1; more >= 0; more--)
        {
            RecordValue value = parent[names[more]];
            if (value.Exists && more < names.Length - 1)
            {
                value = In(value, first + more + 1);
            }

            if (value.Exists)
            {
                return value;
            }
        }

        return default;
    }
}
