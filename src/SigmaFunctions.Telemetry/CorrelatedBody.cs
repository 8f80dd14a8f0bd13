using System.Text;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry;

/// <summary>The records of a body with matches that correlations look at. Valid until the next body. Not safe for concurrent use.</summary>
/// <param name="maxBytes">Most bytes of what is asked for of them.</param>
public sealed class CorrelatedBody(int maxBytes)
{
    // Records and matches that room is kept for between bodies, each; and bytes.
    private const int KeptItems = 64 * 1024;
    private const int KeptBytes = 1024 * 1024;

    private readonly List<Record> _records = [];
    private readonly List<Match> _matches = [];
    private CapturedWriter _writer = new();
    private (int Records, int Matches, int Bytes, int LeftOut) _marked;

    /// <summary>Number of records.</summary>
    public int Count => _records.Count;

    /// <summary>Number of matches that are left out, since they came to too much.</summary>
    public int LeftOut { get; private set; }

    /// <summary>A record.</summary>
    /// <param name="index">From 0, in the order of the body.</param>
    public CorrelatedRecord this[int index] => new(this, index);

    internal Record RecordAt(int index) => _records[index];

    internal int RuleAt(int match) => _matches[match].Rule;

    internal bool IsCutAt(int match) => _matches[match].IsCut;

    internal ReadOnlySpan<byte> ValuesAt(int match) => _writer.Written.Slice(_matches[match].Start, _matches[match].Length);

    internal ReadOnlySpan<byte> Slice(int start, int length) => _writer.Written.Slice(start, length);

    internal void Begin(int record, int start, EventFacts facts)
    {
        int host = _writer.Length;
        _writer.Append(facts.HostText);
        int user = _writer.Length;
        _writer.Append(facts.UserText);
        _records.Add(new Record(record, start, facts.Time, host, user, _writer.Length, _matches.Count, 0));
    }

    internal void Add(int rule, ReadOnlySpan<byte> values, bool isCut)
    {
        if (_writer.Length + (long)values.Length > maxBytes)
        {
            LeftOut++;
            return;
        }

        _matches.Add(new Match(rule, _writer.Length, values.Length, isCut));
        _writer.Append(values);
    }

    /// <summary>Ends the record, which is none if nothing was added.</summary>
    internal void End()
    {
        Record record = _records[^1];
        if (record.First == _matches.Count)
        {
            _records.RemoveAt(_records.Count - 1);
            _writer.ReturnTo(record.Host);
        }
        else
        {
            _records[^1] = record with { Count = _matches.Count - record.First };
        }
    }

    internal void Mark() => _marked = (_records.Count, _matches.Count, _writer.Length, LeftOut);

    internal void ReturnToMark()
    {
        _records.RemoveRange(_marked.Records, _records.Count - _marked.Records);
        _matches.RemoveRange(_marked.Matches, _matches.Count - _marked.Matches);
        _writer.ReturnTo(_marked.Bytes);
        LeftOut = _marked.LeftOut;
    }

    internal void Clear()
    {
        _records.Clear();
        _matches.Clear();
        LeftOut = 0;
        _writer.ReturnTo(0);
        _records.Capacity = _records.Capacity > KeptItems ? 0 : _records.Capacity;
        _matches.Capacity = _matches.Capacity > KeptItems ? 0 : _matches.Capacity;
        if (_writer.Capacity > KeptBytes)
        {
            _writer = new CapturedWriter();
        }
    }

    internal readonly record struct Record(int Index, int Start, DateTimeOffset? Time, int Host, int User, int End, int First, int Count);

    private readonly record struct Match(int Rule, int Start, int Length, bool IsCut);
}

/// <summary>A record with matches that correlations look at. Valid as long as its <see cref="CorrelatedBody"/>.</summary>
public readonly ref struct CorrelatedRecord
{
    private readonly CorrelatedBody _body;
    private readonly CorrelatedBody.Record _record;

    internal CorrelatedRecord(CorrelatedBody body, int index)
    {
        _body = body;
        _record = body.RecordAt(index);
    }

    /// <summary>Index of the record in the body, from 0; unreadable records count too.</summary>
    public int Record => _record.Index;

    /// <summary>Where the record begins in the body, in bytes; 0 where it is from what the body was turned into first.</summary>
    public int Start => _record.Start;

    /// <summary>When the event happened; null where it does not tell.</summary>
    public DateTimeOffset? Time => _record.Time;

    /// <summary>The host it happened on; null where none is stated.</summary>
    public string? Host => TextOf(_record.Host, _record.User);

    /// <summary>The account it happened under; null where none is stated.</summary>
    public string? User => TextOf(_record.User, _record.End);

    /// <summary>Number of its matches, from 1.</summary>
    public int Count => _record.Count;

    /// <summary>The rule of a match: its place among those of the rule set.</summary>
    public int RuleOf(int match) => _body.RuleAt(_record.First + match);

    /// <summary>Whether a list of a match has more elements than are among its values.</summary>
    public bool IsCut(int match) => _body.IsCutAt(_record.First + match);

    /// <summary>The values of the fields that <see cref="CorrelationPlan.FieldsOf"/> tells for the rule.</summary>
    public ReadOnlySpan<byte> ValuesOf(int match) => _body.ValuesAt(_record.First + match);

    private string? TextOf(int start, int end) => end > start ? Encoding.UTF8.GetString(_body.Slice(start, end - start)) : null;
}
