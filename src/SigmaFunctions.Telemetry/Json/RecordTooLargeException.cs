namespace SigmaFunctions.Telemetry.Json;

/// <summary>A record holds more than is read of one: its sender decides how much that would be.</summary>
internal sealed class RecordTooLargeException() : Exception(Reason)
{
    /// <summary>Most bytes of a record: twice as many as a message of Event Hubs mostly may have. Windows writes events of 64 KB at most.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>Why the record cannot be read.</summary>
    public const string Reason = "a record of more than 2 MiB or 65,536 values";
}
