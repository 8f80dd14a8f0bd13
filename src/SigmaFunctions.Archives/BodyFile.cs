using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Archives.Cutting;
using SigmaFunctions.Archives.Recognising;
using SigmaFunctions.Archives.Unpacking;

namespace SigmaFunctions.Archives;

/// <summary>
/// Reads files of Event Hub bodies: one a line, or JSON documents that span lines; UTF-8 or whatever else a sender writes, or UTF-16; plain, packed by
/// gzip or zstd, or in a zip archive. Which it is shows in the content, never in the name. A body of a line has the line's bytes, a carriage return at
/// its end among them; only a byte order mark, which is the file's, is left out, and what is UTF-16 is turned into UTF-8, as lines cannot be cut
/// otherwise. What is known and not read, and what is damaged, is a fault among the bodies, which says what to do; then the next file is read.
/// </summary>
public static class BodyFile
{
    /// <summary>Longest body that is cut from a file: more than any that Event Hubs carries, packed or not.</summary>
    public const int MaxBodyBytes = BodyCutter.MaxBytes;

    /// <summary>Longest file that is one body.</summary>
    public const int MaxWholeBytes = 1 << 30;

    /// <summary>Files that are read of an archive.</summary>
    public const int MaxEntries = 10_000;

    // Packed more often than this is nothing that people have.
    private const int MaxLayers = 4;

    /// <summary>The bodies of files in order, blank lines too. Lines are counted over all of them.</summary>
    /// <param name="inputs">The files.</param>
    /// <param name="cancellationToken">Ends the reading; a read that does not end, as of a terminal, is left behind.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async IAsyncEnumerable<BodyLine> ReadAsync(IEnumerable<BodyInput> inputs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long lines = 0;
        foreach (BodyInput input in inputs)
        {
            await foreach (BodyLine body in ReadAsync(input, lines, cancellationToken))
            {
                yield return body;
                lines = body.EndsSource ? body.Line : body.Line + body.Lines;
            }
        }
    }

    /// <summary>What a file is that is no text: packed, an archive, or one of those that are known and not read.</summary>
    /// <returns>As it follows the file's name; null for text.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static string? WhatIsNoText(string path)
    {
        Span<byte> first = stackalloc byte[FileSignatures.Window];
        using FileStream file = File.OpenRead(path);
        int length = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        FileSignatures.TryRecognise(first[..length], isAll: true, out FileForm form);
        return form.Kind switch
        {
            FileKind.Foreign => form.Advice,
            FileKind.Gzip => "is packed by gzip",
            FileKind.Zstd => "is packed by zstd",
            FileKind.Zip => "is a zip archive",
            _ => null,
        };
    }

    private static async IAsyncEnumerable<BodyLine> ReadAsync(BodyInput input, long firstLine, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new BodySource(input.Name, firstLine);
        Stream? file = null;
        Stream? text = null;
        string? fault = null;
        bool isZip = false;
        try
        {
            file = input.Open();
            var budget = new UnpackingBudget();
            (text, isZip) = await OpenAsync(new PackedStream(file, budget), budget, file.CanSeek, cancellationToken);
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            fault = ReasonOf(exception);
        }

        await using Stream? opened = text ?? file;
        if (fault is not null)
        {
            yield return FaultOf(source, fault);
            yield break;
        }

        IAsyncEnumerable<BodyLine> bodies = isZip ? ReadZipAsync(file!, input, firstLine, cancellationToken) : ReadAsync(text!, source, input.IsWhole, cancellationToken);
        await foreach (BodyLine body in bodies)
        {
            yield return body;
        }
    }

    private static IAsyncEnumerable<BodyLine> ReadAsync(Stream text, BodySource source, bool isWhole, CancellationToken cancellationToken) =>
        isWhole ? ReadWholeAsync(text, source, cancellationToken) : new BodyCutter(text, source).ReadAsync(cancellationToken);

    private static async IAsyncEnumerable<BodyLine> ReadWholeAsync(Stream text, BodySource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        string? fault = null;
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (fault is null && await ReadSomeAsync(text, buffer, cancellationToken) is var read and > 0)
            {
                whole.Write(buffer, 0, read);
                fault = whole.Length > MaxWholeBytes ? "is longer than 1 GiB, the most that one body may be: give it as EVENTS, which are cut into bodies" : null;
            }
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            fault = ReasonOf(exception);
        }

        yield return fault is null ? new BodyLine(source, source.FirstLine, whole.GetBuffer().AsMemory(0, (int)whole.Length)) { IsWhole = true } : FaultOf(source, fault);
    }

    private static async IAsyncEnumerable<BodyLine> ReadZipAsync(
        Stream file, BodyInput input, long firstLine, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new BodySource(input.Name, firstLine);
        ZipArchive? archive = null;
        IReadOnlyList<ZipArchiveEntry> entries = [];
        string? fault = null;
        try
        {
            file.Position = 0;
            archive = new ZipArchive(file, ZipArchiveMode.Read);
            entries = [.. archive.Entries.Where(entry => !entry.FullName.EndsWith('/'))];
            fault = entries.Count == 0 ? "is a zip archive without a file in it" : null;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            fault = exception is InvalidDataException ? "is damaged zip, or cut off: its list of files cannot be read" : ReasonOf(exception);
        }

        using ZipArchive? opened = archive;
        long lines = firstLine;
        var budget = new UnpackingBudget { Packed = file.CanSeek ? file.Length : 0 };
        foreach (ZipArchiveEntry entry in entries.Take(MaxEntries))
        {
            var inner = new BodyInput($"{input.Name}:{entry.FullName}", () => Stream.Null) { IsWhole = input.IsWhole };
            await foreach (BodyLine body in ReadEntryAsync(entry, inner, budget, lines, cancellationToken))
            {
                yield return body;
                lines = body.EndsSource ? body.Line : body.Line + body.Lines;
            }
        }

        if (fault is null && entries.Count > MaxEntries)
        {
            fault = $"holds more than {MaxEntries} files, and the others were not read: unpack it and give the files in it";
        }

        if (fault is not null)
        {
            yield return FaultOf(source, fault) with { Line = lines };
        }
    }

    private static async IAsyncEnumerable<BodyLine> ReadEntryAsync(
        ZipArchiveEntry entry, BodyInput input, UnpackingBudget budget, long firstLine, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new BodySource(input.Name, firstLine);
        Stream? text = null;
        string? fault = null;
        try
        {
            if (entry.IsEncrypted)
            {
                throw new BodyFileException("is encrypted: unpack the archive first");
            }

            (text, _) = await OpenAsync(UnpackedStream.OfEntry(entry, budget), budget, mayBeZip: false, cancellationToken);
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            fault = exception is InvalidDataException ? "is damaged, or packed by a method that is not read: unpack the archive first" : ReasonOf(exception);
        }

        await using Stream? opened = text;
        if (fault is not null)
        {
            yield return FaultOf(source, fault);
            yield break;
        }

        await foreach (BodyLine body in ReadAsync(text!, source, input.IsWhole, cancellationToken))
        {
            yield return body;
        }
    }

    /// <summary>The text of a stream as UTF-8, unpacked.</summary>
    /// <exception cref="BodyFileException">It is damaged, or known and not read.</exception>
    private static async Task<(Stream Text, bool IsZip)> OpenAsync(Stream stream, UnpackingBudget budget, bool mayBeZip, CancellationToken cancellationToken)
    {
        for (int layer = 0; ; layer++)
        {
            (FileForm form, stream) = await RecogniseAsync(stream, cancellationToken);
            switch (form.Kind)
            {
                case FileKind.Foreign:
                    throw new BodyFileException(form.Advice!);
                case FileKind.Zip when mayBeZip && layer == 0:
                    return (stream, true);
                case FileKind.Zip:
                    throw new BodyFileException("is a zip archive, which is read from a file only, neither from standard input nor inside another: unpack it first");
                case FileKind.Gzip or FileKind.Zstd when layer == MaxLayers:
                    throw new BodyFileException($"is packed more than {MaxLayers} times: unpack it first");
                case FileKind.Gzip:
                    stream = UnpackedStream.OfGzip(stream, budget);
                    break;
                case FileKind.Zstd:
                    stream = UnpackedStream.OfZstd(stream, budget);
                    break;
                case FileKind.Utf16:
                    return (Encoding.CreateTranscodingStream(stream, Encoding.Unicode, Encoding.UTF8), false);
                case FileKind.Utf16BigEndian:
                    return (Encoding.CreateTranscodingStream(stream, Encoding.BigEndianUnicode, Encoding.UTF8), false);
                default:
                    return (stream, false);
            }
        }
    }

    private static async Task<(FileForm Form, Stream Whole)> RecogniseAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] first = new byte[FileSignatures.Window];
        int length = 0;
        bool isAll = false;
        FileForm form;
        while (!FileSignatures.TryRecognise(first.AsSpan(0, length), isAll, out form))
        {
            try
            {
                int read = await ReadSomeAsync(stream, first.AsMemory(length), cancellationToken);
                length += read;
                isAll = read == 0;
            }
            catch (BodyFileException) when (length > 0)
            {
                // It is thrown again when what comes before was read.
                isAll = true;
            }
        }

        return (form, new JoinedStream(first.AsMemory(0, length), stream));
    }

    // A read of a terminal or pipe cannot be called off; Ctrl-C leaves it behind.
    private static async ValueTask<int> ReadSomeAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ValueTask<int> reading = stream.ReadAsync(buffer, cancellationToken);
        return reading.IsCompleted ? await reading : await reading.AsTask().WaitAsync(cancellationToken);
    }

    private static BodyLine FaultOf(BodySource source, string fault) => new(source, source.FirstLine, default, $"{source.Name} {fault}") { EndsSource = true };

    private static bool IsOfFile(Exception exception) => exception is IOException or UnauthorizedAccessException or InvalidDataException;

    private static string ReasonOf(Exception exception) => exception is BodyFileException ? exception.Message : $"cannot be read: {exception.Message}";
}
