using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>The hashes of the file that a row is about, as <c>Hashes</c>.</summary>
internal sealed class DefenderHashes(NameTable.Builder names)
{
    private readonly Name _sha1 = names.Add("SHA1");
    private readonly Name _md5 = names.Add("MD5");
    private readonly Name _sha256 = names.Add("SHA256");
    private readonly Name _hashes = names.Add("Hashes");

    /// <summary>Sets the field.</summary>
    public void Map(RecordValue row, EventSink sink)
    {
        if (sink.Wants(_hashes))
        {
            sink.Map(_hashes, SysmonHashes.Compose(sink.Tape, row[_sha1], row[_md5], row[_sha256]));
        }
    }
}
