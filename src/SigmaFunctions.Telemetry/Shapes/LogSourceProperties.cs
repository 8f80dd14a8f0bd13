using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>The log source that a record states itself, as <c>category</c>, <c>product</c> and <c>service</c>: texts that are not empty.</summary>
internal sealed class LogSourceProperties(NameTable.Builder names)
{
    private readonly Name _category = names.Add("category");
    private readonly Name _product = names.Add("product");
    private readonly Name _service = names.Add("service");

    /// <summary>Whether a record states any of it.</summary>
    public bool IsIn(RecordValue record) => CategoryOf(record).Exists || ProductOf(record).Exists || ServiceOf(record).Exists;

    /// <summary>Its category; absent where none is stated.</summary>
    public RecordValue CategoryOf(RecordValue record) => IfStated(record[_category]);

    /// <summary>Its product; absent where none is stated.</summary>
    public RecordValue ProductOf(RecordValue record) => IfStated(record[_product]);

    /// <summary>Its service; absent where none is stated.</summary>
    public RecordValue ServiceOf(RecordValue record) => IfStated(record[_service]);

    private static RecordValue IfStated(RecordValue value) => value.Kind == FieldValueKind.Text && !value.Text.IsEmpty ? value : default;
}
