using System.Globalization;
using System.IO.Compression;

namespace SigmaFunctions.Engine.Files;

/// <summary>Rules in a zip archive, such as the releases of SigmaHQ.</summary>
public static class RuleArchive
{
    /// <summary>How the name of an archive ends.</summary>
    public const string Extension = ".zip";

    /// <summary>Most files of rules that are read from one archive.</summary>
    public const int MaxFiles = 50_000;

    /// <summary>Most bytes that the files of rules of one archive may have unpacked.</summary>
    public const int MaxSize = 256 * 1024 * 1024;

    // The first that a zip can state: archives of the same files are the same bytes.
    private static readonly DateTimeOffset FirstTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether a name is that of an archive.</summary>
    public static bool IsArchive(string name) => name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a file is an archive, by its name, and holds files of rules, by theirs; what cannot be read is none.</summary>
    public static bool HoldsRules(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!IsArchive(path) || !File.Exists(path))
        {
            return false;
        }

        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            return zip.Entries.Any(entry => RuleFile.HasName(entry.FullName));
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Reads the files of an archive that may hold rules (<c>*.yml</c> and <c>*.yaml</c>, without <c>*.test.yml</c>), whatever folder they are in. Nothing is
    /// written to disk.
    /// </summary>
    /// <param name="archive">The archive.</param>
    /// <param name="name">What stands before the names of its files in diagnostics; nothing where empty.</param>
    /// <param name="isWanted">Which of them are read, by their names in the archive; all where it is null.</param>
    /// <param name="maximum">Most bytes that they may have unpacked, up to <see cref="MaxSize"/>.</param>
    /// <exception cref="InvalidDataException">It is no zip archive, or is damaged or too large; the message says which, as the end of a sentence.</exception>
    public static IReadOnlyList<RuleFile> Read(ReadOnlyMemory<byte> archive, string name = "", Func<string, bool>? isWanted = null, long maximum = MaxSize) =>
        [.. ReadEntries(archive, isWanted, maximum).Select(entry => RuleFile.Decode(name + entry.Name, entry.Content))];

    /// <summary>As <see cref="Read"/>, the bytes of each file.</summary>
    internal static List<(string Name, byte[] Content)> ReadEntries(ReadOnlyMemory<byte> archive, Func<string, bool>? isWanted = null, long maximum = MaxSize)
    {
        var files = new List<(string Name, byte[] Content)>();
        long left = Math.Min(maximum, MaxSize);
        string? excess = null;
        try
        {
            using var zip = new ZipArchive(new MemoryStream(archive.ToArray(), writable: false), ZipArchiveMode.Read);
            foreach (ZipArchiveEntry? entry in zip.Entries.Where(entry => RuleFile.HasName(entry.FullName) && isWanted?.Invoke(entry.FullName) != false))
            {
                // Of what is too much only as much is read as tells so.
                if (files.Count == MaxFiles)
                {
                    excess = string.Create(CultureInfo.InvariantCulture, $"it holds more than {MaxFiles} files of rules");
                    break;
                }

                if (ReadEntry(entry, left) is not { } content)
                {
                    excess = string.Create(CultureInfo.InvariantCulture, $"{(maximum < MaxSize ? "with the others it" : "it")} unpacks to more than {MaxSize / (1024 * 1024)} MiB");
                    break;
                }

                left -= content.Length;
                files.Add((Printable(entry.FullName), content));
            }
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"it is damaged, or no zip archive ({exception.Message.TrimEnd('.')})", exception);
        }

        return excess is null ? files : throw new InvalidDataException(excess);
    }

    /// <summary>An archive of files, by their names. Equal files give equal bytes.</summary>
    public static byte[] Write(IEnumerable<RuleFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (RuleFile? file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                ZipArchiveEntry entry = zip.CreateEntry(file.Path, CompressionLevel.Optimal);
                entry.LastWriteTime = FirstTime;
                using var writer = new StreamWriter(entry.Open());
                writer.Write(file.Text);
            }
        }

        return stream.ToArray();
    }

    // Null if it is longer; what an entry says of its size need not be true.
    private static byte[]? ReadEntry(ZipArchiveEntry entry, long left)
    {
        using Stream content = entry.Open();
        using var buffer = new MemoryStream();
        byte[] block = new byte[16 * 1024];
        int read;
        while ((read = content.Read(block)) > 0)
        {
            if (buffer.Length + read > left)
            {
                return null;
            }

            buffer.Write(block, 0, read);
        }

        return buffer.ToArray();
    }

    private static string Printable(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
}
