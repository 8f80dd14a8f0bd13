using System.Buffers.Binary;
using System.IO.Hashing;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Packing;

/// <summary>
/// The frame of a pack: magic, format version, compiler, length and hash of the content, content. All numbers are little-endian.
/// </summary>
internal static class PackFormat
{
    public const int Version = 1;

    /// <summary>Largest pack that is read, in bytes.</summary>
    public const int MaxSize = 64 * 1024 * 1024;

    public const int HeaderSize = 8 + 4 + 16 + 4 + 8;

    /// <summary>Deepest expression; YAML and conditions cannot be nested so deep.</summary>
    public const int MaxDepth = 256;

    /// <summary>
    /// Most regular expressions that are constructed to see that they can be (<see cref="RegularExpressions.RegexSyntax"/> tells it of nearly
    /// all without): each takes milliseconds and a third of a megabyte.
    /// </summary>
    public const int MaxTriedRegexes = 1_000;

    /// <summary>Most regular expressions: what each may cost is counted again, which takes up to a millisecond.</summary>
    public const int MaxRegexes = 20_000;

    // The carriage return and line feed show a transfer that took the file for text.
    private static ReadOnlySpan<byte> Magic => "SFPACK\r\n"u8;

    /// <summary>The very build of the engine: what another one made of the rules may differ.</summary>
    public static Guid Compiler => typeof(PackFormat).Module.ModuleVersionId;

    /// <summary>
    /// Tells whether bytes are still the same. It does not tell who wrote them; and it is the one of its family whose code is the same on
    /// every processor, so that it can be compiled ahead of time.
    /// </summary>
    public static ulong HashOf(ReadOnlySpan<byte> bytes) => XxHash64.HashToUInt64(bytes);

    /// <summary>Fills in the header before the content of a pack.</summary>
    /// <param name="pack">Room for the header, then the content.</param>
    public static void Frame(Span<byte> pack)
    {
        Span<byte> content = pack[HeaderSize..];
        Magic.CopyTo(pack);
        BinaryPrimitives.WriteInt32LittleEndian(pack[8..], Version);
        Compiler.TryWriteBytes(pack[12..]);
        BinaryPrimitives.WriteInt32LittleEndian(pack[28..], content.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(pack[32..], HashOf(content));
    }

    /// <summary>Whether a pack was made by this build; what it was made of can be read from it in any case.</summary>
    public static bool IsOfThisBuild(ReadOnlySpan<byte> pack) => new Guid(pack[12..28]) == Compiler;

    /// <summary>The content of a pack.</summary>
    /// <exception cref="PackException">It is no pack, of another format, or damaged.</exception>
    public static ReadOnlySpan<byte> Unframe(ReadOnlySpan<byte> pack)
    {
        if (pack.Length < HeaderSize || !pack.StartsWith(Magic))
        {
            throw new PackException(DiagnosticCode.DamagedPack, "it does not begin like a pack");
        }

        if (BinaryPrimitives.ReadInt32LittleEndian(pack[8..]) != Version)
        {
            throw Foreign();
        }

        ReadOnlySpan<byte> content = pack[HeaderSize..];
        if (BinaryPrimitives.ReadInt32LittleEndian(pack[28..]) != content.Length)
        {
            throw new PackException(DiagnosticCode.DamagedPack, "it is not as long as it says");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(pack[32..]) != HashOf(content))
        {
            throw new PackException(DiagnosticCode.DamagedPack, "its hash is not that of its content");
        }

        return content;
    }

    public static PackException Foreign() => new(DiagnosticCode.ForeignPack, "it was made by another build of the engine");
}

/// <summary>A pack cannot be used.</summary>
/// <param name="code">The diagnostic that says so.</param>
/// <param name="reason">What is wrong, as the end of a sentence.</param>
internal sealed class PackException(DiagnosticCode code, string reason) : Exception(reason)
{
    public DiagnosticCode Code { get; } = code;
}
