using System.IO.Compression;
using SigmaFunctions.Archives.Bodies;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace SigmaFunctions.Archives.Unpacking;

/// <summary>What a packed stream unpacks to. That it is damaged or cut off is said when what comes before was read.</summary>
internal sealed class UnpackedStream : ForwardStream
{
    // GZipStream takes the end of its input for the end of the data, wherever it comes. So the input is followed by a member of our own: only
    // if its last member is whole does that come out, and nothing else behind the input.
    private static readonly byte[] EndMark = "\0end of file\0"u8.ToArray();
    private static readonly byte[] EndMember = Pack(EndMark);

    private readonly Stream _unpacking;
    private readonly UnpackingBudget _budget;
    private readonly string _method;

    // Of gzip: the input and what follows it.
    private readonly JoinedStream? _input;
    private bool _isEnd;

    // What was damaged once stays so, whoever reads on.
    private BodyFileException? _failure;

    private UnpackedStream(Stream unpacking, string method, UnpackingBudget budget, JoinedStream? input = null)
    {
        _unpacking = unpacking;
        _method = method;
        _budget = budget;
        _input = input;
    }

    /// <summary>Unpacks gzip of one or many members.</summary>
    public static UnpackedStream OfGzip(Stream packed, UnpackingBudget budget)
    {
        var input = new JoinedStream(default, packed, EndMember);
        return new UnpackedStream(new GZipStream(input, CompressionMode.Decompress), "gzip", budget, input);
    }

    /// <summary>Unpacks zstd of one or many frames, those that are skipped among them.</summary>
    public static UnpackedStream OfZstd(Stream packed, UnpackingBudget budget) => new(new DecompressionStream(packed, leaveOpen: false), "zstd", budget);

    /// <summary>Unpacks a file of an archive.</summary>
    public static UnpackedStream OfEntry(ZipArchiveEntry entry, UnpackingBudget budget) => new(new CheckedEntryStream(entry), "zip", budget);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isEnd || buffer.IsEmpty)
        {
            return 0;
        }

        int read = await UnpackAsync(buffer, cancellationToken);
        if (_input is null || (read > 0 && !_input.IsBehind))
        {
            return read;
        }

        // A read gives what comes of the input that is at hand, and takes more only where that is nothing: so this is of what follows the input.
        if (!_input.IsBehind)
        {
            throw Damaged("something else follows it", null);
        }

        byte[] end = new byte[EndMark.Length * 2];
        buffer.Span[..Math.Min(read, end.Length)].CopyTo(end);
        int length = read;
        while (read > 0 && length < end.Length)
        {
            read = await UnpackAsync(end.AsMemory(length), cancellationToken);
            length += read;
        }

        _isEnd = read == 0 && end.AsSpan(0, length).SequenceEqual(EndMark);
        return _isEnd ? 0 : throw Damaged("it is cut off", null);
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
        catch (ZstdException exception) when (exception.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge)
        {
            throw _failure = new BodyFileException("is packed by zstd with a window of more than 128 MiB, which is not read: unpack it first ('zstd -dc --long=31 FILE')", exception);
        }
        catch (ZstdException exception) when (exception.Code == ZSTD_ErrorCode.ZSTD_error_dictionary_wrong)
        {
            throw _failure = new BodyFileException("is packed by zstd with a dictionary, which is not read: unpack it first ('zstd -dc -D DICTIONARY FILE')", exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or ZstdException)
        {
            throw Damaged(_input is { IsBehind: true } ? "it is cut off" : null, exception);
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
