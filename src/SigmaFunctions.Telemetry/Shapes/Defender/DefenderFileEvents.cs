using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Defender's <c>DeviceFileEvents</c> as Sigma's <c>file_event</c> (a file that was made or written, as Sysmon's event 11),
/// <c>file_delete</c> and <c>file_rename</c>.
/// </summary>
internal sealed class DefenderFileEvents(NameTable.Builder names, DefenderActor actor)
{
    private static readonly DefenderLogSources Written = new("file_event");
    private static readonly DefenderLogSources Deleted = new("file_delete");
    private static readonly DefenderLogSources Renamed = new("file_rename");

    private readonly Name _actionType = names.Add("ActionType");
    private readonly Name _folderPath = names.Add("FolderPath");
    private readonly Name _fileName = names.Add("FileName");
    private readonly Name _previousFolderPath = names.Add("PreviousFolderPath");
    private readonly Name _previousFileName = names.Add("PreviousFileName");

    private readonly Name _targetFilename = names.Add("TargetFilename");
    private readonly Name _sourceFilename = names.Add("SourceFilename");
    private readonly DefenderHashes _hashes = new(names);

    /// <summary>Writes the view, if the row is of any.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        if (LogSourcesOf(row[_actionType].Text) is not { } logSources)
        {
            sink.LeaveOut();
            return;
        }

        if (!actor.IsNamed(row))
        {
            return;
        }

        DefenderAdditionalFields additional = actor.AdditionalFieldsOf(row);
        DefenderProduct product = actor.ProductOf(row, ref additional);
        ReadOnlySpan<byte> separator = DefenderRow.SeparatorOf(product);
        if (sink.BeginView(logSources[product]))
        {
            actor.Write(row, sink, product, ref additional);
            if (sink.Wants(_targetFilename))
            {
                sink.Map(_targetFilename, sink.FullPath(row[_folderPath], row[_fileName], separator));
            }

            if (ReferenceEquals(logSources, Renamed) && sink.Wants(_sourceFilename))
            {
                sink.Map(_sourceFilename, sink.FullPath(row[_previousFolderPath].IfStated(), row[_previousFileName], separator));
            }

            _hashes.Map(row, sink);
        }

        sink.EndView();
    }

    private static DefenderLogSources? LogSourcesOf(ReadOnlySpan<byte> action) =>
        action.StartsWith("FileCreated"u8) || action.StartsWith("FileModified"u8) ? Written
        : action.StartsWith("FileDeleted"u8) ? Deleted
        : action.StartsWith("FileRenamed"u8) ? Renamed
        : null;
}
