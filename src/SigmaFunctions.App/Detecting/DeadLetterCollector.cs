using SigmaFunctions.Storage;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// Collects the dead letters of a batch. A message has at most <see cref="MaximumRecords"/> of them: where more of its records
/// cannot be read, its whole body is one letter, since a body of a few bytes a record must not become 100,000 blobs.
/// </summary>
internal sealed class DeadLetterCollector
{
    /// <summary>Letters of one message that are kept one by one.</summary>
    public const int MaximumRecords = 16;

    private readonly List<DeadLetter> _letters = [];
    private readonly Dictionary<int, DeadLetter> _ofMessage = [];
    private int _records;

    /// <summary>The letters of the messages that have ended.</summary>
    public IReadOnlyCollection<DeadLetter> Letters => _letters;

    /// <summary>Adds a record of the current message; of several reasons for one record, the first stands.</summary>
    public void AddRecord(EventIdentity identity, string reason, long offset, Func<ReadOnlyMemory<byte>> content)
    {
        if (_ofMessage.ContainsKey(identity.Record))
            return;
        _records++;
        if (_ofMessage.Count < MaximumRecords)
            _ofMessage.Add(identity.Record, DeadLetter.OfRecord(identity, reason, offset, content()));
    }

    /// <summary>Adds the whole body of a message of which nothing was read.</summary>
    public void AddBody(EventIdentity identity, string reason, byte[] body) => _letters.Add(DeadLetter.OfBody(identity, reason, body));

    /// <summary>Ends the current message.</summary>
    public void EndMessage(EventIdentity identity, byte[] body)
    {
        if (_records <= MaximumRecords)
            _letters.AddRange(_ofMessage.Values);
        else
            AddBody(identity, $"{_records} records cannot be read; the first: {_ofMessage.Values.First().Reason}", body);
        _ofMessage.Clear();
        _records = 0;
    }
}
