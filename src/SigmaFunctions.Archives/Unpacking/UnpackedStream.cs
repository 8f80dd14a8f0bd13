using System.IO.Compression;
using SigmaFunctions.Archives.Bodies;
using ZstdSharp;

namespace SigmaFunctions.Archives.Unpacking;

/// <summary>What a packed stream unpacks to. That it is damaged or cut off is said when what comes before was read.</summary>
internal sealed class UnpackedStream : ForwardStream
{
    // GZipStream takes the end of its input for the end of the data, wherever it comes. So the input is followed by a member of our own:
    // only if its last member is whole does that come out at the end.
    private static readonly byte[] EndMark = "\0end of file\0"u8.ToArray();
    private static readonly byte[] EndMember = Pack(EndMark);

    private readonly Stream _unpacking;
    private readonly UnpackingBudget _budget;
    private readonly string _method;

    // The last bytes that came out, up to a mark's length: of gzip they are held back until others follow.
    private readonly byte[] _held;
    private int _heldLength;

    // What was damaged once stays so, whoever reads on.
    private BodyFileException? _failure;

    private UnpackedStream(Stream unpacking, string method, int held, UnpackingBudget budget)
    {
        _unpacking = unpacking;
        _method = method;
        _held = new byte[held];
        _budget = budget;
    }

    /// <summary>Unpacks gzip of one or many members.</summary>
    public static UnpackedStream OfGzip(Stream packed, UnpackingBudget budget) =>
        new(new GZipStream(new JoinedStream(default, packed, EndMember), CompressionMode.Decompress), "gzip", EndMark.Length, budget);

    /// <summary>Unpacks zstd of one or many frames, those that are skipped among them.</summary>
    public static UnpackedStream OfZstd(Stream packed, UnpackingBudget budget) => new(new DecompressionStream(packed, leaveOpen: false), "zstd", 0, budget);

    /// <summary>Unpacks a file of an archive.</summary>
    public static UnpackedStream OfEntry(ZipArchiveEntry entry, UnpackingBudget budget) => new(new CheckedEntryStream(entry), "zip", 0, budget);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_held.Length == 0 || buffer.IsEmpty)
        {
            return await UnpackAsync(buffer, cancellationToken);
        }

        // Room for what is held and at least one byte more, and for no more than is held and given.
        byte[]? small = buffer.Length <= _held.Length ? new byte[_held.Length + buffer.Length] : null;
        Memory<byte> room = small ?? buffer;
        while (true)
        {
            _held.AsMemory(0, _heldLength).CopyTo(room);
            int read = await UnpackAsync(room[_heldLength..], cancellationToken);
            if (read == 0)
            {
                return _held.AsSpan(0, _heldLength).SequenceEqual(EndMark) ? 0 : throw Damaged("it is cut off, or something else follows", null);
            }

            int length = _heldLength + read;
            _heldLength = Math.Min(length, _held.Length);
            int given = length - _heldLength;
            room.Span[given..length].CopyTo(_held);
            if (given > 0)
            {
                small?.AsMemory(0, given).CopyTo(buffer);
                return given;
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacking.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> UnpackAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        try
        {
            int read = await _unpacking.ReadAsync(buffer, cancellationToken);
            _budget.Spend(read);
            return read;
        }
        catch (EndOfStreamException exception)
        {
            throw Damaged("it is cut off", exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or ZstdException)
        {
            throw Damaged(null, exception);
        }
    }

    private BodyFileException Damaged(string? how, Exception? exception) =>
        _failure = new BodyFileException($"is damaged {_method}{(how is null ? "" : $": {how}")}", exception);

    private static byte[] Pack(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }
}
