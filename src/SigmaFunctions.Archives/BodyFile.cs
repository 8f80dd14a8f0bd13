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
    public const int MaxBodyBytes = CutText.MaxBytes;

    /// <summary>Longest file that is one body.</summary>
    public const int MaxWholeBytes = 1 << 30;

    /// <summary>Files that are read of an archive.</summary>
    public const int MaxEntries = 10_000;

    // Packed more often than this is nothing that people have.
    private const int MaxLayers = 4;

    /// <summary>The bodies of files in order. Lines are counted over all of them, blank ones too, which are passed over.</summary>
    /// <param name="inputs">The files.</param>
    /// <param name="cancellationToken">Ends the reading; a read that does not end, as of a terminal, is left behind.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async IAsyncEnumerable<BodyLine> ReadAsync(IEnumerable<BodyInput> inputs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);

        // One iterator for all bodies: each of several, one within the other, would take as long as cutting a line.
        long lines = 0;
        foreach (BodyInput input in inputs)
        {
            await foreach (OpenedText opened in OpenAsync(input, cancellationToken))
            {
                await using Stream text = opened.Text;
                var source = new BodySource(opened.Name, lines);
                if (opened.Fault is not null)
                {
                    yield return FaultOf(source, opened.Fault);
                    continue;
                }

                if (input.IsWhole)
                {
                    BodyLine whole = await ReadWholeAsync(text, source, cancellationToken);
                    lines += whole.EndsSource ? 0 : 1;
                    yield return whole;
                    continue;
                }

                var cutter = new BodyCutter(new LineEndStream(text), source);
                do
                {
                    while (cutter.TryCut(out BodyLine body))
                    {
                        lines = body.Line + body.Lines;
                        if (!body.IsBlank)
                        {
                            yield return body;
                        }
                    }
                }
                while (await cutter.FillAsync(cancellationToken));

                if (cutter.Fault is { } fault)
                {
                    yield return FaultOf(source, fault) with { Line = lines };
                }
            }
        }
    }

    /// <summary>What a file is that is no text: packed, an archive, or one of those that are known and not read.</summary>
    /// <returns>As it follows the file's name; null for text, and for a pipe, which can be read once.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static string? WhatIsNoText(string path)
    {
        Span<byte> first = stackalloc byte[FileSignatures.Window];
        using FileStream file = File.OpenRead(path);
        if (!file.CanSeek)
        {
            return null;
        }

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

    /// <summary>The texts of a file: one, or those of the files in an archive.</summary>
    private static async IAsyncEnumerable<OpenedText> OpenAsync(BodyInput input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Stream? file = null;
        Stream text = Stream.Null;
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

        await using Stream? opened = file;
        if (!isZip)
        {
            yield return new OpenedText(input.Name, text, fault);
            yield break;
        }

        await foreach (OpenedText inner in OpenZipAsync(file!, input.Name, cancellationToken))
        {
            yield return inner;
        }
    }

    private static async IAsyncEnumerable<OpenedText> OpenZipAsync(Stream file, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ZipArchive? archive = null;
        IReadOnlyList<ZipArchiveEntry> entries = [];
        string? fault = null;
        try
        {
            file.Position = 0;
            archive = new ZipArchive(file, ZipArchiveMode.Read);
            entries = [.. archive.Entries.Where(entry => !entry.FullName.EndsWith('/'))];
            fault = entries.Count == 0 ? "is a zip archive without a file in it"
                : entries.Count > MaxEntries ? $"holds more than {MaxEntries} files, and the others were not read: unpack it and give the files in it"
                : null;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            fault = exception is InvalidDataException ? "is damaged zip, or cut off: its list of files cannot be read" : ReasonOf(exception);
        }

        using ZipArchive? opened = archive;
        var budget = new UnpackingBudget { Packed = file.Length };
        foreach (ZipArchiveEntry entry in entries.Take(MaxEntries))
        {
            yield return await OpenAsync(entry, $"{name}:{entry.FullName}", budget, cancellationToken);
        }

        if (fault is not null)
        {
            yield return new OpenedText(name, Stream.Null, fault);
        }
    }

    private static async Task<OpenedText> OpenAsync(ZipArchiveEntry entry, string name, UnpackingBudget budget, CancellationToken cancellationToken)
    {
        if (entry.IsEncrypted)
        {
            return new OpenedText(name, Stream.Null, "is encrypted: unpack the archive first");
        }

        try
        {
            (Stream text, _) = await OpenAsync(UnpackedStream.OfEntry(entry, budget), budget, mayBeZip: false, cancellationToken);
            return new OpenedText(name, text, null);
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return new OpenedText(
                name, Stream.Null, exception is InvalidDataException ? "is damaged, or packed by a method that is not read: unpack the archive first" : ReasonOf(exception));
        }
    }

    private static async Task<BodyLine> ReadWholeAsync(Stream text, BodySource source, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await ReadSomeAsync(text, buffer, cancellationToken) is var read and > 0)
            {
                whole.Write(buffer, 0, read);
                if (whole.Length > MaxWholeBytes)
                {
                    return FaultOf(source, "is longer than 1 GiB, the most that one body may be: give it as EVENTS, which are cut into bodies");
                }
            }
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return FaultOf(source, ReasonOf(exception));
        }

        return new BodyLine(source, source.FirstLine, whole.GetBuffer().AsMemory(0, (int)whole.Length)) { IsWhole = true };
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
            // Where this throws there is no whole line before.
            int read = await ReadSomeAsync(stream, first.AsMemory(length), cancellationToken);
            length += read;
            isAll = read == 0;
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

    /// <param name="Name">What it is called.</param>
    /// <param name="Text">The text in UTF-8, unpacked.</param>
    /// <param name="Fault">What is the matter instead, as it follows the name.</param>
    private readonly record struct OpenedText(string Name, Stream Text, string? Fault);
}
