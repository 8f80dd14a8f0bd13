using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>What one message body held.</summary>
/// <param name="Events">The events, in order.</param>
/// <param name="Undecoded">The first records that could not be read, in order.</param>
public sealed record DecodedBody(ImmutableArray<DecodedEvent> Events, ImmutableArray<UndecodedRecord> Undecoded)
{
    /// <summary>Number of records that could not be read, those that are not kept included.</summary>
    public int UndecodedCount { get; init; } = Undecoded.Length;
}

/// <summary>An event with what a detection needs to know about it.</summary>
public sealed record DecodedEvent
{
    /// <summary>Index of the record in the body, from 0; unreadable records count too.</summary>
    public required int Record { get; init; }

    /// <summary>The event as rules see it.</summary>
    public required SigmaEvent Event { get; init; }

    /// <summary>The shape it arrived in, such as <c>defender</c>, <c>xml</c>, <c>flat</c>.</summary>
    public required string Shape { get; init; }

    /// <summary>When it happened, by the source's clock; null where the record does not say.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The host it happened on.</summary>
    public string? Host { get; init; }

    /// <summary>The account it happened under.</summary>
    public string? User { get; init; }

    /// <summary>The Entra tenant it belongs to, where the source says.</summary>
    public string? TenantId { get; init; }

    /// <summary>The record's bytes as they arrived: a JSON object or an XML element, in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Original { get; init; }
}

/// <summary>A record that could not be read.</summary>
/// <param name="Record">Index of the record in the body, from 0.</param>
/// <param name="Reason">Why, without any of its content.</param>
/// <param name="Offset">Byte offset of the fault in the body, once it is unpacked and UTF-8.</param>
/// <param name="Original">The bytes that could not be read; the first of them where <see cref="BodyLimits.UndecodedBytes"/> are exceeded.</param>
public sealed record UndecodedRecord(int Record, string Reason, long Offset, ReadOnlyMemory<byte> Original)
{
    /// <summary>Number of bytes that could not be read, those that are not kept included.</summary>
    public int Length { get; init; } = Original.Length;
}
