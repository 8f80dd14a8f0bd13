using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// What the device tables other than <c>DeviceProcessEvents</c> have in common: the initiating process is who acts, which Sigma calls
/// <c>Image</c>.
/// </summary>
internal sealed class DefenderActor(NameTable.Builder names)
{
    /// <summary>Columns that only have another name.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _renamed =
    [
        (names.Add("CommandLine"), names.Add("InitiatingProcessCommandLine")),
        (names.Add("IntegrityLevel"), names.Add("InitiatingProcessIntegrityLevel")),
        (names.Add("ParentProcessId"), names.Add("InitiatingProcessParentId")),
        (names.Add("Computer"), names.Add("DeviceName")),
    ];

    private readonly Name _folderPath = names.Add("FolderPath");
    private readonly Name _initiatingFolderPath = names.Add("InitiatingProcessFolderPath");
    private readonly Name _initiatingFileName = names.Add("InitiatingProcessFileName");
    private readonly Name _initiatingParentFileName = names.Add("InitiatingProcessParentFileName");
    private readonly Name _initiatingAccountDomain = names.Add("InitiatingProcessAccountDomain");
    private readonly Name _initiatingAccountName = names.Add("InitiatingProcessAccountName");
    private readonly Name _initiatingId = names.Add("InitiatingProcessId");
    private readonly Name _additionalFields = names.Add("AdditionalFields");
    private readonly Name _workingDirectory = names.Add("InitiatingProcessCurrentWorkingDirectory");

    private readonly Name _image = names.Add("Image");
    private readonly Name _parentImage = names.Add("ParentImage");
    private readonly Name _user = names.Add("User");
    private readonly Name _processId = names.Add("ProcessId");

    /// <summary>The <c>AdditionalFields</c> of a row.</summary>
    public DefenderAdditionalFields AdditionalFieldsOf(RecordValue row) => new(row[_additionalFields], _workingDirectory);

    /// <summary>The operating system of a row's device.</summary>
    public DefenderProduct ProductOf(RecordValue row, ref DefenderAdditionalFields additional) => DefenderRow.ProductOf(
        row[_folderPath], row[_initiatingFolderPath], ref additional, row[_initiatingParentFileName]);

    /// <summary>
    /// Whether a row says which process acts. One that does not is of no view where rules leave out processes: they would hold on all
    /// such rows, whoever it was.
    /// </summary>
    public bool IsNamed(RecordValue row) => row[_initiatingFolderPath].IfStated().Exists || row[_initiatingFileName].IfStated().Exists;

    /// <summary>The initiating process's path; that of the kernel's own process is <c>System</c>, as Sysmon writes it.</summary>
    public RecordValue PathOf(RecordValue row, EventSink sink, DefenderProduct product)
    {
        RecordValue path = row[_initiatingFolderPath].IfStated();
        RecordValue name = row[_initiatingFileName];
        return !path.Exists && product == DefenderProduct.Windows && Utf8IgnoreCase.Equals(name.Text, "System"u8)
            ? name
            : sink.FullPath(path, name, DefenderRow.SeparatorOf(product));
    }

    /// <summary>The path of its parent, of which only the name is known.</summary>
    public RecordValue ParentPathOf(RecordValue row, EventSink sink, DefenderProduct product) =>
        sink.FullPath(default, row[_initiatingParentFileName], DefenderRow.SeparatorOf(product));

    /// <summary>The initiating process's account. Sysmon for Linux and its rules name an account alone (root).</summary>
    public RecordValue AccountOf(RecordValue row, EventSink sink, DefenderProduct product) => sink.AccountOf(
        product == DefenderProduct.Windows ? row[_initiatingAccountDomain] : default, row[_initiatingAccountName]);

    /// <summary>The initiating process's id.</summary>
    public RecordValue ProcessIdOf(RecordValue row) => row[_initiatingId];

    /// <summary>Sets the row's own columns and, over them, the fields of the initiating process. Comes first in a view.</summary>
    public void Write(RecordValue row, EventSink sink, DefenderProduct product, ref DefenderAdditionalFields additional)
    {
        sink.SetAll(row);
        if (sink.Wants(_additionalFields))
        {
            sink.Set(_additionalFields, additional.Parsed());
        }

        foreach ((Name field, Name column) in _renamed)
        {
            sink.Map(field, row[column]);
        }

        // The row's own ProcessId is that of a process that something is done to.
        sink.Remove(_processId);
        sink.Map(_processId, row[_initiatingId]);
        if (sink.Wants(_image))
        {
            sink.Map(_image, PathOf(row, sink, product));
        }

        if (sink.Wants(_parentImage))
        {
            sink.Map(_parentImage, ParentPathOf(row, sink, product));
        }

        if (sink.Wants(_user))
        {
            sink.Map(_user, AccountOf(row, sink, product));
        }
    }
}
