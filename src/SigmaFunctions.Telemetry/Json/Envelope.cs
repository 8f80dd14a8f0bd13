namespace SigmaFunctions.Telemetry.Json;

/// <summary>What an object may be beside a record: something that records are in.</summary>
internal enum Envelope
{
    /// <summary>Nothing: it is a record.</summary>
    None,

    /// <summary>A body: <c>records</c>, or OTLP's <c>resourceLogs</c>.</summary>
    Body,

    /// <summary>One of <c>resourceLogs</c>: <c>scopeLogs</c>, once called <c>instrumentationLibraryLogs</c>.</summary>
    Resource,

    /// <summary>One of <c>scopeLogs</c>: <c>logRecords</c>, once called <c>logs</c>.</summary>
    Scope,
}

/// <summary>Names of properties that hold what is in envelopes.</summary>
internal static class Envelopes
{
    /// <summary>Whether a property of that name holds records or further envelopes; its value still has to list objects.</summary>
    public static bool Opens(this Envelope envelope, ReadOnlySpan<byte> name) => name is [(byte)'r' or (byte)'s' or (byte)'l' or (byte)'i', ..] && envelope switch
    {
        Envelope.Body => name.SequenceEqual("records"u8) || name.SequenceEqual("resourceLogs"u8),
        Envelope.Resource => name.SequenceEqual("scopeLogs"u8) || name.SequenceEqual("instrumentationLibraryLogs"u8),
        Envelope.Scope => name.SequenceEqual("logRecords"u8) || name.SequenceEqual("logs"u8),
        _ => false,
    };

    /// <summary>What the objects are that a property of that name lists.</summary>
    public static Envelope Within(this Envelope envelope, ReadOnlySpan<byte> name) => envelope switch
    {
        Envelope.Body when name.StartsWith("resource"u8) => Envelope.Resource,
        Envelope.Resource => Envelope.Scope,
        _ => Envelope.None,
    };
}
