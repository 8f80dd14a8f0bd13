namespace SigmaFunctions.LocalHost.Processes;

/// <summary>The last lines that a process wrote.</summary>
internal sealed class OutputTail
{
    private const int Capacity = 20;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new(Capacity);

    /// <summary>Adds a line; null (the stream's end) is left out.</summary>
    public void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_gate)
        {
            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
        }
    }

    /// <summary>The lines, oldest first, one each; empty if there are none.</summary>
    public override string ToString()
    {
        lock (_gate)
        {
            return string.Join(Environment.NewLine, _lines);
        }
    }
}
