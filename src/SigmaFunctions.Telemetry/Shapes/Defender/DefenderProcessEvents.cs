using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Defender's <c>DeviceProcessEvents</c> as Sigma's <c>process_creation</c>. The row's own columns stay beside the mapped names, for
/// rules written for them.
/// </summary>
internal sealed class DefenderProcessEvents(NameTable.Builder names)
{
    private static readonly DefenderLogSources LogSources = new("process_creation");

    /// <summary>Columns that only have another name.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _renamed =
    [
        (names.Add("CommandLine"), names.Add("ProcessCommandLine")),
        (names.Add("ParentCommandLine"), names.Add("InitiatingProcessCommandLine")),
        (names.Add("OriginalFileName"), names.Add("ProcessVersionInfoOriginalFileName")),
        (names.Add("Product"), names.Add("ProcessVersionInfoProductName")),
        (names.Add("Company"), names.Add("ProcessVersionInfoCompanyName")),
        (names.Add("Description"), names.Add("ProcessVersionInfoFileDescription")),
        (names.Add("FileVersion"), names.Add("ProcessVersionInfoProductVersion")),
        (names.Add("IntegrityLevel"), names.Add("ProcessIntegrityLevel")),
        (names.Add("ParentProcessId"), names.Add("InitiatingProcessId")),
    ];

    private readonly Name _folderPath = names.Add("FolderPath");
    private readonly Name _fileName = names.Add("FileName");
    private readonly Name _accountDomain = names.Add("AccountDomain");
    private readonly Name _accountName = names.Add("AccountName");
    private readonly Name _initiatingFolderPath = names.Add("InitiatingProcessFolderPath");
    private readonly Name _initiatingFileName = names.Add("InitiatingProcessFileName");
    private readonly Name _initiatingParentFileName = names.Add("InitiatingProcessParentFileName");
    private readonly Name _initiatingAccountDomain = names.Add("InitiatingProcessAccountDomain");
    private readonly Name _initiatingAccountName = names.Add("InitiatingProcessAccountName");
    private readonly Name _additionalFields = names.Add("AdditionalFields");
    private readonly Name _workingDirectory = names.Add("ProcessCurrentWorkingDirectory");

    private readonly Name _image = names.Add("Image");
    private readonly Name _parentImage = names.Add("ParentImage");
    private readonly Name _grandParentImage = names.Add("GrandParentImage");
    private readonly Name _currentDirectory = names.Add("CurrentDirectory");
    private readonly Name _user = names.Add("User");
    private readonly Name _parentUser = names.Add("ParentUser");
    private readonly Name _logonId = names.Add("LogonId");
    private readonly DefenderHashes _hashes = new(names);

    /// <summary>Writes the view.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        var additional = new DefenderAdditionalFields(row[_additionalFields], _workingDirectory);
        DefenderProduct product = DefenderRow.ProductOf(
            row[_folderPath], row[_initiatingFolderPath], ref additional, row[_initiatingParentFileName]);
        bool windows = product == DefenderProduct.Windows;
        ReadOnlySpan<byte> separator = DefenderRow.SeparatorOf(product);
        if (sink.BeginView(LogSources[product]))
        {
            sink.SetAll(row);
            foreach ((Name field, Name column) in _renamed)
            {
                sink.Map(field, row[column]);
            }

            if (sink.Wants(_additionalFields))
            {
                sink.Set(_additionalFields, additional.Parsed());
            }

            if (sink.Wants(_currentDirectory))
            {
                sink.Map(_currentDirectory, additional.WorkingDirectory());
            }

            if (sink.Wants(_image))
            {
                sink.Map(_image, sink.FullPath(row[_folderPath], row[_fileName], separator));
            }

            if (sink.Wants(_parentImage))
            {
                sink.Map(_parentImage, sink.FullPath(row[_initiatingFolderPath], row[_initiatingFileName], separator));
            }

            if (sink.Wants(_grandParentImage))
            {
                sink.Map(_grandParentImage, sink.FullPath(default, row[_initiatingParentFileName], separator));
            }

            // Sysmon for Linux and its rules name an account alone (root).
            if (sink.Wants(_user))
            {
                sink.Map(_user, sink.AccountOf(windows ? row[_accountDomain] : default, row[_accountName]));
            }

            if (sink.Wants(_parentUser))
            {
                sink.Map(
                    _parentUser, sink.AccountOf(windows ? row[_initiatingAccountDomain] : default, row[_initiatingAccountName]));
            }

            if (sink.Wants(_logonId))
            {
                sink.Map(_logonId, WindowsNumbers.Hexadecimal(sink.Tape, row[_logonId]));
            }

            _hashes.Map(row, sink);
        }

        sink.EndView();
    }
}
