using System.Text;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Microsoft Defender XDR's streaming API: one record a row of an advanced hunting table, with the row under <c>properties</c> and
/// <c>category</c> <c>AdvancedHunting-</c> and the table's name.
/// </summary>
internal sealed class DefenderShape : IShape
{
    private const string CategoryPrefix = "AdvancedHunting-";

    public string Name => "defender";

    public bool Recognises(RecordValue record) =>
        record["category"u8].StartsWith(CategoryPrefix) && record["properties"u8].IsObject;

    public void Decode(RecordValue record, EventBuilder builder)
    {
        RecordValue row = record["properties"u8];
        switch (record["category"u8].Text![CategoryPrefix.Length..])
        {
            case "DeviceProcessEvents":
                DefenderProcessEvents.Write(row, AdditionalFieldsOf(row), builder);
                break;
        }

        builder.AddOwnValues(row);
        builder.Time = EventTime.FirstOf(row["Timestamp"u8], record["time"u8]);
        builder.Host = DefenderRow.TextOf(row["DeviceName"u8]);
        builder.User =
            DefenderRow.AccountOf(row["AccountDomain"u8], row["AccountName"u8])
            ?? DefenderRow.AccountOf(row["InitiatingProcessAccountDomain"u8], row["InitiatingProcessAccountName"u8]);
        builder.TenantId = DefenderRow.TextOf(record["tenantId"u8]);
    }

    /// <summary><c>AdditionalFields</c> as an object, whether it came as one or as its text; as it is where it is neither.</summary>
    private static RecordValue AdditionalFieldsOf(RecordValue row)
    {
        RecordValue value = row["AdditionalFields"u8];
        return value.Kind == Engine.Events.FieldValueKind.Text
            && RecordTape.TryParseObject(Encoding.UTF8.GetBytes(value.Text!), out RecordValue parsed)
                ? parsed
                : value;
    }
}
