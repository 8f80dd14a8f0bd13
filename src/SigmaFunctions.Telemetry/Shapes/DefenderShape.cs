using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Microsoft Defender XDR's streaming API: one record a row of an advanced hunting table, with the row under <c>properties</c> and
/// <c>category</c> <c>AdvancedHunting-</c> and the table's name.
/// </summary>
internal sealed class DefenderShape(NameTable.Builder names) : IShape
{
    private readonly Name _category = names.Add("category");
    private readonly Name _properties = names.Add("properties");
    private readonly Name _time = names.Add("time");
    private readonly Name _tenantId = names.Add("tenantId");
    private readonly Name _timestamp = names.Add("Timestamp");
    private readonly Name _deviceName = names.Add("DeviceName");
    private readonly Name _accountDomain = names.Add("AccountDomain");
    private readonly Name _accountName = names.Add("AccountName");
    private readonly Name _initiatingAccountDomain = names.Add("InitiatingProcessAccountDomain");
    private readonly Name _initiatingAccountName = names.Add("InitiatingProcessAccountName");
    private readonly DefenderProcessEvents _processEvents = new(names);

    private static ReadOnlySpan<byte> CategoryPrefix => "AdvancedHunting-"u8;

    public string Name => "defender";

    public bool Recognises(RecordValue record) =>
        record[_category].StartsWith(CategoryPrefix) && record[_properties].IsObject;

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue row = record[_properties];
        sink.AddOwnValues(row);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(row[_timestamp], record[_time]);
            facts.SetHost(row[_deviceName].IfStated());
            RecordValue account = sink.AccountOf(row[_accountDomain], row[_accountName]);
            facts.SetUser(account.Exists ? account : sink.AccountOf(row[_initiatingAccountDomain], row[_initiatingAccountName]));
            facts.SetTenantId(record[_tenantId].IfStated());
        }

        switch (record[_category].Text[CategoryPrefix.Length..])
        {
            case var table when table.SequenceEqual("DeviceProcessEvents"u8):
                _processEvents.Write(row, sink);
                break;
        }
    }
}
