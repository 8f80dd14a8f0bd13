namespace SigmaFunctions.Telemetry.Json;

/// <summary>Finds the properties of an object that a later one of the same name replaces.</summary>
internal sealed class RepeatedNames(RecordTape tape)
{
    // Up to here names are told apart by the tape's own hash. It is no secret: a sender could give all names of an object the same
    // one, so that each had to be compared with all before it.
    private const int MaxCompared = 256;

    // Of the names that are not in the tape's table, by hash. What is of another generation is empty.
    private readonly Place[] _seen = new Place[MaxCompared * 4];
    private int _generation;

    /// <summary>Marks them on the tape.</summary>
    public void Mark(int parent)
    {
        _generation++;
        int count = 0;
        int end = tape[parent].Next;
        for (int child = parent + 1; child < end; child = tape[child].Next)
        {
            if (++count > MaxCompared)
            {
                MarkMany(parent);
                return;
            }

            ref RecordTape.Entry entry = ref tape[child];
            if (entry.Name.Id >= 0 ? entry.Previous > parent : !Add(entry.Name.Hash))
            {
                MarkBefore(parent, child);
            }
        }
    }

    private bool Add(uint hash)
    {
        for (uint place = hash; ; place++)
        {
            ref Place seen = ref _seen[place % (MaxCompared * 4)];
            if (seen.Generation != _generation)
            {
                seen = new Place { Generation = _generation, Hash = hash };
                return true;
            }

            if (seen.Hash == hash)
            {
                return false;
            }
        }
    }

    private void MarkBefore(int parent, int last)
    {
        for (int child = parent + 1; child < last; child = tape[child].Next)
        {
            if (tape[child].Name.Hash == tape[last].Name.Hash && tape.NameOf(child).SequenceEqual(tape.NameOf(last)))
            {
                tape[child].Flags |= RecordTape.EntryFlags.Replaced;
            }
        }
    }

    private void MarkMany(int parent)
    {
        var seen = new Dictionary<int, int>(new NameComparer(tape));
        for (int child = parent + 1; child < tape[parent].Next; child = tape[child].Next)
        {
            if (seen.Remove(child, out int before))
            {
                tape[before].Flags |= RecordTape.EntryFlags.Replaced;
            }

            seen.Add(child, child);
        }
    }

    private struct Place
    {
        public int Generation;
        public uint Hash;
    }

    private sealed class NameComparer(RecordTape tape) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y) => tape.NameOf(x).SequenceEqual(tape.NameOf(y));

        public int GetHashCode(int obj)
        {
            var hash = new HashCode();
            hash.AddBytes(tape.NameOf(obj));
            return hash.ToHashCode();
        }
    }
}
