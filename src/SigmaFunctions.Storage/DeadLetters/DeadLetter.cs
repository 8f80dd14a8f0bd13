using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.DeadLetters;

/// <summary>A record of a hub's message, or its whole body, that could not be read.</summary>
public sealed record DeadLetter
{
    private DeadLetter(HubEventIdentity identity, string reason, long offset, ReadOnlyMemory<byte> content)
    {
        Identity = identity;
        Reason = reason;
        Offset = offset;
        Content = content;
    }

    /// <summary>Where it came from; the record is <see cref="HubEventIdentity.WholeBody"/> for a whole body.</summary>
    public HubEventIdentity Identity { get; }

    /// <summary>Why it could not be read, without any of its content.</summary>
    public string Reason { get; }

    /// <summary>Byte offset of the fault in the body, once it is unpacked and UTF-8; 0 where that is not known.</summary>
    public long Offset { get; }

    /// <summary>The bytes that could not be read. They must not change until the letter is written.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Name of its blob, which follows from <see cref="Identity"/> alone.</summary>
    public string Name => EventBlobName.Create(Identity);

    /// <summary>A record of a body.</summary>
    public static DeadLetter OfRecord(HubEventIdentity identity, string reason, long offset, ReadOnlyMemory<byte> content)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(reason);
        return new DeadLetter(identity, reason, offset, content);
    }

    /// <summary>A whole message body, as it was received.</summary>
    public static DeadLetter OfBody(HubEventIdentity identity, string reason, ReadOnlyMemory<byte> content)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(reason);
        return new DeadLetter(identity with { Record = HubEventIdentity.WholeBody }, reason, 0, content);
    }
}

/// <summary>What the store knows of a dead letter, without its content.</summary>
public sealed record StoredDeadLetter
{
    /// <summary>Name of the blob.</summary>
    public required string Name { get; init; }

    /// <summary>When the hub took the message in (UTC).</summary>
    public required DateTimeOffset EnqueuedTime { get; init; }

    /// <summary>Sequence number of the message in its partition.</summary>
    public required long SequenceNumber { get; init; }

    /// <summary>Index of the record in the message's body, from 0; null for the whole body.</summary>
    public int? Record { get; init; }

    /// <summary>Fully qualified Event Hubs namespace; null where the store did not take what describes the letter.</summary>
    public string? Namespace { get; init; }

    /// <summary>Event hub name; null likewise.</summary>
    public string? EventHub { get; init; }

    /// <summary>Partition id; null likewise.</summary>
    public string? Partition { get; init; }

    /// <summary>Why it could not be read; null likewise.</summary>
    public string? Reason { get; init; }

    /// <summary>Byte offset of the fault in the body; null likewise.</summary>
    public long? Offset { get; init; }

    /// <summary>Version of the app that wrote it; null likewise.</summary>
    public string? AppVersion { get; init; }

    /// <summary>Bytes of content.</summary>
    public long Size { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset? WrittenTime { get; init; }
}

/// <summary>What became of the letters of one batch.</summary>
/// <param name="Written">Letters that are new.</param>
/// <param name="Existing">Letters that were there already.</param>
/// <param name="Refused">Letters that the store refuses whatever is tried: their contents are too large for it.</param>
public sealed record DeadLetterResult(int Written, int Existing, IReadOnlyList<DeadLetter> Refused);
