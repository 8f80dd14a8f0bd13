using System.Collections.Immutable;

namespace SigmaFunctions.Archives.Recognising;

/// <summary>Tells by its first bytes what a file is; never by its name.</summary>
internal static class FileSignatures
{
    /// <summary>Bytes that always suffice.</summary>
    public const int Window = TarMark + 5;

    private const int TarMark = 257;

    private static readonly FileForm Utf32 = Foreign("is UTF-32 text, which is not read: turn it into UTF-8, for example with 'iconv -t UTF-8'");
    private static readonly FileForm Tar = Foreign("is a tar archive, which is not read: unpack it and give the files in it");

    // 0x100 stands for any byte.
    private static readonly ImmutableArray<(ImmutableArray<int> First, FileForm Form)> Signatures =
    [
        Signature("ElfFile\0"u8, Foreign("is a Windows event log (.evtx), which is not read: turn it into lines of JSON with 'evtx_dump -o jsonl FILE' and give these, be it on standard input")),
        Signature("0\0\0\0LfLe"u8, Foreign("is an event log of Windows XP or 2003 (.evt), which is not read: turn it into an .evtx with 'wevtutil export-log', and that into lines of JSON with 'evtx_dump -o jsonl'")),
        Signature("Obj\u0001"u8, Foreign("is an Avro file, as Event Hubs Capture writes it, which is not read yet: turn its records into lines of JSON, for example with 'avro cat'")),
        Signature("PAR1"u8, Foreign("is a Parquet file, which is not read yet: turn its rows into lines of JSON, for example with duckdb")),
        Signature([0x1f, 0x8b], new FileForm(FileKind.Gzip)),
        Signature([0x28, 0xb5, 0x2f, 0xfd], new FileForm(FileKind.Zstd)),
        Signature("PK\u0003\u0004"u8, new FileForm(FileKind.Zip)),
        Signature("PK\u0005\u0006"u8, new FileForm(FileKind.Zip)),
        Signature("PK\u0007\b"u8, new FileForm(FileKind.Zip)),
        .. Enumerable.Range(0x50, 16).Select(first => Signature([(byte)first, 0x2a, 0x4d, 0x18], new FileForm(FileKind.Zstd))),
        Signature([.. "BZh"u8, .. "?"u8, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], Packed("bzip2", "bzip2 -dc FILE")),
        Signature([.. "BZh"u8, .. "?"u8, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90], Packed("bzip2", "bzip2 -dc FILE")),
        Signature([0xfd, .. "7zXZ\0"u8], Packed("xz", "xz -dc FILE")),
        Signature([0x04, 0x22, 0x4d, 0x18], Packed("lz4", "lz4 -dc FILE")),
        Signature([.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c], Foreign("is a 7z archive, which is not read: unpack it and give the files in it")),
        Signature("Rar!\u001a\u0007"u8, Foreign("is a RAR archive, which is not read: unpack it and give the files in it")),
        Signature([0xff, 0xfe, 0, 0], Utf32),
        Signature([0, 0, 0xfe, 0xff], Utf32),
        Signature([0xff, 0xfe], new FileForm(FileKind.Utf16)),
        Signature([0xfe, 0xff], new FileForm(FileKind.Utf16BigEndian)),
    ];

    /// <summary>Tells what a file is.</summary>
    /// <param name="first">Its first bytes, as many as there are so far.</param>
    /// <param name="isAll">Whether there are no more; as if there were none beyond <see cref="Window"/>.</param>
    /// <param name="form">What it is, where that is certain.</param>
    /// <returns>Whether it is certain; if not, more bytes decide.</returns>
    public static bool TryRecognise(ReadOnlySpan<byte> first, bool isAll, out FileForm form)
    {
        isAll |= first.Length >= Window;
        form = FileForm.Text;
        foreach ((ImmutableArray<int> signature, FileForm known) in Signatures)
        {
            int common = Math.Min(signature.Length, first.Length);
            if (!Matches(first[..common], signature))
            {
                continue;
            }

            if (common == signature.Length)
            {
                form = known;
                return true;
            }

            if (!isAll)
            {
                return false;
            }
        }

        // Text has no NUL: where the first characters are of ASCII, these show the units.
        if (first.Length < 4 && !isAll && (first.Length < 2 || first[0] == 0 || first[1] == 0))
        {
            return false;
        }

        form = first switch
        {
            [(byte)'{' or (byte)'[' or (byte)'<', 0, 0, 0, ..] or [0, 0, 0, (byte)'{' or (byte)'[' or (byte)'<', ..] => Utf32,
            [> 0, 0, > 0, 0, ..] when IsText(first[0]) => new FileForm(FileKind.Utf16),
            [0, > 0, 0, > 0, ..] when IsText(first[1]) => new FileForm(FileKind.Utf16BigEndian),
            [(byte)'{' or (byte)'[' or (byte)'<', 0, ..] => new FileForm(FileKind.Utf16),
            [0, (byte)'{' or (byte)'[' or (byte)'<', ..] => new FileForm(FileKind.Utf16BigEndian),
            _ => FileForm.Text,
        };
        if (form.Kind != FileKind.Text || first.IsEmpty)
        {
            return true;
        }

        // Behind the name of the first file in it, which is no line.
        if (first.Length >= Window && first[TarMark..].StartsWith("ustar"u8))
        {
            form = Tar;
            return true;
        }

        return isAll || first[0] is (byte)'{' or (byte)'[' or (byte)'<' or (byte)' ' or (byte)'\t' or (byte)'\r' or 0xef || first.Contains((byte)'\n');
    }

    private static bool IsText(int character) => character is '\t' or '\r' or '\n' or (>= ' ' and < 0x7f);

    private static bool Matches(ReadOnlySpan<byte> first, ImmutableArray<int> signature)
    {
        for (int at = 0; at < first.Length; at++)
        {
            if (signature[at] is var wanted && wanted != first[at] && wanted != 0x100)
            {
                return false;
            }
        }

        return true;
    }

    private static FileForm Foreign(string advice) => new(FileKind.Foreign, advice);

    private static FileForm Packed(string method, string command) =>
        Foreign($"is compressed by {method}, which is not read: unpack it first ('{command}'), be it to standard input");

    private static (ImmutableArray<int>, FileForm) Signature(ReadOnlySpan<byte> first, FileForm form)
    {
        ImmutableArray<int>.Builder signature = ImmutableArray.CreateBuilder<int>(first.Length);
        foreach (byte one in first)
        {
            signature.Add(one == (byte)'?' ? 0x100 : one);
        }

        return (signature.ToImmutable(), form);
    }
}
