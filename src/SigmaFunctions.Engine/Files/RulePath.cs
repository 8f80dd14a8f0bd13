using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SigmaFunctions.Engine.Files;

/// <summary>A file that is expected to hold rules.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsNamed">Whether it was asked for by its name, rather than found in a folder.</param>
internal sealed record RulePath(string Path, bool IsNamed)
{
    /// <summary>Largest file that is read, in bytes.</summary>
    private const long MaxFileSize = 64 * 1024 * 1024;

    /// <summary>Its bytes where it lies in an archive, which was read; null for a file.</summary>
    public byte[]? Content { get; init; }

    /// <summary>Why it cannot be read, where that is known; null if it is not.</summary>
    public string? Fault { get; init; }

    /// <summary>The file's text; null where it was found and is no file of any length.</summary>
    /// <exception cref="IOException">It cannot be read, or is too large.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public string? ReadText() => Read<string?>(null, Decode);

    /// <summary>What a function makes of the file's bytes; <paramref name="nothing"/> where it was found and is no file of any length.</summary>
    /// <exception cref="IOException">It cannot be read, or is too large.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public T Read<T>(T nothing, Func<ReadOnlySpan<byte>, T> make)
    {
        if (Fault is not null)
        {
            throw new IOException(Fault);
        }

        if (Content is not null)
        {
            return make(Content);
        }

        var file = new FileInfo(Path);
        if (!IsNamed && IsEndless(file))
        {
            return nothing;
        }

        long length = file.Length;
        if (length > MaxFileSize)
        {
            throw new IOException($"It is larger than {MaxFileSize / (1024 * 1024)} MiB.");
        }
        // A pipe has no length.
        if (length == 0)
        {
            return make(File.ReadAllBytes(Path));
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)length + 1);
        try
        {
            // Not locked, which would take a call into the system more for each of thousands of files.
            using SafeFileHandle handle = File.OpenHandle(Path, share: FileShare.ReadWrite | FileShare.Delete);
            int read = RandomAccess.Read(handle, buffer.AsSpan(0, (int)length + 1), 0);
            // A file that is being written may be longer by now.
            return make(read == length ? buffer.AsSpan(0, read) : File.ReadAllBytes(Path));
        }
        catch (NotSupportedException)
        {
            // A link to a pipe, as of the shell's <(…), has a length of its own; nothing was read of it.
            return make(File.ReadAllBytes(Path));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>UTF-8, or what a byte order mark says.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, 0, 0xFE, 0xFF, ..])
        {
            using var reader = new StreamReader(new MemoryStream(bytes.ToArray()), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
            return reader.ReadToEnd();
        }

        return Encoding.UTF8.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
    }

    /// <summary>Pipes and devices have no length, and reading them need not end; an empty file holds no rule either.</summary>
    private static bool IsEndless(FileInfo file)
    {
        try
        {
            bool isLink = (file.Attributes & FileAttributes.ReparsePoint) != 0;
            FileInfo target = isLink ? file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file : file;
            return target is { Exists: true, Length: 0 };
        }
        catch (IOException)
        {
            // Links in a circle: reading it says so, with the file's name.
            return false;
        }
    }
}
