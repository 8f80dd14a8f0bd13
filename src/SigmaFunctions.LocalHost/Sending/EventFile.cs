using System.IO.Compression;
using SigmaFunctions.LocalHost.Processes;

namespace SigmaFunctions.LocalHost.Sending;

/// <summary>A file of event hub bodies, one a line; empty lines are left out.</summary>
internal static class EventFile
{
    /// <summary>Reads the bodies as they are asked for; the file may be compressed with gzip (<c>.gz</c>).</summary>
    /// <exception cref="LocalHostException">The file cannot be read.</exception>
    public static async IAsyncEnumerable<string> ReadAsync(string path)
    {
        await using Stream stream = Open(path);
        using var reader = new StreamReader(stream);
        while (await NextAsync(reader, path) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return line;
            }
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            FileStream file = File.OpenRead(path);
            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LocalHostException($"The events file cannot be read: {exception.Message}", exception);
        }
    }

    private static async Task<string?> NextAsync(StreamReader reader, string path)
    {
        try
        {
            return await reader.ReadLineAsync();
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new LocalHostException($"The events file {path} cannot be read: {exception.Message}", exception);
        }
    }
}
