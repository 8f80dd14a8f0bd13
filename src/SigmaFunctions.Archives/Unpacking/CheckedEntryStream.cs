using System.IO.Compression;
using System.IO.Hashing;

namespace SigmaFunctions.Archives.Unpacking;

/// <summary>A file of an archive, which must have the length and checksum that the archive states.</summary>
internal sealed class CheckedEntryStream(ZipArchiveEntry entry) : ForwardStream
{
    private readonly Stream _content = entry.Open();
    private readonly Crc32 _checksum = new();
    private long _length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _content.ReadAsync(buffer, cancellationToken);
        _checksum.Append(buffer.Span[..read]);
        _length += read;
        return read > 0 || buffer.IsEmpty || (_length == entry.Length && _checksum.GetCurrentHashAsUInt32() == entry.Crc32)
            ? read
            : throw new InvalidDataException("The length or checksum is another.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }
}
