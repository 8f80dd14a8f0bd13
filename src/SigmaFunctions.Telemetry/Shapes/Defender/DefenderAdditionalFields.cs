using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>A row's <c>AdditionalFields</c>, which are an object, its text or something else; read only when they are needed.</summary>
/// <param name="value">The column.</param>
/// <param name="workingDirectory">What the table calls the working directory of a process; ends with <c>CurrentWorkingDirectory</c>.</param>
internal struct DefenderAdditionalFields(RecordValue value, Name workingDirectory)
{
    private RecordValue? _parsed;

    /// <summary>The object, whether it came as one or as its text; the value as it is where it is neither.</summary>
    public RecordValue Parsed() =>
        _parsed ??= value.Tape is { } tape && tape.TryParseObject(value, out RecordValue parsed) ? parsed : value;

    /// <summary>The working directory of the process.</summary>
    public RecordValue WorkingDirectory() => Find(workingDirectory, "CurrentWorkingDirectory"u8);

    /// <summary>One of the fields; absent where there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spelling">Bytes that the text of the object cannot be without if it has the field.</param>
    public RecordValue Find(Name name, ReadOnlySpan<byte> spelling) =>
        _parsed is not null || value.IsObject || value.RawContains(spelling) || value.RawContains(@"\u"u8)
            ? Parsed()[name]
            : default;
}
