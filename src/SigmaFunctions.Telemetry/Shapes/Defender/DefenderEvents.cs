using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Defender's <c>DeviceEvents</c>, a table of many kinds of rows: those that are what a Sigma category is about. The columns name the
/// process or file that something is done to; what only one kind of row has is in <c>AdditionalFields</c>.
/// </summary>
internal sealed class DefenderEvents(NameTable.Builder names, DefenderActor actor, DefenderImageLoadEvents images)
{
    private static readonly DefenderLogSources RemoteThread = new("create_remote_thread");
    private static readonly DefenderLogSources ProcessAccess = new("process_access");
    private static readonly DefenderLogSources Pipe = new("pipe_created");
    private static readonly DefenderLogSources Driver = new("driver_load");
    private static readonly DefenderLogSources DnsQuery = new("dns_query");
    private static readonly DefenderLogSources Script = new("ps_script");
    private static readonly DefenderLogSources Clipboard = new("clipboard_capture");
    private static readonly DefenderLogSources FileAccess = new("file_access");
    private static readonly DefenderLogSources Antivirus = new("antivirus");

    private readonly Name _actionType = names.Add("ActionType");
    private readonly Name _folderPath = names.Add("FolderPath");
    private readonly Name _fileName = names.Add("FileName");
    private readonly Name _accountDomain = names.Add("AccountDomain");
    private readonly Name _accountName = names.Add("AccountName");
    private readonly Name _processId = names.Add("ProcessId");
    private readonly Name _initiatingCommandLine = names.Add("InitiatingProcessCommandLine");
    private readonly Name _desiredAccess = names.Add("DesiredAccess");
    private readonly Name _fileOperation = names.Add("FileOperation");
    private readonly Name _dnsQueryString = names.Add("DnsQueryString");
    private readonly Name _command = names.Add("Command");
    private readonly Name _threatName = names.Add("ThreatName");

    private readonly Name _sourceImage = names.Add("SourceImage");
    private readonly Name _sourceProcessId = names.Add("SourceProcessId");
    private readonly Name _sourceCommandLine = names.Add("SourceCommandLine");
    private readonly Name _sourceParentImage = names.Add("SourceParentImage");
    private readonly Name _sourceUser = names.Add("SourceUser");
    private readonly Name _targetImage = names.Add("TargetImage");
    private readonly Name _targetProcessId = names.Add("TargetProcessId");
    private readonly Name _targetUser = names.Add("TargetUser");
    private readonly Name _grantedAccess = names.Add("GrantedAccess");
    private readonly Name _pipeName = names.Add("PipeName");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _queryName = names.Add("QueryName");
    private readonly Name _scriptBlockText = names.Add("ScriptBlockText");
    private readonly Name _signature = names.Add("Signature");
    private readonly Name _filename = names.Add("Filename");

    /// <summary>Writes the view, if the row is of any.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        DefenderAdditionalFields additional = actor.AdditionalFieldsOf(row);
        if (LogSourcesOf(row[_actionType].Text, ref additional) is not { } logSources)
        {
            sink.LeaveOut();
            return;
        }

        if (IsAboutProcess(logSources) && !actor.IsNamed(row))
        {
            return;
        }

        DefenderProduct product = actor.ProductOf(row, ref additional);
        if (sink.BeginView(logSources[product]))
        {
            actor.Write(row, sink, product, ref additional);
            Map(logSources, row, sink, product, ref additional);
        }

        sink.EndView();
    }

    private DefenderLogSources? LogSourcesOf(ReadOnlySpan<byte> action, ref DefenderAdditionalFields additional) => action switch
    {
        _ when action.SequenceEqual("CreateRemoteThreadApiCall"u8) => RemoteThread,
        _ when action.SequenceEqual("OpenProcessApiCall"u8) => ProcessAccess,
        _ when action.SequenceEqual("NamedPipeEvent"u8) => Pipe,
        _ when action.SequenceEqual("DriverLoad"u8) => Driver,
        _ when action.SequenceEqual("DnsQueryResponse"u8) => DnsQuery,
        _ when action.SequenceEqual("PowerShellCommand"u8) => Script,
        _ when action.SequenceEqual("GetClipboardData"u8) => Clipboard,
        _ when action.SequenceEqual("SensitiveFileRead"u8) => FileAccess,

        // Scans and updates of the antivirus have no threat to name.
        _ when action.StartsWith("Antivirus"u8) && additional.Find(_threatName, "ThreatName"u8).IfStated().Exists => Antivirus,
        _ => null,
    };

    /// <summary>Whether rules ask who acts; those for drivers, scripts and viruses ask what it is that was loaded, run or found.</summary>
    private static bool IsAboutProcess(DefenderLogSources logSources) =>
        !ReferenceEquals(logSources, Driver) && !ReferenceEquals(logSources, Script) && !ReferenceEquals(logSources, Antivirus);

    private void Map(
        DefenderLogSources logSources, RecordValue row, EventSink sink, DefenderProduct product, ref DefenderAdditionalFields additional)
    {
        if (ReferenceEquals(logSources, Pipe))
        {
            MapPipe(sink, ref additional);
        }
        else if (ReferenceEquals(logSources, Driver))
        {
            images.WriteImage(row, sink, product);
        }
        else if (ReferenceEquals(logSources, DnsQuery))
        {
            Map(sink, _queryName, ref additional, _dnsQueryString, "DnsQueryString"u8);
        }
        else if (ReferenceEquals(logSources, Script))
        {
            Map(sink, _scriptBlockText, ref additional, _command, "Command"u8);
        }
        else if (ReferenceEquals(logSources, FileAccess))
        {
            // Rules mean the whole path by the name that this column has too.
            MapPath(sink, _fileName, row, product);
        }
        else if (ReferenceEquals(logSources, Antivirus))
        {
            Map(sink, _signature, ref additional, _threatName, "ThreatName"u8);
            MapPath(sink, _filename, row, product);
        }
        else if (ReferenceEquals(logSources, RemoteThread))
        {
            MapProcesses(row, sink, product);
        }
        else if (ReferenceEquals(logSources, ProcessAccess))
        {
            MapProcesses(row, sink, product);
            if (sink.Wants(_grantedAccess))
            {
                sink.Map(_grantedAccess, WindowsNumbers.Hexadecimal(sink.Tape, additional.Find(_desiredAccess, "DesiredAccess"u8)));
            }
        }
    }

    /// <summary>Sets a field to one of the additional fields.</summary>
    private static void Map(
        EventSink sink, Name field, ref DefenderAdditionalFields additional, Name name, ReadOnlySpan<byte> spelling)
    {
        if (sink.Wants(field))
        {
            sink.Map(field, additional.Find(name, spelling));
        }
    }

    private void MapPath(EventSink sink, Name field, RecordValue row, DefenderProduct product)
    {
        if (sink.Wants(field))
        {
            sink.Map(field, sink.FullPath(row[_folderPath].IfStated(), row[_fileName], DefenderRow.SeparatorOf(product)));
        }
    }

    /// <summary>Sets the fields of a process that does something to another, and of that other one.</summary>
    private void MapProcesses(RecordValue row, EventSink sink, DefenderProduct product)
    {
        sink.Map(_sourceProcessId, actor.ProcessIdOf(row));
        sink.Map(_sourceCommandLine, row[_initiatingCommandLine]);
        sink.Map(_targetProcessId, row[_processId]);
        MapPath(sink, _targetImage, row, product);
        if (sink.Wants(_sourceImage))
        {
            sink.Map(_sourceImage, actor.PathOf(row, sink, product));
        }

        if (sink.Wants(_sourceParentImage))
        {
            sink.Map(_sourceParentImage, actor.ParentPathOf(row, sink, product));
        }

        if (sink.Wants(_sourceUser))
        {
            sink.Map(_sourceUser, actor.AccountOf(row, sink, product));
        }

        if (sink.Wants(_targetUser))
        {
            sink.Map(_targetUser, sink.AccountOf(row[_accountDomain], row[_accountName]));
        }
    }

    /// <summary>Sysmon names a pipe without the device, and tells who makes it from who opens it.</summary>
    private void MapPipe(EventSink sink, ref DefenderAdditionalFields additional)
    {
        ReadOnlySpan<byte> device = @"\Device\NamedPipe"u8;
        if (sink.Wants(_pipeName))
        {
            RecordValue pipe = additional.Find(_pipeName, "PipeName"u8);
            ReadOnlySpan<byte> text = pipe.Text;
            sink.Map(
                _pipeName,
                Utf8IgnoreCase.StartsWith(text, device) && text[device.Length..] is [(byte)'\\', ..] name ? sink.Tape.Compose(name) : pipe);
        }

        if (sink.Wants(_eventType))
        {
            ReadOnlySpan<byte> operation = additional.Find(_fileOperation, "FileOperation"u8).Text;
            if (operation.SequenceEqual("File created"u8))
            {
                sink.Map(_eventType, sink.Tape.Compose("CreatePipe"u8));
            }
            else if (operation.SequenceEqual("File opened"u8))
            {
                sink.Map(_eventType, sink.Tape.Compose("ConnectPipe"u8));
            }
        }
    }
}
