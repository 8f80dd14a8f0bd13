using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Defender's <c>DeviceRegistryEvents</c> as Sigma's registry categories. Keys and data are written as Sysmon writes them, since that is
/// what rules compare with.
/// </summary>
internal sealed class DefenderRegistryEvents(NameTable.Builder names, DefenderActor actor)
{
    private static readonly Kind ValueSet = new("registry_set");
    private static readonly Kind KeyCreated = new("registry_add");
    private static readonly Kind Deleted = new("registry_delete");
    private static readonly Kind KeyRenamed = new("registry_rename");

    private readonly Name _actionType = names.Add("ActionType");
    private readonly Name _key = names.Add("RegistryKey");
    private readonly Name _valueName = names.Add("RegistryValueName");
    private readonly Name _valueData = names.Add("RegistryValueData");
    private readonly Name _valueType = names.Add("RegistryValueType");
    private readonly Name _previousKey = names.Add("PreviousRegistryKey");
    private readonly Name _previousValueName = names.Add("PreviousRegistryValueName");

    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _targetObject = names.Add("TargetObject");
    private readonly Name _newName = names.Add("NewName");
    private readonly Name _details = names.Add("Details");

    /// <summary>Writes the view, if the row is of any.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        switch (row[_actionType].Text)
        {
            case var action when action.SequenceEqual("RegistryValueSet"u8):
                Write(row, sink, ValueSet, "SetValue"u8, isValue: true);
                break;
            case var action when action.SequenceEqual("RegistryKeyCreated"u8):
                Write(row, sink, KeyCreated, "CreateKey"u8, isValue: false);
                break;
            case var action when action.SequenceEqual("RegistryKeyDeleted"u8):
                Write(row, sink, Deleted, "DeleteKey"u8, isValue: false);
                break;
            case var action when action.SequenceEqual("RegistryValueDeleted"u8):
                Write(row, sink, Deleted, "DeleteValue"u8, isValue: true);
                break;
            case var action when action.SequenceEqual("RegistryKeyRenamed"u8):
                Write(row, sink, KeyRenamed, "RenameKey"u8, isValue: false);
                break;
            default:
                sink.LeaveOut();
                break;
        }
    }

    private void Write(RecordValue row, EventSink sink, Kind kind, ReadOnlySpan<byte> eventType, bool isValue)
    {
        if (!actor.IsNamed(row))
        {
            return;
        }

        DefenderAdditionalFields additional = actor.AdditionalFieldsOf(row);
        if (sink.BeginView(kind.LogSources))
        {
            actor.Write(row, sink, DefenderProduct.Windows, ref additional);
            if (sink.Wants(_eventType))
            {
                sink.Map(_eventType, sink.Tape.Compose(eventType));
            }

            RecordValue key = row[_key].IfStated();
            RecordValue previousKey = row[_previousKey].IfStated();
            if (ReferenceEquals(kind, KeyRenamed))
            {
                Map(sink, _newName, key);
                Map(sink, _targetObject, previousKey);
            }
            else
            {
                // What is gone may stand in the columns of what was before.
                bool isDeleted = ReferenceEquals(kind, Deleted);
                RecordValue name = row[_valueName].IfStated();
                name = isDeleted && !name.Exists ? row[_previousValueName].IfStated() : name;
                Map(
                    sink,
                    _targetObject,
                    isDeleted && !key.Exists ? previousKey : key,
                    !isValue ? default : name.Exists ? name.Text : "(Default)"u8);
            }

            if (ReferenceEquals(kind, ValueSet) && sink.Wants(_details))
            {
                sink.Map(_details, DetailsOf(sink.Tape, row[_valueType].Text, row[_valueData]));
            }
        }

        sink.EndView();
    }

    /// <summary>Sets a field to the path of a key, or of a value in it.</summary>
    private static void Map(EventSink sink, Name field, RecordValue key, ReadOnlySpan<byte> valueName = default)
    {
        if (!key.Exists || !sink.Wants(field))
        {
            return;
        }

        ReadOnlySpan<byte> path = key.Text;
        ReadOnlySpan<byte> hive = HiveOf(ref path);
        ReadOnlySpan<byte> controlSet = default;
        if (hive.SequenceEqual("HKLM"u8) && IsBelow(path, @"\SYSTEM\ControlSet001"u8))
        {
            // The set that the system runs with: Sysmon writes the name that leads to it.
            controlSet = @"\SYSTEM\CurrentControlSet"u8;
            path = path[@"\SYSTEM\ControlSet001"u8.Length..];
        }

        ReadOnlySpan<byte> separator = valueName.IsEmpty ? default : @"\"u8;
        Span<byte> text = sink.Tape.Reserve(hive.Length + controlSet.Length + path.Length + separator.Length + valueName.Length);
        int length = 0;
        Append(text, ref length, hive);
        Append(text, ref length, controlSet);
        Append(text, ref length, path);
        Append(text, ref length, separator);
        Append(text, ref length, valueName);
        sink.Map(field, sink.Tape.Take(length));
    }

    /// <summary>Sysmon's abbreviation of a key's hive, which is taken off the key; empty where the key begins with none.</summary>
    private static ReadOnlySpan<byte> HiveOf(ref ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> hive =
            IsBelow(path, "HKEY_LOCAL_MACHINE"u8) ? "HKLM"u8
            : IsBelow(path, "HKEY_USERS"u8) ? "HKU"u8
            : IsBelow(path, "HKEY_CURRENT_USER"u8) ? "HKCU"u8
            : IsBelow(path, "HKEY_CLASSES_ROOT"u8) ? "HKCR"u8
            : IsBelow(path, "HKEY_CURRENT_CONFIG"u8) ? "HKCC"u8
            : default;
        if (hive.IsEmpty)
        {
            return default;
        }

        int end = path.IndexOf((byte)'\\');
        path = end < 0 ? default : path[end..];

        // Rows call the hive of a user so too, whose key is named by the user's SID only among those of all.
        return hive.SequenceEqual("HKCU"u8) && path.StartsWith(@"\S-1-"u8) ? "HKU"u8 : hive;
    }

    /// <summary>Whether a path is a key, or one below it.</summary>
    private static bool IsBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> key) =>
        Utf8IgnoreCase.StartsWith(path, key) && (path.Length == key.Length || path[key.Length] == (byte)'\\');

    private static void Append(Span<byte> text, ref int length, ReadOnlySpan<byte> part)
    {
        part.CopyTo(text[length..]);
        length += part.Length;
    }

    /// <summary>
    /// The data of a value: numbers in hexadecimal, texts as they are, of what else there is only that it is binary. An empty text
    /// arrives as null too.
    /// </summary>
    private static RecordValue DetailsOf(RecordTape tape, ReadOnlySpan<byte> type, RecordValue data)
    {
        if (Ascii.EqualsIgnoreCase(type, "Dword"u8))
        {
            return WindowsNumbers.Dword(tape, data) is { Exists: true } number ? number : data;
        }

        if (Ascii.EqualsIgnoreCase(type, "Qword"u8))
        {
            return WindowsNumbers.Qword(tape, data) is { Exists: true } number ? number : data;
        }

        if (Ascii.EqualsIgnoreCase(type, "Binary"u8) || Ascii.EqualsIgnoreCase(type, "None"u8))
        {
            return tape.Compose("Binary Data"u8);
        }

        bool isText = Ascii.EqualsIgnoreCase(type, "String"u8)
            || Ascii.EqualsIgnoreCase(type, "ExpandString"u8)
            || Ascii.EqualsIgnoreCase(type, "MultiString"u8);
        return isText && (data.IsNull || (data.HasText && data.Text.IsEmpty)) ? tape.Compose("(Empty)"u8) : data;
    }

    /// <summary>A kind of row; all of them are <c>registry_event</c> too.</summary>
    internal sealed class Kind(string category)
    {
        public LogSourceSet LogSources { get; } = [new LogSource(category, "windows"), new LogSource("registry_event", "windows")];
    }
}
