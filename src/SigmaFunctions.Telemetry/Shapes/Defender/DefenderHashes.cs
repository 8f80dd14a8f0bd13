using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>The hashes of the file that a row is about, as <c>Hashes</c> and each by itself.</summary>
internal sealed class DefenderHashes(NameTable.Builder names)
{
    private readonly Name _sha1 = names.Add("SHA1");
    private readonly Name _md5 = names.Add("MD5");
    private readonly Name _sha256 = names.Add("SHA256");
    private readonly Name _hashes = names.Add("Hashes");
    private readonly Name _sha1Field = names.Add("sha1");
    private readonly Name _md5Field = names.Add("md5");
    private readonly Name _sha256Field = names.Add("sha256");

    /// <summary>Sets the fields.</summary>
    public void Map(RecordValue row, EventSink sink)
    {
        sink.Map(_sha1Field, row[_sha1]);
        sink.Map(_md5Field, row[_md5]);
        sink.Map(_sha256Field, row[_sha256]);
        if (sink.Wants(_hashes))
        {
            sink.Map(_hashes, SysmonHashes.Compose(sink.Tape, row[_sha1], row[_md5], row[_sha256]));
        }
    }
}
