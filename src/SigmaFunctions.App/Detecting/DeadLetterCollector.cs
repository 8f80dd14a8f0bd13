using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// Collects the dead letters of messages until they are written. A message has at most <see cref="MaxRecords"/> of them: where more of its
/// records cannot be read, or one is too long to be kept by itself, its whole body is one letter, since a body of a few bytes a record must not
/// become 100,000 blobs.
/// </summary>
internal sealed class DeadLetterCollector
{
    /// <summary>Letters of one message that are kept one by one.</summary>
    public const int MaxRecords = 16;

    // Letters of unpacked bodies are copies.
    private const int FullBytes = 4 * 1024 * 1024;
    private const int FullLetters = 256;

    private readonly Dictionary<int, DeadLetter> _ofMessage = [];
    private List<DeadLetter> _letters = [];
    private long _bytes;
    private int _records;
    private bool _isCut;

    /// <summary>Whether letters should be written before more are collected.</summary>
    public bool IsFull => _letters.Count >= FullLetters || _bytes >= FullBytes;

    /// <summary>Adds the records of the current message that could not be read.</summary>
    public void AddRecords(IReadOnlyList<UndecodedRecord> kept, int count, Func<int, HubEventIdentity> identity)
    {
        foreach (UndecodedRecord record in kept.Take(MaxRecords))
        {
            _ofMessage.TryAdd(record.Record, DeadLetter.OfRecord(identity(record.Record), record.Reason, record.Offset, record.Original));
            _isCut |= record.Original.Length < record.Length;
        }
        _records += count;
    }

    /// <summary>Adds a record of the current message; of several reasons for one record, the first stands.</summary>
    public void AddRecord(HubEventIdentity identity, string reason, Func<ReadOnlyMemory<byte>> content)
    {
        if (_ofMessage.ContainsKey(identity.Record))
        {
            return;
        }

        _records++;
        if (_ofMessage.Count < MaxRecords)
        {
            _ofMessage.Add(identity.Record, DeadLetter.OfRecord(identity, reason, 0, content()));
        }
    }

    /// <summary>Adds the whole body of a message.</summary>
    public void AddBody(HubEventIdentity identity, string reason, byte[] body) => Add(DeadLetter.OfBody(identity, reason, body));

    /// <summary>Ends the current message.</summary>
    public void EndMessage(HubEventIdentity identity, byte[] body)
    {
        if (_records > MaxRecords || _isCut)
        {
            AddBody(identity, _records == 1 ? FirstReason : $"{_records} records cannot be read; the first: {FirstReason}", body);
        }
        else
        {
            foreach (DeadLetter letter in _ofMessage.Values)
            {
                Add(letter);
            }
        }

        _ofMessage.Clear();
        _records = 0;
        _isCut = false;
    }

    /// <summary>Takes the letters of the messages that have ended.</summary>
    public IReadOnlyCollection<DeadLetter> Take()
    {
        List<DeadLetter> taken = _letters;
        _letters = [];
        _bytes = 0;
        return taken;
    }

    private string FirstReason => _ofMessage.Values.First().Reason;

    private void Add(DeadLetter letter)
    {
        _letters.Add(letter);
        _bytes += letter.Content.Length;
    }
}
