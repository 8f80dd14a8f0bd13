using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Defender's <c>DeviceImageLoadEvents</c> as Sigma's <c>image_load</c>. Signature and version columns describe the process that loads,
/// not the image.
/// </summary>
internal sealed class DefenderImageLoadEvents(NameTable.Builder names, DefenderActor actor)
{
    private static readonly DefenderLogSources LogSources = new("image_load");

    private readonly Name _folderPath = names.Add("FolderPath");
    private readonly Name _fileName = names.Add("FileName");

    private readonly Name _imageLoaded = names.Add("ImageLoaded");
    private readonly DefenderHashes _hashes = new(names);

    /// <summary>Writes the view, if the row is of any.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        if (!actor.IsNamed(row))
        {
            return;
        }

        DefenderAdditionalFields additional = actor.AdditionalFieldsOf(row);
        DefenderProduct product = actor.ProductOf(row, ref additional);
        if (sink.BeginView(LogSources[product]))
        {
            actor.Write(row, sink, product, ref additional);
            WriteImage(row, sink, product);
        }

        sink.EndView();
    }

    /// <summary>Sets the fields of an image that was loaded, be it by a process or, a driver, by the system.</summary>
    public void WriteImage(RecordValue row, EventSink sink, DefenderProduct product)
    {
        if (sink.Wants(_imageLoaded))
        {
            sink.Map(_imageLoaded, sink.FullPath(row[_folderPath], row[_fileName], DefenderRow.SeparatorOf(product)));
        }

        _hashes.Map(row, sink);
    }
}
