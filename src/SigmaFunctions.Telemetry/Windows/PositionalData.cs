using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// Data of an event that come as values without names. They get the names of the event's schema where that is known, and are <c>Data</c>
/// otherwise.
/// </summary>
internal sealed class PositionalData(NameTable.Builder names)
{
    private readonly EventSchemas _schemas = new(names);
    private readonly Name _data = names.Add("Data");

    /// <summary>Data of Sysmon that event XML writes in hexadecimal.</summary>
    private readonly ImmutableArray<Name> _hexadecimalOfSysmon = [names.Add("GrantedAccess"), names.Add("LogonId")];

    /// <summary>The same of the Security log.</summary>
    private readonly ImmutableArray<Name> _hexadecimal =
    [
        names.Add("AccessMask"),
        names.Add("CallerProcessId"),
        names.Add("HandleId"),
        names.Add("LogonID"),
        names.Add("NewProcessId"),
        names.Add("NewUacValue"),
        names.Add("OldUacValue"),
        names.Add("ProcessId"),
        names.Add("ServiceType"),
        names.Add("Status"),
        names.Add("SubStatus"),
        names.Add("SubjectLogonId"),
        names.Add("TargetLinkedLogonId"),
        names.Add("TargetLogonId"),
        names.Add("TicketEncryptionType"),
        names.Add("TicketOptions"),
    ];

    /// <summary>Sets the data of an event.</summary>
    /// <param name="provider">The event's provider.</param>
    /// <param name="eventId">Its id.</param>
    /// <param name="version">Its version; absent where it is not stated.</param>
    /// <param name="values">Its data, a list.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="areTyped">Whether numbers come as such even where event XML writes them in hexadecimal.</param>
    public void Set(RecordValue provider, RecordValue eventId, RecordValue version, RecordValue values, EventSink sink, bool areTyped = false)
    {
        ImmutableArray<Name> schema = _schemas.Find(provider, eventId, version, values);
        if (schema.IsEmpty)
        {
            sink.Set(_data, values);
            return;
        }

        ImmutableArray<Name> hexadecimal = !areTyped ? []
            : provider.Text.EndsWith("-Sysmon"u8) ? _hexadecimalOfSysmon
            : provider.Text.EndsWith("-Security-Auditing"u8) ? _hexadecimal
            : [];
        int index = 0;
        foreach (RecordValue value in values.Children)
        {
            Name name = schema[index++];
            sink.Set(name, value.Kind == FieldValueKind.Number && hexadecimal.Contains(name) ? Hexadecimal(sink.Tape, value) : value);
        }
    }

    /// <summary>A number as event XML writes it in hexadecimal; negative ones were of 32 bits.</summary>
    private static RecordValue Hexadecimal(RecordTape tape, RecordValue value)
    {
        if (!long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return value;
        }

        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(number is < 0 and >= int.MinValue ? (uint)(int)number : number, digits, out int length, 'x');
        return tape.Compose("0x"u8, digits[..length]);
    }
}
