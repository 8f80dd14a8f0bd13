using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.LocalHost.Sending;

/// <summary>A file of event hub bodies, one a line; blank lines are left out.</summary>
internal static class EventFile
{
    /// <summary>Reads the bodies as they are asked for (<see cref="BodyFile"/>).</summary>
    /// <exception cref="LocalHostException">The file cannot be read.</exception>
    public static async IAsyncEnumerable<BodyLine> ReadAsync(string path)
    {
        await using IAsyncEnumerator<BodyLine> lines = BodyFile.ReadAsync(path, CancellationToken.None).GetAsyncEnumerator();
        while (await NextAsync(lines, path))
        {
            if (!lines.Current.IsBlank)
            {
                yield return lines.Current;
            }
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<BodyLine> lines, string path)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (BodyFileException exception)
        {
            throw new LocalHostException($"The events file cannot be read: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LocalHostException($"The events file {path} cannot be read: {exception.Message}", exception);
        }
    }
}
